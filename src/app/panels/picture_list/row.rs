//! One picture of the list: a row, or a cell of the grid.

use egui::{
    Align2, Color32, CornerRadius, FontId, Painter, Rect, Response, Role, Sense, Stroke,
    StrokeKind, TextureHandle, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::focus::id;
use super::row_text::{BoxCounts, elided, tag_names};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;
use crate::app::session::SelectionChange;
use crate::app::session::Session;
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Workspace;
use crate::document::{Picture, PictureId};

/// Sizes and distances in points.
const ROW_THUMBNAIL: Vec2 = vec2(58.0, 40.0);
const NAME_SIZE: f32 = 12.5;
const STATE_SIZE: f32 = 12.0;
const LINE_HEIGHT: f32 = 17.0;
const CHIP_SIZE: f32 = 8.0;
const CHIP_STEP: f32 = 11.0;
/// Space below a thumbnail of the grid: two lines of text.
const CELL_TEXT_HEIGHT: f32 = 36.0;

/// The width of the menu of a picture in points.
const MENU_WIDTH: f32 = 240.0;
/// The groups of the menu of a picture.
const MENU: [&[Command]; 2] = [
    &[Command::TagPictures, Command::SelectAllPictures],
    &[
        Command::TakeOutPictures,
        Command::BringBackPictures,
        Command::TakeOutUnreadable,
    ],
];

/// How a picture is drawn.
struct Entry<'a> {
    session: &'a Session,
    picture: &'a Picture,
    counts: BoxCounts,
    /// Whether it is on the canvas, and whether it is selected in the list.
    is_current: bool,
    is_selected: bool,
    /// Whether its file is missing or unreadable.
    is_bad: bool,
    /// Why the model has failed on it.
    failure: Option<&'a str>,
}

/// Where the parts of an entry are.
struct Layout {
    thumbnail: Rect,
    /// The left edge of the texts.
    left: f32,
    /// The top edges of the two lines of text.
    lines: [f32; 2],
}

/// Draws a picture.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    picture: PictureId,
    rect: Rect,
    is_grid: bool,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let texture = workspace.view.textures.thumbnail(picture);
    let session = &workspace.session;
    let Some(row) = session.document().picture(picture) else {
        return;
    };
    let entry = Entry {
        session,
        picture: row,
        counts: BoxCounts::of(session.document(), session.document().annotations(picture)),
        is_current: session.current() == Some(picture),
        is_selected: session.list_selection().contains(picture),
        is_bad: row.missing || session.unreadable(picture).is_some(),
        failure: workspace.proposing.failure(picture),
    };
    // The list takes the focus as a whole, not each of its rows.
    let response = ui.interact(rect, id().with(picture.0), Sense::CLICK);
    let tags = tag_names(workspace, row);
    response.widget_info(|| {
        let is_selected = entry.is_current || entry.is_selected;
        let text = entry.accessible_text(&tags);
        WidgetInfo::selected(Role::ListBoxOption, true, is_selected, text)
    });
    let layout = Layout::new(rect, is_grid);
    let painter = ui.painter_at(rect);
    entry.background_ui(ui, &painter, rect, response.hovered());
    thumbnail_ui(ui, &painter, layout.thumbnail, texture.flatten());
    entry.text_ui(ui, &painter, rect, &layout);
    entry.click(ui, &response, actions);
    response.context_menu(|ui| menu_ui(ui, commands, actions));
    response.on_hover_ui(|ui| entry.tooltip_ui(ui, &tags));
}

/// The menu of a picture: what can be done to it, or to those that are selected with it.
fn menu_ui(ui: &mut Ui, commands: &CommandState<'_>, actions: &mut Vec<Action>) {
    ui.set_min_width(MENU_WIDTH);
    for (at, group) in MENU.iter().enumerate() {
        if at > 0 {
            ui.separator();
        }
        for command in *group {
            commands.menu_entry(ui, *command, actions);
        }
    }
}

