//! A map of values in 0..=1, cut into connected regions.

use candle_core::{DType, Tensor};

use crate::geometry::BBox;
use crate::nn::ModelError;

/// How much each part of a picture stands out. The map covers the whole upright picture.
#[derive(Clone, Debug, PartialEq)]
pub struct SaliencyMap {
    /// The number of columns.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    /// Values in 0..=1, row by row, `[height * width]`.
    pub values: Vec<f32>,
}

/// A connected part of a [`SaliencyMap`] above a cut.
#[derive(Clone, Debug, PartialEq)]
pub struct SalientRegion {
    /// The box around it, in pixels of the upright picture.
    pub bbox: BBox,
    /// The mean of its values.
    pub mean: f32,
    /// Its largest value.
    pub max: f32,
    /// Its area, as a share of the picture.
    pub area: f32,
}

impl SaliencyMap {
    /// The map with the values of a tensor `[height, width]`.
    ///
    /// # Errors
    /// [`ModelError::NotFinite`] if a value is not finite, and [`ModelError::Inference`] if the device
    /// fails.
    pub(super) fn from_tensor(values: &Tensor) -> Result<Self, ModelError> {
        let (height, width) = values.dims2()?;
        let values: Vec<f32> = values.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        if values.iter().all(|value| value.is_finite()) {
            Ok(Self {
                width,
                height,
                values,
            })
        } else {
            Err(ModelError::NotFinite)
        }
    }

    /// The connected regions (8 neighbours) of values strictly above `cut`, largest area first, in a
    /// picture of `width` x `height` pixels.
    pub fn regions(&self, cut: f32, (width, height): (u32, u32)) -> Vec<SalientRegion> {
        let mut is_open: Vec<bool> = self.values.iter().map(|value| *value > cut).collect();
        let mut regions = Vec::new();
        for first in 0..is_open.len() {
            if !is_open[first] {
                continue;
            }
            is_open[first] = false;
            let mut pixels = vec![first];
            let mut at = 0;
            while let Some(&pixel) = pixels.get(at) {
                at += 1;
                for neighbour in self.neighbours(pixel) {
                    if is_open[neighbour] {
                        is_open[neighbour] = false;
                        pixels.push(neighbour);
                    }
                }
            }
            regions.push(self.region(&pixels, width, height));
        }
        regions.sort_by(|a, b| b.area.total_cmp(&a.area));
        regions
    }

    /// The region of these `pixels`, of which there is at least one.
    fn region(&self, pixels: &[usize], width: u32, height: u32) -> SalientRegion {
        let (mut x0, mut y0, mut x1, mut y1) = (self.width, self.height, 0, 0);
        let (mut sum, mut max) = (0f32, 0f32);
        for &pixel in pixels {
            let (x, y) = (pixel % self.width, pixel / self.width);
            (x0, y0) = (x0.min(x), y0.min(y));
            (x1, y1) = (x1.max(x + 1), y1.max(y + 1));
            sum += self.values[pixel];
            max = max.max(self.values[pixel]);
        }
        let scale_x = width as f32 / self.width as f32;
        let scale_y = height as f32 / self.height as f32;
        SalientRegion {
            bbox: BBox {
                x0: x0 as f32 * scale_x,
                y0: y0 as f32 * scale_y,
                x1: x1 as f32 * scale_x,
                y1: y1 as f32 * scale_y,
            },
            mean: sum / pixels.len() as f32,
            max,
            area: pixels.len() as f32 / self.values.len() as f32,
        }
    }

    /// A pixel and those, at most eight, that share a side or a corner with it.
    fn neighbours(&self, pixel: usize) -> impl Iterator<Item = usize> + use<> {
        let (map_width, map_height) = (self.width, self.height);
        let (x, y) = (pixel % map_width, pixel / map_width);
        let rows = y.saturating_sub(1)..(y + 2).min(map_height);
        rows.flat_map(move |row| {
            let columns = x.saturating_sub(1)..(x + 2).min(map_width);
            columns.map(move |column| row * map_width + column)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> SaliencyMap {
        #[rustfmt::skip]
        let values = vec![
            0.0, 0.9, 0.0, 0.0,
            0.0, 0.0, 0.7, 0.0,
            0.3, 0.0, 0.0, 0.0,
        ];
        SaliencyMap {
            width: 4,
            height: 3,
            values,
        }
    }

    #[test]
    fn regions_are_boxes_in_pixels_of_the_picture() {
        let regions = map().regions(0.2, (40, 60));
        assert_eq!(regions.len(), 2);
        // The two larger values touch at a corner.
        assert_eq!(regions[0].bbox, BBox::from_corners(10.0, 0.0, 30.0, 40.0));
        assert!((regions[0].mean - 0.8).abs() < 1e-6);
        assert_eq!(regions[0].max, 0.9);
        assert!((regions[0].area - 2.0 / 12.0).abs() < 1e-6);
        assert_eq!(regions[1].bbox, BBox::from_corners(0.0, 40.0, 10.0, 60.0));
    }

    #[test]
    fn only_values_strictly_above_the_cut_count() {
        assert_eq!(map().regions(0.3, (4, 3)).len(), 1);
        assert_eq!(map().regions(0.7, (4, 3))[0].bbox.area(), 1.0);
        assert!(map().regions(0.9, (4, 3)).is_empty());
        let whole = map().regions(-1.0, (4, 3));
        assert_eq!(whole[0].bbox, BBox::from_corners(0.0, 0.0, 4.0, 3.0));
    }

    #[test]
    fn an_empty_map_has_no_regions() {
        let empty = SaliencyMap {
            width: 0,
            height: 0,
            values: Vec::new(),
        };
        assert!(empty.regions(0.5, (4, 3)).is_empty());
    }
}
