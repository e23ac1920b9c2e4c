//! Which of the project's names a model's box gets.

use std::collections::BTreeSet;

use crate::document::category::Category;
use crate::document::content::Document;
use crate::document::ids::{CategoryId, PictureId};
use crate::document::provenance::Origin;
use crate::naming::ANY_OBJECT;

/// Chooses the project's names for the boxes that a model proposes.
pub struct ClassNamer<'a> {
    document: &'a Document,
    /// Whether the model was trained on classes other than the project's, as a companion is.
    is_foreign: bool,
    /// Whether there is a category that a person made.
    has_own: bool,
    /// The project's only category, if a person made it.
    only: Option<&'a Category>,
}

impl<'a> ClassNamer<'a> {
    /// A namer for boxes of these classes. `is_foreign` means that they are the classes of a companion
    /// and not of a head that was trained for a project. A category with the name of a foreign class
    /// counts as the person's as long as the model has not given it to a box.
    pub fn new(document: &'a Document, class_names: &[String], is_foreign: bool) -> Self {
        let classes = document.categories();
        let classes: Vec<&Category> = classes
            .filter(|row| !is_foreign || &*row.name != ANY_OBJECT)
            .collect();
        let is_known =
            |category: &Category| class_names.iter().any(|name| **name == *category.name);
        let mut models: BTreeSet<CategoryId> = BTreeSet::new();
        if is_foreign && classes.iter().any(|category| is_known(category)) {
            let pictures = document.pictures();
            let rows = pictures.flat_map(|picture| document.annotations(picture.id));
            for row in rows.filter(|row| row.origin != Origin::Person) {
                let proposed = row.former.as_ref();
                models.insert(proposed.map_or(row.category, |was| was.category));
            }
        }
        let is_own = |category: &&Category| !(models.contains(&category.id) && is_known(category));
        Self {
            document,
            is_foreign,
            has_own: classes.iter().any(is_own),
            only: match classes[..] {
                [only] if is_own(&only) => Some(only),
                _ => None,
            },
        }
    }

    /// Whether a box of a picture may get this name from the model.
    ///
    /// A foreign model may use the names that a person has mapped its classes to. It may use other
    /// names only if the picture does not have exactly one tag and, as soon as a person has made a
    /// category, only names of existing categories.
    pub fn accepts(&self, picture: PictureId, name: &str) -> bool {
        let naming = self.document.naming();
        !self.is_foreign
            || naming.iter().any(|(_, target)| target.name() == name)
            || self.tag(picture).is_none()
                && (!self.has_own || self.document.category_named(name).is_some())
    }

    /// The name of a box for which the model has none: the only tag of the picture, or else the only
    /// category of the project, or else [`ANY_OBJECT`].
    pub fn unnamed(&self, picture: PictureId) -> String {
        self.tag(picture).or(self.only).map_or_else(
            || ANY_OBJECT.to_owned(),
            |category| category.name.to_string(),
        )
    }

    fn tag(&self, picture: PictureId) -> Option<&'a Category> {
        match &self.document.picture(picture)?.tags[..] {
            [only] => self.document.category(*only),
            _ => None,
        }
    }
}
