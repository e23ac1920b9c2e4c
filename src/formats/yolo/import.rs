//! Reads a data set of label files.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::columns::Evidence;
use super::description::{Description, is_class_list, is_description};
use super::descriptions::Descriptions;
use super::labels::LabelFile;
use super::recognise::is_label_text;
use crate::document::{BoxState, ReviewState};
use crate::files::{folder_of, normal};
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
    let is_description = !path.is_dir() && is_description(path);
    let is_label_file = !path.is_dir() && !is_description && input::has_extension(path, "txt");
    let folder = if path.is_dir() { path } else { folder_of(path) };
    let is_given = !path.is_dir() && !is_label_file;
    let descriptions = Descriptions::read(folder, is_given.then_some(path), import)?;
    let files = if is_label_file {
        vec![path.to_owned()]
    } else {
        let named = if is_given {
            descriptions.named_label_files()
        } else {
            Vec::new()
        };
        if named.is_empty() {
            input::files_below(folder, |file| {
                input::has_extension(file, "txt") && !is_class_list(file)
            })?
        } else {
            named
        }
    };
    read_set(folder, files, descriptions, import);
    Ok(())
}

/// Reads label files; those of a folder belong together. Descriptions and lists of classes among them are
/// found without being given.
pub(in crate::formats) fn import_files(
    paths: &[PathBuf],
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let mut folders: BTreeMap<&Path, Vec<PathBuf>> = BTreeMap::new();
    let labels = paths.iter().filter(|path| {
        let is_other = is_description(path) || is_class_list(path);
        !is_other && input::has_extension(path, "txt")
    });
    for path in labels {
        folders
            .entry(folder_of(path))
            .or_default()
            .push(path.clone());
    }
    for (folder, files) in folders {
        let descriptions = Descriptions::read(folder, None, import)?;
        read_set(folder, files, descriptions, import);
    }
    Ok(())
}

/// Reads the label files of a set, which are in a folder or below it.
fn read_set(
    folder: &Path,
    files: Vec<PathBuf>,
    mut descriptions: Descriptions,
    import: &mut ImportBuilder<'_>,
) {
    if files.is_empty() {
        let chosen = descriptions.nearest(&folder.join("labels.txt"));
        descriptions.add_classes(chosen, import);
    }
    // The set of each description decides by itself what the columns of its files mean.
    let mut evidence: HashMap<Option<usize>, Evidence> = HashMap::new();
    let mut read = Vec::new();
    let mut folders_in_root = HashMap::new();
    for file in files {
        let chosen = descriptions.nearest(&file);
        let own = folder_of(&file);
        let in_root = folders_in_root
            .entry(own.to_owned())
            .or_insert_with(|| paths::relative_to(import.root, own));
        let names = picture_names(&file, folder, in_root.as_deref());
        let names = import.names_of_labels(&file, names);
        if let Some(one) = read_file(&file, folder, names, chosen, &mut descriptions, import) {
            let evidence = evidence.entry(chosen).or_default();
            one.labels.add_evidence(evidence);
            // Most files are clear, and their boxes take less memory than their lines.
            let is_open = one.labels.is_open();
            read.push(if is_open {
                one
            } else {
                one.decided(evidence, descriptions.get(chosen), import)
            });
        }
    }
    for mut one in read {
        if one.labels.is_open() {
            let evidence = evidence.entry(one.description).or_default();
            let description = descriptions.get(one.description);
            one = one.decided(evidence, description, import);
        }
        let mut imported = one.imported;
        let mut boxes = imported.boxes.iter();
        if boxes.any(|one| one.state == BoxState::Proposed) {
            imported.review = Some(ReviewState::Proposed);
        }
        import.pictures.push(imported);
    }
}

/// A label file that was read.
struct ReadFile {
    labels: LabelFile,
    imported: ImportedPicture,
    /// Which description serves it.
    description: Option<usize>,
}

impl ReadFile {
    /// With the boxes of its lines.
    fn decided(
        mut self,
        evidence: &Evidence,
        description: &Description,
        import: &mut ImportBuilder<'_>,
    ) -> Self {
        let labels = std::mem::take(&mut self.labels);
        labels.add_boxes(evidence, description, &mut self.imported, import);
        self
    }
}

/// Reads a label file of a data set. `None` if it is none.
fn read_file(
    file: &Path,
    folder: &Path,
    names: PictureNames,
    chosen: Option<usize>,
    descriptions: &mut Descriptions,
    import: &mut ImportBuilder<'_>,
) -> Option<ReadFile> {
    let name = name_in(file, folder);
    let content = match input::read_text(file, input::MAX_PICTURE_FILE_BYTES) {
        Ok(content) => content,
        Err(error) => {
            import.report_skipped(error.to_string());
            return None;
        }
    };
    let is_in_labels = below_labels(&name).is_some();
    if !is_in_labels && !content.trim().is_empty() && !is_label_text(&content) {
        // Data sets often have lists of pictures and notes next to the labels.
        import.report_change(format!("{name}: passed over, because it has no labels"));
        return None;
    }
    descriptions.add_classes(chosen, import);
    let mut imported = ImportedPicture {
        names,
        is_normalised: true,
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    let description = descriptions.get(chosen);
    let labels = LabelFile::read(&content, &name, description, &mut imported, import);
    Some(ReadFile {
        labels,
        imported,
        description: chosen,
    })
}

/// The path of a label file in messages: below the folder that is imported.
fn name_in(file: &Path, folder: &Path) -> String {
    let file = normal(file);
    let below = file.strip_prefix(normal(folder));
    let name = below.unwrap_or(&file).to_string_lossy();
    name.replace('\\', "/")
}

/// Paths, without extension, at which the picture of a label file may be: where data sets have it,
/// and where the project has it.
fn picture_names(file: &Path, folder: &Path, in_root: Option<&str>) -> PictureNames {
    let name = name_in(file, folder);
    let stem = paths::without_extension(&name);
    let own_name = paths::file_name(stem);
    let in_root = in_root.map(|folder| paths::join(folder, own_name));
    let mut candidates: Vec<String> = Vec::new();
    candidates.extend(in_root.as_deref().and_then(in_images));
    if let Some(below) = below_labels(stem) {
        candidates.push(below);
    }
    candidates.extend(in_images(stem));
    if candidates.is_empty() {
        candidates.extend(in_root);
        candidates.push(stem.to_owned());
    }
    candidates.retain(|name| !name.starts_with('/'));
    PictureNames::without_extension(file, candidates)
}

/// The path with `images` for the last `labels`.
fn in_images(stem: &str) -> Option<String> {
    let mut parts: Vec<&str> = stem.split('/').collect();
    let at = labels_folder(&parts)?;
    parts[at] = "images";
    Some(parts.join("/"))
}

/// Which part of a path is the folder `labels`. A picture may have this name, too.
fn labels_folder(parts: &[&str]) -> Option<usize> {
    let (_, folders) = parts.split_last()?;
    folders.iter().rposition(|part| *part == "labels")
}

/// The path below `labels` and the folder of a subset.
fn below_labels(stem: &str) -> Option<String> {
    let parts: Vec<&str> = stem.split('/').collect();
    let at = labels_folder(&parts)?;
    let after = &parts[at + 1..];
    let is_subset = |part: &str| ["train", "val", "valid", "test"].contains(&part);
    let own = match after {
        [first, rest @ ..] if !rest.is_empty() && is_subset(first) => rest,
        _ => after,
    };
    Some(own.join("/"))
}
