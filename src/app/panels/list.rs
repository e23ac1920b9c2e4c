//! The list of pictures: search, filters, order, and rows or thumbnails of which only those that
//! can be seen are made.

use std::ops::Range;

use egui::{
    Align, Align2, Button, Color32, ComboBox, CornerRadius, FontId, Id, Key, Layout, Modifiers,
    Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use crate::app::action::Action;
use crate::app::canvas;
use crate::app::command::Command;
use crate::app::session::SelectionChange;
use crate::app::session::{PictureQuery, ReviewFilter, SortOrder};
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Workspace;
use crate::document::{BoxState, Picture, PictureId, ReviewState};

const ROW_HEIGHT: f32 = 46.0;
const ROW_THUMBNAIL: Vec2 = vec2(58.0, 40.0);
const CELL_WIDTH: f32 = 112.0;
const CELL_HEIGHT: f32 = 104.0;
/// Rows that a page goes.
const PAGE_ROWS: isize = 10;

/// Points that a combo box may take beyond the width that it is given. Were they not left free, the
/// panel would grow by them in every frame.
const COMBO_MARGIN: f32 = 10.0;

/// The name of the list among the toolkit's widgets.
pub fn id() -> Id {
    Id::unique("tsukami list")
}

/// What the list remembers from frame to frame.
#[derive(Default)]
pub struct List {
    /// The picture that it was last brought to, and what the list was asked for then.
    scrolled_to: Option<(PictureId, PictureQuery)>,
    /// What was selected then.
    selection_version: u64,
    offset: f32,
    height: f32,
    /// Columns of the grid, for the arrow keys.
    columns: usize,
}

impl List {
    /// Draws the list.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        workspace: &mut Workspace,
        is_grid: bool,
        actions: &mut Vec<Action>,
    ) {
        progress(ui, workspace, actions);
        query(ui, workspace, actions);
        ui.separator();
        let response = self.focus(ui, workspace, actions);
        let number = workspace.session.rows().len();
        if number == 0 {
            empty_ui(ui, workspace, actions);
            return;
        }
        let width = ui.available_width();
        self.columns = if is_grid {
            ((width / CELL_WIDTH) as usize).max(2)
        } else {
            1
        };
        let height = if is_grid { CELL_HEIGHT } else { ROW_HEIGHT };
        let spacing = 2.0;
        ui.spacing_mut().item_spacing.y = spacing;
        let lines = number.div_ceil(self.columns);
        let mut area = ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("pictures");
        if let Some(offset) = self.offset_to_current(workspace, height + spacing) {
            area = area.vertical_scroll_offset(offset);
        }
        let output = area.show_rows(ui, height, lines, |ui, lines| {
            self.lines(ui, workspace, lines, height, is_grid, actions);
        });
        self.offset = output.state.clamped_offset().y;
        self.height = output.inner_rect.height();
        if response.has_focus() {
            let stroke = Stroke::new(1.5, ThemePalette::of(ui.visuals()).accent);
            let rect = output.inner_rect;
            ui.painter()
                .rect_stroke(rect, 2, stroke, StrokeKind::Inside);
        }
    }

    /// The list as a whole has the focus, so that it is one stop for the keyboard.
    fn focus(&self, ui: &Ui, workspace: &Workspace, actions: &mut Vec<Action>) -> Response {
        let rect = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), 1.0));
        let response = ui.interact(rect, id(), Sense::focusable_noninteractive());
        response.widget_info(|| {
            let mut text = format!("Pictures, {} of them", workspace.session.rows().len());
            let picks = workspace.session.list_selection().len();
            if picks > 0 {
                text += &format!(", {picks} selected");
            }
            WidgetInfo::labeled(Role::ListBox, true, text)
        });
        if response.has_focus() {
            let filter = egui::EventFilter {
                vertical_arrows: true,
                horizontal_arrows: true,
                // The first time it gives up what is selected.
                escape: !workspace.session.list_selection().is_empty(),
                ..egui::EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), filter));
            if ui.input(|input| input.key_pressed(Key::Enter)) {
                ui.memory_mut(|memory| memory.request_focus(canvas::id()));
            }
            let columns = self.columns as isize;
            for (key, step) in [
                (Key::ArrowDown, columns.max(1)),
                (Key::ArrowUp, -columns.max(1)),
                (Key::ArrowRight, 1),
                (Key::ArrowLeft, -1),
            ] {
                if ui.input(|input| input.key_pressed(key) && !input.modifiers.shift)
                    && let Some(picture) = workspace.session.neighbour(step)
                {
                    actions.push(Action::Show(picture));
                }
            }
        }
        response
    }

    /// What a key means while the list has the focus, before it can be a command.
    pub fn on_key(
        &self,
        key: Key,
        modifiers: Modifiers,
        workspace: &Workspace,
    ) -> Option<SelectionChange> {
        let columns = self.columns.max(1) as isize;
        match key {
            Key::A if modifiers.command_only() => Some(SelectionChange::All),
            Key::Escape if !workspace.session.list_selection().is_empty() => {
                Some(SelectionChange::Clear)
            }
            _ if !modifiers.shift_only() => None,
            Key::ArrowDown => Some(SelectionChange::RangeBy(columns)),
            Key::ArrowUp => Some(SelectionChange::RangeBy(-columns)),
            Key::ArrowRight => Some(SelectionChange::RangeBy(1)),
            Key::ArrowLeft => Some(SelectionChange::RangeBy(-1)),
            Key::PageDown => Some(SelectionChange::RangeBy(PAGE_ROWS * columns)),
            Key::PageUp => Some(SelectionChange::RangeBy(-PAGE_ROWS * columns)),
            Key::Home => Some(SelectionChange::RangeBy(isize::MIN)),
            Key::End => Some(SelectionChange::RangeBy(isize::MAX)),
            _ => None,
        }
    }

    /// Where to scroll so that the picture that is shown, or the end of what is selected, can be
    /// seen, when it is another one.
    fn offset_to_current(&mut self, workspace: &Workspace, step: f32) -> Option<f32> {
        let picks = workspace.session.list_selection();
        let version = std::mem::replace(&mut self.selection_version, picks.version());
        let end = picks.range_end().filter(|_| version != picks.version());
        let current = end.or_else(|| workspace.session.current().filter(|_| picks.is_empty()))?;
        let query = workspace.session.query();
        let is_there = self
            .scrolled_to
            .as_ref()
            .is_some_and(|(picture, then)| *picture == current && then == query);
        if is_there || self.height == 0.0 {
            return None;
        }
        self.scrolled_to = Some((current, query.clone()));
        let top = (workspace.session.row(current)? / self.columns.max(1)) as f32 * step;
        let is_seen = top >= self.offset && top + step <= self.offset + self.height;
        (!is_seen).then(|| (top - (self.height - step) / 2.0).max(0.0))
    }

    fn lines(
        &self,
        ui: &mut Ui,
        workspace: &mut Workspace,
        lines: Range<usize>,
        height: f32,
        is_grid: bool,
        actions: &mut Vec<Action>,
    ) {
        let number = workspace.session.rows().len();
        for line in lines {
            let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
            let width = rect.width() / self.columns as f32;
            for column in 0..self.columns {
                let at = line * self.columns + column;
                if at >= number {
                    break;
                }
                let picture = workspace.session.rows()[at];
                let left = rect.left() + column as f32 * width;
                let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, height));
                entry(ui, workspace, picture, place, is_grid, actions);
            }
        }
    }
}

