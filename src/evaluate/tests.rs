use super::coco::{IOU_75, IOU_STEPS, by_descending_score, iou_threshold};
use super::matching::best_assignment;
use super::*;
use crate::geometry::BBox;

/// A box of height 10 from `x0` to `x1`, so that IoU is a ratio of lengths.
fn span(x0: f32, x1: f32) -> BBox {
    BBox::from_corners(x0, 0.0, x1, 10.0)
}

fn object(x0: f32, x1: f32, category: u32) -> TruthBox {
    TruthBox {
        bbox: span(x0, x1),
        category,
        is_crowd: false,
    }
}

fn crowd(x0: f32, x1: f32, category: u32) -> TruthBox {
    TruthBox {
        is_crowd: true,
        ..object(x0, x1, category)
    }
}

fn proposal(x0: f32, x1: f32, category: u32, score: f32) -> Prediction {
    Prediction {
        bbox: span(x0, x1),
        category,
        score,
    }
}

fn case(truth: &[TruthBox], predictions: &[Prediction]) -> EvaluationCase {
    EvaluationCase {
        truth: truth.to_vec(),
        predictions: predictions.to_vec(),
    }
}

#[track_caller]
fn close(actual: f64, expected: f64) {
    assert!((actual - expected).abs() < 1e-12, "{actual} != {expected}");
}

#[test]
fn conventions_differ_by_a_pixel() {
    let (a, b) = (span(0.0, 20.0), span(0.0, 10.0));
    assert_eq!(IouConvention::Continuous.iou(&a, &b), 0.5);
    close(IouConvention::PixelInclusive.iou(&a, &b), 11.0 / 21.0);
    // Boxes that touch share a column of 11 pixels of 2 * 121 - 11.
    let (a, b) = (span(0.0, 10.0), span(10.0, 20.0));
    assert_eq!(IouConvention::Continuous.iou(&a, &b), 0.0);
    close(IouConvention::PixelInclusive.iou(&a, &b), 11.0 / 231.0);
}

#[test]
fn best_iou_takes_the_best_pair_and_is_zero_without_one() {
    let boxes = [span(0.0, 10.0), span(100.0, 130.0)];
    let truth = [span(0.0, 20.0), span(100.0, 140.0)];
    let continuous = IouConvention::Continuous;
    assert_eq!(best_iou(&boxes, &truth, continuous), 0.75);
    assert_eq!(best_iou(&boxes[..1], &truth, continuous), 0.5);
    assert_eq!(best_iou(&boxes, &[], continuous), 0.0);
    assert_eq!(best_iou(&[], &truth, continuous), 0.0);
}

#[test]
fn coco_thresholds_have_the_bits_of_numpy() {
    assert_eq!(iou_threshold(IOU_75), 0.75);
    assert_eq!(iou_threshold(0), 0.5);
    assert_eq!(iou_threshold(IOU_STEPS - 1), 0.95);
}

#[test]
fn coco_interpolates_at_101_points() {
    // Hit (perfect), miss, hit (IoU 0.75 exactly) on two objects. Recall 1/2, 1/2, 1;
    // precision 1, 1/2, 2/3: 51 points (0 to 0.5) at 1 and 50 at 2/3.
    let metrics = coco_metrics(
        &[case(
            &[object(0.0, 20.0, 1), object(100.0, 140.0, 1)],
            &[
                proposal(100.0, 130.0, 1, 0.3),
                proposal(50.0, 60.0, 1, 0.5),
                proposal(0.0, 20.0, 1, 0.9),
            ],
        )],
        ClassMatching::Required,
    )
    .unwrap();
    let both = (51.0 + 50.0 * 2.0 / 3.0) / 101.0;
    let one = 51.0 / 101.0;
    close(metrics.ap50, both);
    close(metrics.ap75, both);
    // Six thresholds up to 0.75 find both, four find one.
    close(metrics.ap, (6.0 * both + 4.0 * one) / 10.0);
    close(metrics.recall50, 1.0);
    close(metrics.ar, (6.0 + 4.0 * 0.5) / 10.0);
}

