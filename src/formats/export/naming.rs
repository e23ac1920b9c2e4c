//! Subsets and file names of the pictures in an export.

use std::collections::HashSet;

use super::options::{ExportOptions, PictureFiles};
use super::split::Subset;
use crate::document::Picture;
use crate::formats::format::Format;
use crate::formats::paths;

/// Folders that a data set of COCO has.
const LAYOUT_FOLDERS: [&str; 6] = ["annotations", "images", "train", "val", "valid", "test"];

/// A picture of an export.
#[derive(Clone, Debug)]
pub(in crate::formats) struct ExportedPicture<'a> {
    pub picture: &'a Picture,
    pub subset: Subset,
    /// Its path in the export, below the folder of its subset.
    pub name: String,
}

impl<'a> ExportedPicture<'a> {
    /// A picture whose file is not in the export, so that it keeps its own name.
    pub(in crate::formats) fn without_file(picture: &'a Picture, options: &ExportOptions) -> Self {
        Self {
            picture,
            subset: subset_of(picture, options),
            name: picture.path.to_string(),
        }
    }
}

fn subset_of(picture: &Picture, options: &ExportOptions) -> Subset {
    let split = options.split;
    split.map_or(Subset::Train, |split| split.subset(&picture.path))
}

/// Assigns each picture its subset and a name that no other picture or label file has, even on
/// a system that ignores case. Folders are kept.
pub(in crate::formats) fn name_pictures<'a>(
    pictures: impl Iterator<Item = &'a Picture>,
    options: &ExportOptions,
) -> Vec<ExportedPicture<'a>> {
    let has_label_files = matches!(options.format, Format::Yolo | Format::Voc | Format::LabelMe);
    let mut taken = HashSet::new();
    pictures
        .map(|picture| {
            let subset = subset_of(picture, options);
            let mut name = picture.path.to_string();
            if options.format == Format::Yolo {
                // Readers find the labels by replacing the last `images` in the path by `labels`, and
                // some the pictures the other way round.
                let parts = name.split('/').map(|part| match part {
                    "images" | "labels" => format!("{part}_"),
                    part => part.to_owned(),
                });
                name = parts.collect::<Vec<_>>().join("/");
            }
            if options.format == Format::Coco && options.files != PictureFiles::Leave {
                name = without_layout_folder(name);
            }
            if has_label_files {
                name = free_name(&mut taken, name, |name| paths::without_extension(name));
            } else if options.files != PictureFiles::Leave {
                name = free_name(&mut taken, name, |name| name);
            }
            ExportedPicture {
                picture,
                subset,
                name,
            }
        })
        .collect()
}

/// The name of a copy whose first folder is not one of the export's own. Readers of COCO look for
/// `images/a.jpg` in the folder of the data set as well, where that is the copy of `a.jpg`.
fn without_layout_folder(name: String) -> String {
    match name.split_once('/') {
        Some((first, rest)) if LAYOUT_FOLDERS.contains(&first) => format!("{first}_/{rest}"),
        _ => name,
    }
}

/// The name itself, or with a number if its key is taken.
fn free_name(taken: &mut HashSet<String>, name: String, key: fn(&str) -> &str) -> String {
    if taken.insert(key(&name).to_lowercase()) {
        return name;
    }
    let stem = paths::without_extension(&name);
    let extension = &name[stem.len()..];
    let mut numbered = (2_u32..).map(|number| format!("{stem}_{number}{extension}"));
    numbered
        .find(|name| taken.insert(key(name).to_lowercase()))
        .unwrap_or_default()
}
