//! The list of pictures as rows or as a grid of thumbnails.

use std::ops::Range;

use egui::{Key, Modifiers, Rect, ScrollArea, Stroke, StrokeKind, Ui, pos2, vec2};

use super::focus::focus;
use super::{filters, header, row};
use crate::app::action::Action;
use crate::app::command_state::CommandState;
use crate::app::session::PictureQuery;
use crate::app::session::SelectionChange;
use crate::app::theme::ThemePalette;
use crate::app::workspace::Workspace;
use crate::document::PictureId;

/// The size of rows and of cells of the grid in points.
const ROW_HEIGHT: f32 = 46.0;
const CELL_WIDTH: f32 = 112.0;
const CELL_HEIGHT: f32 = 104.0;
const SPACING: f32 = 2.0;
/// Rows that the page keys move by.
const PAGE_ROWS: isize = 10;

/// What the list remembers from frame to frame.
#[derive(Default)]
pub struct PictureListPanel {
    /// The picture that the list was last scrolled to, and the query at that time.
    scrolled_to: Option<(PictureId, PictureQuery)>,
    /// The version of the selection at that time.
    selection_version: u64,
    /// The scroll offset and the visible height in points.
    offset: f32,
    height: f32,
    /// Columns of the grid, for the arrow keys.
    columns: usize,
}

/// The lines to draw.
struct Lines {
    lines: Range<usize>,
    /// The height of each in points.
    height: f32,
    is_grid: bool,
}

impl PictureListPanel {
    /// Draws the list.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        workspace: &Workspace,
        is_grid: bool,
        commands: &CommandState<'_>,
        actions: &mut Vec<Action>,
    ) {
        header::ui(ui, workspace, actions);
        filters::ui(ui, &workspace.session, actions);
        ui.separator();
        let columns = self.columns.max(1) as isize;
        let response = focus(ui, &workspace.session, columns, actions);
        let count = workspace.session.rows().len();
        if count == 0 {
            header::empty_ui(ui, workspace, actions);
            return;
        }
        let width = ui.available_width();
        self.columns = if is_grid {
            ((width / CELL_WIDTH) as usize).max(2)
        } else {
            1
        };
        let height = if is_grid { CELL_HEIGHT } else { ROW_HEIGHT };
        ui.spacing_mut().item_spacing.y = SPACING;
        let lines = count.div_ceil(self.columns);
        let mut area = ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("pictures");
        if let Some(offset) = self.offset_to_current(workspace, height + SPACING) {
            area = area.vertical_scroll_offset(offset);
        }
        let output = area.show_rows(ui, height, lines, |ui, lines| {
            let lines = Lines {
                lines,
                height,
                is_grid,
            };
            self.lines_ui(ui, workspace, lines, commands, actions);
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

    /// What a key does while the list has the focus, before it can be a command's.
    pub fn on_key(
        &self,
        key: Key,
        modifiers: Modifiers,
        workspace: &Workspace,
    ) -> Option<SelectionChange> {
        let columns = self.columns.max(1) as isize;
        let has_selection = !workspace.session.list_selection().is_empty();
        match key {
            Key::A if modifiers.command_only() => Some(SelectionChange::All),
            Key::Escape if has_selection => Some(SelectionChange::Clear),
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

    /// The scroll offset at which the current picture, or the end of the selection, is visible, if
    /// that has changed since the last call. A row is this many points high.
    fn offset_to_current(&mut self, workspace: &Workspace, row_height: f32) -> Option<f32> {
        let session = &workspace.session;
        let selection = session.list_selection();
        let version = std::mem::replace(&mut self.selection_version, selection.version());
        let end = selection
            .range_end()
            .filter(|_| version != selection.version());
        let target = end.or_else(|| session.current().filter(|_| selection.is_empty()))?;
        let query = session.query();
        let is_same = self
            .scrolled_to
            .as_ref()
            .is_some_and(|(picture, former)| *picture == target && former == query);
        if is_same || self.height == 0.0 {
            return None;
        }
        self.scrolled_to = Some((target, query.clone()));
        let top = (session.row(target)? / self.columns.max(1)) as f32 * row_height;
        let is_visible = top >= self.offset && top + row_height <= self.offset + self.height;
        (!is_visible).then(|| (top - (self.height - row_height) / 2.0).max(0.0))
    }

    fn lines_ui(
        &self,
        ui: &mut Ui,
        workspace: &Workspace,
        Lines {
            lines,
            height,
            is_grid,
        }: Lines,
        commands: &CommandState<'_>,
        actions: &mut Vec<Action>,
    ) {
        let rows = workspace.session.rows();
        let visible = rows.iter().skip(lines.start * self.columns);
        let visible = visible.take(lines.len() * self.columns);
        actions.push(Action::ShowThumbnails(visible.copied().collect()));
        for line in lines {
            let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
            let width = rect.width() / self.columns as f32;
            for column in 0..self.columns {
                let Some(picture) = rows.get(line * self.columns + column) else {
                    break;
                };
                let left = rect.left() + column as f32 * width;
                let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, height));
                row::ui(ui, workspace, *picture, cell, is_grid, commands, actions);
            }
        }
    }
}