#[test]
fn coco_ignores_predictions_on_crowds() {
    // The first two lie on the crowd, one of them only partly on it; the object is found last.
    let truth = [crowd(100.0, 200.0, 1), object(0.0, 20.0, 1)];
    let predictions = [
        proposal(110.0, 120.0, 1, 0.9),
        proposal(190.0, 210.0, 1, 0.8),
        proposal(0.0, 20.0, 1, 0.7),
    ];
    let with_crowd = coco_metrics(&[case(&truth, &predictions)], ClassMatching::Required).unwrap();
    close(with_crowd.ap50, 1.0);
    // Above 0.5 the second is no longer on the crowd: precision 1/2 at every recall.
    close(with_crowd.ap75, 0.5);
    let without =
        coco_metrics(&[case(&truth[1..], &predictions)], ClassMatching::Required).unwrap();
    close(without.ap50, 1.0 / 3.0);
    assert_eq!(
        coco_metrics(&[case(&truth[..1], &predictions)], ClassMatching::Required),
        None,
        "a crowd alone does not count as an object"
    );
}

#[test]
fn coco_averages_over_categories_with_objects() {
    // Category 1 is found, 2 is not, 3 is only proposed.
    let cases = [case(
        &[object(0.0, 20.0, 1), object(50.0, 70.0, 2)],
        &[proposal(0.0, 20.0, 1, 0.9), proposal(50.0, 70.0, 3, 0.8)],
    )];
    let known = coco_metrics(&cases, ClassMatching::Required).unwrap();
    close(known.ap, 0.5);
    close(known.recall50, 0.5);
    close(
        coco_metrics(&cases, ClassMatching::Agnostic).unwrap().ap,
        1.0,
    );
    assert_eq!(
        coco_metrics(&[EvaluationCase::default()], ClassMatching::Required),
        None
    );
}

#[test]
fn coco_counts_a_hundred_predictions_per_picture() {
    let mut predictions = vec![proposal(500.0, 510.0, 1, 0.5); 100];
    predictions.push(proposal(0.0, 20.0, 1, 0.5));
    let truth = [object(0.0, 20.0, 1)];
    let late = coco_metrics(&[case(&truth, &predictions)], ClassMatching::Required).unwrap();
    assert_eq!(late.recall50, 0.0, "the 101st of equal scores is cut");
    predictions.rotate_left(1);
    let in_time = coco_metrics(&[case(&truth, &predictions)], ClassMatching::Required).unwrap();
    close(in_time.recall50, 1.0);
    close(in_time.ap50, 0.01);
}

#[test]
fn scores_rank_stably_with_nan_last() {
    let mut scores = [f32::NAN, 0.0, -0.0, 0.5, f32::NEG_INFINITY];
    scores.sort_by(|a, b| by_descending_score(*a, *b));
    assert_eq!(scores[0], 0.5);
    assert!(scores[1].is_sign_positive() && scores[2].is_sign_negative());
    assert!(scores[3].is_nan());
}

#[test]
fn effort_counts_every_action() {
    let cases = [
        case(
            &[
                object(0.0, 40.0, 1),
                object(100.0, 120.0, 1),
                object(200.0, 220.0, 1),
            ],
            &[
                proposal(0.0, 30.0, 1, 0.9),    // IoU 0.75: accept
                proposal(100.0, 110.0, 1, 0.8), // IoU 0.5: edit
                proposal(200.0, 209.0, 1, 0.7), // IoU 0.45: draw and reject
            ],
        ),
        case(
            &[],
            &[proposal(0.0, 9.0, 1, 0.9), proposal(9.0, 19.0, 1, 0.1)],
        ),
        case(&[], &[]),
    ];
    let effort = annotation_effort(&cases, ClassMatching::Required);
    assert_eq!(
        effort,
        AnnotationEffort {
            effort: Some((1.0 + 2.0 + 3.0 + 3.0) / 9.0),
            accepts: 1,
            edits: 1,
            draws: 1,
            rejects: 3,
            objects: 3,
            proposals: 5,
            pictures: 3,
            boxes_per_picture: Some(5.0 / 3.0),
            empty_pictures: 2,
            false_boxes_per_empty_picture: Some(1.0),
        }
    );
    let nothing = annotation_effort(&[], ClassMatching::Required);
    assert_eq!(nothing, AnnotationEffort::default());
}

