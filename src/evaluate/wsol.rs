//! Weakly supervised localisation: one box per picture over thresholds, and Top-1 and Top-5.

use serde::Serialize;

use super::ratio::ratio;

/// Accumulates, picture by picture, how well boxes fit at each of a list of map thresholds.
///
/// It covers both forms of GT-known localisation: the paper's one box per picture (`largest`), and all
/// boxes of a threshold together (`any`), one of which has to be right. A box is right if it reaches
/// the IoU with *any* true box of the picture.
#[derive(Clone, Debug)]
pub struct LocalizationCurve {
    thresholds: Vec<f32>,
    pictures: usize,
    largest: Vec<LocalizationTally>,
    any: Vec<LocalizationTally>,
}

/// The IoU levels of a [`LocalizationPoint`].
const LOC_IOUS: [f64; 4] = [0.3, 0.5, 0.7, 0.75];

#[derive(Clone, Copy, Debug, Default)]
struct LocalizationTally {
    /// The number of pictures that reach each of [`LOC_IOUS`].
    reached: [usize; LOC_IOUS.len()],
    iou_sum: f64,
}

impl LocalizationTally {
    fn add(&mut self, iou: f64) {
        for (count, level) in self.reached.iter_mut().zip(LOC_IOUS) {
            *count += usize::from(iou >= level);
        }
        self.iou_sum += iou;
    }
}

/// Localisation at one threshold of the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LocalizationPoint {
    /// The threshold as given.
    pub threshold: f32,
    /// Share of pictures that reach IoU 0.3.
    pub loc30: f64,
    /// Share of pictures that reach IoU 0.5: GT-known Loc.
    pub loc50: f64,
    /// Share of pictures that reach IoU 0.7.
    pub loc70: f64,
    /// Share of pictures that reach IoU 0.75.
    pub loc75: f64,
    /// Mean over the pictures of the best IoU.
    pub mean_iou: f64,
}

/// The numbers of a [`LocalizationCurve`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocalizationMetrics {
    /// The number of pictures.
    pub pictures: usize,
    /// The largest box at its best threshold for IoU 0.5.
    pub best: LocalizationPoint,
    /// `MaxBoxAcc`: the largest box at IoU 0.5 and its best threshold.
    pub max_box_acc: f64,
    /// `MaxBoxAccV2`: any box, the mean over IoU 0.3, 0.5 and 0.7, each at its own best threshold.
    pub max_box_acc_v2: f64,
    /// The largest box at every threshold.
    pub curve: Vec<LocalizationPoint>,
}

impl LocalizationCurve {
    /// An empty curve over these thresholds.
    pub fn new(thresholds: Vec<f32>) -> Self {
        let tallies = vec![LocalizationTally::default(); thresholds.len()];
        Self {
            thresholds,
            pictures: 0,
            largest: tallies.clone(),
            any: tallies,
        }
    }

    /// Adds a picture that has an object: for each threshold the [best IoU](super::best_iou) of its
    /// largest box and that of all its boxes, zero if the threshold leaves no box.
    ///
    /// # Panics
    /// If the lists are not as long as the thresholds.
    pub fn add(&mut self, largest: &[f64], any: &[f64]) {
        assert_eq!(
            largest.len(),
            self.thresholds.len(),
            "one IoU per threshold"
        );
        assert_eq!(any.len(), self.thresholds.len(), "one IoU per threshold");
        self.pictures += 1;
        for (tallies, ious) in [(&mut self.largest, largest), (&mut self.any, any)] {
            for (tally, &iou) in tallies.iter_mut().zip(ious) {
                tally.add(iou);
            }
        }
    }

    /// The largest box at every threshold; empty before the first picture.
    pub fn largest_points(&self) -> Vec<LocalizationPoint> {
        self.points(&self.largest)
    }

    /// The best of all boxes at every threshold; empty before the first picture.
    pub fn any_points(&self) -> Vec<LocalizationPoint> {
        self.points(&self.any)
    }

