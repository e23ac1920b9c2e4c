//! Making proposals again from cached maps, when their settings or the naming of classes change.

use std::sync::Arc;

use super::core::Workspace;
use super::settings::{localize_options_of, model_settings_of};
use super::view_state::ProposalPreview;
use crate::app::session::ProposalSettings;
use crate::app::workers::events::RelocalizedBoxes;
use crate::app::workers::requests::{LocalizeOptions, PictureRequest};
use crate::document::{BoxState, Picture, PictureId, ReviewState};
use crate::localize::PictureMaps;
use crate::store::StoreError;

impl Workspace {
    /// Changes how proposals are made. While a slider is dragged (`is_final` is false), the result on
    /// the shown picture is previewed. Afterwards its untouched proposals are replaced at once, and
    /// those of other pictures in the background, all from cached maps.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn change_proposal_settings(
        &mut self,
        settings: ProposalSettings,
        is_final: bool,
    ) -> Result<(), StoreError> {
        if !is_final {
            self.preview_proposals(settings);
            return Ok(());
        }
        let cut = localize_options_of(&settings);
        self.view.preview = None;
        let former = self.session.proposal_settings();
        if (&settings.model, settings.quality()) != (&former.model, former.quality()) {
            // Whoever asks for it, model and settings never disagree.
            self.set_model_settings(model_settings_of(&settings))?;
        }
        *self.session.proposal_settings_mut() = settings;
        self.relocalize_again(self.session.current(), cut)
    }

    /// Shows what the settings would propose on the shown picture, if they have an effect there.
    fn preview_proposals(&mut self, settings: ProposalSettings) {
        let current = self.session.current();
        let maps = current.and_then(|picture| self.maps_of(picture));
        // Learned states do not cut maps, so there is nothing to preview.
        let has_no_effect =
            self.session.is_current_done() || self.learning.active_state().is_some();
        let (Some(picture), Some(maps), Some(model_info), false) =
            (current, maps, self.model_info().cloned(), has_no_effect)
        else {
            *self.session.proposal_settings_mut() = settings;
            return;
        };
        let cut = localize_options_of(&settings);
        let boxes = self.proposals_of(picture, &maps, &cut).unwrap_or_default();
        let namer = self.class_namer(&model_info);
        let candidates = self.candidates(&namer, picture, &boxes, &model_info);
        let document = self.session.document();
        let boxes = candidates.into_iter().map(|(proposal, candidate)| {
            let suggestion = candidate.suggestion.as_deref();
            let class = document.class_for(candidate.category, suggestion);
            (proposal.clone(), class.map(|class| class.id))
        });
        let boxes = boxes.collect();
        self.view.preview = Some(ProposalPreview { settings, boxes });
    }

    /// Makes untouched proposals again from cached maps: those of the `shown` picture at once, the
    /// others in the background.
    pub(super) fn relocalize_again(
        &mut self,
        shown: Option<PictureId>,
        cut: LocalizeOptions,
    ) -> Result<(), StoreError> {
        if !self.session.is_editable() || self.learning.active_state().is_some() {
            return Ok(());
        }
        if let Some(picture) = shown
            && let Some(maps) = self.maps_of(picture)
            && let Some(model_info) = self.model_info().cloned()
        {
            let boxes = self.proposals_of(picture, &maps, &cut).unwrap_or_default();
            self.write_boxes(&model_info, &cut, &[(picture, boxes)], false)?;
            self.derive_others(cut, None);
        } else {
            // Its maps are not in memory, so it comes first in the background.
            self.derive_others(cut, shown);
        }
        Ok(())
    }

    /// Makes the proposals of all pictures but the shown one again, after those of `first`.
    fn derive_others(&mut self, cut: LocalizeOptions, first: Option<PictureId>) {
        let Some(model_info) = self.model_info().cloned() else {
            return;
        };
        let document = self.session.document();
        let has_proposals = |row: &Picture| {
            let mut boxes = document.annotations(row.id).iter();
            row.review == ReviewState::Proposed || boxes.any(|row| row.state == BoxState::Proposed)
        };
        let current = self.session.current();
        let first = first.and_then(|picture| document.picture(picture));
        let others = document.included_pictures();
        let others = others.filter(|row| Some(row.id) != current);
        let pictures = first
            .into_iter()
            .chain(others)
            .filter(|row| row.review != ReviewState::Done)
            .filter(|row| has_proposals(row))
            .filter_map(|row| self.request(row.id));
        let pictures: Vec<PictureRequest> = pictures.collect();
        self.relocalizing.queue.clear();
        self.relocalizing.remaining = pictures.len();
        self.workers
            .relocalizer
            .relocalize(model_info, cut, pictures);
    }

    /// Boxes were made from cached maps. They are written when no drag is under way.
    pub fn on_relocalized(&mut self, relocalized: RelocalizedBoxes) {
        let model = self.model_info();
        if model.is_none_or(|model_info| **model_info != *relocalized.model) {
            return;
        }
        if self.workers.relocalizer.is_current_request(&relocalized) {
            self.relocalizing.queue.push_back(relocalized);
        }
    }

    /// The maps of a picture, if the model has processed it and they are in memory. Otherwise they are read
    /// from the cache, and are there some frames later if they are in it.
    pub fn maps_of(&mut self, picture: PictureId) -> Option<Arc<PictureMaps>> {
        if let Some(maps) = self.relocalizing.maps.get(&picture) {
            return Some(Arc::clone(maps));
        }
        if self.relocalizing.without_maps.contains(&picture) {
            return None;
        }
        let key = self.model_info()?.cache_key(&self.request(picture)?.key);
        if self.relocalizing.loading.insert(picture) {
            self.workers.maps_loader.load(picture, key);
        }
        None
    }

    /// The maps of a picture were read, or are not in the cache.
    pub fn on_maps(&mut self, picture: PictureId, key: &str, maps: Option<Arc<PictureMaps>>) {
        if !self.relocalizing.loading.remove(&picture) {
            return;
        }
        let request = self.request(picture);
        let is_current = self
            .model_info()
            .zip(request)
            .is_some_and(|(model_info, request)| model_info.cache_key(&request.key) == key);
        match maps {
            _ if !is_current || self.relocalizing.maps.contains(&picture) => {}
            Some(maps) => self.relocalizing.put(picture, maps),
            None => drop(self.relocalizing.without_maps.insert(picture)),
        }
    }

    /// Whether it is known that the model has not processed a picture.
    pub fn is_without_maps(&self, picture: PictureId) -> bool {
        self.relocalizing.without_maps.contains(&picture)
    }
}
