//! The categories, pictures and boxes of a file, before anything is decided about them.

use super::picture_names::PictureNames;
use crate::document::{BoxState, Flags, Origin, Provenance, ReviewState};
use crate::geometry::BBox;
use std::sync::Arc;

/// A category of a file.
#[derive(Clone, Debug, Default)]
pub(in crate::formats) struct ImportedCategory {
    pub id: Option<u64>,
    pub name: String,
    pub colour: Option<[u8; 3]>,
    /// Whether the file states the key of the category, and the key if it has one. Without it
    /// the category gets a free digit.
    pub hotkey: Option<Option<char>>,
    /// Whether it is only a name that a model gives, and no class of the project.
    pub is_suggested: bool,
    /// Unknown fields as JSON text.
    pub extra: Option<Box<str>>,
}

/// What it means that a picture is named more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::formats) enum Repeats {
    /// Two pictures have the same name, so it is unknown whose boxes these are.
    #[default]
    Never,
    /// As `Never` within the file of this number, but each file may have its own boxes for it.
    InOtherFiles(usize),
    /// A table has several lines for one picture.
    Lines,
}

/// A picture of a file.
#[derive(Clone, Debug, Default)]
pub(in crate::formats) struct ImportedPicture {
    /// Which picture the file means.
    pub names: PictureNames,
    /// What a second entry with the same name means.
    pub repeats: Repeats,
    pub id: Option<u64>,
    /// Width and height in pixels.
    pub size: Option<[u32; 2]>,
    /// The review state, if the format can express it.
    pub review: Option<ReviewState>,
    pub missing: Option<bool>,
    /// Whether the file says that the picture is taken out of the project.
    pub is_excluded: bool,
    pub content_hash: Option<Box<str>>,
    /// Whether the edges of the boxes are shares of the picture's width and height.
    pub is_normalised: bool,
    /// Whether some of its boxes could not be read.
    pub is_partial: bool,
    /// Image tags, as indices of imported categories.
    pub tags: Vec<usize>,
    pub boxes: Vec<ImportedBox>,
    /// Unknown fields as JSON text.
    pub extra: Option<Box<str>>,
    /// What other entries say about the same picture, which may have been made on another copy of it.
    pub others: Vec<Self>,
}

impl ImportedPicture {
    /// The boxes of all entries.
    pub(super) fn all_boxes(&self) -> impl Iterator<Item = &ImportedBox> {
        let others = self.others.iter().flat_map(|other| &other.boxes);
        self.boxes.iter().chain(others)
    }

    /// Makes a picture with proposals proposed.
    pub(in crate::formats) fn review_proposals(&mut self) {
        let mut boxes = self.boxes.iter();
        if boxes.any(|one| one.state == BoxState::Proposed) {
            self.review = Some(ReviewState::Proposed);
        }
    }

    /// The first size that an entry states.
    pub(super) fn any_size(&self) -> Option<[u32; 2]> {
        let others = self.others.iter();
        self.size
            .or_else(|| others.filter_map(|other| other.size).next())
    }

    /// Adds what another entry says, whose boxes fit the same picture.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.boxes.append(&mut other.boxes);
        self.tags.append(&mut other.tags);
        self.is_partial |= other.is_partial;
        self.review = self.review.min(other.review);
    }
}

/// A box of a file.
#[derive(Clone, Debug)]
pub(in crate::formats) struct ImportedBox {
    pub id: Option<u64>,
    /// Index of its imported category.
    pub category: usize,
    /// Whether the category is only the name that a model gives the object.
    pub is_suggested: bool,
    /// The model's own name, where the file has it beside the category.
    pub suggestion: Option<Box<str>>,
    /// Left, top, right and bottom edge as the file has them, unchecked.
    pub edges: [f64; 4],
    pub flags: Flags,
    pub state: BoxState,
    pub origin: Origin,
    /// Confidence of a model's box.
    pub score: Option<f32>,
    /// What the model had proposed, in pixels, with the index of the imported category if it had one.
    pub former: Option<(BBox, Option<usize>)>,
    /// Unknown fields as JSON text.
    pub extra: Option<Box<str>>,
}

impl ImportedBox {
    /// A box that a person has drawn.
    pub(in crate::formats) fn drawn(category: usize, edges: [f64; 4]) -> Self {
        Self {
            id: None,
            category,
            is_suggested: false,
            suggestion: None,
            edges,
            flags: Flags::default(),
            state: BoxState::Drawn,
            origin: Origin::Person,
            score: None,
            former: None,
            extra: None,
        }
    }

    /// The same box as a model's proposal, or `None` if the score is not finite.
    pub(in crate::formats) fn proposed(self, model: &Arc<Provenance>, score: f64) -> Option<Self> {
        let score = score as f32;
        score.is_finite().then(|| Self {
            state: BoxState::Proposed,
            origin: Origin::Model(Arc::clone(model)),
            score: Some(score),
            is_suggested: true,
            former: None,
            ..self
        })
    }

    /// Whether the rules of the document allow such a box.
    pub(in crate::formats) fn is_consistent(&self) -> bool {
        let numbers = match &self.origin {
            Origin::Person => self.score,
            Origin::Model(model) => Some(model.threshold + self.score.unwrap_or_default()),
        };
        self.state.fits(&self.origin, self.former.is_some())
            && numbers.is_none_or(f32::is_finite)
            && self.former.is_none_or(|(rect, _)| rect.is_valid())
            && !(self.is_ground_truth() && self.is_suggested)
            && !(self.origin == Origin::Person && self.suggestion.is_some())
            && (self.suggestion.as_deref())
                .is_none_or(|name| !name.is_empty() && name.trim() == name)
    }

    /// Puts edges right whose order is reversed, as swapped corners and negative sizes have them.
    /// Returns whether there were any.
    pub(in crate::formats) fn order_edges(&mut self) -> bool {
        let edges = in_order(self.edges);
        let is_reversed = edges != self.edges && self.edges.iter().all(|edge| edge.is_finite());
        if is_reversed {
            self.edges = edges;
        }
        is_reversed
    }

    /// Moves the corners of the box, and of what the model had proposed. The edges stay in order.
    pub(in crate::formats) fn move_corners(&mut self, moved: impl Fn([f64; 2]) -> [f64; 2]) {
        let moved = |[x0, y0, x1, y1]: [f64; 4]| {
            let ([xa, ya], [xb, yb]) = (moved([x0, y0]), moved([x1, y1]));
            in_order([xa, ya, xb, yb])
        };
        self.edges = moved(self.edges);
        if let Some((rect, _)) = &mut self.former {
            let BBox { x0, y0, x1, y1 } = *rect;
            let [x0, y0, x1, y1] = moved([x0, y0, x1, y1].map(f64::from)).map(|edge| edge as f32);
            *rect = BBox { x0, y0, x1, y1 };
        }
    }

    /// Whether a person has confirmed the box.
    pub(in crate::formats) fn is_ground_truth(&self) -> bool {
        !matches!(self.state, BoxState::Proposed | BoxState::Rejected)
    }
}

/// The model of boxes that come with a score, of which only the format is known.
pub(in crate::formats) fn unknown_model(format: &str) -> Arc<Provenance> {
    Arc::new(Provenance {
        name: format.into(),
        version: "".into(),
        method: "imported".into(),
        threshold: 0.0,
    })
}

/// Left, top, right and bottom edge of two opposite corners.
fn in_order([xa, ya, xb, yb]: [f64; 4]) -> [f64; 4] {
    [xa.min(xb), ya.min(yb), xa.max(xb), ya.max(yb)]
}
