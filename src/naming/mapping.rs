//! The name of each class of a model in a project.

use std::collections::BTreeMap;
use std::collections::btree_map::{Entry, Iter};

use serde::{Deserialize, Serialize};

use super::coco;

/// The name of the category for boxes of no particular class.
pub const ANY_OBJECT: &str = "object";

/// The minimum probability with which a class names a box. On true boxes of fruit, seven in eight
/// names above it are right, and half of those below.
pub const MIN_NAME_PROBABILITY: f32 = 0.25;

/// The minimum IoU at which two boxes that get the same name are taken for the same object.
pub const ONE_OBJECT_IOU: f32 = 0.5;

/// What a class of a model stands for in the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MappedClass {
    /// The category of this name, which need not exist yet. The name is not empty, has no space at
    /// either end and is not [`ANY_OBJECT`].
    Category(Box<str>),
    /// No separate category: the box is of [`ANY_OBJECT`].
    Object,
}

impl MappedClass {
    /// The meaning of a name that a person typed. Space around it is dropped. An empty name and
    /// [`ANY_OBJECT`] mean [`Object`](Self::Object).
    pub fn named(name: &str) -> Self {
        match name.trim() {
            "" | ANY_OBJECT => Self::Object,
            name => Self::Category(name.into()),
        }
    }

    /// The name of the category of its boxes.
    pub fn name(&self) -> &str {
        match self {
            Self::Category(name) => name,
            Self::Object => ANY_OBJECT,
        }
    }
}

/// The name of a box and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxName<'a> {
    /// The name of the category that its classes stand for.
    pub text: &'a str,
    /// The most probable of these classes, in the model's own words.
    pub class: &'a str,
    /// The sum of the probabilities of all classes that stand for this category, in 0..=1.
    pub probability: f32,
}

/// What a model's classes stand for in a project, by the names of the classes. A class without an
/// entry keeps its own name.
///
/// Its JSON form is an object, `{"tabby": "cat", "nail": null}`, in which `null` stands for
/// [`MappedClass::Object`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Naming(BTreeMap<Box<str>, MappedClass>);

impl Naming {
    /// What a class stands for, if it has an entry.
    pub fn mapped(&self, class: &str) -> Option<&MappedClass> {
        self.0.get(class)
    }

    /// Sets what a class stands for. Without a target, or with its own name, the class keeps its
    /// own name.
    pub fn set(&mut self, class: &str, target: Option<MappedClass>) {
        match target.filter(|target| target.name() != class) {
            Some(target) => drop(self.0.insert(class.into(), target)),
            None => drop(self.0.remove(class)),
        }
    }

    /// The classes that stand for something else, in the order of their names.
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

    /// Whether a class stands for something of this name.
    pub fn is_target(&self, name: &str) -> bool {
        self.0.values().any(|target| target.name() == name)
    }

    /// The name of the category that a class stands for.
    pub fn name_of<'a>(&'a self, class: &'a str) -> &'a str {
        self.0.get(class).map_or(class, MappedClass::name)
    }

    /// The name of a box that may be of several `classes`, given as indices into `class_names` with
    /// their probabilities, the most probable first.
    ///
    /// The probabilities of classes that stand for the same category are added, and so are those of
    /// classes that stand for [`MappedClass::Object`]. The largest sum wins; of equal sums, the one
    /// whose class comes first. `None` if that sum is below [`MIN_NAME_PROBABILITY`] or there are no
    /// classes.
    ///
    /// In the [list of both networks](super::listed_class_names), the probability of "dog" contains that of
    /// "beagle". A beagle without an entry counts as a dog, and one with an entry no longer does.
    pub fn name<'a>(
        &'a self,
        class_names: &'a [String],
        classes: &[(usize, f32)],
    ) -> Option<BoxName<'a>> {
        let mut sums: Vec<BoxName<'a>> = Vec::new();
        for (class, probability) in self.exclusive(class_names, classes) {
            let Some(class) = class_names.get(class) else {
                continue;
            };
            let text = self.name_of(class);
            match sums.iter_mut().find(|sum| sum.text == text) {
                Some(sum) => sum.probability += probability,
                None => sums.push(BoxName {
                    text,
                    class,
                    probability,
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
        (best.probability >= MIN_NAME_PROBABILITY).then(|| BoxName {
            probability: best.probability.min(1.0),
            ..best
        })
    }

    /// The classes without those that count as a class that contains them, whose probability is without
    /// that of the others that it contains.
    fn exclusive(&self, class_names: &[String], classes: &[(usize, f32)]) -> Vec<(usize, f32)> {
        let mut exclusive = classes.to_vec();
        if !coco::is_list(class_names) {
            return exclusive;
        }
        let position = |class| classes.iter().position(|(other, _)| *other == class);
        for (at, (class, probability)) in classes.iter().enumerate() {
            let Some(whole) = coco::container(*class).and_then(position) else {
                continue;
            };
            let has_entry = class_names
                .get(*class)
                .is_some_and(|name| self.mapped(name).is_some());
            if has_entry {
                exclusive[whole].1 = (exclusive[whole].1 - probability).max(0.0);
            } else {
                exclusive[at].1 = 0.0;
            }
        }
        exclusive.retain(|(_, probability)| *probability > 0.0);
        exclusive
    }

    /// Renames a category. The classes that stand for it still do.
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

    /// Removes a category. The classes that stood for it keep their own names again.
    pub fn remove_category(&mut self, category: &str) {
        self.0.retain(|_, target| target.name() != category);
    }

    /// Adds the entries of `other`, which replace those of the same classes.
    pub fn extend(&mut self, other: &Self) {
        for (class, target) in other.iter() {
            self.set(class, Some(target.clone()));
        }
    }

    /// Adds an entry for a class unless it has one. Returns the entry that it has if that is
    /// another one: then a file contradicts itself.
    pub fn add(&mut self, class: &str, target: MappedClass) -> Option<MappedClass> {
        match self.0.entry(class.into()) {
            Entry::Vacant(slot) => {
                slot.insert(target);
                None
            }
            Entry::Occupied(slot) => (*slot.get() != target).then(|| slot.get().clone()),
        }
    }

    /// The first name of a class or category that is not valid: empty, or with space at either
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
