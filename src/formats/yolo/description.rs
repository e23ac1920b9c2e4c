//! What a data set says about itself: `data.yaml`, darknet's `*.data`, or a bare list of classes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::recognise::is_label_text;
use crate::files;
use crate::formats::error::FormatError;
use crate::formats::input;

/// Files that list the classes, one name per line, in the order of their numbers.
const CLASS_LIST_FILES: [&str; 5] = [
    "classes.txt",
    "predefined_classes.txt",
    "labels.txt",
    "obj.names",
    "_darknet.labels",
];

/// The keys of the pictures of a data set, in `data.yaml` and `*.data`.
const SUBSET_KEYS: [&str; 6] = ["train", "val", "valid", "validation", "test", "minival"];

/// What a label file's numbers mean in a data set.
#[derive(Clone, Debug, Default)]
pub(super) struct Description {
    /// The file that says so.
    pub file: PathBuf,
    /// Whether this is only a list of classes.
    pub is_list: bool,
    /// Names by the number of the class.
    pub names: BTreeMap<u64, String>,
    /// Whether lines have keypoints after the box.
    pub has_keypoints: bool,
    /// How many numbers these are, if it says so.
    pub keypoint_values: Option<usize>,
    /// Folders of the label files that it describes, if it says so.
    pub folders: Vec<PathBuf>,
    /// Single label files that it describes, from lists of pictures.
    pub label_files: BTreeSet<PathBuf>,
}

impl Description {
    /// Reads a file for which [`is_description`] or [`is_class_list`] holds.
    ///
    /// # Errors
    /// If the file, or a list of names that it refers to, cannot be read.
    pub(super) fn read(file: &Path) -> Result<Self, FormatError> {
        let content = input::read_text(file, input::MAX_PICTURE_FILE_BYTES)?;
        let mut description = if is_class_list(file) {
            Self {
                names: listed_names(&content),
                is_list: true,
                ..Self::default()
            }
        } else if is_darknet(file) {
            Self::from_darknet(file, &content)?
        } else {
            Self::from_yaml(file, &content)?
        };
        file.clone_into(&mut description.file);
        Ok(description)
    }

    fn from_yaml(file: &Path, content: &str) -> Result<Self, FormatError> {
        // With strict booleans, a class may be called `no` or `on`.
        let options = serde_saphyr::options! { strict_booleans: true };
        let yaml: Value = serde_saphyr::from_str_with_options(content, options)
            .map_err(|error| FormatError::malformed(file, format!("not YAML: {error}")))?;
        let own = files::folder_of(file);
        let path = yaml["path"].as_str().filter(|path| !path.is_empty());
        let bases = path.map(|path| existing(own, path)).into_iter();
        let bases: Vec<PathBuf> = bases.chain([own.to_owned()]).collect();
        let name_of = |value: &Value| match value {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        };
        let names = match &yaml["names"] {
            Value::Array(names) => Ok((0..).zip(names.iter().map(name_of)).collect()),
            Value::Object(names) => names
                .iter()
                .map(|(class, name)| Some((class.parse().ok()?, name_of(name))))
                .collect::<Option<_>>()
                .ok_or("the keys of `names` are not numbers"),
            Value::String(text) if is_map_without_spaces(text) => {
                Err("`names` is text and no map; write a space after each colon, as in `0: cat`")
            }
            Value::String(list) => return Self::with_list(file, list, &bases),
            _ => Err("`names` is neither a list nor a map, nor the name of a file"),
        };
        let names = names.map_err(|reason| FormatError::malformed(file, reason))?;
        let shape = yaml["kpt_shape"].as_array();
        let values = shape.and_then(|shape| match shape.as_slice() {
            [count, size] => {
                let values = count.as_u64()?.checked_mul(size.as_u64()?)?;
                usize::try_from(values).ok()
            }
            _ => None,
        });
        let mut description = Self {
            names,
            has_keypoints: !yaml["kpt_shape"].is_null(),
            keypoint_values: values,
            ..Self::default()
        };
        description.add_yaml_subsets(&yaml, &bases);
        Ok(description)
    }

    /// A description whose names are in a file of their own.
    fn with_list(file: &Path, list: &str, bases: &[PathBuf]) -> Result<Self, FormatError> {
        let mut candidates = bases.iter().map(|base| existing(base, list));
        let found = candidates.find(|path| path.is_file());
        let found = found.ok_or_else(|| {
            let reason =
                format!("the list of names {list:?} does not exist; put it beside this file");
            FormatError::malformed(file, reason)
        })?;
        let content = input::read_text(&found, input::MAX_PICTURE_FILE_BYTES)?;
        Ok(Self {
            names: listed_names(&content),
            ..Self::default()
        })
    }

    fn add_yaml_subsets(&mut self, yaml: &Value, bases: &[PathBuf]) {
        for key in SUBSET_KEYS {
            let paths = match &yaml[key] {
                Value::String(path) => vec![path.as_str()],
                Value::Array(paths) => paths.iter().filter_map(Value::as_str).collect(),
                _ => continue,
            };
            for path in paths {
                self.add_subset(path, bases);
            }
        }
    }