/// How far the review is, and what is selected.
fn progress(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let summary = workspace.session.summary();
    let total: usize = summary.pictures.values().sum();
    let done = summary
        .pictures
        .get(&ReviewState::Done)
        .copied()
        .unwrap_or(0);
    ui.horizontal(|ui| {
        let palette = ThemePalette::of(ui.visuals());
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(34.0), Sense::hover());
        ring(ui, rect, done as f32 / total.max(1) as f32, palette);
        let text = format!("{done} of {total} pictures are done");
        response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &text));
        response.on_hover_text(&text);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.strong(format!("{done} / {total} done"));
            let listed = workspace.session.rows().len();
            let left = total - done;
            let picks = workspace.session.list_selection().len();
            if picks > 0 {
                ui.colored_label(palette.accent, format!("{picks} selected"));
            } else if listed == total {
                ui.weak(format!("{left} to review"));
            } else {
                ui.weak(format!("{listed} in this list"));
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tags = ui.add_enabled(workspace.session.is_editable(), Button::new("🏷"));
            if tags
                .on_hover_text(Command::TagPictures.tooltip())
                .accessible_name(Command::TagPictures.label())
                .clicked()
            {
                actions.push(Action::Command(Command::TagPictures));
            }
            if !workspace.session.list_selection().is_empty() {
                let clear = ui.button("✖").on_hover_text("Select no pictures (Esc)");
                if clear.accessible_name("Select no pictures").clicked() {
                    actions.push(Action::SelectPictures(SelectionChange::Clear));
                }
            }
        });
    });
}

