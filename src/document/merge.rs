//! An edit that was made on a document, for a document that somebody else has changed since.

use std::collections::HashMap;

use super::annotation::{Annotation, BoxState};
use super::category::Category;
use super::content::Document;
use super::edit::{Change, Edit};
use super::ids::{AnnotationId, CategoryId, PictureId};
use super::labels::Labels;
use super::picture::{Picture, ReviewState};
use crate::naming::Naming;

impl Edit {
    /// The edit as it is to be applied to `document`, in which somebody else may have changed rows since
    /// the edit was made. `inverse` is what [`Document::apply`] returned for it: it has the rows as they
    /// were. New rows must have free ids.
    ///
    /// A picture whose row both have changed gets both changes if they concern different fields. `None`
    /// if both have changed the same thing, or the picture was finished and its boxes are others now: then
    /// a person has to look again.
    pub fn merged(&self, inverse: &Edit, document: &Document) -> Option<Edit> {
        let mut before = FormerRows::default();
        before.collect(inverse);
        before.merge(self, document)
    }
}

/// The rows of a document as they were before an edit.
#[derive(Default)]
struct FormerRows<'a> {
    pictures: HashMap<PictureId, &'a Picture>,
    annotations: HashMap<AnnotationId, &'a Annotation>,
    categories: HashMap<CategoryId, &'a Category>,
    extra: Option<&'a Option<Box<str>>>,
    naming: Option<&'a Naming>,
    labels: Option<&'a Labels>,
}

impl<'a> FormerRows<'a> {
    /// Collects them from the inverse of the edit. What it does last is what was there first.
    fn collect(&mut self, inverse: &'a Edit) {
        match inverse {
            Edit::Picture(Change::Insert(row) | Change::Update(row)) => {
                self.pictures.insert(row.id, row);
            }
            Edit::Annotation {
                change: Change::Insert(row) | Change::Update(row),
                ..
            } => {
                self.annotations.insert(row.id, row);
            }
            Edit::Category(Change::Insert(row) | Change::Update(row)) => {
                self.categories.insert(row.id, row);
            }
            Edit::Extra(extra) => self.extra = Some(extra),
            Edit::Naming(naming) => self.naming = Some(naming),
            Edit::Labels(labels) => self.labels = Some(labels),
            Edit::Batch(edits) => edits.iter().for_each(|edit| self.collect(edit)),
            _ => {}
        }
    }

    fn merge(&self, edit: &Edit, document: &Document) -> Option<Edit> {
        Some(match edit {
            Edit::Batch(edits) => {
                let edits = edits.iter().map(|edit| self.merge(edit, document));
                Edit::Batch(edits.collect::<Option<_>>()?)
            }
            Edit::Picture(Change::Update(row)) => {
                // A picture that the same edit adds has no former row.
                let Some(before) = self.pictures.get(&row.id) else {
                    return Some(edit.clone());
                };
                let now = document.picture(row.id)?;
                let row = merged_picture(before, row, now)?;
                let is_finished =
                    row.review == ReviewState::Done && before.review != ReviewState::Done;
                if is_finished && !self.knows_boxes(row.id, document) {
                    return None;
                }
                Edit::Picture(Change::Update(row))
            }
            Edit::Picture(Change::Remove(id)) => {
                let is_same = self.pictures.get(id).copied() == document.picture(*id);
                is_same.then(|| edit.clone())?
            }
            Edit::Annotation {
                change: Change::Update(Annotation { id, .. }) | Change::Remove(id),
                ..
            } => {
                let before = self.annotations.get(id).copied();
                let now = document.annotation(*id).map(|(_, row)| row);
                (before.is_none() || before == now).then(|| edit.clone())?
            }
            Edit::Category(Change::Update(Category { id, .. }) | Change::Remove(id)) => {
                let before = self.categories.get(id).copied();
                (before.is_none() || before == document.category(*id)).then(|| edit.clone())?
            }
            Edit::Extra(_) => {
                let before = self.extra.and_then(Option::as_deref);
                (before == document.extra()).then(|| edit.clone())?
            }
            Edit::Naming(_) => {
                let is_same = self.naming.is_none_or(|before| before == document.naming());
                is_same.then(|| edit.clone())?
            }
            Edit::Labels(_) => {
                let is_same = self.labels.is_none_or(|before| before == document.labels());
                is_same.then(|| edit.clone())?
            }
            Edit::Category(Change::Insert(row)) => {
                let mut row = row.clone();
                // Another category has got the key meanwhile.
                let mut others = document.categories();
                if others.any(|other| other.hotkey.is_some() && other.hotkey == row.hotkey) {
                    row.hotkey = None;
                }
                Edit::Category(Change::Insert(row))
            }
            // A new row is in nobody's way, and the document refuses an order that lacks a category.
            Edit::Picture(Change::Insert(_)) | Edit::Annotation { .. } | Edit::CategoryOrder(_) => {
                edit.clone()
            }
        })
    }

    /// Whether the edit that judges the boxes of a picture has judged all that are to be judged.
    fn knows_boxes(&self, picture: PictureId, document: &Document) -> bool {
        let mut rows = document.annotations(picture).iter();
        rows.all(|row| row.state != BoxState::Proposed || self.annotations.contains_key(&row.id))
    }
}

/// A picture with our change and theirs; `None` if both have changed the same field differently.
fn merged_picture(before: &Picture, ours: &Picture, theirs: &Picture) -> Option<Picture> {
    fn field<T: PartialEq + Clone>(before: &T, ours: &T, theirs: &T) -> Option<T> {
        if ours == before {
            return Some(theirs.clone());
        }
        (theirs == before || theirs == ours).then(|| ours.clone())
    }
    Some(Picture {
        id: ours.id,
        path: field(&before.path, &ours.path, &theirs.path)?,
        width: field(&before.width, &ours.width, &theirs.width)?,
        height: field(&before.height, &ours.height, &theirs.height)?,
        tags: field(&before.tags, &ours.tags, &theirs.tags)?,
        review: merged_review(before.review, ours.review, theirs.review)?,
        missing: field(&before.missing, &ours.missing, &theirs.missing)?,
        is_excluded: field(&before.is_excluded, &ours.is_excluded, &theirs.is_excluded)?,
        content_hash: field(
            &before.content_hash,
            &ours.content_hash,
            &theirs.content_hash,
        )?,
        extra: field(&before.extra, &ours.extra, &theirs.extra)?,
    })
}

/// The review state after both changes. Work that both have begun is in review; only one that somebody
/// finished and the other did not is for a person to decide.
fn merged_review(
    before: ReviewState,
    ours: ReviewState,
    theirs: ReviewState,
) -> Option<ReviewState> {
    use ReviewState::{InReview, New, Proposed};
    if ours == before || ours == theirs {
        return Some(theirs);
    }
    if theirs == before {
        return Some(ours);
    }
    match (ours, theirs) {
        (InReview, New | Proposed) | (New | Proposed, InReview) => Some(InReview),
        (Proposed, New) | (New, Proposed) => Some(Proposed),
        _ => None,
    }
}
