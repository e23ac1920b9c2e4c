//! Changes of boxes in many pictures at once: which boxes they concern, and the change as one step.

use std::collections::HashSet;

use super::core::Session;
use crate::document::{
    Annotation, AnnotationId, BoxState, CategoryId, PictureId, ReviewState, ops,
};
use crate::store::StoreError;

/// The pictures that a change of many applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureScope {
    /// Those that are selected in the list, or the one that is shown.
    #[default]
    Selected,
    /// All of the list.
    Listed,
}

/// Proposals of some pictures by their scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoredProposals {
    /// The highest score first, each with the number of pictures up to there.
    rows: Vec<(f32, AnnotationId, usize)>,
}

impl ScoredProposals {
    /// The proposals with at least this score.
    pub fn from(&self, min_score: f32) -> Vec<AnnotationId> {
        let rows = self.rows[..self.count(min_score)].iter();
        rows.map(|(_, id, _)| *id).collect()
    }

    /// The number of proposals with at least this score, both as the whole percentages that are shown.
    pub fn count(&self, min_score: f32) -> usize {
        let percent = |score: f32| (score * 100.0).round();
        self.rows
            .partition_point(|(score, ..)| percent(*score) >= percent(min_score))
    }

    /// The number of pictures that they are in.
    pub fn pictures(&self, min_score: f32) -> usize {
        let last = self.count(min_score).checked_sub(1);
        last.map_or(0, |last| self.rows[last].2)
    }

    /// The number of all proposals.
    pub fn total(&self) -> usize {
        self.rows.len()
    }
}

/// Boxes of a class in some pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoxesOfClass {
    /// The boxes.
    pub ids: Vec<AnnotationId>,
    /// The number of pictures that they are in.
    pub pictures: usize,
    /// The pictures among these that are done and have such boxes that are ground truth.
    pub done: usize,
}

impl Session {
    /// The pictures of a scope, in the order of the list.
    pub fn pictures_in(&self, scope: PictureScope) -> Vec<PictureId> {
        match scope {
            PictureScope::Selected => self.selected_pictures(),
            PictureScope::Listed => self.rows().to_vec(),
        }
    }

    /// The proposals of pictures that are not done, except those of hidden classes and those that need a
    /// class.
    pub fn scored_proposals(&self, pictures: &[PictureId]) -> ScoredProposals {
        let document = self.document();
        let open = pictures.iter().filter(|id| {
            let picture = document.picture(**id);
            picture.is_some_and(|picture| picture.review != ReviewState::Done)
        });
        let mut rows: Vec<(f32, AnnotationId, PictureId)> = Vec::new();
        for picture in open {
            let proposals = document.annotations(*picture).iter();
            let proposals = proposals.filter(|row| {
                let can_be_taken = !self.is_class_hidden(row) && !self.needs_class(row);
                row.state == BoxState::Proposed && can_be_taken
            });
            rows.extend(proposals.filter_map(|row| Some((row.score?, row.id, *picture))));
        }
        rows.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut seen = HashSet::new();
        let rows = rows.into_iter().map(|(score, id, picture)| {
            seen.insert(picture);
            (score, id, seen.len())
        });
        ScoredProposals {
            rows: rows.collect(),
        }
    }

    /// Accepts these proposals. No picture is marked as done.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn accept_boxes(&mut self, ids: &[AnnotationId]) -> Result<(), StoreError> {
        self.take("accept above a score", ids, ops::accept)?;
        Ok(())
    }

    /// The boxes of a class in pictures: ground truth, and on request proposals that stand for it.
    pub fn boxes_of_class(
        &self,
        pictures: &[PictureId],
        class: CategoryId,
        with_proposals: bool,
    ) -> BoxesOfClass {
        let document = self.document();
        let is_meant = |row: &&Annotation| {
            let is_of_class = document.class_of(row).map(|class| class.id) == Some(class);
            is_of_class
                && (row.is_ground_truth() || with_proposals && row.state == BoxState::Proposed)
        };
        let mut found = BoxesOfClass::default();
        for picture in pictures.iter().filter_map(|id| document.picture(*id)) {
            let rows = document.annotations(picture.id).iter().filter(is_meant);
            let rows: Vec<&Annotation> = rows.collect();
            found.pictures += usize::from(!rows.is_empty());
            let has_truth = rows.iter().any(|row| row.is_ground_truth());
            found.done += usize::from(has_truth && picture.review == ReviewState::Done);
            found.ids.extend(rows.iter().map(|row| row.id));
        }
        found
    }

    /// Gives boxes in any pictures another class. Proposals stay proposals.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn reclass_boxes(
        &mut self,
        ids: &[AnnotationId],
        class: CategoryId,
    ) -> Result<(), StoreError> {
        self.commit("change the class of many boxes", |document| {
            ops::reclass(document, ids, class)
        })?;
        Ok(())
    }

    /// Deletes boxes in any pictures; a model's are rejected. Pictures that are done and lose ground
    /// truth return to review.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn delete_boxes(&mut self, ids: &[AnnotationId]) -> Result<(), StoreError> {
        self.commit("delete many boxes", |document| {
            ops::remove_and_reopen(document, ids)
        })?;
        Ok(())
    }
}
