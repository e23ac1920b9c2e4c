//! Opening a project on the command line, and printing notices about it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::exit_code::FAILED;
use super::plural::counted;
use crate::store::{self, Access, FolderChanges, OpenReport, Project, RescanReport};

/// The file of a project, which may be given by the folder of its pictures.
///
/// # Errors
/// If the folder has no project.
pub fn project_file(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    store::find_project(path).with_context(|| {
        let path = path.display();
        format!("{path} contains no project: create one with `tsukami project new {path}`")
    })
}

/// Opens a project by its file or its folder, and prints notices about it.
///
/// # Errors
/// If there is no project, or it cannot be opened.
pub fn open(path: &Path, access: Access) -> anyhow::Result<Project> {
    let (project, report) = Project::open(&project_file(path)?, access)?;
    print_notices(&report);
    Ok(project)
}

/// Reports how a project was opened.
pub fn print_notices(report: &OpenReport) {
    for notice in &report.notices {
        status!("note: {notice}");
    }
}

/// Updates a project to the pictures in its folder, and reports the changes. Returns what could not
/// be read, one sentence each.
///
/// # Errors
/// If the project cannot be written.
pub fn rescan(project: &mut Project) -> anyhow::Result<Vec<String>> {
    let report = store::rescan(project)?;
    print_rescan(&report);
    Ok(report.problems)
}

/// Reports what is different in the folder, without the problems.
pub fn print_rescan(report: &RescanReport) {
    print_changes(&report.changes);
    if let Some(note) = &report.skipped_exports {
        status!("note: {note}");
    }
}

fn print_changes(changes: &FolderChanges) {
    for (noun, names, rest) in [
        ("new picture", &changes.added, ""),
        ("missing picture", &changes.missing, " (boxes are kept)"),
        ("picture", &changes.found_again, " found again"),
        ("picture", &changes.changed, " with changed content"),
    ] {
        if !names.is_empty() {
            status!("{}{rest}", counted(names.len(), noun));
        }
    }
    for (from, to) in changes.renamed.iter().chain(&changes.displaced) {
        status!("{from} is now {to}");
    }
}

/// Reports what failed. Returns the exit code.
pub fn print_failures(failures: &[String]) -> u8 {
    for reason in failures {
        status!("failed: {reason}");
    }
    if failures.is_empty() { 0 } else { FAILED }
}