impl Layout {
    fn new(rect: Rect, is_grid: bool) -> Self {
        let (thumbnail, left, first) = if is_grid {
            let bottom = vec2(4.0, CELL_TEXT_HEIGHT);
            let thumbnail = Rect::from_min_max(rect.min + Vec2::splat(4.0), rect.max - bottom);
            (thumbnail, rect.left() + 5.0, rect.bottom() - 34.0)
        } else {
            let thumbnail = Rect::from_min_size(rect.min + vec2(4.0, 3.0), ROW_THUMBNAIL);
            (thumbnail, thumbnail.right() + 7.0, rect.top() + 6.0)
        };
        Self {
            thumbnail,
            left,
            lines: [first, first + LINE_HEIGHT],
        }
    }
}

fn thumbnail_ui(ui: &Ui, painter: &Painter, place: Rect, texture: Option<&TextureHandle>) {
    let Some(texture) = texture else {
        let fill = ThemePalette::of(ui.visuals()).quiet.gamma_multiply(0.2);
        painter.rect_filled(place, CornerRadius::same(2), fill);
        return;
    };
    let scale = (place.size() / texture.size_vec2()).min_elem();
    let size = texture.size_vec2() * scale;
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let inside = Rect::from_center_size(place.center(), size);
    painter.image(texture.id(), inside, uv, Color32::WHITE);
}