/// A ring that fills clockwise from the top.
fn ring(ui: &Ui, rect: Rect, share: f32, palette: ThemePalette) {
    let painter = ui.painter();
    let (centre, radius) = (rect.center(), rect.width() / 2.0 - 3.0);
    painter.circle_stroke(
        centre,
        radius,
        Stroke::new(4.0, palette.quiet.gamma_multiply(0.35)),
    );
    let steps = (share * 64.0).ceil() as usize;
    let points = (0..=steps).map(|step| {
        let turn = (step as f32 / 64.0).min(share) * std::f32::consts::TAU;
        centre + radius * vec2(turn.sin(), -turn.cos())
    });
    painter.line(points.collect(), Stroke::new(4.0, palette.good));
    let text = format!("{:.0}", share * 100.0);
    let colour = ui.visuals().text_color();
    painter.text(
        centre,
        Align2::CENTER_CENTER,
        text,
        FontId::proportional(11.0),
        colour,
    );
}

fn query(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let former = workspace.session.query();
    let mut query = former.clone();
    let search = TextEdit::singleline(&mut query.search)
        .hint_text("🔍 Search names")
        .desired_width(f32::INFINITY);
    ui.add(search).accessible_name("Search names");
    ui.horizontal(|ui| {
        let half = (ui.available_width() - ui.spacing().item_spacing.x) / 2.0 - COMBO_MARGIN;
        state_filter(ui, &mut query, half);
        category_filter(ui, workspace, &mut query, half);
    });
    ui.horizontal(|ui| {
        ui.name_inputs("Order", |ui| {
            ComboBox::from_id_salt("order")
                .selected_text(query.sort.label())
                .width(ui.available_width() - 72.0 - COMBO_MARGIN)
                .show_ui(ui, |ui| {
                    for sort in SortOrder::ALL {
                        ui.selectable_value(&mut query.sort, sort, sort.label());
                    }
                });
        });
        let sign = if query.is_reversed { "⬆" } else { "⬇" };
        let turn = ui.button(sign).on_hover_text("Turn the order round");
        if turn.accessible_name("Turn the order round").clicked() {
            query.is_reversed = !query.is_reversed;
        }
        ui.menu_button("⚙", |ui| more_filters(ui, &mut query))
            .response
            .on_hover_text("More filters")
            .accessible_name("More filters");
    });
    if query.is_filtered() {
        ui.horizontal(|ui| {
            ui.weak(filter_summary(&query));
            if ui.small_button("Show all").clicked() {
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

fn state_filter(ui: &mut Ui, query: &mut PictureQuery, width: f32) {
    ui.name_inputs("State", |ui| {
        ComboBox::from_id_salt("state")
            .selected_text(query.state.map_or("Any state", ReviewFilter::label))
            .width(width)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut query.state, None, "Any state");
                for state in ReviewFilter::ALL {
                    ui.selectable_value(&mut query.state, Some(state), state.label());
                }
            });
    });
}

fn category_filter(ui: &mut Ui, workspace: &Workspace, query: &mut PictureQuery, width: f32) {
    let document = workspace.session.document();
    let chosen = query.category.and_then(|id| document.category(id));
    ui.name_inputs("Class", |ui| {
        ComboBox::from_id_salt("class")
            .selected_text(chosen.map_or("Any class", |category| &*category.name))
            .width(width)
            .truncate()
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut query.category, None, "Any class");
                for category in document.categories() {
                    let name = &*category.name;
                    ui.selectable_value(&mut query.category, Some(category.id), name);
                }
            });
    });
}

