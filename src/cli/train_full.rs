//! `tsukami train --full`: the paper's training, with its progress, its stops and its curve.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;

use super::INTERRUPTED;
use super::progress::Progress;
use crate::files::{FileError, check_target, write_whole};
use crate::learn::full::{
    InitialModel, TrainingEvent, TrainingExample, TrainingJob, TrainingSettings, TrainingStep,
    train,
};
use crate::nn::device::DeviceChoice;

/// How backbone and head are trained; the defaults are the official implementation's for
/// CUB-200-2011.
#[derive(Args)]
#[command(next_help_heading = "With --full")]
#[group(requires = "full")]
pub struct FullOptions {
    /// How often each picture is shown
    #[arg(long, default_value_t = TrainingSettings::default().epochs, value_name = "N")]
    epochs: usize,
    /// Pictures to a step
    #[arg(long, default_value_t = TrainingSettings::default().batch, value_name = "N")]
    batch: usize,
    /// Pictures at once: fewer take less memory and give the same result
    #[arg(long, default_value_t = TrainingSettings::default().micro_batch, value_name = "N")]
    micro_batch: usize,
    /// Learning rate in the beginning
    #[arg(long, default_value_t = TrainingSettings::default().learning_rate, value_name = "RATE")]
    learning_rate: f64,
    /// The learning rate becomes a tenth in every N-th epoch
    #[arg(long, default_value_t = TrainingSettings::default().decay_every, value_name = "N")]
    decay_every: usize,
    /// Decoupled weight decay
    #[arg(long, default_value_t = TrainingSettings::default().weight_decay, value_name = "W")]
    weight_decay: f64,
    /// How often the last block is left out for a picture, from 0 to below 1
    #[arg(long, default_value_t = TrainingSettings::default().drop_path, value_name = "SHARE")]
    drop_path: f64,
    /// Where chance begins: the same seed gives the same model
    #[arg(long, default_value_t = TrainingSettings::default().seed, value_name = "N")]
    seed: u64,
    /// Go on from the checkpoint of a run that was stopped or killed
    #[arg(long)]
    resume: bool,
    /// Seconds from one checkpoint to the next
    #[arg(long, default_value_t = TrainingSettings::default().keep_every.as_secs(), value_name = "SECONDS")]
    keep_every: u64,
    /// Where the run is kept until it is done [default: the model's name with .checkpoint]
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
            keep_every: Duration::from_secs(self.keep_every),
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

/// What a model is made from, and where it is written.
pub(super) struct Training<'a> {
    /// Pictures and their classes.
    pub examples: &'a [TrainingExample],
    /// Names of the classes.
    pub classes: &'a [String],
    /// The model to begin with; the embedded one if none is given.
    pub model: Option<&'a Path>,
    /// Where it runs.
    pub device: DeviceChoice,
    /// The model to write.
    pub out: &'a Path,
    /// The file for the loss of each step, as CSV.
    pub curve: Option<&'a Path>,
}

/// Trains a model unless `cancel` is set meanwhile; the exit code.
pub(super) fn run(
    options: &FullOptions,
    training: &Training<'_>,
    cancel: &AtomicBool,
) -> anyhow::Result<u8> {
    let Training {
        examples,
        classes,
        model,
        device,
        out,
        curve: curve_file,
    } = *training;
    if let Some(curve_file) = curve_file {
        check_target(curve_file)?;
    }
    let start = match model {
        Some(path) => InitialModel::open(path)?,
        None => InitialModel::embedded()?,
    };
    let device = device.open()?;
    if let Some(notice) = &device.notice {
        say!("note: {notice}");
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
    progress.note("reading pictures".to_owned());
    let mut curve: Vec<TrainingStep> = Vec::new();
    let outcome = train(&job, &device.device, cancel, |event| match event {
        TrainingEvent::Read { pictures } => progress.advance_by(pictures),
        TrainingEvent::Warning(text) => progress.say(&format!("warning: {text}")),
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
            progress.say(&format!(
                "{} on {}: {pictures} pictures of {} classes, {} epochs, {}{}",
                start.name,
                device.name,
                classes.len(),
                settings.epochs,
                loss.name(),
                match before.last() {
                    Some(last) =>
                        format!(", going on from epoch {}, step {}", last.epoch, last.step),
                    None => String::new(),
                }
            ));
        }
        TrainingEvent::Computed { pictures } => progress.advance_by(pictures),
        TrainingEvent::Stepped(step) => {
            curve.push(step);
            progress.note(format!(
                "epoch {}/{}  loss {:.4}",
                step.epoch, settings.epochs, step.loss
            ));
            if step.step == step.of {
                end_epoch(&curve, settings.epochs, curve_file, &progress);
            }
        }
    })?;
    progress.finish();

    if let Some(path) = curve_file {
        write_curve(path, &outcome.curve)?;
    }
    let Some(last) = outcome.curve.last() else {
        say!("interrupted before anything was learnt");
        return Ok(INTERRUPTED);
    };
    if outcome.interrupted {
        say!(
            "interrupted after epoch {}, step {} of {}, loss {:.4}",
            last.epoch,
            last.step,
            last.of,
            last.loss
        );
        match outcome.kept.checked_sub(1).map(|kept| outcome.curve[kept]) {
            Some(kept) => say!(
                "the same command with --resume goes on from {}, which holds epoch {}, step {}",
                checkpoint.display(),
                kept.epoch,
                kept.step
            ),
            None => say!("nothing is kept"),
        }
        return Ok(INTERRUPTED);
    }
    say!(
        "{} epochs, loss {:.4} -> {}",
        settings.epochs,
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

/// Says how an epoch went, and brings the curve up to date for who is watching it.
fn end_epoch(curve: &[TrainingStep], epochs: usize, file: Option<&Path>, progress: &Progress) {
    let Some(last) = curve.last() else { return };
    progress.say(&format!(
        "epoch {}/{}  loss {:.4}  learning rate {:e}",
        last.epoch,
        epochs,
        mean_loss(curve, last.epoch),
        last.learning_rate
    ));
    let written = file.map(|path| write_curve(path, curve));
    if let Some(Err(error)) = written {
        progress.say(&format!("warning: {error}"));
    }
}

/// Writes `epoch,step,learning_rate,loss`, a line a step.
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
