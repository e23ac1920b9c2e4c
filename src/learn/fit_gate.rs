//! Whether fitting drawn boxes to objects helps on the pictures of a project.
//!
//! True boxes are drawn again roughly ([`crate::evaluate::rough_box`]) and fitted. What counts is whether
//! a box is good enough to be kept as it is. Fitting is judged to help only where that happens
//! significantly more often than without it: it is a hand that moves what a person has drawn, so doubt
//! speaks against it.

use crate::geometry::BBox;

/// The IoU with the true box from which a box is kept as it is.
const KEEP_IOU: f32 = 0.75;
/// With fewer boxes nothing is concluded.
pub const MIN_FIT_SAMPLES: usize = 12;
/// How likely the difference may be by chance.
const SIGNIFICANCE: f64 = 0.05;

/// A true box that was drawn again roughly, then fitted: the IoU with the true box before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitSample {
    /// The IoU of the rough box.
    pub before: f32,
    /// The IoU of the fitted box; that of the rough box if nothing was found to fit it to.
    pub after: f32,
}

impl FitSample {
    /// Compares a rough box, and the box that fitting made of it, with the true box.
    pub fn new(truth: &BBox, rough: &BBox, fitted: Option<&BBox>) -> Self {
        Self {
            before: truth.iou(rough),
            after: truth.iou(fitted.unwrap_or(rough)),
        }
    }
}

/// What the samples say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitVerdict {
    /// There are too few to tell.
    TooFew,
    /// Significantly more boxes are kept with fitting than without it.
    Helps,
    /// There is no significant difference.
    NoDifference,
    /// Significantly fewer boxes are kept.
    Harms,
}

/// The samples in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FitComparison {
    /// The number of samples.
    pub boxes: usize,
    /// Those that are kept before fitting.
    pub kept_before: usize,
    /// Those that are kept after fitting.
    pub kept_after: usize,
    /// Those that are kept only after fitting.
    gained: usize,
    /// Those that are kept only before fitting.
    lost: usize,
}

impl FitComparison {
    /// Counts samples.
    pub fn of(samples: impl IntoIterator<Item = FitSample>) -> Self {
        let mut counts = Self::default();
        for sample in samples {
            let [before, after] = [sample.before, sample.after].map(|iou| iou >= KEEP_IOU);
            counts.boxes += 1;
            counts.kept_before += usize::from(before);
            counts.kept_after += usize::from(after);
            counts.gained += usize::from(after && !before);
            counts.lost += usize::from(before && !after);
        }
        counts
    }

    /// The share of boxes that are kept before and after fitting. `None` without boxes.
    pub fn shares(&self) -> Option<[f64; 2]> {
        let share = |kept: usize| kept as f64 / self.boxes as f64;
        (self.boxes > 0).then(|| [share(self.kept_before), share(self.kept_after)])
    }

    /// What the samples say, by a one-sided sign test on the boxes that fitting gained or lost.
    pub fn verdict(&self) -> FitVerdict {
        if self.boxes < MIN_FIT_SAMPLES {
            FitVerdict::TooFew
        } else if chance_of_as_many(self.gained, self.lost) <= SIGNIFICANCE {
            FitVerdict::Helps
        } else if chance_of_as_many(self.lost, self.gained) <= SIGNIFICANCE {
            FitVerdict::Harms
        } else {
            FitVerdict::NoDifference
        }
    }
}

/// The probability that of `heads + tails` throws of a fair coin at least `heads` show heads.
fn chance_of_as_many(heads: usize, tails: usize) -> f64 {
    let throws = heads + tails;
    // From one term of the binomial distribution to the next, all divided by 2^throws.
    let mut term = 0.5f64.powf(throws as f64);
    let mut sum = 0.0;
    for count in 0..=throws {
        if count >= heads {
            sum += term;
        }
        term *= (throws - count) as f64 / (count + 1) as f64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::random::Random;

    const BAD: f32 = 0.6;
    const GOOD: f32 = 0.9;

    fn verdict(gained: usize, lost: usize, same: usize) -> FitVerdict {
        let sample = |before, after| FitSample { before, after };
        let samples = std::iter::repeat_n(sample(BAD, GOOD), gained)
            .chain(std::iter::repeat_n(sample(GOOD, BAD), lost))
            .chain(std::iter::repeat_n(sample(BAD, BAD), same));
        FitComparison::of(samples).verdict()
    }

    #[test]
    fn too_few_boxes_prove_nothing() {
        assert_eq!(verdict(11, 0, 0), FitVerdict::TooFew);
        assert_eq!(verdict(12, 0, 0), FitVerdict::Helps);
        assert_eq!(FitComparison::of([]).shares(), None);
    }

    #[test]
    fn a_clear_difference_decides_and_a_slight_one_does_not() {
        assert_eq!(verdict(5, 0, 7), FitVerdict::Helps);
        assert_eq!(verdict(4, 0, 8), FitVerdict::NoDifference);
        assert_eq!(verdict(9, 2, 19), FitVerdict::Helps);
        assert_eq!(verdict(9, 4, 17), FitVerdict::NoDifference);
        assert_eq!(verdict(2, 9, 19), FitVerdict::Harms);
        assert_eq!(verdict(0, 0, 40), FitVerdict::NoDifference);
        // Far more than a double precision number could count in plain factorials.
        assert_eq!(verdict(500, 300, 0), FitVerdict::Helps);
    }

    #[test]
    fn chances_are_those_of_a_coin() {
        assert_eq!(chance_of_as_many(0, 0), 1.0);
        assert_eq!(chance_of_as_many(3, 0), 0.125);
        assert!((chance_of_as_many(2, 2) - 11.0 / 16.0).abs() < 1e-12);
    }

    #[test]
    fn without_an_effect_fitting_is_rarely_judged_to_help() {
        let trials = 400;
        let helps = (0..trials).filter(|trial| {
            let mut random = Random::from_key(&[*trial]);
            let mut either = || if random.below(2) == 0 { BAD } else { GOOD };
            let samples = (0..30).map(|_| FitSample {
                before: either(),
                after: either(),
            });
            let samples: Vec<FitSample> = samples.collect();
            FitComparison::of(samples).verdict() == FitVerdict::Helps
        });
        let share = helps.count() as f64 / trials as f64;
        assert!(share <= 0.07, "{share}");
    }

    #[test]
    fn samples_compare_with_the_true_box() {
        let truth = BBox::from_xywh(0.0, 0.0, 10.0, 10.0);
        let rough = BBox::from_xywh(0.0, 0.0, 10.0, 5.0);
        let sample = FitSample::new(&truth, &rough, Some(&truth));
        assert_eq!((sample.before, sample.after), (0.5, 1.0));
        let sample = FitSample::new(&truth, &rough, None);
        assert_eq!((sample.before, sample.after), (0.5, 0.5));
        let counts = FitComparison::of([sample]);
        assert_eq!(counts.shares(), Some([0.0, 0.0]));
    }
}
