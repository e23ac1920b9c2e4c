//! The boxes of a picture: clipped to it, and compared with those that the document has.

use std::collections::HashSet;

use super::ids::IdAllocator;
use super::options::ImportMode;
use super::report::ImportReport;
use super::rows::{ImportedBox, ImportedCategory, ImportedPicture};
use crate::document::{
    Annotation, AnnotationId, BoxState, CategoryId, Change, Document, Edit, FormerProposal,
    Picture, PictureId, ReviewState, ops,
};
use crate::geometry::BBox;
use crate::naming::ANY_OBJECT;

/// The minimum overlap at which an imported box is the same as one of the document.
const SAME_BOX_IOU: f32 = 0.99;

/// A smaller distance beyond the edge of the picture is a rounding error of the file.
const ROUNDING_PX: f64 = 0.05;

/// What the boxes of a file do to a picture.
pub(super) struct BoxOutcome {
    /// Whether the file has ground truth for it.
    pub has_ground_truth: bool,
    /// Whether the file has proposals for it.
    pub has_proposals: bool,
    /// Whether some boxes could not be imported.
    pub is_partial: bool,
    /// Boxes of the document that the file has, too.
    pub present: HashSet<AnnotationId>,
    /// Boxes of the document that are removed.
    pub removed: HashSet<AnnotationId>,
}

/// Takes the boxes of one picture after the other.
pub(super) struct BoxImporter<'a> {
    pub document: &'a Document,
    pub mode: ImportMode,
    /// The imported categories.
    pub categories: &'a [ImportedCategory],
    /// Their ids. Those that are only names by a model have none.
    pub category_ids: &'a [Option<CategoryId>],
    pub ids: IdAllocator,
}

impl BoxImporter<'_> {
    /// Adds the edits for the boxes of a picture to `edits`.
    pub(super) fn add_boxes(
        &mut self,
        picture: &Picture,
        is_new: bool,
        imported: &mut ImportedPicture,
        report: &mut ImportReport,
        edits: &mut Vec<Edit>,
    ) -> BoxOutcome {
        let rows = if is_new {
            &[]
        } else {
            self.document.annotations(picture.id)
        };
        let boxes = std::mem::take(&mut imported.boxes);
        let mut outcome = BoxOutcome {
            has_ground_truth: false,
            has_proposals: boxes.iter().any(|one| one.state == BoxState::Proposed),
            is_partial: imported.is_partial,
            present: HashSet::new(),
            removed: HashSet::new(),
        };
        let is_closed = !is_new && picture.review == ReviewState::Done;
        let mut inserted = Vec::new();
        let mut left_out = 0;
        for one in boxes {
            let Some(rect) = clip(picture, imported.is_normalised, &one, report) else {
                outcome.is_partial = true;
                continue;
            };
            outcome.has_ground_truth |= one.is_ground_truth();
            let requested = one.id;
            let name = self.name_of(&one);
            let new = self.annotation(rect, one);
            if let Some(row) = self.find_present(rows, &new, &name) {
                outcome.present.insert(row.id);
                report.present += 1;
                continue;
            }
            if is_closed && new.state == BoxState::Proposed {
                // A person has marked the picture as done, so its boxes are final.
                report.present += 1;
                left_out += 1;
                continue;
            }
            let confirmed = rows.iter().find(|row| {
                row.state == BoxState::Proposed
                    && !outcome.present.contains(&row.id)
                    && self.is_same(row, rect, &name)
            });
            if let Some(row) = confirmed.filter(|_| new.is_ground_truth()) {
                outcome.present.insert(row.id);
                report.boxes += 1;
                let mut row = row.clone();
                row.state = BoxState::Accepted;
                row.category = new.category;
                row.flags = new.flags;
                row.extra = new.extra;
                edits.push(edit(picture.id, Change::Update(row)));
                continue;
            }
            inserted.push((requested, new));
        }
        if left_out > 0 {
            report.changed.add(format!(
                "{}: {left_out} proposed {} left out, because the picture is done; reopen it first",
                picture.path,
                if left_out == 1 {
                    "box was"
                } else {
                    "boxes were"
                }
            ));
        }
        if self.mode == ImportMode::Replace {
            remove_others(rows, &mut outcome, picture.id, report, edits);
        }
        for (requested, mut new) in inserted {
            // A box that replaces one with the same id keeps the id: it was changed elsewhere.
            let own = rows.iter().find(|row| {
                Some(u64::from(row.id.0)) == requested && outcome.removed.contains(&row.id)
            });
            new.id = own.map_or_else(|| AnnotationId(self.ids.allocate(requested)), |row| row.id);
            match new.state {
                BoxState::Proposed => report.proposals += 1,
                BoxState::Rejected => {}
                _ => report.boxes += 1,
            }
            edits.push(edit(picture.id, Change::Insert(new)));
        }
        outcome
    }

    /// What an imported box is called in the project.
    fn name_of(&self, one: &ImportedBox) -> String {
        let name = self.categories[one.category].name.as_str();
        let naming = self.document.naming();
        let name = if one.is_suggested {
            naming.name_of(one.suggestion.as_deref().unwrap_or(name))
        } else {
            name
        };
        name.to_owned()
    }

    fn is_same(&self, row: &Annotation, rect: BBox, name: &str) -> bool {
        self.document.class_name(row) == name && row.rect.iou(&rect) >= SAME_BOX_IOU
    }

    /// The box of the document that an imported box of this name is.
    fn find_present<'r>(
        &self,
        rows: &'r [Annotation],
        new: &Annotation,
        name: &str,
    ) -> Option<&'r Annotation> {
        let is_itself = |row: &&Annotation| match new.state {
            BoxState::Proposed | BoxState::Rejected => {
                row.state == new.state && self.is_same(row, new.rect, name)
            }
            _ => row.is_ground_truth() && self.is_same(row, new.rect, name),
        };
        let is_known = |row: &&Annotation| match new.state {
            BoxState::Proposed => ops::is_judged(self.document, row, new),
            BoxState::Rejected => self.is_same(row, new.rect, name),
            _ => false,
        };
        let mut all = rows.iter();
        rows.iter().find(is_itself).or_else(|| all.find(is_known))
    }

    /// An imported box as a box of the document, without its id.
    fn annotation(&self, rect: BBox, one: ImportedBox) -> Annotation {
        let former = one.former.map(|(rect, category)| {
            Box::new(FormerProposal {
                rect,
                category: category.and_then(|index| self.category_ids[index]),
            })
        });
        let name = &self.categories[one.category].name;
        let suggested = || (one.is_suggested && name != ANY_OBJECT).then(|| name.as_str().into());
        Annotation {
            id: AnnotationId(0),
            category: self.category_ids[one.category].filter(|_| !one.is_suggested),
            suggestion: one.suggestion.clone().or_else(suggested),
            rect,
            state: one.state,
            flags: one.flags,
            origin: one.origin,
            score: one.score,
            former,
            extra: one.extra,
        }
    }
}

