//! Long lists: only the rows that can be seen are drawn.

use egui::{Rect, Ui, pos2, vec2};

/// Draws those of `count` rows that can be seen, all of one height in points, inside a scroll area.
/// `scrolls_to` is a row to bring into view.
pub fn visible_rows(
    ui: &mut Ui,
    height: f32,
    count: usize,
    scrolls_to: Option<usize>,
    mut add: impl FnMut(&mut Ui, usize),
) {
    let gap = ui.spacing().item_spacing.y;
    let step = height + gap;
    let (top, clip) = (ui.cursor().top(), ui.clip_rect());
    let row_at = |y: f32| ((y - top) / step).floor().max(0.0) as usize;
    let first = row_at(clip.top()).min(count);
    let last = (row_at(clip.bottom()) + 1).clamp(first, count);
    if let Some(row) = scrolls_to {
        let corner = pos2(ui.cursor().left(), top + row as f32 * step);
        let size = vec2(1.0, height);
        ui.scroll_to_rect(Rect::from_min_size(corner, size), None);
    }
    let skip = |ui: &mut Ui, rows: usize| {
        if rows > 0 {
            ui.allocate_space(vec2(1.0, rows as f32 * step - gap));
        }
    };
    skip(ui, first);
    for row in first..last {
        add(ui, row);
    }
    skip(ui, count - last);
}
