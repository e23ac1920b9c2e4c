//! YOLO: a text file a picture, with a line a box: class, centre x and y, width and height in
//! units of the picture's sides; and `data.yaml`, which names the classes.
//!
//! Source: <https://docs.ultralytics.com/datasets/detect/>. A class is its place in the list, so
//! the list is written in the person's order. An empty label file is a verified empty picture.
//! Reading also takes lines with a confidence (a proposal), and polygons, of which only the box
//! is kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::exchange::FolderLayout;
use super::intake::{ImportBuilder, ImportedBox, ImportedPicture};
use super::layout::{ExportWriter, ExportedPicture, Subset};
use super::{FormatError, text};
use crate::document::{Provenance, ReviewState};

/// Names of files that list classes, a line each, in the order of their numbers.
const CLASS_LIST_FILES: [&str; 3] = ["classes.txt", "obj.names", "_darknet.labels"];

/// Writes the label files and `data.yaml`.
pub(super) fn export(job: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let places: BTreeMap<_, _> = job
        .document
        .categories()
        .map(|row| row.id)
        .zip(0_usize..)
        .collect();
    for one in job.chosen.clone() {
        let mut lines = String::new();
        let ExportedPicture {
            picture,
            part,
            name,
        } = &one;
        let (width, height) = (f64::from(picture.width), f64::from(picture.height));
        for row in job.ground_truth_without_crowds(picture) {
            let [x0, y0, x1, y1] =
                [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1].map(f64::from);
            let place = places.get(&row.category).copied().unwrap_or_default();
            let [x, y] = [(x0 + x1) / 2.0 / width, (y0 + y1) / 2.0 / height];
            let [w, h] = [(x1 - x0) / width, (y1 - y0) / height];
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{place} {x:.8} {y:.8} {w:.8} {h:.8}");
            job.report.boxes += 1;
        }
        let stem = text::without_extension(name);
        let label = format!("{}/{stem}.txt", folder(job, "labels", *part));
        job.write(&label, lines.as_bytes())?;
        let to = format!("{}/{name}", folder(job, "images", *part));
        job.put_picture(&one, &to)?;
    }
    let description = describe(job);
    job.write("data.yaml", description.as_bytes())
}

fn folder(job: &ExportWriter<'_>, kind: &str, part: Subset) -> String {
    let part = part.name(job.options.layout);
    match job.options.layout {
        FolderLayout::Standard => format!("{kind}/{part}"),
        FolderLayout::Roboflow => format!("{part}/{kind}"),
    }
}

/// The text of `data.yaml`. It has no `path`, so that readers take the folder that it lies in.
fn describe(job: &ExportWriter<'_>) -> String {
    let mut yaml = String::new();
    for part in [Subset::Train, Subset::Val] {
        // Readers insist on both; without a val part they get train again.
        let is_there = job.chosen.iter().any(|one| one.part == part);
        let shown = if is_there { part } else { Subset::Train };
        let _ = writeln!(
            yaml,
            "{}: {}",
            part.name(FolderLayout::Standard),
            folder(job, "images", shown)
        );
    }
    if job.chosen.iter().any(|one| one.part == Subset::Test) {
        let _ = writeln!(yaml, "test: {}", folder(job, "images", Subset::Test));
    }
    let names: Vec<_> = job
        .document
        .categories()
        .map(|row| quoted(&row.name))
        .collect();
    let _ = writeln!(yaml, "nc: {}", names.len());
    if names.is_empty() {
        yaml.push_str("names: []\n");
    } else {
        yaml.push_str("names:\n");
        for name in names {
            let _ = writeln!(yaml, "  - {name}");
        }
    }
    yaml
}

/// A YAML string in ASCII, which no reader takes for a number, a boolean or another encoding.
fn quoted(name: &str) -> String {
    let mut quoted = String::from("\"");
    for character in name.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(character));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a file is a `data.yaml`.
pub(super) fn is_description(path: &Path) -> bool {
    let is_yaml = text::has_extension(path, "yaml") || text::has_extension(path, "yml");
    is_yaml
        && text::head(path)
            .lines()
            .any(|line| line.starts_with("names:"))
}

/// Whether a text begins with a label line.
pub(super) fn is_label_text(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| {
            let mut words = line.split_whitespace();
            let has_class = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
            let mut count = 0;
            has_class
                && words.all(|word| {
                    count += 1;
                    word.parse::<f64>().is_ok()
                })
                && count >= 4
        })
}

