//! The finished pictures of a run on disk, so that little is lost if it is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::assembly::PictureResult;
use super::error::BulkError;
use super::info::RunInfo;
use crate::files::FileError;
use crate::formats::FormatError;

/// The pictures that a run has done so far, in lines of JSON: first the settings, then one line
/// per picture. The file is locked during the run, so that no second run writes the same output.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Length in bytes up to the end of the last complete line.
    complete_bytes: u64,
    /// Names of the pictures in it.
    names: BTreeSet<String>,
}

/// The result of an earlier run: in its journal if it was killed, otherwise in its COCO file.
pub(super) struct EarlierRun {
    /// The journal or the COCO file.
    pub path: PathBuf,
    pub info: RunInfo,
    /// The finished pictures by name.
    pub pictures: BTreeMap<String, PictureResult>,
}

impl Journal {
    /// Opens or makes the journal of `out`, and reads what an earlier run wrote, without a last
    /// line that is incomplete.
    pub fn open(out: &Path) -> Result<(Self, Option<EarlierRun>), BulkError> {
        let path = Self::path_for(out);
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(FileError::unwritable(&path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(BulkError::Busy(out.to_owned())),
            // On a file system without locks everything else still works.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let mut journal = Self {
            path,
            file,
            complete_bytes: 0,
            names: BTreeSet::new(),
        };
        let content = journal.read()?;
        Ok((journal, content))
    }

    /// The path of the journal of `out`.
    pub fn path_for(out: &Path) -> PathBuf {
        let mut path = out.as_os_str().to_owned();
        path.push(".journal");
        path.into()
    }

    fn read(&mut self) -> Result<Option<EarlierRun>, FormatError> {
        let mut bytes = Vec::new();
        let read = self.file.read_to_end(&mut bytes);
        read.map_err(FileError::unreadable(&self.path))?;
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let Some(first) = lines.next().filter(|line| line.ends_with(b"\n")) else {
            return Ok(None);
        };
        let info = serde_json::from_slice(first)
            .map_err(|_| FormatError::malformed(&self.path, "not a journal; delete the file"))?;
        self.complete_bytes = first.len() as u64;
        let mut pictures = BTreeMap::new();
        for line in lines.take_while(|line| line.ends_with(b"\n")) {
            let Ok(picture) = serde_json::from_slice::<PictureResult>(line) else {
                break;
            };
            self.complete_bytes += line.len() as u64;
            self.names.insert(picture.image.file_name.clone());
            pictures.insert(picture.image.file_name.clone(), picture);
        }
        let path = self.path.clone();
        Ok((!pictures.is_empty()).then_some(EarlierRun {
            path,
            info,
            pictures,
        }))
    }

    /// Begins a run, or continues after the existing lines. Complete lines are never rewritten, since
    /// a kill in between would lose them.
    pub fn begin<'a>(
        &mut self,
        info: &RunInfo,
        done: impl Iterator<Item = &'a PictureResult>,
    ) -> Result<(), FileError> {
        let write = || {
            self.file.set_len(self.complete_bytes)?;
            self.file.seek(SeekFrom::End(0))?;
            let mut lines = Vec::new();
            if self.complete_bytes == 0 {
                serde_json::to_writer(&mut lines, info)?;
                lines.push(b'\n');
            }
            let missing = done.filter(|picture| !self.names.contains(&picture.image.file_name));
            for picture in missing {
                serde_json::to_writer(&mut lines, picture)?;
                lines.push(b'\n');
            }
            self.file.write_all(&lines)
        };
        write().map_err(FileError::unwritable(&self.path))
    }

    /// Adds a picture.
    pub fn append(&mut self, picture: &PictureResult) -> Result<(), FileError> {
        // One write per line, so that a kill leaves complete lines and at most one cut off.
        let mut line = serde_json::to_vec(picture)
            .map_err(|error| FileError::unwritable(&self.path)(error.into()))?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .map_err(FileError::unwritable(&self.path))
    }

    /// Removes the journal of a run that could not start. A failure does no harm.
    pub fn remove_if_empty(self) {
        if self
            .file
            .metadata()
            .is_ok_and(|metadata| metadata.len() == 0)
        {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Removes the journal at the end of a run.
    pub fn remove(self) -> Result<(), FileError> {
        fs::remove_file(&self.path).map_err(FileError::unwritable(&self.path))
    }
}
