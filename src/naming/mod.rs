//! What the classes of a model are called in a project: "tabby" and "Egyptian cat" are both "cat".
//!
//! A model brings the names of whoever trained it; a person has classes of their own. A
//! [`Naming`] joins the two. It is a part of the [document](crate::document), so a change of it is
//! an edit like any other, and [`suggest()`] says what it might hold.
//!
//! A name joins every class that has it: two of ILSVRC's classes are called "crane".

mod groups;
mod suggest;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::{Entry, Iter};

use serde::{Deserialize, Serialize};

pub use suggest::{Correction, Suggestion, SuggestionInput, SuggestionReason, suggest};

/// The category of boxes of no particular class.
pub const ANY_OBJECT: &str = "object";

/// What is less probable than this, of all that a box may be, names no box. On true boxes of fruit
/// names above it are right seven times in eight; below, half of them are.
pub const MIN_NAME_PROBABILITY: f32 = 0.25;

/// At this overlap two boxes that come to be called by one name are of one object.
pub const ONE_OBJECT_IOU: f32 = 0.5;

/// What a class of a model stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MappedClass {
    /// The category of this name, which need not be there yet: not empty, without space at either
    /// end, and not [`ANY_OBJECT`].
    Category(Box<str>),
    /// No class: the box stays an [`ANY_OBJECT`].
    Object,
}

impl MappedClass {
    /// The target that a person means by this name; space around it is dropped. Nothing, or the
    /// name of any object, is no class.
    pub fn named(name: &str) -> Self {
        match name.trim() {
            "" | ANY_OBJECT => Self::Object,
            name => Self::Category(name.into()),
        }
    }

    /// What its boxes are called.
    pub fn name(&self) -> &str {
        match self {
            Self::Category(name) => name,
            Self::Object => ANY_OBJECT,
        }
    }
}

/// What a box is called, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Name<'a> {
    /// The name of its category.
    pub text: &'a str,
    /// In 0..=1: the sum over all classes that mean this category.
    pub probability: f32,
}

/// What a model's classes stand for, by their names. A class that is not in it keeps its own name.
///
/// As JSON it is an object: `{"tabby": "cat", "nail": null}`, with `null` for no class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Naming(BTreeMap<Box<str>, MappedClass>);

impl Naming {
    /// What a class stands for, if anybody has said so.
    pub fn target(&self, class: &str) -> Option<&MappedClass> {
        self.0.get(class)
    }

    /// Says what a class stands for; its own name if nothing.
    pub fn set(&mut self, class: &str, target: Option<MappedClass>) {
        match target.filter(|target| target.name() != class) {
            Some(target) => drop(self.0.insert(class.into(), target)),
            None => drop(self.0.remove(class)),
        }
    }

    /// The classes that stand for something else, by name.
    pub fn iter(&self) -> Iter<'_, Box<str>, MappedClass> {
        self.0.iter()
    }

    /// How many classes stand for something else.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether every class keeps its own name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of the category that a class stands for.
    pub fn name_of<'a>(&'a self, class: &'a str) -> &'a str {
        self.0.get(class).map_or(class, MappedClass::name)
    }

    /// What a box is called that may be of several `classes`, each with its probability, best
    /// first, counted in `class_names`.
    ///
    /// Classes that stand for the same category count together, those that stand for no class
    /// too; the largest sum wins, and of equal ones that whose class came first. `None` if that is
    /// below [`MIN_NAME_PROBABILITY`] or there are no classes: then they say nothing, and whoever asks may know
    /// more.
    pub fn name<'a>(
        &'a self,
        class_names: &'a [String],
        classes: &[(usize, f32)],
    ) -> Option<Name<'a>> {
        let mut sums: Vec<Name<'a>> = Vec::new();
        for (class, probability) in classes {
            let Some(class) = class_names.get(*class) else {
                continue;
            };
            let text = self.name_of(class);
            match sums.iter_mut().find(|sum| sum.text == text) {
                Some(sum) => sum.probability += probability,
                None => sums.push(Name {
                    text,
                    probability: *probability,
                }),
            }
        }
        let best = sums.into_iter().reduce(|best, other| {
            if other.probability > best.probability {
                other
            } else {
                best
            }
        })?;
        (best.probability >= MIN_NAME_PROBABILITY).then(|| Name {
            probability: best.probability.min(1.0),
            ..best
        })
    }

    /// A category got another name: what stood for it still does.
    pub fn rename_category(&mut self, from: &str, to: &str) {
        let classes: Vec<Box<str>> = self
            .0
            .iter()
            .filter(|(_, target)| matches!(target, MappedClass::Category(name) if &**name == from))
            .map(|(class, _)| class.clone())
            .collect();
        for class in classes {
            self.set(&class, Some(MappedClass::named(to)));
        }
    }

    /// A category is gone: what stood for it keeps its own name again.
    pub fn remove_category(&mut self, category: &str) {
        self.0.retain(|_, target| target.name() != category);
    }

    /// Takes over what `other` says, in the place of what this one says of the same classes.
    pub fn extend(&mut self, other: &Self) {
        for (class, target) in other.iter() {
            self.set(class, Some(target.clone()));
        }
    }

    /// Adds what a file says of a class; the former target if the file has said something else of
    /// it before.
    pub fn add(&mut self, class: &str, target: MappedClass) -> Option<MappedClass> {
        match self.0.entry(class.into()) {
            Entry::Vacant(slot) => {
                slot.insert(target);
                None
            }
            Entry::Occupied(slot) => (*slot.get() != target).then(|| slot.get().clone()),
        }
    }

    /// The first name that cannot be that of a class or category: empty, or with space at either
    /// end.
    pub fn invalid_name(&self) -> Option<&str> {
        let names = self
            .0
            .iter()
            .flat_map(|(class, target)| [&**class, target.name()]);
        let mut bad = names.filter(|name| name.is_empty() || name.trim() != *name);
        bad.next()
    }
}
