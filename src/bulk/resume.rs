//! How a run continues what an earlier one has done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::assembly::{PictureResult, split_by_picture};
use super::error::BulkError;
use super::info::RunInfo;
use super::job::BulkJob;
use super::journal::JournalContent;
use crate::formats::FormatError;
use crate::formats::coco::Instances;

/// What an earlier run has done: in its journal if it was killed, otherwise in its COCO file.
struct EarlierRun {
    path: PathBuf,
    info: RunInfo,
    pictures: BTreeMap<String, PictureResult>,
}

impl EarlierRun {
    /// The run that wrote a COCO file; `None` if there is no such file.
    fn of_coco_file(out: &Path) -> Result<Option<Self>, FormatError> {
        if !out.exists() {
            return Ok(None);
        }
        let instances = Instances::read(out)?;
        Ok(Some(Self {
            path: out.to_owned(),
            info: instances.info.clone().into(),
            pictures: split_by_picture(instances),
        }))
    }
}

impl From<JournalContent> for EarlierRun {
    fn from(journal: JournalContent) -> Self {
        let JournalContent {
            path,
            info,
            pictures,
        } = journal;
        Self {
            path,
            info,
            pictures,
        }
    }
}

/// The pictures that need not be processed again, by name: none, unless the job is to resume.
///
/// # Errors
/// If there is an unfinished run that this one would destroy, or one that it cannot continue.
pub(super) fn completed_pictures(
    job: &BulkJob,
    journal: Option<JournalContent>,
    info: &RunInfo,
    names: &BTreeSet<&str>,
) -> Result<BTreeMap<String, PictureResult>, BulkError> {
    let journal = journal.map(EarlierRun::from);
    if !job.resume {
        // A file of anything else may be overwritten, but not that of an interrupted run.
        let coco = EarlierRun::of_coco_file(&job.out).ok().flatten();
        let coco = coco.filter(|earlier| earlier.info.is_interrupted());
        return match journal.or(coco) {
            None => Ok(BTreeMap::new()),
            Some(earlier) => Err(BulkError::Unfinished {
                path: earlier.path,
                done: earlier.pictures.len(),
            }),
        };
    }
    let coco = EarlierRun::of_coco_file(&job.out)?;
    let mut done = BTreeMap::new();
    for earlier in coco.into_iter().chain(journal) {
        let EarlierRun {
            path,
            info: before,
            pictures,
        } = earlier;
        if let Some(differences) = before.differences(info) {
            return Err(BulkError::OtherSettings { path, differences });
        }
        if !pictures.is_empty() && !pictures.keys().any(|name| names.contains(name.as_str())) {
            let done = pictures.len();
            return Err(BulkError::OtherPictures { path, done });
        }
        done.extend(pictures);
    }
    done.retain(|name, _| names.contains(name.as_str()));
    Ok(done)
}
