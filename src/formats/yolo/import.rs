//! Reads a data set of label files.

use std::path::Path;

use super::description::{Description, is_class_list, read_description};
use super::labels::{is_label_text, read_lines};
use crate::document::{BoxState, ReviewState};
use crate::files::folder_of;
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::ImportedPicture;
use crate::formats::{input, paths};

/// Reads a folder, a `data.yaml` with the folder it is in, or one label file.
pub(in crate::formats) fn import(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let is_label_file = !path.is_dir() && input::has_extension(path, "txt");
    let folder = if path.is_dir() { path } else { folder_of(path) };
    let is_description = !path.is_dir() && !is_label_file;
    let description = read_description(folder, is_description.then_some(path), import)?;
    let files = if is_label_file {
        vec![path.to_owned()]
    } else {
        input::files_below(folder, |file| {
            input::has_extension(file, "txt") && !is_class_list(file)
        })?
    };
    let folder_in_root = paths::relative_to(import.root, folder);
    for file in files {
        if let Some(name) = paths::relative_to(folder, &file) {
            import_file(
                &file,
                &name,
                folder_in_root.as_deref(),
                &description,
                import,
            );
        }
    }
    Ok(())
}

/// Reads a label file, whose path below the data set is `name`.
fn import_file(
    file: &Path,
    name: &str,
    folder_in_root: Option<&str>,
    description: &Description,
    import: &mut ImportBuilder<'_>,
) {
    let content = match input::read_text(file, input::MAX_PICTURE_FILE_BYTES) {
        Ok(content) => content,
        Err(error) => return import.report_skipped(error.to_string()),
    };
    let is_in_labels = name.split('/').any(|part| part == "labels");
    if !is_in_labels && !content.trim().is_empty() && !is_label_text(&content) {
        // Data sets often have lists of pictures and notes next to the labels.
        return import.report_skipped(format!("{name}: not a label file"));
    }
    let mut imported = ImportedPicture {
        names: PictureNames::without_extension(file, picture_names(name, folder_in_root)),
        is_normalised: true,
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    read_lines(&content, name, description, &mut imported, import);
    let mut boxes = imported.boxes.iter();
    if boxes.any(|one| one.state == BoxState::Proposed) {
        imported.review = Some(ReviewState::Proposed);
    }
    import.add_labels(file, imported);
}

/// Paths, without extension, at which the picture of a label file may be: where data sets have it,
/// and where the project has it.
fn picture_names(label_file: &str, folder_in_root: Option<&str>) -> Vec<String> {
    let in_root = |path: &str| folder_in_root.map(|folder| paths::join(folder, path));
    let stem = paths::without_extension(label_file);
    let parts: Vec<&str> = stem.split('/').collect();
    let folders = &parts[..parts.len() - 1];
    let Some(at) = folders.iter().rposition(|part| *part == "labels") else {
        return in_root(stem).into_iter().chain([stem.to_owned()]).collect();
    };
    let mut in_images = parts.clone();
    in_images[at] = "images";
    let in_images = in_images.join("/");
    let after = &parts[at + 1..];
    let is_subset = |part: &str| ["train", "val", "valid", "test"].contains(&part);
    let own = match after {
        [first, rest @ ..] if !rest.is_empty() && is_subset(first) => rest,
        _ => after,
    };
    in_root(&in_images)
        .into_iter()
        .chain([own.join("/"), in_images])
        .collect()
}
