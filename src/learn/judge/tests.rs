use super::*;
use crate::geometry::{BBox, Grid};
use crate::localize::{DetectedBox, Evidence, PictureMaps};

/// A picture whose attention and keys show an object in the 3 x 3 patches from (2, 2), and one detected box
/// there and one elsewhere. `size` is its side in pixels.
fn picture(size: f32) -> (Evidence, PictureMaps) {
    const SIDE: usize = 8;
    let is_object =
        |patch: usize| (2..5).contains(&(patch % SIDE)) && (2..5).contains(&(patch / SIDE));
    let patches = SIDE * SIDE;
    let attention = (0..patches).map(|patch| if is_object(patch) { 0.09 } else { 0.003 });
    let similarity = |at: usize| {
        let (i, j) = (at / patches, at % patches);
        if i == j || is_object(i) == is_object(j) {
            1.0
        } else {
            0.1
        }
    };
    let detected = |x: f32, y: f32, side: f32, score: f32| DetectedBox {
        bbox: BBox::from_xywh(x * size, y * size, side * size, side * size),
        score,
        classes: vec![(0, score)],
    };
    let evidence = Evidence {
        grid: Grid {
            rows: SIDE,
            columns: SIDE,
        },
        patch_size: 14,
        attention: vec![attention.collect()],
        key_similarity: (0..patches * patches).map(similarity).collect(),
        instance_similarity: vec![0.0; patches * patches],
        head: None,
        companion: None,
        zoomed: Vec::new(),
        detections: Some(vec![
            detected(0.25, 0.25, 0.375, 0.7),
            detected(0.7, 0.7, 0.2, 0.1),
        ]),
        tokens: None,
    };
    let maps = PictureMaps::new(&evidence, &[], &[]);
    (evidence, maps)
}

fn judged(size: u32) -> JudgedCandidates {
    let (evidence, maps) = picture(size as f32);
    JudgedCandidates::new(&evidence, &maps, (size, size))
}

#[test]
fn the_shipped_judge_fits_the_program_and_prefers_the_object_that_both_sources_show() {
    let judge = Judge::shipped().unwrap();
    let mut candidates = judged(400);
    candidates.judge(judge);
    let boxes = judge.boxes(&candidates);
    let object = BBox::from_xywh(100.0, 100.0, 150.0, 150.0);
    assert!(boxes[0].bbox.iou(&object) > 0.7, "{boxes:?}");
    assert!(boxes.iter().all(|found| (0.0..=1.0).contains(&found.score)));
    assert!(boxes.is_sorted_by(|a, b| a.score >= b.score));
}

#[test]
fn features_do_not_depend_on_the_size_of_the_picture() {
    let (small, large) = (judged(400), judged(800));
    assert_eq!(small.candidates.len(), large.candidates.len());
    for (a, b) in small.features.iter().zip(&large.features) {
        assert!((a - b).abs() < 1e-3, "{a}, but {b}");
    }
    assert!(small.features.iter().all(|feature| feature.is_finite()));
}

#[test]
fn a_box_that_fills_the_picture_has_finite_features() {
    let (mut evidence, maps) = picture(400.0);
    evidence.detections = Some(vec![DetectedBox {
        bbox: BBox::from_xywh(0.0, 0.0, 400.0, 400.0),
        score: 0.9,
        classes: Vec::new(),
    }]);
    let candidates = JudgedCandidates::new(&evidence, &maps, (400, 400));
    assert!(
        candidates
            .features
            .iter()
            .all(|feature| feature.is_finite())
    );
}

#[test]
fn a_prior_learns_which_source_is_right() {
    // Only the detected box at the object is right in this world.
    let candidates = judged(400);
    let truth = [candidates.candidates.last().unwrap().bbox];
    let gains = candidate_gains(&candidates.candidates, &truth);
    let example = PriorExample {
        features: &candidates.features,
        gains: &gains,
        weight: 1.0,
    };
    let prior = Prior::fit(&[example]).unwrap();
    assert!(prior.is_sound());
    let expected = prior.gains(&candidates.features);
    let best = (0..expected.len()).max_by(|a, b| expected[*a].total_cmp(&expected[*b]));
    assert_eq!(best, Some(expected.len() - 1), "{expected:?}");
    assert!(Prior::fit(&[]).is_none());
}

#[test]
fn a_picture_without_candidates_has_no_boxes() {
    let judge = Judge::shipped().unwrap();
    let mut none = JudgedCandidates::default();
    none.judge(judge);
    assert_eq!(judge.boxes(&none), []);
}
