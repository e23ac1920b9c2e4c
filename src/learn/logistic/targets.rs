//! The classes of the vectors, and the loss of one vector.

/// The classes of each vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// One class per vector, `[N]`: softmax.
    OneOf(Vec<usize>),
    /// Any number of classes per vector, `[N * C]` row by row: a sigmoid for each class.
    AnyOf(Vec<bool>),
}

impl Targets {
    /// The target of one vector.
    pub fn at(&self, row: usize, classes: usize) -> VectorTarget<'_> {
        match self {
            Self::OneOf(of) => VectorTarget::One(of[row]),
            Self::AnyOf(are) => VectorTarget::Any(&are[row * classes..][..classes]),
        }
    }

    /// Weights of the vectors that make rare classes count as much as common ones. With one class per
    /// vector the weight is `N / (C N_c)`, `[N]`. With several, each class has half of the total weight
    /// on the vectors that belong to it, `[N * C]`.
    pub fn balanced(&self, count: usize, classes: usize) -> Vec<f32> {
        match self {
            Self::OneOf(of) => {
                let mut sizes = vec![0usize; classes];
                for class in of {
                    sizes[*class] += 1;
                }
                let present = sizes.iter().filter(|size| **size > 0).count();
                let weight = |class: &usize| count as f32 / (present * sizes[*class]) as f32;
                of.iter().map(weight).collect()
            }
            Self::AnyOf(are) => {
                let of_class = |class: usize| are.iter().skip(class).step_by(classes);
                let sizes: Vec<usize> = (0..classes)
                    .map(|class| of_class(class).filter(|is_of| **is_of).count())
                    .collect();
                let weight = |(at, is_of): (usize, &bool)| {
                    let size = sizes[at % classes];
                    let same = if *is_of { size } else { count - size };
                    count as f32 / (2 * same) as f32
                };
                are.iter().enumerate().map(weight).collect()
            }
        }
    }
}

/// The target of one vector.
#[derive(Clone, Copy)]
pub enum VectorTarget<'a> {
    /// Its one class.
    One(usize),
    /// Whether it belongs to each class, `[C]`.
    Any(&'a [bool]),
}

/// The cross-entropy of the logits `[C]` of one vector. The logits are replaced by the derivatives with
/// respect to them.
pub fn cross_entropy(logits: &mut [f32], target: VectorTarget<'_>, weights: &[f32]) -> f64 {
    match target {
        VectorTarget::One(class) => {
            let weight = weights[0];
            let max = logits.iter().copied().fold(f32::MIN, f32::max);
            let own = logits[class] - max;
            let mut sum = 0.0;
            for logit in logits.iter_mut() {
                *logit = (*logit - max).exp();
                sum += *logit;
            }
            for logit in logits.iter_mut() {
                *logit *= weight / sum;
            }
            logits[class] -= weight;
            f64::from(weight) * f64::from(sum.ln() - own)
        }
        VectorTarget::Any(is_of) => {
            let mut loss = 0.0;
            for ((logit, is_of), weight) in logits.iter_mut().zip(is_of).zip(weights) {
                let x = *logit;
                let y = f32::from(u8::from(*is_of));
                loss += f64::from(weight * (x.max(0.0) - x * y + (-x.abs()).exp().ln_1p()));
                *logit = weight * (sigmoid(x) - y);
            }
            loss
        }
    }
}

/// `1 / (1 + exp(-x))`.
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
