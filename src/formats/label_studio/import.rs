//! Reads a list of tasks.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::address;
use super::recognise::are_keys;
use super::region::{Region, ResultItem, classes_of, read};
use crate::document::{Provenance, ReviewState};
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::{ImportedBox, ImportedPicture, Repeats, unknown_model};
use crate::formats::input;
use crate::formats::json_keys::JsonKeys;
use crate::formats::numbers::number_of;
use crate::pictures;

/// The score of a proposal for which a prediction states none.
const SCORE_IF_ABSENT: f64 = 1.0;

/// Keys of a task in the short form that do not hold results.
const NO_RESULTS: [&str; 3] = ["annotations", "predictions", "data"];

/// Reads a list of tasks, one task, or all files of a folder.
pub(in crate::formats) fn import(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    import.read_files(
        path,
        "Label Studio",
        |file| input::has_extension(file, "json"),
        |file| {
            let head = input::head(file);
            // A subset without pictures is an empty list.
            head.trim() == "[]" || JsonKeys::of_text(&head).is_some_and(|keys| are_keys(&keys))
        },
        read_file,
    )
}

fn read_file(file: &Path, index: usize, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let content = input::read_text(file, input::MAX_DATASET_FILE_BYTES)?;
    let tasks: Vec<Value> = serde_json::from_str(&content).map_err(|error| {
        FormatError::malformed(
            file,
            format!("not a list of tasks of Label Studio: {error}"),
        )
    })?;
    for task in &tasks {
        match read_task((file, index), task, import) {
            Ok(imported) => import.pictures.push(imported),
            Err(reason) => import.report_skipped(format!("{}: {reason}", file.display())),
        }
    }
    Ok(())
}

/// What is read from a task.
struct Work<'a> {
    results: Vec<&'a Value>,
    review: Option<ReviewState>,
    /// The model and the score of a prediction.
    prediction: Option<(Arc<Provenance>, Option<f64>)>,
}

