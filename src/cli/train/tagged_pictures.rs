//! The tagged pictures to train on: from folders, a CSV file or a project.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use rayon::prelude::*;

use super::arguments::Arguments;
use crate::cli::plural::counted;
use crate::cli::project_access::open;
use crate::files::hash_file;
use crate::formats::tags;
use crate::learn::tags::TagSet;
use crate::pictures::{self, ScannedPicture};
use crate::store::Access;

/// The value of `--tags` for folder names.
const FOLDERS: &str = "folders";

/// All tagged pictures that `arguments` name.
///
/// # Errors
/// If a file cannot be read or no picture has a tag.
pub fn gather(arguments: &Arguments) -> anyhow::Result<TagSet> {
    let mut tags_of_pictures = Vec::new();
    if let (Some(folder), Some(tags)) = (&arguments.folder, &arguments.tags) {
        tags_of_pictures = if tags.as_os_str() == FOLDERS && !tags.exists() {
            from_folders(folder)?
        } else {
            from_csv(folder, tags)?
        };
    }
    if let Some(file) = &arguments.from_project {
        let project = open(file, Access::View)?;
        tags_of_pictures.extend(tags::from_document(project.document(), project.root()));
    }
    let mut set = TagSet::new(tags_of_pictures);
    leave_out_contradictions(&mut set);
    if set.pictures.is_empty() {
        bail!("no picture has a tag: tag some by folder, in a CSV file or in the window");
    }
    Ok(set)
}

fn from_folders(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<String>)>> {
    let scan = pictures::scan(&[folder.to_owned()]);
    for problem in &scan.problems {
        status!("warning: {problem}");
    }
    if let Some(note) = scan.skipped_exports_note() {
        status!("warning: {note}");
    }
    if scan.entries.is_empty() {
        bail!("no pictures found in {}", folder.display());
    }
    let is_flat = ScannedPicture::all_at_top_level(&scan.entries);
    let (tagged, untagged): (Vec<&ScannedPicture>, Vec<&ScannedPicture>) = scan
        .entries
        .iter()
        .partition(|entry| entry.class_folder(is_flat).is_some());
    if let Some(first) = untagged.first() {
        status!(
            "warning: left out because they are not in a folder of a class: {}, for example {}",
            counted(untagged.len(), "picture"),
            first.path.display()
        );
    }
    let tagged = tagged.into_iter().map(|entry| {
        let tag = entry.class_folder(is_flat).map(str::to_owned);
        (entry.path.clone(), tag.into_iter().collect())
    });
    Ok(tagged.collect())
}

fn from_csv(folder: &Path, file: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<String>)>> {
    let (lines, refused) = tags::read(file)?;
    for sentence in refused {
        status!("warning: {}: {sentence}", file.display());
    }
    let count = lines.len();
    let tagged = lines
        .into_iter()
        .map(|line| (folder.join(line.name), line.tags));
    let (found, missing): (Vec<_>, Vec<_>) = tagged.partition(|(path, _)| path.is_file());
    if let Some((first, _)) = missing.first() {
        let text = format!(
            "{} of {} in {} not found, for example {}; paths are relative to {}",
            missing.len(),
            counted(count, "picture"),
            file.display(),
            first.display(),
            folder.display()
        );
        if found.is_empty() {
            bail!("{text}");
        }
        status!("warning: {text}");
    }
    Ok(found)
}

/// Leaves out files with the same content and different tags: one of them must be wrong.
fn leave_out_contradictions(set: &mut TagSet) {
    let pictures = set.pictures.par_iter();
    // Unreadable files are reported later, when they are decoded.
    let hashes: Vec<Option<Box<str>>> = pictures
        .map(|picture| hash_file(&picture.path).ok())
        .collect();
    let mut by_content: HashMap<Box<str>, Vec<usize>> = HashMap::new();
    for (at, hash) in hashes.into_iter().enumerate() {
        if let Some(hash) = hash {
            by_content.entry(hash).or_default().push(at);
        }
    }
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut left_out: Vec<usize> = Vec::new();
    for same in by_content.into_values() {
        let tags = |at: &usize| &set.pictures[*at].classes;
        let other = same.iter().find(|at| tags(at) != tags(&same[0]));
        if let Some(other) = other {
            pairs.push((same[0], *other));
            left_out.extend(same);
        }
    }
    if let Some((first, other)) = pairs.iter().min() {
        let name = |at: usize| {
            let picture = &set.pictures[at];
            let tags: Vec<&str> = set.names(picture).collect();
            format!("{} ({})", picture.path.display(), tags.join(", "))
        };
        status!(
            "warning: left out because copies have different tags: {}, for example {} and {}",
            counted(pairs.len(), "picture"),
            name(*first),
            name(*other)
        );
    }
    let mut at = 0..;
    set.pictures
        .retain(|_| at.next().is_none_or(|at| !left_out.contains(&at)));
}
