//! The files of runs over parts of a set into the file of one run over the whole set.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::assembly::{PictureResult, assemble, split_by_picture};
use super::error::BulkError;
use super::info::RunInfo;
use crate::formats::coco::{Category, Instances};

/// The number of missing shards that are named.
const MAX_NAMED_SHARDS: usize = 8;

/// Joins the files that runs over parts of a set have written, with the ids of one run over the
/// whole set.
///
/// # Errors
/// If a file cannot be read or comes from an interrupted run, a shard is missing, two files have
/// the same picture, or they were made with different settings.
pub fn merge(paths: &[PathBuf]) -> Result<Instances, BulkError> {
    let mut first: Option<(&Path, RunInfo)> = None;
    let mut categories: BTreeMap<u64, Category> = BTreeMap::new();
    let mut pictures = BTreeMap::new();
    let mut failed = BTreeSet::new();
    let mut shards = Vec::new();
    for path in paths {
        let mut part = Instances::read(path)?;
        let mut info = RunInfo::from(std::mem::take(&mut part.info));
        shards.extend(info.take_shard());
        if info.is_interrupted() {
            return Err(BulkError::Unmergeable(format!(
                "{} was written by an interrupted run; finish the run with --resume first",
                path.display()
            )));
        }
        failed.extend(info.take_failed());
        match &mut first {
            None => first = Some((path, info)),
            Some((first, first_info)) => {
                if let Some(differences) = first_info.differences(&info) {
                    return Err(BulkError::Unmergeable(format!(
                        "{} and {} were made with different settings ({differences})",
                        first.display(),
                        path.display()
                    )));
                }
                first_info.complete_networks(&info);
            }
        }
        add_categories(&mut categories, std::mem::take(&mut part.categories), path)?;
        add_pictures(&mut pictures, split_by_picture(part), path)?;
    }
    check_complete(&shards, paths.len())?;
    let mut info = first.map(|(_, info)| info).unwrap_or_default();
    info.set_outcome(false, &Vec::from_iter(failed));
    Ok(assemble(info, categories.into_values().collect(), pictures))
}

/// Adds the categories of a file. The same settings lead to the same ids, and each file has
/// those that it uses.
fn add_categories(
    categories: &mut BTreeMap<u64, Category>,
    added: Vec<Category>,
    path: &Path,
) -> Result<(), BulkError> {
    for category in added {
        let known = categories
            .entry(category.id)
            .or_insert_with(|| category.clone());
        if known.name != category.name {
            return Err(BulkError::Unmergeable(format!(
                "category {} is {:?} in {} but {:?} in an earlier file",
                category.id,
                category.name,
                path.display(),
                known.name
            )));
        }
    }
    Ok(())
}

fn add_pictures(
    pictures: &mut BTreeMap<String, PictureResult>,
    added: BTreeMap<String, PictureResult>,
    path: &Path,
) -> Result<(), BulkError> {
    for (name, picture) in added {
        if pictures.insert(name.clone(), picture).is_some() {
            return Err(BulkError::Unmergeable(format!(
                "{name} is in {} and in an earlier file; merge files of different pictures",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Refuses to join only some of the shards of a set.
fn check_complete(shards: &[Value], files: usize) -> Result<(), BulkError> {
    let Some(first) = shards.first().and_then(Value::as_str) else {
        return Ok(());
    };
    let count = first
        .split('/')
        .nth(1)
        .and_then(|count| count.parse::<usize>().ok())
        .unwrap_or(0);
    let present: HashSet<&str> = shards.iter().filter_map(Value::as_str).collect();
    // A number of shards may be a mistake of any size, so the search ends after a few.
    let missing = (1..=count)
        .map(|index| format!("{index}/{count}"))
        .filter(|shard| !present.contains(&**shard));
    let mut missing: Vec<String> = missing.take(MAX_NAMED_SHARDS + 1).collect();
    if missing.len() > MAX_NAMED_SHARDS {
        missing[MAX_NAMED_SHARDS] = "…".to_owned();
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(BulkError::Unmergeable(format!(
            "these shards are missing: {missing}"
        )));
    }
    if files != shards.len() {
        return Err(BulkError::Unmergeable(
            "some of the files are shards of a set and some are not; merge only one kind"
                .to_owned(),
        ));
    }
    Ok(())
}
