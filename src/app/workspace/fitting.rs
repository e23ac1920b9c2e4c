//! Fitting boxes to objects: asking for it, applying the answers, and embedding pictures in advance.

use std::time::{Duration, Instant};

use super::core::Workspace;
use super::fitting_state::PendingFit;
use crate::app::canvas::Tool;
use crate::app::i18n::tr;
use crate::app::workers::events::{PromptAnswer, SegmenterEvent};
use crate::app::workers::segmenter::{PromptRequest, Question};
use crate::document::{Annotation, AnnotationId, PictureId};
use crate::geometry::BBox;
use crate::store::StoreError;

/// How long a picture is shown before it is embedded in advance, so that nothing is computed for
/// pictures that a person only passes by.
pub(super) const REST: Duration = Duration::from_millis(400);
/// A fitted box with at least this IoU is no better than the box itself.
const SAME_IOU: f32 = 0.995;

/// What became of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Applied,
    /// The box is already where it fits.
    Unchanged,
    NothingFound,
}

impl Workspace {
    /// Fits the selected boxes to the objects in them, as one step. Boxes that were fitted and not
    /// changed since go back to where they were, and then forth again.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn fit_selected(&mut self) -> Result<(), StoreError> {
        let gesture = self.session.begin_gesture();
        let ids = self.session.selection().iter().copied();
        let ids: Vec<AnnotationId> = ids.filter(|id| !self.session.is_locked(*id)).collect();
        for id in ids {
            let document = self.session.document();
            let Some((picture, row)) = document.annotation(id) else {
                continue;
            };
            let (picture, row) = (picture.id, row.clone());
            match self.fitting.fit_of(&row).cloned() {
                Some(fitted) if row == fitted.after => {
                    self.session.restore_box(&fitted.before, gesture)?;
                    self.fitting.settings.fitted.remove(&id);
                    self.fitting.has_unsaved = true;
                }
                Some(fitted) if row.rect == fitted.after.rect => {
                    // Its class was changed since, and stays.
                    self.session.fit_box(id, fitted.before.rect, gesture)?;
                    self.fitting.settings.fitted.remove(&id);
                    self.fitting.has_unsaved = true;
                }
                Some(fitted) => {
                    self.apply_fit(&row, fitted.after.rect, gesture)?;
                }
                None => self.ask_for_fit(picture, &row, gesture, false),
            }
        }
        Ok(())
    }

    /// Draws a box on a picture, and fits it if drawn boxes snap to objects: one step together.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn draw(&mut self, picture: PictureId, rect: BBox) -> Result<(), StoreError> {
        let (id, gesture) = self.session.draw(picture, rect)?;
        if self.fitting.settings.is_snapping()
            && let Some((_, row)) = self.session.document().annotation(id)
        {
            let row = row.clone();
            self.ask_for_fit(picture, &row, gesture, true);
        }
        Ok(())
    }

    fn ask_for_fit(&mut self, picture: PictureId, row: &Annotation, gesture: u64, is_snap: bool) {
        let Some(request) = self.request(picture) else {
            return;
        };
        let is_asked = |pending: &PendingFit| (pending.id, pending.rect) == (row.id, row.rect);
        if self.fitting.pending.iter().any(is_asked) {
            return;
        }
        let number = self.fitting.next_number();
        self.fitting.pending.push(PendingFit {
            number,
            picture,
            id: row.id,
            rect: row.rect,
            gesture,
            is_snap,
        });
        self.workers.segmenter.ask(PromptRequest {
            number,
            request,
            question: Question::Fit(row.rect),
        });
    }

    /// Handles what the network has done; returns a message for the person, if there is one.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn on_segmenter_event(
        &mut self,
        event: SegmenterEvent,
    ) -> Result<Option<String>, StoreError> {
        match event {
            SegmenterEvent::Failed(reason) => Ok(Some(reason)),
            SegmenterEvent::Embedded(version) => {
                let picture = version.picture;
                if self.versions.is_current(version) && self.fitting.embedded.insert(picture) {
                    self.fitting.measured_revision = None;
                }
                Ok(None)
            }
            SegmenterEvent::Answer { number, answer } => self.on_answer(number, answer),
            SegmenterEvent::Measured { picture, samples } => {
                self.on_measured(picture, &samples);
                Ok(None)
            }
        }
    }

    fn on_answer(
        &mut self,
        number: u64,
        answer: Result<PromptAnswer, String>,
    ) -> Result<Option<String>, StoreError> {
        let pending = &mut self.fitting.pending;
        let Some(at) = pending.iter().position(|fit| fit.number == number) else {
            return Ok(self.on_nested_boxes(number, answer));
        };
        let pending = pending.remove(at);
        let fitted = match answer {
            Ok(PromptAnswer::Fitted(fitted)) => fitted,
            Ok(PromptAnswer::Nested(_)) => return Ok(None),
            Err(reason) => return Ok((!pending.is_snap).then_some(reason)),
        };
        let Some(row) = self.unchanged_row(&pending) else {
            return Ok(None);
        };
        let outcome = match fitted {
            None => Outcome::NothingFound,
            Some(bbox) if bbox.iou(&row.rect) >= SAME_IOU => Outcome::Unchanged,
            Some(bbox) => {
                self.apply_fit(&row, bbox, pending.gesture)?;
                Outcome::Applied
            }
        };
        Ok(match outcome {
            Outcome::NothingFound if !pending.is_snap => Some(tr!("fit-nothing-found").to_owned()),
            Outcome::Unchanged if !pending.is_snap => Some(tr!("fit-unchanged").to_owned()),
            Outcome::Applied | Outcome::Unchanged | Outcome::NothingFound => None,
        })
    }

    /// Forgets what was asked and measured on a picture whose file has changed.
    pub(super) fn forget_fits(&mut self, picture: PictureId) {
        let fitting = &mut self.fitting;
        fitting.pending.retain(|fit| fit.picture != picture);
        fitting.embedded.remove(&picture);
        fitting.truth.remove(&picture);
        fitting.prepared.retain(|other| *other != picture);
        fitting.prepared_for = None;
        if self.session.current() == Some(picture) {
            fitting.point.forget();
        }
    }

    /// The box of a fit, if it is still shown where it was, and nobody is dragging it.
    fn unchanged_row(&self, pending: &PendingFit) -> Option<Annotation> {
        let (_, row) = self.session.document().annotation(pending.id)?;
        let is_unchanged = row.rect == pending.rect
            && self.session.current() == Some(pending.picture)
            && self.session.visible().any(|other| other.id == pending.id)
            && !self.session.is_locked(pending.id)
            && !self.view.canvas.is_dragging(pending.id);
        is_unchanged.then(|| row.clone())
    }

    fn apply_fit(&mut self, row: &Annotation, rect: BBox, gesture: u64) -> Result<(), StoreError> {
        self.session.fit_box(row.id, rect, gesture)?;
        if let Some((_, after)) = self.session.document().annotation(row.id) {
            let after = after.clone();
            self.fitting.remember(row.clone(), after);
        }
        self.mark_as_fitted(row.id);
        Ok(())
    }

    /// Records that a box was made by fitting.
    pub(super) fn mark_as_fitted(&mut self, id: AnnotationId) {
        self.fitting.settings.fitted.insert(id);
        self.fitting.has_unsaved = true;
    }

    /// Forgets what was asked about the former picture when another one is shown, and, if `prepares`,
    /// has pictures embedded that are likely to be needed.
    pub fn update_fitting(&mut self, prepares: bool) {
        let current = self.session.current();
        if self.fitting.shown.map(|(picture, _)| picture) != current {
            self.fitting.shown = current.map(|picture| (picture, Instant::now()));
            self.fitting.pending.clear();
            self.fitting.point.forget();
            self.workers.segmenter.forget_prompts();
        }
        self.update_measurements();
        if let Some((picture, since)) = self.fitting.shown
            && prepares
            && since.elapsed() >= REST
            && self.session.is_editable()
            && self.model_info().is_some()
        {
            self.prepare(picture);
        }
    }

    /// Has the shown picture embedded, and those that are likely to be shown next.
    fn prepare(&mut self, shown: PictureId) {
        // While others need the processor, only the shown picture is prepared.
        let job = self.proposing.job.as_ref();
        let has_job = job.is_some_and(|job| job.paused.is_none());
        if has_job && self.is_current_pending() {
            // Its proposals come first.
            return;
        }
        // A question would have to wait for the embedding of another picture.
        let is_busy = has_job || self.view.canvas.tool() == Tool::Point;
        let state = Some((shown, self.session.revision(), is_busy));
        if self.fitting.prepared_for == state {
            return;
        }
        self.fitting.prepared_for = state;
        let mut pictures = self.session.likely_next();
        if is_busy {
            pictures.truncate(1);
        }
        pictures.retain(|picture| self.session.unreadable(*picture).is_none());
        if pictures != self.fitting.prepared {
            let requests = pictures.iter().filter_map(|id| self.request(*id));
            self.workers.segmenter.embed(requests.collect());
            self.fitting.prepared = pictures;
        }
    }
}

#[cfg(test)]
mod tests;
