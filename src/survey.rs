//! What has become of a project's folder: pictures that came, went, moved or changed.

use std::path::Path;

use rayon::prelude::*;

use crate::pictures::{self, PictureError};
use crate::store::{FileInspector, FolderChanges, PictureFile, Project, StoreError, hash_file};

/// Pictures that a new project gets before the rest of the folder is looked at, so that there is
/// something to see at once.
const PREVIEW_PICTURES: usize = 16;

/// What was found in the folder of a project.
#[derive(Debug, Default)]
pub struct RescanReport {
    /// What differs from what the project knew.
    pub changes: FolderChanges,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
}

/// Brings a project up to date with the pictures in its folder.
///
/// # Errors
/// If the project cannot be written, or another process changes the same pictures meanwhile.
pub fn refresh(project: &mut Project) -> Result<RescanReport, StoreError> {
    rescan_with(project, || ())
}

/// As [`refresh`], calling `on_first` when an empty project has got its first pictures.
///
/// # Errors
/// As for [`refresh`].
pub fn rescan_with(
    project: &mut Project,
    on_first: impl FnOnce(),
) -> Result<RescanReport, StoreError> {
    let scan = pictures::scan(&[project.root().to_owned()]);
    let mut problems: Vec<String> = scan.problems.iter().map(ToString::to_string).collect();
    let mut first_added = Vec::new();
    if project.document().pictures().len() == 0 {
        let first = scan.entries.iter().take(PREVIEW_PICTURES);
        let found: Vec<PictureFile> = first
            .filter_map(|entry| PictureFile::new(entry.name.clone(), &entry.path).ok())
            .collect();
        first_added = project.reconcile(&found, &mut Disk)?.added;
        on_first();
    }
    let mut found = Vec::with_capacity(scan.entries.len());
    for entry in scan.entries {
        match PictureFile::new(entry.name, &entry.path) {
            Ok(picture) => found.push(picture),
            Err(error) => problems.push(format!("{}: {error}", entry.path.display())),
        }
    }
    let mut changes = project.reconcile(&found, &mut Disk)?;
    changes.added.splice(0..0, first_added);
    problems.extend(changes.unreadable.iter().map(|(_, reason)| reason.clone()));
    Ok(RescanReport { changes, problems })
}

/// Reads files of the disk for the store, on all cores.
struct Disk;

impl FileInspector for Disk {
    fn hash(&mut self, files: &[&Path]) -> Vec<Result<Box<str>, String>> {
        let hash = |path: &&Path| {
            hash_file(path).map_err(|cause| {
                let path = path.to_path_buf();
                PictureError::Unreadable { path, cause }.to_string()
            })
        };
        files.par_iter().map(hash).collect()
    }

    fn measure(&mut self, files: &[&Path]) -> Vec<Result<[u32; 2], String>> {
        let measure = |path: &&Path| match pictures::probe(path) {
            Ok((width, height)) => Ok([width, height]),
            Err(error) => Err(error.to_string()),
        };
        files.par_iter().map(measure).collect()
    }
}
