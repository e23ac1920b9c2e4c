//! Reads files of boxes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use csv::StringRecord;

use crate::document::{Flags, Provenance, ReviewState};
use crate::files::folder_of;
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::{ImportedBox, ImportedPicture, Repeats, unknown_model};
use crate::formats::numbers::parse_number;
use crate::formats::{input, paths};
use crate::pictures;

/// The part of a file's name that says that it describes classes.
const DESCRIPTIONS: &str = "class-descriptions";

/// Columns without which a file has no boxes.
const REQUIRED: [&str; 6] = ["ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax"];

/// Whether the beginning of a text is the header of a file of boxes.
pub(in crate::formats) fn is_boxes_header(head: &str) -> bool {
    let mut columns = head.lines().next().unwrap_or_default().split(',');
    let has = |name: &str, columns: &[&str]| columns.iter().any(|column| column.trim() == name);
    let columns: Vec<&str> = columns.by_ref().collect();
    REQUIRED.iter().all(|name| has(name, &columns))
}

/// Reads a file of boxes, or all of a folder. The classes are described by a file below the folder.
pub(in crate::formats) fn import(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let is_single = !path.is_dir();
    let folder = if is_single { folder_of(path) } else { path };
    let names = read_descriptions(folder, is_single, import)?;
    import.read_files(
        path,
        "Open Images",
        |file| input::has_extension(file, "csv") && !is_description(file),
        |file| is_boxes_header(&input::head(file)),
        |file, _, import| read_file(file, &names, import),
    )
}

/// Whether a file describes classes.
pub(in crate::formats) fn is_description(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    input::has_extension(file, "csv") && name.is_some_and(|name| name.contains(DESCRIPTIONS))
}

/// The names of the classes by their keys, from the files in the folder or, unless only it counts,
/// below it.
fn read_descriptions(
    folder: &Path,
    is_only_folder: bool,
    import: &mut ImportBuilder<'_>,
) -> Result<HashMap<String, String>, FormatError> {
    let mut names = HashMap::new();
    let mut files = input::files_below(folder, is_description)?;
    files.retain(|file| !is_only_folder || folder_of(file) == folder);
    for file in files {
        let content = input::read_text(&file, input::MAX_DATASET_FILE_BYTES)?;
        for record in reader(&content, false).records() {
            let record = record
                .map_err(|error| FormatError::malformed(&file, format!("not CSV: {error}")))?;
            let (Some(key), Some(name)) = (record.get(0), record.get(1)) else {
                continue;
            };
            // Later versions have a header.
            if key != "LabelName" {
                names.insert(key.to_owned(), name.to_owned());
                // The official list has hundreds of classes, of which a set uses few.
                if key == name {
                    import.category_by_name(name);
                }
            }
        }
    }
    Ok(names)
}

fn reader(content: &str, has_headers: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(has_headers)
        .from_reader(content.as_bytes())
}

/// The positions of the columns.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn text<'a>(&self, record: &'a StringRecord, name: &str) -> Option<&'a str> {
        record.get(*self.0.get(name)?)
    }

    fn number(&self, record: &StringRecord, name: &str) -> Option<f64> {
        parse_number(self.text(record, name)?).ok()
    }

    /// Whether a flag is 1. It is -1 where nobody knows.
    fn is_set(&self, record: &StringRecord, name: &str) -> bool {
        self.text(record, name).map(str::trim) == Some("1")
    }
}

