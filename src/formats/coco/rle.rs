//! COCO's run-length encoded masks: the lengths of the runs of 0 and 1 in turn, column by column from
//! the top left, as a list or compressed to text.
//!
//! Source: `common/maskApi.c` of <https://github.com/cocodataset/cocoapi>. Each number of the text has
//! five bits a character, from the low ones, and from the fourth number on it is the difference to the
//! number two before.

/// A mask that is consistent: its runs add up to its size.
#[derive(Debug, PartialEq)]
pub(super) struct Rle {
    /// Height and width in pixels.
    pub size: [u64; 2],
    pub runs: Vec<u64>,
}

impl Rle {
    /// A mask from its runs. A last run of 0 that is absent is added.
    ///
    /// # Errors
    /// If the runs are longer than the mask.
    pub(super) fn new(size: [u64; 2], mut runs: Vec<u64>) -> Result<Self, String> {
        let total = runs
            .iter()
            .try_fold(0_u64, |sum, run| sum.checked_add(*run));
        let pixels = size[0].checked_mul(size[1]);
        let (Some(total), Some(pixels)) = (total, pixels) else {
            return Err("its mask is too large".to_owned());
        };
        if total > pixels {
            return Err(format!(
                "its mask has {total} pixels, but a size of {} x {}",
                size[1], size[0]
            ));
        }
        let ends_with_zeros = runs.len() % 2 == 1;
        match runs.last_mut() {
            Some(_) if total == pixels => {}
            Some(last) if ends_with_zeros => *last += pixels - total,
            _ => runs.push(pixels - total),
        }
        Ok(Self { size, runs })
    }

    /// Left, top, right and bottom edge of the pixels that are 1; `None` if there are none.
    pub(super) fn bounds(&self) -> Option<[f64; 4]> {
        let height = self.size[0];
        let [mut left, mut top, mut right, mut bottom] = [u64::MAX, u64::MAX, 0, 0];
        let mut start = 0;
        for pair in self.runs.chunks(2) {
            start += pair[0];
            let length = pair.get(1).copied().unwrap_or_default();
            if length == 0 {
                continue;
            }
            let last = start + length - 1;
            let (first_column, last_column) = (start / height, last / height);
            left = left.min(first_column);
            right = right.max(last_column + 1);
            if first_column == last_column {
                top = top.min(start % height);
                bottom = bottom.max(last % height + 1);
            } else {
                (top, bottom) = (0, height);
            }
            start += length;
        }
        (left < right).then(|| [left, top, right, bottom].map(|edge| edge as f64))
    }
}

/// The runs of a compressed mask.
///
/// # Errors
/// If the text is not one.
pub(super) fn decompress(text: &str) -> Result<Vec<u64>, String> {
    let broken = || "its compressed mask is broken".to_owned();
    let mut numbers: Vec<i64> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let mut number = 0_i64;
        let mut byte = first;
        for at in 0.. {
            // 12 characters hold 60 bits; no run is longer.
            if !(48..112).contains(&byte) || at == 12 {
                return Err(broken());
            }
            let bits = i64::from(byte - 48);
            number |= (bits & 0x1f) << (5 * at);
            if bits & 0x20 == 0 {
                if bits & 0x10 != 0 {
                    number |= -1 << (5 * (at + 1));
                }
                break;
            }
            byte = bytes.next().ok_or_else(broken)?;
        }
        if numbers.len() > 2 {
            let before = numbers[numbers.len() - 2];
            number = number.checked_add(before).ok_or_else(broken)?;
        }
        numbers.push(number);
    }
    let runs = numbers.into_iter().map(u64::try_from);
    runs.collect::<Result<_, _>>().map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_masks_are_those_of_pycocotools() {
        // pycocotools.mask.encode of a 5 x 4 mask with the pixels (1, 1) to (2, 3) set.
        let runs = decompress("62304").unwrap();
        assert_eq!(runs, [6, 2, 3, 2, 7]);
        let mask = Rle::new([5, 4], runs).unwrap();
        assert_eq!(mask.bounds(), Some([1.0, 1.0, 3.0, 3.0]));
    }

    #[test]
    fn broken_masks_are_refused_and_an_absent_end_is_added() {
        for text in ["abc", "6", "\u{e9}", " ", "ooooooooooooooooo"] {
            let mask = decompress(text).and_then(|runs| Rle::new([2, 2], runs));
            assert!(mask.is_err(), "{text:?}: {mask:?}");
        }
        assert_eq!(Rle::new([2, 2], vec![1, 1]).unwrap().runs, [1, 1, 2]);
        assert_eq!(Rle::new([2, 2], vec![1, 1, 1]).unwrap().runs, [1, 1, 2]);
        assert!(Rle::new([u64::MAX, 2], vec![1]).is_err());
        assert!(Rle::new([2, 2], vec![u64::MAX, 2]).is_err());
        assert_eq!(Rle::new([2, 2], vec![4]).unwrap().bounds(), None);
        assert_eq!(Rle::new([0, 0], Vec::new()).unwrap().bounds(), None);
    }

    #[test]
    fn a_run_over_several_columns_fills_their_height() {
        let mask = Rle::new([3, 4], vec![2, 5, 5]).unwrap();
        assert_eq!(mask.bounds(), Some([0.0, 0.0, 3.0, 3.0]));
    }
}
