//! A picture inside the square that the network takes: its longer side fills the square, its shorter
//! side is centred, and the rest is black, as in `NanoDet`'s own code.

use image::{RgbImage, imageops};

use crate::geometry::BBox;
use crate::pictures::resize;

/// How a picture lies in the square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letterbox {
    /// Width and height of the picture, in pixels.
    picture: (u32, u32),
    /// Width and height that it has in the square, in pixels.
    fitted: (u32, u32),
    /// The side of the square, in pixels.
    side: u32,
}

impl Letterbox {
    /// Fits a picture of this width and height into a square.
    pub fn new(picture: (u32, u32), side: u32) -> Self {
        let longer = picture.0.max(picture.1).max(1);
        let fit = |length: u32| {
            let scaled = f64::from(length) * f64::from(side) / f64::from(longer);
            (scaled.round() as u32).clamp(1, side)
        };
        Self {
            picture,
            fitted: (fit(picture.0), fit(picture.1)),
            side,
        }
    }

    /// The square with the picture in it.
    pub fn square(&self, picture: &RgbImage) -> RgbImage {
        let fitted = resize(picture, self.fitted.0, self.fitted.1);
        if self.fitted == (self.side, self.side) {
            return fitted;
        }
        let mut square = RgbImage::new(self.side, self.side);
        let (left, top) = self.margins();
        imageops::replace(&mut square, &fitted, i64::from(left), i64::from(top));
        square
    }

    /// Black pixels left of the picture and above it.
    fn margins(self) -> (u32, u32) {
        let margin = |fitted: u32| (self.side - fitted) / 2;
        (margin(self.fitted.0), margin(self.fitted.1))
    }

    /// A box in pixels of the square -> the part inside the picture in pixels of the picture; `None`
    /// if that has no area.
    pub fn to_picture(self, bbox: BBox) -> Option<BBox> {
        let across = self.picture.0 as f32 / self.fitted.0 as f32;
        let down = self.picture.1 as f32 / self.fitted.1 as f32;
        let (left, top) = self.margins();
        let (left, top) = (left as f32, top as f32);
        BBox {
            x0: (bbox.x0 - left) * across,
            y0: (bbox.y0 - top) * down,
            x1: (bbox.x1 - left) * across,
            y1: (bbox.y1 - top) * down,
        }
        .clipped(self.picture.0, self.picture.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn the_longer_side_fills_the_square_and_the_rest_is_black() {
        let picture = RgbImage::from_pixel(20, 10, Rgb([255; 3]));
        let square = Letterbox::new((20, 10), 40).square(&picture);
        assert_eq!(square.dimensions(), (40, 40));
        let column: Vec<u8> = (0..40).map(|y| square.get_pixel(39, y)[0]).collect();
        assert_eq!(column, [[0; 10], [255; 10], [255; 10], [0; 10]].concat());
    }

    #[test]
    fn boxes_return_to_the_picture() {
        let letterbox = Letterbox::new((100, 200), 50);
        // The picture covers the columns 12 to 37 of the square, at a quarter of its size.
        let whole = BBox::from_xywh(12.0, 0.0, 25.0, 50.0);
        let found = letterbox.to_picture(whole);
        assert_eq!(found, Some(BBox::from_xywh(0.0, 0.0, 100.0, 200.0)));
        let beyond = BBox::from_corners(32.0, -5.0, 45.0, 10.0);
        let found = letterbox.to_picture(beyond);
        assert_eq!(found, Some(BBox::from_corners(80.0, 0.0, 100.0, 40.0)));
        let outside = BBox::from_xywh(0.0, 0.0, 10.0, 10.0);
        assert_eq!(letterbox.to_picture(outside), None);
    }

    #[test]
    fn a_very_long_picture_keeps_a_pixel() {
        assert_eq!(Letterbox::new((5000, 1), 416).fitted, (416, 1));
        assert_eq!(Letterbox::new((0, 0), 416).fitted, (1, 1));
    }
}
