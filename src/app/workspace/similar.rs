//! Searching for objects that are similar to the one in a box.

use std::collections::HashSet;
use std::sync::Arc;

use super::core::Workspace;
use super::learning_state::SimilarSearch;
use super::proposing_state::ModelState;
use crate::app::i18n::tr;
use crate::app::workers::learner::SimilarRequest;
use crate::app::workers::requests::LearnedBoxes;
use crate::document::PictureId;
use crate::document::ops::Candidate;
use crate::store::StoreError;

/// The number of upcoming pictures that are searched.
const MAX_PICTURES: usize = 40;
/// Gestures of searches have this bit, which sets them apart from gestures of keys.
const SEARCH_GESTURE: u64 = 1 << 62;
/// The method in the provenance of similar boxes.
pub(super) const SIMILAR_METHOD: &str = "more like this";

impl Workspace {
    /// Searches for objects that are similar to the one in the selected box, in this picture and in
    /// those that come next. Returns why that is not possible, if it is not.
    pub fn more_like_selected(&mut self) -> Option<String> {
        let document = self.session.document();
        let selected = match self.session.selection() {
            [only] => document.annotation(*only),
            _ => None,
        };
        let Some((picture, row)) = selected.filter(|(_, row)| row.is_ground_truth()) else {
            return Some(tr!("select-one-box").to_owned());
        };
        if let ModelState::Failed(reason) = &self.proposing.model {
            return Some(reason.clone());
        }
        let (own, bbox, category) = (picture.id, row.rect, row.category);
        let upcoming = self.upcoming().into_iter().filter(|id| *id != own);
        let pictures = [own].into_iter().chain(upcoming.take(MAX_PICTURES));
        let pictures = pictures.filter_map(|id| self.request(id)).collect();
        let request = SimilarRequest {
            search: self.learning.last_search + 1,
            request: self.request(own)?,
            bbox,
            pictures,
        };
        self.learning.last_search += 1;
        self.learning.search = Some(SimilarSearch {
            request: request.clone(),
            category: category?,
            without_features: HashSet::new(),
            pictures: 0,
            found: 0,
        });
        self.learning.features.attempted.clear();
        self.workers.learner.find_similar(request);
        None
    }

    /// Whether a search is under way.
    pub fn is_searching(&self) -> bool {
        self.learning.search.is_some()
    }

    /// Ends the search, because what it has found is undone.
    pub fn end_search(&mut self) {
        self.learning.search = None;
    }

    /// Searches a picture whose features the search waited for.
    pub(super) fn continue_search(&mut self, picture: PictureId) {
        if let Some(search) = &mut self.learning.search
            && search.without_features.remove(&picture)
        {
            let mut request = search.request.clone();
            if request.request.picture != picture {
                request.pictures.retain(|other| other.picture == picture);
            }
            self.workers.learner.find_similar(request);
        }
    }

    /// Adds the boxes that a search has found; returns a message about its progress.
    pub(super) fn on_similar_boxes(
        &mut self,
        number: u64,
        boxes: &LearnedBoxes,
        without_features: &[PictureId],
    ) -> Result<Option<String>, StoreError> {
        let model_info = self.model_info().cloned();
        let (Some(model_info), Some(search)) = (model_info, &mut self.learning.search) else {
            return Ok(None);
        };
        if search.request.search != number {
            return Ok(None);
        }
        // It does not wait for pictures that the model could not process.
        let attempted = &self.learning.features.attempted;
        let missing = without_features.iter().filter(|id| !attempted.contains(id));
        let missing: Vec<PictureId> = missing.copied().collect();
        search.without_features.extend(&missing);
        search.pictures += boxes.len();
        let category = search.category;
        self.request_features(&missing);
        let origin = Arc::new(model_info.provenance_by_method(SIMILAR_METHOD, ""));
        let found: Vec<(PictureId, Vec<Candidate>)> = boxes
            .iter()
            .map(|(picture, boxes)| {
                let candidates = boxes
                    .iter()
                    .map(|similar| Candidate::of_class(similar.bbox, category, similar.score));
                (*picture, candidates.collect())
            })
            .collect();
        // A search is one step, as long as no other step comes between.
        let gesture = SEARCH_GESTURE | number;
        let added = self.session.add_proposals(&origin, &found, gesture)?;
        let Some(search) = &mut self.learning.search else {
            return Ok(None);
        };
        search.found += added;
        let text = progress_text(search);
        if search.without_features.is_empty() {
            self.learning.search = None;
        }
        Ok(Some(text))
    }
}

/// The progress of a search.
fn progress_text(search: &SimilarSearch) -> String {
    let waiting = search.without_features.len();
    if search.pictures == 0 && waiting == 0 {
        return tr!("similar-unreadable").to_owned();
    }
    let found = tr!(
        "similar-found",
        boxes = search.found,
        pictures = search.pictures,
        next = search.pictures.saturating_sub(1)
    );
    if waiting == 0 {
        return found;
    }
    tr!("similar-found-processing", found = found, waiting = waiting)
}
