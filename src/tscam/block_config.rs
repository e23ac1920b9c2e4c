//! The sizes of a transformer block, and what its attention layer leaves for TS-CAM.

use candle_core::Tensor;

use super::shapes::TensorShapes;

/// Width of an attention head in every transformer of the DeiT, DINOv2 and Conformer families.
pub const HEAD_DIM: usize = 64;
/// Epsilon of the layer norms inside a block, the same in all three families.
pub const BLOCK_NORM_EPS: f64 = 1e-6;

/// The sizes of a transformer block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockConfig {
    /// Width of a token, D.
    pub embed_dim: usize,
    /// The number of attention heads, D / 64.
    pub heads: usize,
    /// Hidden width of the MLP, H.
    pub mlp_dim: usize,
    /// Whether the residual branches have a layer scale (DINOv2).
    pub layer_scale: bool,
}

impl BlockConfig {
    /// Sizes for tokens `embed_dim` wide.
    ///
    /// # Errors
    /// A sentence, if the width is not a multiple of the head width.
    pub fn new(embed_dim: usize, mlp_dim: usize, layer_scale: bool) -> Result<Self, String> {
        if embed_dim == 0 || !embed_dim.is_multiple_of(HEAD_DIM) {
            return Err(format!(
                "its tokens are {embed_dim} wide, which is not a multiple of the head width {HEAD_DIM}"
            ));
        }
        Ok(Self {
            embed_dim,
            heads: embed_dim / HEAD_DIM,
            mlp_dim,
            layer_scale,
        })
    }

    /// Adds the shapes of all tensors of the block called `name`.
    pub fn add_shapes(&self, name: &str, shapes: &mut TensorShapes) {
        let (d, hidden) = (self.embed_dim, self.mlp_dim);
        let mut insert = |tensor: String, shape: &[usize]| {
            shapes.insert(format!("{name}.{tensor}"), shape.to_vec());
        };
        for norm in ["norm1", "norm2"] {
            insert(format!("{norm}.weight"), &[d]);
            insert(format!("{norm}.bias"), &[d]);
        }
        for (linear, outputs, inputs) in [
            ("attn.qkv", 3 * d, d),
            ("attn.proj", d, d),
            ("mlp.fc1", hidden, d),
            ("mlp.fc2", d, hidden),
        ] {
            insert(format!("{linear}.weight"), &[outputs, inputs]);
            insert(format!("{linear}.bias"), &[outputs]);
        }
        if self.layer_scale {
            insert("ls1.gamma".to_owned(), &[d]);
            insert("ls2.gamma".to_owned(), &[d]);
        }
    }
}

/// What an attention layer computed for N pictures of T tokens, P = T - 1 of which are patches.
pub struct AttentionOutput {
    /// The class token's attention to each patch, mean over heads, `[N, P]`.
    pub class_row: Tensor,
    /// The keys of the patches, all heads concatenated, `[N, P, D]`, if they were asked for.
    pub patch_keys: Option<Tensor>,
}