impl Entry<'_> {
    fn has_selection(&self) -> bool {
        !self.session.list_selection().is_empty()
    }

    fn is_highlighted(&self) -> bool {
        self.is_selected || self.is_current && !self.has_selection()
    }

    fn is_empty(&self) -> bool {
        let document = self.session.document();
        document.is_verified_empty(self.picture.id)
    }

    fn accessible_text(&self, tags: &str) -> String {
        let path = &*self.picture.path;
        let state = if self.picture.is_excluded {
            tr!("picture-taken-out")
        } else if self.is_bad {
            tr!("picture-unreadable")
        } else {
            theme::review_name(self.picture.review, self.is_empty())
        };
        if tags.is_empty() {
            tr!("picture-row", path = path, state = state)
        } else {
            tr!(
                "picture-row-tagged",
                path = path,
                state = state,
                tags = tags
            )
        }
    }

    fn background_ui(&self, ui: &Ui, painter: &Painter, rect: Rect, is_hovered: bool) {
        let visuals = ui.visuals();
        let fill = match (self.is_highlighted(), is_hovered) {
            (true, _) => Some(visuals.selection.bg_fill),
            (false, true) => Some(visuals.widgets.hovered.weak_bg_fill),
            (false, false) => None,
        };
        if let Some(fill) = fill {
            painter.rect_filled(rect, CornerRadius::same(4), fill);
        }
        if self.is_current && self.has_selection() {
            // Of the selected pictures, this one is on the canvas.
            let stroke = Stroke::new(1.5, ThemePalette::of(visuals).accent);
            painter.rect_stroke(rect, CornerRadius::same(4), stroke, StrokeKind::Inside);
        }
    }

    /// Draws the path, the review state, the counts and a chip for each class.
    fn text_ui(&self, ui: &Ui, painter: &Painter, rect: Rect, layout: &Layout) {
        let palette = ThemePalette::of(ui.visuals());
        // Only this colour is readable on the selection.
        let on_selection = ui.visuals().selection.stroke.color;
        let review = self.picture.review;
        let [text, quiet, state] = if self.is_highlighted() {
            [on_selection; 3]
        } else if self.picture.is_excluded {
            [ui.visuals().text_color(), palette.quiet, palette.quiet]
        } else if self.is_bad {
            [ui.visuals().text_color(), palette.quiet, palette.bad]
        } else {
            let state = palette.review(review);
            [ui.visuals().text_color(), palette.quiet, state]
        };
        let [first, second] = layout.lines;
        let font = FontId::proportional(NAME_SIZE);
        let width = rect.right() - layout.left - 4.0;
        let name = elided(ui, &self.picture.path, &font, width);
        painter.text(pos2(layout.left, first), Align2::LEFT_TOP, name, font, text);
        let symbol = if self.picture.is_excluded {
            theme::TAKEN_OUT_SYMBOL
        } else if self.is_bad {
            "⚠"
        } else {
            theme::review_symbol(review, self.is_empty())
        };
        let font = FontId::proportional(STATE_SIZE);
        let at = pos2(layout.left, second);
        let drawn = painter.text(at, Align2::LEFT_TOP, symbol, font.clone(), state);
        let at = pos2(drawn.right() + 5.0, second);
        let counts = self.counts.text(review);
        let drawn = painter.text(at, Align2::LEFT_TOP, counts, font, quiet);
        let start = pos2(drawn.right() + 7.0, second + 4.0);
        self.chips_ui(painter, rect.right(), start);
    }

    /// Draws a filled chip for each class of a box, and a hollow one for each other tag.
    fn chips_ui(&self, painter: &Painter, right: f32, mut at: egui::Pos2) {
        let of_boxes = self.counts.categories.iter().map(|id| (id, true));
        let tags = self.picture.tags.iter();
        let tags = tags.filter(|tag| !self.counts.categories.contains(tag));
        for (category, is_filled) in of_boxes.chain(tags.map(|tag| (tag, false))) {
            let Some(category) = self.session.document().category(*category) else {
                continue;
            };
            if at.x + CHIP_SIZE + 1.0 > right {
                break;
            }
            let chip = Rect::from_min_size(at, Vec2::splat(CHIP_SIZE));
            let colour = theme::colour(category.colour);
            if is_filled {
                painter.rect_filled(chip, CornerRadius::same(2), colour);
            } else {
                let stroke = Stroke::new(2.0, colour);
                painter.rect_stroke(chip, CornerRadius::same(2), stroke, StrokeKind::Inside);
            }
            at.x += CHIP_STEP;
        }
    }

    /// Shows the picture, or changes the selection of the list if Ctrl or Shift is held.
    fn click(&self, ui: &Ui, response: &Response, actions: &mut Vec<Action>) {
        let picture = self.picture.id;
        if response.secondary_clicked() && !self.is_highlighted() {
            // The menu is about what is highlighted.
            actions.push(Action::SelectPictures(SelectionChange::Clear));
            actions.push(Action::Show(picture));
        }
        if !response.clicked() {
            return;
        }
        let modifiers = ui.input(|input| input.modifiers);
        let change = match (modifiers.shift, modifiers.command) {
            (false, false) => None,
            (false, true) => Some(SelectionChange::Toggle(picture)),
            (true, is_added) => Some(SelectionChange::RangeTo(picture, is_added)),
        };
        actions.push(change.map_or(Action::Show(picture), Action::SelectPictures));
        if change.is_some() {
            // So that keys continue the selection.
            ui.memory_mut(|memory| memory.request_focus(id()));
        } else if self.is_current {
            actions.push(Action::SelectPictures(SelectionChange::Clear));
        }
    }

    fn tooltip_ui(&self, ui: &mut Ui, tags: &str) {
        let Picture { width, height, .. } = self.picture;
        ui.label(&*self.picture.path);
        ui.label(tr!("picture-size", width = *width, height = *height));
        if !tags.is_empty() {
            ui.label(tr!("picture-tagged", tags = tags));
        }
        if self.picture.is_excluded {
            ui.label(tr!("picture-taken-out.tooltip"));
        }
        if let Some(reason) = self.session.unreadable(self.picture.id) {
            ui.label(reason);
        } else if self.picture.missing {
            ui.label(tr!("picture-missing"));
        }
        if let Some(reason) = self.failure {
            ui.label(tr!("model-failed-here", reason = reason));
        }
    }
}
