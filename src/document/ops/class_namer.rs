//! Which of the project's classes a model's box is of, apart from what the model calls it.

use std::collections::HashSet;

use super::propose::Candidate;
use crate::document::category::Category;
use crate::document::content::Document;
use crate::document::ids::{CategoryId, PictureId};
use crate::geometry::BBox;
use crate::naming::ANY_OBJECT;

/// Chooses the project's classes for the boxes that a model proposes.
pub struct ClassNamer<'a> {
    document: &'a Document,
    /// Whether the model was trained on classes other than the project's, as a companion is.
    is_foreign: bool,
    /// The project's only category, unless it was taken from a model's suggestion.
    only: Option<&'a Category>,
}

impl<'a> ClassNamer<'a> {
    /// A namer for a model's boxes. `is_foreign` means that its classes are those of a companion and not
    /// of a head that was trained for a project.
    ///
    /// A project with one category is about that class, unless the category is only the first
    /// suggestion that a person has taken.
    pub fn new(document: &'a Document, is_foreign: bool) -> Self {
        let is_particular = |row: &&Category| !is_foreign || &*row.name != ANY_OBJECT;
        let classes: Vec<&Category> = document.categories().filter(is_particular).collect();
        let only = match classes[..] {
            [only] => Some(only),
            _ => None,
        };
        let only = only.filter(|only| !is_foreign || !suggested(document).contains(&*only.name));
        Self {
            document,
            is_foreign,
            only,
        }
    }

    /// A proposal for a picture: a box in upright pixels with its score and the model's own name of its
    /// class, if it has one.
    pub fn candidate(
        &self,
        picture: PictureId,
        rect: BBox,
        score: f32,
        class: Option<&str>,
    ) -> Candidate {
        let name = class.map(|class| self.document.naming().name_of(class));
        Candidate {
            rect,
            category: self.category(picture, name),
            suggestion: class.map(Into::into),
            score,
        }
    }

    /// Whether a name is one of the project's: a category has it, or a person has mapped a class to it.
    pub fn is_known(&self, name: &str) -> bool {
        let mut targets = self.document.naming().iter();
        self.document.category_named(name).is_some()
            || targets.any(|(_, target)| target.name() == name)
    }

    /// The category of a box on a picture, given the name that the model's class has in the project.
    /// None if the model's own name decides.
    ///
    /// A person's word about the picture or the project comes before the name that a foreign model gives:
    /// the picture's only tag, or else the project's only category. Names that a person has mapped
    /// classes to count as a person's word.
    fn category(&self, picture: PictureId, name: Option<&str>) -> Option<CategoryId> {
        let mut targets = self.document.naming().iter();
        if name.is_some_and(|name| {
            !self.is_foreign || targets.any(|(_, target)| target.name() == name)
        }) {
            return None;
        }
        let tag = self.tag(picture);
        let is_class = name.is_some_and(|name| self.document.category_named(name).is_some());
        let found = tag.or(self.only.filter(|_| !is_class));
        found.map(|category| category.id)
    }

    fn tag(&self, picture: PictureId) -> Option<&'a Category> {
        match &self.document.picture(picture)?.tags[..] {
            [only] => self.document.category(*only),
            _ => None,
        }
    }
}

/// What models' boxes are called.
fn suggested(document: &Document) -> HashSet<&str> {
    let pictures = document.pictures();
    let rows = pictures.flat_map(|picture| document.annotations(picture.id));
    let names = rows.filter_map(|row| row.suggestion.as_deref());
    names.map(|name| document.naming().name_of(name)).collect()
}
