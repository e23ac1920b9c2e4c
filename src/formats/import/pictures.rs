//! Which picture of the document, or of its folder, each picture of a file is. One rule for all
//! formats.
//!
//! In this order, a picture is meant that
//! 1. has exactly the path that the file writes or that its place suggests;
//! 2. has a path that is the end of the written one or the reverse, after drives, hosts of URLs and
//!    `..` are cut: the longer the common end, the better;
//! 3. has the same name in another Unicode form, percent-encoding or letter case;
//! 4. has the name that the file writes without extension, or with that of another kind of picture;
//! 5. has the name of the label file itself, in the folder that agrees best with that of the file;
//! 6. has one of these names without the 8 hexadecimal digits that Label Studio puts before the name of an
//!    uploaded picture.
//!
//! Where several pictures fit equally well, none is taken. Where several pictures of a file are one
//! of the project, that which fits better is taken, and otherwise none. Both are reported.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;

use super::options::MissingPictures;
use super::picture_index::{Fit, PictureIndex, Rank, Search};
use super::picture_names::PictureNames;
use super::report::ImportReport;
use super::rows::{ImportedBox, ImportedPicture, Repeats};
use crate::document::{Document, Picture, PictureId};
use crate::files::hash_file;
use crate::formats::paths;
use crate::pictures;

/// The number of names that a message about missing pictures gives.
const MAX_EXAMPLES: usize = 5;

/// The picture that an entry of a file stands for.
pub(super) enum PictureMatch<'a> {
    /// A picture of the document.
    Known(&'a Picture),
    /// A picture that the document does not have.
    New {
        path: String,
        /// Whether its file is in the project's folder.
        is_on_disk: bool,
    },
}

impl PictureMatch<'_> {
    fn path(&self) -> &str {
        match self {
            Self::Known(picture) => &picture.path,
            Self::New { path, .. } => path,
        }
    }
}

/// An entry of a file with the picture that it stands for.
struct Matched<'a> {
    found: PictureMatch<'a>,
    fit: Fit,
    imported: ImportedPicture,
}

/// Finds the picture of each entry. Entries for the same picture become one where that is right;
/// entries without a picture are reported and left out.
pub(super) fn match_pictures<'a>(
    document: &'a Document,
    root: &Path,
    imported: Vec<ImportedPicture>,
    missing: MissingPictures,
    report: &mut ImportReport,
) -> Vec<(PictureMatch<'a>, ImportedPicture)> {
    let matcher = Matcher::new(document, root);
    let mut matched = Vec::new();
    let mut absent = Absent::default();
    for imported in imported {
        match matcher.find(&imported.names) {
            Ok(Some((found, fit))) => matched.push(Matched {
                found,
                fit,
                imported,
            }),
            Ok(None) => match kept(&imported, missing) {
                Some(path) => matched.push(Matched {
                    found: PictureMatch::New {
                        path,
                        is_on_disk: false,
                    },
                    fit: Fit {
                        rank: Rank::Same,
                        parts: Reverse(0),
                    },
                    imported,
                }),
                None => absent.add(&imported),
            },
            Err(reason) => {
                let name = imported.names.shown();
                report.skipped.add(format!("{name}: {reason}"));
            }
        }
    }
    absent.report(report);
    prefer_own_names(&matcher, &mut matched);
    combine(matched, report)
}

/// The path under which a picture that the folder lacks is kept, if it is.
fn kept(imported: &ImportedPicture, missing: MissingPictures) -> Option<String> {
    let names = &imported.names;
    let is_wanted = missing == MissingPictures::Keep || imported.missing == Some(true);
    let is_possible = imported.size.is_some() && !names.any_extension && names.outside.is_none();
    let path = names.paths.first().filter(|_| is_wanted && is_possible);
    path.cloned()
}

/// Pictures that the folder lacks and that are left out.
#[derive(Default)]
struct Absent {
    count: usize,
    boxes: usize,
    tags: usize,
    examples: Vec<String>,
}

