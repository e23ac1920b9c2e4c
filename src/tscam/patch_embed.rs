//! The patch embedding.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use crate::geometry::Grid;
use crate::nn::linear::Linear;

/// The convolution that cuts a picture or a map into patches and embeds them. Its stride equals its
/// side, so it is one matrix product over the content of each patch.
pub struct PatchEmbed {
    proj: Linear, // C * side * side -> D
    side: usize,
}

impl PatchEmbed {
    /// Reads `weight [d, channels, side, side]` and `bias [d]`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(d: usize, channels: usize, side: usize, vb: &VarBuilder) -> Result<Self> {
        let weight = vb.get((d, channels, side, side), "weight")?;
        Ok(Self {
            proj: Linear::from_matrix(&weight.flatten_from(1)?.t()?, vb.get(d, "bias")?)?,
            side,
        })
    }

    /// `[N, C, rows * side, columns * side]` -> tokens `[N, P, D]` and their grid.
    ///
    /// # Errors
    /// If the sides are not multiples of the patch side.
    pub fn forward(&self, xs: &Tensor) -> Result<(Tensor, Grid)> {
        let (n, channels, height, width) = xs.dims4()?;
        let side = self.side;
        let grid = Grid {
            rows: height / side,
            columns: width / side,
        };
        let patches = xs
            .reshape((n * channels, grid.rows, side, grid.columns, side))?
            .permute((1, 3, 0, 2, 4))?; // [rows, columns, N * C, side, side]
        let patches = patches
            .reshape((grid.patches(), n, channels * side * side))?
            .transpose(0, 1)?
            .reshape((n * grid.patches(), ()))?; // [N * P, C * side * side]
        let tokens = self.proj.forward(&patches)?; // [N * P, D]
        Ok((tokens.reshape((n, grid.patches(), ()))?, grid))
    }
}
