//! The comparison of the folder with the project, without writing anything.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::changes::FolderChanges;
use super::edits::{displace_missing, list_edit};
use super::inspector::FileInspector;
use super::matching::{Lost, matched};
use super::picture_file::{FileStamp, PictureFile};
use crate::document::{Document, Edit, Picture, PictureId};

/// What is to be written to the project.
#[derive(Default)]
pub(in crate::store) struct Plan {
    /// Added, missing and moved pictures, which are not part of the undo history.
    pub list_edit: Edit,
    /// Pictures with changed content at the same path: size in pixels and hash.
    pub contents: Vec<(PictureId, [u32; 2], Option<Box<str>>)>,
    /// The size and time of the files now, by path in the project.
    pub stamps: Vec<(String, FileStamp)>,
    /// What is different.
    pub report: FolderChanges,
}

impl Plan {
    /// Records that the content of a picture is in this file. At most its time or its hash is new.
    fn set_unchanged(
        &mut self,
        rows: &mut BTreeMap<PictureId, Picture>,
        picture: &Picture,
        file: &PictureFile,
        hash: Option<&str>,
    ) {
        self.stamps.push((file.name.clone(), file.stamp));
        if picture.missing && !picture.is_excluded {
            self.report.found_again.push(picture.path.to_string());
        }
        let is_first_hash = picture.content_hash.is_none() && hash.is_some();
        if picture.missing || is_first_hash {
            let row = rows.entry(picture.id).or_insert_with(|| picture.clone());
            row.missing = false;
            if is_first_hash {
                row.content_hash = hash.map(Into::into);
            }
        }
    }
}

