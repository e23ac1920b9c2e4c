//! GainModel brought to probabilities.

/// Newton steps; the problem is convex in two numbers.
const NEWTON_STEPS: usize = 20;
/// How strongly the curve is held near the one that it starts from, in observations.
const PRIOR_OBSERVATIONS: f64 = 2.0;

/// `1 / (1 + exp(-(slope * gain + offset)))`: how probable it is that a person accepts a box as it
/// is (Platt 1999, 'Probabilistic outputs for support vector machines').
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub slope: f64,
    pub offset: f64,
}

impl Default for Calibration {
    /// Even odds at a gain of 1, which is that of an edit.
    fn default() -> Self {
        Self {
            slope: 2.0,
            offset: -2.0,
        }
    }
}

impl Calibration {
    /// What fits gains, each with whether the box was accepted, best.
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
        // A better box is never less probable.
        if fitted.slope.is_finite() && fitted.offset.is_finite() && fitted.slope > 0.0 {
            fitted
        } else {
            start
        }
    }

    fn exact(self, gain: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * gain + self.offset)).exp())
    }

    /// Of a gain.
    pub fn probability(self, gain: f32) -> f32 {
        self.exact(f64::from(gain)) as f32
    }
}
