//! The rows of a document: pictures, categories and annotations, each a plain value with an id.
//!
//! A row checks what it can tell about itself; what depends on other rows is checked where an
//! [`Edit`](super::Edit) is applied. Rows are kept small, because a project holds hundreds of
//! thousands of them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::EditError;
use crate::geometry::BBox;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Ids start at 1, stay the same for the life of a project and are never reused.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The id after this one; the last id is its own successor, and no row may have it.
            pub(super) fn successor(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// Whether a row may have this id.
            pub(super) fn is_usable(self) -> bool {
                (1..u32::MAX).contains(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// Names a picture.
    PictureId
);
id!(
    /// Names a category.
    CategoryId
);
id!(
    /// Names an annotation, over all pictures.
    AnnotationId
);

/// How far the review of a picture has come.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Neither a model nor a person has worked on it.
    #[default]
    New,
    /// A model has proposed boxes, perhaps none.
    Proposed,
    /// A person has begun to work on it.
    InReview,
    /// A person says that its boxes are right and complete; with no box it is verified empty.
    Done,
}

/// A picture of the project, without its annotations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Its id.
    pub id: PictureId,
    /// Path relative to the project's folder, with `/` on every system; unique.
    pub path: Box<str>,
    /// Width in pixels, EXIF-upright.
    pub width: u32,
    /// Height in pixels, EXIF-upright.
    pub height: u32,
    /// Categories that the picture shows, said of the whole picture; ascending, without repeats.
    pub tags: Vec<CategoryId>,
    /// How far its review has come.
    pub review: ReviewState,
    /// Whether the file was not found when the folder was last read.
    pub missing: bool,
    /// Hash of the file's content, opaque here: it only tells a renamed file from a new one.
    pub content_hash: Option<Box<str>>,
    /// Unknown fields of an imported file, as JSON text, opaque here.
    pub extra: Option<Box<str>>,
}

impl Picture {
    /// A new picture of `width` x `height` upright pixels, without tags.
    pub fn new(id: PictureId, path: impl Into<Box<str>>, width: u32, height: u32) -> Self {
        Self {
            id,
            path: path.into(),
            width,
            height,
            tags: Vec::new(),
            review: ReviewState::New,
            missing: false,
            content_hash: None,
            extra: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), EditError> {
        if !self.id.is_usable() {
            return Err(EditError::BadId(self.id.0));
        }
        check_path(&self.path)?;
        if self.width == 0 || self.height == 0 {
            return Err(EditError::BadSize {
                path: self.path.clone(),
                width: self.width,
                height: self.height,
            });
        }
        if !self.tags.is_sorted_by(|a, b| a < b) {
            return Err(EditError::BadTags(self.id));
        }
        Ok(())
    }

    pub(super) fn check_contains(&self, rect: &BBox) -> Result<(), EditError> {
        if rect.is_valid() && rect.clipped(self.width, self.height).as_ref() == Some(rect) {
            Ok(())
        } else {
            Err(EditError::BadRect {
                rect: *rect,
                picture: self.id,
            })
        }
    }
}

/// Refuses a path that could lead out of the project's folder on any system.
///
/// A backslash is refused too, although some systems allow it in names: Windows would take it
/// for a separator.
fn check_path(path: &str) -> Result<(), EditError> {
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    let has_bad_part = path
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..");
    if has_drive || has_bad_part || path.contains(['\\', '\0']) {
        return Err(EditError::BadPath(path.into()));
    }
    Ok(())
}

/// A class of objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name: unique, not empty, without space at either end.
    pub name: Box<str>,
    /// Its colour, sRGB.
    pub colour: [u8; 3],
    /// The key that chooses it; unique.
    pub hotkey: Option<char>,
    /// Unknown fields of an imported file, as JSON text, opaque here.
    pub extra: Option<Box<str>>,
}

