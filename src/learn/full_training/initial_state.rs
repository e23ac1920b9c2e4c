//! The network before the first step, from the initial model.

use candle_core::{Device, Tensor};

use super::description::RunDescription;
use super::error::FullTrainingError;
use super::job::TrainingJob;
use super::network::{HEAD_BIAS, HEAD_SIDE, HEAD_WEIGHT};
use super::optimiser::NamedTensors;
use super::random_stream::RandomPurpose;
use crate::learn::random::Random;
use crate::nn::ModelError;
use crate::nn::pixels::ChannelStats;
use crate::nn::weights::Weights;
use crate::tscam::backbone::BackboneConfig;
use crate::tscam::vit::VitConfig;

/// The network before the first step.
pub struct InitialState {
    /// The sizes of the transformer.
    pub config: VitConfig,
    /// The weights of the transformer and the head.
    pub tensors: NamedTensors,
    /// How pixels are normalised.
    pub channels: ChannelStats,
    /// The metadata of the model file.
    pub metadata: RunDescription,
}

impl InitialState {
    /// Reads the initial model of a job.
    ///
    /// # Errors
    /// If its network cannot be trained here.
    pub fn new(job: &TrainingJob<'_>) -> Result<Self, FullTrainingError> {
        let bad = |reason: String| ModelError::BadFile {
            path: job.start.path.clone(),
            reason,
        };
        let Weights {
            tensors, metadata, ..
        } = &job.start.weights;
        let mut tensors = tensors.clone();
        let head = take_head(&mut tensors, metadata.get("classes"), job.classes);
        let config = BackboneConfig::from_tensors(&tensors).map_err(bad)?;
        config.check(&tensors).map_err(bad)?;
        let BackboneConfig::Vit(config) = config else {
            let reason =
                "it is a Conformer, which cannot be trained here; start from a DeiT or DINOv2";
            return Err(bad(reason.to_owned()).into());
        };
        let patch = config.patch_size;
        let crop = job.settings.crop;
        if !(crop as usize).is_multiple_of(patch) {
            return Err(bad(format!(
                "its patch size of {patch} pixels does not divide {crop} pixels"
            ))
            .into());
        }
        let expected = config.expected_shapes();
        tensors.retain(|name, _| expected.contains_key(name));
        let (weight, bias) = match head {
            Some(head) => head,
            None => new_head(job.classes.len(), config.block.embed_dim, job.settings.seed)?,
        };
        tensors.insert(HEAD_WEIGHT.to_owned(), weight);
        tensors.insert(HEAD_BIAS.to_owned(), bias);
        Ok(Self {
            channels: ChannelStats::from_metadata(metadata).map_err(bad)?,
            metadata: metadata
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            config,
            tensors,
        })
    }
}

/// Removes the head from the tensors of a model. Returns its weight `[C, D, 3, 3]` and bias `[C]` to be
/// trained further if it is the paper's head for the same classes.
fn take_head(
    tensors: &mut NamedTensors,
    names: Option<&String>,
    classes: &[String],
) -> Option<(Tensor, Tensor)> {
    let (weight, bias) = (tensors.remove(HEAD_WEIGHT)?, tensors.remove(HEAD_BIAS)?);
    let names: Vec<String> = serde_json::from_str(names?).ok()?;
    let [outputs, _, HEAD_SIDE, HEAD_SIDE] = *weight.dims() else {
        return None;
    };
    (names == classes && outputs == classes.len() && bias.dims() == [outputs])
        .then_some((weight, bias))
}

/// The weight `[C, D, 3, 3]` and bias `[C]` of a new head, initialised as PyTorch does for a convolution:
/// uniform within one over the square root of the number of inputs of an output.
fn new_head(classes: usize, d: usize, seed: u64) -> candle_core::Result<(Tensor, Tensor)> {
    let inputs = d * HEAD_SIDE * HEAD_SIDE;
    let bound = (inputs as f32).sqrt().recip();
    let mut random = Random::from_key(&[seed, RandomPurpose::Head as u64]);
    let mut draw = |count: usize| -> Vec<f32> {
        (0..count)
            .map(|_| (2.0 * random.uniform() - 1.0) * bound)
            .collect()
    };
    let weight = Tensor::from_vec(
        draw(classes * inputs),
        (classes, d, HEAD_SIDE, HEAD_SIDE),
        &Device::Cpu,
    )?;
    Ok((
        weight,
        Tensor::from_vec(draw(classes), classes, &Device::Cpu)?,
    ))
}
