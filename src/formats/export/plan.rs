//! What an export would write: found by going through all of it without touching the disk, so that a
//! person sees it before it happens. It is the same code that writes.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::report::ExportReport;
use crate::files::EXPORT_MARKER;
use crate::formats::error::FormatError;
use crate::formats::limits::Losses;

/// The bytes of a file that are made between two questions whether the plan is still wanted.
const CHUNK_BYTES: usize = 1 << 16;

/// What an export would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportPlan {
    /// What the export would report. Only that files of an earlier export are removed is
    /// [elsewhere](Self::removed).
    pub report: ExportReport,
    /// The files, in the order in which they would be written.
    pub files: Vec<PlannedFile>,
    /// The paths of the files of an earlier export that would be removed, relative to the folder, with `/`.
    pub removed: Vec<String>,
    /// Each class of the project in the person's order, with the number of its boxes that would be
    /// written if all classes were; for tags, that of its pictures.
    pub classes: Vec<(String, usize)>,
    /// What the format cannot hold of what would be exported.
    pub losses: Losses,
}

/// A file that an export would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its path relative to the folder of the export, with `/`. A single file has its own name.
    pub path: String,
    /// Its size in bytes; 0 for the marker of the folder, which depends on the others.
    pub bytes: u64,
    /// Whether it is a copy of a picture, or a link to one.
    pub is_picture: bool,
    /// What happens to a file of that name.
    pub change: FileChange,
}

impl PlannedFile {
    /// The marker of the folder `out`.
    pub(super) fn marker(out: &Path) -> Self {
        Self {
            path: EXPORT_MARKER.to_owned(),
            bytes: 0,
            is_picture: false,
            change: change_of(&out.join(EXPORT_MARKER)),
        }
    }
}

/// What an export does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// There is none yet.
    New,
    /// It is replaced.
    Replaced,
    /// It is a copy of the same picture already, by its size, and stays.
    Kept,
}

/// Records what a writer would write.
pub(in crate::formats) struct PlanRecorder<'a> {
    pub files: Vec<PlannedFile>,
    is_cancelled: &'a dyn Fn() -> bool,
}

impl<'a> PlanRecorder<'a> {
    pub fn new(is_cancelled: &'a dyn Fn() -> bool) -> Self {
        let files = Vec::new();
        Self {
            files,
            is_cancelled,
        }
    }

    /// Records a file whose content `write` makes.
    pub fn record(
        &mut self,
        name: &str,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FormatError> {
        let counter = ByteCounter {
            bytes: 0,
            is_cancelled: self.is_cancelled,
        };
        let mut counter = BufWriter::with_capacity(CHUNK_BYTES, counter);
        write(&mut counter).map_err(FormatError::unwritable(path))?;
        let counter = counter.into_inner().map_err(io::IntoInnerError::into_error);
        let bytes = counter.map_err(FormatError::unwritable(path))?.bytes;
        self.add(name, path, bytes, false, change_of(path));
        Ok(())
    }

    /// Records a copy of a picture.
    pub fn record_picture(
        &mut self,
        name: &str,
        path: &Path,
        original: &Path,
        is_same: bool,
    ) -> Result<(), FormatError> {
        let metadata = original.metadata();
        let bytes = metadata.map_err(FormatError::unreadable(original))?.len();
        if (self.is_cancelled)() {
            return Err(FormatError::malformed(path, CANCELLED));
        }
        let change = match is_same {
            true => FileChange::Kept,
            false => change_of(path),
        };
        self.add(name, path, bytes, true, change);
        Ok(())
    }

    fn add(&mut self, name: &str, path: &Path, bytes: u64, is_picture: bool, change: FileChange) {
        let own_name = || path.file_name().unwrap_or_default().to_string_lossy();
        self.files.push(PlannedFile {
            path: match name {
                "" => own_name().into_owned(),
                name => name.to_owned(),
            },
            bytes,
            is_picture,
            change,
        });
    }
}

const CANCELLED: &str = "the plan of the export is not wanted any more";

fn change_of(path: &Path) -> FileChange {
    match path.symlink_metadata().is_ok() {
        true => FileChange::Replaced,
        false => FileChange::New,
    }
}

/// Counts what is written, as long as it is wanted.
struct ByteCounter<'a> {
    bytes: u64,
    is_cancelled: &'a dyn Fn() -> bool,
}

impl Write for ByteCounter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.is_cancelled)() {
            return Err(io::Error::other(CANCELLED));
        }
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
