//! The paper's training: backbone and head together, from pictures and their tags alone.
//!
//! A vision transformer (DeiT, DINOv2) and a 3x3 convolution over its patch tokens (`network`) are
//! moved by `AdamW` (`optimiser`) so that the mean of each class's map tells whether the class is in
//! the picture (`loss`), over pictures of which a random piece is shown (`augment`). A checkpoint is
//! kept (`checkpoint`), from which a run that was stopped or killed goes on to the very bytes that
//! it would have come to.
//!
//! The defaults are what the official implementation (vasgaowei/TS-CAM) runs for CUB-200-2011, as
//! far as one reads it from its script, configuration and code; see [`TrainingSettings`].

mod augment;
mod checkpoint;
mod loss;
mod network;
mod optimiser;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};

use crate::files::{FileError, check_target, same_file};
use crate::learn::random::Random;
use crate::nn::ModelError;
use crate::nn::pixels::ChannelStats;
use crate::nn::weights::Weights;
use crate::pictures::PictureError;
use crate::tscam::backbone::BackboneConfig;
use crate::tscam::vit::VitConfig;
use crate::tscam::{EMBEDDED_BACKBONE_NAME, backbone_file};
use augment::TrainingPictures;
use checkpoint::{Checkpoint, RunDescription, write_model};
pub use loss::Loss;
use network::{HEAD_BIAS, HEAD_SIDE, HEAD_WEIGHT, Network};
use optimiser::{AdamW, NamedTensors};

/// A picture and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingExample {
    /// The picture's file.
    pub path: PathBuf,
    /// Its classes, as places in the list of names; none if there is nothing in it.
    pub classes: Vec<usize>,
}

/// How a network is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSettings {
    /// How often each picture is shown.
    pub epochs: usize,
    /// Pictures to a step.
    pub batch: usize,
    /// Pictures at once: what memory has to hold. The gradients of a batch are the sum of its
    /// parts', so but for rounding the result is the same.
    pub micro_batch: usize,
    /// Learning rate in the beginning.
    pub learning_rate: f64,
    /// The learning rate becomes a tenth whenever so many epochs have begun.
    pub decay_every: usize,
    /// Decoupled weight decay; biases, norms, the class token and positions are spared.
    pub weight_decay: f64,
    /// How often the last block's branches are left out for a picture; earlier ones less.
    pub drop_path: f64,
    /// Side in pixels to which pictures are squashed.
    pub resize: u32,
    /// Side in pixels of the piece that is shown.
    pub crop: u32,
    /// Where chance begins: the same seed, the same numbers.
    pub seed: u64,
    /// A checkpoint is kept when this has passed since the last, and at a stop.
    pub keep_every: Duration,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            epochs: 60,
            batch: 128,
            micro_batch: 4,
            learning_rate: 5e-5,
            decay_every: 30,
            weight_decay: 0.05,
            drop_path: 0.1,
            resize: 256,
            crop: 224,
            seed: 26,
            keep_every: Duration::from_secs(300),
        }
    }
}

/// The checkpoint from which training starts.
pub struct InitialModel {
    /// What it is called: `dinov2-vits14` for the embedded one, otherwise the file's name.
    pub name: String,
    path: PathBuf,
    weights: Weights,
}

impl InitialModel {
    /// The backbone that is compiled in.
    pub fn embedded() -> Result<Self, ModelError> {
        Ok(Self {
            name: EMBEDDED_BACKBONE_NAME.to_owned(),
            path: PathBuf::from(EMBEDDED_BACKBONE_NAME),
            weights: backbone_file::embedded()?,
        })
    }

    /// A `.safetensors` or `.pth` file of a DeiT, a DINOv2 or an official TS-CAM.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let name = path.file_stem().unwrap_or(path.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            path: path.to_owned(),
            weights: backbone_file::open(path)?,
        })
    }
}

