//! The point tool: asking which nested boxes a point may mean, and taking one of them.

use super::core::Workspace;
use super::pointing_state::Asked;
use crate::app::canvas::Offers;
use crate::app::i18n::tr;
use crate::app::workers::events::PromptAnswer;
use crate::app::workers::segmenter::{PromptRequest, Question};
use crate::geometry::BBox;
use crate::segment::PromptPoint;
use crate::store::StoreError;

/// A box that exists already is not offered: one with at least this IoU.
const EXISTING_IOU: f32 = 0.9;

impl Workspace {
    /// Asks which boxes points may mean, or, without points, offers nothing any more.
    pub fn point_at(&mut self, points: Vec<PromptPoint>) {
        let point = &mut self.fitting.point;
        match &mut point.asked {
            asked if points.is_empty() => {
                if let Some(asked) = asked {
                    asked.is_wanted = false;
                }
                point.next = None;
                point.offers = None;
            }
            Some(_) => point.next = Some(points),
            None => self.ask_about_points(points),
        }
    }

    fn ask_about_points(&mut self, points: Vec<PromptPoint>) {
        let Some(request) = self.session.current().and_then(|id| self.request(id)) else {
            return;
        };
        let number = self.fitting.next_number();
        self.fitting.point.asked = Some(Asked {
            number,
            points: points.clone(),
            is_wanted: true,
        });
        self.workers.segmenter.ask(PromptRequest {
            number,
            request,
            question: Question::Points(points),
        });
    }

    /// The boxes that points may mean have arrived, or a reason why there are none, which is returned.
    pub(super) fn on_nested_boxes(
        &mut self,
        number: u64,
        answer: Result<PromptAnswer, String>,
    ) -> Option<String> {
        let point = &mut self.fitting.point;
        let asked = point.asked.take_if(|asked| asked.number == number)?;
        let next = point.next.take();
        let former = point.offers.take();
        let trouble = match answer {
            _ if !asked.is_wanted => None,
            Ok(PromptAnswer::Nested(nested)) => {
                let former = former.filter(|offers| {
                    offers.is_stepped && have_same_roles(&offers.points, &asked.points)
                });
                let chosen = former.map(|offers| offers.chosen_box());
                let exists = |bbox: &BBox| {
                    let mut rows = self.session.visible();
                    rows.any(|row| row.is_ground_truth() && row.rect.iou(bbox) >= EXISTING_IOU)
                };
                self.fitting.point.offers = Offers::new(asked.points, &nested, chosen, exists);
                None
            }
            Ok(PromptAnswer::Fitted(_)) => None,
            Err(reason) => Some(reason),
        };
        if trouble.is_none()
            && let Some(points) = next
        {
            self.ask_about_points(points);
        }
        trouble
    }

    /// Chooses a larger or smaller one of the offered boxes.
    pub fn step_offer(&mut self, by: isize, wraps: bool) {
        if let Some(offers) = &mut self.fitting.point.offers {
            offers.step(by, wraps);
        }
    }

    /// Draws the chosen one of the offered boxes. Returns a message if nothing is offered.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn take_offer(&mut self) -> Result<Option<String>, StoreError> {
        let Some(offers) = self.fitting.point.offers.take() else {
            return Ok(Some(tr!("point-nothing-offered").to_owned()));
        };
        self.point_at(Vec::new());
        if let Some(picture) = self.session.current() {
            let (id, _) = self.session.draw(picture, offers.chosen_box())?;
            self.mark_as_fitted(id);
        }
        Ok(None)
    }
}

/// Whether points only lie elsewhere than others, so that they may still mean the same object.
fn have_same_roles(former: &[PromptPoint], now: &[PromptPoint]) -> bool {
    let roles = |points: &[PromptPoint]| -> Vec<bool> {
        points.iter().map(|point| point.is_inside).collect()
    };
    roles(former) == roles(now)
}
