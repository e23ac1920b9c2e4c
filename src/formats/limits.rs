//! What a format cannot hold, and how much of a document that concerns.

use std::collections::BTreeMap;

use super::format::Format;
use super::unknown_fields;
use crate::document::{Annotation, Document, Flag, Picture};

/// The key of an outline among the unknown fields of a box.
const OUTLINE_KEY: &str = "segmentation";

/// What the files of a format hold besides boxes and classes.
struct Capacity {
    flags: &'static [Flag],
    attributes: bool,
    outlines: bool,
    tags: bool,
}

impl Format {
    /// Whether a box that marks a crowd is written, if only as a difficult one.
    pub(super) fn holds_crowds(self) -> bool {
        !matches!(self, Self::Yolo | Self::CreateMl)
    }

    fn capacity(self) -> Capacity {
        use Flag::{Crowd, Occluded, Truncated};
        let (flags, attributes, outlines, tags): (&[Flag], bool, bool, bool) = match self {
            Self::Coco => (&Flag::ALL, true, true, true),
            Self::Cvat => (&Flag::ALL, true, false, true),
            Self::LabelMe => (&Flag::ALL, true, false, false),
            Self::LabelStudio | Self::Via => (&Flag::ALL, false, false, false),
            // It writes a crowd as a difficult box, and says so.
            Self::Voc => (&Flag::ALL, false, false, false),
            Self::OpenImages => (&[Crowd, Occluded, Truncated], false, false, false),
            // Crowds are left out as boxes.
            Self::Yolo | Self::CreateMl => (&[Crowd], false, false, false),
            Self::CocoResults => (&[], false, false, false),
            Self::Tags => (&[], false, false, true),
        };
        Capacity {
            flags,
            attributes,
            outlines,
            tags,
        }
    }
}

/// What a format cannot hold of some pictures and their boxes, all of which is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The number of boxes with each flag that the format does not have.
    pub flags: BTreeMap<Flag, usize>,
    /// The number of boxes with attributes.
    pub attributes: usize,
    /// The number of boxes that have an outline of another program.
    pub outlines: usize,
    /// The number of pictures with tags.
    pub tags: usize,
    /// The number of boxes that are left out as a whole: all if the format has tags only, otherwise those
    /// that mark a crowd.
    pub boxes: usize,
}

impl Losses {
    /// What `format` cannot hold of these pictures, and of those of their boxes that are exported.
    pub(super) fn of<'a>(
        format: Format,
        document: &Document,
        pictures: impl Iterator<Item = &'a Picture>,
        is_exported: impl Fn(&Annotation) -> bool,
    ) -> Self {
        let capacity = format.capacity();
        let mut losses = Self::default();
        for picture in pictures {
            losses.tags += usize::from(!capacity.tags && !picture.tags.is_empty());
            let rows = document.annotations(picture.id).iter();
            for row in rows.filter(|row| is_exported(row)) {
                losses.add(row, format, &capacity);
            }
        }
        losses
    }

    fn add(&mut self, row: &Annotation, format: Format, capacity: &Capacity) {
        if format == Format::Tags || row.flags.crowd && !format.holds_crowds() {
            self.boxes += 1;
            return;
        }
        for flag in row.flags.iter() {
            if !capacity.flags.contains(&flag) {
                *self.flags.entry(flag).or_default() += 1;
            }
        }
        self.attributes += usize::from(!capacity.attributes && !row.attributes().is_empty());
        if !capacity.outlines && row.extra.is_some() {
            let fields = unknown_fields::from_text(row.extra.as_deref());
            self.outlines += usize::from(fields.contains_key(OUTLINE_KEY));
        }
    }

    /// Whether nothing is lost.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
