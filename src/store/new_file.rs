//! A project file that appears whole, and never replaces another file. It is written to a temporary
//! file first, as every copy of a project is.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempPath;

use super::error::{Fault, StoreError, io_error};
use crate::files::{folder_of, place_new, side_folder};

/// What the name of a file ends in until it gets that of a project.
const SUFFIX: &str = "-creating";
/// The time after which nobody is at work on such a file any more.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// Whether a file in a side folder was left by a creation that was killed.
pub(super) fn is_left_by_creation(file: &fs::DirEntry) -> bool {
    let modified = file.metadata().and_then(|data| data.modified());
    let age = modified.ok().and_then(|modified| modified.elapsed().ok());
    file.file_name().to_string_lossy().ends_with(SUFFIX) && age.is_some_and(|age| age > MAX_AGE)
}

/// An empty temporary file for the project at `path`, in its side folder.
pub(super) fn temporary_file(path: &Path) -> Result<TempPath, StoreError> {
    let is_taken = |file: fs::Metadata| !file.is_file() || file.len() > 0;
    if fs::symlink_metadata(path).is_ok_and(is_taken) {
        let path = path.to_path_buf();
        return Err(StoreError::Exists { path });
    }
    let folder = side_folder(path);
    let made = match fs::create_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's umask decides who may read it, as for any other file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let builder = builder.prefix("new-").suffix(SUFFIX);
    let file = made.and_then(|()| builder.tempfile_in(&folder));
    let file = file.map_err(io_error(path, "created"))?;
    Ok(file.into_temp_path())
}

/// Writes everything in an open project to a temporary file, which is empty or does not exist, and waits
/// until it is on the disk. `path` is that of the project, for errors.
pub(super) fn write_copy(
    connection: &Connection,
    path: &Path,
    temporary: &Path,
) -> Result<(), StoreError> {
    let name = temporary.to_str().ok_or_else(|| StoreError::InvalidRoot {
        root: folder_of(temporary).to_path_buf(),
    })?;
    let written = connection.execute("VACUUM INTO ?1", [name]);
    written.map_err(|error| Fault::from(error).at(path))?;
    // `VACUUM INTO` does not wait for the disk.
    let synced = File::options().write(true).open(temporary);
    let synced = synced.and_then(|file| file.sync_all());
    synced.map_err(io_error(path, "written"))
}

/// Gives a file that was written whole, and is on the disk, the name of the project.
pub(super) fn place(temporary: TempPath, path: &Path) -> Result<(), StoreError> {
    place_new(temporary, path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Exists {
            path: path.to_path_buf(),
        },
        _ => io_error(path, "created")(error),
    })
}
