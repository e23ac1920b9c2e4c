//! Two sets of boxes of one picture, compared: which boxes are the same, and what differs.

use super::iou::IouConvention;
use super::matching::best_assignment;
use crate::geometry::BBox;

/// A box of each set that show the same object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxPair {
    /// The index in the first set.
    pub first: usize,
    /// The index in the second set.
    pub second: usize,
    /// Whether their classes agree.
    pub has_same_class: bool,
}

/// What two sets of boxes have in common, and what only one of them has. Every box of both sets is in
/// exactly one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoxComparison {
    /// Boxes that show the same object, in the order of the first set.
    pub pairs: Vec<BoxPair>,
    /// The indices of boxes that only the first set has, ascending.
    pub only_first: Vec<usize>,
    /// The indices of boxes that only the second set has, ascending.
    pub only_second: Vec<usize>,
}

/// Compares two sets of boxes with classes, in pixels of one picture.
///
/// Boxes are paired one to one where their IoU is at least `min_iou`, in `0..=1`. Of all ways to pair them
/// the one with the fewest differences counts, where a pair of different classes is better than two boxes
/// without a partner and worse than a pair of one class; among those, the one with the largest sum of IoU.
/// So the order of the boxes does not matter.
pub fn compare_boxes<C>(
    first: &[(BBox, C)],
    second: &[(BBox, C)],
    min_iou: f64,
    is_same_class: impl Fn(&C, &C) -> bool,
) -> BoxComparison {
    let overlaps = overlaps(first, second, min_iou);
    let mut compared = BoxComparison::default();
    let mut partners: Vec<Option<usize>> = vec![None; first.len()];
    for group in groups(&overlaps, second.len()) {
        if let [row] = group[..]
            && let [(column, _)] = overlaps[row][..]
        {
            partners[row] = Some(column);
            continue;
        }
        let mut columns: Vec<usize> = group
            .iter()
            .flat_map(|row| overlaps[*row].iter().map(|(column, _)| *column))
            .collect();
        columns.sort_unstable();
        columns.dedup();
        let gains: Vec<Vec<i64>> = group
            .iter()
            .map(|row| {
                let mut gains = vec![0; columns.len()];
                for (column, iou) in &overlaps[*row] {
                    let is_same = is_same_class(&first[*row].1, &second[*column].1);
                    if let Ok(at) = columns.binary_search(column) {
                        // The IoU is in the lower bits, where it only decides between equal gains.
                        let gain: i64 = if is_same { 3 } else { 1 };
                        gains[at] = (gain << 40) + (iou * f64::from(1 << 20)) as i64;
                    }
                }
                gains
            })
            .collect();
        for (row, column) in group.iter().zip(best_assignment(&gains)) {
            partners[*row] = column.map(|at| columns[at]);
        }
    }
    let mut is_paired = vec![false; second.len()];
    for (row, partner) in partners.into_iter().enumerate() {
        let Some(column) = partner else {
            compared.only_first.push(row);
            continue;
        };
        is_paired[column] = true;
        compared.pairs.push(BoxPair {
            first: row,
            second: column,
            has_same_class: is_same_class(&first[row].1, &second[column].1),
        });
    }
    let alone = is_paired.iter().enumerate().filter(|(_, paired)| !**paired);
    compared.only_second = alone.map(|(column, _)| column).collect();
    compared
}

/// For each box of the first set the boxes of the second that it may be paired with, with their IoU.
fn overlaps<C>(first: &[(BBox, C)], second: &[(BBox, C)], min_iou: f64) -> Vec<Vec<(usize, f64)>> {
    let mut by_left: Vec<usize> = (0..second.len()).collect();
    by_left.sort_by(|a, b| second[*a].0.x0.total_cmp(&second[*b].0.x0));
    let found = first.iter().map(|(bbox, _)| {
        // Boxes that begin right of this one share nothing with it.
        let end = by_left.partition_point(|column| second[*column].0.x0 < bbox.x1);
        let near = by_left[..end].iter().copied();
        let near = near.filter(|column| second[*column].0.x1 > bbox.x0);
        let shared = near.map(|column| {
            let iou = IouConvention::Continuous.iou(bbox, &second[column].0);
            (column, iou)
        });
        shared
            .filter(|(_, iou)| *iou > 0.0 && *iou >= min_iou)
            .collect()
    });
    found.collect()
}

