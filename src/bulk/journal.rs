//! What a run has done so far, so that neither a kill nor a careless second run loses it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::assembly::{PictureResult, split_by_picture};
use super::{BulkError, BulkJob, differences};
use crate::formats::FormatError;
use crate::formats::coco::Instances;

/// What a run has done so far, a JSON line each: first the settings, then a picture a line. The
/// file is locked while the run goes on, so that no second run writes the same.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes up to the end of the last whole line.
    whole: u64,
    /// Names of the pictures in it.
    held: BTreeSet<String>,
}

impl Journal {
    /// Opens or makes the journal of `out`, and reads what an earlier run left in it; a last line
    /// that was cut short is left out.
    pub fn open(out: &Path) -> Result<(Self, Option<Left>), BulkError> {
        let path = Self::path_for(out);
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options
            .open(&path)
            .map_err(FormatError::unwritable(&path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(BulkError::Busy(out.to_owned())),
            // A file system without locks: the rest works all the same.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let mut journal = Self {
            path,
            file,
            whole: 0,
            held: BTreeSet::new(),
        };
        let left = journal.read()?;
        Ok((journal, left))
    }

    /// Where the journal of `out` lies.
    pub fn path_for(out: &Path) -> PathBuf {
        let mut path = out.as_os_str().to_owned();
        path.push(".journal");
        path.into()
    }

    fn read(&mut self) -> Result<Option<Left>, FormatError> {
        let mut bytes = Vec::new();
        let read = self.file.read_to_end(&mut bytes);
        read.map_err(FormatError::unreadable(&self.path))?;
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let Some(first) = lines.next().filter(|line| line.ends_with(b"\n")) else {
            return Ok(None);
        };
        let info = serde_json::from_slice(first)
            .map_err(|_| FormatError::malformed(&self.path, "it is no journal; delete it"))?;
        self.whole = first.len() as u64;
        let mut done = BTreeMap::new();
        for line in lines.take_while(|line| line.ends_with(b"\n")) {
            let Ok(picture) = serde_json::from_slice::<PictureResult>(line) else {
                break;
            };
            self.whole += line.len() as u64;
            self.held.insert(picture.image.file_name.clone());
            done.insert(picture.image.file_name.clone(), picture);
        }
        let path = self.path.clone();
        Ok((!done.is_empty()).then_some(Left { path, info, done }))
    }

    /// Begins, or goes on behind what is there, which is never rewritten: a kill in the middle
    /// would lose it.
    pub fn begin<'a>(
        &mut self,
        info: &Map<String, Value>,
        done: impl Iterator<Item = &'a PictureResult>,
    ) -> Result<(), FormatError> {
        let write = || {
            self.file.set_len(self.whole)?;
            self.file.seek(SeekFrom::End(0))?;
            let mut lines = Vec::new();
            if self.whole == 0 {
                serde_json::to_writer(&mut lines, info)?;
                lines.push(b'\n');
            }
            for picture in done.filter(|picture| !self.held.contains(&picture.image.file_name)) {
                serde_json::to_writer(&mut lines, picture)?;
                lines.push(b'\n');
            }
            self.file.write_all(&lines)
        };
        write().map_err(FormatError::unwritable(&self.path))
    }

    pub fn append(&mut self, picture: &PictureResult) -> Result<(), FormatError> {
        // One write a line, so that a kill leaves whole lines and at most one cut one.
        let mut line = serde_json::to_vec(picture)
            .map_err(|error| FormatError::unwritable(&self.path)(error.into()))?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .map_err(FormatError::unwritable(&self.path))
    }

    /// Leaves no trace of a run that could not start. Failing that is no more than untidy.
    pub fn remove_if_empty(self) {
        if self
            .file
            .metadata()
            .is_ok_and(|metadata| metadata.len() == 0)
        {
            let _ = fs::remove_file(&self.path);
        }
    }

    pub fn remove(self) -> Result<(), FormatError> {
        fs::remove_file(&self.path).map_err(FormatError::unwritable(&self.path))
    }
}
/// What an earlier run left: in its journal after a kill, in its COCO file otherwise.
pub(super) struct Left {
    path: PathBuf,
    info: Map<String, Value>,
    done: BTreeMap<String, PictureResult>,
}

impl Left {
    /// What a COCO file holds; nothing if there is none.
    fn in_coco(out: &Path) -> Result<Option<Self>, FormatError> {
        if !out.exists() {
            return Ok(None);
        }
        let instances = Instances::read(out)?;
        Ok(Some(Self {
            path: out.to_owned(),
            info: instances.info.clone(),
            done: split_by_picture(instances),
        }))
    }
}
/// What need not be done again, by name: nothing, unless the job is told to go on.
///
/// # Errors
/// An unfinished run that this one would undo, or one that it does not continue.
pub(super) fn completed_pictures(
    job: &BulkJob,
    journal: Option<Left>,
    info: &Map<String, Value>,
    names: &BTreeSet<&str>,
) -> Result<BTreeMap<String, PictureResult>, BulkError> {
    if !job.resume {
        // A file of something else may be written over; an interrupted run's may not.
        let coco = Left::in_coco(&job.out).ok().flatten();
        let coco = coco.filter(|left| left.info.contains_key("interrupted"));
        return match journal.or(coco) {
            None => Ok(BTreeMap::new()),
            Some(left) => Err(BulkError::Unfinished {
                path: left.path,
                done: left.done.len(),
            }),
        };
    }
    let mut done = BTreeMap::new();
    for left in Left::in_coco(&job.out)?.into_iter().chain(journal) {
        if let Some(differences) = differences(&left.info, info) {
            return Err(BulkError::OtherSettings {
                path: left.path,
                differences,
            });
        }
        if !left.done.is_empty() && !left.done.keys().any(|name| names.contains(name.as_str())) {
            return Err(BulkError::OtherPictures {
                path: left.path,
                done: left.done.len(),
            });
        }
        done.extend(left.done);
    }
    done.retain(|name, _| names.contains(name.as_str()));
    Ok(done)
}
