//! Search, filters and order of the list.

use egui::{Button, ComboBox, Id, Key, TextEdit, Ui, vec2};

use crate::app::action::Action;
use crate::app::canvas;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::icons::Icon;
use crate::app::session::Session;
use crate::app::session::{PictureQuery, ReviewFilter, SortOrder};
use crate::app::theme::ThemePalette;
use crate::app::visible_rows::visible_rows;

/// How much wider than requested a combo box can be, in points. Without this margin the panel
/// would grow in every frame.
const COMBO_MARGIN: f32 = 10.0;
/// Room for the buttons next to the order, and the width of the menu of filters, in points.
const ORDER_BUTTONS_WIDTH: f32 = 72.0;
const MENU_WIDTH: f32 = 230.0;
const SCORE_LABEL_WIDTH: f32 = 40.0;

/// The id of the search field among egui's widgets.
pub fn search_id() -> Id {
    Id::unique("tsukami search")
}

/// Draws the search field, the filters and the order.
pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
    let former = session.query();
    let mut query = former.clone();
    let search = TextEdit::singleline(&mut query.search)
        .hint_text(tr!("list-search.hint"))
        .id(search_id())
        .desired_width(f32::INFINITY);
    let response = ui.add(search).accessible_name(tr!("list-search"));
    if response.lost_focus() {
        let [entered, cancelled] =
            [Key::Enter, Key::Escape].map(|key| ui.input(|input| input.key_pressed(key)));
        if cancelled {
            query.search.clear();
        }
        if entered || cancelled {
            ui.memory_mut(|memory| memory.request_focus(canvas::id()));
        }
        let is_listed = session
            .current()
            .is_some_and(|id| session.row(id).is_some());
        if let Some(first) = session.rows().first()
            && entered
            && !is_listed
        {
            actions.push(Action::Show(*first));
        }
    }
    ui.horizontal(|ui| {
        let half = (ui.available_width() - ui.spacing().item_spacing.x) / 2.0 - COMBO_MARGIN;
        state_filter(ui, &mut query, half);
        class_filter(ui, session, &mut query, half);
    });
    ui.horizontal(|ui| {
        order_ui(ui, &mut query);
        filter_button(ui, &mut query);
    });
    if query.is_filtered() {
        ui.horizontal(|ui| {
            ui.weak(filter_summary(&query));
            if ui.small_button(tr!("list-show-all")).clicked() {
                query = PictureQuery {
                    sort: query.sort,
                    is_reversed: query.is_reversed,
                    ..PictureQuery::default()
                };
            }
        });
    }
    if query != *former {
        actions.push(Action::SetQuery(query));
    }
}

fn order_ui(ui: &mut Ui, query: &mut PictureQuery) {
    ui.name_inputs(tr!("list-order"), |ui| {
        ComboBox::from_id_salt("order")
            .selected_text(sort_name(query.sort))
            .width(ui.available_width() - ORDER_BUTTONS_WIDTH - COMBO_MARGIN)
            .show_ui(ui, |ui| {
                for sort in SortOrder::ALL {
                    ui.selectable_value(&mut query.sort, sort, sort_name(sort));
                }
            });
    });
    let symbol = if query.is_reversed { "⬆" } else { "⬇" };
    let reverse = ui
        .button(symbol)
        .on_hover_text(tr!("list-reverse-order"))
        .accessible_name(tr!("list-reverse-order"));
    if reverse.clicked() {
        query.is_reversed = !query.is_reversed;
    }
}

fn sort_name(sort: SortOrder) -> &'static str {
    match sort {
        SortOrder::Name => tr!("sort-name"),
        SortOrder::Uncertainty => tr!("sort-uncertainty"),
        SortOrder::Certainty => tr!("sort-certainty"),
        SortOrder::Score => tr!("sort-score"),
        SortOrder::Boxes => tr!("sort-boxes"),
        SortOrder::Class => tr!("sort-class"),
    }
}

