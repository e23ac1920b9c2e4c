//! A copy of the project with the changes that could not be written to its file.

use std::fs;
use std::path::Path;

use super::change::QueuedOperation;
use crate::files::{normal, side_folder};
use crate::store::access::Access;
use crate::store::commit::Attempt;
use crate::store::error::StoreError;
use crate::store::new_file::{place, temporary_file, write_copy};
use crate::store::paths::RootPaths;
use crate::store::project::Project;

/// Saves a copy of the project under a new name, with these changes.
pub(super) fn save_copy(
    project: &Project,
    target: &Path,
    changes: &[QueuedOperation],
) -> Result<(), StoreError> {
    let target = normal(target);
    let names = RootPaths::new(&target, project.root())?;
    let temporary = temporary_file(&target)?;
    // From the open file: its path may lead elsewhere by now.
    let written = write_copy(&project.connection, project.path(), &temporary)
        .and_then(|()| place(temporary, &target));
    if written.is_err() {
        let _ = fs::remove_dir(side_folder(&target));
    }
    written?;
    let (mut copy, _) = Project::open(&target, Access::Edit)?;
    copy.write(|writer| writer.root(&names))?;
    append(&mut copy, changes)?;
    copy.close()
}

/// Adds changes to a project that has what they were made on.
pub(super) fn append_to(path: &Path, changes: &[QueuedOperation]) -> Result<(), StoreError> {
    let (mut copy, _) = Project::open(path, Access::Edit)?;
    append(&mut copy, changes)?;
    copy.close()
}

fn append(copy: &mut Project, changes: &[QueuedOperation]) -> Result<(), StoreError> {
    for change in changes {
        // Nobody else knows of it yet, so there is nothing to catch up with.
        if matches!(copy.attempt(&change.operation())?, Attempt::Behind) {
            let path = copy.path().to_path_buf();
            return Err(StoreError::Busy { path });
        }
    }
    Ok(())
}
