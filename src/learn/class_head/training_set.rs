//! Tagged pictures as a problem of logistic regression.

use super::example::HeadExample;
use crate::learn::logistic::{Problem, Targets};

/// The pictures and how they are trained on.
pub struct TrainingSet<'a> {
    /// The pictures.
    pub examples: &'a [HeadExample],
    /// The number of classes.
    pub classes: usize,
    /// Whether each class is trained independently.
    pub is_multi_label: bool,
    /// Whether the background of the pictures is used as examples without any class.
    pub uses_background: bool,
}

impl TrainingSet<'_> {
    /// The problem of the examples with these indices.
    pub fn problem(&self, kept: &[usize]) -> Problem {
        let kept = kept.iter().map(|at| &self.examples[*at]);
        let width = self.examples[0].pooled.object.len();
        let mut vectors: Vec<f32> = Vec::with_capacity(kept.len() * width);
        vectors.extend(kept.clone().flat_map(|example| &example.pooled.object));
        let targets = if self.is_multi_label {
            let mut membership: Vec<bool> = kept
                .clone()
                .flat_map(|example| (0..self.classes).map(|class| example.classes.contains(&class)))
                .collect();
            if self.uses_background {
                vectors.extend(kept.flat_map(|example| &example.pooled.background));
                membership.resize(2 * membership.len(), false);
            }
            Targets::AnyOf(membership)
        } else {
            Targets::OneOf(kept.map(|example| example.classes[0]).collect())
        };
        Problem::new(&vectors, width, targets, self.classes)
    }

    /// The cross-entropy of the logits of a held-out picture whose classes are `own`.
    pub fn loss(&self, logits: &[f32], own: &[usize]) -> f64 {
        if self.is_multi_label {
            let each = logits.iter().enumerate().map(|(class, x)| {
                let x = f64::from(*x);
                let towards = if own.contains(&class) { -x } else { x };
                towards.max(0.0) + (-x.abs()).exp().ln_1p()
            });
            each.sum()
        } else {
            let max = logits.iter().copied().fold(f32::MIN, f32::max);
            let sum: f32 = logits.iter().map(|x| (x - max).exp()).sum();
            f64::from(sum.ln() + max - logits[own[0]])
        }
    }
}
