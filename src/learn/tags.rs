//! Which picture shows which classes, as people said it in one way or another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Tagged pictures and the classes that they show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSet {
    /// Class names in byte order.
    pub classes: Vec<String>,
    /// Pictures with a tag, in the order of their paths.
    pub pictures: Vec<TaggedPicture>,
}

/// A picture with its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedPicture {
    /// Where it is.
    pub path: PathBuf,
    /// The [classes](TagSet::classes) that it shows, each once, ascending.
    pub classes: Vec<usize>,
}

impl TagSet {
    /// Collects tags. What is said of a picture in several places adds up; a picture without a tag
    /// is left out.
    pub fn new(tags: impl IntoIterator<Item = (PathBuf, Vec<String>)>) -> Self {
        let mut of_picture: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        for (path, tags) in tags {
            of_picture.entry(path).or_default().extend(tags);
        }
        of_picture.retain(|_, tags| !tags.is_empty());
        let names: BTreeSet<&String> = of_picture.values().flatten().collect();
        let numbers: BTreeMap<&String, usize> = names.iter().copied().zip(0..).collect();
        let pictures = of_picture.iter().map(|(path, tags)| TaggedPicture {
            path: path.clone(),
            classes: tags.iter().map(|tag| numbers[tag]).collect(),
        });
        Self {
            pictures: pictures.collect(),
            classes: names.into_iter().cloned().collect(),
        }
    }

    /// The names of a picture's tags.
    pub fn names<'a>(&'a self, picture: &'a TaggedPicture) -> impl Iterator<Item = &'a str> {
        let classes = picture.classes.iter();
        classes.map(|class| self.classes[*class].as_str())
    }
}