/// Compares the document with the picture files that were found. `stamps` are the sizes and times from
/// the last comparison.
pub(in crate::store) fn plan(
    document: &Document,
    stamps: &HashMap<PictureId, FileStamp>,
    found: &[PictureFile],
    inspector: &mut dyn FileInspector,
) -> Plan {
    let mut plan = Plan::default();
    // The rows that change, with their new values.
    let mut rows: BTreeMap<PictureId, Picture> = BTreeMap::new();
    let names = found.iter().map(|file| &*file.name);
    let by_name: HashMap<&str, usize> = names.zip(0..).collect();
    let mut hashes: HashMap<usize, Box<str>> = HashMap::new();
    let mut unreadable: BTreeMap<usize, String> = BTreeMap::new();

    // By path: unchanged, to be read because it was written since or never read, or lost.
    let mut lost = Vec::new();
    let mut doubtful = Vec::new();
    for picture in document.pictures() {
        let Some(&at) = by_name.get(&*picture.path) else {
            let file = None;
            lost.push(Lost { picture, file });
            continue;
        };
        let (former, now) = (stamps.get(&picture.id), found[at].stamp);
        if former == Some(&now) && picture.content_hash.is_some() {
            plan.set_unchanged(&mut rows, picture, &found[at], None);
        } else {
            doubtful.push((picture, at));
        }
    }
    hash_files(
        inspector,
        found,
        doubtful.iter().map(|(_, at)| *at),
        &mut hashes,
        &mut unreadable,
    );
    for (picture, at) in doubtful {
        if unreadable.contains_key(&at) {
            continue;
        }
        let hash = hashes.get(&at).map(|hash| &**hash);
        let is_same = match picture.content_hash.as_deref() {
            Some(known) => Some(known) == hash,
            None => stamps
                .get(&picture.id)
                .is_none_or(|former| *former == found[at].stamp),
        };
        if is_same {
            plan.set_unchanged(&mut rows, picture, &found[at], hash);
        } else {
            let file = Some(at);
            lost.push(Lost { picture, file });
        }
    }

    lost.sort_by_key(|lost| lost.picture.id);

    // By content: new or changed files against lost pictures.
    let mut free: Vec<usize> = (0..found.len())
        .filter(|at| document.picture_at(&found[*at].name).is_none())
        .collect();
    hash_files(
        inspector,
        found,
        free.iter().copied(),
        &mut hashes,
        &mut unreadable,
    );
    free.extend(lost.iter().filter_map(|lost| lost.file));
    free.retain(|at| !unreadable.contains_key(at));
    free.sort_unstable();
    let moved = matched(&lost, stamps, found, &free, &hashes);
    let taken: HashSet<usize> = moved.values().copied().collect();

    // The rest: changed content at the same path, missing pictures, and new pictures.
    let mut changed = Vec::new();
    let mut assigned = HashSet::new();
    for Lost { picture, file } in &lost {
        let id = picture.id;
        if let Some(&at) = moved.get(&id) {
            let to = &found[at];
            plan.report
                .renamed
                .push((picture.path.to_string(), to.name.clone()));
            plan.stamps.push((to.name.clone(), to.stamp));
            let row = rows.entry(id).or_insert_with(|| (*picture).clone());
            row.path = to.name.as_str().into();
            row.missing = false;
            if row.content_hash.is_none() {
                row.content_hash = hashes.get(&at).cloned();
            }
        } else if let Some(at) = file.filter(|at| !taken.contains(at)) {
            let has_size = |former: &FileStamp| former.size == found[at].stamp.size;
            let was_never_read = picture.content_hash.is_none();
            if was_never_read && stamps.get(&id).is_some_and(has_size) {
                // The project is older and was copied. As far as can be detected, only the time is new.
                let hash = hashes.get(&at).map(|hash| &**hash);
                plan.set_unchanged(&mut rows, picture, &found[at], hash);
                assigned.insert(at);
            } else {
                changed.push((*picture, at));
            }
        } else {
            if !picture.is_excluded {
                plan.report.missing.push(picture.path.to_string());
            }
            if !picture.missing {
                rows.entry(id).or_insert_with(|| (*picture).clone()).missing = true;
            }
        }
    }
    assigned.extend(changed.iter().map(|(_, at)| *at));
    free.retain(|at| !taken.contains(at) && !assigned.contains(at));

    let files: Vec<usize> = changed
        .iter()
        .map(|(_, at)| *at)
        .chain(free.iter().copied())
        .collect();
    let paths: Vec<&Path> = files.iter().map(|at| found[*at].path.as_path()).collect();
    let mut sizes = HashMap::new();
    for (at, size) in files.iter().zip(inspector.measure(&paths)) {
        match size {
            Ok(size) => {
                sizes.insert(*at, size);
            }
            Err(reason) => {
                unreadable.insert(*at, reason);
            }
        }
    }
    for (picture, at) in changed {
        let Some(&size) = sizes.get(&at) else {
            continue;
        };
        plan.stamps.push((found[at].name.clone(), found[at].stamp));
        plan.report.changed.push(picture.path.to_string());
        if picture.missing {
            if !picture.is_excluded {
                plan.report.found_again.push(picture.path.to_string());
            }
            rows.entry(picture.id)
                .or_insert_with(|| picture.clone())
                .missing = false;
        }
        if size != [picture.width, picture.height] {
            plan.report.resized.push(picture.path.to_string());
        }
        plan.contents
            .push((picture.id, size, hashes.get(&at).cloned()));
    }
    let mut new = Vec::new();
    for at in free {
        if let Some(&[width, height]) = sizes.get(&at) {
            let file = &found[at];
            let mut picture = Picture::new(PictureId(0), file.name.as_str(), width, height);
            picture.content_hash = hashes.get(&at).cloned();
            plan.report.added.push(file.name.clone());
            plan.stamps.push((file.name.clone(), file.stamp));
            new.push(picture);
        }
    }

    displace_missing(document, &mut rows, &new, &mut plan.report);
    plan.list_edit = list_edit(document, rows, new);
    let is_excluded = |name: &str| {
        let picture = document.picture_at(name);
        picture.is_some_and(|picture| picture.is_excluded)
    };
    plan.report.unreadable = unreadable
        .into_iter()
        .filter(|(at, _)| !is_excluded(&found[*at].name))
        .map(|(at, reason)| (found[at].name.clone(), reason))
        .collect();
    plan
}

/// Hashes some of the files.
fn hash_files(
    inspector: &mut dyn FileInspector,
    found: &[PictureFile],
    which: impl Iterator<Item = usize>,
    hashes: &mut HashMap<usize, Box<str>>,
    unreadable: &mut BTreeMap<usize, String>,
) {
    let which: Vec<usize> = which.collect();
    if which.is_empty() {
        return;
    }
    let paths: Vec<&Path> = which.iter().map(|at| found[*at].path.as_path()).collect();
    for (at, hash) in which.into_iter().zip(inspector.hash(&paths)) {
        match hash {
            Ok(hash) => {
                hashes.insert(at, hash);
            }
            Err(reason) => {
                unreadable.insert(at, reason);
            }
        }
    }
}