/// What is to be done.
pub struct TrainingJob<'a> {
    /// The pictures.
    pub examples: &'a [TrainingExample],
    /// Names of the classes, in the order of the model's maps.
    pub classes: &'a [String],
    /// Where training starts.
    pub start: &'a InitialModel,
    /// How.
    pub settings: &'a TrainingSettings,
    /// The model to write.
    pub out: &'a Path,
    /// The file that keeps the state of the run; it goes when the model is written.
    pub checkpoint: &'a Path,
    /// Go on from that file.
    pub resume: bool,
}

/// A step of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingStep {
    /// The epoch, from 1.
    pub epoch: usize,
    /// The step in this epoch, from 1.
    pub step: usize,
    /// Steps to an epoch.
    pub of: usize,
    /// Its learning rate.
    pub learning_rate: f64,
    /// The loss, a mean over the pictures of its batch, before the step.
    pub loss: f32,
}

/// What happens on the way.
#[derive(Debug)]
pub enum TrainingEvent<'a> {
    /// So many more of the pictures were looked at for the first time.
    Read {
        /// Pictures.
        pictures: usize,
    },
    /// Something went wrong that does not stop the run.
    Warning(String),
    /// Training begins, or goes on.
    Started {
        /// Pictures that an epoch shows.
        pictures: usize,
        /// What is minimised.
        loss: Loss,
        /// The steps that an earlier run took.
        before: &'a [TrainingStep],
    },
    /// The gradients of so many pictures are computed.
    Computed {
        /// Pictures.
        pictures: usize,
    },
    /// The network has moved.
    Stepped(TrainingStep),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingOutcome {
    /// All steps, those of earlier runs too.
    pub curve: Vec<TrainingStep>,
    /// Whether it was stopped before the end; the model is then not written.
    pub interrupted: bool,
    /// How many of these steps a run that goes on need not take again.
    pub kept: usize,
}

