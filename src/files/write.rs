//! A file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::TempPath;

use super::error::FileError;
use super::paths::{folder_of, resolved};
use super::target::check_target;

/// Writes a file that appears whole or not at all. It is written to a temporary file in the same
/// folder and flushed to the disk, and then replaces the file at `path`, if there is one.
///
/// The permissions of a file that is replaced are kept. A link stays a link, and what it leads to is
/// replaced.
///
/// # Errors
/// If [`check_target`] refuses the path, `write` fails, or the system refuses. The previous
/// content is then unchanged.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    check_target(path)?;
    let target = resolved(path);
    let target = target.as_deref().unwrap_or(path);
    replace(target, write).map_err(without_temporary_name(path))
}

/// As [`write_whole`], but a link at `path` is replaced, and what it leads to does not change.
///
/// # Errors
/// As for [`write_whole`].
pub fn replace_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    check_target(path)?;
    replace(path, write).map_err(without_temporary_name(path))
}

/// The system's own words, without the name of the temporary file, which means nothing to the
/// person.
fn without_temporary_name(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    move |cause| {
        let plain = cause.raw_os_error().map(io::Error::from_raw_os_error);
        FileError::unwritable(path)(plain.unwrap_or(cause))
    }
}

fn replace(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's umask decides who may read a new file, as for any other file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let folder = folder_of(target);
    let file = builder.prefix(".tsukami-").tempfile_in(folder)?;
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    let file = buffered
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    #[cfg(unix)]
    if let Ok(former) = fs::symlink_metadata(target)
        && former.is_file()
    {
        // If the mode cannot be changed, the file is still written.
        let _ = file.as_file().set_permissions(former.permissions());
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    sync_folder(folder);
    Ok(())
}

/// Gives a file that was written whole its name, unless there is a file of this name. Of two programs
/// that do this at once, one succeeds. An empty file counts as none, since a crash of an earlier
/// version may have left it.
///
/// # Errors
/// If there is a file ([`io::ErrorKind::AlreadyExists`]), or the system refuses. The temporary file is
/// then deleted.
pub fn place_new(temporary: TempPath, target: &Path) -> io::Result<()> {
    if let Err(failed) = temporary.persist_noclobber(target) {
        match failed.error.kind() {
            io::ErrorKind::AlreadyExists => {}
            io::ErrorKind::NotFound | io::ErrorKind::StorageFull => return Err(failed.error),
            // Some file systems, such as exFAT, have no links. An empty file reserves the name.
            _ => drop(File::create_new(target)?),
        }
        replace_empty(failed.path, target)?;
    }
    sync_folder(folder_of(target));
    Ok(())
}

/// Replaces an empty file. Its lock makes sure that two programs do not replace it both.
fn replace_empty(temporary: TempPath, target: &Path) -> io::Result<()> {
    let is_empty = || {
        let file = fs::symlink_metadata(target);
        file.is_ok_and(|file| file.is_file() && file.len() == 0)
    };
    let exists = || io::Error::from(io::ErrorKind::AlreadyExists);
    if !is_empty() {
        return Err(exists());
    }
    let former = File::options().write(true).open(target)?;
    // Without locks, nothing better can be done.
    let _ = former.lock();
    if !is_empty() {
        return Err(exists());
    }
    temporary.persist(target).map_err(|failed| failed.error)
}

/// Brings a folder's list of names to the disk, so that a renamed file survives a power failure.
/// Some file systems cannot do this, and the file is already in its place, so a failure is ignored.
pub fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}
