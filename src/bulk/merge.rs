//! Files of runs over parts of a set -> the file of one run over the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::assembly::{assemble, split_by_picture};
use super::{BulkError, differences};
use crate::formats::coco::{Category, Instances};

/// Joins the files that runs over parts of a set wrote, with the ids of one run over the whole.
///
/// # Errors
/// A picture that two files hold, files made with different settings, or one that was
/// interrupted: each would make the whole something else than it says.
pub fn merge(paths: &[PathBuf]) -> Result<Instances, BulkError> {
    let mut whole: Option<(PathBuf, Map<String, Value>)> = None;
    let mut categories: BTreeMap<u64, Category> = BTreeMap::new();
    let mut pictures = BTreeMap::new();
    let mut failed = BTreeSet::new();
    let mut shards = Vec::new();
    for path in paths {
        let mut part = Instances::read(path)?;
        shards.extend(part.info.remove("shard"));
        if part.info.contains_key("interrupted") {
            return Err(BulkError::Unmergeable(format!(
                "{} is of an interrupted run; finish it with --resume first",
                path.display()
            )));
        }
        if let Some(Value::Array(more)) = part.info.remove("failed") {
            failed.extend(more.into_iter().map(|reason| match reason {
                Value::String(reason) => reason,
                other => other.to_string(),
            }));
        }
        match &whole {
            None => whole = Some((path.clone(), part.info.clone())),
            Some((first, info)) => {
                if let Some(differences) = differences(info, &part.info) {
                    return Err(BulkError::Unmergeable(format!(
                        "{} and {} were made with different settings ({differences})",
                        first.display(),
                        path.display()
                    )));
                }
            }
        }
        // One set of settings gives one set of ids, of which each file has those that it uses.
        for category in std::mem::take(&mut part.categories) {
            let known = categories
                .entry(category.id)
                .or_insert_with(|| category.clone());
            if known.name != category.name {
                return Err(BulkError::Unmergeable(format!(
                    "category {} is {:?} in {} and {:?} in a file before it",
                    category.id,
                    category.name,
                    path.display(),
                    known.name
                )));
            }
        }
        for (name, picture) in split_by_picture(part) {
            if pictures.insert(name.clone(), picture).is_some() {
                return Err(BulkError::Unmergeable(format!(
                    "{name} is in {} and in a file before it; merge files of different pictures",
                    path.display()
                )));
            }
        }
    }
    let mut info = whole.map(|(_, info)| info).unwrap_or_default();
    if !failed.is_empty() {
        info.insert("failed".to_owned(), json!(failed));
    }
    check_complete(&shards, paths.len())?;
    Ok(assemble(info, categories.into_values().collect(), pictures))
}
/// Refuses to join some of the shards as if they were all.
fn check_complete(shards: &[Value], files: usize) -> Result<(), BulkError> {
    let Some(first) = shards.first().and_then(Value::as_str) else {
        return Ok(());
    };
    let count = first
        .split('/')
        .nth(1)
        .and_then(|count| count.parse::<usize>().ok());
    let expected = (1..=count.unwrap_or(0))
        .map(|index| Value::from(format!("{index}/{}", count.unwrap_or(0))));
    let missing: Vec<String> = expected
        .filter(|shard| !shards.contains(shard))
        .map(|shard| shard.as_str().unwrap_or_default().to_owned())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(BulkError::Unmergeable(format!(
            "the shards {missing} are missing"
        )));
    }
    if files != shards.len() {
        return Err(BulkError::Unmergeable(
            "some of the files are shards of a set and some are not; merge either".to_owned(),
        ));
    }
    Ok(())
}
