//! The order in which the boxes of a picture are listed, and in which keys go through them.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::document::{Annotation, BoxState};
use crate::geometry::BBox;

/// The order of the boxes of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxOrder {
    /// Proposals first, the surest at the top, then the others as they are read; rejected ones last.
    #[default]
    Review,
    /// As text is read: line by line from the top, in a line from the left.
    Reading,
    /// The largest first.
    Size,
    /// The highest score first; boxes without a score are last, as they are read.
    Score,
}

impl BoxOrder {
    /// All orders, the default first.
    pub const ALL: [Self; 4] = [Self::Review, Self::Reading, Self::Size, Self::Score];

    /// Sorts boxes. Boxes that are equal in this order are sorted by their ids, so that no change of
    /// another box exchanges them.
    pub fn sort(self, rows: &mut Vec<&Annotation>) {
        rows.sort_by_key(|row| row.id);
        if self != Self::Size {
            *rows = in_reading_order(rows, |row| row.rect);
        }
        let rank = |row: &Annotation| match row.state {
            BoxState::Proposed => 0,
            BoxState::Accepted | BoxState::Edited | BoxState::Drawn => 1,
            BoxState::Rejected => 2,
        };
        match self {
            Self::Reading => {}
            Self::Size => rows.sort_by(|a, b| b.rect.area().total_cmp(&a.rect.area())),
            Self::Score => rows.sort_by(|a, b| by_score(a, b)),
            Self::Review => rows.sort_by(|a, b| {
                rank(a).cmp(&rank(b)).then_with(|| match rank(a) {
                    0 => by_score(a, b),
                    _ => Ordering::Equal,
                })
            }),
        }
    }
}

/// The highest score first, and boxes without one last.
fn by_score(a: &Annotation, b: &Annotation) -> Ordering {
    let score = |row: &Annotation| row.score.unwrap_or(f32::NEG_INFINITY);
    score(b).total_cmp(&score(a))
}

/// Boxes line by line. A box belongs to a line if its middle is beside the first box of the line, and
/// the middle of that one is beside it.
pub(super) fn in_reading_order<T: Copy>(rows: &[T], rect_of: impl Fn(T) -> BBox) -> Vec<T> {
    let middle = |rect: BBox| (rect.y0 + rect.y1) / 2.0;
    let mut by_top: Vec<(T, BBox)> = rows.iter().map(|row| (*row, rect_of(*row))).collect();
    by_top.sort_by(|(_, a), (_, b)| a.y0.total_cmp(&b.y0));
    let mut lines: Vec<Vec<(T, BBox)>> = Vec::new();
    for (row, rect) in by_top {
        match lines.last_mut() {
            Some(line) if middle(rect) < line[0].1.y1 && rect.y0 < middle(line[0].1) => {
                line.push((row, rect));
            }
            _ => lines.push(vec![(row, rect)]),
        }
    }
    for line in &mut lines {
        line.sort_by(|(_, a), (_, b)| a.x0.total_cmp(&b.x0));
    }
    let lines = lines.into_iter().flatten();
    lines.map(|(row, _)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{AnnotationId, CategoryId};
    use crate::geometry::BBox;

    /// The ids of boxes, given as `[x, y, width, height, score]`, in an order. A score makes a
    /// proposal.
    fn sorted(order: BoxOrder, boxes: &[[f32; 5]]) -> Vec<u32> {
        let rows = boxes.iter().zip(1..).map(|(&[x, y, w, h, score], id)| {
            let rect = BBox::from_xywh(x, y, w, h);
            let mut row = Annotation::drawn(AnnotationId(id), rect, CategoryId(1));
            if score > 0.0 {
                (row.state, row.score) = (BoxState::Proposed, Some(score));
            }
            row
        });
        let rows: Vec<_> = rows.collect();
        // The order in which they are given does not matter.
        let mut rows: Vec<&Annotation> = rows.iter().rev().collect();
        order.sort(&mut rows);
        rows.iter().map(|row| row.id.0).collect()
    }

    #[test]
    fn boxes_are_sorted_as_they_are_read_by_size_and_by_score() {
        let boxes = [
            [50.0, 12.0, 10.0, 20.0, 0.0],
            [10.0, 10.0, 10.0, 20.0, 0.5],
            [30.0, 15.0, 90.0, 10.0, 0.9],
            [0.0, 26.0, 5.0, 5.0, 0.0],
        ];
        assert_eq!(sorted(BoxOrder::Reading, &boxes), [2, 3, 1, 4]);
        assert_eq!(sorted(BoxOrder::Size, &boxes), [3, 1, 2, 4]);
        assert_eq!(sorted(BoxOrder::Score, &boxes), [3, 2, 1, 4]);
        assert_eq!(sorted(BoxOrder::Review, &boxes), [3, 2, 1, 4]);
    }

    #[test]
    fn equal_boxes_keep_their_places() {
        let boxes = [[10.0, 10.0, 10.0, 10.0, 0.5]; 4];
        for order in BoxOrder::ALL {
            assert_eq!(sorted(order, &boxes), [1, 2, 3, 4], "{order:?}");
        }
    }
}
