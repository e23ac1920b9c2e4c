//! The TS-CAM head: patch tokens -> one semantic map per class, and the class logits.
//!
//! This is the semantic re-allocation of the paper (arXiv 2103.14862, section 3.2): a convolution over
//! the patch tokens, whose pooled output is the class logit. The paper pools with the plain mean. A
//! head trained here may pool with the class token's attention, which is also linear and finds small
//! objects better.
//!
//! The head of a Conformer has a second classifier, which reads the pooled map of the convolutional
//! branch. The logits are the sum of both; the maps come from the tokens only.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Result, Tensor};

use crate::geometry::Grid;
use crate::nn::ModelError;
use crate::nn::convolution::{KernelWindow, Padding, im2col, kernel_matrix};
use crate::nn::linear::Linear;
use crate::nn::weights::Weights;

/// How the maps of a head become logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over patches, as in the paper.
    Mean,
    /// The mean over patches, weighted by the class token's attention.
    Attention,
}

/// A convolutional class head on one device.
pub struct Head {
    /// The names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// The block whose tokens the head reads (counted from 0); `None` for the normalised tokens of the
    /// last block.
    pub block: Option<usize>,
    /// How maps become logits.
    pub pooling: Pooling,
    /// Whether a picture can show several classes (sigmoid), rather than exactly one (softmax).
    pub is_multi_label: bool,
    /// SHA-256 of the backbone that it was trained on, if the file says so.
    pub backbone_fingerprint: Option<String>,
    /// SHA-256 of the head's own file; `None` if it came with the backbone.
    pub fingerprint: Option<String>,
    kernel: Tensor,                  // [k * k * D, C]
    bias: Tensor,                    // [C]
    kernel_side: usize,              // k, odd
    conv_classifier: Option<Linear>, // M -> C, where M is the width of a Conformer's pooled map
}

/// The prefixes of the head's tensors in the checkpoint of a ViT and of a Conformer.
const HEAD_PREFIXES: [&str; 2] = ["head", CONFORMER_PREFIX];
const CONFORMER_PREFIX: &str = "trans_cls_head";
/// The prefix of the classifier of a Conformer's pooled map.
const CONV_CLASSIFIER_PREFIX: &str = "conv_cls_head";

/// Whether all tensors belong to a head.
pub fn is_head_only(tensors: &BTreeMap<String, Tensor>) -> bool {
    let mut names = tensors.keys();
    let of_head = |name: &String| {
        HEAD_PREFIXES
            .iter()
            .any(|head| name.starts_with(&format!("{head}.")))
    };
    !tensors.is_empty() && names.all(of_head)
}

impl Head {
    /// Removes a head from the tensors of a checkpoint: `head.weight [C, D, k, k]` with odd k and
    /// `head.bias [C]`; for a Conformer, `trans_cls_head` in the same form, and `conv_cls_head.weight
    /// [C, M]` with its bias `[C]`. `None` if there is no convolutional head.
    ///
    /// # Errors
    /// A sentence that names the tensor or the metadata that does not fit.
    pub fn take_from(
        tensors: &mut BTreeMap<String, Tensor>,
        metadata: &HashMap<String, String>,
        device: &Device,
    ) -> std::result::Result<Option<Self>, String> {
        let shape = |name| tensors.get(&format!("{name}.weight")).map(Tensor::dims);
        let found = HEAD_PREFIXES
            .into_iter()
            .find_map(|name| match shape(name) {
                Some(&[classes, _, side, side_x]) => Some((name, classes, side, side_x)),
                _ => None,
            });
        let Some((name, classes, side, side_x)) = found else {
            return Ok(None);
        };
        let (weight, bias) = take_layer(name, classes, tensors)?;
        if side != side_x || side % 2 == 0 || classes == 0 {
            return Err(format!(
                "{name}.weight has shape {:?}; expected [classes, D, k, k] with odd k",
                weight.dims()
            ));
        }
        let names = class_names(metadata, classes)?;
        let failed = |error: candle_core::Error| error.to_string();
        let kernel = kernel_matrix(&weight).and_then(|kernel| kernel.to_device(device));
        let conv_classifier = match name {
            CONFORMER_PREFIX => Some(take_conv_classifier(classes, tensors, device)?),
            _ => None,
        };
        Ok(Some(Self {
            classes: names,
            block: metadata
                .get("head_block")
                .map(|block| block.parse())
                .transpose()
                .map_err(|_| "its head_block is not a number".to_owned())?,
            pooling: match metadata.get("head_pooling").map(String::as_str) {
                None | Some("mean") => Pooling::Mean,
                Some("attention") => Pooling::Attention,
                Some(other) => return Err(format!("its head_pooling {other:?} is not known")),
            },
            is_multi_label: match metadata.get("head_activation").map(String::as_str) {
                None | Some("softmax") => false,
                Some("sigmoid") => true,
                Some(other) => return Err(format!("its head_activation {other:?} is not known")),
            },
            backbone_fingerprint: metadata.get("backbone_sha256").cloned(),
            fingerprint: None,
            kernel: kernel.map_err(failed)?,
            bias: bias.to_device(device).map_err(failed)?,
            kernel_side: side,
            conv_classifier,
        }))
    }