    fn from_darknet(file: &Path, content: &str) -> Result<Self, FormatError> {
        let own = files::folder_of(file);
        // The paths are relative to the folder where darknet is started.
        let bases = [own.to_owned(), files::folder_of(own).to_owned()];
        let pairs = content.lines().filter_map(|line| line.split_once('='));
        let pairs: Vec<(&str, &str)> = pairs
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect();
        let list = pairs.iter().find(|(key, _)| *key == "names");
        let mut description = match list {
            Some((_, list)) => Self::with_list(file, list, &bases)?,
            None => Self::default(),
        };
        for (key, path) in pairs {
            if SUBSET_KEYS.contains(&key) {
                description.add_subset(path, &bases);
            }
        }
        Ok(description)
    }

    /// Adds the label files of a folder of pictures, or of a list of them, if it exists.
    fn add_subset(&mut self, path: &str, bases: &[PathBuf]) {
        let mut candidates = bases.iter().map(|base| existing(base, path));
        let Some(found) = candidates.find(|path| path.exists()) else {
            return;
        };
        if found.is_dir() {
            self.folders.push(label_folder(&found));
            return;
        }
        let Ok(content) = input::read_text(&found, input::MAX_DATASET_FILE_BYTES) else {
            return;
        };
        let own = files::folder_of(&found);
        for line in content
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let mut bases = bases.iter().map(PathBuf::as_path).chain([own]);
            let label_file = bases.find_map(|base| {
                let picture = base.join(line.trim_start_matches("./"));
                let label_file = label_folder(&picture).with_extension("txt");
                label_file.is_file().then_some(label_file)
            });
            self.label_files.extend(label_file);
        }
    }

    /// Whether it says that it describes this label file.
    pub(super) fn names_file(&self, label_file: &Path) -> bool {
        self.label_files.contains(label_file)
            || self
                .folders
                .iter()
                .any(|folder| label_file.starts_with(folder))
    }
}

/// Whether a text is what YAML makes of `0:cat` in lines of its own.
fn is_map_without_spaces(text: &str) -> bool {
    text.split_once(':').is_some_and(|(class, name)| {
        class.trim().parse::<u64>().is_ok() && !name.starts_with(['/', '\\'])
    })
}

/// Whether a file is a `data.yaml` or a `*.data`.
pub(in crate::formats) fn is_description(path: &Path) -> bool {
    if is_darknet(path) {
        return true;
    }
    let is_yaml = input::has_extension(path, "yaml") || input::has_extension(path, "yml");
    is_yaml
        && input::head(path).lines().any(|line| {
            let key = line.split(':').next().unwrap_or_default().trim_end();
            line.contains(':') && key.trim_matches(['"', '\'']) == "names"
        })
}

/// Whether a file is darknet's `*.data`.
fn is_darknet(path: &Path) -> bool {
    input::has_extension(path, "data")
        && input::head(path).lines().any(|line| {
            let key = line.split_once('=').map(|(key, _)| key.trim());
            key == Some("names")
        })
}

/// Whether a file is a list of classes. A picture may be called `labels`, too.
pub(in crate::formats) fn is_class_list(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let is_named_so = name.is_some_and(|name| CLASS_LIST_FILES.contains(&name));
    let has_names_extension = input::has_extension(file, "names");
    (is_named_so || has_names_extension) && !is_label_text(&input::head(file))
}

fn listed_names(content: &str) -> BTreeMap<u64, String> {
    let names = content.lines().map(|line| line.trim().to_owned());
    let numbered = (0..).zip(names);
    numbered.filter(|(_, name)| !name.is_empty()).collect()
}

/// A path that a description writes, where it exists: as written, without the folders that lead out
/// of the data set, or by its end, as it was on another computer.
fn existing(base: &Path, written: &str) -> PathBuf {
    let written = written.replace('\\', "/");
    let as_written = files::normal(&base.join(&written));
    if as_written.exists() {
        return as_written;
    }
    let parts: Vec<&str> = written
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    let ends = (0..parts.len()).map(|at| base.join(parts[at..].join("/")));
    let mut ends = ends.filter(|path| path.exists());
    ends.next().map_or(as_written, |path| files::normal(&path))
}

/// The folder or file of labels for one of pictures: `labels` instead of the last `images`.
fn label_folder(pictures: &Path) -> PathBuf {
    let parts: Vec<_> = pictures.components().collect();
    let at = parts.iter().rposition(|part| part.as_os_str() == "images");
    let renamed = parts.iter().enumerate().map(|(index, part)| {
        if Some(index) == at {
            "labels".as_ref()
        } else {
            part.as_os_str()
        }
    });
    let labels: PathBuf = renamed.collect();
    let exists = labels.exists() || labels.with_extension("txt").exists();
    if exists { labels } else { pictures.to_owned() }
}