impl Absent {
    fn add(&mut self, imported: &ImportedPicture) {
        self.count += 1;
        self.boxes += imported.boxes.len();
        self.tags += imported.tags.len();
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(imported.names.shown().to_owned());
        }
    }

    fn report(self, report: &mut ImportReport) {
        report.missing += self.count;
        if self.count == 0 {
            return;
        }
        let Self {
            count,
            boxes,
            tags,
            examples,
        } = self;
        let has_labels = boxes > 0 || tags > 0;
        let pictures = if count == 1 {
            "1 picture is".to_owned()
        } else {
            format!("{count} pictures are")
        };
        let boxes = if boxes == 1 {
            "1 box".to_owned()
        } else {
            format!("{boxes} boxes")
        };
        let labels = if tags > 0 {
            format!("{boxes} and {tags} tags")
        } else {
            boxes
        };
        let rest = if count > examples.len() { ", …" } else { "" };
        let messages = if has_labels {
            &mut report.skipped
        } else {
            // Nothing is lost.
            &mut report.changed
        };
        messages.add(format!(
            "{pictures} not in the project's folder and left out with {labels}: {}{rest}; add the files, or \
             keep such pictures as missing ones (--missing keep)",
            examples.join(", ")
        ));
    }
}

/// Reports pictures that get boxes or tags although they are taken out of the project.
pub(super) fn report_excluded(paths: &[Box<str>], report: &mut ImportReport) {
    report.excluded = paths.len();
    if paths.is_empty() {
        return;
    }
    let (pictures, them) = match paths.len() {
        1 => ("1 picture is".to_owned(), "it stays"),
        count => (format!("{count} pictures are"), "they stay"),
    };
    let rest = if paths.len() > MAX_EXAMPLES {
        ", …"
    } else {
        ""
    };
    let examples = &paths[..paths.len().min(MAX_EXAMPLES)];
    report.changed.add(format!(
        "{pictures} taken out of the project: the labels are imported, but {them} out until brought back: \
         {}{rest}",
        examples.join(", ")
    ));
}

/// Where several label files name the same picture, each that has the name of another picture is
/// about that one: tools write the same `image.jpg` into all files.
fn prefer_own_names<'a>(matcher: &Matcher<'a, '_>, matched: &mut [Matched<'a>]) {
    let mut count_of_path: HashMap<String, usize> = HashMap::new();
    for one in &*matched {
        *count_of_path
            .entry(one.found.path().to_owned())
            .or_default() += 1;
    }
    for one in matched {
        let path = one.found.path();
        if count_of_path.get(path).is_none_or(|count| *count < 2) {
            continue;
        }
        if let Some(label_file) = &one.imported.names.label_file
            && let Search::One(at, fit) = matcher.known.find_label_file(label_file, None)
            && matcher.known.path(at) != path
        {
            one.found = PictureMatch::Known(matcher.pictures[at]);
            one.fit = fit;
        }
    }
}

/// Combines the entries of each picture, in the order of their first ones.
fn combine<'a>(
    matched: Vec<Matched<'a>>,
    report: &mut ImportReport,
) -> Vec<(PictureMatch<'a>, ImportedPicture)> {
    let mut index_of_path: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<Matched<'a>>> = Vec::new();
    for one in matched {
        let index = *index_of_path
            .entry(one.found.path().to_owned())
            .or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
        groups[index].push(one);
    }
    let combined = groups
        .into_iter()
        .filter_map(|group| combine_group(group, report));
    combined.collect()
}

