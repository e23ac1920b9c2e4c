//! What stepping from box to box zoomed in remembers.

use super::view::ViewTransform;
use crate::document::{AnnotationId, PictureId};

/// What stepping zoomed in remembers while it is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct ZoomedStepping {
    /// The picture and its view before it was switched on.
    pub(super) former: (Option<PictureId>, ViewTransform),
    /// The box that was brought to the middle.
    pub(super) centred: Option<AnnotationId>,
    /// The box that is selected was selected by the pointer, under which nothing may move.
    pub(super) by_pointer: bool,
}
