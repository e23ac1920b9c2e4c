//! Which of the project's classes a model's box is of, apart from what the model calls it.

use super::propose::Candidate;
use crate::document::category::Category;
use crate::document::content::Document;
use crate::document::ids::{CategoryId, PictureId};
use crate::geometry::BBox;

/// Chooses the project's classes for the boxes that a model proposes.
pub struct ClassNamer<'a> {
    document: &'a Document,
    /// Whether the model was trained on classes other than the project's, as a companion is.
    is_foreign: bool,
}

impl<'a> ClassNamer<'a> {
    /// A namer for a model's boxes. `is_foreign` means that its classes are those of a companion and not
    /// of a head that was trained for a project.
    pub fn new(document: &'a Document, is_foreign: bool) -> Self {
        Self {
            document,
            is_foreign,
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
    /// None if the model's own name decides, or the only class that is labelled.
    ///
    /// The picture's only tag is a person's word about the picture, and comes before the name that a
    /// foreign model gives. A name that a person has mapped classes to is a person's word itself.
    fn category(&self, picture: PictureId, name: Option<&str>) -> Option<CategoryId> {
        let is_own = |name| !self.is_foreign || self.document.naming().is_target(name);
        if self.document.labels().only().is_some() || name.is_some_and(is_own) {
            return None;
        }
        Some(self.tag(picture)?.id)
    }

    fn tag(&self, picture: PictureId) -> Option<&'a Category> {
        match &self.document.picture(picture)?.tags[..] {
            [only] => self.document.category(*only),
            _ => None,
        }
    }
}
