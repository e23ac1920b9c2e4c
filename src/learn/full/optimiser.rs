//! `AdamW` (Loshchilov and Hutter, arXiv 1711.05101) whose moments can be kept.
//!
//! candle's own takes the same step, but hides its moments, without which training cannot go on
//! where it stopped, and decays every variable alike.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor, Var};

/// Decay of the first moment.
const BETA1: f64 = 0.9;
/// Decay of the second moment.
const BETA2: f64 = 0.999;
/// Keeps a step finite.
const EPS: f64 = 1e-8;

/// A tensor for each variable, by its name.
pub type NamedTensors = BTreeMap<String, Tensor>;

/// The state of the optimiser.
pub struct AdamW {
    /// Decaying mean of the gradients.
    pub first: NamedTensors,
    /// Decaying mean of their squares.
    pub second: NamedTensors,
    /// Steps taken.
    pub steps: usize,
}

impl AdamW {
    /// Before the first step.
    pub fn new(variables: &BTreeMap<String, Var>) -> Result<Self> {
        let zeros = || {
            let zero =
                |(name, variable): (&String, &Var)| Ok((name.clone(), variable.zeros_like()?));
            variables.iter().map(zero).collect::<Result<NamedTensors>>()
        };
        Ok(Self {
            first: zeros()?,
            second: zeros()?,
            steps: 0,
        })
    }

    /// Moves the variables against their gradients.
    pub fn step(
        &mut self,
        variables: &BTreeMap<String, Var>,
        gradients: &NamedTensors,
        learning_rate: f64,
        weight_decay: f64,
    ) -> Result<()> {
        self.steps += 1;
        // Both moments begin at zero, which these make up for.
        let unbias = |beta: f64| (1.0 - beta.powf(self.steps as f64)).recip();
        let (scale1, scale2) = (unbias(BETA1), unbias(BETA2));
        for (name, variable) in variables {
            let (Some(gradient), Some(first), Some(second)) = (
                gradients.get(name),
                self.first.get_mut(name),
                self.second.get_mut(name),
            ) else {
                candle_core::bail!("the optimiser knows no variable {name}");
            };
            *first = ((&*first * BETA1)? + (gradient * (1.0 - BETA1))?)?;
            *second = ((&*second * BETA2)? + (gradient.sqr()? * (1.0 - BETA2))?)?;
            let spread = ((&*second * scale2)?.sqrt()? + EPS)?;
            let towards = ((&*first * (learning_rate * scale1))? / spread)?;
            let kept = if is_decayed(name, variable) {
                (variable.as_tensor() * (1.0 - learning_rate * weight_decay))?
            } else {
                variable.as_tensor().clone()
            };
            variable.set(&(kept - towards)?.detach())?;
        }
        Ok(())
    }
}

/// Biases, norms, layer scales, the class token and positions are not drawn to zero, as in timm,
/// whose optimiser the official implementation uses.
fn is_decayed(name: &str, variable: &Tensor) -> bool {
    variable.rank() > 1 && !matches!(name, "pos_embed" | "cls_token")
}
