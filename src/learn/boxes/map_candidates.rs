//! The boxes of the map of any object at all thresholds.

use crate::geometry::BBox;
use crate::localize::{BoxOptions, Localizer, Method, PictureMaps};

/// Number of thresholds: 0.15, 0.20, ..., 0.90.
const THRESHOLDS: usize = 16;
/// Minimum area of a candidate as a share of the picture.
const MIN_AREA_SHARE: f32 = 0.002;
/// Maximum number of candidates of a picture; those with the best scores are kept.
pub const MAX_CANDIDATES: usize = 100;

/// A box of the map at some threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapCandidate {
    /// In upright pixels of the original picture.
    pub bbox: BBox,
    /// The [score](Localizer::boxes) at that threshold, in 0..=1.
    pub score: f32,
    /// The threshold, in 0..1 of the range of the map.
    pub threshold: f32,
}

/// The boxes at all thresholds in a picture of `size` pixels, each once.
pub fn map_candidates(maps: &PictureMaps, size: (u32, u32)) -> Vec<MapCandidate> {
    let Some(localizer) = Localizer::new(maps, Method::Affinity, None) else {
        return Vec::new();
    };
    let smallest = MIN_AREA_SHARE * size.0 as f32 * size.1 as f32;
    let mut found: Vec<MapCandidate> = Vec::new();
    for step in 0..THRESHOLDS {
        let threshold = 0.15 + 0.05 * step as f32;
        let options = BoxOptions {
            threshold: Some(threshold),
            min_area: Some(0.0),
            min_score: 0.0,
            ..BoxOptions::default()
        };
        for of_step in localizer.boxes(&options, size) {
            let Some(bbox) = of_step.bbox.clipped(size.0, size.1) else {
                continue;
            };
            if bbox.area() > smallest && found.iter().all(|other| other.bbox != bbox) {
                found.push(MapCandidate {
                    bbox,
                    score: of_step.score,
                    threshold,
                });
            }
        }
    }
    if found.len() > MAX_CANDIDATES {
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(MAX_CANDIDATES);
    }
    found
}
