//! Pictures by their names, and how well a name of a file fits each.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use super::picture_names::{PictureNames, without_picture_extension};
use crate::formats::paths;

/// How a name fits the picture that was found for it, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The same path.
    Same,
    /// One path is the end of the other.
    Cut,
    /// As `Same` or `Cut`, in another spelling: Unicode form, percent-encoding, letter case.
    Respelled,
    /// The name lacks the extension, or a label file has that of the picture in its name.
    Completed,
    /// The name has the extension of another kind of picture.
    OtherExtension,
    /// Only the label file itself has the name of the picture.
    LabelFile,
    /// The name fits without what Label Studio puts before the name of an uploaded file.
    Uploaded,
}

/// How well a name fits a picture; the smaller, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    pub rank: Rank,
    /// How many of the last parts of the paths agree.
    pub parts: Reverse<usize>,
}

/// What a search found.
pub(super) enum Search {
    Nothing,
    /// The picture with this index.
    One(usize, Fit),
    /// Several pictures fit equally well.
    Several(Vec<usize>),
}

/// A picture that may be meant.
struct Entry<'a> {
    path: Cow<'a, str>,
    folded: String,
}

/// Pictures by the last part of their folded paths without extension.
pub(super) struct PictureIndex<'a> {
    entries: Vec<Entry<'a>>,
    by_stem: HashMap<String, Vec<usize>>,
    /// By the whole path. Many folders may have a picture `0001.jpg`, so most names are found here.
    by_path: HashMap<Cow<'a, str>, usize>,
    /// By the whole path without extension.
    by_stem_path: HashMap<String, Vec<usize>>,
}