/// The one entry that the entries of a picture become, if it is known what they say.
fn combine_group<'a>(
    mut group: Vec<Matched<'a>>,
    report: &mut ImportReport,
) -> Option<(PictureMatch<'a>, ImportedPicture)> {
    let best = group.iter().map(|one| one.fit).min()?;
    let path = group[0].found.path().to_owned();
    group.retain(|one| {
        let is_best = one.fit == best;
        if !is_best {
            let name = one.imported.names.shown();
            report.skipped.add(format!(
                "{name}: another picture of the file was already matched to {path}"
            ));
        }
        is_best
    });
    let mut rest = group.into_iter();
    let Matched {
        found,
        fit,
        imported: mut first,
    } = rest.next()?;
    let rest: Vec<ImportedPicture> = rest.map(|one| one.imported).collect();
    let name = first.names.shown().to_owned();
    let by_place_alone = first.names.any_extension || first.names.paths.is_empty();
    let usual = if by_place_alone {
        Rank::Cut
    } else {
        Rank::Same
    };
    let is_renamed = fit.rank > usual && !(first.names.paths.is_empty());
    if rest.is_empty() {
        if is_renamed {
            report.changed.add(format!("{name} was matched to {path}"));
        }
        return Some((found, first));
    }
    let is_repeated = |other: &ImportedPicture| {
        // Pictures without boxes are alike although they are different ones.
        let has_labels = !first.boxes.is_empty() || other.names.shown() == name;
        has_labels && has_same_labels(&first, other)
    };
    if rest.iter().all(is_repeated) {
        report.changed.add(format!(
            "{name} occurs more than once, with the same labels"
        ));
        return Some((found, first));
    }
    if !may_be_combined(&first, &rest) {
        let mut names = vec![name];
        names.extend(rest.iter().map(|other| other.names.shown().to_owned()));
        report.skipped.add(format!(
            "{path}: several pictures of the file have this name ({}), so it is unknown whose boxes \
             these are, and none were imported; give each its own name",
            names.join(", ")
        ));
        return None;
    }
    let is_table = first.repeats == Repeats::Lines;
    first.others = rest;
    if !is_table {
        report.changed.add(format!(
            "{name} occurs in several files, which were combined"
        ));
    }
    Some((found, first))
}

/// Whether entries of the same name are parts of one picture, and not several pictures.
fn may_be_combined(first: &ImportedPicture, rest: &[ImportedPicture]) -> bool {
    let mut files = vec![first.repeats];
    rest.iter().all(|other| {
        let is_other_part = match other.repeats {
            Repeats::Never => false,
            Repeats::Lines => first.repeats == Repeats::Lines,
            in_file @ Repeats::InOtherFiles(_) => !files.contains(&in_file),
        };
        files.push(other.repeats);
        is_other_part
            && first.repeats != Repeats::Never
            && other.names.shown() == first.names.shown()
    })
}

fn has_same_labels(one: &ImportedPicture, other: &ImportedPicture) -> bool {
    let is_same = |(one, other): (&ImportedBox, &ImportedBox)| {
        one.category == other.category
            && one.edges == other.edges
            && one.state == other.state
            && one.score == other.score
            && one.flags == other.flags
    };
    one.boxes.len() == other.boxes.len()
        && one.tags == other.tags
        && one.size == other.size
        && !one.is_partial
        && !other.is_partial
        && one.boxes.iter().zip(&other.boxes).all(is_same)
}

/// A row for a picture that the document does not have, with the id 0. `None`, with a message, if
/// its size is unknown.
pub(super) fn new_picture(
    root: &Path,
    path: String,
    is_on_disk: bool,
    imported: &ImportedPicture,
    report: &mut ImportReport,
) -> Option<Picture> {
    let file = root.join(&path);
    let mut size = imported.any_size();
    if is_on_disk {
        match (pictures::probe(&file), size) {
            (Ok((width, height)), _) => size = Some([width, height]),
            (Err(error), Some(_)) => report.changed.add(format!("{path}: {error}")),
            (Err(error), None) => {
                report.skipped.add(format!("{path}: {error}"));
                return None;
            }
        }
    } else if imported.missing != Some(false) {
        report.missing += 1;
        report.changed.add(format!(
            "{path}: the picture is not in the project's folder and is kept as a missing one"
        ));
    }
    let [width, height] = size?;
    let mut row = Picture::new(PictureId(0), path, width, height);
    row.missing = imported.missing.unwrap_or(!is_on_disk);
    row.is_excluded = imported.is_excluded;
    row.content_hash = match &imported.content_hash {
        None if is_on_disk => hash_file(&file).ok(),
        from_file => from_file.clone(),
    };
    Some(row)
}

/// Finds pictures of the document and of its folder.
pub(in crate::formats) struct Matcher<'a, 'r> {
    pub root: &'r Path,
    document: &'a Document,
    pictures: Vec<&'a Picture>,
    known: PictureIndex<'a>,
    /// The pictures of the folder that the document does not have, once they are needed.
    on_disk: OnceCell<PictureIndex<'static>>,
}

