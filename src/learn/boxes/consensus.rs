//! Where the candidates that overlap a box have their sides.
//!
//! A detected box is finer than a patch, and regions of the map at many thresholds vote for an edge. The
//! [side model](super::sides) learns how far to trust each.

use super::picture_features::PictureFeatures;
use crate::geometry::BBox;
use crate::learn::judge::CandidateSource;

/// Number of inputs for each side of a box: for each source, the mean, the best candidate's, and that
/// times the square root of its score.
pub const CONSENSUS_INPUTS: usize = 3 * CandidateSource::ALL.len();
/// Minimum IoU of a candidate with the box.
const MIN_IOU: f32 = 0.45;
/// A candidate counts by its IoU above this.
const IOU_OFFSET: f32 = 0.4;
/// Added to scores, so that candidates with a score of 0 count.
const SCORE_OFFSET: f32 = 0.01;
/// Weight of these inputs relative to the tokens.
const WEIGHT: f32 = 15.0;

/// How far the left, top, right and bottom sides of overlapping candidates are to the right of or below
/// those of a box, in multiples of its width or height, weighted as inputs of the side model.
pub fn consensus(picture: &PictureFeatures, bbox: &BBox) -> [[f32; CONSENSUS_INPUTS]; 4] {
    let mut inputs = [[0.0; CONSENSUS_INPUTS]; 4];
    for (of_source, source) in CandidateSource::ALL.into_iter().enumerate() {
        let mut total = 0.0;
        let mut sum = [0.0; 4];
        let mut best = (0.0, [0.0; 4], 0.0);
        let of_source_only = picture.candidates.iter();
        for candidate in of_source_only.filter(|candidate| candidate.source == source) {
            let iou = candidate.bbox.iou(bbox);
            if iou < MIN_IOU {
                continue;
            }
            let weight = (candidate.score + SCORE_OFFSET) * (iou - IOU_OFFSET);
            let offsets = offsets(bbox, &candidate.bbox);
            total += weight;
            sum.iter_mut()
                .zip(offsets)
                .for_each(|(sum, offset)| *sum += weight * offset);
            if weight > best.0 {
                best = (weight, offsets, candidate.score);
            }
        }
        if total > 0.0 {
            let (_, offsets, score) = best;
            for (side, inputs) in inputs.iter_mut().enumerate() {
                let inputs = &mut inputs[3 * of_source..][..3];
                inputs[0] = WEIGHT * sum[side] / total;
                inputs[1] = WEIGHT * offsets[side];
                inputs[2] = WEIGHT * offsets[side] * score.sqrt();
            }
        }
    }
    inputs
}

/// The sides of `other` minus those of `bbox`, in multiples of the width or height of `bbox`.
fn offsets(bbox: &BBox, other: &BBox) -> [f32; 4] {
    let (width, height) = (bbox.width().max(1.0), bbox.height().max(1.0));
    [
        (other.x0 - bbox.x0) / width,
        (other.y0 - bbox.y0) / height,
        (other.x1 - bbox.x1) / width,
        (other.y1 - bbox.y1) / height,
    ]
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::super::picture_candidates::PictureCandidate;
    use super::*;
    use crate::geometry::Grid;

    #[test]
    fn sides_are_those_of_overlapping_candidates_of_each_source() {
        let candidate = |bbox: BBox, source: CandidateSource, score: f32| PictureCandidate {
            bbox,
            source,
            score,
            threshold: 0.0,
            prior: 0.0,
            classes: Vec::new(),
        };
        let sides = |x0: f32, x1: f32| BBox::from_xywh(x0, 10.0, x1 - x0, 20.0);
        let grid = Grid {
            rows: 1,
            columns: 1,
        };
        let picture = PictureFeatures {
            size: (100, 100),
            grid,
            width: 1,
            tokens: vec![f16::ZERO],
            maps: [vec![0.0], vec![0.0], vec![0.0]],
            has_detector: true,
            candidates: vec![
                candidate(sides(8.0, 30.0), CandidateSource::Detector, 0.64),
                candidate(sides(10.0, 32.0), CandidateSource::Detector, 0.0),
                // Too far away.
                candidate(sides(60.0, 80.0), CandidateSource::Detector, 1.0),
            ],
            proposals: Vec::new(),
        };
        let [left, top, right, bottom] = consensus(&picture, &sides(10.0, 30.0));
        let [map, detector] = [0, 3];
        assert_eq!(
            (top, bottom),
            ([0.0; CONSENSUS_INPUTS], [0.0; CONSENSUS_INPUTS])
        );
        assert_eq!(left[map..][..3], [0.0; 3]);
        // The better one is 2 of 20 pixels further to the left, the other one further to the right.
        let near = |found: f32, expected: f32| (found / WEIGHT - expected).abs() < 1e-6;
        assert!(near(left[detector + 1], -0.1) && near(left[detector + 2], -0.08));
        assert!(left[detector] / WEIGHT < -0.09 && right[detector] / WEIGHT < 0.01);
        assert!(right[detector] > 0.0);
    }
}