impl<'a> PictureIndex<'a> {
    pub(super) fn new(paths: impl Iterator<Item = Cow<'a, str>>) -> Self {
        let entries = paths.map(|path| Entry {
            folded: paths::folded(&path),
            path,
        });
        let entries: Vec<Entry<'_>> = entries.collect();
        let mut by_stem: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            let stem = paths::without_extension(paths::file_name(&entry.folded));
            by_stem.entry(stem.to_owned()).or_default().push(at);
        }
        let mut by_path = HashMap::new();
        let mut by_stem_path: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            by_path.insert(entry.path.clone(), at);
            let stem = paths::without_extension(&entry.path).to_owned();
            by_stem_path.entry(stem).or_default().push(at);
        }
        Self {
            entries,
            by_stem,
            by_path,
            by_stem_path,
        }
    }

    pub(super) fn path(&self, at: usize) -> &str {
        &self.entries[at].path
    }

    /// The picture with exactly one of these paths.
    pub(super) fn find_same(&self, names: &PictureNames) -> Search {
        let rank = Rank::Same;
        for name in &names.paths {
            let found = if names.any_extension {
                self.by_stem_path.get(name).map_or(&[][..], Vec::as_slice)
            } else {
                let found = self.by_path.get(name.as_str());
                found.map_or(&[][..], std::slice::from_ref)
            };
            match best(found.iter().map(|at| (*at, parts(name))), rank, |parts| {
                parts
            }) {
                Search::Nothing => {}
                found => return found,
            }
        }
        Search::Nothing
    }

    /// The picture that fits the names best, if only one does.
    pub(super) fn find(&self, names: &PictureNames) -> Search {
        const RANKS: [Rank; 4] = [
            Rank::Cut,
            Rank::Respelled,
            Rank::Completed,
            Rank::OtherExtension,
        ];
        let written: Vec<(&str, String, Vec<usize>)> = names
            .paths
            .iter()
            .map(|name| {
                let folded = paths::folded(name);
                let candidates = self.candidates(&folded);
                (name.as_str(), folded, candidates)
            })
            .collect();
        for rank in &RANKS {
            for (name, folded, candidates) in &written {
                let agreement =
                    |at: &usize| self.agreement(*at, *rank, name, folded, names.any_extension);
                let fitting = candidates
                    .iter()
                    .filter_map(|at| agreement(at).map(|agreement| (*at, agreement)));
                match best(fitting, *rank, |(parts, _)| parts) {
                    Search::Nothing => {}
                    found => return found,
                }
            }
        }
        Search::Nothing
    }

    /// The picture with the name of a label file, in the folder that agrees best with that of the
    /// file. Only those of `among` are considered, if given.
    pub(super) fn find_label_file(&self, label_file: &str, among: Option<&[usize]>) -> Search {
        let folded_file = paths::folded(label_file);
        let last = paths::file_name(&folded_file);
        let own_stem = paths::file_name(label_file);
        let is_meant = |at: &usize| {
            let name = paths::file_name(&self.entries[*at].folded);
            (paths::without_extension(name) == last || name == last)
                && among.is_none_or(|among| among.contains(at))
        };
        let candidates = self.candidates(&folded_file);
        let fitting = candidates.iter().filter(|at| is_meant(at)).map(|at| {
            let entry = &self.entries[*at];
            let stem = paths::without_extension(&entry.folded);
            let parts = common_parts(&folded_file, stem);
            let is_whole = parts == stem.split('/').count();
            let is_exact = paths::without_extension(paths::file_name(&entry.path)) == own_stem;
            // A picture that differs in its letter case is meant only if there is no other.
            (*at, (is_exact, parts, is_whole))
        });
        best(fitting, Rank::LabelFile, |(_, parts, _)| parts)
    }

    /// The pictures that a folded name may mean.
    fn candidates(&self, folded: &str) -> Vec<usize> {
        let last = paths::file_name(folded);
        let mut stems = vec![last];
        stems.extend(without_picture_extension(last));
        stems.push(paths::without_extension(last));
        stems.dedup();
        let lists = stems.iter().filter_map(|stem| self.by_stem.get(*stem));
        lists.flatten().copied().collect()
    }

    /// How far the picture fits a name at this rank: how many parts agree, and whether all do.
    fn agreement(
        &self,
        at: usize,
        rank: Rank,
        name: &str,
        folded_name: &str,
        any_extension: bool,
    ) -> Option<(usize, bool)> {
        let entry = &self.entries[at];
        let [path, folded] = [&*entry.path, entry.folded.as_str()];
        let [own, own_folded] = if any_extension {
            [path, folded].map(paths::without_extension)
        } else {
            [path, folded]
        };
        match rank {
            Rank::Cut => related(own, name),
            Rank::Respelled => related(own_folded, folded_name),
            Rank::Completed if any_extension => related(folded, folded_name),
            Rank::Completed => related(paths::without_extension(folded), folded_name),
            Rank::OtherExtension => related(
                paths::without_extension(folded),
                without_picture_extension(folded_name)?,
            ),
            Rank::Same | Rank::LabelFile | Rank::Uploaded => None,
        }
    }
}

/// The best of the pictures with their agreement.
fn best<Agreement: Ord + Copy>(
    fitting: impl Iterator<Item = (usize, Agreement)>,
    rank: Rank,
    parts: impl Fn(Agreement) -> usize,
) -> Search {
    let mut found: Vec<(usize, Agreement)> = fitting.collect();
    let best = found.iter().map(|(_, agreement)| *agreement).max();
    found.retain(|(_, agreement)| Some(*agreement) == best);
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [] => Search::Nothing,
        [(at, agreement)] => {
            let parts = Reverse(parts(agreement));
            Search::One(at, Fit { rank, parts })
        }
        _ => Search::Several(found.into_iter().map(|(at, _)| at).collect()),
    }
}

/// How many parts agree if one path is the end of the other, and whether the paths are the same.
fn related(own: &str, name: &str) -> Option<(usize, bool)> {
    let is_end = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    (is_end(own, name) || is_end(name, own)).then(|| (parts(own).min(parts(name)), own == name))
}

fn parts(path: &str) -> usize {
    path.split('/').count()
}

/// How many of the last parts of two paths agree.
fn common_parts(one: &str, other: &str) -> usize {
    let pairs = one.rsplit('/').zip(other.rsplit('/'));
    pairs.take_while(|(one, other)| one == other).count()
}
