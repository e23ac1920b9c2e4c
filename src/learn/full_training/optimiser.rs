//! `AdamW` (Loshchilov and Hutter, arXiv 1711.05101) whose moments can be saved.
//!
//! candle's own optimiser takes the same steps, but it hides its moments, without which training cannot be
//! continued, and it applies weight decay to every variable.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor, Var};

/// The decay of the first moment.
const BETA1: f64 = 0.9;
/// The decay of the second moment.
const BETA2: f64 = 0.999;
/// Added to the denominator to keep steps finite.
const EPS: f64 = 1e-8;

/// A tensor for each variable, by name.
pub type NamedTensors = BTreeMap<String, Tensor>;

/// The state of the optimiser.
pub struct AdamW {
    /// The decaying mean of the gradients.
    pub first: NamedTensors,
    /// The decaying mean of their squares.
    pub second: NamedTensors,
    /// The number of steps taken.
    pub steps: usize,
}

impl AdamW {
    /// The state before the first step.
    ///
    /// # Errors
    /// If the device runs out of memory.
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
    ///
    /// # Errors
    /// If a variable is unknown or an operation fails.
    pub fn step(
        &mut self,
        variables: &BTreeMap<String, Var>,
        gradients: &NamedTensors,
        learning_rate: f64,
        weight_decay: f64,
    ) -> Result<()> {
        self.steps += 1;
        // Both moments start at zero, which these factors correct.
        let unbias = |beta: f64| (1.0 - beta.powf(self.steps as f64)).recip();
        let (scale1, scale2) = (unbias(BETA1), unbias(BETA2));
        for (name, variable) in variables {
            let (Some(gradient), Some(first), Some(second)) = (
                gradients.get(name),
                self.first.get_mut(name),
                self.second.get_mut(name),
            ) else {
                candle_core::bail!("the optimiser does not know the variable {name}");
            };
            *first = ((&*first * BETA1)? + (gradient * (1.0 - BETA1))?)?;
            *second = ((&*second * BETA2)? + (gradient.sqr()? * (1.0 - BETA2))?)?;
            let spread = ((&*second * scale2)?.sqrt()? + EPS)?;
            let towards = ((&*first * (learning_rate * scale1))? / spread)?;
            let decayed = if is_decayed(name, variable) {
                (variable.as_tensor() * (1.0 - learning_rate * weight_decay))?
            } else {
                variable.as_tensor().clone()
            };
            variable.set(&(decayed - towards)?.detach())?;
        }
        Ok(())
    }
}

/// Biases, norms, layer scales, the class token and positions have no weight decay, as in timm, whose
/// optimiser the official implementation uses.
fn is_decayed(name: &str, variable: &Tensor) -> bool {
    variable.rank() > 1 && !matches!(name, "pos_embed" | "cls_token")
}
