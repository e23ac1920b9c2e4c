//! What the operations share: collecting edits, looking rows up, and giving a proposal that a person
//! takes its class.

use super::new_categories::new_categories;
use crate::document::annotation::Annotation;
use crate::document::content::Document;
use crate::document::edit::{Change, Edit};
use crate::document::error::EditError;
use crate::document::ids::{AnnotationId, CategoryId, PictureId};
use crate::document::picture::{Picture, ReviewState};

/// The minimum IoU at which two boxes of one category on one picture are the same box.
pub(super) const SAME_BOX_IOU: f32 = 0.9;

/// The edits of an operation, collected one by one.
pub(super) struct EditBuilder<'a> {
    document: &'a Document,
    pub(super) edits: Vec<Edit>,
    pub(super) next_annotation: AnnotationId,
    /// The picture that was last put in review. Most operations concern a single picture.
    reviewed: Option<PictureId>,
    /// The names of classes that do not exist yet, in the order of their ids.
    new_classes: Vec<Box<str>>,
}

impl<'a> EditBuilder<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            edits: Vec::new(),
            next_annotation: document.next_ids().annotation,
            reviewed: None,
            new_classes: Vec::new(),
        }
    }

    /// The edits as one, after the classes that they need.
    pub(super) fn finish(self) -> Edit {
        let names = self.new_classes.iter().map(|name| &**name);
        let added = new_categories(self.document, names).into_iter();
        let added = added.map(|row| Edit::Category(Change::Insert(row)));
        Edit::batch(added.chain(self.edits).collect())
    }

    /// The class of a box that a person takes: its own, or else the one that its suggestion stands for.
    /// If there is none of that name, this adds it.
    pub(super) fn class_of(&mut self, row: &Annotation) -> CategoryId {
        let document = self.document;
        match document.class_of(row) {
            Some(known) => known.id,
            None => self.class_named(document.class_name(row)),
        }
    }

    /// The class of this name. If there is none, this adds it.
    pub(super) fn class_named(&mut self, name: &str) -> CategoryId {
        let document = self.document;
        if let Some(known) = document.category_named(name) {
            return known.id;
        }
        let known = self.new_classes.iter().position(|new| &**new == name);
        let at = known.unwrap_or(self.new_classes.len());
        if known.is_none() {
            self.new_classes.push(name.into());
        }
        let first = document.next_ids().category;
        (0..at).fold(first, |id, _| id.successor())
    }

    /// Inserts a box under a new id.
    pub(super) fn insert(&mut self, picture: PictureId, mut row: Annotation) {
        row.id = self.next_annotation;
        self.next_annotation = row.id.successor();
        self.change(picture, Change::Insert(row));
    }

    pub(super) fn remove(&mut self, picture: PictureId, id: AnnotationId) {
        self.change(picture, Change::Remove(id));
    }

    /// Changes a box and returns whether that changes anything.
    pub(super) fn update(
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
    pub(super) fn revise(
        &mut self,
        picture: &Picture,
        row: &Annotation,
        change: impl FnOnce(&mut Annotation),
    ) {
        if self.update(picture.id, row, change) {
            self.review(picture);
        }
    }

    pub(super) fn change(&mut self, picture: PictureId, change: Change<Annotation, AnnotationId>) {
        self.edits.push(Edit::Annotation { picture, change });
    }

    /// Changes a picture, if that changes anything.
    pub(super) fn update_picture(&mut self, picture: &Picture, change: impl FnOnce(&mut Picture)) {
        let mut after = picture.clone();
        change(&mut after);
        if after != *picture {
            self.edits.push(Edit::Picture(Change::Update(after)));
        }
    }

    /// Puts a picture in review because a person works on it. A picture that is done stays done.
    pub(super) fn review(&mut self, picture: &Picture) {
        if self.reviewed != Some(picture.id) && picture.review < ReviewState::InReview {
            self.reviewed = Some(picture.id);
            self.update_picture(picture, |after| after.review = ReviewState::InReview);
        }
    }
}

/// The picture with this id.
pub(super) fn picture_of(document: &Document, id: PictureId) -> Result<&Picture, EditError> {
    document.picture(id).ok_or(EditError::UnknownPicture(id))
}

/// The boxes with these ids, each once, grouped by picture.
pub(super) fn boxes_of<'a>(
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
