//! A box on a picture, and the judgement of a person about it.

use serde::{Deserialize, Serialize};

use super::error::EditError;
use super::flags::Flags;
use super::ids::{AnnotationId, CategoryId};
use super::provenance::{FormerProposal, Origin};
use crate::geometry::BBox;

/// The judgement of a person about a box.
///
/// A person's own box is always [`Drawn`](Self::Drawn). The other states are the outcomes of a
/// model's proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxState {
    /// A model's proposal that nobody has judged.
    Proposed,
    /// A proposal that a person accepted unchanged.
    Accepted,
    /// A proposal that a person accepted with another rectangle or category.
    Edited,
    /// Made by a person.
    Drawn,
    /// A proposal that a person rejected. It stays in the document so that it is not proposed
    /// again.
    Rejected,
}

impl BoxState {
    /// Whether a box in this state may have this origin, and whether it may have a
    /// [former proposal](Annotation::former), according to `has_former`.
    pub fn fits(self, origin: &Origin, has_former: bool) -> bool {
        let is_of_model = *origin != Origin::Person;
        match self {
            Self::Drawn => !is_of_model && !has_former,
            Self::Proposed | Self::Accepted => is_of_model && !has_former,
            Self::Edited => is_of_model && has_former,
            Self::Rejected => is_of_model,
        }
    }
}

/// A box on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Its id.
    pub id: AnnotationId,
    /// Its class. Ground truth always has one. A proposal has one if it is clear that one of the
    /// person's classes is meant; otherwise [`suggestion`](Self::suggestion) says what it may show.
    pub category: Option<CategoryId>,
    /// What the model calls the object, in the model's own words. [`Document::class_of`] tells which
    /// class it stands for. It stays when the box is judged, as a record. A person's box has none.
    ///
    /// [`Document::class_of`]: super::Document::class_of
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Box<str>>,
    /// The rectangle in upright pixels. It has an area and lies inside the picture.
    pub rect: BBox,
    /// The judgement of a person about it.
    pub state: BoxState,
    /// What else is known about the object.
    pub flags: Flags,
    /// Who made it.
    pub origin: Origin,
    /// The model's confidence, finite. A person's box has none.
    pub score: Option<f32>,
    /// The proposal as it was before a person changed it.
    #[serde(rename = "proposal")]
    pub former: Option<Box<FormerProposal>>,
    /// Unknown fields of an imported file as JSON text, opaque here.
    pub extra: Option<Box<str>>,
}

impl Annotation {
    /// A box that a person drew.
    pub fn drawn(id: AnnotationId, rect: BBox, category: CategoryId) -> Self {
        Self {
            id,
            category: Some(category),
            suggestion: None,
            rect,
            state: BoxState::Drawn,
            flags: Flags::default(),
            origin: Origin::Person,
            score: None,
            former: None,
            extra: None,
        }
    }

    /// Whether a person has confirmed this box. Only such boxes may be learned from, evaluated
    /// against or exported as annotations.
    pub fn is_ground_truth(&self) -> bool {
        match self.state {
            BoxState::Accepted | BoxState::Edited | BoxState::Drawn => true,
            BoxState::Proposed | BoxState::Rejected => false,
        }
    }

    pub(super) fn check(&self) -> Result<(), EditError> {
        if !self.id.is_usable() {
            return Err(EditError::BadId(self.id.0));
        }
        let threshold = match &self.origin {
            Origin::Person => None,
            Origin::Model(provenance) => Some(provenance.threshold),
        };
        let is_former_valid = self
            .former
            .as_ref()
            .is_none_or(|former| former.rect.is_valid());
        let is_finite = |number: Option<f32>| number.is_none_or(f32::is_finite);
        if !is_finite(self.score) || !is_finite(threshold) || !is_former_valid {
            return Err(EditError::BadNumber(self.id));
        }
        if let Some(name) = &self.suggestion
            && (name.is_empty() || name.trim() != &**name)
        {
            return Err(EditError::BadName(name.clone()));
        }
        let is_person = self.origin == Origin::Person;
        if !self.state.fits(&self.origin, self.former.is_some())
            || (is_person && self.suggestion.is_some())
        {
            return Err(EditError::BadState(self.id));
        }
        if self.is_ground_truth() && self.category.is_none() {
            return Err(EditError::NoClass(self.id));
        }
        Ok(())
    }
}
