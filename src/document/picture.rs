//! A picture of the project and the progress of its review.

use serde::{Deserialize, Serialize};

use super::error::EditError;
use super::ids::{CategoryId, PictureId};
use crate::geometry::BBox;

/// The progress of the review of a picture.
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
    /// A person has confirmed that its boxes are right and complete. Without boxes it is verified
    /// empty.
    Done,
}

/// A picture of the project, without its annotations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Its id.
    pub id: PictureId,
    /// Its path relative to the project's folder, with `/` on every system. Unique.
    pub path: Box<str>,
    /// Its width in upright pixels.
    pub width: u32,
    /// Its height in upright pixels.
    pub height: u32,
    /// Categories that the picture as a whole shows, ascending and without repeats.
    pub tags: Vec<CategoryId>,
    /// The progress of its review.
    pub review: ReviewState,
    /// Whether the file was not found when the folder was last read.
    pub missing: bool,
    /// Whether a person has taken it out of the project: it keeps its boxes, tags and review state,
    /// but is not worked on, not exported and not learned from until it is brought back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_excluded: bool,
    /// The hash of the file's content, opaque here. It distinguishes a renamed file from a new one.
    pub content_hash: Option<Box<str>>,
    /// Unknown fields of an imported file as JSON text, opaque here.
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
            is_excluded: false,
            content_hash: None,
            extra: None,
        }
    }

    /// Whether it can be worked on: its file was found, and it is not taken out of the project.
    pub fn is_available(&self) -> bool {
        !self.missing && !self.is_excluded
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
/// A backslash is refused although some systems allow it in names, because it is a separator on
/// Windows.
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
