//! Where the pictures of a labelled set are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::formats::wsol::LabelledPicture;

/// The pictures of a set whose files were found, in the order of the set.
pub struct LocatedPictures<'a> {
    /// The pictures, each with its file.
    pub found: Vec<(PathBuf, &'a LabelledPicture)>,
    /// The number of pictures of the set without a file.
    pub absent: usize,
    /// One sentence about those, if there are any.
    pub notice: Option<String>,
}

impl<'a> LocatedPictures<'a> {
    /// Looks for each picture under its name or, failing that, for the only file anywhere below
    /// `folder` with the last part of that name, because the validation set of ILSVRC is often sorted
    /// into folders by class.
    pub fn new(folder: &Path, pictures: &'a [LabelledPicture]) -> Self {
        let named = |picture: &LabelledPicture| Some(folder.join(&picture.name));
        let mut paths: Vec<Option<PathBuf>> = pictures
            .iter()
            .map(|picture| named(picture).filter(|path| path.exists()))
            .collect();
        if paths.iter().any(Option::is_none) {
            let files = files_by_name(folder);
            for (path, picture) in paths.iter_mut().zip(pictures) {
                let name = Path::new(&picture.name).file_name();
                let elsewhere = || match files.get(name?).map(Vec::as_slice) {
                    Some([only]) => Some(only.clone()),
                    _ => None,
                };
                *path = path.take().or_else(elsewhere);
            }
        }
        let absent = || {
            pictures
                .iter()
                .zip(&paths)
                .filter(|(_, path)| path.is_none())
        };
        let count = absent().count();
        let first = absent().next().map(|(picture, _)| picture.name.clone());
        let notice = first.map(|name| notice(count, pictures.len(), folder, &name));
        let found = paths.into_iter().zip(pictures);
        Self {
            found: found
                .filter_map(|(path, picture)| Some((path?, picture)))
                .collect(),
            absent: count,
            notice,
        }
    }
}

/// Every file below `folder`, by the last part of its path.
fn files_by_name(folder: &Path) -> HashMap<std::ffi::OsString, Vec<PathBuf>> {
    let mut files: HashMap<_, Vec<PathBuf>> = HashMap::new();
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_type().is_file()) {
        let of_name = files.entry(entry.file_name().to_owned());
        of_name.or_default().push(entry.into_path());
    }
    files
}

/// A whole set may be absent but for a part, so this names one picture and counts the others.
fn notice(absent: usize, all: usize, folder: &Path, first: &str) -> String {
    let folder = folder.display();
    let others = match all - absent {
        0 => String::new(),
        1 => "; the figures are of the other one".to_owned(),
        others => format!("; the figures are of the other {others}"),
    };
    match absent {
        1 => format!("{first}, one of {all} pictures of the set, is not in {folder}{others}"),
        _ => format!(
            "{absent} of {all} pictures of the set are not in {folder}, such as {first}{others}"
        ),
    }
}
