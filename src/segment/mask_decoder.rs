//! SAM's mask decoder: an embedding and the tokens of a prompt -> four masks and their predicted IoU.
//!
//! Five learned tokens join those of the prompt: one for the predicted IoU and one for each mask.
//! Attention runs from the tokens to the picture and back. The picture's features are then upsampled
//! four times, and each mask token becomes the vector whose products with them are its mask.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::prompt_encoder::TOKEN_DIM;
use crate::nn::linear::Linear;
use crate::nn::norm::LayerNorm;
use crate::nn::ops::{add_residual, bias_add, bias_gelu, bias_relu, scaled_softmax};
use crate::nn::upsampling::Upsampling;

/// The number of masks for each prompt.
pub const MASKS: usize = 4;
/// The side of an embedding in positions.
pub const EMBEDDING_SIDE: usize = 64;
/// The side of a mask in pixels: four for each position of the embedding.
pub const MASK_SIDE: usize = 4 * EMBEDDING_SIDE;
/// Heads of every attention layer.
const HEADS: usize = 8;
/// The width of the attention between tokens and picture.
const CROSS_DIM: usize = 128;
/// The widths of the upsampled features.
const UPSAMPLED_DIMS: [usize; 2] = [64, 32];
/// Epsilon of the transformer's layer norms.
const NORM_EPS: f64 = 1e-5;
/// Epsilon of the layer norm between the two upsamplings.
const UPSAMPLED_NORM_EPS: f64 = 1e-6;

/// The masks of one prompt.
pub struct DecoderOutput {
    /// Logits, positive in the object, `[4, 256, 256]`.
    pub masks: Tensor,
    /// The predicted IoU of each mask with the object, `[4]`.
    pub iou: Tensor,
}

/// The mask decoder.
pub struct MaskDecoder {
    learned: Tensor, // [5, 256]: for the IoU, then for each mask
    layers: Vec<TwoWayBlock>,
    final_attn_token_to_image: Attention,
    norm_final_attn: LayerNorm,
    upsampling: [Upsampling; 2],
    upsampling_norm: LayerNorm,
    hypernetworks: Vec<Perceptron>, // one a mask
    iou_prediction_head: Perceptron,
}

