//! The rows of a project as rows of COCO.
//!
//! Ids are those of the document, categories come in the person's order, and `iscrowd`, `area`,
//! `info` and `segmentation` are always present. Boxes have the fewest decimals that lead to the same
//! `f32` edges when they are read.

use serde_json::{Map, Value, json};

use super::extension::{
    BoxExtension, CategoryExtension, EXTENSION_KEY, PictureExtension, insert_extension,
};
use super::outline::remove_stale_outline;
use super::segmentation::{Segmentation, outline_of_box};
use super::suggested::SuggestedIds;
use super::types::{self, Image};
use crate::document::{Annotation, BoxState, Category, Document, Flag, Picture};
use crate::formats::export::naming::ExportedPicture;
use crate::formats::export::options::{BoxSelection, ExportOptions, PictureFiles};
use crate::formats::json_flags::insert_flags;
use crate::formats::messages::Messages;
use crate::formats::unknown_fields;
use crate::geometry::BBox;

/// Keys of an annotation that are written from the document, or not at all.
const RESERVED_KEYS: [&str; 7] = [
    "id",
    "image_id",
    "category_id",
    "iscrowd",
    "score",
    "ignore",
    EXTENSION_KEY,
];

/// The `info` of our own files.
pub(super) fn own_info() -> Map<String, Value> {
    let mut info = Map::new();
    info.insert("description".to_owned(), "Boxes reviewed in Tsukami".into());
    info.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
    info.insert("contributor".to_owned(), "Tsukami".into());
    info
}

pub(super) fn category(row: &Category, provenance: bool) -> types::Category {
    let mut extra = unknown_fields::from_text(row.extra.as_deref());
    let supercategory = match extra.remove("supercategory") {
        Some(Value::String(name)) => name,
        _ => String::new(),
    };
    if provenance {
        let Category { colour, hotkey, .. } = *row;
        insert_extension(&mut extra, &CategoryExtension { colour, hotkey });
    }
    types::Category {
        id: row.id.0.into(),
        name: row.name.to_string(),
        supercategory,
        extra,
    }
}

pub(super) fn image(exported: &ExportedPicture<'_>, options: &ExportOptions) -> Image {
    let row = exported.picture;
    let provenance = options.provenance;
    let mut extra = unknown_fields::from_text(row.extra.as_deref());
    let extension = PictureExtension {
        review: Some(row.review),
        tags: row.tags.iter().map(|tag| tag.0.into()).collect(),
        missing: provenance.then_some(row.missing),
        content_hash: row.content_hash.clone().filter(|_| provenance),
        is_excluded: row.is_excluded,
    };
    insert_extension(&mut extra, &extension);
    let is_in_export = options.files != PictureFiles::Leave;
    Image {
        id: row.id.0.into(),
        width: row.width,
        height: row.height,
        file_name: if is_in_export {
            exported.name.clone()
        } else {
            row.path.to_string()
        },
        extra,
    }
}

pub(super) fn annotation(
    row: &Annotation,
    picture: &Picture,
    suggested: &SuggestedIds<'_>,
    document: &Document,
    options: &ExportOptions,
    changed: &mut Messages,
) -> types::Annotation {
    let bbox = shortest_bbox(&row.rect);
    let mut extra = unknown_fields::from_text(row.extra.as_deref());
    for key in RESERVED_KEYS {
        extra.remove(key);
    }
    if remove_stale_outline(&mut extra, &row.rect, picture) {
        let (path, id) = (&picture.path, row.id);
        changed.add(format!(
            "{path}: the outline or keypoints of box {id} were left out because the box was moved"
        ));
    }
    let mut area = extra.remove("area").and_then(|area| area.as_f64());
    let segmentation = extra.remove("segmentation").and_then(|segmentation| {
        let read = Segmentation::read(segmentation).for_picture([picture.width, picture.height]);
        if let Some(change) = &read.change {
            let (path, id) = (&picture.path, row.id);
            changed.add(format!("{path}: box {id} {change}"));
        }
        read.outline.or_else(|| {
            area = None;
            let edges = [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1];
            read.change.map(|_| outline_of_box(edges.map(f64::from)))
        })
    });
    let box_area = bbox[2] * bbox[3];
    let area = area.filter(|area| segmentation.is_some() && *area > 0.0 && *area <= box_area);
    // As CVAT writes the flags for which COCO has no key.
    let mut attributes = row
        .flags
        .iter()
        .filter(|flag| *flag != Flag::Crowd)
        .peekable();
    if attributes.peek().is_some() {
        insert_flags(&mut extra, "attributes", attributes);
    }
    let is_plain = row.state == BoxState::Drawn && row.score.is_none();
    if options.provenance && !is_plain {
        let extension = BoxExtension {
            state: row.state,
            origin: row.origin.clone(),
            score: row.score,
            proposal: row.former.clone(),
            suggestion: row.suggestion.clone(),
            is_suggested: row.category.is_none(),
        };
        insert_extension(&mut extra, &extension);
    }
    types::Annotation {
        id: row.id.0.into(),
        image_id: picture.id.0.into(),
        category_id: suggested.category_id(document, row),
        bbox,
        area: area.unwrap_or(box_area),
        iscrowd: u8::from(row.flags.crowd),
        segmentation: segmentation.unwrap_or_else(|| json!([])),
        // Only a file of proposals has scores.
        score: row
            .score
            .map(f64::from)
            .filter(|_| options.boxes == BoxSelection::Proposals),
        extra,
    }
}

/// `[x, y, width, height]` with the fewest decimals that lead to the same edges, and inside of what
/// the edges enclose.
pub(super) fn shortest_bbox(rect: &BBox) -> [f64; 4] {
    let decimal = |edge: f32| edge.to_string().parse().unwrap_or_else(|_| f64::from(edge));
    let side = |from: f64, to: f32| {
        let exact = f64::from(to) - from;
        let end: f64 = decimal(to);
        let rounded = (0..=9).map(|digits| {
            let unit = 10_f64.powi(digits);
            ((end - from) * unit).round() / unit
        });
        let mut suitable = rounded.filter(|side| {
            *side > 0.0 && from + side <= end && ((from + side) as f32).to_bits() == to.to_bits()
        });
        suitable.next().unwrap_or(exact)
    };
    let (x, y) = (decimal(rect.x0), decimal(rect.y0));
    [x, y, side(x, rect.x1), side(y, rect.y1)]
}
