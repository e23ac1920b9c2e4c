//! How far the logits are from what a person said of the pictures.

use candle_core::{Result, Tensor};
use candle_nn::ops::log_softmax;

/// What is minimised; either is a mean over pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Cross-entropy (the paper), where each picture is of one class.
    CrossEntropy,
    /// Binary cross-entropy, a mean over classes, where a picture may be of several or of none.
    BinaryCrossEntropy,
}

impl Loss {
    /// The loss that fits pictures of these classes.
    pub fn fitting<'a>(mut classes: impl Iterator<Item = &'a [usize]>) -> Self {
        if classes.all(|classes| classes.len() == 1) {
            Self::CrossEntropy
        } else {
            Self::BinaryCrossEntropy
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::BinaryCrossEntropy => "binary cross-entropy",
        }
    }

    /// The sum over pictures, a scalar, from logits `[N, C]` and what is true `[N, C]`, 0 or 1.
    pub fn sum(self, logits: &Tensor, truth: &Tensor) -> Result<Tensor> {
        match self {
            Self::CrossEntropy => (log_softmax(logits, 1)? * truth)?.sum_all()?.neg(),
            Self::BinaryCrossEntropy => {
                // log(1 + e^x) - x y without overflow.
                let rest = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
                let each = ((logits.relu()? - (logits * truth)?)? + rest)?;
                each.sum_all()? / logits.dim(1)? as f64
            }
        }
    }
}
