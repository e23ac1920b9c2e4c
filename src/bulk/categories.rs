//! The categories that a run writes, and its target in each picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::coco::Category;
use crate::naming::{ANY_OBJECT, Naming};
use crate::pictures::ScannedPicture;
use crate::propose::{self, NetworksRef, Proposal, Target};

/// The categories that a run writes.
pub(super) struct RunCategories<'a> {
    /// The classes of proposals, by index.
    classes: Vec<String>,
    /// How many of them the model has maps of: the first ones.
    mapped: usize,
    naming: &'a Naming,
    /// Category ids by name: first the names of these classes, then tags that are not among
    /// these, then [`ANY_OBJECT`] if it may be needed.
    ids: BTreeMap<String, u64>,
    /// Whether the classes are those of the companion and the detector.
    is_companion: bool,
    folder_tags: bool,
    /// Whether all pictures are directly in the folders that were given.
    is_flat: bool,
}

impl<'a> RunCategories<'a> {
    pub fn new(
        pictures: &[ScannedPicture],
        networks: NetworksRef<'_>,
        naming: &'a Naming,
        folder_tags: bool,
    ) -> Self {
        let classes = networks.class_names();
        let named = classes.iter().map(|class| naming.name_of(class).to_owned());
        let mut names: Vec<String> = named.collect();
        let is_flat = ScannedPicture::all_at_top_level(pictures);
        let tags: BTreeSet<Option<&str>> = pictures
            .iter()
            .map(|picture| picture.class_folder(is_flat).filter(|_| folder_tags))
            .collect();
        let tag_names = tags.iter().filter_map(|tag| *tag);
        names.extend(tag_names.map(str::to_owned));
        // A head names every box. A companion leaves some unnamed.
        let is_companion = networks.model.head().is_none();
        if is_companion && tags.contains(&None) {
            names.push(ANY_OBJECT.to_owned());
        }
        let mut ids = BTreeMap::new();
        for name in names {
            let next = ids.len() as u64 + 1;
            ids.entry(name).or_insert(next);
        }
        Self {
            classes,
            mapped: networks.model.classes().len(),
            naming,
            ids,
            is_companion,
            folder_tags,
            is_flat,
        }
    }

    fn tag<'p>(&self, picture: &'p ScannedPicture) -> Option<&'p str> {
        picture
            .class_folder(self.is_flat)
            .filter(|_| self.folder_tags)
    }

    /// The target: the tag if the model knows it, otherwise any object.
    pub fn target(&self, picture: &ScannedPicture) -> Target {
        match self.tag(picture) {
            None => Target::Automatic,
            Some(tag) => match self.classes[..self.mapped]
                .iter()
                .position(|name| name == tag)
            {
                Some(class) => Target::Classes(vec![class]),
                None => Target::AnyObject,
            },
        }
    }

    /// The proposals of a picture, each with the id of its category.
    pub fn name<'p>(
        &self,
        picture: &ScannedPicture,
        proposals: &'p [Proposal],
    ) -> Vec<(&'p Proposal, u64)> {
        let unnamed = self.tag(picture).unwrap_or(ANY_OBJECT);
        let named =
            propose::name_proposals(proposals, &self.classes, self.naming, |_| true).into_iter();
        named
            .map(|(proposal, name)| {
                let name = name.map_or(unnamed, |name| name.text);
                (proposal, self.ids[name])
            })
            .collect()
    }

    /// The names that come from the folders alone.
    pub fn of_folders(&self) -> impl Iterator<Item = &str> {
        let is_of_model = |name: &&str| {
            self.classes
                .iter()
                .any(|class| self.naming.name_of(class) == *name)
        };
        let names = self.ids.keys().map(String::as_str);
        names.filter(move |name| !is_of_model(name))
    }

    /// The categories of a file that uses these ids: all categories, but of a companion's thousand
    /// only the used ones. The ids do not depend on it.
    pub fn to_coco(&self, used: &BTreeSet<u64>) -> Vec<Category> {
        let mut categories: Vec<Category> = self
            .ids
            .iter()
            .filter(|(_, id)| !self.is_companion || used.contains(id))
            .map(|(name, id)| Category::new(*id, name))
            .collect();
        categories.sort_by_key(|category| category.id);
        categories
    }
}