/// What a data set says of itself.
#[derive(Default)]
struct Description {
    names: BTreeMap<u64, String>,
    /// Whether lines hold keypoints after the box.
    has_keypoints: bool,
}

/// Reads a folder, a `data.yaml` with what lies beside it, or one label file.
pub(super) fn import(path: &Path, intake: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let is_label_file = !path.is_dir() && text::has_extension(path, "txt");
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let base = if path.is_dir() {
        path
    } else {
        parent.unwrap_or(Path::new("."))
    };
    let own = if path.is_dir() || is_label_file {
        None
    } else {
        Some(path)
    };
    let description = description(base, own, intake)?;
    let is_list = |file: &Path| {
        file.file_name()
            .is_some_and(|name| CLASS_LIST_FILES.iter().any(|list| name == *list))
    };
    let files = if is_label_file {
        vec![path.to_owned()]
    } else {
        text::files_below(base, |file| {
            text::has_extension(file, "txt") && !is_list(file)
        })?
    };
    let prefix = text::below(intake.root, base);
    for file in files {
        let Some(relative) = text::below(base, &file) else {
            continue;
        };
        let content = match text::read(&file, text::SMALL_FILE_BYTES) {
            Ok(content) => content,
            Err(error) => {
                intake.report.unread.add(error.to_string());
                continue;
            }
        };
        let in_labels = relative.split('/').any(|part| part == "labels");
        if !in_labels && !content.trim().is_empty() && !is_label_text(&content) {
            // Lists of pictures and notes lie beside labels.
            intake
                .report
                .unread
                .add(format!("{relative}: it is no label file"));
            continue;
        }
        let mut found = ImportedPicture {
            names: names(&relative, prefix.as_deref()),
            any_extension: true,
            is_normalised: true,
            review: Some(ReviewState::Done),
            ..ImportedPicture::default()
        };
        read_lines(&content, &relative, &description, &mut found, intake);
        if found.boxes.iter().any(|found| found.provenance.is_some()) {
            found.review = Some(ReviewState::Proposed);
        }
        intake.pictures.push(found);
    }
    Ok(())
}

/// Where the picture of a label file may be, without its extension: as the project has it, or
/// where the layouts of data sets put it.
fn names(label: &str, prefix: Option<&str>) -> Vec<String> {
    let stem = text::without_extension(label);
    let parts: Vec<&str> = stem.split('/').collect();
    let Some(at) = parts.iter().rposition(|part| *part == "labels") else {
        let beside = prefix.map(|prefix| text::join(prefix, stem));
        return beside.into_iter().chain([stem.to_owned()]).collect();
    };
    let mut among_images = parts.clone();
    among_images[at] = "images";
    let after = &parts[at + 1..];
    let is_part = |part: &&str| ["train", "val", "valid", "test"].contains(part);
    let own = if after.len() > 1 && is_part(&after[0]) {
        &after[1..]
    } else {
        after
    };
    let among_images = among_images.join("/");
    let beside = prefix.map(|prefix| text::join(prefix, &among_images));
    beside
        .into_iter()
        .chain([own.join("/"), among_images])
        .collect()
}

fn read_lines(
    content: &str,
    file: &str,
    description: &Description,
    found: &mut ImportedPicture,
    intake: &mut ImportBuilder<'_>,
) {
    let model = Arc::new(Provenance {
        name: "YOLO labels".into(),
        version: "".into(),
        method: "imported".into(),
        threshold: 0.0,
    });
    for (at, line) in content.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = format!("{file} line {}", at + 1);
        match read_line(line, &place, description, &model, intake) {
            Ok(found_box) => found.boxes.push(found_box),
            Err(reason) => {
                found.is_partial = true;
                intake.report.unread.add(format!("{place}: {reason}"));
            }
        }
    }
}

