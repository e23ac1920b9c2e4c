//! What an earlier export left in a folder: files that would put a picture into two subsets, and files
//! that this export does not write again.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::naming::ExportedPicture;
use super::options::ExportOptions;
use super::originals::OriginalPictures;
use super::split::Subset;
use crate::formats::error::FormatError;
use crate::formats::format::{FolderLayout, Format};
use crate::formats::{input, paths};

/// Refuses a folder that has one of the pictures, or its labels, in another subset, where no export
/// has listed it: the same picture would be in two subsets.
pub(super) fn refuse_other_subsets(
    out: &Path,
    options: &ExportOptions,
    pictures: &[ExportedPicture<'_>],
    listed: &BTreeMap<String, Option<String>>,
) -> Result<(), FormatError> {
    let has_subsets = options.split.is_some()
        || options.format == Format::Yolo
        || options.layout == FolderLayout::Roboflow;
    if !has_subsets {
        return Ok(());
    }
    let files = input::files_below(out, |_| true)?;
    let present: HashSet<String> = files
        .iter()
        .filter_map(|file| paths::relative_to(out, file))
        .filter(|file| !listed.contains_key(file))
        .map(|file| paths::without_extension(&file).to_owned())
        .collect();
    if present.is_empty() {
        return Ok(());
    }
    let own = |one: &ExportedPicture<'_>| one.subset.name(options.layout);
    let written: HashSet<String> = pictures
        .iter()
        .flat_map(|one| places(own(one), &one.name))
        .collect();
    let names = Subset::ALL.into_iter().flat_map(|subset| {
        let layouts = FolderLayout::ALL.into_iter();
        layouts.map(move |layout| subset.name(layout))
    });
    let names: HashSet<&str> = names.collect();
    for one in pictures {
        let others = names.iter().filter(|name| **name != own(one));
        let mut theirs = others.flat_map(|name| places(name, &one.name));
        if let Some(place) =
            theirs.find(|place| present.contains(place) && !written.contains(place))
        {
            let reason = format!(
                "{} would be in two subsets, because {place} is here from another export; choose a \
                 new folder, or remove it",
                one.picture.path
            );
            return Err(FormatError::malformed(out, reason));
        }
    }
    Ok(())
}

/// Where a subset has a picture or its labels, in the layouts of all formats, without extension.
fn places(subset: &str, name: &str) -> [String; 5] {
    let stem = paths::without_extension(name);
    [
        format!("{subset}/{stem}"),
        format!("images/{subset}/{stem}"),
        format!("labels/{subset}/{stem}"),
        format!("{subset}/images/{stem}"),
        format!("{subset}/labels/{stem}"),
    ]
}

/// Whether a file of a folder may be removed: a picture of the project stays, as does what a link has
/// moved out of the folder.
pub(super) fn is_removable(out: &Path, relative: &str, originals: &OriginalPictures<'_>) -> bool {
    let path = out.join(relative);
    let folder = path.parent().unwrap_or(out);
    let is_inside = paths::relative_to(out, folder).is_some();
    let is_file = path.symlink_metadata().is_ok_and(|found| !found.is_dir());
    is_inside && is_file && originals.refuse_overwriting(&path).is_ok()
}

/// Removes the files of a folder that [may be removed](is_removable), and the folders that are empty
/// without them. Returns their number.
pub(super) fn remove_files<'a>(
    out: &Path,
    files: impl Iterator<Item = &'a String>,
    originals: &OriginalPictures<'_>,
) -> Result<usize, FormatError> {
    let mut removed = 0;
    let mut emptied = HashSet::new();
    for relative in files.filter(|file| is_removable(out, file, originals)) {
        let path = out.join(relative);
        fs::remove_file(&path).map_err(FormatError::unwritable(&path))?;
        removed += 1;
        emptied.insert(path.parent().unwrap_or(out).to_owned());
    }
    for folder in emptied {
        remove_empty(out, folder);
    }
    Ok(removed)
}

/// Removes a folder and those around it up to `out`, as far as they are empty.
fn remove_empty(out: &Path, mut folder: PathBuf) {
    while folder != out && fs::remove_dir(&folder).is_ok() && folder.pop() {}
}
