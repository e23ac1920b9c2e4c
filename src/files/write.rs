//! A file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::error::FileError;
use super::paths::{folder_of, resolved};
use super::target::check_target;

/// Writes a file that appears whole or not at all, in the place of what was there: to a temporary
/// file in the same folder, flushed to the disk, which is then renamed.
///
/// A file that is replaced passes its permissions on. A link stays a link, and what it leads to is
/// replaced.
///
/// # Errors
/// If [`check_target`] refuses the path, `write` fails, or the system refuses. What was there
/// before is then unchanged.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    check_target(path)?;
    let target = resolved(path);
    let target = target.as_deref().unwrap_or(path);
    replace(target, write).map_err(without_temporary_name(path))
}

/// As [`write_whole`], but a link at `path` is replaced, and what it leads to is left alone.
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
    if let Ok(former) = fs::metadata(target) {
        // Whoever may not change the mode may still write the file.
        let _ = file.as_file().set_permissions(former.permissions());
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    sync_folder(folder);
    Ok(())
}

/// Brings a folder's list of names to the disk, so that a renamed file survives a power failure.
/// Some file systems cannot do this, and the file is in its place already, so a failure is no
/// error.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}
