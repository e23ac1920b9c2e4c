//! Which picture of the document, or of its folder, each picture of a file is.

use std::collections::HashMap;
use std::path::Path;

use super::report::ImportReport;
use super::rows::ImportedPicture;
use crate::document::{Document, Picture, PictureId};
use crate::files::hash_file;
use crate::formats::paths;
use crate::pictures;

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

/// Finds the picture of each entry. Several entries for the same picture become one; entries
/// without a picture are reported and left out.
pub(super) fn match_pictures<'a>(
    document: &'a Document,
    root: &Path,
    imported: Vec<ImportedPicture>,
    report: &mut ImportReport,
) -> Vec<(PictureMatch<'a>, ImportedPicture)> {
    let matcher = Matcher::new(document, root);
    let mut index_of_path: HashMap<String, usize> = HashMap::new();
    let mut matched: Vec<(PictureMatch<'a>, ImportedPicture)> = Vec::new();
    for mut imported in imported {
        let name = imported.names.first().cloned().unwrap_or_default();
        let found = match matcher.find(&imported) {
            Ok(found) => found,
            Err(reason) => {
                report.skipped.add(format!("{name}: {reason}"));
                continue;
            }
        };
        let path = match &found {
            PictureMatch::Known(picture) => picture.path.to_string(),
            PictureMatch::New { path, .. } => path.clone(),
        };
        let is_renamed = !imported.any_extension && !imported.names.contains(&path);
        match index_of_path.get(&path) {
            None => {
                if is_renamed {
                    report.changed.add(format!("{name} was matched to {path}"));
                }
                index_of_path.insert(path, matched.len());
                matched.push((found, imported));
            }
            // Two folders may contain pictures of the same name. It is unknown whose boxes these are.
            Some(index) if is_renamed || matched[*index].1.names.first() != Some(&name) => {
                report.skipped.add(format!(
                    "{name}: another picture of the file was already matched to {path}"
                ));
            }
            Some(index) => {
                let first = &mut matched[*index].1;
                first.boxes.append(&mut imported.boxes);
                first.tags.append(&mut imported.tags);
                first.is_partial |= imported.is_partial;
                first.review = first.review.min(imported.review);
                report
                    .changed
                    .add(format!("{name} occurs twice; both entries were combined"));
            }
        }
    }
    matched
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
    let mut size = imported.size;
    if is_on_disk {
        match (pictures::probe(&file), imported.size) {
            (Ok((width, height)), _) => size = Some([width, height]),
            (Err(error), Some(_)) => report.changed.add(format!("{path}: {error}")),
            (Err(error), None) => {
                report.skipped.add(format!("{path}: {error}"));
                return None;
            }
        }
    } else if imported.missing != Some(false) {
        report.changed.add(format!(
            "{path}: the picture is not in the project's folder"
        ));
    }
    let [width, height] = size?;
    let mut row = Picture::new(PictureId(0), path, width, height);
    row.missing = imported.missing.unwrap_or(!is_on_disk);
    row.content_hash = match &imported.content_hash {
        None if is_on_disk => hash_file(&file).ok(),
        from_file => from_file.clone(),
    };
    Some(row)
}

/// The pictures of a document by the last part of their paths, without extension.
struct Matcher<'a, 'r> {
    root: &'r Path,
    by_stem: HashMap<&'a str, Vec<&'a Picture>>,
}

impl<'a, 'r> Matcher<'a, 'r> {
    fn new(document: &'a Document, root: &'r Path) -> Self {
        let mut by_stem: HashMap<&str, Vec<&Picture>> = HashMap::new();
        for picture in document.pictures() {
            let stem = paths::without_extension(paths::file_name(&picture.path));
            by_stem.entry(stem).or_default().push(picture);
        }
        Self { root, by_stem }
    }

    /// In this order: a picture of the document with exactly this path, a file in the project's
    /// folder, and a picture whose path agrees in its last parts. A picture whose size is in the file
    /// may also be missing entirely.
    fn find(&self, imported: &ImportedPicture) -> Result<PictureMatch<'a>, String> {
        let any_extension = imported.any_extension;
        for name in &imported.names {
            let same = self
                .with_same_stem(name, any_extension)
                .filter(|picture| comparable(&picture.path, any_extension) == name);
            if let Some(found) = only_match(same.collect(), name)? {
                return Ok(found);
            }
        }
        let mut on_disk = imported.names.iter();
        if let Some(path) = on_disk.find_map(|name| self.path_on_disk(name, any_extension)) {
            return Ok(PictureMatch::New {
                path,
                is_on_disk: true,
            });
        }
        for name in &imported.names {
            let mut matching: Vec<_> = self
                .with_same_stem(name, any_extension)
                .filter(|picture| {
                    let path = comparable(&picture.path, any_extension);
                    is_path_suffix(path, name) || is_path_suffix(name, path)
                })
                .collect();
            // The more folders agree, the better. The rest of the path does not matter.
            let agreement = |picture: &Picture| picture.path.len().min(name.len());
            let best = matching.iter().map(|picture| agreement(picture)).max();
            matching.retain(|picture| Some(agreement(picture)) == best);
            if let Some(found) = only_match(matching, name)? {
                return Ok(found);
            }
        }
        match imported.names.first() {
            Some(path) if imported.size.is_some() && !any_extension => Ok(PictureMatch::New {
                path: path.clone(),
                is_on_disk: false,
            }),
            _ => Err("there is no such picture in the project or in its folder".to_owned()),
        }
    }

    fn with_same_stem(
        &self,
        name: &str,
        any_extension: bool,
    ) -> impl Iterator<Item = &'a Picture> + use<'_, 'a> {
        let last = paths::file_name(name);
        let stem = if any_extension {
            last
        } else {
            paths::without_extension(last)
        };
        self.by_stem.get(stem).into_iter().flatten().copied()
    }

    /// The path of a picture file in the project's folder.
    fn path_on_disk(&self, name: &str, any_extension: bool) -> Option<String> {
        let is_inside = |path: &String| {
            let file = self.root.join(path);
            file.is_file() && paths::relative_to(self.root, &file).is_some()
        };
        if !any_extension {
            return Some(name.to_owned()).filter(is_inside);
        }
        pictures::extensions()
            .flat_map(|extension| [extension.to_owned(), extension.to_uppercase()])
            .map(|extension| format!("{name}.{extension}"))
            .find(is_inside)
    }
}

/// The only picture of a list, `None` for an empty one.
fn only_match<'a>(
    mut matching: Vec<&'a Picture>,
    name: &str,
) -> Result<Option<PictureMatch<'a>>, String> {
    match matching.pop() {
        Some(picture) if matching.is_empty() => Ok(Some(PictureMatch::Known(picture))),
        Some(picture) => Err(format!(
            "{name} could be {} or {}",
            matching[0].path, picture.path
        )),
        None => Ok(None),
    }
}

/// The part of a path that is compared with a name.
fn comparable(path: &str, any_extension: bool) -> &str {
    if any_extension {
        paths::without_extension(path)
    } else {
        path
    }
}

/// Whether the last parts of the path `long` are those of `short`.
fn is_path_suffix(long: &str, short: &str) -> bool {
    long.strip_suffix(short)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}
