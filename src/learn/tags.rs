//! Which picture shows which classes, according to people.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

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
