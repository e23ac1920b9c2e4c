//! `tsukami train --full`: the paper's training, with progress, interruption and a loss curve.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;

use crate::cli::exit_code::INTERRUPTED;
use crate::cli::plural::counted;
use crate::cli::progress::Progress;
use crate::files::{FileError, check_target, write_whole};
use crate::learn::full_training::{
    InitialModel, TrainingEvent, TrainingExample, TrainingJob, TrainingSettings, TrainingStep,
    train,
};
use crate::nn::device::DeviceChoice;
use crate::nn::shipped::ModelSource;

/// How backbone and head are trained. The defaults are those of the official implementation for
/// CUB-200-2011.
#[derive(Args)]
#[command(next_help_heading = "With --full")]
#[group(requires = "full")]
pub struct FullOptions {
    /// Number of epochs: passes over all pictures
    #[arg(long, default_value_t = TrainingSettings::default().epochs, value_name = "N")]
    epochs: usize,
    /// Batch size
    #[arg(long, default_value_t = TrainingSettings::default().batch, value_name = "N")]
    batch: usize,
    /// Pictures computed at once: fewer take less memory, with the same result
    #[arg(long, default_value_t = TrainingSettings::default().micro_batch, value_name = "N")]
    micro_batch: usize,
    /// Initial learning rate
    #[arg(long, default_value_t = TrainingSettings::default().learning_rate, value_name = "RATE")]
    learning_rate: f64,
    /// Divide the learning rate by 10 every N epochs
    #[arg(long, default_value_t = TrainingSettings::default().decay_every, value_name = "N")]
    decay_every: usize,
    /// Decoupled weight decay
    #[arg(long, default_value_t = TrainingSettings::default().weight_decay, value_name = "W")]
    weight_decay: f64,
    /// Stochastic depth: the probability of skipping the last block, in [0, 1)
    #[arg(long, default_value_t = TrainingSettings::default().drop_path, value_name = "SHARE")]
    drop_path: f64,
    /// Random seed: the same seed leads to the same model
    #[arg(long, default_value_t = TrainingSettings::default().seed, value_name = "N")]
    seed: u64,
    /// Continue from the checkpoint of an interrupted or killed run
    #[arg(long)]
    resume: bool,
    /// Seconds between checkpoints
    #[arg(long, default_value_t = TrainingSettings::default().checkpoint_interval.as_secs(), value_name = "SECONDS")]
    keep_every: u64,
    /// The checkpoint file, deleted when training is done [default: the file to write with
    /// .checkpoint appended]
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

impl FullOptions {
    fn settings(&self) -> TrainingSettings {
        TrainingSettings {
            epochs: self.epochs,
            batch: self.batch,
            micro_batch: self.micro_batch,
            learning_rate: self.learning_rate,
            decay_every: self.decay_every,
            weight_decay: self.weight_decay,
            drop_path: self.drop_path,
            seed: self.seed,
            checkpoint_interval: Duration::from_secs(self.keep_every),
            ..TrainingSettings::default()
        }
    }

    fn checkpoint(&self, out: &Path) -> PathBuf {
        self.checkpoint.clone().unwrap_or_else(|| {
            let mut path = out.as_os_str().to_owned();
            path.push(".checkpoint");
            path.into()
        })
    }
}

/// What a model is trained from, and where it is written.
pub struct FullTraining<'a> {
    /// Pictures and their classes.
    pub examples: &'a [TrainingExample],
    /// Names of the classes.
    pub classes: &'a [String],
    /// The model to start from. `None` is the shipped backbone.
    pub model: Option<&'a Path>,
    /// Where the shipped networks are.
    pub models: &'a ModelSource,
    /// Where it runs.
    pub device: DeviceChoice,
    /// The model to write.
    pub out: &'a Path,
    /// The file for the loss of each step as CSV.
    pub curve: Option<&'a Path>,
}

