//! The checklist of classes: which are exported, and how many boxes each of them has.

use std::collections::BTreeSet;

use egui::{Align, Layout, ScrollArea, Sense, TextEdit, TextWrapMode, Ui, Vec2, vec2};

use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::app::theme;
use crate::app::visible_rows::visible_rows;
use crate::document::{Category, CategoryId};

/// From this number of classes on they can be searched.
const MIN_SEARCHED: usize = 13;
const ROW_HEIGHT: f32 = 20.0;

/// What is typed to find a class.
#[derive(Default)]
pub struct ClassChecklist {
    search: String,
}

impl ClassChecklist {
    /// Draws the list into all of the height. `counts` are the boxes of each class in the order
    /// of the document, if they are known.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        unticked: &mut BTreeSet<CategoryId>,
        counts: Option<&[(String, usize)]>,
    ) {
        let document = session.document();
        // Another process may have deleted some.
        unticked.retain(|id| document.category(*id).is_some());
        let all: Vec<&Category> = document.categories().collect();
        if all.is_empty() {
            ui.weak(tr!("export-classes"));
            ui.weak(tr!("export-no-classes"));
            return;
        }
        let text = self.search.trim().to_lowercase();
        let is_found = |row: &&Category| row.name.to_lowercase().contains(&text);
        let shown: Vec<(usize, &Category)> = all
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, row)| is_found(row))
            .collect();
        let ticked = all.len() - unticked.len();
        ui.horizontal(|ui| {
            ui.weak(tr!(
                "export-classes-ticked",
                ticked = ticked,
                all = all.len()
            ));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                // What a search shows is what these are about.
                let ids = shown.iter().map(|(_, row)| row.id);
                if ui.small_button(tr!("export-classes-none")).clicked() {
                    unticked.extend(ids.clone());
                }
                if ui.small_button(tr!("export-classes-all")).clicked() {
                    unticked.retain(|id| ids.clone().all(|shown| shown != *id));
                }
            });
        });
        if all.len() >= MIN_SEARCHED {
            let field = TextEdit::singleline(&mut self.search)
                .hint_text(tr!("export-classes-search"))
                .desired_width(f32::INFINITY);
            ui.add(field).accessible_name(tr!("export-classes-search"));
        }
        if shown.is_empty() {
            ui.weak(tr!("export-classes-not-found"));
        }
        ScrollArea::vertical()
            .id_salt("classes of the export")
            .auto_shrink(false)
            .show(ui, |ui| {
                visible_rows(ui, ROW_HEIGHT, shown.len(), None, |ui, row| {
                    let (at, category) = shown[row];
                    let count = counts.and_then(|counts| counts.get(at));
                    // The counts are of another document if it has just changed.
                    let count = count.filter(|(name, _)| **name == *category.name);
                    row_ui(ui, category, unticked, count.map(|(_, count)| *count));
                });
            });
    }
}

fn row_ui(
    ui: &mut Ui,
    category: &Category,
    unticked: &mut BTreeSet<CategoryId>,
    count: Option<usize>,
) {
    let width = ui.available_width();
    ui.allocate_ui_with_layout(
        vec2(width, ROW_HEIGHT),
        Layout::right_to_left(Align::Center),
        |ui| {
            ui.set_height(ROW_HEIGHT);
            ui.add_space(8.0);
            if let Some(count) = count {
                ui.weak(count.to_string());
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
                ui.painter()
                    .rect_filled(rect, 3, theme::colour(category.colour));
                ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
                let mut is_ticked = !unticked.contains(&category.id);
                if ui.checkbox(&mut is_ticked, &*category.name).changed() {
                    if is_ticked {
                        unticked.remove(&category.id);
                    } else {
                        unticked.insert(category.id);
                    }
                }
            });
        },
    );
}