impl MaskDecoder {
    /// Reads the mask decoder.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(vb: &VarBuilder) -> Result<Self> {
        let transformer = vb.pp("transformer");
        let iou_token = vb.get((1, TOKEN_DIM), "iou_token.weight")?;
        let mask_tokens = vb.get((MASKS, TOKEN_DIM), "mask_tokens.weight")?;
        let [first, second] = UPSAMPLED_DIMS;
        let upscaling = vb.pp("output_upscaling");
        Ok(Self {
            learned: Tensor::cat(&[iou_token, mask_tokens], 0)?,
            layers: vec![
                TwoWayBlock::new(&transformer.pp("layers.0"))?,
                TwoWayBlock::new(&transformer.pp("layers.1"))?,
            ],
            final_attn_token_to_image: Attention::new(
                CROSS_DIM,
                &transformer.pp("final_attn_token_to_image"),
            )?,
            norm_final_attn: LayerNorm::new(
                TOKEN_DIM,
                NORM_EPS,
                &transformer.pp("norm_final_attn"),
            )?,
            upsampling: [
                Upsampling::new(TOKEN_DIM, first, 2, &upscaling.pp("0"))?,
                Upsampling::new(first, second, 2, &upscaling.pp("3"))?,
            ],
            upsampling_norm: LayerNorm::new(first, UPSAMPLED_NORM_EPS, &upscaling.pp("1"))?,
            hypernetworks: (0..MASKS)
                .map(|mask| {
                    let vb = vb.pp(format!("output_hypernetworks_mlps.{mask}"));
                    Perceptron::new(second, &vb)
                })
                .collect::<Result<_>>()?,
            iou_prediction_head: Perceptron::new(MASKS, &vb.pp("iou_prediction_head"))?,
        })
    }

    /// The masks for an embedding (with the prompt's vector for no mask added) `[P, 256]`, P = 64 * 64,
    /// its encoded positions `[P, 256]`, and the tokens of a prompt `[T, 256]`.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn forward(
        &self,
        embedding: &Tensor,
        positions: &Tensor,
        prompt: &Tensor,
    ) -> Result<DecoderOutput> {
        let prompt = Tensor::cat(&[&self.learned, prompt], 0)?; // [5 + T, 256]
        let mut state = TwoWayState {
            tokens: prompt.clone(),
            image: embedding.clone(),
        };
        for (index, layer) in self.layers.iter().enumerate() {
            state = layer.forward(&state, &prompt, positions, index == 0)?;
        }
        let TwoWayState { tokens, image } = state;
        let attended = self.final_attn_token_to_image.forward(
            &(&tokens + &prompt)?,
            &(&image + positions)?,
            &image,
        )?;
        let tokens = self.norm_final_attn.forward(&(tokens + attended)?)?;

        let features = self.upsample(&image)?; // [256 * 256, 32]
        let vectors = self.hypernetworks.iter().enumerate();
        let vectors = vectors
            .map(|(mask, network)| network.forward(&tokens.narrow(0, 1 + mask, 1)?))
            .collect::<Result<Vec<_>>>()?;
        let masks = Tensor::cat(&vectors, 0)?.matmul(&features.t()?)?;
        Ok(DecoderOutput {
            masks: masks.reshape((MASKS, MASK_SIDE, MASK_SIDE))?,
            iou: self
                .iou_prediction_head
                .forward(&tokens.narrow(0, 0, 1)?)?
                .squeeze(0)?,
        })
    }

    /// The picture's features `[64 * 64, 256]`, upsampled four times, `[256 * 256, 32]`.
    fn upsample(&self, image: &Tensor) -> Result<Tensor> {
        let [first, second] = &self.upsampling;
        let map = image.reshape((1, EMBEDDING_SIDE, EMBEDDING_SIDE, TOKEN_DIM))?;
        let map = bias_add(first.product(&map)?, &first.bias)?; // [1, 128, 128, 64]
        let map = self.upsampling_norm.forward(&map)?.gelu_erf()?;
        let map = bias_gelu(second.product(&map)?, &second.bias)?; // [1, 256, 256, 32]
        map.flatten_to(2)
    }
}

/// The tokens and the picture's features between two layers.
struct TwoWayState {
    tokens: Tensor, // [T, 256]
    image: Tensor,  // [P, 256]
}

/// Attention among the tokens, from tokens to picture, an MLP, and from picture to tokens.
struct TwoWayBlock {
    self_attn: Attention,
    norm1: LayerNorm,
    cross_attn_token_to_image: Attention,
    norm2: LayerNorm,
    lin1: Linear,
    lin2: Linear,
    norm3: LayerNorm,
    cross_attn_image_to_token: Attention,
    norm4: LayerNorm,
}

impl TwoWayBlock {
    fn new(vb: &VarBuilder) -> Result<Self> {
        let norm = |name: &str| LayerNorm::new(TOKEN_DIM, NORM_EPS, &vb.pp(name));
        let cross = |name: &str| Attention::new(CROSS_DIM, &vb.pp(name));
        let hidden = vb.get_unchecked("mlp.lin1.bias")?.dim(0)?;
        Ok(Self {
            self_attn: Attention::new(TOKEN_DIM, &vb.pp("self_attn"))?,
            norm1: norm("norm1")?,
            cross_attn_token_to_image: cross("cross_attn_token_to_image")?,
            norm2: norm("norm2")?,
            lin1: Linear::new(TOKEN_DIM, hidden, &vb.pp("mlp.lin1"))?,
            lin2: Linear::new(hidden, TOKEN_DIM, &vb.pp("mlp.lin2"))?,
            norm3: norm("norm3")?,
            cross_attn_image_to_token: cross("cross_attn_image_to_token")?,
            norm4: norm("norm4")?,
        })
    }

