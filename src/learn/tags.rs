//! Which picture shows which classes, according to people.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::document::Document;
use crate::naming::ANY_OBJECT;

/// Tagged pictures and their classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSet {
    /// Class names in byte order.
    pub classes: Vec<String>,
    /// Pictures with at least one tag, ordered by path.
    pub pictures: Vec<TaggedPicture>,
}

/// A picture with its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedPicture {
    /// Its file.
    pub path: PathBuf,
    /// The [classes](TagSet::classes) that it shows, each once, ascending.
    pub classes: Vec<usize>,
}

impl TagSet {
    /// Collects tags. The tags of a picture that occurs several times are combined. A picture without a
    /// tag is left out.
    pub fn new(tags: impl IntoIterator<Item = (PathBuf, Vec<String>)>) -> Self {
        let mut by_picture: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        for (path, tags) in tags {
            by_picture.entry(path).or_default().extend(tags);
        }
        by_picture.retain(|_, tags| !tags.is_empty());
        let names: BTreeSet<&String> = by_picture.values().flatten().collect();
        let indices: BTreeMap<&String, usize> = names.iter().copied().zip(0..).collect();
        let pictures = by_picture.iter().map(|(path, tags)| TaggedPicture {
            path: path.clone(),
            classes: tags.iter().map(|tag| indices[tag]).collect(),
        });
        Self {
            pictures: pictures.collect(),
            classes: names.into_iter().cloned().collect(),
        }
    }

    /// What a document says of its pictures, whose paths are relative to `root`: their tags, and the
    /// classes of their boxes that are ground truth.
    pub fn from_document(document: &Document, root: &Path) -> Vec<(PathBuf, Vec<String>)> {
        let present = document.pictures().filter(|picture| !picture.missing);
        let said = present.map(|picture| {
            let boxes = document.annotations(picture.id).iter();
            let of_boxes = boxes.filter(|row| row.is_ground_truth());
            let classes = picture.tags.iter().copied();
            let classes = classes.chain(of_boxes.map(|row| row.category));
            let names = classes.filter_map(|class| document.category(class));
            let names = names.map(|category| category.name.to_string());
            // What is no particular class teaches none.
            let names = names.filter(|name| name != ANY_OBJECT);
            (root.join(&*picture.path), names.collect())
        });
        said.collect()
    }

    /// The share of the pictures that show the most common class: the accuracy of always predicting it.
    pub fn majority_share(&self) -> f64 {
        let shows = |class: usize| {
            let pictures = self.pictures.iter();
            pictures
                .filter(|picture| picture.classes.contains(&class))
                .count()
        };
        let max = (0..self.classes.len()).map(shows).max().unwrap_or(0);
        max as f64 / self.pictures.len().max(1) as f64
    }

    /// The names of the classes of a picture.
    pub fn names<'a>(&'a self, picture: &'a TaggedPicture) -> impl Iterator<Item = &'a str> {
        let classes = picture.classes.iter();
        classes.map(|class| self.classes[*class].as_str())
    }
}
