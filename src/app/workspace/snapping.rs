//! Whether drawn boxes snap to objects: the choice of the person, and measurements on the boxes that
//! they have reviewed.

use super::core::Workspace;
use super::fitting_state::{FITTING_SETTING, SnapChoice};
use crate::app::workers::segmenter::MeasureRequest;
use crate::document::{PictureId, ReviewState};
use crate::geometry::BBox;
use crate::learn::fit_gate::FitSample;
use crate::store::StoreError;

/// The most boxes of a picture that are measured, so that one picture does not decide for all.
const MAX_BOXES_PER_PICTURE: usize = 8;
/// With so many boxes the answer is known.
const MAX_BOXES: usize = 200;

impl Workspace {
    /// Chooses whether drawn boxes snap to objects.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn set_snap(&mut self, snap: SnapChoice) -> Result<(), StoreError> {
        self.fitting.settings.snap = snap;
        self.fitting.has_unsaved = true;
        self.save_fitting()
    }

    /// Writes what the project stores about fitting, if it has changed.
    pub(super) fn save_fitting(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.fitting.has_unsaved) {
            let document = self.session.document();
            self.fitting
                .settings
                .fitted
                .retain(|id| document.annotation(*id).is_some());
            self.session
                .save_setting(FITTING_SETTING, &self.fitting.settings)?;
        }
        Ok(())
    }

    /// Requests measurements on pictures that are embedded and reviewed, if anything has changed.
    pub(super) fn update_measurements(&mut self) {
        let revision = self.session.revision();
        if self.fitting.measured_revision == Some(revision) {
            return;
        }
        self.fitting.measured_revision = Some(revision);
        let embedded: Vec<PictureId> = self.fitting.embedded.iter().copied().collect();
        for picture in embedded {
            let truth = self.measurable_boxes(picture);
            let is_enough = self.fitting.settings.comparison().boxes >= MAX_BOXES;
            if truth.is_empty() || is_enough || self.fitting.truth.get(&picture) == Some(&truth) {
                continue;
            }
            if let Some(request) = self.request(picture) {
                self.fitting.truth.insert(picture, truth.clone());
                self.workers
                    .segmenter
                    .measure(MeasureRequest { request, truth });
            }
        }
    }

    /// True boxes of a picture that is done, each with a seed, without those that were made by fitting.
    fn measurable_boxes(&self, picture: PictureId) -> Vec<(u64, BBox)> {
        let document = self.session.document();
        let row = document.picture(picture);
        if row.is_none_or(|row| row.review != ReviewState::Done || row.is_excluded) {
            return Vec::new();
        }
        let fitted = &self.fitting.settings.fitted;
        let rows = document.annotations(picture).iter();
        rows.filter(|row| row.is_ground_truth() && !fitted.contains(&row.id) && !row.flags.crowd)
            .take(MAX_BOXES_PER_PICTURE)
            .map(|row| (u64::from(row.id.0), row.rect))
            .collect()
    }

    pub(super) fn on_measured(&mut self, picture: PictureId, samples: &[FitSample]) {
        if samples.is_empty() {
            // It is measured when it is embedded again.
            self.fitting.truth.remove(&picture);
            self.fitting.embedded.remove(&picture);
            return;
        }
        let samples = samples.iter().map(|sample| [sample.before, sample.after]);
        let measured = &mut self.fitting.settings.measured;
        measured.insert(picture, samples.collect());
        self.fitting.has_unsaved = true;
    }
}
