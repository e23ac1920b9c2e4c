//! The edit that updates the list of pictures.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::changes::FolderChanges;
use crate::document::{Change, Document, Edit, Picture, PictureId, ops};

/// Gives a missing picture a new path if another picture gets its path.
pub(super) fn displace_missing(
    document: &Document,
    rows: &mut BTreeMap<PictureId, Picture>,
    new: &[Picture],
    report: &mut FolderChanges,
) {
    let moved = rows.values().filter(|row| {
        document
            .picture(row.id)
            .is_some_and(|was| was.path != row.path)
    });
    let mut new_paths: HashSet<Box<str>> = moved.chain(new).map(|row| row.path.clone()).collect();
    let displaced: Vec<PictureId> = new_paths
        .iter()
        .filter_map(|path| document.picture_at(path))
        .filter(|was| rows.get(&was.id).is_none_or(|row| row.path == was.path))
        .map(|was| was.id)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    for id in displaced {
        let Some(was) = document.picture(id) else {
            continue;
        };
        let (stem, ending) = match was.path.rsplit_once('.') {
            Some((stem, ending)) if !ending.contains('/') => (stem, format!(".{ending}")),
            _ => (&*was.path, String::new()),
        };
        let is_free = |path: &String| {
            document.picture_at(path).is_none() && !new_paths.contains(path.as_str())
        };
        let mut names = (1..).map(|number| format!("{stem} (missing {number}){ending}"));
        if let Some(path) = names.find(is_free) {
            report.displaced.push((was.path.to_string(), path.clone()));
            let row = rows.entry(id).or_insert_with(|| was.clone());
            row.path = path.as_str().into();
            new_paths.insert(path.into());
        }
    }
}

/// The edit that updates these rows and adds the new ones.
pub(super) fn list_edit(
    document: &Document,
    rows: BTreeMap<PictureId, Picture>,
    new: Vec<Picture>,
) -> Edit {
    let update = |row| Edit::Picture(Change::Update(row));
    let new_paths: HashSet<Box<str>> = rows.values().map(|row| row.path.clone()).collect();
    let mut edits = Vec::new();
    for (id, row) in &rows {
        // A path that another picture gets is freed first, so that paths can be exchanged.
        if let Some(was) = document.picture(*id)
            && was.path != row.path
            && new_paths.contains(&was.path)
        {
            let path = format!(".tsukami-renaming/{id}").into();
            edits.push(update(Picture {
                path,
                ..was.clone()
            }));
        }
    }
    edits.extend(rows.into_values().map(update));
    if !new.is_empty() {
        edits.push(ops::add_pictures(document, new));
    }
    Edit::batch(edits)
}
