//! The picture as its file has it, before the EXIF orientation is applied.

use image::metadata::Orientation;

/// The size of a picture in its file, and how it becomes upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredFrame {
    /// Width and height of the stored picture in pixels.
    pub size: (u32, u32),
    pub(super) orientation: Orientation,
}

impl StoredFrame {
    /// Width and height of the upright picture in pixels.
    pub fn upright_size(&self) -> (u32, u32) {
        let (width, height) = self.size;
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        }
    }

    /// The upright place of a point of the stored picture, both in pixels.
    pub fn to_upright(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        match self.orientation {
            Orientation::NoTransforms => [x, y],
            Orientation::FlipHorizontal => [width - x, y],
            Orientation::Rotate180 => [width - x, height - y],
            Orientation::FlipVertical => [x, height - y],
            Orientation::Rotate90FlipH => [y, x],
            Orientation::Rotate90 => [height - y, x],
            Orientation::Rotate270FlipH => [height - y, width - x],
            Orientation::Rotate270 => [y, width - x],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_move_as_the_pixels_do() {
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let mut stored = image::DynamicImage::new_rgb8(4, 3);
            let mark = image::Rgb([255, 0, 0]);
            stored.as_mut_rgb8().unwrap().put_pixel(1, 0, mark);
            let frame = StoredFrame {
                size: (4, 3),
                orientation,
            };
            stored.apply_orientation(orientation);
            assert_eq!(frame.upright_size(), (stored.width(), stored.height()));
            // The centre of the pixel.
            let [x, y] = frame.to_upright([1.5, 0.5]);
            let moved = stored.as_rgb8().unwrap().get_pixel(x as u32, y as u32);
            assert_eq!(*moved, mark, "EXIF orientation {exif}");
        }
    }
}