fn more_filters(ui: &mut Ui, query: &mut PictureQuery) {
    ui.set_min_width(220.0);
    ui.checkbox(&mut query.has_proposals, "With proposals to judge");
    ui.checkbox(&mut query.is_unreadable, "Missing or unreadable files");
    let mut by_score = query.scores.is_some();
    ui.checkbox(&mut by_score, "A box with a score from … to …");
    let mut range = query.scores.unwrap_or([0.0, 1.0]);
    ui.add_enabled_ui(by_score, |ui| {
        let [low, high] = &mut range;
        let percent = |value: &mut f32, name: &str, ui: &mut Ui| {
            let slider = egui::Slider::new(value, 0.0..=1.0)
                .custom_formatter(|value, _| format!("{:.0} %", value * 100.0));
            ui.add(slider.text(name));
        };
        percent(low, "from", ui);
        percent(high, "to", ui);
    });
    query.scores = by_score.then_some(range);
}

/// What the list is narrowed to, in few words.
fn filter_summary(query: &PictureQuery) -> &'static str {
    if query.is_unreadable {
        "Missing or unreadable"
    } else if query.has_proposals {
        "With proposals"
    } else if query.scores.is_some() {
        "By score"
    } else {
        "Filtered"
    }
}

fn empty_ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    ui.add_space(12.0);
    let is_empty = workspace.session.document().pictures().len() == 0;
    if !is_empty {
        ui.weak("No picture is like that.");
    } else if workspace.is_scanning {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label("Looking for pictures…");
        });
    } else {
        ui.label("This folder holds no picture that can be read: JPEG, PNG, WebP, BMP, TIFF, GIF.");
        if ui.button("Open another folder…").clicked() {
            actions.push(Action::Command(Command::OpenFolder));
        }
    }
}