    /// One layer. The tokens of the prompt and the encoded positions are added to queries and keys
    /// each time; the first layer's attention among the tokens replaces them.
    fn forward(
        &self,
        state: &TwoWayState,
        prompt: &Tensor,
        positions: &Tensor,
        is_first: bool,
    ) -> Result<TwoWayState> {
        let TwoWayState { tokens, image } = state;
        let tokens = if is_first {
            self.self_attn.forward(tokens, tokens, tokens)?
        } else {
            let query = (tokens + prompt)?;
            (tokens + self.self_attn.forward(&query, &query, tokens)?)?
        };
        let tokens = self.norm1.forward(&tokens)?;

        let image_key = (image + positions)?;
        let attended =
            self.cross_attn_token_to_image
                .forward(&(&tokens + prompt)?, &image_key, image)?;
        let tokens = self.norm2.forward(&(tokens + attended)?)?;

        let hidden = bias_relu(self.lin1.product(&tokens)?, &self.lin1.bias, f32::INFINITY)?;
        let tokens = self
            .norm3
            .forward(&(&tokens + self.lin2.forward(&hidden)?)?)?;

        let attended =
            self.cross_attn_image_to_token
                .forward(&image_key, &(&tokens + prompt)?, &tokens)?;
        let image = self.norm4.forward(&add_residual(attended, image, None)?)?;
        Ok(TwoWayState { tokens, image })
    }
}

/// Attention with queries, keys and values from different places.
struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
}

impl Attention {
    fn new(width: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            q_proj: Linear::new(TOKEN_DIM, width, &vb.pp("q_proj"))?,
            k_proj: Linear::new(TOKEN_DIM, width, &vb.pp("k_proj"))?,
            v_proj: Linear::new(TOKEN_DIM, width, &vb.pp("v_proj"))?,
            out_proj: Linear::new(width, TOKEN_DIM, &vb.pp("out_proj"))?,
        })
    }

    /// Queries `[Q, 256]`, keys and values `[K, 256]` -> `[Q, 256]`.
    fn forward(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Result<Tensor> {
        let heads = |xs: Tensor| -> Result<Tensor> {
            let (rows, width) = xs.dims2()?;
            xs.reshape((rows, HEADS, width / HEADS))?
                .transpose(0, 1)?
                .contiguous() // [heads, rows, dim]
        };
        let q = heads(self.q_proj.forward(query)?)?;
        let k = heads(self.k_proj.forward(key)?)?;
        let v = heads(self.v_proj.forward(value)?)?;
        let scale = (q.dim(2)? as f64).sqrt().recip();
        let attention = scaled_softmax(q.matmul(&k.t()?)?, scale)?; // [heads, Q, K]
        let output = attention.matmul(&v)?.transpose(0, 1)?; // [Q, heads, dim]
        self.out_proj.forward(&output.flatten_from(1)?)
    }
}

/// Three linear layers with `ReLU` between them.
struct Perceptron {
    layers: [Linear; 3],
}

impl Perceptron {
    fn new(outputs: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            layers: [
                Linear::new(TOKEN_DIM, TOKEN_DIM, &vb.pp("layers.0"))?,
                Linear::new(TOKEN_DIM, TOKEN_DIM, &vb.pp("layers.1"))?,
                Linear::new(TOKEN_DIM, outputs, &vb.pp("layers.2"))?,
            ],
        })
    }

    /// `[R, 256]` -> `[R, outputs]`.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let [first, second, third] = &self.layers;
        let xs = bias_relu(first.product(xs)?, &first.bias, f32::INFINITY)?;
        let xs = bias_relu(second.product(&xs)?, &second.bias, f32::INFINITY)?;
        third.forward(&xs)
    }
}
