//! Which of the project's classes a model's box is of, apart from what the model calls it.

use super::propose::Candidate;
use crate::document::annotation::BoxState;
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
        let only = only.filter(|only| !is_foreign || !is_taken(document, only));
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
        self.document.category_named(name).is_some() || self.document.naming().is_target(name)
    }

    /// The category of a box on a picture, given the name that the model's class has in the project.
    /// None if the model's own name decides.
    ///
    /// A person's word about the picture or the project comes before the name that a foreign model gives:
    /// the picture's only tag, or else the project's only category. A name that a person has mapped
    /// classes to is a person's word itself.
    fn category(&self, picture: PictureId, name: Option<&str>) -> Option<CategoryId> {
        let is_own = |name| !self.is_foreign || self.document.naming().is_target(name);
        if name.is_some_and(is_own) {
            return None;
        }
        let is_class = name.is_some_and(|name| self.document.category_named(name).is_some());
        let only = self.only.filter(|_| !is_class);
        Some(self.tag(picture).or(only)?.id)
    }

    fn tag(&self, picture: PictureId) -> Option<&'a Category> {
        match &self.document.picture(picture)?.tags[..] {
            [only] => self.document.category(*only),
            _ => None,
        }
    }
}

/// Whether a category is a suggestion that a person has taken, and not one that they made: models suggest
/// its name, and have proposed no box of it that they call something else, as this namer does for a
/// class of the person.
fn is_taken(document: &Document, category: &Category) -> bool {
    let pictures = document.pictures();
    let rows = pictures.flat_map(|picture| document.annotations(picture.id));
    let mut is_suggested = false;
    for row in rows {
        let Some(name) = &row.suggestion else {
            continue;
        };
        if document.naming().name_of(name) == &*category.name {
            is_suggested = true;
        } else if row.category == Some(category.id) && row.state != BoxState::Edited {
            return false;
        }
    }
    is_suggested
}
