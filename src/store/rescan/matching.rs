//! Which new file is which lost picture.

use std::collections::{HashMap, HashSet};

use super::picture_file::{FileStamp, PictureFile};
use crate::document::{Picture, PictureId};

/// A picture whose content is no longer at its path.
pub(super) struct Lost<'a> {
    pub picture: &'a Picture,
    /// The index of the file that is at its path now, if there is one.
    pub file: Option<usize>,
}

/// The lost pictures that are among the `free` files, with the indices of their files.
pub(super) fn matched(
    lost: &[Lost<'_>],
    stamps: &HashMap<PictureId, FileStamp>,
    found: &[PictureFile],
    free: &[usize],
    hashes: &HashMap<usize, Box<str>>,
) -> HashMap<PictureId, usize> {
    let mut moved = HashMap::new();
    let mut taken = HashSet::new();
    let mut by_hash: HashMap<&str, Vec<usize>> = HashMap::new();
    for at in free {
        if let Some(hash) = hashes.get(at) {
            by_hash.entry(hash).or_default().push(*at);
        }
    }
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    // Of files with the same content, one with the picture's own name is preferred.
    for by_name in [true, false] {
        for Lost { picture, .. } in lost {
            let hash = picture.content_hash.as_deref();
            let same = hash
                .and_then(|hash| by_hash.get(hash))
                .into_iter()
                .flatten();
            let mut same = same.filter(|at| {
                !taken.contains(*at)
                    && (!by_name || file_name(&found[**at].name) == file_name(&picture.path))
            });
            if let Some(at) = same.next().filter(|_| !moved.contains_key(&picture.id)) {
                moved.insert(picture.id, *at);
                taken.insert(*at);
            }
        }
    }
    let mut by_stamp: HashMap<FileStamp, Vec<usize>> = HashMap::new();
    for at in free.iter().filter(|at| !taken.contains(*at)) {
        by_stamp.entry(found[*at].stamp).or_default().push(*at);
    }
    let mut claims: HashMap<FileStamp, Vec<PictureId>> = HashMap::new();
    for Lost { picture, .. } in lost {
        let stamp = stamps.get(&picture.id).filter(|stamp| stamp.is_fine());
        if let (Some(stamp), None) = (stamp, &picture.content_hash) {
            claims.entry(*stamp).or_default().push(picture.id);
        }
    }
    for (stamp, pictures) in claims {
        if let ([id], Some([at])) = (&pictures[..], by_stamp.get(&stamp).map(Vec::as_slice)) {
            moved.insert(*id, *at);
        }
    }
    moved
}
