//! Checks, before the work begins, that no output overwrites an input or another output.

use std::io;
use std::path::{Path, PathBuf};

use super::error::BulkError;
use super::job::BulkJob;
use super::journal::Journal;
use crate::files::{FileError, check_target, same_file};
use crate::pictures::ScannedPicture;

/// Refuses outputs that cannot be written, or that would overwrite an input or each other.
pub(super) fn check_targets(job: &BulkJob, pictures: &[ScannedPicture]) -> Result<(), BulkError> {
    let targets: Vec<&Path> = job
        .results
        .iter()
        .chain([&job.out])
        .map(PathBuf::as_path)
        .collect();
    for target in &targets {
        check_target(target)?;
        let inputs = pictures.iter().map(|picture| &picture.path);
        let inputs = inputs.filter(|path| path.file_name() == target.file_name());
        if inputs
            .chain(&job.paths)
            .any(|input| same_file(input, target))
        {
            return Err(BulkError::OverwritesInput(target.to_path_buf()));
        }
    }
    if let Some(folder) = &job.heatmaps
        && folder.exists()
        && !folder.is_dir()
    {
        let cause = io::Error::from(io::ErrorKind::NotADirectory);
        return Err(FileError::unwritable(folder)(cause).into());
    }
    if let [results, out] = targets[..]
        && (same_file(results, out) || same_file(results, &Journal::path_for(out)))
    {
        return Err(BulkError::OverwritesInput(out.to_owned()));
    }
    Ok(())
}
