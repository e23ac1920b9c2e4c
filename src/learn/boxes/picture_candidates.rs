//! The candidate boxes of a picture before anything is learned: those that the judge knows, or without a
//! detector the regions of the map of any object at all thresholds.

use crate::geometry::BBox;
use crate::learn::judge::{
    self, Candidate, CandidateSource, Judge, JudgedCandidates, regions_at_all_thresholds,
};
use crate::localize::{Evidence, PictureMaps};

/// Minimum area of a region without a detector as a share of the picture.
const MIN_AREA_SHARE: f32 = 0.002;
/// Maximum number of regions without a detector; those with the best scores are kept.
const MAX_REGIONS: usize = 100;
/// Maximum number of candidates of a picture.
pub const MAX_CANDIDATES: usize = judge::MAX_CANDIDATES;

/// A candidate box.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureCandidate {
    /// In upright pixels of the original picture.
    pub bbox: BBox,
    /// Where it comes from.
    pub source: CandidateSource,
    /// The [score of the region](crate::localize::Localizer::boxes) or of the detector, in 0..=1.
    pub score: f32,
    /// The threshold of the region, in 0..1 of the range of the map; 0 for a detected box.
    pub threshold: f32,
    /// The gain that the judge expects; 0 without a detector.
    pub prior: f32,
    /// The most probable classes of a detected box with their scores, best first.
    pub classes: Vec<(usize, f32)>,
}

impl PictureCandidate {
    fn new(candidate: &Candidate, prior: f32) -> Self {
        let Candidate {
            bbox,
            source,
            score,
            threshold,
            ..
        } = *candidate;
        Self {
            bbox,
            source,
            score,
            threshold,
            prior,
            classes: Vec::new(),
        }
    }
}

/// The candidates in a picture of `size` pixels.
pub fn picture_candidates(
    evidence: &Evidence,
    maps: &PictureMaps,
    size: (u32, u32),
) -> Vec<PictureCandidate> {
    let judge = Judge::shipped().filter(|_| evidence.detections.is_some());
    let Some(judge) = judge else {
        let regions = regions(maps, size);
        return regions
            .iter()
            .map(|region| PictureCandidate::new(region, 0.0))
            .collect();
    };
    let mut judged = JudgedCandidates::new(evidence, maps, size);
    judged.judge(judge);
    let candidates = judged.candidates.iter().zip(&judged.gains);
    candidates
        .map(|(candidate, gain)| PictureCandidate {
            classes: candidate
                .detection
                .and_then(|at| Some(evidence.detections.as_ref()?.get(at)?.classes.clone()))
                .unwrap_or_default(),
            ..PictureCandidate::new(candidate, *gain)
        })
        .collect()
}

/// The regions at all thresholds, each box once.
fn regions(maps: &PictureMaps, size: (u32, u32)) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for region in regions_at_all_thresholds(maps, size, MIN_AREA_SHARE) {
        if found.iter().all(|other| other.bbox != region.bbox) {
            found.push(region);
        }
    }
    if found.len() > MAX_REGIONS {
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(MAX_REGIONS);
    }
    found
}
