//! The TS-CAM head: patch tokens -> one semantic map a class, and the class logits.
//!
//! Semantic re-allocation (section 3.2 of the paper): a convolution over the patch tokens, whose
//! pooled output is the class logit. The paper pools by the plain mean; a head trained here may
//! pool by the class token's attention, which is as linear and finds small objects better.
//!
//! A Conformer's head comes with a second classifier, which reads the pooled map of the
//! convolutional branch: the logits are the sum of both, the maps those of the tokens alone.

use std::collections::{BTreeMap, HashMap};

use candle_core::{Device, Result, Tensor};

use super::backbone_file;
use crate::geometry::Grid;
use crate::nn::ModelError;
use crate::nn::convolution::{KernelWindow, Padding, im2col, kernel_matrix};
use crate::nn::linear::Linear;
use crate::nn::weights::Weights;

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
    /// Whether each class is likely by itself, as where pictures show several, and not just one.
    pub is_multi_label: bool,
    /// SHA-256 of the backbone that it was trained on, where the file tells.
    pub backbone: Option<String>,
    /// SHA-256 of the head's own file, if it did not come with the backbone.
    pub fingerprint: Option<String>,
    kernel: Tensor,                  // [k * k * D, C]
    bias: Tensor,                    // [C]
    side: usize,                     // k, odd
    conv_classifier: Option<Linear>, // from M, the width of a Conformer's pooled map, to C
}

/// What a checkpoint calls the head on the tokens of a ViT and of a Conformer.
const NAMES: [&str; 2] = ["head", CONFORMER_NAME];
const CONFORMER_NAME: &str = "trans_cls_head";
/// What a checkpoint calls the classifier of a Conformer's pooled map.
const CONV_CLASSIFIER_NAME: &str = "conv_cls_head";

/// Whether these are a head's tensors and nothing else.
pub fn is_head_only(tensors: &BTreeMap<String, Tensor>) -> bool {
    let mut names = tensors.keys();
    let of_head = |name: &String| {
        NAMES
            .iter()
            .any(|head| name.starts_with(&format!("{head}.")))
    };
    !tensors.is_empty() && names.all(of_head)
}

impl Head {
    /// Takes a head out of a checkpoint's tensors: `head.weight [C, D, k, k]` with odd k and
    /// `head.bias [C]`; of a Conformer `trans_cls_head` in the same form and `conv_cls_head.weight
    /// [C, M]` with its bias `[C]`; nothing if there is no convolutional head.
    ///
    /// # Errors
    /// A sentence that names the tensor which does not fit.
    pub fn take(
        tensors: &mut BTreeMap<String, Tensor>,
        metadata: &HashMap<String, String>,
        device: &Device,
    ) -> std::result::Result<Option<Self>, String> {
        let shape = |name| tensors.get(&format!("{name}.weight")).map(Tensor::dims);
        let found = NAMES.into_iter().find_map(|name| match shape(name) {
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
            CONFORMER_NAME => Some(take_conv_classifier(classes, tensors, device)?),
            _ => None,
        };
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
            is_multi_label: match metadata.get("head_activation").map(String::as_str) {
                None | Some("softmax") => false,
                Some("sigmoid") => true,
                Some(other) => return Err(format!("its head_activation {other:?} is not known")),
            },
            backbone: metadata.get("backbone_sha256").cloned(),
            fingerprint: None,
            kernel: kernel.map_err(failed)?,
            bias: bias.to_device(device).map_err(failed)?,
            side,
            conv_classifier,
        }))
    }

    /// Reads a file that holds a head alone.
    pub fn open(path: &std::path::Path, device: &Device) -> std::result::Result<Self, ModelError> {
        let Weights {
            mut tensors,
            metadata,
            fingerprint,
        } = backbone_file::open(path)?;
        let bad = |reason: String| ModelError::bad_file(path, reason);
        let mut head = Self::take(&mut tensors, &metadata, device)
            .map_err(bad)?
            .ok_or_else(|| {
                bad(format!(
                    "it has no {}.weight of shape [classes, D, k, k]",
                    NAMES[0]
                ))
            })?;
        head.fingerprint = Some(fingerprint);
        Ok(head)
    }

    /// Width of the tokens that it reads, D.
    pub fn token_width(&self) -> usize {
        self.kernel.dims()[0] / (self.side * self.side)
    }

    /// Width of the pooled map that its second classifier reads, M, if it has one.
    pub fn pooled_width(&self) -> Option<usize> {
        let classifier = self.conv_classifier.as_ref()?;
        Some(classifier.weight.dims()[0])
    }

    /// Side of its convolution in patches (3 in the paper).
    pub fn kernel_side(&self) -> usize {
        self.side
    }

    /// Semantic maps `[N, C, P]` from tokens `[N, P, D]`: a zero-padded convolution, as one
    /// product over each patch's neighbourhood.
    pub fn maps(&self, tokens: &Tensor, grid: Grid) -> Result<Tensor> {
        let (n, p, d) = tokens.dims3()?;
        let places = tokens.reshape((n, grid.rows, grid.columns, d))?;
        let window = KernelWindow {
            side: self.side,
            stride: 1,
            padding: Padding::Half,
        };
        im2col(&places, window)? // [N, rows, columns, k * k * D]
            .reshape((n * p, ()))?
            .matmul(&self.kernel)?
            .broadcast_add(&self.bias)?
            .reshape((n, p, ()))?
            .transpose(1, 2)?
            .contiguous()
    }

    /// Logits `[N, C]` from maps `[N, C, P]`, the class token's attention `[N, P]` and, of a
    /// Conformer, the pooled map of the convolutional branch `[N, M]`.
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

/// Takes the classifier of a Conformer's pooled map out of a checkpoint's tensors.
fn take_conv_classifier(
    classes: usize,
    tensors: &mut BTreeMap<String, Tensor>,
    device: &Device,
) -> std::result::Result<Linear, String> {
    let (weight, bias) = take_layer(CONV_CLASSIFIER_NAME, classes, tensors)?;
    if weight.rank() != 2 || weight.dims()[0] != classes {
        return Err(format!(
            "{CONV_CLASSIFIER_NAME}.weight has shape {:?}; expected [{classes}, M]",
            weight.dims()
        ));
    }
    let read = || -> Result<Linear> {
        Ok(Linear {
            weight: weight.t()?.contiguous()?.to_device(device)?,
            bias: bias.to_device(device)?,
        })
    };
    read().map_err(|error| error.to_string())
}

/// Takes the weight and the bias `[classes]` of a layer out of a checkpoint's tensors.
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
