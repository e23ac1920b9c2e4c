//! How often boxes are accepted, compared with the predicted probability.

use serde::Serialize;

use crate::cli::plot::Series;
use crate::evaluate::{IouConvention, TruthBox, best_iou};
use crate::geometry::BBox;
use crate::learn::boxes::LearnedBox;

/// The minimum IoU at which a box is accepted without changes.
const ACCEPT_IOU: f64 = 0.75;
/// Bins of predicted probability.
const BINS: usize = 10;

/// The learned boxes that were shown, each with its predicted probability and whether it was
/// accepted.
#[derive(Default)]
pub struct Reliability(Vec<(f64, bool)>);

/// Boxes of about the same predicted probability.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ReliabilityBin {
    /// The mean predicted probability.
    pub mean_predicted: f64,
    /// The share that was accepted.
    pub observed: f64,
    /// The number of boxes.
    pub count: usize,
}

impl Reliability {
    /// Adds a box that was shown.
    pub fn add(&mut self, shown: &LearnedBox, truth: &[TruthBox]) {
        let objects = truth.iter().filter(|truth| !truth.is_crowd);
        let objects: Vec<BBox> = objects.map(|truth| truth.bbox).collect();
        let iou = best_iou(&[shown.bbox], &objects, IouConvention::Continuous);
        self.0.push((f64::from(shown.score), iou >= ACCEPT_IOU));
    }

    /// The number of boxes that were shown.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The bins, including empty ones.
    pub fn bins(&self) -> Vec<ReliabilityBin> {
        let mut bins = vec![ReliabilityBin::default(); BINS];
        for (predicted, is_accepted) in &self.0 {
            let bin = &mut bins[((predicted * BINS as f64) as usize).min(BINS - 1)];
            bin.mean_predicted += predicted;
            bin.observed += f64::from(u8::from(*is_accepted));
            bin.count += 1;
        }
        for bin in &mut bins {
            let count = bin.count.max(1) as f64;
            bin.mean_predicted /= count;
            bin.observed /= count;
        }
        bins
    }

    /// Expected calibration error (Naeini et al. 2015).
    pub fn expected_error(&self) -> Option<f64> {
        let bins = self.bins();
        let error =
            |bin: &ReliabilityBin| bin.count as f64 * (bin.mean_predicted - bin.observed).abs();
        let total: f64 = bins.iter().map(error).sum();
        (self.count() > 0).then(|| total / self.count() as f64)
    }

    /// The curve, and the ideal one.
    pub fn series(&self) -> Vec<Series> {
        let bins = self.bins().into_iter().filter(|bin| bin.count > 0);
        vec![
            Series {
                name: "observed".to_owned(),
                points: bins.map(|bin| (bin.mean_predicted, bin.observed)).collect(),
            },
            Series {
                name: "ideal".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 1.0)],
            },
        ]
    }
}
