//! Places in an ordered list of classes, as the tables in `assets` write them: `3 7-24`.

use std::ops::RangeInclusive;

/// The ranges of a cell; `None` if it is not valid.
pub(super) fn ranges(cell: &str) -> Option<Vec<RangeInclusive<usize>>> {
    let range = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    cell.split(' ').map(range).collect()
}
