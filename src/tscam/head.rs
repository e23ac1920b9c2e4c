//! The TS-CAM head: patch tokens -> one semantic map a class, and the class logits.
//!
//! Semantic re-allocation (section 3.2 of the paper): a convolution over the patch tokens, whose
//! pooled output is the class logit. The paper pools by the plain mean; a head trained here may
//! pool by the class token's attention, which is as linear and finds small objects better.

use std::collections::{BTreeMap, HashMap};

use candle_core::{Device, Result, Tensor};

use super::ModelError;
use super::weights::Weights;
use crate::geometry::Grid;

/// How a head's maps become its logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over patches (the paper).
    Mean,
    /// The mean weighted by the class token's attention.
    Attention,
}

/// A convolutional class head on one device.
pub struct Head {
    /// Class names in the order of the logits.
    pub classes: Vec<String>,
    /// The block whose tokens feed the head (counted from 0); the final, normed ones if none.
    pub block: Option<usize>,
    /// How maps become logits.
    pub pooling: Pooling,
    /// SHA-256 of the backbone that it was trained on, where the file tells.
    pub backbone: Option<String>,
    /// SHA-256 of the head's own file, if it did not come with the backbone.
    pub fingerprint: Option<String>,
    kernel: Tensor, // [k * k * D, C]
    bias: Tensor,   // [C]
    side: usize,    // k, odd
}

/// The two tensors of a head in a checkpoint.
pub const WEIGHT: &str = "head.weight";
/// See [`WEIGHT`].
pub const BIAS: &str = "head.bias";

impl Head {
    /// Takes a head out of a checkpoint's tensors: `head.weight [C, D, k, k]` with odd k and
    /// `head.bias [C]`; nothing if there is no convolutional head.
    ///
    /// # Errors
    /// A sentence that names the tensor which does not fit.
    pub fn take(
        tensors: &mut BTreeMap<String, Tensor>,
        metadata: &HashMap<String, String>,
        device: &Device,
    ) -> std::result::Result<Option<Self>, String> {
        let is_convolution = tensors.get(WEIGHT).is_some_and(|weight| weight.rank() == 4);
        if !is_convolution {
            return Ok(None);
        }
        let (Some(weight), Some(bias)) = (tensors.remove(WEIGHT), tensors.remove(BIAS)) else {
            return Err(format!("{BIAS} is missing"));
        };
        let &[classes, d, side, side_x] = weight.dims() else {
            return Ok(None);
        };
        if side != side_x || side % 2 == 0 || classes == 0 {
            return Err(format!(
                "{WEIGHT} has shape {:?}; expected [classes, D, k, k] with odd k",
                weight.dims()
            ));
        }
        if bias.dims() != [classes] {
            return Err(format!(
                "{BIAS} has shape {:?}; expected [{classes}]",
                bias.dims()
            ));
        }
        let names = class_names(metadata, classes)?;
        let kernel = weight
            .permute((2, 3, 1, 0))
            .and_then(|w| w.reshape((side * side * d, classes)))
            .and_then(|w| w.to_device(device));
        Ok(Some(Self {
            classes: names,
            block: metadata
                .get("head_block")
                .map(|block| block.parse())
                .transpose()
                .map_err(|_| "its head_block is no number".to_owned())?,
            pooling: match metadata.get("head_pooling").map(String::as_str) {
                None | Some("mean") => Pooling::Mean,
                Some("attention") => Pooling::Attention,
                Some(other) => return Err(format!("its head_pooling {other:?} is not known")),
            },
            backbone: metadata.get("backbone_sha256").cloned(),
            fingerprint: None,
            kernel: kernel.map_err(|error| error.to_string())?,
            bias: bias.to_device(device).map_err(|error| error.to_string())?,
            side,
        }))
    }

    /// Reads a file that holds a head alone.
    pub fn open(path: &std::path::Path, device: &Device) -> std::result::Result<Self, ModelError> {
        let Weights {
            mut tensors,
            metadata,
            fingerprint,
        } = Weights::open(path)?;
        let bad = |reason: String| ModelError::bad_file(path, reason);
        let mut head = Self::take(&mut tensors, &metadata, device)
            .map_err(bad)?
            .ok_or_else(|| bad(format!("it has no {WEIGHT} of shape [classes, D, k, k]")))?;
        head.fingerprint = Some(fingerprint);
        Ok(head)
    }

    /// Width of the tokens that it reads, D.
    pub fn token_width(&self) -> usize {
        self.kernel.dims()[0] / (self.side * self.side)
    }

    /// Side of its convolution in patches (3 in the paper).
    pub fn kernel_side(&self) -> usize {
        self.side
    }

    /// Semantic maps `[N, C, P]` from tokens `[N, P, D]`: a zero-padded convolution, as one
    /// product over each patch's neighbourhood.
    pub fn maps(&self, tokens: &Tensor, grid: Grid) -> Result<Tensor> {
        let (n, p, d) = tokens.dims3()?;
        let pad = self.side / 2;
        let padded = tokens
            .reshape((n, grid.rows, grid.columns, d))?
            .pad_with_zeros(1, pad, pad)?
            .pad_with_zeros(2, pad, pad)?;
        let mut neighbours = Vec::with_capacity(self.side * self.side);
        for y in 0..self.side {
            for x in 0..self.side {
                let shifted = padded.narrow(1, y, grid.rows)?.narrow(2, x, grid.columns)?;
                neighbours.push(shifted);
            }
        }
        let neighbourhoods = Tensor::cat(&neighbours, 3)?; // [N, rows, columns, k * k * D]
        neighbourhoods
            .reshape((n * p, ()))?
            .matmul(&self.kernel)?
            .broadcast_add(&self.bias)?
            .reshape((n, p, ()))?
            .transpose(1, 2)?
            .contiguous()
    }

    /// Logits `[N, C]` from maps `[N, C, P]` and the class token's attention `[N, P]`.
    pub fn logits(&self, maps: &Tensor, attention: &Tensor) -> Result<Tensor> {
        match self.pooling {
            Pooling::Mean => maps.mean(2),
            Pooling::Attention => {
                let weights = attention.broadcast_div(&attention.sum_keepdim(1)?)?;
                maps.matmul(&weights.unsqueeze(2)?)?.squeeze(2)
            }
        }
    }
}

/// The names in `classes` (a JSON list), or `class 1`, `class 2`, ... where the file has none.
fn class_names(
    metadata: &HashMap<String, String>,
    count: usize,
) -> std::result::Result<Vec<String>, String> {
    let Some(json) = metadata.get("classes") else {
        return Ok((1..=count).map(|index| format!("class {index}")).collect());
    };
    let names: Vec<String> =
        serde_json::from_str(json).map_err(|_| "its class names are no JSON list".to_owned())?;
    if names.len() == count {
        Ok(names)
    } else {
        Err(format!("it names {} classes for {count} maps", names.len()))
    }
}