impl<'a, 'r> Matcher<'a, 'r> {
    /// For the pictures of `document` and of its folder.
    pub(in crate::formats) fn new(document: &'a Document, root: &'r Path) -> Self {
        let pictures: Vec<&Picture> = document.pictures().collect();
        let paths = pictures.iter().map(|picture| Cow::Borrowed(&*picture.path));
        Self {
            root,
            document,
            known: PictureIndex::new(paths),
            pictures,
            on_disk: OnceCell::new(),
        }
    }

    /// The path of the picture that names mean. `Err` says between which pictures it cannot be
    /// decided.
    pub(in crate::formats) fn path_of(
        &self,
        names: &PictureNames,
    ) -> Result<Option<String>, String> {
        let found = self.find(names)?;
        Ok(found.map(|(found, _)| found.path().to_owned()))
    }

    /// The picture that names mean. `Err` says between which pictures it cannot be decided.
    fn find(&self, names: &PictureNames) -> Result<Option<(PictureMatch<'a>, Fit)>, String> {
        let found = self.find_as_written(names)?;
        let (None, Some(shorter)) = (&found, names.without_upload_prefix()) else {
            return Ok(found);
        };
        let found = self.find_as_written(&shorter)?;
        Ok(found.map(|(picture, fit)| {
            let rank = Rank::Uploaded;
            (picture, Fit { rank, ..fit })
        }))
    }

    fn find_as_written(
        &self,
        names: &PictureNames,
    ) -> Result<Option<(PictureMatch<'a>, Fit)>, String> {
        let known = |at: usize| PictureMatch::Known(self.pictures[at]);
        if let Some(found) = decide(&self.known, self.known.find_same(names), names, known)? {
            return Ok(Some(found));
        }
        // The names of the folder are as they are stored, which matters where the file system ignores
        // letter case.
        let folder = self.on_disk.get_or_init(|| self.folder());
        let new = |at: usize| PictureMatch::New {
            path: folder.path(at).to_owned(),
            is_on_disk: true,
        };
        if let Some(found) = decide(folder, folder.find_same(names), names, new)? {
            return Ok(Some(found));
        }
        if let Some(found) = decide(&self.known, self.known.find(names), names, known)? {
            return Ok(Some(found));
        }
        if let Some(found) = decide(folder, folder.find(names), names, new)? {
            return Ok(Some(found));
        }
        let Some(label_file) = &names.label_file else {
            return Ok(None);
        };
        let found = self.known.find_label_file(label_file, None);
        if let Some(found) = decide(&self.known, found, names, known)? {
            return Ok(Some(found));
        }
        let found = folder.find_label_file(label_file, None);
        decide(folder, found, names, new)
    }

    /// The pictures of the project's folder that the document does not have.
    fn folder(&self) -> PictureIndex<'static> {
        let scan = pictures::scan(&[self.root.to_path_buf()]);
        let names = scan.entries.into_iter().map(|entry| entry.name);
        // Links may lead out of the folder.
        let is_inside = |name: &String| {
            let file = self.root.join(name);
            paths::relative_to(self.root, &file).is_some()
        };
        let names =
            names.filter(|name| self.document.picture_at(name).is_none() && is_inside(name));
        PictureIndex::new(names.map(Cow::Owned))
    }
}

/// The picture of a search. If several fit, the place of a label file decides.
fn decide<'a>(
    index: &PictureIndex<'_>,
    search: Search,
    names: &PictureNames,
    picture: impl Fn(usize) -> PictureMatch<'a>,
) -> Result<Option<(PictureMatch<'a>, Fit)>, String> {
    let several = match search {
        Search::Nothing => return Ok(None),
        Search::One(at, fit) => return Ok(Some((picture(at), fit))),
        Search::Several(several) => several,
    };
    if let Some(label_file) = &names.label_file
        && let Search::One(at, fit) = index.find_label_file(label_file, Some(&several))
    {
        return Ok(Some((picture(at), fit)));
    }
    let paths: Vec<&str> = several.iter().map(|at| index.path(*at)).collect();
    let (last, others) = paths.split_last().unwrap_or((&"", &[]));
    let name = names.shown();
    Err(format!("{name} could be {} or {last}", others.join(", ")))
}