fn read_line(
    line: &str,
    place: &str,
    description: &Description,
    model: &Arc<Provenance>,
    intake: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let mut words = line.split_whitespace();
    let class: u64 = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or("it does not begin with the number of a class")?;
    let words: Vec<&str> = words.collect();
    let numbers: Option<Vec<f64>> = words.iter().map(|word| word.parse().ok()).collect();
    let numbers = numbers.ok_or("a value is no number")?;
    let name = match description.names.get(&class) {
        Some(name) => name.clone(),
        None if description.names.is_empty() => format!("class {class}"),
        None => return Err(format!("class {class} is not in data.yaml")),
    };
    let category = intake
        .category_by_name(&name)
        .ok_or("its class has no name")?;
    let from_centre = |[x, y, w, h]: [f64; 4]| {
        ImportedBox::new(
            category,
            [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0],
        )
    };
    match numbers[..] {
        [x, y, w, h] => Ok(from_centre([x, y, w, h])),
        [x, y, w, h, score] => {
            let found = from_centre([x, y, w, h]);
            // A whole number is the number of a track.
            if words[4].contains(['.', 'e', 'E']) {
                let proposed = found.proposed(model, score);
                proposed.ok_or_else(|| "its confidence is no number".to_owned())
            } else {
                Ok(found)
            }
        }
        [x, y, w, h, ..] if description.has_keypoints => {
            intake
                .report
                .changed
                .add(format!("{place}: its keypoints are left out"));
            Ok(from_centre([x, y, w, h]))
        }
        _ if numbers.len() >= 6 && numbers.len().is_multiple_of(2) => {
            if numbers.iter().any(|number| !number.is_finite()) {
                return Err("a corner is no number".to_owned());
            }
            intake
                .report
                .changed
                .add(format!("{place}: of its outline the box is kept"));
            let least = |from: usize| {
                numbers[from..]
                    .iter()
                    .step_by(2)
                    .copied()
                    .fold(f64::INFINITY, f64::min)
            };
            let most = |from: usize| {
                numbers[from..]
                    .iter()
                    .step_by(2)
                    .copied()
                    .fold(f64::NEG_INFINITY, f64::max)
            };
            Ok(ImportedBox::new(
                category,
                [least(0), least(1), most(0), most(1)],
            ))
        }
        _ => Err(format!(
            "it has {} values, where a box has 4",
            numbers.len()
        )),
    }
}

/// The names of the classes: from `data.yaml`, or from a list that labelImg or darknet left.
fn description(
    base: &Path,
    own: Option<&Path>,
    intake: &mut ImportBuilder<'_>,
) -> Result<Description, FormatError> {
    let is_wanted = |file: &Path| {
        let name = file.file_name().and_then(|name| name.to_str());
        is_description(file) || name.is_some_and(|name| CLASS_LIST_FILES.contains(&name))
    };
    let mut files = match own {
        Some(own) => vec![own.to_owned()],
        None => text::files_below(base, is_wanted)?,
    };
    files.sort_by_key(|file| (!is_description(file), file.components().count()));
    let Some(file) = files.first() else {
        let sentence = "no data.yaml or classes.txt names the classes, so they are numbered";
        intake.report.changed.add(sentence);
        return Ok(Description::default());
    };
    let content = text::read(file, text::SMALL_FILE_BYTES)?;
    if CLASS_LIST_FILES.iter().any(|list| file.ends_with(list)) {
        let names = content.lines().map(|line| line.trim().to_owned());
        let names = (0..)
            .zip(names)
            .filter(|(_, name)| !name.is_empty())
            .collect();
        return Ok(Description {
            names,
            has_keypoints: false,
        });
    }
    let malformed = |reason: String| FormatError::malformed(file, reason);
    // A class may be called `no` or `on`.
    let options = serde_saphyr::options! { strict_booleans: true };
    let yaml: Value = serde_saphyr::from_str_with_options(&content, options)
        .map_err(|error| malformed(format!("it is no YAML: {error}")))?;
    let name_of = |value: &Value| match value {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    let names = match &yaml["names"] {
        Value::Array(names) => (0..).zip(names.iter().map(name_of)).collect(),
        Value::Object(names) => names
            .iter()
            .map(|(class, name)| Some((class.parse().ok()?, name_of(name))))
            .collect::<Option<_>>()
            .ok_or_else(|| malformed("the keys of `names` are no numbers".to_owned()))?,
        _ => return Err(malformed("`names` is no list and no map".to_owned())),
    };
    // Classes come in the order of their numbers, whether they are in use or not.
    let description = Description {
        names,
        has_keypoints: !yaml["kpt_shape"].is_null(),
    };
    for name in description.names.values() {
        if intake.category_by_name(name).is_none() {
            intake
                .report
                .unread
                .add(format!("{}: a class has no name", file.display()));
        }
    }
    Ok(description)
}
