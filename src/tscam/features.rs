//! What one forward pass through a backbone leaves for TS-CAM: patch tokens, the class token's
//! attention to the patches, and the keys of the last layer.

use std::collections::BTreeMap;

use candle_core::{IndexOp as _, Result, Tensor};

use super::transformer::Block;
use crate::nn::norm::normalise_without_affine;

/// Epsilon of the layer norm over tapped tokens (PyTorch's default).
const TAP_NORM_EPS: f64 = 1e-5;

/// The result of a forward pass over N pictures of P patches, with tokens of width D and L layers.
pub struct BackboneFeatures {
    /// The layer-normalised class token, `[N, D]`.
    pub class_token: Tensor,
    /// The layer-normalised patch tokens of the last block, `[N, P, D]`.
    pub patch_tokens: Tensor,
    /// The class token's attention to each patch, mean over heads, `[N, L, P]`.
    pub attention: Tensor,
    /// The keys of the patches in the last layer, all heads concatenated, `[N, P, D]`.
    pub last_keys: Tensor,
    /// The patch tokens after each tapped block, layer-normalised without weight and bias, `[N, P, D]`.
    pub taps: BTreeMap<usize, Tensor>,
    /// The mean over positions of the last map of the convolutional branch, `[N, M]`; `None` without
    /// such a branch.
    pub pooled_map: Option<Tensor>,
}

/// Collects [`BackboneFeatures`] while tokens pass through a stack of blocks.
pub struct FeatureRecorder<'a> {
    taps: &'a [usize],
    /// The number of blocks.
    depth: usize,
    class_rows: Vec<Tensor>,
    last_keys: Option<Tensor>,
    tapped: BTreeMap<usize, Tensor>,
}

impl<'a> FeatureRecorder<'a> {
    /// Keeps the patch tokens after each block in `taps` (counted from 0), and the keys of the last of `depth`
    /// blocks.
    pub fn new(taps: &'a [usize], depth: usize) -> Self {
        Self {
            taps,
            depth,
            class_rows: Vec::new(),
            last_keys: None,
            tapped: BTreeMap::new(),
        }
    }

    /// Runs tokens, the class token first, through the next block.
    ///
    /// # Errors
    /// If candle fails, for example for lack of memory.
    pub fn pass(&mut self, block: &Block, tokens: &Tensor) -> Result<Tensor> {
        let index = self.class_rows.len();
        let (tokens, attended) = block.forward(tokens, index + 1 == self.depth)?;
        if self.taps.contains(&index) {
            let patches = tokens.i((.., 1..))?;
            self.tapped
                .insert(index, normalise_without_affine(&patches, TAP_NORM_EPS)?);
        }
        self.class_rows.push(attended.class_row);
        self.last_keys = attended.patch_keys;
        Ok(tokens)
    }

    /// The features, given the tokens after the last layer norm, `[N, T, D]`.
    ///
    /// # Errors
    /// If there was no block, or candle fails.
    pub fn finish(self, normed: &Tensor, pooled_map: Option<Tensor>) -> Result<BackboneFeatures> {
        let Some(last_keys) = self.last_keys else {
            candle_core::bail!("the transformer has no blocks")
        };
        Ok(BackboneFeatures {
            class_token: normed.i((.., 0))?,
            patch_tokens: normed.i((.., 1..))?,
            attention: Tensor::stack(&self.class_rows, 1)?,
            last_keys,
            taps: self.tapped,
            pooled_map,
        })
    }
}
