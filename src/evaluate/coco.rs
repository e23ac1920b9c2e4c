//! AP and recall, the same numbers as pycocotools' `COCOeval`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use super::case::{ClassMatching, EvaluationCase, Prediction, TruthBox};
use super::iou::coco_overlap;

/// Predictions that count in one picture and category, highest score first.
const MAX_DETECTIONS: usize = 100;
/// The number of IoU thresholds .50:.05:.95.
pub(super) const IOU_STEPS: usize = 10;
/// The index of 0.75 among them.
pub(super) const IOU_75: usize = 5;

/// Detection metrics. Each is the mean over the categories that have an object.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CocoMetrics {
    /// Average precision, mean over the IoU thresholds .50:.05:.95.
    pub ap: f64,
    /// Average precision at IoU 0.5.
    pub ap50: f64,
    /// Average precision at IoU 0.75.
    pub ap75: f64,
    /// Average recall (`AR`, maxDets = 100), mean over the IoU thresholds .50:.05:.95.
    pub ar: f64,
    /// Recall at IoU 0.5.
    pub recall50: f64,
}

/// The verdict on a prediction at one IoU threshold.
#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    /// Found an object.
    Hit,
    /// Found nothing.
    Miss,
    /// Lies on a crowd.
    Ignored,
}

struct Detection {
    score: f32,
    verdicts: [Verdict; IOU_STEPS],
}

/// The objects and detections of one category in all pictures.
#[derive(Default)]
struct CategoryRecord {
    objects: usize,
    detections: Vec<Detection>,
}

/// AP and recall as pycocotools computes them. `None` (its -1) if there is no object.
///
/// Equal scores are ranked in the order of `cases`, so pictures must come by ascending image id to agree
/// with pycocotools on ties. Two of its quirks are not copied: it never counts a true box whose
/// annotation id is 0 as found, and without classes it drops predictions of a category that the ground
/// truth file does not list.
///
/// ```
/// use tsukami::evaluate::{ClassMatching, EvaluationCase, Prediction, TruthBox, coco_metrics};
/// use tsukami::geometry::BBox;
///
/// let bbox = BBox::from_xywh(10.0, 20.0, 100.0, 50.0);
/// let (category, score, is_crowd) = (1, 0.9, false);
/// let case = EvaluationCase {
///     truth: vec![TruthBox { bbox, category, is_crowd }],
///     predictions: vec![Prediction { bbox, category, score }],
/// };
/// let metrics = coco_metrics(&[case], ClassMatching::Required);
/// assert_eq!(metrics.map(|metrics| metrics.recall50), Some(1.0));
/// ```
pub fn coco_metrics(cases: &[EvaluationCase], classes: ClassMatching) -> Option<CocoMetrics> {
    let mut records: BTreeMap<u32, CategoryRecord> = BTreeMap::new();
    for case in cases {
        for (category, (truth, predictions)) in ranked_by_category(case, classes) {
            let record = records.entry(category).or_default();
            record.objects += truth.iter().filter(|t| !t.is_crowd).count();
            let counted = &predictions[..predictions.len().min(MAX_DETECTIONS)];
            record.detections.extend(match_predictions(&truth, counted));
        }
    }
    records.retain(|_, record| record.objects > 0);
    if records.is_empty() {
        return None;
    }

    let categories = records.len() as f64;
    let mut precision = [0.0; IOU_STEPS];
    let mut recall = [0.0; IOU_STEPS];
    for record in records.values_mut() {
        record
            .detections
            .sort_by(|a, b| by_descending_score(a.score, b.score));
        for step in 0..IOU_STEPS {
            let (p, r) = average_precision_and_recall(record, step);
            precision[step] += p;
            recall[step] += r;
        }
    }
    let [precision, recall] = [precision, recall].map(|sums| sums.map(|sum| sum / categories));
    let mean = |values: [f64; IOU_STEPS]| values.iter().sum::<f64>() / IOU_STEPS as f64;
    Some(CocoMetrics {
        ap: mean(precision),
        ap50: precision[0],
        ap75: precision[IOU_75],
        ar: mean(recall),
        recall50: recall[0],
    })
}