fn read_file(
    path: &Path,
    names: &HashMap<String, String>,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let content = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    let mut reader = reader(&content, true);
    let not_csv = |error: csv::Error| FormatError::malformed(path, format!("not CSV: {error}"));
    let headers = reader.headers().map_err(not_csv)?.clone();
    let positions = headers.iter().map(|name| name.trim().to_owned()).zip(0..);
    let columns = Columns(positions.collect());
    if let Some(absent) = REQUIRED.iter().find(|name| !columns.0.contains_key(**name)) {
        let reason = format!("not a file of boxes: it has no column {absent}");
        return Err(FormatError::malformed(path, reason));
    }
    let mut records = Vec::new();
    for record in reader.records() {
        records.push(record.map_err(not_csv)?);
    }
    let confidence = |record: &StringRecord| columns.number(record, "Confidence");
    let is_predicted = records
        .iter()
        .filter_map(confidence)
        .any(|confidence| confidence > 0.0 && confidence < 1.0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let model = is_predicted.then(|| unknown_model(&name));
    let mut index_of: HashMap<String, usize> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        let image = columns.text(record, "ImageID").unwrap_or_default();
        let index = match index_of.get(image) {
            Some(index) => *index,
            None => match picture(path, image, model.is_some(), import) {
                Ok(picture) => {
                    index_of.insert(image.to_owned(), import.pictures.len());
                    import.pictures.push(picture);
                    import.pictures.len() - 1
                }
                Err(reason) => {
                    import.report_skipped(format!("{name} row {}: {reason}", at + 2));
                    continue;
                }
            },
        };
        match read_box(record, &columns, names, model.as_ref(), import) {
            Ok(one) => import.pictures[index].boxes.push(one),
            Err(reason) => {
                import.pictures[index].is_partial = true;
                import.report_skipped(format!("{name} row {}: {reason}", at + 2));
            }
        }
    }
    Ok(())
}

fn picture(
    file: &Path,
    image: &str,
    is_predicted: bool,
    import: &ImportBuilder<'_>,
) -> Result<ImportedPicture, String> {
    if image.is_empty() {
        return Err("the picture has no name".to_owned());
    }
    let has_extension = pictures::format_of_name(Path::new(image)).is_some();
    let review = if is_predicted {
        ReviewState::Proposed
    } else {
        ReviewState::Done
    };
    let own = paths::relative_to(import.root, folder_of(file));
    let folders = in_images(file, import.root).into_iter().chain(own);
    let folders: Vec<String> = folders.chain([String::new()]).collect();
    Ok(ImportedPicture {
        names: PictureNames {
            any_extension: !has_extension,
            ..PictureNames::written(image, import.root, &folders)
        },
        repeats: Repeats::Lines,
        is_normalised: true,
        review: Some(review),
        ..ImportedPicture::default()
    })
}

/// Where the data set has its pictures: `images/train` beside the folder of
/// `train-annotations-bbox.csv`.
fn in_images(file: &Path, root: &Path) -> Option<String> {
    let own = file.file_name()?.to_str()?;
    let (subset, _) = own.strip_prefix("oidv6-").unwrap_or(own).split_once('-')?;
    let folder = paths::relative_to(root, folder_of(folder_of(file)))?;
    Some(paths::join(&folder, &format!("images/{subset}")))
}

fn read_box(
    record: &StringRecord,
    columns: &Columns,
    names: &HashMap<String, String>,
    model: Option<&Arc<Provenance>>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let edge = |name| columns.number(record, name);
    let edges = (|| Some([edge("XMin")?, edge("YMin")?, edge("XMax")?, edge("YMax")?]))();
    let edges = edges.ok_or("an edge is not a number")?;
    let key = columns.text(record, "LabelName").unwrap_or_default();
    let name = names.get(key).map_or(key, String::as_str);
    let category = import.category_by_name(name).ok_or("there is no class")?;
    let mut one = ImportedBox::drawn(category, edges);
    one.flags = Flags {
        crowd: columns.is_set(record, "IsGroupOf"),
        difficult: false,
        occluded: columns.is_set(record, "IsOccluded"),
        truncated: columns.is_set(record, "IsTruncated"),
    };
    let Some(model) = model else { return Ok(one) };
    let score = columns.number(record, "Confidence");
    let proposed = score.and_then(|score| one.proposed(model, score));
    proposed.ok_or_else(|| "the confidence is not a number".to_owned())
}
