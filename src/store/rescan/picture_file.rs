//! A picture file in the folder, with its size and time.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// What shows that a file has changed without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileStamp {
    /// The size in bytes.
    pub size: u64,
    /// The time of the last write, in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl FileStamp {
    /// Whether it distinguishes files that were written within the same second.
    pub(super) fn is_fine(self) -> bool {
        self.modified_ns % 1_000_000_000 != 0
    }
}

/// A picture file in the folder of the pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFile {
    /// Its path relative to the folder of the pictures, with `/`.
    pub name: String,
    /// The path at which it can be opened.
    pub path: PathBuf,
    /// Its size and time.
    pub stamp: FileStamp,
}

impl PictureFile {
    /// A file found by a scan. Its size and time are read from the disk.
    ///
    /// # Errors
    /// If the file no longer exists or cannot be reached.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let data = fs::metadata(&path)?;
        let modified = data.modified()?;
        let nanos = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        };
        let stamp = FileStamp {
            size: data.len(),
            modified_ns: nanos,
        };
        let name = name.into();
        Ok(Self { name, path, stamp })
    }
}