#[test]
fn a_wrong_class_costs_an_edit_if_classes_are_required() {
    let cases = [case(
        &[object(0.0, 40.0, 1)],
        &[proposal(0.0, 40.0, 2, 0.9)],
    )];
    let known = annotation_effort(&cases, ClassMatching::Required);
    assert_eq!((known.accepts, known.edits), (0, 1));
    let agnostic = annotation_effort(&cases, ClassMatching::Agnostic);
    assert_eq!((agnostic.accepts, agnostic.edits), (1, 0));
}

#[test]
fn effort_is_the_least_possible() {
    // The better box has the wrong class: accept the other, reject this one.
    let two_names = annotation_effort(
        &[case(
            &[object(0.0, 40.0, 1)],
            &[proposal(0.0, 40.0, 2, 0.9), proposal(0.0, 36.0, 1, 0.1)],
        )],
        ClassMatching::Required,
    );
    assert_eq!(two_names.effort, Some(2.0 / 3.0));

    // Greedily the first proposal would take the first object (IoU 38/42) and leave the second
    // proposal, which fits only that one (20/40; 20/44 on the other), with nothing.
    let crossed = annotation_effort(
        &[case(
            &[object(0.0, 40.0, 1), object(0.0, 44.0, 1)],
            &[proposal(0.0, 41.0, 1, 0.9), proposal(0.0, 20.0, 1, 0.1)],
        )],
        ClassMatching::Required,
    );
    assert_eq!((crossed.accepts, crossed.edits), (1, 1));
    assert_eq!((crossed.draws, crossed.rejects), (0, 0));
}

#[test]
fn effort_ignores_crowds() {
    let effort = annotation_effort(
        &[case(
            &[object(0.0, 40.0, 1), crowd(100.0, 200.0, 1)],
            &[
                proposal(0.0, 40.0, 1, 0.9),
                proposal(100.0, 110.0, 2, 0.9), // on the crowd
                proposal(195.0, 205.0, 1, 0.9), // half on it
                proposal(196.0, 206.0, 1, 0.9), // less than half: a reject
            ],
        )],
        ClassMatching::Required,
    );
    assert_eq!((effort.objects, effort.accepts, effort.rejects), (1, 1, 1));
    let only_crowd = annotation_effort(
        &[case(&[crowd(0.0, 9.0, 1)], &[proposal(0.0, 9.0, 1, 0.9)])],
        ClassMatching::Required,
    );
    assert_eq!((only_crowd.effort, only_crowd.empty_pictures), (None, 0));
}

