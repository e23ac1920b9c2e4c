//! Copies of picture files, and links to them.

use std::fs;
use std::io;
use std::path::Path;

use crate::files::folder_of;

/// Links a picture: a hard link, or a symbolic link where that is impossible.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    // A hard link to a relative symbolic link would point elsewhere.
    let from = from.canonicalize()?;
    fs::hard_link(&from, to).or_else(|_| symbolic_link(&from, to))
}

#[cfg(unix)]
fn symbolic_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn symbolic_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(from, to)
}

/// Copies a picture so that the copy appears whole or not at all.
pub(super) fn copy_whole(from: &Path, to: &Path) -> io::Result<()> {
    let temporary = tempfile::Builder::new()
        .prefix(".tsukami-")
        .tempfile_in(folder_of(to))?
        .into_temp_path();
    fs::copy(from, &temporary)?;
    temporary.persist(to).map_err(|error| error.error)
}
