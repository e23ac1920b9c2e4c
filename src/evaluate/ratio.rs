//! Shares of counts.

/// `part / whole`; `None` if `whole` is 0.
pub(super) fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