/// Trains a model unless `cancel` is set meanwhile. Returns the exit code.
///
/// # Errors
/// If a file cannot be read or written, or training fails.
pub fn run(
    options: &FullOptions,
    training: &FullTraining<'_>,
    cancel: &AtomicBool,
) -> anyhow::Result<u8> {
    let FullTraining {
        examples,
        classes,
        model,
        models,
        device,
        out,
        curve: curve_file,
    } = *training;
    if let Some(curve_file) = curve_file {
        check_target(curve_file)?;
    }
    let start = match model {
        Some(path) => InitialModel::open(path)?,
        None => InitialModel::shipped(models)?,
    };
    let device = device.open()?;
    if let Some(notice) = &device.notice {
        status!("note: {notice}");
    }
    let settings = options.settings();
    let checkpoint = options.checkpoint(out);
    let job = TrainingJob {
        examples,
        classes,
        start: &start,
        settings: &settings,
        out,
        checkpoint: &checkpoint,
        resume: options.resume,
    };

    let mut progress = Progress::new(examples.len(), 0);
    progress.set_note("reading pictures".to_owned());
    let mut curve: Vec<TrainingStep> = Vec::new();
    let outcome = train(&job, &device.device, cancel, |event| match event {
        TrainingEvent::Read { pictures } => progress.advance_by(pictures),
        TrainingEvent::Warning(text) => progress.println(&format!("warning: {text}")),
        TrainingEvent::Started {
            pictures,
            loss,
            before,
        } => {
            progress.finish();
            curve = before.to_vec();
            let done = before.last().map_or(0, |last| {
                (last.epoch - 1) * pictures + (last.step * settings.batch).min(pictures)
            });
            progress = Progress::new(pictures * settings.epochs, done);
            progress.println(&format!(
                "{} on {}: {} of {}, {}, {}{}",
                start.name,
                device.name,
                counted(pictures, "picture"),
                counted(classes.len(), "class"),
                counted(settings.epochs, "epoch"),
                loss.name(),
                match before.last() {
                    Some(last) =>
                        format!(", continuing from epoch {}, step {}", last.epoch, last.step),
                    None => String::new(),
                }
            ));
        }
        TrainingEvent::Computed { pictures } => progress.advance_by(pictures),
        TrainingEvent::Stepped(step) => {
            curve.push(step);
            progress.set_note(format!(
                "epoch {}/{}  loss {:.4}",
                step.epoch, settings.epochs, step.loss
            ));
            if step.step == step.steps_per_epoch {
                end_epoch(&curve, settings.epochs, curve_file, &progress);
            }
        }
    })?;
    progress.finish();

    if let Some(path) = curve_file {
        write_curve(path, &outcome.curve)?;
    }
    let Some(last) = outcome.curve.last() else {
        status!("interrupted before the first step");
        return Ok(INTERRUPTED);
    };
    if outcome.interrupted {
        status!(
            "interrupted after epoch {}, step {} of {}, loss {:.4}",
            last.epoch,
            last.step,
            last.steps_per_epoch,
            last.loss
        );
        match outcome.saved.checked_sub(1).map(|last| outcome.curve[last]) {
            Some(saved) => status!(
                "the same command with --resume continues from epoch {}, step {}, saved in {}",
                saved.epoch,
                saved.step,
                checkpoint.display()
            ),
            None => status!("nothing is saved"),
        }
        return Ok(INTERRUPTED);
    }
    status!(
        "{}, loss {:.4} -> {}",
        counted(settings.epochs, "epoch"),
        mean_loss(&outcome.curve, settings.epochs),
        out.display()
    );
    Ok(0)
}

/// The mean loss of an epoch's steps.
fn mean_loss(curve: &[TrainingStep], epoch: usize) -> f32 {
    let losses = curve.iter().filter(|step| step.epoch == epoch);
    let (sum, count) = losses.fold((0.0, 0.0), |(sum, count), step| {
        (sum + step.loss, count + 1.0)
    });
    sum / f32::max(count, 1.0)
}

/// Reports an epoch and updates the curve file.
fn end_epoch(curve: &[TrainingStep], epochs: usize, file: Option<&Path>, progress: &Progress) {
    let Some(last) = curve.last() else { return };
    progress.println(&format!(
        "epoch {}/{}  loss {:.4}  learning rate {:e}",
        last.epoch,
        epochs,
        mean_loss(curve, last.epoch),
        last.learning_rate
    ));
    let written = file.map(|path| write_curve(path, curve));
    if let Some(Err(error)) = written {
        progress.println(&format!("warning: {error}"));
    }
}

/// Writes `epoch,step,learning_rate,loss`, one line per step.
fn write_curve(path: &Path, curve: &[TrainingStep]) -> Result<(), FileError> {
    write_whole(path, |file| {
        writeln!(file, "epoch,step,learning_rate,loss")?;
        for step in curve {
            let TrainingStep {
                epoch,
                step,
                learning_rate,
                loss,
                ..
            } = step;
            writeln!(file, "{epoch},{step},{learning_rate:e},{loss}")?;
        }
        Ok(())
    })
}
