//! The description of a run, by which a checkpoint is recognised.

use std::collections::{BTreeMap, BTreeSet};

use super::error::FullTrainingError;
use super::job::TrainingJob;
use super::settings::TrainingSettings;
use super::training_pictures::TrainingPictures;
use crate::files::FileError;

/// What determines the result of a run, by name. A checkpoint can only be continued by the same run.
pub type RunDescription = BTreeMap<String, String>;

/// Describes a run. The size of a micro-batch is left out, because it changes only rounding.
///
/// # Errors
/// If the class names cannot be written as JSON.
pub fn describe(
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
        checkpoint_interval: _,
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

/// The differences between two runs as text. `None` if there are none.
pub fn differences(before: &RunDescription, now: &RunDescription) -> Option<String> {
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let texts: Vec<String> = keys
        .into_iter()
        .filter(|key| before.get(*key) != now.get(*key))
        .map(|key| {
            let value =
                |run: &RunDescription| run.get(key).map_or("nothing".to_owned(), Clone::clone);
            format!("{key} was {}, is {}", value(before), value(now))
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}
