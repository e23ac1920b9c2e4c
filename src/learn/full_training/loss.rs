//! The loss: how far the logits are from the tags.

use candle_core::{Result, Tensor};
use candle_nn::ops::log_softmax;

/// The loss that is minimised, a mean over pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Cross-entropy as in the paper, if each picture has exactly one class.
    CrossEntropy,
    /// Binary cross-entropy, a mean over classes, if pictures may have several classes or none.
    BinaryCrossEntropy,
}

impl Loss {
    /// The loss for pictures with these classes.
    pub fn fitting<'a>(mut classes: impl Iterator<Item = &'a [usize]>) -> Self {
        if classes.all(|classes| classes.len() == 1) {
            Self::CrossEntropy
        } else {
            Self::BinaryCrossEntropy
        }
    }

    /// Its name in texts for users.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::BinaryCrossEntropy => "binary cross-entropy",
        }
    }

    /// The sum of the losses of N pictures, a scalar, from logits `[N, C]` and targets `[N, C]` of 0 or 1.
    ///
    /// # Errors
    /// If the shapes do not fit.
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
