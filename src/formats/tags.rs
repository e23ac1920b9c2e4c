//! Image-level tags: those of a document, and CSV with one line per picture.
//!
//! A line is `path,tag[,tag...]`, quoted where a value has a comma. A first line with column names
//! is skipped. Spaces around tags, and empty tags, are dropped.

use std::path::{Path, PathBuf};

use super::error::FormatError;
use super::export::writer::ExportWriter;
use super::import::builder::ImportBuilder;
use super::import::picture_names::PictureNames;
use super::import::rows::{ImportedPicture, Repeats};
use super::{input, paths};
use crate::document::Document;
use crate::naming::ANY_OBJECT;

/// A line with this many numbers has a box.
const NUMBERS_OF_A_BOX: usize = 4;

/// Names of a first column that are not a path.
const COLUMN_NAMES: [&str; 6] = ["path", "image", "file", "filename", "file_name", "picture"];

/// Writes the pictures, which all have a tag.
pub(super) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let tagged = writer.pictures.iter().map(|one| one.picture);
    let tagged: Vec<_> = tagged.collect();
    let document = writer.document;
    writer.write_with("", None, |out| {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(out);
        csv.write_record(["path", "tag"])?;
        for picture in tagged {
            let tags = picture.tags.iter();
            let tags = tags.filter_map(|tag| document.category(*tag));
            let record = [&*picture.path]
                .into_iter()
                .chain(tags.map(|tag| &*tag.name));
            csv.write_record(record)?;
        }
        csv.flush()
    })
}

/// A line of the file.
pub struct TagRow {
    /// The path of the picture, which cannot lead out of its folder.
    pub name: String,
    /// Its tags, possibly none.
    pub tags: Vec<String>,
}

/// Reads a file: its lines, and a message for each line that is refused.
///
/// # Errors
/// If the file cannot be read or is not CSV.
pub fn read(path: &Path) -> Result<(Vec<TagRow>, Vec<String>), FormatError> {
    let (mut lines, mut refused) = (Vec::new(), Vec::new());
    for line in read_lines(path)? {
        match paths::safe_path(&line.name) {
            Some(name) => lines.push(TagRow { name, ..line }),
            None => refused.push(paths::refusal(&line.name)),
        }
    }
    Ok((lines, refused))
}

/// The lines of a file, with the paths as they are written.
fn read_lines(path: &Path) -> Result<Vec<TagRow>, FormatError> {
    let content = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    let mut lines = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record =
            record.map_err(|error| FormatError::malformed(path, format!("not CSV: {error}")))?;
        let written = record.get(0).unwrap_or_default();
        let is_header = at == 0
            && COLUMN_NAMES
                .iter()
                .any(|name| written.eq_ignore_ascii_case(name));
        if is_header || written.is_empty() {
            continue;
        }
        let is_number = |value: &&str| value.parse::<f64>().is_ok();
        if record.iter().filter(is_number).count() >= NUMBERS_OF_A_BOX {
            let number = at + 1;
            return Err(FormatError::malformed(
                path,
                format!(
                    "line {number} has the numbers of a box, and tables of boxes are read as Open \
                     Images writes them; a table of tags has a picture and its tags in each line"
                ),
            ));
        }
        let tags = record.iter().skip(1).filter(|tag| !tag.is_empty());
        lines.push(TagRow {
            name: written.to_owned(),
            tags: tags.map(str::to_owned).collect(),
        });
    }
    Ok(lines)
}

/// Reads a file into a project.
pub(super) fn import(path: &Path, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    for line in read_lines(path)? {
        let tags = line.tags.iter();
        let tags = tags
            .filter_map(|tag| import.category_by_name(tag))
            .collect();
        import.pictures.push(ImportedPicture {
            names: PictureNames::written(&line.name, import.root, &[String::new()]),
            repeats: Repeats::Lines,
            tags,
            ..ImportedPicture::default()
        });
    }
    Ok(())
}

/// The image-level tags of a document's pictures, whose paths are relative to `root`: their own
/// tags, and the classes of their boxes that are ground truth. Pictures that are missing or taken out of
/// the project are left out.
pub fn from_document(document: &Document, root: &Path) -> Vec<(PathBuf, Vec<String>)> {
    let available = document.pictures().filter(|picture| picture.is_available());
    let tagged = available.map(|picture| {
        let boxes = document.annotations(picture.id).iter();
        let true_boxes = boxes.filter(|row| row.is_ground_truth());
        let classes = picture.tags.iter().copied();
        let classes = classes.chain(true_boxes.filter_map(|row| row.category));
        let names = classes.filter_map(|class| document.category(class));
        let names = names.map(|category| category.name.to_string());
        // A box of no particular class carries no information about classes.
        let names = names.filter(|name| name != ANY_OBJECT);
        (root.join(&*picture.path), names.collect())
    });
    tagged.collect()
}
