//! The candidate boxes of a picture before anything is learned: those that the judge knows, or without a
//! detector the regions of the map of any object at all thresholds.

use crate::geometry::BBox;
use crate::learn::judge::{self, CandidateSource, Judge, JudgedCandidates};
use crate::localize::{BoxOptions, Evidence, Localizer, Method, PictureMaps};

/// Number of thresholds: 0.15, 0.20, ..., 0.90.
const THRESHOLDS: usize = 16;
/// Minimum area of a candidate as a share of the picture.
const MIN_AREA_SHARE: f32 = 0.002;
/// Maximum number of regions without a detector; those with the best scores are kept.
const MAX_REGIONS: usize = 100;
/// Maximum number of candidates of a picture.
pub const MAX_CANDIDATES: usize = judge::MAX_CANDIDATES;

/// A candidate box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureCandidate {
    /// In upright pixels of the original picture.
    pub bbox: BBox,
    /// Where it comes from.
    pub source: CandidateSource,
    /// The [score of the region](Localizer::boxes) or of the detector, in 0..=1.
    pub score: f32,
    /// The threshold of the region, in 0..1 of the range of the map; 0 for a detected box.
    pub threshold: f32,
    /// The gain that the judge expects; 0 without a detector.
    pub prior: f32,
}

/// The candidates in a picture of `size` pixels.
pub fn picture_candidates(
    evidence: &Evidence,
    maps: &PictureMaps,
    size: (u32, u32),
) -> Vec<PictureCandidate> {
    let judge = Judge::shipped().filter(|_| evidence.detections.is_some());
    let Some(judge) = judge else {
        return regions(maps, size);
    };
    let mut judged = JudgedCandidates::new(evidence, maps, size);
    judged.judge(judge);
    let candidates = judged.candidates.iter().zip(&judged.gains);
    candidates
        .map(|(candidate, gain)| PictureCandidate {
            bbox: candidate.bbox,
            source: candidate.source,
            score: candidate.score,
            threshold: candidate.threshold,
            prior: *gain,
        })
        .collect()
}

/// The regions at all thresholds, each once.
fn regions(maps: &PictureMaps, size: (u32, u32)) -> Vec<PictureCandidate> {
    let Some(localizer) = Localizer::new(maps, Method::Affinity, None) else {
        return Vec::new();
    };
    let smallest = MIN_AREA_SHARE * size.0 as f32 * size.1 as f32;
    let mut found: Vec<PictureCandidate> = Vec::new();
    for step in 0..THRESHOLDS {
        let threshold = 0.15 + 0.05 * step as f32;
        let options = BoxOptions {
            threshold: Some(threshold),
            min_area: Some(0.0),
            min_score: Some(0.0),
            ..BoxOptions::default()
        };
        for of_step in localizer.boxes(&options, size) {
            let Some(bbox) = of_step.bbox.clipped(size.0, size.1) else {
                continue;
            };
            if bbox.area() > smallest && found.iter().all(|other| other.bbox != bbox) {
                found.push(PictureCandidate {
                    bbox,
                    source: CandidateSource::Map,
                    score: of_step.score,
                    threshold,
                    prior: 0.0,
                });
            }
        }
    }
    if found.len() > MAX_REGIONS {
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(MAX_REGIONS);
    }
    found
}