/// One picture of the list.
fn entry(
    ui: &mut Ui,
    workspace: &mut Workspace,
    picture: PictureId,
    rect: Rect,
    is_grid: bool,
    actions: &mut Vec<Action>,
) {
    workspace.textures.touch_thumbnail(picture);
    let texture = workspace.textures.thumbnail(picture);
    let texture = texture.map(|texture| texture.cloned());
    if texture.is_none() {
        workspace.request_thumbnail(picture);
    }
    let session = &workspace.session;
    let Some(row) = session.document().picture(picture) else {
        return;
    };
    let is_current = session.current() == Some(picture);
    let is_picked = session.list_selection().contains(picture);
    let is_empty = session.document().is_verified_empty(picture);
    let is_bad = row.missing || session.unreadable(picture).is_some();
    // Not one stop of the keyboard each: the list is.
    let response = ui.interact(rect, id().with(picture.0), Sense::CLICK);
    response.widget_info(|| {
        let state = if is_bad {
            "unreadable"
        } else {
            theme::review_name(row.review, is_empty)
        };
        let mut text = format!("{}, {state}", row.path);
        let tags = tag_names(workspace, row);
        if !tags.is_empty() {
            text += &format!(", tagged {tags}");
        }
        WidgetInfo::selected(Role::ListBoxOption, true, is_current || is_picked, text)
    });
    let palette = ThemePalette::of(ui.visuals());
    let painter = ui.painter_at(rect);
    let is_marked = is_picked || is_current && session.list_selection().is_empty();
    let visuals = ui.visuals();
    let fill = match (is_marked, response.hovered()) {
        (true, _) => Some(visuals.selection.bg_fill),
        (false, true) => Some(visuals.widgets.hovered.weak_bg_fill),
        (false, false) => None,
    };
    if let Some(fill) = fill {
        painter.rect_filled(rect, CornerRadius::same(4), fill);
    }
    if is_current && !session.list_selection().is_empty() {
        // Which of those that are selected is the one on the canvas.
        let stroke = Stroke::new(1.5, palette.accent);
        painter.rect_stroke(rect, CornerRadius::same(4), stroke, StrokeKind::Inside);
    }
    let boxes = session.document().annotations(picture);
    let counts = BoxCounts::of(boxes);
    // On the selection only its own colour can be read.
    let on_selection = ui.visuals().selection.stroke.color;
    let [text, quiet] = if is_marked {
        [on_selection; 2]
    } else {
        [ui.visuals().text_color(), palette.quiet]
    };
    let place = if is_grid {
        Rect::from_min_max(rect.min + Vec2::splat(4.0), rect.max - vec2(4.0, 36.0))
    } else {
        Rect::from_min_size(rect.min + vec2(4.0, 3.0), ROW_THUMBNAIL)
    };
    match texture.flatten() {
        Some(texture) => {
            let scale = (place.size() / texture.size_vec2()).min_elem();
            let size = texture.size_vec2() * scale;
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let inside = Rect::from_center_size(place.center(), size);
            painter.image(texture.id(), inside, uv, Color32::WHITE);
        }
        None => {
            painter.rect_filled(
                place,
                CornerRadius::same(2),
                palette.quiet.gamma_multiply(0.2),
            );
        }
    }
    let text_left = if is_grid {
        rect.left() + 5.0
    } else {
        place.right() + 7.0
    };
    let first_line = if is_grid {
        rect.bottom() - 34.0
    } else {
        rect.top() + 6.0
    };
    let second_line = first_line + 17.0;
    let width = rect.right() - text_left - 4.0;
    let name = elided(ui, &row.path, width);
    painter.text(
        pos2(text_left, first_line),
        Align2::LEFT_TOP,
        name,
        FontId::proportional(12.5),
        text,
    );
    let (sign, colour) = if is_bad {
        ("⚠", if is_marked { text } else { palette.bad })
    } else if is_marked {
        (theme::review_symbol(row.review, is_empty), text)
    } else {
        (
            theme::review_symbol(row.review, is_empty),
            palette.review(row.review),
        )
    };
    let small = FontId::proportional(12.0);
    let at = pos2(text_left, second_line);
    let place = painter.text(at, Align2::LEFT_TOP, sign, small.clone(), colour);
    let at = pos2(place.right() + 5.0, second_line);
    let place = painter.text(at, Align2::LEFT_TOP, counts.text(row.review), small, quiet);
    let mut x = place.right() + 7.0;
    let tags = row
        .tags
        .iter()
        .filter(|tag| !counts.categories.contains(tag));
    // What boxes are of is filled, what the picture is merely tagged with is hollow.
    let of_boxes = counts.categories.iter().map(|id| (id, true));
    for (category, is_filled) in of_boxes.chain(tags.map(|tag| (tag, false))) {
        let Some(category) = session.document().category(*category) else {
            continue;
        };
        if x + 9.0 > rect.right() {
            break;
        }
        let chip = Rect::from_min_size(pos2(x, second_line + 4.0), Vec2::splat(8.0));
        let colour = theme::colour(category.colour);
        if is_filled {
            painter.rect_filled(chip, CornerRadius::same(2), colour);
        } else {
            let stroke = Stroke::new(2.0, colour);
            painter.rect_stroke(chip, CornerRadius::same(2), stroke, StrokeKind::Inside);
        }
        x += 11.0;
    }
    if response.clicked() {
        let modifiers = ui.input(|input| input.modifiers);
        let pick = match (modifiers.shift, modifiers.command) {
            (false, false) => None,
            (false, true) => Some(SelectionChange::Toggle(picture)),
            (true, is_added) => Some(SelectionChange::RangeTo(picture, is_added)),
        };
        actions.push(pick.map_or(Action::Show(picture), Action::SelectPictures));
        if pick.is_some() {
            // So that keys go on with it.
            ui.memory_mut(|memory| memory.request_focus(id()));
        } else if is_current {
            actions.push(Action::SelectPictures(SelectionChange::Clear));
        }
    }
    response.on_hover_ui(|ui| {
        ui.label(&*row.path);
        ui.label(format!("{} × {} pixels", row.width, row.height));
        if !row.tags.is_empty() {
            ui.label(format!("Tagged {}", tag_names(workspace, row)));
        }
        if let Some(reason) = session.unreadable(picture) {
            ui.label(reason);
        } else if row.missing {
            ui.label("The file is not there; its boxes are kept.");
        }
    });
}