#[test]
fn assignment_is_optimal() {
    /// Every way to give the remaining rows a free column or none.
    fn brute_force(gains: &[Vec<i64>], taken: u32) -> i64 {
        let Some((row, rest)) = gains.split_first() else {
            return 0;
        };
        let pairs = row.iter().enumerate().filter(|(c, _)| taken >> c & 1 == 0);
        pairs
            .map(|(c, gain)| gain + brute_force(rest, taken | 1 << c))
            .fold(brute_force(rest, taken), i64::max)
    }

    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    for _ in 0..300 {
        let (rows, columns) = (random(6), random(6));
        let gains: Vec<Vec<i64>> = (0..rows)
            .map(|_| {
                (0..columns)
                    .map(|_| random(8) as i64 - 3)
                    .map(|g| g.max(0))
                    .collect()
            })
            .collect();
        let chosen = best_assignment(&gains);
        let mut columns: Vec<usize> = chosen.iter().flatten().copied().collect();
        let pairs = chosen
            .iter()
            .enumerate()
            .filter_map(|(r, c)| c.map(|c| gains[r][c]));
        assert_eq!(pairs.sum::<i64>(), brute_force(&gains, 0), "{gains:?}");
        columns.sort_unstable();
        assert!(columns.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

#[test]
fn localization_has_a_best_threshold_for_each_measure() {
    let mut curve = LocalizationCurve::new(vec![0.1, 0.2, 0.3]);
    assert_eq!(curve.metrics(), None);
    curve.add(&[0.35, 0.5, 0.2], &[0.35, 0.5, 0.8]);
    curve.add(&[0.3, 0.6, 0.75], &[0.3, 0.6, 0.75]);
    let metrics = curve.metrics().unwrap();
    assert_eq!(metrics.pictures, 2);
    let expected = LocalizationPoint {
        threshold: 0.2,
        loc30: 1.0,
        loc50: 1.0,
        loc70: 0.0,
        loc75: 0.0,
        mean_iou: 0.55,
    };
    assert_eq!(metrics.best, expected);
    assert_eq!(metrics.curve[1], expected);
    assert_eq!(metrics.curve[0].loc30, 1.0, "0.3 itself reaches 0.3");
    assert_eq!(metrics.curve[2].loc75, 0.5);
    assert_eq!(
        best_point(&metrics.curve, |p| p.loc70).unwrap().threshold,
        0.3
    );
    assert_eq!(metrics.max_box_acc, 1.0);
    // Any box: 1, 1 and, at the last threshold, 1.
    assert_eq!(metrics.max_box_acc_v2, 1.0);
    assert_eq!(curve.any_points()[2].loc75, 1.0);
}

#[test]
fn max_box_acc_v2_takes_each_iou_at_its_own_threshold() {
    let mut curve = LocalizationCurve::new(vec![0.1, 0.2]);
    curve.add(&[0.4, 0.0], &[0.4, 0.1]);
    curve.add(&[0.3, 0.0], &[0.3, 0.7]);
    let metrics = curve.metrics().unwrap();
    // IoU 0.3: 1 at the first; 0.5 and 0.7: one half at the second.
    close(metrics.max_box_acc_v2, (1.0 + 0.5 + 0.5) / 3.0);
    assert_eq!(metrics.max_box_acc, 0.0);
    assert_eq!(metrics.best.threshold, 0.1, "the first of equals");
}

#[test]
fn top_k_loc_needs_the_right_class_and_its_own_box() {
    let ranked = |pairs: &[(u32, f64)]| -> Vec<RankedClass> {
        let class = |&(category, iou)| RankedClass { category, iou };
        pairs.iter().map(class).collect()
    };
    let mut tally = ClassLocalization::default();
    assert_eq!(tally.metrics(), None);
    tally.add(&ranked(&[(7, 0.5), (1, 0.9)]), 7); // both top-1
    tally.add(&ranked(&[(1, 0.9), (7, 0.49)]), 7); // top-5 Cls; the good box is another class's
    tally.add(
        &ranked(&[(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0), (7, 0.6)]),
        7,
    ); // top-5 Loc
    let sixth = [(1, 0.9), (2, 0.9), (3, 0.9), (4, 0.9), (5, 0.9), (7, 0.9)];
    tally.add(&ranked(&sixth), 7); // nothing
    assert_eq!(
        tally.metrics(),
        Some(ClassLocalizationMetrics {
            pictures: 4,
            top1_cls: 0.25,
            top5_cls: 0.75,
            top1_loc: 0.25,
            top5_loc: 0.5,
        })
    );
}

#[test]
fn the_official_code_requires_more_than_half_for_a_predicted_class() {
    let half = [RankedClass {
        category: 7,
        iou: 0.5,
    }];
    for (mut tally, share) in [
        (ClassLocalization::default(), 1.0),
        (ClassLocalization::official(), 0.0),
    ] {
        tally.add(&half, 7);
        let metrics = tally.metrics().unwrap();
        assert_eq!((metrics.top1_loc, metrics.top5_loc), (share, share));
        assert_eq!(metrics.top1_cls, 1.0);
    }
}
