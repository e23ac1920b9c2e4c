//! Scanning the folder of a project and updating the project.

use super::changes::FolderChanges;
use super::inspector::DiskInspector;
use super::picture_file::PictureFile;
use crate::pictures;
use crate::store::error::StoreError;
use crate::store::project::Project;

/// The number of pictures that a new project gets before the rest of the folder is read, so that
/// there is something to see at once.
const PREVIEW_PICTURES: usize = 16;

/// The result of rescanning the folder of a project.
#[derive(Debug, Default)]
pub struct RescanReport {
    /// The differences from the project before.
    pub changes: FolderChanges,
    /// What could not be read, one sentence each.
    pub problems: Vec<String>,
    /// A sentence about the folders that were skipped because they are exports.
    pub skipped_exports: Option<String>,
}

/// Updates a project to the pictures in its folder.
///
/// # Errors
/// If the project cannot be written, or another process changes the same pictures at the same time.
pub fn rescan(project: &mut Project) -> Result<RescanReport, StoreError> {
    rescan_with(project, || ())
}

/// As [`rescan`], calling `on_first` when an empty project has its first pictures.
///
/// # Errors
/// As for [`rescan`].
pub fn rescan_with(
    project: &mut Project,
    on_first: impl FnOnce(),
) -> Result<RescanReport, StoreError> {
    let scan = pictures::scan(&[project.root().to_owned()]);
    let mut problems: Vec<String> = scan.problems.iter().map(ToString::to_string).collect();
    let skipped_exports = scan.skipped_exports_note();
    let mut first_added = Vec::new();
    if project.document().pictures().len() == 0 {
        let first = scan.entries.iter().take(PREVIEW_PICTURES);
        let found: Vec<PictureFile> = first
            .filter_map(|entry| PictureFile::new(entry.name.clone(), &entry.path).ok())
            .collect();
        first_added = project.reconcile(&found, &mut DiskInspector)?.added;
        on_first();
    }
    let mut found = Vec::with_capacity(scan.entries.len());
    for entry in scan.entries {
        match PictureFile::new(entry.name, &entry.path) {
            Ok(picture) => found.push(picture),
            Err(error) => problems.push(format!("{}: {error}", entry.path.display())),
        }
    }
    let mut changes = project.reconcile(&found, &mut DiskInspector)?;
    changes.added.splice(0..0, first_added);
    problems.extend(changes.unreadable.iter().map(|(_, reason)| reason.clone()));
    Ok(RescanReport {
        changes,
        problems,
        skipped_exports,
    })
}