fn read_task(
    (file, index): (&Path, usize),
    task: &Value,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedPicture, String> {
    let id = task
        .get("id")
        .map_or_else(String::new, |id| format!(" {id}"));
    let Some(task) = task.as_object() else {
        return Err("a task is not an object".to_owned());
    };
    let data = task.get("data").and_then(Value::as_object).unwrap_or(task);
    let address = picture_address(data).ok_or_else(|| format!("task{id} has no picture"))?;
    let found = address::paths_in(address);
    let Some(name) = found.first().cloned() else {
        return Err(format!(
            "task{id} holds the picture itself instead of its address"
        ));
    };
    let work = work_of(task, &name, import);
    let mut names = PictureNames::next_to(file, import.root, &name);
    for other in &found[1..] {
        let other = PictureNames::next_to(file, import.root, other);
        names.paths.extend(other.paths);
    }
    let known = (names.paths.iter()).find_map(|path| import.document.picture_at(path));
    let actual_size = known.map(|picture| [picture.width, picture.height]);
    let mut imported = ImportedPicture {
        names,
        repeats: Repeats::InOtherFiles(index),
        is_normalised: true,
        review: work.review,
        ..ImportedPicture::default()
    };
    // A region and its class may be two results with the same id.
    let mut classes: HashMap<&str, Vec<String>> = HashMap::new();
    for result in &work.results {
        let own = result
            .get("value")
            .and_then(Value::as_object)
            .map(classes_of);
        let id = result.get("id").and_then(Value::as_str);
        if let (Some(id), Some(own)) = (id, own.filter(|own| !own.is_empty())) {
            classes.insert(id, own);
        }
    }
    let mut seen: Vec<(&str, [f64; 4])> = Vec::new();
    for result in &work.results {
        let id = result.get("id").and_then(Value::as_str).unwrap_or_default();
        match read(result, classes.get(id), actual_size) {
            ResultItem::Region(region) => {
                if !id.is_empty() && seen.contains(&(id, region.edges)) {
                    continue;
                }
                seen.push((id, region.edges));
                imported.size = imported.size.or(region.size);
                add_region(
                    &mut imported,
                    &region,
                    &name,
                    work.prediction.as_ref(),
                    import,
                );
            }
            ResultItem::Tags(tags) if work.prediction.is_none() => {
                let tags = tags.iter().filter_map(|tag| import.category_by_name(tag));
                imported.tags.extend(tags);
            }
            ResultItem::Tags(_) => import.report_change(format!(
                "{name}: the choices of a prediction were left out, because tags are a person's"
            )),
            ResultItem::Unmeasured => {
                imported.is_partial = true;
                import.report_skipped(format!(
                    "{name}: a turned region has no original_width and original_height, without which \
                     its box is unknown"
                ));
            }
            ResultItem::Other(kind) => {
                let text = format!("{name}: a result of the type {kind:?} is not a box");
                if kind.ends_with("labels") {
                    imported.is_partial = true;
                    import.report_skipped(text);
                } else {
                    import.report_change(text);
                }
            }
        }
    }
    if work.prediction.is_some() && !imported.boxes.is_empty() {
        imported.review = Some(ReviewState::Proposed);
    }
    Ok(imported)
}

fn add_region(
    imported: &mut ImportedPicture,
    region: &Region,
    name: &str,
    prediction: Option<&(Arc<Provenance>, Option<f64>)>,
    import: &mut ImportBuilder<'_>,
) {
    let class = region.class.as_deref().unwrap_or_default();
    let Some(category) = import.category_by_name(class) else {
        imported.is_partial = true;
        return import.report_skipped(format!("{name}: a region has no class"));
    };
    if let Some(kind) = region.reduced {
        import.report_change(format!(
            "{name}: a {kind} {class:?} was reduced to its bounding box"
        ));
    }
    if region.further_classes > 0 {
        import.report_change(format!(
            "{name}: of the classes of a region, only {class:?} is kept"
        ));
    }
    let mut one = ImportedBox::drawn(category, region.edges);
    one.flags = region.flags;
    if let Some((model, score)) = prediction {
        let score = region.score.or(*score).unwrap_or(SCORE_IF_ABSENT);
        match one.proposed(model, score) {
            Some(one) => imported.boxes.push(one),
            None => {
                imported.is_partial = true;
                import.report_skipped(format!("{name}: the score of a region is not a number"));
            }
        }
    } else {
        imported.boxes.push(one);
    }
}

/// The address of the picture: under the key `image`, or else the first text that looks like one.
fn picture_address(data: &Map<String, Value>) -> Option<&str> {
    let texts = || {
        data.iter()
            .filter_map(|(key, value)| Some((key, value.as_str()?)))
    };
    let is_picture = |address: &str| {
        let path = address.split(['?', '#']).next().unwrap_or(address);
        address.starts_with("/data/") || pictures::format_of_name(Path::new(path)).is_some()
    };
    let named = texts().find(|(key, _)| *key == "image");
    let looks = || texts().find(|(_, text)| is_picture(text));
    named.or_else(looks).map(|(_, address)| address)
}

/// What a person did for a task, or else what a model proposed.
fn work_of<'a>(
    task: &'a Map<String, Value>,
    name: &str,
    import: &mut ImportBuilder<'_>,
) -> Work<'a> {
    let list = |key: &str| {
        task.get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let is_set = |value: &Value, key: &str| value.get(key) == Some(&Value::Bool(true));
    let done: Vec<&Value> = list("annotations")
        .chain(list("completions"))
        .filter(|one| one.get("result").is_some() && !is_set(one, "was_cancelled"))
        .collect();
    let results = |value: &'a Value| {
        let results = value.get("result").and_then(Value::as_array);
        results.into_iter().flatten().collect()
    };
    let best = done.iter().rev().find(|one| is_set(one, "ground_truth"));
    if let Some(chosen) = best.or(done.last()) {
        if done.len() > 1 {
            import.report_change(format!(
                "{name}: of {} annotations, the one that is marked as ground truth, or else the last, is kept",
                done.len()
            ));
        }
        return Work {
            results: results(chosen),
            review: Some(ReviewState::Done),
            prediction: None,
        };
    }
    let mut predictions = list("predictions").filter(|one| one.get("result").is_some());
    if let Some(prediction) = predictions.next_back() {
        let version = prediction.get("model_version").and_then(Value::as_str);
        let version = version.filter(|name| !name.is_empty());
        let model = unknown_model(version.unwrap_or("Label Studio"));
        let score = prediction.get("score");
        let score = score.and_then(|score| number_of(score).ok());
        return Work {
            results: results(prediction),
            review: None,
            prediction: Some((model, score)),
        };
    }
    short_form(task)
}

/// A task in the short form has the values of its results themselves, under the names of the controls.
fn short_form(task: &Map<String, Value>) -> Work<'_> {
    let lists = task
        .iter()
        .filter(|(key, _)| !NO_RESULTS.contains(&key.as_str()))
        .filter_map(|(_, list)| list.as_array());
    let results: Vec<&Value> = lists.flatten().filter(|value| value.is_object()).collect();
    let is_annotated = task.contains_key("annotation_id");
    Work {
        review: (is_annotated || !results.is_empty()).then_some(ReviewState::Done),
        results,
        prediction: None,
    }
}
