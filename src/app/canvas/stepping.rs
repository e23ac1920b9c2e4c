//! Stepping from box to box zoomed in: each box that a key selects is brought to the middle.

use egui::Rect;

use super::state::Canvas;
use super::stepping_state::ZoomedStepping;
use super::view::{Fit, ViewTransform};
use crate::app::session::Session;
use crate::geometry::BBox;

/// The share of the canvas that a box takes up, so that it is seen with what is around it.
const BOX_SHARE: f32 = 0.45;
/// The most points per pixel of the picture: more shows a tiny box as blocks of colour.
const MAX_SCALE: f32 = 8.0;

impl Canvas {
    /// Whether selected boxes are brought to the middle.
    pub fn steps_zoomed(&self) -> bool {
        self.stepping.is_some()
    }

    /// Switches stepping zoomed in on, or off, which brings the former view back.
    pub fn toggle_zoomed_stepping(&mut self) {
        match self.stepping.take() {
            Some(stepping) => self.view = self.view_before(&stepping),
            None => {
                self.stepping = Some(ZoomedStepping {
                    former: (self.picture, self.view),
                    centred: None,
                    by_pointer: false,
                });
            }
        }
    }

    /// The pointer selects or draws a box, which then stays where it is.
    pub(super) fn select_by_pointer(&mut self) {
        if let Some(stepping) = &mut self.stepping {
            stepping.by_pointer = true;
        }
    }

    /// Brings the box that was newly selected to the middle of the canvas. Without one, as after the
    /// last, the former view shows what is missing.
    pub(super) fn follow_selection(&mut self, session: &Session, canvas: Rect, size: [u32; 2]) {
        let Some(mut stepping) = self.stepping else {
            return;
        };
        let selected = session.selection().last().copied();
        if selected != stepping.centred && self.gesture.is_none() {
            let row = selected.and_then(|id| session.document().annotation(id));
            match row {
                _ if stepping.by_pointer => {}
                Some((_, row)) => self.view.centre_on(&row.rect, canvas, size),
                None => self.view = self.view_before(&stepping),
            }
            stepping.centred = selected;
        }
        stepping.by_pointer = false;
        self.stepping = Some(stepping);
    }

    /// The view from before stepping; another picture is shown as a whole.
    fn view_before(&self, stepping: &ZoomedStepping) -> ViewTransform {
        let (picture, mut view) = stepping.former;
        if picture != self.picture {
            view.fit = Fit::Whole;
        }
        view
    }
}

impl ViewTransform {
    /// Shows a box of a picture of `size` pixels in the middle of the canvas at a comfortable zoom, no
    /// smaller than in the whole picture.
    fn centre_on(&mut self, bbox: &BBox, canvas: Rect, size: [u32; 2]) {
        let mut whole = Self {
            fit: Fit::Whole,
            ..*self
        };
        whole.update(canvas, size);
        self.zoom_to(bbox, canvas);
        let rect = self.rect(bbox);
        let sides = (rect.width() / canvas.width()).max(rect.height() / canvas.height());
        let scale = (self.scale * BOX_SHARE / sides.max(f32::EPSILON)).min(MAX_SCALE);
        self.zoom(scale.max(whole.scale) / self.scale, canvas.center());
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    const SIZE: [u32; 2] = [600, 600];

    #[test]
    fn a_box_comes_to_the_middle_and_a_tiny_one_is_not_blown_up() {
        let canvas = Rect::from_min_max(pos2(100.0, 50.0), pos2(900.0, 650.0));
        let mut view = ViewTransform::default();
        let bbox = BBox::from_xywh(30.0, 40.0, 120.0, 20.0);
        view.centre_on(&bbox, canvas, SIZE);
        assert!((view.rect(&bbox).center() - canvas.center()).length() < 0.01);
        assert!((view.rect(&bbox).width() - 0.45 * 800.0).abs() < 0.01);
        let tiny = BBox::from_xywh(30.0, 40.0, 3.0, 2.0);
        view.centre_on(&tiny, canvas, SIZE);
        assert!((view.rect(&tiny).center() - canvas.center()).length() < 0.01);
        assert!((view.scale - MAX_SCALE).abs() < 1e-4);
        let large = BBox::from_xywh(0.0, 100.0, 500.0, 400.0);
        view.centre_on(&large, canvas, SIZE);
        assert!(view.scale > 0.9, "as in the whole picture");
    }
}