/// The picture's boxes by category (a single group, 0, if classes do not matter), in the order of
/// pycocotools: objects before crowds; predictions by descending score, then by category, then as
/// given.
fn ranked_by_category(
    case: &EvaluationCase,
    classes: ClassMatching,
) -> BTreeMap<u32, (Vec<&TruthBox>, Vec<&Prediction>)> {
    let group = |category| match classes {
        ClassMatching::Required => category,
        ClassMatching::Agnostic => 0,
    };
    let mut truth: Vec<&TruthBox> = case.truth.iter().collect();
    truth.sort_by_key(|t| (t.is_crowd, t.category));
    let mut predictions: Vec<&Prediction> = case.predictions.iter().collect();
    predictions.sort_by(|a, b| {
        by_descending_score(a.score, b.score).then_with(|| a.category.cmp(&b.category))
    });

    let mut groups: BTreeMap<u32, (Vec<&TruthBox>, Vec<&Prediction>)> = BTreeMap::new();
    for t in truth {
        groups.entry(group(t.category)).or_default().0.push(t);
    }
    for p in predictions {
        groups.entry(group(p.category)).or_default().1.push(p);
    }
    groups
}

/// Orders by descending score. Both zeros are equal and NaN comes last.
pub(super) fn by_descending_score(a: f32, b: f32) -> Ordering {
    let rank = |score: f32| {
        if score.is_nan() {
            f32::NEG_INFINITY
        } else {
            score + 0.0
        }
    };
    rank(b).total_cmp(&rank(a))
}

/// The `step`th of .50:.05:.95, the same bits as from `numpy.linspace`.
pub(super) fn iou_threshold(step: usize) -> f64 {
    match step {
        9 => 0.95,
        _ => 0.5 + step as f64 * ((0.95 - 0.5) / 9.0),
    }
}

/// COCO's greedy matching in one picture and category: each prediction, highest score first, takes the
/// free object that it overlaps most or, failing that, a crowd, which takes any number.
fn match_predictions(truth: &[&TruthBox], predictions: &[&Prediction]) -> Vec<Detection> {
    let overlaps: Vec<Vec<f64>> = predictions
        .iter()
        .map(|p| truth.iter().map(|t| coco_overlap(&p.bbox, t)).collect())
        .collect();
    let mut detections: Vec<Detection> = predictions
        .iter()
        .map(|p| Detection {
            score: p.score,
            verdicts: [Verdict::Miss; IOU_STEPS],
        })
        .collect();
    for step in 0..IOU_STEPS {
        let mut taken = vec![false; truth.len()];
        for (detection, row) in detections.iter_mut().zip(&overlaps) {
            let mut best = iou_threshold(step);
            let mut found: Option<usize> = None;
            for (index, object) in truth.iter().enumerate() {
                if object.is_crowd && found.is_some_and(|f| !truth[f].is_crowd) {
                    break;
                }
                if (object.is_crowd || !taken[index]) && row[index] >= best {
                    best = row[index];
                    found = Some(index);
                }
            }
            if let Some(index) = found {
                taken[index] = true;
                detection.verdicts[step] = if truth[index].is_crowd {
                    Verdict::Ignored
                } else {
                    Verdict::Hit
                };
            }
        }
    }
    detections
}

/// The 101-point interpolated average precision and the final recall of one category at one IoU
/// threshold. The detections must be sorted.
fn average_precision_and_recall(record: &CategoryRecord, step: usize) -> (f64, f64) {
    let (mut hits, mut misses) = (0.0, 0.0);
    let mut recall = Vec::with_capacity(record.detections.len());
    let mut precision = Vec::with_capacity(record.detections.len());
    for detection in &record.detections {
        match detection.verdicts[step] {
            Verdict::Hit => hits += 1.0,
            Verdict::Miss => misses += 1.0,
            Verdict::Ignored => {}
        }
        recall.push(hits / record.objects as f64);
        precision.push(hits / (misses + hits + f64::EPSILON));
    }
    // The envelope: the best precision at this recall or a higher one.
    for index in (1..precision.len()).rev() {
        precision[index - 1] = f64::max(precision[index - 1], precision[index]);
    }
    let sampled = (0..=100).map(|percent| {
        let level = f64::from(percent) * 0.01;
        let first = recall.partition_point(|&r| r < level);
        precision.get(first).copied().unwrap_or(0.0)
    });
    (
        sampled.sum::<f64>() / 101.0,
        recall.last().copied().unwrap_or(0.0),
    )
}
