//! Which categories a run writes, and what it looks for in each picture.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Map;

use crate::formats::coco::Category;
use crate::naming::{ANY_OBJECT, Naming};
use crate::pictures::ScannedPicture;
use crate::propose::{self, Proposal, Target};
use crate::tscam::Model;

/// Which categories a run writes, and which of them a proposal belongs to.
pub(super) struct Classes<'a> {
    /// The model's classes, in its order.
    known: &'a [String],
    naming: &'a Naming,
    /// Category ids by name: what the model's classes are called first, then tags that these do
    /// not name, then [`ANY_OBJECT`] if it may be needed.
    ids: BTreeMap<String, u64>,
    /// The model's classes are a companion's.
    is_foreign: bool,
    folder_tags: bool,
    /// No picture lies below the folders that were given.
    flat: bool,
}

impl<'a> Classes<'a> {
    pub fn new(
        entries: &[ScannedPicture],
        model: &'a Model,
        naming: &'a Naming,
        folder_tags: bool,
    ) -> Self {
        let known = model.classes();
        let called = known.iter().map(|class| naming.name_of(class).to_owned());
        let mut names: Vec<String> = called.collect();
        let flat = ScannedPicture::is_flat(entries);
        let tags: BTreeSet<Option<&str>> = entries
            .iter()
            .map(|entry| entry.folder(flat).filter(|_| folder_tags))
            .collect();
        let extra = tags.iter().filter_map(|tag| *tag);
        names.extend(extra.map(str::to_owned));
        // A head names every box; a companion leaves some without.
        if model.head().is_none() && tags.contains(&None) {
            names.push(ANY_OBJECT.to_owned());
        }
        let mut ids = BTreeMap::new();
        for name in names {
            let next = ids.len() as u64 + 1;
            ids.entry(name).or_insert(next);
        }
        Self {
            known,
            naming,
            ids,
            is_foreign: model.head().is_none(),
            folder_tags,
            flat,
        }
    }

    fn tag<'e>(&self, entry: &'e ScannedPicture) -> Option<&'e str> {
        entry.folder(self.flat).filter(|_| self.folder_tags)
    }

    /// What to look for: the tag if the model knows it, any object if it does not.
    pub fn target(&self, entry: &ScannedPicture) -> Target {
        match self.tag(entry) {
            None => Target::Automatic,
            Some(tag) => match self.known.iter().position(|name| name == tag) {
                Some(class) => Target::Classes(vec![class]),
                None => Target::AnyObject,
            },
        }
    }

    /// The boxes of a picture, each with the id of its category.
    pub fn name<'p>(
        &self,
        entry: &ScannedPicture,
        proposals: &'p [Proposal],
    ) -> Vec<(&'p Proposal, u64)> {
        let unnamed = self.tag(entry).unwrap_or(ANY_OBJECT);
        let named =
            propose::name_proposals(proposals, self.known, self.naming, |_| true).into_iter();
        named
            .map(|(proposal, name)| (proposal, self.ids[name.unwrap_or(unnamed)]))
            .collect()
    }

    /// The names that follow from the folders.
    pub fn of_folders(&self) -> impl Iterator<Item = &str> {
        let is_models = |name: &&str| {
            self.known
                .iter()
                .any(|class| self.naming.name_of(class) == *name)
        };
        let names = self.ids.keys().map(String::as_str);
        names.filter(move |name| !is_models(name))
    }

    /// The categories of a file with boxes of these: all of them, but of a companion's thousand
    /// classes only those that it names. Ids do not depend on it.
    pub fn categories(&self, used: &BTreeSet<u64>) -> Vec<Category> {
        let mut categories: Vec<Category> = self
            .ids
            .iter()
            .filter(|(_, id)| !self.is_foreign || used.contains(id))
            .map(|(name, id)| Category {
                id: *id,
                name: name.clone(),
                supercategory: String::new(),
                extra: Map::new(),
            })
            .collect();
        categories.sort_by_key(|category| category.id);
        categories
    }
}
