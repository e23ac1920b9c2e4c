//! `NanoDet`'s neck: a path aggregation network (PAN; Liu et al., arXiv 1803.01534) whose only weights
//! are the 1x1 convolutions at its entry.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::backbone::conv;
use crate::nn::convolution::Conv;
use crate::nn::ops::add_residual;
use crate::nn::resample::resize_bilinear;

/// The neck.
pub struct Neck {
    /// One for each map, from fine to coarse.
    lateral_convs: Vec<Conv>,
}

impl Neck {
    /// Reads `lateral_convs.*` of as many maps.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(maps: usize, vb: &VarBuilder) -> Result<Self> {
        let vb = vb.pp("lateral_convs");
        let convs = (0..maps).map(|map| conv(1, &vb.pp(map)));
        Ok(Self {
            lateral_convs: convs.collect::<Result<_>>()?,
        })
    }

    /// The maps of the backbone, from fine to coarse -> maps on the same grids, all `[N, rows,
    /// columns, 128]`.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn forward(&self, maps: &[Tensor]) -> Result<Vec<Tensor>> {
        let pairs = self.lateral_convs.iter().zip(maps);
        let mut maps = pairs
            .map(|(conv, map)| conv.forward(map))
            .collect::<Result<Vec<_>>>()?;
        for coarse in (1..maps.len()).rev() {
            maps[coarse - 1] = plus_resized(&maps[coarse - 1], &maps[coarse])?;
        }
        for coarse in 1..maps.len() {
            maps[coarse] = plus_resized(&maps[coarse], &maps[coarse - 1])?;
        }
        Ok(maps)
    }
}

/// `map` plus `other` on the grid of `map`.
fn plus_resized(map: &Tensor, other: &Tensor) -> Result<Tensor> {
    let (_, rows, columns, _) = map.dims4()?;
    add_residual(resize_bilinear(other, rows, columns)?, map, None)
}
