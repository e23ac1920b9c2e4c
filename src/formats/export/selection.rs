//! Which pictures and boxes are in an export, and why the others are not.

use std::borrow::Cow;
use std::collections::HashMap;

use super::options::{BoxSelection, ExportOptions, PictureScope};
use super::report::LeftOut;
use crate::document::{Annotation, CategoryId, Document, Picture, PictureId, ReviewState};
use crate::formats::format::Format;

/// The document with the [classes](ExportOptions::classes) that are asked for.
pub(in crate::formats) fn with_asked_classes<'a>(
    document: &'a Document,
    options: &ExportOptions,
) -> Cow<'a, Document> {
    match &options.classes {
        None => Cow::Borrowed(document),
        Some(classes) => Cow::Owned(document.with_classes(|name| classes.contains(name))),
    }
}

/// The pictures of an export, and what is not in it.
pub(in crate::formats) struct Selection<'a> {
    pub pictures: Vec<&'a Picture>,
    /// The pictures that would be exported if they were not taken out of the project.
    pub excluded: Vec<&'a Picture>,
    pub left_out: LeftOut,
}

impl<'a> Selection<'a> {
    /// The pictures of `document`, which has the [asked classes](with_asked_classes) of `whole`.
    pub fn new(whole: &Document, document: &'a Document, options: &ExportOptions) -> Self {
        let mut selection = Self {
            pictures: Vec::new(),
            excluded: Vec::new(),
            left_out: LeftOut::default(),
        };
        for picture in document.pictures() {
            let place = place_of(document, picture, options);
            if !picture.is_excluded {
                let left_out = &mut selection.left_out;
                match place {
                    Place::Exported => {}
                    Place::NotAsked => left_out.other_pictures += 1,
                    Place::Unfinished => left_out.unfinished += 1,
                    Place::Blank => left_out.blank += 1,
                }
                if matches!(place, Place::Exported | Place::Blank) {
                    selection.count_boxes(whole, document, picture, options, place);
                }
            }
            if place == Place::Exported {
                match picture.is_excluded {
                    true => selection.excluded.push(picture),
                    false => selection.pictures.push(picture),
                }
            }
        }
        selection
    }

    /// Counts the boxes of a picture that are left out.
    fn count_boxes(
        &mut self,
        whole: &Document,
        document: &Document,
        picture: &Picture,
        options: &ExportOptions,
        place: Place,
    ) {
        let boxes = options.boxes_of();
        let number = |document: &Document, id: PictureId| {
            let rows = document.annotations(id).iter();
            rows.filter(|row| boxes.includes(row)).count()
        };
        let (all, kept) = (number(whole, picture.id), number(document, picture.id));
        self.left_out.boxes += all - kept;
        if place == Place::Exported {
            self.left_out.emptied += usize::from(kept == 0 && all > 0);
            if boxes == BoxSelection::GroundTruth {
                let rows = whole.annotations(picture.id).iter();
                let open = rows.filter(|row| BoxSelection::Proposals.includes(row));
                self.left_out.proposals += open.count();
            }
        }
    }
}

/// Each class of the project in the person's order, with the number of its boxes that an export of all
/// classes writes; for tags, that of its pictures.
pub(in crate::formats) fn class_counts(
    document: &Document,
    options: &ExportOptions,
) -> Vec<(String, usize)> {
    let all = ExportOptions {
        classes: None,
        ..options.clone()
    };
    let (boxes, format) = (options.boxes_of(), options.format);
    let mut counts: HashMap<CategoryId, usize> = HashMap::new();
    let pictures = document.included_pictures();
    for picture in pictures.filter(|row| place_of(document, row, &all) == Place::Exported) {
        let rows = document.annotations(picture.id).iter();
        let written = rows.filter(|row| {
            let is_dropped = row.flags.crowd && !format.holds_crowds();
            boxes.includes(row) && !is_dropped
        });
        let of_boxes = written.filter_map(|row| document.class_of(row).map(|class| class.id));
        let classes: Vec<CategoryId> = match format {
            Format::Tags => picture.tags.clone(),
            _ => of_boxes.collect(),
        };
        for class in classes {
            *counts.entry(class).or_default() += 1;
        }
    }
    let categories = document.categories();
    let counted = categories.map(|row| {
        let count = counts.get(&row.id).copied().unwrap_or_default();
        (row.name.to_string(), count)
    });
    counted.collect()
}

/// Whether a picture is exported unless it is taken out of the project, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Exported,
    NotAsked,
    Unfinished,
    Blank,
}

fn place_of(document: &Document, picture: &Picture, options: &ExportOptions) -> Place {
    let asked = options.pictures.as_ref();
    if asked.is_some_and(|asked| !asked.contains(&picture.id)) {
        return Place::NotAsked;
    }
    let is_done = picture.review == ReviewState::Done;
    let is_written = match options.format {
        Format::Tags => !picture.tags.is_empty(),
        _ if options.boxes_of() == BoxSelection::Proposals => {
            !is_done && picture.review != ReviewState::New
        }
        _ if is_done => true,
        _ if options.scope == PictureScope::Reviewed => return Place::Unfinished,
        // These list pictures that nobody has labelled as well.
        Format::Coco | Format::Cvat | Format::LabelStudio | Format::Via => true,
        _ => {
            let mut rows = document.annotations(picture.id).iter();
            rows.any(Annotation::is_ground_truth)
        }
    };
    match is_written {
        true => Place::Exported,
        false => Place::Blank,
    }
}
