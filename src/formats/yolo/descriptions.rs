//! The descriptions of the data sets in a folder, and which of them describes a label file.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use super::description::{Description, is_class_list, is_description};
use crate::files::{folder_of, normal};
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::input;

/// Folders of a data set whose description may be above them.
const INNER_FOLDERS: [&str; 8] = [
    "labels",
    "images",
    "train",
    "val",
    "valid",
    "test",
    "annotations",
    "obj_train_data",
];

/// All descriptions that may serve the label files of an import.
pub(super) struct Descriptions {
    list: Vec<Description>,
    /// Whether the classes of each are categories already.
    is_added: Vec<bool>,
    /// Serves where there is no description.
    none: Description,
    /// Whether it was said that the classes have no names.
    is_numbering_reported: bool,
}

impl Descriptions {
    /// Reads the description at `path`, or all below `folder` and those above it, if it is the inner
    /// folder of a data set.
    ///
    /// # Errors
    /// If a description cannot be read, except where there are others.
    pub(super) fn read(
        folder: &Path,
        path: Option<&Path>,
        import: &mut ImportBuilder<'_>,
    ) -> Result<Self, FormatError> {
        let is_wanted = |file: &Path| is_description(file) || is_class_list(file);
        let files = match path {
            Some(path) => vec![path.to_owned()],
            None => {
                let mut files = input::files_below(folder, is_wanted)?;
                files.extend(above(folder).into_iter().filter(|file| is_wanted(file)));
                files
            }
        };
        let mut list = Vec::new();
        let mut fault = None;
        for file in files {
            match Description::read(&normal(&file)) {
                Ok(description) => list.push(description),
                Err(error) => {
                    import.report_skipped(error.to_string());
                    fault.get_or_insert(error);
                }
            }
        }
        match fault {
            Some(error) if list.is_empty() => Err(error),
            _ => Ok(Self {
                is_added: vec![false; list.len()],
                list,
                none: Description::default(),
                is_numbering_reported: false,
            }),
        }
    }

    /// The label files that the only description names, if it names some.
    pub(super) fn named_label_files(&self) -> Vec<PathBuf> {
        let [only] = self.list.as_slice() else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = only.label_files.iter().cloned().collect();
        for folder in &only.folders {
            let below = input::files_below(folder, |file| input::has_extension(file, "txt"));
            files.extend(below.unwrap_or_default());
        }
        files.sort();
        files.dedup();
        files
    }

    /// The description of a label file, by its number: one that names the file or its folder, then
    /// the nearest, then the one that says most.
    pub(super) fn nearest(&self, label_file: &Path) -> Option<usize> {
        let label_file = normal(label_file);
        let folder = folder_of(&label_file);
        let closeness = |description: &Description| {
            let own = folder_of(&description.file);
            let shared = own.components().zip(folder.components());
            let shared = shared.take_while(|(one, other)| one == other).count();
            (
                description.names_file(&label_file),
                shared,
                Reverse(own.components().count()),
                !description.is_list,
            )
        };
        // The last of equals is the first in the order of the list.
        let from_the_end = self.list.iter().enumerate().rev();
        let best = from_the_end.max_by_key(|(_, description)| closeness(description));
        best.map(|(at, _)| at)
    }

    /// Other descriptions that fit as well as this one, but give other names.
    pub(super) fn rivals(&self, chosen: usize) -> impl Iterator<Item = &Description> {
        let own = &self.list[chosen];
        self.list.iter().filter(move |other| {
            folder_of(&other.file) == folder_of(&own.file)
                && other.names != own.names
                && other.is_list == own.is_list
                && other.folders.is_empty()
                && own.folders.is_empty()
        })
    }

    pub(super) fn get(&self, chosen: Option<usize>) -> &Description {
        chosen.map_or(&self.none, |at| &self.list[at])
    }

    /// Makes all classes of a description categories, in the order of their numbers, whether they
    /// have boxes or not.
    pub(super) fn add_classes(&mut self, chosen: Option<usize>, import: &mut ImportBuilder<'_>) {
        let Some(at) = chosen else {
            if !std::mem::replace(&mut self.is_numbering_reported, true) {
                import.report_change(
                    "the classes are numbered, because no data.yaml or classes.txt names them",
                );
            }
            return;
        };
        if std::mem::replace(&mut self.is_added[at], true) {
            return;
        }
        let description = &self.list[at];
        let shown = description
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        for rival in self.rivals(at) {
            let other = rival.file.file_name().unwrap_or_default().to_string_lossy();
            import.report_change(format!(
                "{shown} and {other} give different names to the classes; those of {shown} were used"
            ));
        }
        let mut known: Vec<(&str, u64)> = Vec::new();
        for (class, name) in &description.names {
            if import.category_by_name(name).is_none() {
                import.report_skipped(format!(
                    "{}: class {class} has no name",
                    description.file.display()
                ));
            }
            match known.iter().find(|(other, _)| *other == name.trim()) {
                Some((name, first)) => import.report_change(format!(
                    "{shown}: the classes {first} and {class} are both named {name:?}, so their boxes get the same \
                     class"
                )),
                None => known.push((name.trim(), *class)),
            }
        }
    }
}

/// The files in the folders above an inner folder of a data set.
fn above(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folder = normal(folder);
    while let Some(name) = folder.file_name().and_then(|name| name.to_str())
        && INNER_FOLDERS.contains(&name)
        && folder.pop()
    {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            break;
        };
        let mut found: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file())
            .collect();
        found.sort();
        files.append(&mut found);
    }
    files
}
