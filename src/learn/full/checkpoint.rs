//! Files of training: the checkpoint, from which it goes on after a kill, and the finished model.
//! Both are safetensors, and appear whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;

use super::FullTrainingError;
use super::network::Network;
use super::optimiser::{AdamW, NamedTensors};
use crate::files::{FileError, write_whole};
use crate::learn::tensor_file;

/// What a checkpoint says it is, in its metadata.
const KIND: &str = "Tsukami training checkpoint 1";
/// The losses so far, one a step.
const LOSSES: &str = "losses";
/// What the names of the weights, and of their moments, begin with.
const TENSOR_PREFIXES: [&str; 3] = ["weight/", "first/", "second/"];

/// What a run is made of. A checkpoint is only gone on from by the same run.
pub type RunDescription = BTreeMap<String, String>;

/// A checkpoint as it was read.
pub struct Checkpoint {
    /// GramSums and steps.
    pub optimiser: AdamW,
    /// The loss of each step.
    pub losses: Vec<f32>,
    weights: NamedTensors,
}

impl Checkpoint {
    /// Writes the state of a run.
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

    /// Reads what a run left at `path` onto `device`.
    ///
    /// # Errors
    /// A sentence that names the file if it is no checkpoint, or one of another run than
    /// `description`.
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
        let broken = "it is damaged or no checkpoint; delete it and begin again";
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|_| bad(broken))?;
        let mut metadata: RunDescription = header
            .metadata()
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if metadata.remove("kind").as_deref() != Some(KIND) {
            return Err(bad("it is no checkpoint of a training; name another file"));
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

    /// Puts its weights into a network made for the same run.
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
                    reason: format!("it has no {name} of the right shape; delete it"),
                });
            }
            variable.set(&self.weights[name])?;
        }
        Ok(())
    }
}

/// In what two runs differ, in words; nothing if they do not.
fn differences(before: &RunDescription, now: &RunDescription) -> Option<String> {
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let told: Vec<String> = keys
        .into_iter()
        .filter(|key| before.get(*key) != now.get(*key))
        .map(|key| {
            let value =
                |run: &RunDescription| run.get(key).map_or("nothing".to_owned(), Clone::clone);
            format!("{key} was {}, is {}", value(before), value(now))
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Writes the trained weights as f32 under the names of an official checkpoint.
pub fn write_model(
    path: &Path,
    network: &Network,
    metadata: &RunDescription,
) -> Result<(), FullTrainingError> {
    let weights = network.variables().iter();
    let weights = weights.map(|(name, variable)| (name.clone(), variable.as_tensor().clone()));
    write_tensors(path, &weights.collect(), metadata)
}

/// Writes a file of tensors.
fn write_tensors(
    path: &Path,
    tensors: &NamedTensors,
    metadata: &RunDescription,
) -> Result<(), FullTrainingError> {
    Ok(write_whole(path, |file| {
        tensor_file::write(file, tensors, metadata)
    })?)
}
