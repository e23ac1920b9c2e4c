//! Brightness, contrast and gamma of pictures on the screen.

use egui::{Color32, ColorImage};
use image::RgbImage;

/// An adjustment of the display. Files and proposals do not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjustment {
    /// Added to each level, in -1..=1 of the full range.
    pub brightness: f32,
    /// Factor around the middle level; 1 changes nothing.
    pub contrast: f32,
    /// Gamma; 1 changes nothing, more is brighter.
    pub gamma: f32,
}

impl Default for Adjustment {
    fn default() -> Self {
        Self::NONE
    }
}

impl Adjustment {
    /// It changes nothing.
    pub const NONE: Self = Self {
        brightness: 0.0,
        contrast: 1.0,
        gamma: 1.0,
    };

    /// The new value of each of the 256 levels.
    fn levels(&self) -> [u8; 256] {
        std::array::from_fn(|level| {
            let x = (level as f32 / 255.0).powf(self.gamma.max(0.01).recip());
            let x = (x - 0.5) * self.contrast + 0.5 + self.brightness;
            (x.clamp(0.0, 1.0) * 255.0).round() as u8
        })
    }

    /// A picture with its levels adjusted.
    pub(super) fn colours(&self, picture: &RgbImage) -> ColorImage {
        let size = [picture.width() as usize, picture.height() as usize];
        if *self == Self::default() {
            return ColorImage::from_rgb(size, picture.as_raw());
        }
        let levels = self.levels();
        let level = |value: u8| levels[usize::from(value)];
        let pixels = picture.pixels().map(|pixel| {
            let [r, g, b] = pixel.0.map(level);
            Color32::from_rgb(r, g, b)
        });
        ColorImage::new(size, pixels.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_contrast_and_gamma_move_levels() {
        let levels = |brightness, contrast, gamma| {
            Adjustment {
                brightness,
                contrast,
                gamma,
            }
            .levels()
        };
        assert_eq!(levels(0.0, 1.0, 1.0), std::array::from_fn(|at| at as u8));
        assert_eq!(levels(1.0, 1.0, 1.0)[0], 255);
        assert!(levels(0.0, 1.0, 2.0)[64] > 64);
        assert!(levels(0.0, 2.0, 1.0)[64] < 64);
    }
}
