//! Resizing as Pillow does it, so that a model gets the same input as in training.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// Resizes with an antialiased bilinear filter. The result equals that of Pillow's
/// `Image.resize((width, height), Image.BILINEAR)` to within one grey level.
///
/// When shrinking, the filter widens with the scale, so that every source pixel counts. The bilinear
/// filters of OpenCV and candle do not do this, and would change the input of a model. Values are
/// averaged as they are stored (sRGB, not linear light), as Pillow does. A side of zero counts as one
/// pixel.
pub fn resize(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let (width, height) = (width.max(1), height.max(1));
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    ImageRef::new(
        picture.width(),
        picture.height(),
        picture.as_raw(),
        PixelType::U8x3,
    )
    .ok()
    .and_then(|source| Resizer::new().resize(&source, &mut target, &options).ok())
    .and_then(|()| RgbImage::from_raw(width, height, target.into_vec()))
    .expect("both images are 8-bit RGB and their buffers have the size of their sides")
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// The picture from which Pillow 13.0.0 computed the arrays below.
    fn source() -> RgbImage {
        RgbImage::from_fn(7, 5, |x, y| {
            let value = x * x * 37 + y * 91 + x * y * 29;
            Rgb([0, 53, 106].map(|shift| ((value + shift) % 256) as u8))
        })
    }

    #[track_caller]
    fn assert_close(got: &RgbImage, pillow: &[u8]) {
        assert_eq!(got.as_raw().len(), pillow.len());
        for (at, (a, b)) in got.as_raw().iter().zip(pillow).enumerate() {
            assert!(a.abs_diff(*b) <= 1, "sample {at}: {a}, Pillow {b}");
        }
    }

    #[test]
    fn shrinks_as_pillow_does() {
        let pillow = [
            90, 143, 117, 135, 131, 133, 102, 142, 158, 94, 130, 145, 129, 144, 134, 108, 148, 178,
        ];
        assert_close(&resize(&source(), 3, 2), &pillow);
    }

    #[test]
    fn stretches_one_side_while_it_shrinks_the_other_as_pillow_does() {
        let pillow = [
            23, 76, 129, 43, 96, 120, 72, 125, 120, 106, 159, 195, 121, 151, 204, 122, 111, 164,
            88, 117, 170, 91, 144, 145, 144, 197, 76, 99, 152, 117, 54, 107, 160, 129, 182, 128,
            116, 169, 96, 100, 153, 61, 102, 155, 90, 146, 145, 91, 222, 126, 72, 155, 87, 101,
            120, 96, 149, 128, 171, 224, 94, 147, 200, 65, 118, 171, 86, 139, 85, 88, 141, 136, 94,
            147, 191, 118, 171, 146, 129, 182, 128, 132, 185, 131, 181, 167, 85, 181, 157, 100,
            114, 158, 197, 89, 142, 195, 75, 128, 181, 85, 138, 191, 64, 117, 170, 53, 89, 142,
            152, 66, 119, 139, 70, 123, 41, 94, 147, 112, 165, 177, 133, 186, 192, 88, 141, 189,
            84, 137, 190, 86, 139, 192,
        ];
        assert_close(&resize(&source(), 11, 4), &pillow);
    }

    #[test]
    fn the_same_size_changes_nothing_and_a_side_of_zero_counts_as_one() {
        assert_eq!(resize(&source(), 7, 5), source());
        assert_eq!(resize(&source(), 0, 3).dimensions(), (1, 3));
        assert_eq!(resize(&RgbImage::new(0, 0), 2, 2), RgbImage::new(2, 2));
        assert_eq!(
            resize(&RgbImage::new(1, 5000), 224, 224).dimensions(),
            (224, 224)
        );
    }
}