impl Category {
    /// A category with the colour that its id has in the palette, and no hotkey.
    pub fn new(id: CategoryId, name: impl Into<Box<str>>) -> Self {
        /// The colours of Okabe and Ito (2008), which people who see fewer colours can tell apart
        /// too, in an order in which neighbours differ most; light grey in the place of black.
        const PALETTE: [[u8; 3]; 8] = [
            [0x56, 0xb4, 0xe9],
            [0xe6, 0x9f, 0x00],
            [0x00, 0x9e, 0x73],
            [0xf0, 0xe4, 0x42],
            [0xcc, 0x79, 0xa7],
            [0xd5, 0x5e, 0x00],
            [0x00, 0x72, 0xb2],
            [0xdd, 0xdd, 0xdd],
        ];
        let at = (id.0 as usize).saturating_sub(1) % PALETTE.len();
        Self {
            id,
            name: name.into(),
            colour: PALETTE[at],
            hotkey: None,
            extra: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), EditError> {
        if !self.id.is_usable() {
            return Err(EditError::BadId(self.id.0));
        }
        if self.name.is_empty() || self.name.trim() != &*self.name {
            return Err(EditError::BadName(self.name.clone()));
        }
        Ok(())
    }
}

/// What a person has said about a box.
///
/// A person's own box is [`Drawn`](Self::Drawn) and nothing else; the other states tell what
/// became of a model's proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxState {
    /// A model's proposal that nobody has judged.
    Proposed,
    /// A proposal that a person took as it was.
    Accepted,
    /// A proposal that a person took with another rectangle or category.
    Edited,
    /// Made by a person.
    Drawn,
    /// A proposal that a person refused. It is kept so that it does not come back.
    Rejected,
}

/// What else is known about an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags {
    /// The box holds a group (COCO's `iscrowd`).
    pub crowd: bool,
    /// Hard to recognise (Pascal VOC's `difficult`).
    pub difficult: bool,
    /// Partly behind something else.
    pub occluded: bool,
    /// Reaches beyond the edge of the picture.
    pub truncated: bool,
}

/// The model that proposed a box, and how it was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub name: Box<str>,
    /// Its version.
    pub version: Box<str>,
    /// The localisation method.
    pub method: Box<str>,
    /// The threshold of the map, finite.
    pub threshold: f32,
}

// A document holds finite thresholds only, so equality is total there.
impl Eq for Model {}

impl Hash for Model {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.version.hash(state);
        self.method.hash(state);
        // Adding zero makes -0.0, which equals 0.0, hash like it.
        (self.threshold + 0.0).to_bits().hash(state);
    }
}

/// Who made a box.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person.
    Person,
    /// A model; a document shares one value between all boxes of the same model.
    Model(#[serde(with = "shared")] Arc<Model>),
}

/// An `Arc` as the value it points to.
mod shared {
    use super::{Arc, Deserialize, Model, Serialize};

    pub fn serialize<S: serde::Serializer>(model: &Arc<Model>, to: S) -> Result<S::Ok, S::Error> {
        model.as_ref().serialize(to)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Arc<Model>, D::Error> {
        Model::deserialize(from).map(Arc::new)
    }
}

/// What a model had proposed, before a person changed it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The rectangle, in upright pixels of the picture as it was then.
    pub rect: BBox,
    /// The category. It may have been deleted since.
    pub category: CategoryId,
}

/// A box on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Its id.
    pub id: AnnotationId,
    /// Its category.
    pub category: CategoryId,
    /// The rectangle in upright pixels: it has an area and lies inside the picture.
    pub rect: BBox,
    /// What a person has said about it.
    pub state: BoxState,
    /// What else is known about the object.
    pub flags: Flags,
    /// Who made it.
    pub origin: Origin,
    /// The model's confidence, finite; none for a person's box.
    pub score: Option<f32>,
    /// The proposal as it was before a person changed it.
    pub proposal: Option<Box<Proposal>>,
    /// Unknown fields of an imported file, as JSON text, opaque here.
    pub extra: Option<Box<str>>,
}

impl Annotation {
    /// A box that a person drew.
    pub fn drawn(id: AnnotationId, rect: BBox, category: CategoryId) -> Self {
        Self {
            id,
            category,
            rect,
            state: BoxState::Drawn,
            flags: Flags::default(),
            origin: Origin::Person,
            score: None,
            proposal: None,
            extra: None,
        }
    }

    /// Whether a person has said that this box is right. Only such boxes may be learned from,
    /// evaluated against or exported as annotations.
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
            Origin::Model(model) => Some(model.threshold),
        };
        let rect_was_valid = self.proposal.as_ref().is_none_or(|was| was.rect.is_valid());
        let is_finite = |number: Option<f32>| number.is_none_or(f32::is_finite);
        if !is_finite(self.score) || !is_finite(threshold) || !rect_was_valid {
            return Err(EditError::BadNumber(self.id));
        }
        let is_consistent = match self.state {
            BoxState::Drawn => self.origin == Origin::Person && self.proposal.is_none(),
            BoxState::Proposed | BoxState::Accepted => {
                self.origin != Origin::Person && self.proposal.is_none()
            }
            BoxState::Edited => self.origin != Origin::Person && self.proposal.is_some(),
            BoxState::Rejected => self.origin != Origin::Person,
        };
        if is_consistent {
            Ok(())
        } else {
            Err(EditError::BadState(self.id))
        }
    }
}
