//! A large picture in several resolutions, so that as much of it goes to the graphics card as is seen.

use image::{Rgb, RgbImage};

/// A picture in full resolution (level 0), and halved again and again down to the size of its preview.
pub struct Pyramid {
    levels: Vec<RgbImage>,
}

impl Pyramid {
    /// Halves a picture until its longer side is at most `preview_side` pixels.
    pub fn new(full: RgbImage, preview_side: u32) -> Self {
        let mut levels = vec![full];
        while let Some(last) = levels.last()
            && last.width().max(last.height()) > preview_side
        {
            levels.push(halved(last));
        }
        Self { levels }
    }

    /// The picture in full resolution.
    pub fn full(&self) -> &RgbImage {
        &self.levels[0]
    }

    /// A level; the last one if there are fewer. A pixel of level `n` stands for `2^n` pixels of the
    /// picture in each direction, fewer at the right and lower edge.
    pub fn level(&self, level: usize) -> &RgbImage {
        &self.levels[level.min(self.last_level())]
    }

    /// The number of the smallest level.
    pub fn last_level(&self) -> usize {
        self.levels.len() - 1
    }

    /// The smallest level that has a pixel for each pixel of the screen, at `scale` pixels of the screen
    /// per pixel of the picture.
    pub fn level_for(&self, scale: f32) -> usize {
        let halvings = (1.0 / scale.max(f32::MIN_POSITIVE)).log2().floor();
        (halvings.max(0.0) as usize).min(self.last_level())
    }
}

/// A picture of half the size, rounded up: the mean of each square of four pixels.
fn halved(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let [right, bottom] = [width - 1, height - 1];
    RgbImage::from_fn(width.div_ceil(2), height.div_ceil(2), |x, y| {
        let [x0, y0] = [2 * x, 2 * y];
        let [x1, y1] = [(x0 + 1).min(right), (y0 + 1).min(bottom)];
        let four = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)];
        let four = four.map(|(x, y)| picture.get_pixel(x, y).0);
        Rgb(std::array::from_fn(|channel| {
            let sum: u16 = four.iter().map(|pixel| u16::from(pixel[channel])).sum();
            ((sum + 2) / 4) as u8
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_means_and_the_level_fits_the_screen() {
        let picture = RgbImage::from_fn(9, 6, |x, y| Rgb([(10 * x) as u8, y as u8, 200]));
        let pyramid = Pyramid::new(picture, 4);
        let sizes: Vec<_> = (0..=pyramid.last_level())
            .map(|level| pyramid.level(level).dimensions())
            .collect();
        assert_eq!(sizes, [(9, 6), (5, 3), (3, 2)]);
        assert_eq!(pyramid.level(1).get_pixel(0, 0).0, [5, 1, 200]);
        // The last column has one pixel alone.
        assert_eq!(pyramid.level(1).get_pixel(4, 0).0, [80, 1, 200]);
        let levels = [2.0, 1.0, 0.6, 0.5, 0.3, 0.25, 0.01].map(|scale| pyramid.level_for(scale));
        assert_eq!(levels, [0, 0, 0, 1, 1, 2, 2]);
    }
}
