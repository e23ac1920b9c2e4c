//! The choice of the penalty by cross-validation.

use std::collections::BTreeMap;

use super::example::HeadExample;

/// The score of a penalty on held-out pictures.
#[derive(Clone, Copy, Debug)]
pub struct HeldOutScore {
    /// The penalty.
    pub l2: f64,
    /// The mean loss.
    pub loss: f64,
    /// The standard error of the mean loss.
    error: f64,
    /// The share of pictures whose most probable class is correct.
    pub accuracy: f64,
}

impl HeldOutScore {
    /// The score of the penalty `l2` with these losses.
    pub fn new(l2: f64, losses: &[f64], accuracy: f64) -> Self {
        let count = losses.len() as f64;
        let loss = losses.iter().sum::<f64>() / count;
        let variance = losses.iter().map(|x| (x - loss) * (x - loss)).sum::<f64>() / count;
        Self {
            l2,
            loss,
            error: (variance / count).sqrt(),
            accuracy,
        }
    }
}

/// The first, and so the largest, penalty that is about as good as the best one.
pub fn choose(tried: &[HeldOutScore]) -> Option<HeldOutScore> {
    let best = tried.iter().min_by(|a, b| a.loss.total_cmp(&b.loss));
    let enough = best.map_or(f64::INFINITY, |best| best.loss + best.error);
    let chosen = tried.iter().find(|tried| tried.loss <= enough);
    // If vectors contain NaN, so do the losses, and the choice does not matter.
    chosen.or(tried.first()).copied()
}

/// The fold of each picture: the pictures of each class are cut into runs of about equal length, one
/// run per fold. Neighbours by name are often frames of one scene; if they were dealt out in turn, each
/// fold could be predicted from the others. The only picture of a class is in no fold, because without
/// it nothing can be learned about the class.
pub fn split_into_folds(examples: &[HeadExample], folds: usize) -> Vec<Option<usize>> {
    let class = |example: &HeadExample| example.classes.first().copied();
    let mut sizes: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    for example in examples {
        *sizes.entry(class(example)).or_default() += 1;
    }
    let mut dealt: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    let fold = |example: &HeadExample| {
        let class = class(example);
        let before = dealt.entry(class).or_default();
        *before += 1;
        let size = sizes[&class];
        (size > 1).then(|| (*before - 1) * folds / size)
    };
    examples.iter().map(fold).collect()
}

/// 1 if the most probable class is one of the picture's own, otherwise 0.
pub fn is_correct(logits: &[f32], own: &[usize]) -> f64 {
    let best = (0..logits.len()).rev();
    let best = best.max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
    f64::from(u8::from(best.is_some_and(|best| own.contains(&best))))
}