fn edit(picture: PictureId, change: Change<Annotation, AnnotationId>) -> Edit {
    Edit::Annotation { picture, change }
}

/// Removes what the boxes of the file replace: proposals if the file has only proposals, and
/// everything if it has ground truth or nothing at all.
fn remove_others(
    rows: &[Annotation],
    outcome: &mut BoxOutcome,
    picture: PictureId,
    report: &mut ImportReport,
    edits: &mut Vec<Edit>,
) {
    let only_proposals = outcome.has_proposals && !outcome.has_ground_truth;
    for row in rows {
        let is_replaced = !outcome.present.contains(&row.id)
            && (!only_proposals || row.state == BoxState::Proposed);
        if is_replaced {
            report.removed += 1;
            outcome.removed.insert(row.id);
            edits.push(edit(picture, Change::Remove(row.id)));
        }
    }
}

/// The box in pixels, clipped to the picture; `None`, with a message, if nothing is left.
fn clip(
    picture: &Picture,
    is_normalised: bool,
    one: &ImportedBox,
    report: &mut ImportReport,
) -> Option<BBox> {
    let size = [f64::from(picture.width), f64::from(picture.height)];
    let mut edges = one.edges;
    if is_normalised {
        for (at, edge) in edges.iter_mut().enumerate() {
            *edge *= size[at % 2];
        }
    }
    let path = &picture.path;
    let name = one
        .id
        .map_or_else(|| "a box".to_owned(), |id| format!("box {id}"));
    let [x0, y0, x1, y1] = edges;
    if !edges.iter().all(|edge| edge.is_finite()) || x0 >= x1 || y0 >= y1 {
        report.skipped.add(format!(
            "{path}: {name} from ({x0}, {y0}) to ({x1}, {y1}) has no area"
        ));
        return None;
    }
    let mut is_clipped = false;
    for (at, edge) in edges.iter_mut().enumerate() {
        let inside = edge.clamp(0.0, size[at % 2]);
        is_clipped |= (inside - *edge).abs() > ROUNDING_PX;
        *edge = inside;
    }
    let [left, top, right, bottom] = edges.map(|edge| edge as f32);
    let rect = BBox {
        x0: left,
        y0: top,
        x1: right,
        y1: bottom,
    };
    let rect = rect.clipped(picture.width, picture.height);
    if rect.is_none() {
        report.skipped.add(format!(
            "{path}: {name} from ({x0}, {y0}) to ({x1}, {y1}) is outside the picture"
        ));
    } else if is_clipped {
        report
            .changed
            .add(format!("{path}: {name} was clipped to the picture"));
    }
    rect
}
