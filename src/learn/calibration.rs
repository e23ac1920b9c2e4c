//! Expected gains converted to probabilities.

use serde::{Deserialize, Serialize};

/// Newton steps. The problem is convex and has two parameters.
const NEWTON_STEPS: usize = 20;
/// Strength of the prior that keeps the curve near its start, in observations.
const PRIOR_OBSERVATIONS: f64 = 2.0;

/// The probability that a person accepts a box without changes: `1 / (1 + exp(-(slope * gain + offset)))`
/// (Platt 1999, 'Probabilistic outputs for support vector machines').
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Positive: a larger gain is never less probable.
    pub slope: f64,
    /// The logit at a gain of 0.
    pub offset: f64,
}

impl Default for Calibration {
    /// A probability of one half at a gain of 1, which is that of an edit.
    fn default() -> Self {
        Self {
            slope: 2.0,
            offset: -2.0,
        }
    }
}

impl Calibration {
    /// The best fit to gains, each with whether the box was accepted.
    pub fn fit(observed: &[(f32, bool)]) -> Self {
        let start = Self::default();
        let mut fitted = start;
        for _ in 0..NEWTON_STEPS {
            let mut gradient = [
                PRIOR_OBSERVATIONS * (fitted.slope - start.slope),
                PRIOR_OBSERVATIONS * (fitted.offset - start.offset),
            ];
            let [mut a, mut b, mut c] = [PRIOR_OBSERVATIONS, 0.0, PRIOR_OBSERVATIONS];
            for (gain, is_accepted) in observed {
                let gain = f64::from(*gain);
                let p = fitted.exact(gain);
                let excess = p - f64::from(u8::from(*is_accepted));
                gradient[0] += excess * gain;
                gradient[1] += excess;
                let curvature = p * (1.0 - p);
                a += curvature * gain * gain;
                b += curvature * gain;
                c += curvature;
            }
            let determinant = a * c - b * b;
            fitted.slope -= (c * gradient[0] - b * gradient[1]) / determinant;
            fitted.offset -= (a * gradient[1] - b * gradient[0]) / determinant;
        }
        // A larger gain must never be less probable.
        if fitted.is_sound() { fitted } else { start }
    }

    /// Whether it is finite and grows with the gain.
    pub fn is_sound(&self) -> bool {
        self.slope.is_finite() && self.offset.is_finite() && self.slope > 0.0
    }

    /// The probability in full precision.
    fn exact(self, gain: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * gain + self.offset)).exp())
    }

    /// The probability of acceptance at a gain, in 0..=1.
    pub fn probability(self, gain: f32) -> f32 {
        self.exact(f64::from(gain)) as f32
    }
}
