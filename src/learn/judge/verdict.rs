//! The judge itself: a picture -> judged boxes.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, candidates};
use super::features::features;
use super::prior::Prior;
use crate::files::sha256_hex;
use crate::geometry::BBox;
use crate::learn::calibration::Calibration;
use crate::learn::gain::gain;
use crate::learn::select::{Selected, Selection, select};
use crate::localize::{Evidence, PictureMaps, ScoredBox};

/// The weights that are shipped. See `models/README.md` for what they were fitted to.
static SHIPPED: &str = include_str!("../../../models/judge.json");

/// How boxes are selected by their expected gains. Nearly all are kept, because a person chooses the
/// minimum score.
const SELECTION: Selection = Selection {
    min_gain: -0.7,
    voting_iou: 0.65,
    voting_sharpness: 6.0,
};

/// How much higher the expected gain of the best box of a picture is, because most pictures show something.
const BEST_BONUS: f32 = 0.75;

/// Judges the candidates of pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judge {
    /// Predicts gains.
    pub prior: Prior,
    /// Converts the gains of selected boxes to probabilities.
    pub calibration: Calibration,
}

/// The candidates of a picture with what the judge knows about each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JudgedCandidates {
    /// The candidates.
    pub candidates: Vec<Candidate>,
    /// `[candidates * FEATURES]`.
    pub features: Vec<f32>,
    /// The expected gain of each candidate; empty before they are [judged](Self::judge).
    pub gains: Vec<f32>,
}

/// The gain of each candidate in a picture with these true boxes.
pub fn candidate_gains(candidates: &[Candidate], truth: &[BBox]) -> Vec<f32> {
    let gains = candidates
        .iter()
        .map(|candidate| gain(&candidate.bbox, truth));
    gains.collect()
}

impl Judge {
    /// The judge that is shipped; `None` if its file does not fit the program, which a test rules out.
    pub fn shipped() -> Option<&'static Self> {
        static JUDGE: OnceLock<Option<Judge>> = OnceLock::new();
        let judge = JUDGE.get_or_init(|| {
            let judge: Judge = serde_json::from_str(SHIPPED).ok()?;
            (judge.prior.is_sound() && judge.calibration.is_sound()).then_some(judge)
        });
        judge.as_ref()
    }

    /// The SHA-256 of the shipped weights in hexadecimal.
    pub fn shipped_sha256() -> String {
        sha256_hex(SHIPPED.as_bytes())
    }

    /// One box per object, best first, each with the probability that a person accepts it without changes.
    /// The boxes have no classes.
    pub fn boxes(&self, judged: &JudgedCandidates) -> Vec<ScoredBox> {
        let scored = judged.selected().into_iter().map(|selected| ScoredBox {
            bbox: selected.bbox,
            score: self.calibration.probability(selected.gain),
            classes: Vec::new(),
        });
        scored.collect()
    }
}

impl JudgedCandidates {
    /// The candidates in a picture of `size` pixels, not judged yet.
    pub fn new(evidence: &Evidence, maps: &PictureMaps, size: (u32, u32)) -> Self {
        let detections = evidence.detections.as_deref().unwrap_or_default();
        let candidates = candidates(maps, detections, size);
        Self {
            features: features(evidence, maps, &candidates, size),
            candidates,
            gains: Vec::new(),
        }
    }

    /// Judges all candidates.
    pub fn judge(&mut self, judge: &Judge) {
        self.gains = judge.prior.gains(&self.features);
    }

    /// One box per object by descending gain. That of the best one is raised, because most
    /// pictures show something.
    pub fn selected(&self) -> Vec<Selected> {
        let boxes: Vec<BBox> = self
            .candidates
            .iter()
            .map(|candidate| candidate.bbox)
            .collect();
        let mut selected = select(&boxes, &self.gains, SELECTION);
        if let Some(best) = selected.first_mut() {
            best.gain += BEST_BONUS;
        }
        selected
    }
}
