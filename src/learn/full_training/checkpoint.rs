//! The files of a training: the checkpoint, from which it continues after an interruption, and the model.
//! Both are safetensors files and are written completely or not at all.

use std::fs;
use std::path::Path;

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;

use super::description::{RunDescription, differences};
use super::error::FullTrainingError;
use super::network::Network;
use super::optimiser::{AdamW, NamedTensors};
use crate::files::{FileError, write_whole};
use crate::learn::tensor_file;

/// The kind in the metadata of a checkpoint.
const KIND: &str = "Tsukami training checkpoint 1";
/// The name of the losses, one per step.
const LOSSES: &str = "losses";
/// The prefixes of the names of the weights and of their two moments.
const TENSOR_PREFIXES: [&str; 3] = ["weight/", "first/", "second/"];

/// A checkpoint that was read.
pub struct Checkpoint {
    /// The moments and the number of steps.
    pub optimiser: AdamW,
    /// The loss of each step.
    pub losses: Vec<f32>,
    weights: NamedTensors,
}

impl Checkpoint {
    /// Writes the state of a run.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(
        path: &Path,
        description: &RunDescription,
        network: &Network,
        optimiser: &AdamW,
        losses: &[f32],
    ) -> Result<(), FullTrainingError> {
        let mut tensors = NamedTensors::new();
        let weights = network.variables().iter();
        let weights = weights.map(|(name, variable)| (name, variable.as_tensor()));
        let [weight, first, second] = TENSOR_PREFIXES;
        let parts = weights.map(|(name, tensor)| (weight, name, tensor));
        let moments = |part, moments| {
            let named = move |(name, tensor)| (part, name, tensor);
            NamedTensors::iter(moments).map(named)
        };
        let parts = parts.chain(moments(first, &optimiser.first));
        for (part, name, tensor) in parts.chain(moments(second, &optimiser.second)) {
            tensors.insert(format!("{part}{name}"), tensor.clone());
        }
        tensors.insert(LOSSES.to_owned(), Tensor::new(losses, &Device::Cpu)?);
        let mut metadata = description.clone();
        metadata.insert("kind".to_owned(), KIND.to_owned());
        write_tensors(path, &tensors, &metadata)
    }

    /// Reads the checkpoint at `path` onto `device`.
    ///
    /// # Errors
    /// If the file is not a checkpoint, or belongs to another run than `description`.
    pub fn read(
        path: &Path,
        description: &RunDescription,
        device: &Device,
    ) -> Result<Self, FullTrainingError> {
        let bad = |reason: &str| FullTrainingError::BadCheckpoint {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let bytes = fs::read(path).map_err(FileError::unreadable(path))?;
        let broken = "it is damaged or not a checkpoint; delete it and start over";
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|_| bad(broken))?;
        let mut metadata: RunDescription = header
            .metadata()
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if metadata.remove("kind").as_deref() != Some(KIND) {
            return Err(bad("it is not a training checkpoint; specify another file"));
        }
        if let Some(differences) = differences(&metadata, description) {
            return Err(FullTrainingError::OtherRun {
                path: path.to_owned(),
                differences,
            });
        }
        let tensors = candle_core::safetensors::load_buffer(&bytes, device);
        let mut tensors = tensors.map_err(|_| bad(broken))?;
        let losses = tensors.remove(LOSSES).ok_or_else(|| bad(broken))?;
        let losses: Vec<f32> = losses.to_vec1().map_err(|_| bad(broken))?;
        let mut part = |prefix: &str| {
            let names: Vec<String> = tensors.keys().cloned().collect();
            let ours = names.iter().filter_map(|name| {
                let plain = name.strip_prefix(prefix)?.to_owned();
                Some((plain, tensors.remove(name)?))
            });
            ours.collect::<NamedTensors>()
        };
        let [weights, first, second] = TENSOR_PREFIXES.map(&mut part);
        Ok(Self {
            optimiser: AdamW {
                first,
                second,
                steps: losses.len(),
            },
            losses,
            weights,
        })
    }

    /// Copies its weights into a network of the same run.
    ///
    /// # Errors
    /// If a weight is missing or has another shape.
    pub fn restore(&self, path: &Path, network: &Network) -> Result<(), FullTrainingError> {
        for (name, variable) in network.variables() {
            let parts = [&self.weights, &self.optimiser.first, &self.optimiser.second];
            let fits = |part: &&NamedTensors| {
                let found = part.get(name).map(Tensor::dims);
                found == Some(variable.dims())
            };
            if !parts.iter().all(fits) {
                return Err(FullTrainingError::BadCheckpoint {
                    path: path.to_owned(),
                    reason: format!(
                        "it has no {name} of the right shape; delete it and start over"
                    ),
                });
            }
            variable.set(&self.weights[name])?;
        }
        Ok(())
    }
}

/// Writes the trained weights as f32 under the names of official checkpoints.
///
/// # Errors
/// If the file cannot be written.
pub fn write_model(
    path: &Path,
    network: &Network,
    metadata: &RunDescription,
) -> Result<(), FullTrainingError> {
    let weights = network.variables().iter();
    let weights = weights.map(|(name, variable)| (name.clone(), variable.as_tensor().clone()));
    write_tensors(path, &weights.collect(), metadata)
}

/// Writes a safetensors file.
fn write_tensors(
    path: &Path,
    tensors: &NamedTensors,
    metadata: &RunDescription,
) -> Result<(), FullTrainingError> {
    Ok(write_whole(path, |file| {
        tensor_file::write(file, tensors, metadata)
    })?)
}
