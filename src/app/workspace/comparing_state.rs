//! A comparison of the project's boxes with others, and what of it is shown on a picture.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::session::{OtherBoxes, Session, ShownComparison};
use crate::document::PictureId;

/// A comparison that is under way.
pub struct Comparing {
    /// The number that its events carry.
    pub(super) number: u64,
    /// What the other set is called.
    pub(super) name: String,
    pub(super) other: OtherBoxes,
    /// The number of pictures whose boxes are still to come; none if a file is being read.
    pub(super) left: Option<usize>,
    /// The place of the chosen difference on a picture, in the order of the differences.
    pub(super) chosen: (Option<PictureId>, usize),
    /// The picture from which the next one that differs is being looked for, and how many are looked at.
    pub(super) search: Option<(PictureId, usize)>,
    /// Tells the worker that nobody waits for it any more.
    pub(super) is_over: Arc<AtomicBool>,
}

impl Comparing {
    /// A comparison with something of this name, of which nothing is known yet.
    pub(super) fn new(number: u64, name: String, left: Option<usize>) -> Self {
        Self {
            number,
            name,
            other: OtherBoxes::default(),
            left,
            chosen: (None, 0),
            search: None,
            is_over: Arc::default(),
        }
    }

    /// What the other set is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The boxes of the other set.
    pub fn other(&self) -> &OtherBoxes {
        &self.other
    }

    /// Whether the file is still being read.
    pub fn is_reading(&self) -> bool {
        self.left.is_none()
    }

    /// Whether boxes of other pictures are still being made.
    pub fn is_incomplete(&self) -> bool {
        self.left != Some(0)
    }

    /// What is shown of the shown picture; none if the other set says nothing about it.
    pub fn shown(&self, session: &Session) -> Option<ShownComparison<'_>> {
        let picture = session.current()?;
        let boxes = self.other.of(picture)?;
        let found = session.compare(picture, boxes);
        let last = found.differences.len().checked_sub(1);
        let (of, at) = self.chosen;
        let at = if of == Some(picture) { at } else { 0 };
        Some(ShownComparison {
            name: &self.name,
            boxes,
            chosen: last.map(|last| at.min(last)),
            found,
        })
    }
}

impl Drop for Comparing {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}