fn state_filter(ui: &mut Ui, query: &mut PictureQuery, width: f32) {
    let any = tr!("filter-any-state");
    ui.name_inputs(tr!("filter-state"), |ui| {
        ComboBox::from_id_salt("state")
            .selected_text(query.state.map_or(any, state_name))
            .width(width)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut query.state, None, any);
                for state in ReviewFilter::ALL {
                    ui.selectable_value(&mut query.state, Some(state), state_name(state));
                }
            });
    });
}

fn state_name(state: ReviewFilter) -> &'static str {
    match state {
        ReviewFilter::ToReview => tr!("filter-to-review"),
        ReviewFilter::New => tr!("filter-new"),
        ReviewFilter::Proposed => tr!("filter-proposed"),
        ReviewFilter::InReview => tr!("filter-in-review"),
        ReviewFilter::Done => tr!("filter-done"),
        ReviewFilter::VerifiedEmpty => tr!("filter-verified-empty"),
        ReviewFilter::TakenOut => tr!("filter-taken-out"),
    }
}

fn class_filter(ui: &mut Ui, session: &Session, query: &mut PictureQuery, width: f32) {
    let document = session.document();
    let chosen = query.category.and_then(|id| document.category(id));
    let any = tr!("filter-any-class");
    ui.name_inputs(tr!("filter-class"), |ui| {
        ComboBox::from_id_salt("class")
            .selected_text(chosen.map_or(any, |category| &*category.name))
            .width(width)
            .truncate()
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut query.category, None, any);
                let classes: Vec<_> = document.categories().collect();
                let height = ui.spacing().interact_size.y;
                ui.set_min_width(MENU_WIDTH);
                visible_rows(ui, height, classes.len(), None, |ui, row| {
                    let name = &*classes[row].name;
                    let is_chosen = query.category == Some(classes[row].id);
                    let button = Button::selectable(is_chosen, name).truncate();
                    if ui.add(button.min_size(vec2(0.0, height))).clicked() {
                        query.category = Some(classes[row].id);
                        ui.close();
                    }
                });
            });
    });
}

/// The button of the other filters: a funnel, in the colour of progress while it holds something back.
fn filter_button(ui: &mut Ui, query: &mut PictureQuery) {
    let is_active = query.has_proposals || query.is_unreadable || query.scores.is_some();
    let accent = ThemePalette::of(ui.visuals()).accent;
    let icon = Icon::Filter.atom(is_active.then_some(accent));
    ui.menu_button(icon, |ui| more_filters(ui, query))
        .response
        .on_hover_text(tr!("list-more-filters"))
        .accessible_name(tr!("list-more-filters"));
}

fn more_filters(ui: &mut Ui, query: &mut PictureQuery) {
    ui.set_min_width(MENU_WIDTH);
    ui.checkbox(&mut query.has_proposals, tr!("filter-with-proposals"));
    ui.checkbox(&mut query.is_unreadable, tr!("filter-bad-files"));
    let mut by_score = query.scores.is_some();
    ui.checkbox(&mut by_score, tr!("filter-by-score"));
    let mut range = query.scores.unwrap_or([0.0, 1.0]);
    ui.add_enabled_ui(by_score, |ui| {
        let names = [tr!("filter-score-from"), tr!("filter-score-to")];
        for (value, name) in range.iter_mut().zip(names) {
            let slider = form::percent_slider(value, 0.0..=1.0);
            form::slider_row(ui, SCORE_LABEL_WIDTH, [name, ""], slider);
        }
    });
    query.scores = by_score.then_some(range);
}

/// What the list is filtered by, in short.
fn filter_summary(query: &PictureQuery) -> &'static str {
    if query.is_unreadable {
        tr!("filter-summary-bad")
    } else if query.has_proposals {
        tr!("filter-summary-proposals")
    } else if query.scores.is_some() {
        tr!("filter-summary-score")
    } else {
        tr!("filter-summary-other")
    }
}
