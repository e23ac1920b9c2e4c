//! Copies of picture files, and links to them.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::files::folder_of;

/// The number of bytes that are compared at once.
const COMPARED_BYTES: u64 = 1 << 20;

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

/// Whether two files have the same number of bytes. Links are followed.
pub(super) fn same_size(one: &Path, other: &Path) -> bool {
    let size = |path: &Path| fs::metadata(path).map(|metadata| metadata.len()).ok();
    size(one).is_some_and(|bytes| size(other) == Some(bytes))
}

/// Whether two files have the same bytes. Links are followed.
pub(super) fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let metadata = [one.metadata()?, other.metadata()?];
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (metadata[0].dev(), metadata[0].ino()) == (metadata[1].dev(), metadata[1].ino()) {
            return Ok(true);
        }
    }
    if metadata[0].len() != metadata[1].len() {
        return Ok(false);
    }
    let mut parts = [Vec::new(), Vec::new()];
    loop {
        parts.iter_mut().for_each(Vec::clear);
        io::Read::by_ref(&mut one)
            .take(COMPARED_BYTES)
            .read_to_end(&mut parts[0])?;
        io::Read::by_ref(&mut other)
            .take(COMPARED_BYTES)
            .read_to_end(&mut parts[1])?;
        if parts[0] != parts[1] {
            return Ok(false);
        }
        if parts[0].is_empty() {
            return Ok(true);
        }
    }
}
