//! Boxes that were made on a rotated or resized copy of a picture: the file states another size than
//! the picture has.
//!
//! A size that is unknown is trusted, and so is one that differs by a pixel, as programs round
//! differently. Otherwise [`SizeRule`] decides. Whatever it says, boxes that reach beyond the size that
//! the file states show that this size is wrong, so they are not fitted as ground truth.

use std::path::Path;

use super::options::SizeRule;
use super::report::ImportReport;
use super::rows::ImportedPicture;
use super::unreviewed::make_proposals;
use crate::document::Picture;
use crate::pictures::{StoredFrame, probe_stored};

/// Sizes that differ by this number of pixels are the same.
const SAME_SIZE_PX: u32 = 1;

/// Boxes may reach beyond the edge by this much, since programs round and count pixels differently.
const EDGE_PX: f64 = 1.0;

/// How the boxes of a copy are brought into the picture.
enum Fit {
    /// Factors of the horizontal and the vertical direction.
    Scale([f64; 2]),
    Rotate(StoredFrame),
}

/// Fits the boxes of a picture whose size in the file is not the actual one, or makes them
/// proposals, and says so.
pub(super) fn fit_boxes(
    root: &Path,
    rule: SizeRule,
    picture: &Picture,
    imported: &mut ImportedPicture,
    report: &mut ImportReport,
) {
    let actual = [picture.width, picture.height];
    let Some(stated) = imported.size.filter(|stated| !is_same(*stated, actual)) else {
        return;
    };
    let fit = fit(root, picture, stated);
    if imported.boxes.is_empty() || (imported.is_normalised && matches!(fit, Some(Fit::Scale(_)))) {
        return;
    }
    let fit = fit.filter(|_| are_inside(imported, stated, stated));
    let is_chosen = match &fit {
        Some(Fit::Scale(_)) => rule == SizeRule::Scale,
        Some(Fit::Rotate(_)) => rule == SizeRule::Rotate,
        None => false,
    };
    // As they are, unless they would be lost outside of the picture.
    let fit = fit.filter(|_| is_chosen || !are_inside(imported, stated, actual));
    if let Some(fit) = &fit {
        apply(fit, imported, [stated, actual]);
    }
    let how = match fit {
        Some(Fit::Scale(_)) => "its boxes were scaled",
        Some(Fit::Rotate(_)) => "its boxes were rotated as the EXIF data say",
        None => "its boxes were left as they are",
    };
    let review = if is_chosen {
        ""
    } else {
        make_proposals(imported);
        ", and came in as proposals to be reviewed"
    };
    let [[width, height], [actual_width, actual_height]] = [stated, actual];
    report.changed.add(format!(
        "{}: the file says {width} x {height} pixels, but the picture has {actual_width} x \
         {actual_height}; {how}{review}",
        picture.path
    ));
}

fn is_same(stated: [u32; 2], actual: [u32; 2]) -> bool {
    let mut sides = stated.iter().zip(&actual);
    sides.all(|(one, other)| one.abs_diff(*other) <= SAME_SIZE_PX)
}

/// How boxes from a copy of the stated size fit into the picture, if its size can be explained.
fn fit(root: &Path, picture: &Picture, stated: [u32; 2]) -> Option<Fit> {
    let [width, height] = stated;
    let actual = [picture.width, picture.height];
    if [height, width] == actual {
        let frame = probe_stored(&root.join(&*picture.path)).ok()?;
        let explains = frame.size == (width, height) && frame.upright_size() == (height, width);
        return explains.then_some(Fit::Rotate(frame));
    }
    // Each side of the copy was rounded to whole pixels, so the factors of the two directions agree
    // if these ranges overlap.
    let factors = |at: usize| {
        let [stated, actual] = [stated[at], actual[at]].map(f64::from);
        [(stated - 1.0) / actual, (stated + 1.0) / actual]
    };
    let (horizontal, vertical) = (factors(0), factors(1));
    let agrees = horizontal[0] <= vertical[1] && vertical[0] <= horizontal[1];
    let scale = |at: usize| f64::from(actual[at]) / f64::from(stated[at]);
    agrees.then(|| Fit::Scale([scale(0), scale(1)]))
}

/// Whether all boxes are inside of this size.
fn are_inside(imported: &ImportedPicture, stated: [u32; 2], size: [u32; 2]) -> bool {
    let unit = if imported.is_normalised {
        stated.map(f64::from)
    } else {
        [1.0; 2]
    };
    imported.boxes.iter().all(|one| {
        (0..4).all(|at| {
            let edge = one.edges[at] * unit[at % 2];
            edge >= -EDGE_PX && edge <= f64::from(size[at % 2]) + EDGE_PX
        })
    })
}

/// Moves the boxes into the picture of the `actual` size. Shares of its sides stay shares.
fn apply(fit: &Fit, imported: &mut ImportedPicture, [stated, actual]: [[u32; 2]; 2]) {
    let shares = |size: [u32; 2]| if imported.is_normalised { size } else { [1, 1] };
    let [from, to] = [shares(stated), shares(actual)].map(|size| size.map(f64::from));
    let moved = |[x, y]: [f64; 2]| {
        let [x, y] = [x * from[0], y * from[1]];
        let [x, y] = match fit {
            Fit::Scale([horizontal, vertical]) => [x * horizontal, y * vertical],
            Fit::Rotate(frame) => frame.to_upright([x, y]),
        };
        [x / to[0], y / to[1]]
    };
    for one in &mut imported.boxes {
        one.move_corners(moved);
    }
}
