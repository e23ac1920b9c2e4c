//! A trained head as a file.

use std::collections::BTreeMap;
use std::io;

use candle_core::{Device, Tensor};

use super::training::TrainedHead;
use crate::learn::tensor_file;

/// The backbone that a head belongs to, and how it reads that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadOrigin {
    /// The name of the backbone.
    pub backbone: String,
    /// The SHA-256 of its file.
    pub fingerprint: String,
    /// The block whose tokens the head reads, counted from 0.
    pub block: usize,
    /// The kernel size k of the head.
    pub side: usize,
}

impl TrainedHead {
    /// The head as a safetensors file that [`crate::tscam::head::Head::open`] reads:
    /// `head.weight [C, D, k, k]` and `head.bias [C]`, with its origin in the metadata.
    ///
    /// # Errors
    /// Only if memory runs out.
    pub fn to_safetensors(&self, origin: &HeadOrigin) -> io::Result<Vec<u8>> {
        let classes = self.classes.len();
        let taps = origin.side * origin.side;
        let width = self.classifier.weight.len() / (classes * taps);
        let tensors = || -> candle_core::Result<BTreeMap<String, Tensor>> {
            let shape = (classes, taps, width);
            let weight = Tensor::from_slice(&self.classifier.weight, shape, &Device::Cpu)?;
            let shape = (classes, width, origin.side, origin.side);
            let weight = weight.transpose(1, 2)?.reshape(shape)?;
            let bias = Tensor::new(&self.classifier.bias[..], &Device::Cpu)?;
            let named = [("head.weight", weight), ("head.bias", bias)];
            Ok(named.map(|(name, tensor)| (name.to_owned(), tensor)).into())
        };
        let accuracy = self.held_out_accuracy;
        let accuracy = accuracy.map_or("unknown".to_owned(), |share| format!("{share:.4}"));
        let activation = if self.is_multi_label {
            "sigmoid"
        } else {
            "softmax"
        };
        let background = "the quarter of each picture that the class token attends to least";
        let metadata = [
            ("classes", serde_json::json!(self.classes).to_string()),
            ("head_block", origin.block.to_string()),
            ("head_pooling", "attention".to_owned()),
            ("head_activation", activation.to_owned()),
            ("backbone", origin.backbone.clone()),
            ("backbone_sha256", origin.fingerprint.clone()),
            (
                "trained_on",
                format!("image-level tags of {} pictures", self.pictures),
            ),
            (
                "background",
                if self.uses_background {
                    background
                } else {
                    "none"
                }
                .to_owned(),
            ),
            ("l2", format!("{:e}", self.l2)),
            ("held_out_accuracy", accuracy),
            (
                "trained_by",
                concat!("tsukami ", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
        ];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value));
        let mut file = Vec::new();
        let tensors = tensors().map_err(io::Error::other)?;
        tensor_file::write(&mut file, &tensors, &metadata.into())?;
        Ok(file)
    }
}
