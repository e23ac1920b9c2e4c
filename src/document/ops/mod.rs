//! Operations: what a person or a model wants to do, turned into an [`Edit`].
//!
//! Each function only reads the document. The edit that it gives is complete and holds for the
//! document as it was read; [`Document::apply`] checks it once more, and refuses it if the
//! document has changed in between so that it no longer fits. An operation that would change
//! nothing gives an [empty](Edit::is_empty) edit. New rows get the document's
//! [next ids](Document::next_ids), in order.
//!
//! Rectangles are clipped to their picture here, and refused only where nothing is left.

mod boxes;
mod categories;
mod naming;
mod pictures;
mod propose;

pub use boxes::{
    accept, accept_all, copy_from, delete, draw, duplicate, paste, reject, reshape, set_category,
    set_flags,
};
pub use categories::{
    add_category, delete_category, ensure_category, merge_categories, recolour_category,
    rename_category, set_hotkey,
};
pub use naming::{ClassNamer, map_classes, remove_unused_model_categories};
pub use pictures::{
    accept_and_finish, add_pictures, remove_pictures, rename_pictures, set_content, set_done,
    set_missing, set_tag,
};
pub use propose::{Candidate, NamedCandidate, add_proposals, propose, replace_proposals_named};

use super::{
    Annotation, AnnotationId, Change, Document, Edit, EditError, Picture, PictureId, ReviewState,
};

/// At this overlap, two boxes of one category on one picture are the same box.
const SAME_BOX_IOU: f32 = 0.9;

/// The edits of an operation in the making.
struct Draft {
    edits: Vec<Edit>,
    next_annotation: AnnotationId,
    /// The picture that was last marked as being in review; most operations have but one.
    reviewed: Option<PictureId>,
}

impl Draft {
    fn new(document: &Document) -> Self {
        Self {
            edits: Vec::new(),
            next_annotation: document.next_ids().annotation,
            reviewed: None,
        }
    }

    fn finish(self) -> Edit {
        Edit::batch(self.edits)
    }

    /// Adds a box under a new id.
    fn insert(&mut self, picture: PictureId, mut row: Annotation) {
        row.id = self.next_annotation;
        self.next_annotation = row.id.successor();
        self.change(picture, Change::Insert(row));
    }

    fn remove(&mut self, picture: PictureId, id: AnnotationId) {
        self.change(picture, Change::Remove(id));
    }

    /// Changes a box, if that changes anything, and tells whether it does.
    fn update(
        &mut self,
        picture: PictureId,
        row: &Annotation,
        change: impl FnOnce(&mut Annotation),
    ) -> bool {
        let mut after = row.clone();
        change(&mut after);
        let changes = after != *row;
        if changes {
            self.change(picture, Change::Update(after));
        }
        changes
    }

    /// As [`update`](Self::update), by a person, which puts the picture in review.
    fn revise(
        &mut self,
        picture: &Picture,
        row: &Annotation,
        change: impl FnOnce(&mut Annotation),
    ) {
        if self.update(picture.id, row, change) {
            self.review(picture);
        }
    }

    fn change(&mut self, picture: PictureId, change: Change<Annotation, AnnotationId>) {
        self.edits.push(Edit::Annotation { picture, change });
    }

    /// Changes a picture, if that changes anything.
    fn update_picture(&mut self, picture: &Picture, change: impl FnOnce(&mut Picture)) {
        let mut after = picture.clone();
        change(&mut after);
        if after != *picture {
            self.edits.push(Edit::Picture(Change::Update(after)));
        }
    }

    /// A person works on this picture. One that is done stays done.
    fn review(&mut self, picture: &Picture) {
        if self.reviewed != Some(picture.id) && picture.review < ReviewState::InReview {
            self.reviewed = Some(picture.id);
            self.update_picture(picture, |after| after.review = ReviewState::InReview);
        }
    }
}

fn picture_of(document: &Document, id: PictureId) -> Result<&Picture, EditError> {
    document.picture(id).ok_or(EditError::UnknownPicture(id))
}

/// The boxes with these ids, each once, picture by picture.
fn boxes_of<'a>(
    document: &'a Document,
    ids: &[AnnotationId],
) -> Result<Vec<(&'a Picture, &'a Annotation)>, EditError> {
    let mut rows = ids
        .iter()
        .map(|id| {
            document
                .annotation(*id)
                .ok_or(EditError::UnknownAnnotation(*id))
        })
        .collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|(picture, row)| (picture.id, row.id));
    rows.dedup_by_key(|(_, row)| row.id);
    Ok(rows)
}