    /// Reads a file that contains only a head.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] and [`ModelError::BadFile`].
    pub fn open(path: &Path, device: &Device) -> std::result::Result<Self, ModelError> {
        let Weights {
            mut tensors,
            metadata,
            fingerprint,
        } = Weights::open(path)?;
        let bad = |reason: String| ModelError::bad_file(path, reason);
        let mut head = Self::take_from(&mut tensors, &metadata, device)
            .map_err(bad)?
            .ok_or_else(|| {
                bad(format!(
                    "it has no {}.weight of shape [classes, D, k, k]",
                    HEAD_PREFIXES[0]
                ))
            })?;
        head.fingerprint = Some(fingerprint);
        Ok(head)
    }

    /// The width of the tokens that it reads, D.
    pub fn token_width(&self) -> usize {
        self.kernel.dims()[0] / (self.kernel_side * self.kernel_side)
    }

    /// The width of the pooled map that its second classifier reads, M, if it has one.
    pub fn pooled_width(&self) -> Option<usize> {
        let classifier = self.conv_classifier.as_ref()?;
        Some(classifier.inputs())
    }

    /// The side of its convolution in patches (3 in the paper).
    pub fn kernel_side(&self) -> usize {
        self.kernel_side
    }

    /// Semantic maps `[N, C, P]` from tokens `[N, P, D]`: a zero-padded convolution as one matrix
    /// product.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn maps(&self, tokens: &Tensor, grid: Grid) -> Result<Tensor> {
        let (n, p, d) = tokens.dims3()?;
        let tokens = tokens.reshape((n, grid.rows, grid.columns, d))?;
        let window = KernelWindow {
            side: self.kernel_side,
            stride: 1,
            padding: Padding::Half,
        };
        im2col(&tokens, window)? // [N, rows, columns, k * k * D]
            .reshape((n * p, ()))?
            .matmul(&self.kernel)?
            .broadcast_add(&self.bias)?
            .reshape((n, p, ()))?
            .transpose(1, 2)?
            .contiguous()
    }

    /// Logits `[N, C]` from maps `[N, C, P]`, the class token's attention `[N, P]` and, for a Conformer,
    /// the pooled map of the convolutional branch `[N, M]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn logits(
        &self,
        maps: &Tensor,
        attention: &Tensor,
        pooled_map: Option<&Tensor>,
    ) -> Result<Tensor> {
        let of_tokens = match self.pooling {
            Pooling::Mean => maps.mean(2)?,
            Pooling::Attention => {
                let weights = attention.broadcast_div(&attention.sum_keepdim(1)?)?;
                maps.matmul(&weights.unsqueeze(2)?)?.squeeze(2)?
            }
        };
        match (&self.conv_classifier, pooled_map) {
            (Some(classifier), Some(pooled)) => of_tokens + classifier.forward(pooled)?,
            _ => Ok(of_tokens),
        }
    }
}

/// Removes the classifier of a Conformer's pooled map from the tensors of a checkpoint.
fn take_conv_classifier(
    classes: usize,
    tensors: &mut BTreeMap<String, Tensor>,
    device: &Device,
) -> std::result::Result<Linear, String> {
    let (weight, bias) = take_layer(CONV_CLASSIFIER_PREFIX, classes, tensors)?;
    if weight.rank() != 2 || weight.dims()[0] != classes {
        return Err(format!(
            "{CONV_CLASSIFIER_PREFIX}.weight has shape {:?}; expected [{classes}, M]",
            weight.dims()
        ));
    }
    let read = || -> Result<Linear> {
        Linear::from_matrix(&weight.t()?.to_device(device)?, bias.to_device(device)?)
    };
    read().map_err(|error| error.to_string())
}

/// Removes the weight and the bias `[classes]` of a layer from the tensors of a checkpoint.
fn take_layer(
    name: &str,
    classes: usize,
    tensors: &mut BTreeMap<String, Tensor>,
) -> std::result::Result<(Tensor, Tensor), String> {
    let mut take = |part: &str| {
        let name = format!("{name}.{part}");
        let tensor = tensors.remove(&name);
        tensor.ok_or_else(|| format!("{name} is missing"))
    };
    let (weight, bias) = (take("weight")?, take("bias")?);
    if bias.dims() == [classes] {
        Ok((weight, bias))
    } else {
        Err(format!(
            "{name}.bias has shape {:?}; expected [{classes}]",
            bias.dims()
        ))
    }
}

/// The names in `classes` (a JSON list), or `class 1`, `class 2`, ... if the file has none.
fn class_names(
    metadata: &HashMap<String, String>,
    count: usize,
) -> std::result::Result<Vec<String>, String> {
    let Some(json) = metadata.get("classes") else {
        return Ok((1..=count).map(|index| format!("class {index}")).collect());
    };
    let names: Vec<String> =
        serde_json::from_str(json).map_err(|_| "its class names are not a JSON list".to_owned())?;
    if names.len() == count {
        Ok(names)
    } else {
        Err(format!("it names {} classes for {count} maps", names.len()))
    }
}