/// The names of a picture's tags.
pub fn tag_names(workspace: &Workspace, picture: &Picture) -> String {
    let document = workspace.session.document();
    let names = picture
        .tags
        .iter()
        .filter_map(|tag| document.category(*tag));
    let names: Vec<&str> = names.map(|category| &*category.name).collect();
    names.join(", ")
}

/// What the boxes of a picture come to.
struct BoxCounts {
    ground_truth: usize,
    proposed: usize,
    categories: Vec<crate::document::CategoryId>,
}

impl BoxCounts {
    fn of(boxes: &[crate::document::Annotation]) -> Self {
        let mut categories: Vec<_> = boxes
            .iter()
            .filter(|row| row.state != BoxState::Rejected)
            .map(|row| row.category)
            .collect();
        categories.sort_unstable();
        categories.dedup();
        Self {
            ground_truth: boxes.iter().filter(|row| row.is_ground_truth()).count(),
            proposed: boxes
                .iter()
                .filter(|row| row.state == BoxState::Proposed)
                .count(),
            categories,
        }
    }

    fn text(&self, review: ReviewState) -> String {
        let boxes = |number: usize| {
            if number == 1 {
                "1 box".to_owned()
            } else {
                format!("{number} boxes")
            }
        };
        match (self.ground_truth, self.proposed) {
            (0, 0) if review == ReviewState::Done => "empty".to_owned(),
            (0, 0) if review == ReviewState::New => String::new(),
            (0, 0) => "no boxes".to_owned(),
            (number, 0) => boxes(number),
            (0, proposed) => format!("{proposed} proposed"),
            (number, proposed) => format!("{} + {proposed} proposed", boxes(number)),
        }
    }
}

/// A path that fits into so many points: its end says more than its beginning.
fn elided(ui: &Ui, path: &str, width: f32) -> String {
    let font = FontId::proportional(12.5);
    let fits = |text: &str| {
        let colour = Color32::WHITE;
        let galley = ui
            .painter()
            .layout_no_wrap(text.to_owned(), font.clone(), colour);
        galley.size().x <= width
    };
    let path = &path.replace(char::is_control, " ");
    if fits(path) {
        return path.clone();
    }
    let starts: Vec<usize> = path.char_indices().map(|(at, _)| at).skip(1).collect();
    let at = starts.partition_point(|at| !fits(&format!("…{}", &path[*at..])));
    format!(
        "…{}",
        &path[starts.get(at).copied().unwrap_or(path.len())..]
    )
}