/// The boxes of the first set in groups, so that no box of the second may be paired with boxes of two
/// groups. Most groups are small however many boxes there are, and so is the work of pairing them.
fn groups(overlaps: &[Vec<(usize, f64)>], second: usize) -> Vec<Vec<usize>> {
    let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); second];
    for (row, found) in overlaps.iter().enumerate() {
        for (column, _) in found {
            rows_of[*column].push(row);
        }
    }
    let mut is_known = vec![false; overlaps.len()];
    let mut groups = Vec::new();
    for start in 0..overlaps.len() {
        if is_known[start] || overlaps[start].is_empty() {
            continue;
        }
        is_known[start] = true;
        let (mut group, mut at) = (vec![start], 0);
        while let Some(row) = group.get(at).copied() {
            at += 1;
            for (column, _) in &overlaps[row] {
                for other in &rows_of[*column] {
                    if !std::mem::replace(&mut is_known[*other], true) {
                        group.push(*other);
                    }
                }
            }
        }
        groups.push(group);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32, class: &'static str) -> (BBox, &'static str) {
        (BBox::from_xywh(x, 10.0, 100.0, 50.0), class)
    }

    fn compare_named(
        first: &[(BBox, &str)],
        second: &[(BBox, &str)],
        min_iou: f64,
    ) -> BoxComparison {
        compare_boxes(first, second, min_iou, |a, b| a == b)
    }

    fn pair(first: usize, second: usize, has_same_class: bool) -> BoxPair {
        BoxPair {
            first,
            second,
            has_same_class,
        }
    }

    #[test]
    fn every_box_is_a_pair_or_alone() {
        let mine = [at(0.0, "cat"), at(200.0, "cat"), at(400.0, "dog")];
        let other = [at(410.0, "fox"), at(10.0, "cat"), at(700.0, "cat")];
        let found = compare_named(&mine, &other, 0.5);
        assert_eq!(found.pairs, [pair(0, 1, true), pair(2, 0, false)]);
        assert_eq!((found.only_first, found.only_second), (vec![1], vec![2]));
        let none: [(BBox, &str); 0] = [];
        assert_eq!(compare_named(&none, &none, 0.5), BoxComparison::default());
        assert_eq!(compare_named(&mine, &none, 0.5).only_first, [0, 1, 2]);
    }

    #[test]
    fn an_overlap_at_the_limit_is_a_pair_and_one_below_it_is_none() {
        // 100 x 50 beside each other: 50 shared of 150 is one third.
        let (mine, other) = ([at(0.0, "cat")], [at(50.0, "cat")]);
        assert_eq!(compare_named(&mine, &other, 1.0 / 3.0).pairs.len(), 1);
        assert!(compare_named(&mine, &other, 0.34).pairs.is_empty());
        // Not even if everything would do.
        assert!(
            compare_named(&[at(0.0, "cat")], &[at(100.0, "cat")], 0.0)
                .pairs
                .is_empty()
        );
    }

    #[test]
    fn the_same_class_counts_more_than_a_larger_overlap() {
        let mine = [at(0.0, "cat"), at(10.0, "dog")];
        let other = [at(10.0, "cat"), at(0.0, "dog")];
        let found = compare_named(&mine, &other, 0.5);
        assert_eq!(found.pairs, [pair(0, 0, true), pair(1, 1, true)]);
    }

    #[test]
    fn no_box_is_taken_by_the_wrong_one_of_two() {
        // The first of mine fits both, the second only the first of the others.
        let mine = [at(20.0, "cat"), at(0.0, "cat")];
        let other = [at(15.0, "cat"), at(48.0, "cat")];
        for (mine, pairs) in [
            (mine, [pair(0, 1, true), pair(1, 0, true)]),
            ([mine[1], mine[0]], [pair(0, 0, true), pair(1, 1, true)]),
        ] {
            assert_eq!(compare_named(&mine, &other, 0.5).pairs, pairs);
        }
    }

    #[test]
    fn many_boxes_are_compared_at_once() {
        let many = |shift: f32| {
            let boxes = (0..2000).map(|at| {
                let (x, y) = ((at % 50) as f32 * 20.0, (at / 50) as f32 * 20.0);
                (BBox::from_xywh(x + shift, y, 15.0, 15.0), 1)
            });
            boxes.collect::<Vec<_>>()
        };
        let found = compare_boxes(&many(0.0), &many(2.0), 0.5, |a, b| a == b);
        assert_eq!(found.pairs.len(), 2000);
        assert!(found.pairs.iter().all(|pair| pair.first == pair.second));
    }
}
