//! Checkpoints of vision transformers, under one set of tensor names.
//!
//! Two namings are in use: timm's (DeiT, DINOv2, the official TS-CAM checkpoints) and that of Hugging
//! Face's `Dinov2Model`. Everything else here works with timm's.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Tensor;

use crate::nn::ModelError;
use crate::nn::weights::Weights;

/// Reads a `.safetensors` or `.pth` file, and renames the tensors of a vision transformer to timm's names.
///
/// # Errors
/// [`ModelError::Unreadable`] and [`ModelError::BadFile`].
pub fn open(path: &Path) -> Result<Weights, ModelError> {
    let weights = Weights::open(path)?;
    let tensors = to_timm_names(weights.tensors)
        .map_err(|error| ModelError::bad_file(path, error.to_string()))?;
    Ok(Weights { tensors, ..weights })
}

/// Renames the tensors of a Hugging Face checkpoint to timm's names; leaves others unchanged.
fn to_timm_names(
    tensors: BTreeMap<String, Tensor>,
) -> candle_core::Result<BTreeMap<String, Tensor>> {
    let is_hugging_face = tensors
        .keys()
        .any(|name| name.contains("patch_embeddings.projection"));
    if is_hugging_face {
        from_hugging_face(tensors)
    } else {
        Ok(tensors)
    }
}

/// From Hugging Face's `Dinov2Model`, which has other names, and queries, keys and values in separate
/// tensors.
fn from_hugging_face(
    tensors: BTreeMap<String, Tensor>,
) -> candle_core::Result<BTreeMap<String, Tensor>> {
    const RENAMED: [(&str, &str); 9] = [
        ("embeddings.cls_token", "cls_token"),
        ("embeddings.mask_token", "mask_token"),
        ("embeddings.position_embeddings", "pos_embed"),
        ("embeddings.patch_embeddings.projection", "patch_embed.proj"),
        ("encoder.layer.", "blocks."),
        ("attention.output.dense", "attn.proj"),
        ("layer_scale1.lambda1", "ls1.gamma"),
        ("layer_scale2.lambda1", "ls2.gamma"),
        ("layernorm.", "norm."),
    ];
    let mut renamed = BTreeMap::new();
    let mut attention: BTreeMap<String, [Option<Tensor>; 3]> = BTreeMap::new();
    for (name, tensor) in tensors {
        let mut name = name.strip_prefix("dinov2.").unwrap_or(&name).to_owned();
        for (theirs, ours) in RENAMED {
            name = name.replace(theirs, ours);
        }
        let part = ["query", "key", "value"]
            .iter()
            .position(|part| name.contains(&format!("attention.attention.{part}.")));
        match part {
            Some(index) => {
                let part = ["query", "key", "value"][index];
                let joined = name.replace(&format!("attention.attention.{part}"), "attn.qkv");
                attention.entry(joined).or_default()[index] = Some(tensor);
            }
            None => {
                renamed.insert(name, tensor);
            }
        }
    }
    for (name, parts) in attention {
        // A missing part leaves a tensor of the wrong shape, which the key check reports.
        let parts: Vec<Tensor> = parts.into_iter().flatten().collect();
        renamed.insert(name, Tensor::cat(&parts, 0)?);
    }
    Ok(renamed)
}
