//! The canvas and its boxes for screen readers.

use egui::{Response, Role, Sense, Ui, WidgetInfo};

use super::id::id;
use super::scene::Scene;
use super::state::Canvas;
use crate::app::class_text::class_text;
use crate::app::i18n::tr;
use crate::app::theme;
use crate::document::BoxState;

impl Canvas {
    /// Gives the canvas and every box that is drawn a role and a name.
    pub(super) fn describe(&self, ui: &Ui, response: &Response, scene: &Scene<'_>) {
        let session = scene.session;
        response.widget_info(|| {
            let name = session
                .current()
                .and_then(|id| session.document().picture(id));
            let name = name.map_or(tr!("canvas-no-picture"), |picture| &*picture.path);
            let boxes = session.visible().count();
            let text = tr!("canvas-name", picture = name, boxes = boxes);
            WidgetInfo::labeled(Role::Canvas, true, text)
        });
        let canvas = response.rect;
        if let Some(offers) = scene.offers {
            for (at, bbox) in offers.boxes.iter().enumerate() {
                let rect = self.view.rect(bbox).intersect(canvas);
                let response = ui.interact(rect, id().with(("offer", at)), Sense::empty());
                response.widget_info(|| {
                    let count = offers.boxes.len();
                    let text = tr!("canvas-offer-name", number = at + 1, count = count);
                    WidgetInfo::selected(Role::ListBoxOption, true, at == offers.chosen, text)
                });
            }
        }
        if scene.are_boxes_hidden {
            return;
        }
        for row in session.on_canvas() {
            let rect = self.view.rect(&row.rect).intersect(canvas);
            if !rect.is_positive() {
                continue;
            }
            let id = id().with(row.id.0);
            let response = ui.interact(rect, id, Sense::empty());
            response.widget_info(|| {
                let class = class_text(session, row);
                let id = row.id.to_string();
                let state = theme::box_state_name(row.state);
                let text = match row.score {
                    Some(score) if row.state == BoxState::Proposed => tr!(
                        "canvas-box-scored",
                        id = id,
                        class = class.as_str(),
                        state = state,
                        percent = format!("{:.0}", score * 100.0)
                    ),
                    _ => tr!("canvas-box", id = id, class = class.as_str(), state = state),
                };
                let is_selected = session.selection().contains(&row.id);
                WidgetInfo::selected(Role::ListBoxOption, true, is_selected, text)
            });
        }
    }
}
