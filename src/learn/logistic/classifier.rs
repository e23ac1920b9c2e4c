//! A linear classifier.

/// A linear classifier: `logit_c = <weight_c, x> + bias_c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    /// `[C * D]`, class by class.
    pub weight: Vec<f32>,
    /// `[C]`.
    pub bias: Vec<f32>,
    /// The loss before each iteration and after the last one.
    pub losses: Vec<f64>,
    /// The solution of the solver, from which a similar problem can start.
    pub(super) solution: Vec<f64>,
}

impl Classifier {
    /// The logits of a vector, `[C]`.
    pub fn logits(&self, vector: &[f32]) -> Vec<f32> {
        let classes = self.weight.chunks_exact(vector.len()).zip(&self.bias);
        let logit = |(weight, bias): (&[f32], &f32)| {
            let products = weight.iter().zip(vector).map(|(w, x)| w * x);
            products.sum::<f32>() + bias
        };
        classes.map(logit).collect()
    }
}
