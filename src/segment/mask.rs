//! A mask -> its tight box.

use crate::geometry::BBox;

/// Parts of a mask below this share of its largest part are specks, which no box should reach for.
const SPECK: f32 = 0.1;

/// Logits of a mask, positive in the object; a pixel's value is that of its centre.
#[derive(Clone, Copy, Debug)]
pub struct LogitMap<'a> {
    /// Row by row, `[side * side]`.
    pub logits: &'a [f32],
    /// Pixels from left to right and from top to bottom.
    pub side: usize,
    /// Width and height of the part that the picture covers, in pixels of the mask.
    pub covered: (f32, f32),
}

impl LogitMap<'_> {
    /// The box around the object in pixels of the mask, or `None` if no logit is positive.
    ///
    /// Between the centres of pixels logits are interpolated bilinearly, as SAM does when it enlarges a
    /// mask. The edge of the object then reaches farthest on a line through the centres of a row or a
    /// column, so the zeros on these lines give the box exactly, without enlarging anything.
    pub fn tight_box(&self) -> Option<BBox> {
        let covered = |length: f32| ((length + 0.5) as usize).clamp(1, self.side);
        let (columns, rows) = (covered(self.covered.0), covered(self.covered.1));
        let is_object = self.without_specks(rows, columns)?;
        let mut bbox: Option<BBox> = None;
        let mut include = |x0: f32, y0: f32, x1: f32, y1: f32| {
            let found = bbox.get_or_insert(BBox { x0, y0, x1, y1 });
            found.x0 = found.x0.min(x0);
            found.y0 = found.y0.min(y0);
            found.x1 = found.x1.max(x1);
            found.y1 = found.y1.max(y1);
        };
        for row in 0..rows {
            for column in 0..columns {
                if is_object[row * columns + column] {
                    let along_row = |x: usize| self.logits[row * self.side + x];
                    let along_column = |y: usize| self.logits[y * self.side + column];
                    let (x0, x1) = reach(along_row, column, columns, self.covered.0);
                    let (y0, y1) = reach(along_column, row, rows, self.covered.1);
                    include(x0, y0, x1, y1);
                }
            }
        }
        bbox.filter(BBox::is_valid)
    }

    /// Which of the covered pixels are in a part that is no speck, `[rows * columns]`; parts are
    /// joined by the sides of pixels.
    fn without_specks(&self, rows: usize, columns: usize) -> Option<Vec<bool>> {
        let mut part_of: Vec<Option<usize>> = vec![None; rows * columns];
        let mut areas: Vec<usize> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let is_positive =
            |index: usize| self.logits[index / columns * self.side + index % columns] > 0.0;
        for start in 0..rows * columns {
            if part_of[start].is_some() || !is_positive(start) {
                continue;
            }
            let part = areas.len();
            let mut area = 0;
            part_of[start] = Some(part);
            open.push(start);
            while let Some(index) = open.pop() {
                area += 1;
                let (row, column) = (index / columns, index % columns);
                let neighbours = [
                    (column > 0).then(|| index - 1),
                    (column + 1 < columns).then(|| index + 1),
                    (row > 0).then(|| index - columns),
                    (row + 1 < rows).then(|| index + columns),
                ];
                for next in neighbours.into_iter().flatten() {
                    if part_of[next].is_none() && is_positive(next) {
                        part_of[next] = Some(part);
                        open.push(next);
                    }
                }
            }
            areas.push(area);
        }
        let smallest = *areas.iter().max()? as f32 * SPECK;
        let is_kept = |part: Option<usize>| part.is_some_and(|part| areas[part] as f32 >= smallest);
        Some(part_of.into_iter().map(is_kept).collect())
    }
}

/// How far the object reaches to both sides of the pixel `index` on a line of `count` pixels: to the
/// zero between it and its neighbours, or to the ends of the line.
fn reach(value: impl Fn(usize) -> f32, index: usize, count: usize, end: f32) -> (f32, f32) {
    let here = value(index);
    // The neighbour's share of the way from here to a logit of zero.
    let share = |neighbour: usize| {
        let there = value(neighbour);
        if there > 0.0 {
            1.0
        } else {
            here / (here - there)
        }
    };
    let centre = index as f32 + 0.5;
    let before = match index {
        0 => 0.0,
        _ => centre - share(index - 1),
    };
    let after = match index + 1 {
        next if next == count => end,
        next => (centre + share(next)).min(end),
    };
    (before, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map of 8 x 8 pixels with a value for each.
    fn bbox_of(value: impl Fn(usize, usize) -> f32, covered: (f32, f32)) -> Option<BBox> {
        let logits: Vec<f32> = (0..64).map(|i| value(i % 8, i / 8)).collect();
        LogitMap {
            logits: &logits,
            side: 8,
            covered,
        }
        .tight_box()
    }

    #[test]
    fn edges_are_where_the_interpolated_logit_is_zero() {
        // Columns 2 to 4 and rows 3 to 5 are 3 in a surrounding of -1: three quarters of the way.
        let inside = |x: usize, y: usize| (2..5).contains(&x) && (3..6).contains(&y);
        let bbox = bbox_of(|x, y| if inside(x, y) { 3.0 } else { -1.0 }, (8.0, 8.0));
        assert_eq!(bbox, Some(BBox::from_corners(1.75, 2.75, 5.25, 6.25)));
    }

    #[test]
    fn an_object_at_the_edge_reaches_the_edge_of_the_picture() {
        let bbox = bbox_of(|_, _| 1.0, (6.5, 8.0));
        assert_eq!(bbox, Some(BBox::from_corners(0.0, 0.0, 6.5, 8.0)));
    }

    #[test]
    fn what_the_picture_does_not_cover_does_not_count() {
        assert_eq!(bbox_of(|x, _| x as f32 - 5.5, (4.0, 8.0)), None);
        assert_eq!(bbox_of(|_, _| -1.0, (8.0, 8.0)), None);
        assert_eq!(bbox_of(|_, _| f32::NAN, (8.0, 8.0)), None);
    }

    #[test]
    fn specks_do_not_count() {
        let speck = |x, y| (x, y) == (7, 7);
        let value = |x, y| if x < 4 || speck(x, y) { 1.0 } else { -1.0 };
        let bbox = bbox_of(value, (8.0, 8.0));
        assert_eq!(bbox, Some(BBox::from_corners(0.0, 0.0, 4.0, 8.0)));
    }
}
