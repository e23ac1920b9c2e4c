//! The candidate boxes of a picture, from all sources.

use crate::geometry::BBox;
use crate::localize::{BoxOptions, DetectedBox, Localizer, Method, PictureMaps};

/// Number of thresholds at which the map is cut: 0.15, 0.20, ..., 0.90.
const THRESHOLDS: usize = 16;
/// Minimum area of a region as a share of the picture.
const MIN_REGION_SHARE: f32 = 0.0005;
/// Minimum area of a detected box as a share of the picture.
const MIN_DETECTION_SHARE: f32 = 0.0001;
/// Regions at different thresholds with more than this IoU are one candidate.
const SAME_REGION_IOU: f32 = 0.93;
/// Maximum number of regions; those with the best scores are kept.
const MAX_REGIONS: usize = 60;
/// Maximum number of detected boxes.
const MAX_DETECTIONS: usize = 100;
/// Maximum number of candidates of a picture.
pub const MAX_CANDIDATES: usize = MAX_REGIONS + MAX_DETECTIONS;

/// Where a candidate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateSource {
    /// A region of the map of any object.
    Map,
    /// The detector.
    Detector,
}

impl CandidateSource {
    /// All sources.
    pub const ALL: [Self; 2] = [Self::Map, Self::Detector];
}

/// A box that may contain an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// In upright pixels of the original picture.
    pub bbox: BBox,
    /// Where it comes from.
    pub source: CandidateSource,
    /// The [score of the region](Localizer::boxes) or of the detector, in 0..=1.
    pub score: f32,
    /// The threshold of the region, in 0..1 of the range of the map; 0 for a detected box.
    pub threshold: f32,
    /// The index of a detected box among those of the picture.
    pub detection: Option<usize>,
}

/// The candidates in a picture of `size` pixels: the regions of its map at all thresholds, then the
/// detected boxes, each with the best scores first.
pub fn candidates(
    maps: &PictureMaps,
    detections: &[DetectedBox],
    size: (u32, u32),
) -> Vec<Candidate> {
    let mut found = distinct_regions(maps, size);
    let smallest = MIN_DETECTION_SHARE * size.0 as f32 * size.1 as f32;
    let detected = detections.iter().enumerate().filter_map(|(at, detected)| {
        let bbox = detected.bbox.clipped(size.0, size.1);
        Some(Candidate {
            bbox: bbox.filter(|bbox| bbox.area() > smallest)?,
            source: CandidateSource::Detector,
            score: detected.score,
            threshold: 0.0,
            detection: Some(at),
        })
    });
    found.extend(detected.take(MAX_DETECTIONS));
    found
}

/// The regions of the map of any object at all thresholds whose boxes cover more than `min_share` of a
/// picture of `size` pixels, from the lowest threshold on. Regions at different thresholds may have the same
/// box.
pub fn regions_at_all_thresholds(
    maps: &PictureMaps,
    size: (u32, u32),
    min_share: f32,
) -> Vec<Candidate> {
    let Some(localizer) = Localizer::new(maps, Method::Affinity, None) else {
        return Vec::new();
    };
    let smallest = min_share * size.0 as f32 * size.1 as f32;
    let thresholds = (0..THRESHOLDS).map(|step| 0.15 + 0.05 * step as f32);
    let regions = thresholds.flat_map(|threshold| {
        let options = BoxOptions {
            threshold: Some(threshold),
            min_area: Some(0.0),
            min_score: Some(0.0),
            ..BoxOptions::default()
        };
        let boxes = localizer.boxes(&options, size).into_iter();
        boxes.filter_map(move |region| {
            let bbox = region.bbox.clipped(size.0, size.1);
            Some(Candidate {
                bbox: bbox.filter(|bbox| bbox.area() > smallest)?,
                source: CandidateSource::Map,
                score: region.score,
                threshold,
                detection: None,
            })
        })
    });
    regions.collect()
}

/// The regions at all thresholds with the best scores, each once.
fn distinct_regions(maps: &PictureMaps, size: (u32, u32)) -> Vec<Candidate> {
    let mut all = regions_at_all_thresholds(maps, size, MIN_REGION_SHARE);
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in all {
        let is_same = |other: &Candidate| other.bbox.iou(&candidate.bbox) > SAME_REGION_IOU;
        if kept.len() < MAX_REGIONS && !kept.iter().any(is_same) {
            kept.push(candidate);
        }
    }
    kept
}
