//! CSV of image tags: a line a picture, its path and then its tags.
//!
//! `path,tag[,tag...]`, quoted where a value holds a comma. A first line of column names is
//! passed over. Spaces around tags and empty tags are dropped.

use std::path::Path;

use super::intake::{ImportBuilder, ImportedPicture};
use super::layout::ExportWriter;
use super::{FormatError, text};

/// Names of a first column that is no path.
const HEADERS: [&str; 6] = ["path", "image", "file", "filename", "file_name", "picture"];

/// Writes every picture that has a tag.
pub(super) fn export(job: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let mut csv = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    let mut pictures = 0;
    let mut write = |record: Vec<&str>| csv.write_record(record);
    let mut written = write(vec!["path", "tag"]);
    for one in job.chosen.iter().filter(|one| !one.picture.tags.is_empty()) {
        let tags = one.picture.tags.iter().map(|tag| job.category_name(*tag));
        written =
            written.and_then(|()| write([&*one.picture.path].into_iter().chain(tags).collect()));
        pictures += 1;
    }
    job.report.pictures = pictures;
    let path = job.place("")?;
    written.map_err(|error| FormatError::unwritable(&path)(error.into()))?;
    let bytes = csv.into_inner();
    let bytes = bytes.map_err(|error| FormatError::unwritable(&path)(error.into_error()))?;
    job.write("", &bytes)
}

/// A line of the file.
pub struct TaggedPicture {
    /// The picture, a path without anything that leads out of its folder.
    pub name: String,
    /// Its tags, which may be none.
    pub tags: Vec<String>,
}

/// Reads a file: its lines, and a sentence for each that is refused.
///
/// # Errors
/// If it cannot be read, or is no CSV.
pub fn read(path: &Path) -> Result<(Vec<TaggedPicture>, Vec<String>), FormatError> {
    let content = text::read(path, text::LARGE_FILE_BYTES)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    let (mut lines, mut refused) = (Vec::new(), Vec::new());
    for (at, record) in reader.records().enumerate() {
        let record = record
            .map_err(|error| FormatError::malformed(path, format!("it is no CSV: {error}")))?;
        let written = record.get(0).unwrap_or_default();
        let is_header = at == 0
            && HEADERS
                .iter()
                .any(|name| written.eq_ignore_ascii_case(name));
        if is_header || written.is_empty() {
            continue;
        }
        let Some(name) = text::safe_path(written) else {
            refused.push(format!(
                "{written:?} is refused: it may lead out of the folder"
            ));
            continue;
        };
        let tags = record.iter().skip(1).filter(|tag| !tag.is_empty());
        lines.push(TaggedPicture {
            name,
            tags: tags.map(str::to_owned).collect(),
        });
    }
    Ok((lines, refused))
}

/// Takes a file into a project.
pub(super) fn import(path: &Path, intake: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let (lines, refused) = read(path)?;
    for sentence in refused {
        intake.report.unread.add(sentence);
    }
    for line in lines {
        let tags = line.tags.iter();
        let tags = tags
            .filter_map(|tag| intake.category_by_name(tag))
            .collect();
        intake.pictures.push(ImportedPicture {
            names: vec![line.name],
            tags,
            ..ImportedPicture::default()
        });
    }
    Ok(())
}
