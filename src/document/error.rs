//! Why a document refuses an edit.

use thiserror::Error;

use super::ids::{AnnotationId, CategoryId, PictureId};
use crate::geometry::BBox;

/// Why a document refuses an edit.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EditError {
    /// There is no such picture.
    #[error("picture {0} is not in the project")]
    UnknownPicture(PictureId),
    /// There is no such box, or it is on another picture.
    #[error("box {0} does not exist")]
    UnknownAnnotation(AnnotationId),
    /// There is no such category.
    #[error("class {0} is not in the project")]
    UnknownCategory(CategoryId),
    /// An inserted row has the id of an existing one.
    #[error("the id {0} is already in use")]
    IdTaken(u32),
    /// The id is zero or the largest number.
    #[error("{0} is not a valid id")]
    BadId(u32),
    /// The path is empty, absolute, or could lead out of the project's folder.
    #[error("{0:?} is not a relative path inside the project's folder")]
    BadPath(Box<str>),
    /// Another picture has this path.
    #[error("{0:?} is already in the project")]
    PathTaken(Box<str>),
    /// A side has zero pixels.
    #[error("{path:?} has the impossible size {width} x {height} pixels")]
    BadSize {
        /// The picture.
        path: Box<str>,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// Tags are out of order or repeated.
    #[error("the tags of picture {0} are out of order or repeated")]
    BadTags(PictureId),
    /// A picture cannot be removed before its boxes are.
    #[error("picture {0} still has boxes")]
    PictureInUse(PictureId),
    /// A rectangle is not finite, has no area or is not inside its picture.
    #[error(
        "the box from ({}, {}) to ({}, {}) has no area inside picture {picture}",
        rect.x0, rect.y0, rect.x1, rect.y1
    )]
    BadRect {
        /// The rectangle, in upright pixels.
        rect: BBox,
        /// The picture that it should be on.
        picture: PictureId,
    },
    /// A score, threshold or former rectangle is not a usable number.
    #[error("a number of box {0} is not finite, or its former rectangle has no area")]
    BadNumber(AnnotationId),
    /// State, origin and former proposal contradict each other.
    #[error("the state of box {0} does not fit its origin")]
    BadState(AnnotationId),
    /// Ground truth has no class.
    #[error("box {0} is confirmed but has no class")]
    NoClass(AnnotationId),
    /// The name is empty or has space at either end.
    #[error("{0:?} is not a valid name for a class")]
    BadName(Box<str>),
    /// Another category has this name.
    #[error("a class {0:?} already exists")]
    NameTaken(Box<str>),
    /// Another category has this key.
    #[error("the key {0:?} belongs to another class")]
    HotkeyTaken(char),
    /// A category cannot be removed before its boxes and tags are.
    #[error("class {0:?} is still in use")]
    CategoryInUse(Box<str>),
    /// An order does not name every category once.
    #[error("the order does not name every class once")]
    BadOrder,
    /// A category cannot be merged into itself.
    #[error("class {0:?} cannot be merged into itself")]
    MergeIntoItself(Box<str>),
}
