//! The canvas and its boxes for screen readers.

use egui::{Response, Role, Sense, Ui, WidgetInfo};

use super::id::id;
use super::scene::Scene;
use super::state::Canvas;
use crate::app::theme;
use crate::document::BoxState;

impl Canvas {
    /// Gives the canvas and every visible box a role and a name.
    pub(super) fn describe(&self, ui: &Ui, response: &Response, scene: &Scene<'_>) {
        let session = scene.session;
        response.widget_info(|| {
            let name = session
                .current()
                .and_then(|id| session.document().picture(id));
            let name = name.map_or("no picture", |picture| &*picture.path);
            let count = session.visible().count();
            WidgetInfo::labeled(Role::Canvas, true, format!("Canvas: {name}, {count} boxes"))
        });
        if scene.are_boxes_hidden {
            return;
        }
        let canvas = response.rect;
        for row in session.visible() {
            let rect = self.view.rect(&row.rect).intersect(canvas);
            if !rect.is_positive() {
                continue;
            }
            let id = id().with(row.id.0);
            let response = ui.interact(rect, id, Sense::empty());
            response.widget_info(|| {
                let class = session.document().category(row.category);
                let class = class.map_or("", |class| &*class.name);
                let score = match row.score {
                    Some(score) if row.state == BoxState::Proposed => {
                        format!(", {:.0} percent", score * 100.0)
                    }
                    _ => String::new(),
                };
                let text = format!(
                    "Box {}: {class}, {}{score}",
                    row.id,
                    theme::box_state_name(row.state)
                );
                let is_selected = session.selection().contains(&row.id);
                WidgetInfo::selected(Role::ListBoxOption, true, is_selected, text)
            });
        }
    }
}
