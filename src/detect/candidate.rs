//! What the detector finds.

use crate::geometry::BBox;

/// The classes that a candidate keeps, from the likeliest on.
const KEPT_CLASSES: usize = 5;

/// A class with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScore {
    /// The index of the class in [`Detector::classes`](super::Detector::classes).
    pub class: usize,
    /// 0 to 1: whether an object of this class is there, and how well its box fits.
    pub score: f32,
}

/// A box that may contain an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The box, inside the picture.
    pub bbox: BBox,
    /// The score of the likeliest class.
    pub score: f32,
    /// The five likeliest classes, the likeliest first.
    pub classes: Vec<ClassScore>,
}

impl Candidate {
    /// A box with the scores of all classes; `None` if no class reaches `min_score`.
    pub(super) fn new(bbox: BBox, scores: &[f32], min_score: f32) -> Option<Self> {
        if !scores.iter().any(|score| *score >= min_score) {
            return None;
        }
        let classes = scores.iter().enumerate();
        let mut classes: Vec<ClassScore> = classes
            .map(|(class, score)| ClassScore {
                class,
                score: *score,
            })
            .collect();
        classes.sort_by(|a, b| b.score.total_cmp(&a.score));
        classes.truncate(KEPT_CLASSES);
        Some(Self {
            bbox,
            score: classes.first()?.score,
            classes,
        })
    }
}

/// The candidates without those that overlap a better one by more than `max_iou`, whatever their
/// classes (non-maximum suppression), the best first.
pub fn suppress(candidates: &[Candidate], max_iou: f32) -> Vec<Candidate> {
    let mut ordered: Vec<&Candidate> = candidates.iter().collect();
    ordered.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in ordered {
        let overlaps = |better: &Candidate| better.bbox.iou(&candidate.bbox) > max_iou;
        if !kept.iter().any(overlaps) {
            kept.push(candidate.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(x: f32, scores: &[f32]) -> Candidate {
        Candidate::new(BBox::from_xywh(x, 0.0, 10.0, 10.0), scores, 0.0).unwrap()
    }

    #[test]
    fn the_likeliest_classes_come_first() {
        let scores = [0.1, 0.5, 0.0, 0.2, 0.9, 0.3, 0.05];
        let found = candidate(0.0, &scores);
        assert_eq!(found.score, 0.9);
        let classes: Vec<usize> = found.classes.iter().map(|class| class.class).collect();
        assert_eq!(classes, [4, 1, 5, 3, 0]);
        let bbox = BBox::from_xywh(0.0, 0.0, 1.0, 1.0);
        assert_eq!(Candidate::new(bbox, &scores, 0.91), None);
        assert_eq!(Candidate::new(bbox, &[], 0.0), None);
    }

    #[test]
    fn the_better_of_two_overlapping_boxes_stays_whatever_its_class() {
        let found = [
            candidate(2.0, &[0.6, 0.0]),
            candidate(0.0, &[0.0, 0.8]),
            candidate(30.0, &[0.1, 0.0]),
        ];
        let scores = |max_iou| -> Vec<f32> {
            let kept = suppress(&found, max_iou);
            kept.iter().map(|candidate| candidate.score).collect()
        };
        // The first two have an IoU of two thirds.
        assert_eq!(scores(0.6), [0.8, 0.1]);
        assert_eq!(scores(0.7), [0.8, 0.6, 0.1]);
    }
}
