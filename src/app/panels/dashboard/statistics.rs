//! Progress of the review and outcomes of proposals, counted over a document.

use std::collections::HashMap;

use crate::document::{BoxState, Document, ReviewState};

/// Bins of the histograms over 0..=1.
pub const BINS: usize = 10;

/// Reviewed proposals, or pictures, from which a share or a mean says anything.
pub const MIN_SAMPLES: usize = 20;
/// Reviewed proposals of about the same score from which their share says anything.
const MIN_SAMPLES_IN_BIN: usize = 5;

/// Counts over a document, without pictures that are taken out of the project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Pictures that are new, proposed, in review and done.
    pub pictures: [usize; 4],
    /// Pictures that are done and have no boxes.
    pub verified_empty: usize,
    /// Reviewed proposals on pictures that are done: accepted, edited, rejected.
    pub reviewed: [usize; 3],
    /// Boxes that were drawn by hand on pictures that are done.
    pub drawn: usize,
    /// Histogram of the IoU of each kept proposal with the final box.
    pub iou: [usize; BINS],
    /// The mean of these, if they are enough.
    pub mean_iou: Option<f32>,
    /// Histogram of reviewed proposals by score: kept, rejected.
    pub by_score: [[usize; 2]; BINS],
    /// For each class its name, colour, ground truth boxes, and proposals.
    pub classes: Vec<(String, [u8; 3], usize, usize)>,
}

impl Statistics {
    /// Counts a document.
    pub fn new(document: &Document) -> Self {
        let mut statistics = Self {
            classes: document
                .categories()
                .map(|row| (row.name.to_string(), row.colour, 0, 0))
                .collect(),
            ..Self::default()
        };
        let indices: HashMap<_, _> = document
            .categories()
            .enumerate()
            .map(|(at, row)| (row.id, at))
            .collect();
        let mut iou_sum = 0.0;
        let bin = |share: f32| ((share * BINS as f32) as usize).min(BINS - 1);
        for picture in document.included_pictures() {
            statistics.pictures[picture.review as usize] += 1;
            let is_done = picture.review == ReviewState::Done;
            statistics.verified_empty += usize::from(document.is_verified_empty(picture.id));
            for row in document.annotations(picture.id) {
                let class = document.class_of(row);
                if let Some((.., truth, proposed)) = class
                    .and_then(|class| indices.get(&class.id))
                    .and_then(|at| statistics.classes.get_mut(*at))
                {
                    *truth += usize::from(row.is_ground_truth());
                    *proposed += usize::from(row.state == BoxState::Proposed);
                }
                if !is_done {
                    continue;
                }
                let kept_iou = match row.state {
                    BoxState::Accepted => Some(1.0),
                    BoxState::Edited => row.former.as_ref().map(|was| was.rect.iou(&row.rect)),
                    _ => None,
                };
                match row.state {
                    BoxState::Accepted => statistics.reviewed[0] += 1,
                    BoxState::Edited => statistics.reviewed[1] += 1,
                    BoxState::Rejected => statistics.reviewed[2] += 1,
                    BoxState::Drawn => statistics.drawn += 1,
                    BoxState::Proposed => {}
                }
                if let Some(iou) = kept_iou {
                    statistics.iou[bin(iou)] += 1;
                    iou_sum += iou;
                }
                if let (Some(score), true) = (
                    row.score,
                    matches!(
                        row.state,
                        BoxState::Accepted | BoxState::Edited | BoxState::Rejected
                    ),
                ) {
                    statistics.by_score[bin(score)]
                        [usize::from(row.state == BoxState::Rejected)] += 1;
                }
            }
        }
        let kept: usize = statistics.iou.iter().sum();
        statistics.mean_iou = (kept >= MIN_SAMPLES).then(|| iou_sum / kept as f32);
        statistics
    }

    /// How many proposals were reviewed on pictures that are done.
    pub fn reviewed_proposals(&self) -> usize {
        self.reviewed.iter().sum()
    }

    /// The shares of reviewed proposals that were accepted, edited and rejected; `None` if too few
    /// were reviewed.
    pub fn rates(&self) -> Option<[f32; 3]> {
        let total = self.reviewed_proposals();
        (total >= MIN_SAMPLES).then(|| self.reviewed.map(|number| number as f32 / total as f32))
    }

    /// The share of reviewed proposals that were kept, as `[score, share]` for each bin that has
    /// enough.
    pub fn acceptance(&self) -> Vec<[f64; 2]> {
        let bins = self.by_score.iter().enumerate();
        let points = bins.filter(|(_, [kept, rejected])| kept + rejected >= MIN_SAMPLES_IN_BIN);
        let points = points.map(|(at, [kept, rejected])| {
            let score = (at as f64 + 0.5) / BINS as f64;
            [score, *kept as f64 / (kept + rejected) as f64]
        });
        points.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::document::ops::{self, Candidate};
    use crate::document::{AnnotationId, CategoryId, Picture, PictureId, Provenance};
    use crate::geometry::BBox;

    #[test]
    fn counts_what_became_of_proposals() {
        let mut document = Document::default();
        let pictures = ["a", "b"].map(|path| Picture::new(PictureId(1), path, 100, 100));
        document
            .apply(ops::add_pictures(&document, pictures.to_vec()))
            .unwrap();
        document.apply(ops::add_category(&document, "cat")).unwrap();
        let model = Arc::new(Provenance {
            name: "m".into(),
            version: "1".into(),
            method: "affinity".into(),
            threshold: 0.5,
        });
        let candidate = |x: f32, score| {
            let rect = BBox::from_xywh(x, 0.0, 10.0, 10.0);
            Candidate::of_class(rect, CategoryId(1), score)
        };
        let found = vec![
            candidate(0.0, 0.95),
            candidate(20.0, 0.55),
            candidate(40.0, 0.25),
        ];
        let found = [
            (PictureId(1), found),
            (PictureId(2), vec![candidate(0.0, 0.9)]),
        ];
        document
            .apply(ops::replace_proposals(&document, &model, &found))
            .unwrap();
        let to = BBox::from_xywh(20.0, 0.0, 10.0, 5.0);
        document
            .apply(ops::reshape(&document, &[(AnnotationId(2), to)]).unwrap())
            .unwrap();
        let done = ops::accept_and_finish(&document, PictureId(1), &[AnnotationId(1)]);
        document.apply(done.unwrap()).unwrap();

        let statistics = Statistics::new(&document);
        assert_eq!(statistics.pictures, [0, 1, 0, 1]);
        assert_eq!(statistics.reviewed, [1, 1, 1]);
        assert_eq!(statistics.mean_iou, None, "two are too few");
        assert_eq!(statistics.rates(), None);
        assert_eq!((statistics.iou[5], statistics.iou[9]), (1, 1));
        let (.., truth, proposed) = &statistics.classes[0];
        assert_eq!((*truth, *proposed), (2, 1));
        assert!(statistics.acceptance().is_empty());
        let many = Statistics {
            reviewed: [12, 4, 4],
            by_score: {
                let mut by_score = [[0, 0]; BINS];
                by_score[2] = [1, 4];
                by_score[5] = [3, 1];
                by_score[9] = [10, 0];
                by_score
            },
            ..Statistics::default()
        };
        assert_eq!(many.rates(), Some([0.6, 0.2, 0.2]));
        assert_eq!(many.acceptance(), [[0.25, 0.2], [0.95, 1.0]]);
    }
}