/// Why training cannot begin or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum FullTrainingError {
    /// There is nothing to learn from.
    #[error("there are no pictures with tags that can be read, so there is nothing to learn from")]
    NoExamples,
    /// There is nothing to tell apart.
    #[error("all pictures are of one class, {0:?}; training needs pictures of at least two")]
    OneClass(String),
    /// A setting that makes no sense.
    #[error("{0}")]
    Setting(String),
    /// The checkpoint from which to start cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A run that was not finished would be lost.
    #[error(
        "{} keeps an unfinished training: go on from it with --resume, or delete it to begin again",
        .0.display()
    )]
    Unfinished(PathBuf),
    /// There is no run to go on from.
    #[error("there is no checkpoint {} to go on from; leave --resume out to begin", .0.display())]
    NoCheckpoint(PathBuf),
    /// The run to go on from is another one.
    #[error(
        "{} is the checkpoint of another training: {differences}; go on with what it was begun \
         with, or delete it to begin again",
        path.display()
    )]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// In what it differs.
        differences: String,
    },
    /// The run to go on from cannot be read.
    #[error("{} cannot be gone on from: {reason}", path.display())]
    BadCheckpoint {
        /// The file.
        path: PathBuf,
        /// Why, and the remedy.
        reason: String,
    },
    /// The numbers ran away.
    #[error(
        "the loss is no finite number in epoch {epoch}, step {step}: begin again with a lower \
         --learning-rate, or with another model if this is the first step"
    )]
    NotFinite {
        /// The epoch, from 1.
        epoch: usize,
        /// The step in it, from 1.
        step: usize,
    },
    /// A fault of the program: part of the network would not be trained.
    #[error("no gradient reaches {0}, so it would not be trained; please report this")]
    NoGradient(String),
    /// A picture that could be read before cannot be read now.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// All is learnt, but the model cannot be written.
    #[error(
        "{cause}; put that right, and the same command with --resume goes on from {}",
        checkpoint.display()
    )]
    Unwritten {
        /// Why.
        cause: Box<FullTrainingError>,
        /// The file that keeps what is learnt.
        checkpoint: PathBuf,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An operation failed, for want of memory for example.
    #[error("training failed: {0}; if memory ran out, lower --micro-batch")]
    Failed(#[from] candle_core::Error),
}

/// What a stream of random numbers is for.
#[derive(Clone, Copy)]
enum Purpose {
    Order,
    Augmentation,
    Depth,
    Head,
}

/// Trains a network and writes it, unless `cancel` is set meanwhile.
///
/// The same job on the same machine's CPU gives the same bytes, in one go or with stops.
///
/// # Errors
/// A sentence for a person. What was learnt up to the last checkpoint stays in its file.
pub fn train(
    job: &TrainingJob<'_>,
    device: &Device,
    cancel: &AtomicBool,
    mut on_event: impl FnMut(TrainingEvent<'_>),
) -> Result<TrainingOutcome, FullTrainingError> {
    check(job)?;
    let prepared = InitialState::new(job)?;
    let loaded =
        TrainingPictures::load(job.examples, job.settings.resize, cancel, |read, failed| {
            for error in failed {
                on_event(TrainingEvent::Warning(format!("left out: {error}")));
            }
            on_event(TrainingEvent::Read { pictures: read });
        });
    let Some(examples) = loaded else {
        return Ok(TrainingOutcome {
            curve: Vec::new(),
            interrupted: true,
            kept: 0,
        });
    };
    check_classes(&examples, job.classes)?;
    let mut run = TrainingRun::new(job, prepared, &examples, device)?;
    on_event(TrainingEvent::Started {
        pictures: examples.len(),
        loss: run.loss,
        before: &run.curve(),
    });
    let mut kept = (run.losses.len(), Instant::now());
    while run.losses.len() < run.total() {
        let interrupted = !run.step(cancel, &mut on_event)?;
        let steps = run.losses.len();
        let is_due = kept.1.elapsed() >= job.settings.keep_every;
        if kept.0 < steps && (interrupted || is_due) {
            match run.keep() {
                Ok(()) => kept.0 = steps,
                // Training may still come to its end, or find room next time.
                Err(error) => on_event(TrainingEvent::Warning(format!(
                    "the checkpoint is not kept, so a stop would lose what was learnt since the \
                     last: {error}"
                ))),
            }
            kept.1 = Instant::now();
        }
        if interrupted {
            return Ok(TrainingOutcome {
                curve: run.curve(),
                interrupted,
                kept: kept.0,
            });
        }
    }
    if let Err(error) = run.write_model() {
        // There may be room for it where there is none for the model.
        return Err(if run.keep().is_ok() || kept.0 > 0 {
            FullTrainingError::Unwritten {
                cause: Box::new(error),
                checkpoint: job.checkpoint.to_owned(),
            }
        } else {
            error
        });
    }
    // The model is there; a checkpoint that stays is no more than untidy.
    let _ = fs::remove_file(job.checkpoint);
    Ok(TrainingOutcome {
        curve: run.curve(),
        interrupted: false,
        kept: run.losses.len(),
    })
}

/// Refuses what cannot come to an end before anything is computed.
fn check(job: &TrainingJob<'_>) -> Result<(), FullTrainingError> {
    let settings = job.settings;
    let refuse = |text: &str| Err(FullTrainingError::Setting(text.to_owned()));
    if settings
        .epochs
        .min(settings.batch)
        .min(settings.micro_batch)
        .min(settings.decay_every)
        == 0
    {
        return refuse("epochs, batch, micro-batch and the epochs to a decay must be at least 1");
    }
    let is_rate = |rate: f64| rate.is_finite() && rate >= 0.0;
    if !is_rate(settings.learning_rate) || !is_rate(settings.weight_decay) {
        return refuse("the learning rate and the weight decay must be numbers from 0");
    }
    if !(0.0..1.0).contains(&settings.drop_path) {
        return refuse("the share of left out branches must be a number from 0 to below 1");
    }
    if settings.crop == 0 || settings.crop > settings.resize {
        return refuse("a picture's piece must be no larger than the picture");
    }
    check_target(job.out)?;
    check_target(job.checkpoint)?;
    if same_file(job.out, job.checkpoint) {
        return refuse("the checkpoint and the model cannot be the same file; name another one");
    }
    match (job.resume, job.checkpoint.exists()) {
        (true, false) => return Err(FullTrainingError::NoCheckpoint(job.checkpoint.to_owned())),
        (false, true) => return Err(FullTrainingError::Unfinished(job.checkpoint.to_owned())),
        _ => {}
    }
    let out_of_range = |example: &&TrainingExample| {
        example
            .classes
            .iter()
            .any(|class| *class >= job.classes.len())
    };
    match job.examples.iter().find(out_of_range) {
        Some(example) => Err(FullTrainingError::Setting(format!(
            "{} has a class without a name",
            example.path.display()
        ))),
        None if job.examples.is_empty() => Err(FullTrainingError::NoExamples),
        None => Ok(()),
    }
}

/// Refuses pictures from which nothing can be told apart.
fn check_classes(examples: &TrainingPictures, names: &[String]) -> Result<(), FullTrainingError> {
    let present: BTreeSet<usize> = examples.classes().flatten().copied().collect();
    let mut present = present.into_iter();
    match (present.next(), present.next()) {
        (Some(_), Some(_)) => Ok(()),
        (Some(only), None) => Err(FullTrainingError::OneClass(names[only].clone())),
        (None, _) => Err(FullTrainingError::NoExamples),
    }
}

/// A start, taken apart.
struct InitialState {
    config: VitConfig,
    tensors: NamedTensors,
    channels: ChannelStats,
    metadata: RunDescription,
}

impl InitialState {
    fn new(job: &TrainingJob<'_>) -> Result<Self, FullTrainingError> {
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
                "it is a Conformer, which is not trained here; start from a DeiT or DINOv2";
            return Err(bad(reason.to_owned()).into());
        };
        let patch = config.patch_size;
        let crop = job.settings.crop;
        if !(crop as usize).is_multiple_of(patch) {
            return Err(bad(format!(
                "its patches of {patch} pixels do not fill {crop} pixels"
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

/// Takes the head out of a checkpoint's tensors: weight and bias, if it is the paper's and for the
/// same classes, to be trained further.
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

/// A head's weight `[C, D, 3, 3]` and bias `[C]`, as PyTorch begins a convolution: uniform within
/// one over the root of what an output reads.
fn new_head(classes: usize, d: usize, seed: u64) -> candle_core::Result<(Tensor, Tensor)> {
    let inputs = d * HEAD_SIDE * HEAD_SIDE;
    let bound = (inputs as f32).sqrt().recip();
    let mut random = Random::from_key(&[seed, Purpose::Head as u64]);
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

/// A batch's part that is computed at once.
struct MicroBatch {
    /// Normalised pixels, `[N, 3, height, width]`.
    pixels: Tensor,
    /// 1 for each class of a picture, `[N, C]`.
    truth: Tensor,
    /// See [`Network::logits`].
    survival: Option<Tensor>,
}

/// A run under way.
struct TrainingRun<'a> {
    job: &'a TrainingJob<'a>,
    examples: &'a TrainingPictures,
    channels: ChannelStats,
    /// The metadata of the start.
    metadata: RunDescription,
    description: RunDescription,
    loss: Loss,
    network: Network,
    optimiser: AdamW,
    /// The loss of each step.
    losses: Vec<f32>,
}

impl<'a> TrainingRun<'a> {
    fn new(
        job: &'a TrainingJob<'a>,
        prepared: InitialState,
        examples: &'a TrainingPictures,
        device: &Device,
    ) -> Result<Self, FullTrainingError> {
        let network = Network::new(prepared.config, &prepared.tensors, device)?;
        let mut run = Self {
            description: describe(job, examples)?,
            loss: Loss::fitting(examples.classes()),
            optimiser: AdamW::new(network.variables())?,
            losses: Vec::new(),
            channels: prepared.channels,
            metadata: prepared.metadata,
            job,
            examples,
            network,
        };
        if job.resume {
            let kept = Checkpoint::read(job.checkpoint, &run.description, device)?;
            kept.restore(job.checkpoint, &run.network)?;
            run.optimiser = kept.optimiser;
            run.losses = kept.losses;
        }
        Ok(run)
    }

    fn steps_per_epoch(&self) -> usize {
        self.examples.len().div_ceil(self.job.settings.batch)
    }

    fn total(&self) -> usize {
        self.steps_per_epoch() * self.job.settings.epochs
    }

    /// The step at `index`, counted from 0 over all epochs.
    fn step_at(&self, index: usize, loss: f32) -> TrainingStep {
        let of = self.steps_per_epoch();
        let epoch = 1 + index / of;
        let decays = epoch / self.job.settings.decay_every;
        TrainingStep {
            epoch,
            step: 1 + index % of,
            of,
            learning_rate: self.job.settings.learning_rate * 0.1f64.powf(decays as f64),
            loss,
        }
    }

    fn curve(&self) -> Vec<TrainingStep> {
        let losses = self.losses.iter().enumerate();
        losses
            .map(|(index, loss)| self.step_at(index, *loss))
            .collect()
    }

    /// Takes the next step; false if `cancel` was set before it was taken.
    fn step(
        &mut self,
        cancel: &AtomicBool,
        on_event: &mut impl FnMut(TrainingEvent<'_>),
    ) -> Result<bool, FullTrainingError> {
        let settings = self.job.settings;
        let mut step = self.step_at(self.losses.len(), 0.0);
        let order = Random::from_key(&[settings.seed, Purpose::Order as u64, step.epoch as u64])
            .permutation(self.examples.len());
        let batch = order
            .chunks(settings.batch)
            .nth(step.step - 1)
            .unwrap_or(&[]);
        let mut sum = Gradients::default();
        for indices in batch.chunks(settings.micro_batch) {
            if cancel.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let part = self.part(indices, step.epoch)?;
            sum.add(&self.network, self.loss, &part, batch.len())?;
            on_event(TrainingEvent::Computed {
                pictures: indices.len(),
            });
        }
        step.loss = sum.loss;
        if !sum.loss.is_finite() {
            return Err(FullTrainingError::NotFinite {
                epoch: step.epoch,
                step: step.step,
            });
        }
        self.optimiser.step(
            self.network.variables(),
            &sum.gradients,
            step.learning_rate,
            settings.weight_decay,
        )?;
        self.losses.push(sum.loss);
        on_event(TrainingEvent::Stepped(step));
        Ok(true)
    }

    /// What the network is shown of those of `indices` in an epoch.
    fn part(&self, indices: &[usize], epoch: usize) -> Result<MicroBatch, FullTrainingError> {
        let TrainingSettings { crop, seed, .. } = *self.job.settings;
        let pieces = self.examples.augmented(indices, crop, seed, epoch)?;
        let device = self.network.device();
        Ok(MicroBatch {
            pixels: self.channels.normalise(&pieces, device)?,
            truth: self
                .examples
                .truth(indices, self.job.classes.len(), device)?,
            survival: self.survival(indices, epoch)?,
        })
    }

    /// By how much each residual branch counts for each picture, `[2 * L, N]`: nothing, or as much
    /// more as others are left out. Blocks are left out the more often the later they come.
    fn survival(&self, indices: &[usize], epoch: usize) -> candle_core::Result<Option<Tensor>> {
        let TrainingSettings {
            drop_path, seed, ..
        } = *self.job.settings;
        if drop_path == 0.0 {
            return Ok(None);
        }
        let depth = self.network.config().depth;
        let mut survival = Vec::with_capacity(indices.len() * 2 * depth);
        for index in indices {
            let place = [seed, Purpose::Depth as u64, epoch as u64, *index as u64];
            let mut random = Random::from_key(&place);
            for branch in 0..2 * depth {
                let kept = 1.0 - drop_path * (branch / 2) as f64 / (depth - 1).max(1) as f64;
                let survives = f64::from(random.uniform()) < kept;
                survival.push(if survives { kept.recip() as f32 } else { 0.0 });
            }
        }
        let survival =
            Tensor::from_vec(survival, (indices.len(), 2 * depth), self.network.device())?;
        survival.t()?.contiguous().map(Some)
    }

    fn keep(&self) -> Result<(), FullTrainingError> {
        Checkpoint::write(
            self.job.checkpoint,
            &self.description,
            &self.network,
            &self.optimiser,
            &self.losses,
        )
    }

    fn write_model(&self) -> Result<(), FullTrainingError> {
        let TrainingJob {
            start, settings, ..
        } = self.job;
        let mut metadata = self.metadata.clone();
        // What was said of a head that is no longer there.
        for key in ["head_block", "head_pooling", "backbone_sha256"] {
            metadata.remove(key);
        }
        let facts = [
            ("classes", self.description["classes"].clone()),
            ("trained_from", start.name.clone()),
            ("trained_from_sha256", start.weights.fingerprint.clone()),
            ("epochs", settings.epochs.to_string()),
            ("seed", settings.seed.to_string()),
        ];
        metadata.extend(facts.map(|(key, value)| (key.to_owned(), value)));
        write_model(self.job.out, &self.network, &metadata)
    }
}

/// What a run is made of, in words; the size of a micro-batch changes nothing but rounding.
fn describe(
    job: &TrainingJob<'_>,
    examples: &TrainingPictures,
) -> Result<RunDescription, FullTrainingError> {
    let TrainingSettings {
        epochs,
        batch,
        micro_batch: _,
        learning_rate,
        decay_every,
        weight_decay,
        drop_path,
        resize,
        crop,
        seed,
        keep_every: _,
    } = job.settings;
    let classes = serde_json::to_string(job.classes)
        .map_err(|error| FileError::unwritable(job.out)(error.into()))?;
    let short = |fingerprint: &str| fingerprint.chars().take(16).collect::<String>();
    let facts = [
        ("epochs", epochs.to_string()),
        ("batch", batch.to_string()),
        ("learning rate", learning_rate.to_string()),
        ("decay every", format!("{decay_every} epochs")),
        ("weight decay", weight_decay.to_string()),
        ("drop path", drop_path.to_string()),
        ("resize", resize.to_string()),
        ("crop", crop.to_string()),
        ("seed", seed.to_string()),
        ("classes", classes),
        ("model", short(&job.start.weights.fingerprint)),
        (
            "pictures",
            format!("{} ({})", examples.len(), short(&examples.fingerprint)),
        ),
    ];
    Ok(facts.map(|(key, value)| (key.to_owned(), value)).into())
}

/// The sum of the gradients of a batch's parts.
#[derive(Default)]
struct Gradients {
    gradients: NamedTensors,
    /// Mean over the batch.
    loss: f32,
}

impl Gradients {
    /// Adds a part of a batch of `batch` pictures.
    fn add(
        &mut self,
        network: &Network,
        loss: Loss,
        part: &MicroBatch,
        batch: usize,
    ) -> Result<(), FullTrainingError> {
        let logits = network.logits(&part.pixels, part.survival.as_ref())?;
        let mean = (loss.sum(&logits, &part.truth)? / batch as f64)?;
        self.loss += mean.to_scalar::<f32>()?;
        let mut found = mean.backward()?;
        for (name, variable) in network.variables() {
            let Some(gradient) = found.remove(variable) else {
                return Err(FullTrainingError::NoGradient(name.clone()));
            };
            let sum = match self.gradients.remove(name) {
                Some(before) => (before + gradient)?,
                None => gradient,
            };
            // Without the graph of this part, which would stay in memory with it.
            self.gradients.insert(name.clone(), sum.detach());
        }
        Ok(())
    }
}
