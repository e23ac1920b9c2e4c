//! How a run continues what an earlier one has done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::assembly::{PictureResult, split_by_picture};
use super::error::BulkError;
use super::info::RunInfo;
use super::job::BulkJob;
use super::journal::EarlierRun;
use crate::formats::FormatError;
use crate::formats::coco::Instances;

/// The pictures that need not be processed again, by name: none, unless the job is to resume.
///
/// # Errors
/// If there is an unfinished run that this one would destroy, or one that it cannot continue.
pub(super) fn completed_pictures(
    job: &BulkJob,
    journal: Option<EarlierRun>,
    info: &RunInfo,
    names: &BTreeSet<&str>,
) -> Result<BTreeMap<String, PictureResult>, BulkError> {
    if !job.resume {
        // A file of anything else may be overwritten, but not that of an interrupted run.
        let coco = read_coco_file(&job.out).ok().flatten();
        let coco = coco.filter(|earlier| earlier.info.is_interrupted());
        return match journal.or(coco) {
            None => Ok(BTreeMap::new()),
            Some(earlier) => Err(BulkError::Unfinished {
                path: earlier.path,
                done: earlier.pictures.len(),
            }),
        };
    }
    let coco = read_coco_file(&job.out)?;
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

/// The run that wrote a COCO file; `None` if there is no such file.
fn read_coco_file(out: &Path) -> Result<Option<EarlierRun>, FormatError> {
    if !out.exists() {
        return Ok(None);
    }
    let mut instances = Instances::read(out)?;
    Ok(Some(EarlierRun {
        path: out.to_owned(),
        info: std::mem::take(&mut instances.info).into(),
        pictures: split_by_picture(instances),
    }))
}