    fn points(&self, tallies: &[LocalizationTally]) -> Vec<LocalizationPoint> {
        let share = |count| ratio(count, self.pictures);
        let points = self.thresholds.iter().zip(tallies);
        points
            .filter_map(|(&threshold, tally)| {
                let [loc30, loc50, loc70, loc75] = tally.reached.map(share);
                Some(LocalizationPoint {
                    threshold,
                    loc30: loc30?,
                    loc50: loc50?,
                    loc70: loc70?,
                    loc75: loc75?,
                    mean_iou: tally.iou_sum / self.pictures as f64,
                })
            })
            .collect()
    }

    /// All numbers. `None` without a picture or a threshold.
    pub fn metrics(&self) -> Option<LocalizationMetrics> {
        let curve = self.largest_points();
        let any = self.any_points();
        let best = best_point(&curve, |point| point.loc50)?;
        let levels: [fn(&LocalizationPoint) -> f64; 3] = [|p| p.loc30, |p| p.loc50, |p| p.loc70];
        let maxima = levels.map(|level| any.iter().map(level).fold(0.0, f64::max));
        Some(LocalizationMetrics {
            pictures: self.pictures,
            best,
            max_box_acc: best.loc50,
            max_box_acc_v2: maxima.iter().sum::<f64>() / maxima.len() as f64,
            curve,
        })
    }
}

/// The point with the largest `value`, the first one on ties: `best_point(&points, |p| p.loc70)`.
pub fn best_point(
    points: &[LocalizationPoint],
    value: impl Fn(&LocalizationPoint) -> f64,
) -> Option<LocalizationPoint> {
    let better = |best: LocalizationPoint, next: LocalizationPoint| {
        if value(&next) > value(&best) {
            next
        } else {
            best
        }
    };
    points.iter().copied().reduce(better)
}

/// A class that the head predicts, with its box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankedClass {
    /// COCO category id, or a class index if the ground truth has those.
    pub category: u32,
    /// The [best IoU](super::best_iou) of the box from this class's map.
    pub iou: f64,
}

/// Top-1 and Top-5 classification and localisation, as ILSVRC counts them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassLocalization {
    /// Whether the IoU must be more than 0.5.
    must_exceed: bool,
    pictures: usize,
    cls: [usize; 2],
    loc: [usize; 2],
}

/// Top-1 and Top-5 as shares of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClassLocalizationMetrics {
    /// The number of pictures.
    pub pictures: usize,
    /// The first class is right.
    pub top1_cls: f64,
    /// One of the first five classes is right.
    pub top5_cls: f64,
    /// The first class is right and its box reaches IoU 0.5.
    pub top1_loc: f64,
    /// One of the first five classes is right and *that class's* box reaches IoU 0.5.
    pub top5_loc: f64,
}

impl ClassLocalization {
    /// Counts as the official TS-CAM code does: here, and only here, it requires an IoU of more than
    /// 0.5. By default an IoU of 0.5 is enough, as for GT-known Loc.
    pub fn official() -> Self {
        Self {
            must_exceed: true,
            ..Self::default()
        }
    }

    /// Adds a picture of one class: the classes that the head predicts, most probable first (at least
    /// five, or all if there are fewer), and the true one. Pictures of several classes do not belong
    /// here.
    pub fn add(&mut self, ranked: &[RankedClass], truth: u32) {
        self.pictures += 1;
        for (slot, k) in [1, 5].into_iter().enumerate() {
            let right = ranked.iter().take(k).find(|r| r.category == truth);
            self.cls[slot] += usize::from(right.is_some());
            let is_found = |iou| iou > 0.5 || (iou == 0.5 && !self.must_exceed);
            self.loc[slot] += usize::from(right.is_some_and(|r| is_found(r.iou)));
        }
    }

    /// The shares. `None` without a picture.
    pub fn metrics(&self) -> Option<ClassLocalizationMetrics> {
        let share = |count| ratio(count, self.pictures);
        Some(ClassLocalizationMetrics {
            pictures: self.pictures,
            top1_cls: share(self.cls[0])?,
            top5_cls: share(self.cls[1])?,
            top1_loc: share(self.loc[0])?,
            top5_loc: share(self.loc[1])?,
        })
    }
}
