//! Runs `tsukami train`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::bail;

use super::arguments::Arguments;
use super::full::{self, FullTraining};
use super::tagged_pictures::gather;
use crate::cli::exit_code::{FAILED, INTERRUPTED};
use crate::cli::interrupt::listen_for_interrupt;
use crate::cli::plural::counted;
use crate::cli::progress::Progress;
use crate::files::{check_target, same_file, write_whole};

use crate::learn::class_head::{HeadTrainingError, TrainedHead, default_block};
use crate::learn::full_training::TrainingExample;
use crate::learn::tags::TagSet;
use crate::propose::HeadTraining;

/// Runs the command and returns the exit code.
///
/// # Errors
/// If a file cannot be read or written, or the pictures cannot be trained on.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    for target in [Some(&arguments.out), arguments.curve.as_ref()]
        .into_iter()
        .flatten()
    {
        check_target(target)?;
        let inputs = [
            &arguments.tags,
            &arguments.from_project,
            &arguments.backbone.model,
        ];
        if inputs
            .into_iter()
            .flatten()
            .any(|input| same_file(input, target))
        {
            bail!(
                "{} would be overwritten: choose a different output file",
                target.display()
            );
        }
    }
    let set = gather(arguments)?;
    if arguments.full {
        return train_fully(arguments, &set);
    }
    let (model, device) = arguments.backbone.open()?;
    let depth = model.backbone().depth();
    let block = arguments.block.unwrap_or(default_block(depth));
    if block >= depth {
        bail!(
            "{} has no block {block}: its last block is {}",
            model.name,
            depth - 1
        );
    }
    status!(
        "{} on {}, {} of {}",
        model.name,
        device.name,
        counted(set.pictures.len(), "picture"),
        counted(set.classes.len(), "class")
    );
    let cancel = listen_for_interrupt("stopping; no head will be written")?;
    let training = HeadTraining {
        set: &set,
        input_options: arguments.backbone.input_options(),
        block,
        side: arguments.kernel,
        in_flight: arguments.backbone.in_flight(),
    };
    let mut progress = Progress::new(set.pictures.len(), 0);
    let mut failed = 0;
    let result = training.run(&model, &cancel, |failure| {
        progress.advance();
        if let Some(reason) = failure {
            failed += 1;
            progress.println(&format!("failed: {reason}"));
        }
    });
    progress.finish();
    let (trained, origin) = match result {
        Err(HeadTrainingError::Cancelled) => {
            status!("interrupted; nothing is written");
            return Ok(INTERRUPTED);
        }
        result => result?,
    };
    let bytes = trained.to_safetensors(&origin)?;
    write_whole(&arguments.out, |writer| writer.write_all(&bytes))?;
    if let Some(path) = &arguments.curve {
        let csv = curve(&trained.classifier.losses);
        write_whole(path, |writer| writer.write_all(csv.as_bytes()))?;
    }
    report(&trained, &arguments.out);
    Ok(if failed == 0 { 0 } else { FAILED })
}

/// Runs the paper's training.
fn train_fully(arguments: &Arguments, set: &TagSet) -> anyhow::Result<u8> {
    let examples = set.pictures.iter().map(|picture| TrainingExample {
        path: picture.path.clone(),
        classes: picture.classes.clone(),
    });
    let training = FullTraining {
        examples: &examples.collect::<Vec<_>>(),
        classes: &set.classes,
        model: arguments.backbone.model.as_deref(),
        models: &arguments.backbone.shipped.source(),
        device: arguments.backbone.device,
        out: &arguments.out,
        curve: arguments.curve.as_deref(),
    };
    let cancel = listen_for_interrupt("stopping; the training will be saved")?;
    full::run(&arguments.options, &training, &cancel)
}

/// Prints the result to standard error.
fn report(trained: &TrainedHead, out: &Path) {
    if trained.uses_background {
        status!(
            "note: one class appears in every picture, so each class is trained against the picture \
             background"
        );
    }
    let accuracy = match trained.held_out_accuracy {
        Some(share) => format!("{:.1}% correct on held-out pictures", 100.0 * share),
        None => "too few pictures to hold any out".to_owned(),
    };
    status!(
        "{}, {}, {accuracy}, penalty {:e}, {} -> {}",
        counted(trained.pictures, "picture"),
        counted(trained.classes.len(), "class"),
        trained.l2,
        counted(trained.classifier.losses.len() - 1, "iteration"),
        out.display()
    );
}

/// The loss of each iteration as CSV.
fn curve(losses: &[f64]) -> String {
    let mut csv = "iteration,loss\n".to_owned();
    for (iteration, loss) in losses.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(csv, "{iteration},{loss:.9}");
    }
    csv
}
