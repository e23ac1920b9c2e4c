//! Where a picture lies in the network's square input: resized to its longest side, in the top left
//! corner, with zeros below and to the right.

use candle_core::{Device, Result, Tensor};
use image::RgbImage;

use crate::geometry::BBox;
use crate::pictures;

/// The side of the network's input in pixels.
pub const INPUT_SIDE_PX: usize = 1024;

/// Mean and standard deviation of red, green and blue (0..255), as in Segment Anything.
const MEAN: [f32; 3] = [123.675, 116.28, 103.53];
const STD: [f32; 3] = [58.395, 57.12, 57.375];

/// The size of an upright picture, and its size in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width and height of the picture in pixels.
    pub picture: (u32, u32),
    /// Width and height in pixels of the input.
    pub resized: (u32, u32),
}

impl Frame {
    /// The frame of a picture of `width` x `height` pixels.
    pub fn new((width, height): (u32, u32)) -> Self {
        let picture = (width.max(1), height.max(1));
        let scale = INPUT_SIDE_PX as f32 / picture.0.max(picture.1) as f32;
        let resized =
            |side: u32| ((side as f32 * scale).round() as u32).clamp(1, INPUT_SIDE_PX as u32);
        Self {
            picture,
            resized: (resized(picture.0), resized(picture.1)),
        }
    }

    /// Pixels of the input for one pixel of the picture, along both axes.
    fn scale(&self) -> (f32, f32) {
        (
            self.resized.0 as f32 / self.picture.0 as f32,
            self.resized.1 as f32 / self.picture.1 as f32,
        )
    }

    /// A point of the picture in pixels of the input.
    pub fn to_input(&self, x: f32, y: f32) -> (f32, f32) {
        let scale = self.scale();
        (x * scale.0, y * scale.1)
    }

    /// A box of the input in upright pixels of the picture, clipped to it.
    pub fn to_picture(&self, bbox: &BBox) -> Option<BBox> {
        let scale = self.scale();
        BBox {
            x0: bbox.x0 / scale.0,
            y0: bbox.y0 / scale.1,
            x1: bbox.x1 / scale.0,
            y1: bbox.y1 / scale.1,
        }
        .clipped(self.picture.0, self.picture.1)
    }

    /// A picture of this frame as the network takes it, `[1, 1024, 1024, 3]`.
    ///
    /// # Errors
    /// If the device has no memory for it.
    pub fn pixels(&self, picture: &RgbImage, device: &Device) -> Result<Tensor> {
        normalise(
            &pictures::resize(picture, self.resized.0, self.resized.1),
            device,
        )
    }
}

/// A picture of at most 1024 x 1024 pixels, normalised, with zeros below and to the right, `[1, 1024,
/// 1024, 3]`.
///
/// # Errors
/// If the picture is larger, or the device has no memory for it.
pub fn normalise(resized: &RgbImage, device: &Device) -> Result<Tensor> {
    let (width, height) = resized.dimensions();
    if width.max(height) as usize > INPUT_SIDE_PX {
        candle_core::bail!("a picture of {width} x {height} pixels does not fit into the input");
    }
    let mut values = vec![0f32; INPUT_SIDE_PX * INPUT_SIDE_PX * 3];
    let rows = values.chunks_exact_mut(INPUT_SIDE_PX * 3);
    for (row, pixels) in rows.zip(resized.rows()) {
        for (target, pixel) in row.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
            for channel in 0..3 {
                target[channel] = (f32::from(pixel[channel]) - MEAN[channel]) / STD[channel];
            }
        }
    }
    Tensor::from_vec(values, (1, INPUT_SIDE_PX, INPUT_SIDE_PX, 3), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_side_fills_the_input() {
        assert_eq!(Frame::new((2000, 1000)).resized, (1024, 512));
        assert_eq!(Frame::new((300, 512)).resized, (600, 1024));
        assert_eq!(Frame::new((100_000, 1)).resized, (1024, 1));
        assert_eq!(Frame::new((0, 0)).resized, (1024, 1024));
    }

    #[test]
    fn positions_come_back_to_the_picture() {
        let frame = Frame::new((2000, 1000));
        let (x0, y0) = frame.to_input(100.0, 200.0);
        let (x1, y1) = frame.to_input(1990.0, 999.0);
        let bbox = frame.to_picture(&BBox { x0, y0, x1, y1 }).unwrap();
        let expected = BBox::from_corners(100.0, 200.0, 1990.0, 999.0);
        assert!(bbox.iou(&expected) > 0.9999, "{bbox:?}");
    }

    #[test]
    fn what_the_picture_does_not_cover_is_zero() {
        let picture = RgbImage::from_pixel(20, 10, image::Rgb([255; 3]));
        let pixels = normalise(&picture, &Device::Cpu).unwrap();
        let row = |y: usize| -> Vec<f32> {
            let row = pixels.narrow(1, y, 1).unwrap();
            row.flatten_all().unwrap().to_vec1().unwrap()
        };
        assert!(row(9)[..60].iter().all(|x| *x > 2.0));
        assert!(row(9)[60..].iter().all(|x| *x == 0.0));
        assert!(row(10).iter().all(|x| *x == 0.0));
    }
}
