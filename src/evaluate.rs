//! How good proposals are, measured against boxes that people drew. Pure: plain values in, plain
//! values out.
//!
//! Three questions, three families of metrics:
//! - *As a detector?* [`coco_metrics`]: AP and recall, number for number as pycocotools'
//!   `COCOeval` has them (`iouType="bbox"`, area `all`, 100 detections a picture and category).
//! - *How much work is left for a person?* [`annotation_effort`].
//! - *As weakly supervised localisation (WSOL)?* [`LocalizationCurve`]: GT-known Loc and
//!   `MaxBoxAcc` over thresholds (Choe et al. 2020, 'Evaluating Weakly Supervised Object
//!   Localization Methods Right', arXiv 2001.07437); [`ClassLocalization`]: the Top-1 and Top-5
//!   Cls and Loc of ILSVRC.
//!
//! Boxes are in picture pixels, as everywhere ([`crate::geometry`]). Every rate is a fraction in
//! `0..=1`, never a percentage. 'Reaches' always means `>=`: an IoU of exactly one half counts at
//! 0.5. Arithmetic is in `f64` from the `f32` edges, hence exact for whole pixels and binary
//! fractions of them; other edges are rounded by up to 1e-7 of their value, so that a pair which
//! lies on a threshold to that precision may fall on the other side than in an all-`f64` program.

#![allow(clippy::doc_markdown, reason = "IoU is a plain word here")]

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::geometry::BBox;

// --- What is compared -------------------------------------------------------------------------

/// A box that a person drew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthBox {
    /// Where the object is.
    pub bbox: BBox,
    /// COCO category id.
    pub category: u32,
    /// A region of many objects that nobody outlined: what is proposed there cannot be judged, so
    /// it is held neither for nor against the proposals.
    pub iscrowd: bool,
}

/// A box that a model proposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Where the model sees an object.
    pub bbox: BBox,
    /// COCO category id.
    pub category: u32,
    /// Confidence; only its order matters. NaN ranks last.
    pub score: f32,
}

/// One picture: what is there and what was proposed, both possibly empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// Every true box, crowds too.
    pub truth: Vec<TruthBox>,
    /// Every proposed box, in any order.
    pub predictions: Vec<Prediction>,
}

/// Whether a box must also bear the right category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Classes {
    /// The proposals name classes, and a wrong name is an error.
    Known,
    /// Only where the boxes are counts (`useCats = 0` in pycocotools).
    Agnostic,
}

/// How wide a box is: the one point in which evaluation codes differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IouConvention {
    /// `x1 - x0`: edges are positions. COCO, and everything but the paper's mode.
    #[default]
    Continuous,
    /// `x1 - x0 + 1`: edges are pixels inside the box. The official TS-CAM and wsolevaluation code
    /// does this even to exclusive edges, which flatters small boxes; for parity only.
    PixelInclusive,
}

impl IouConvention {
    /// Intersection over union in `0..=1`; zero where the union is empty.
    pub fn iou(self, a: &BBox, b: &BBox) -> f64 {
        let shared = self.area(&a.intersection(b));
        let union = self.area(a) + self.area(b) - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Area in square pixels; zero for a box that is inside out.
    fn area(self, bbox: &BBox) -> f64 {
        let extra = match self {
            Self::Continuous => 0.0,
            Self::PixelInclusive => 1.0,
        };
        let side = |low: f32, high: f32| (f64::from(high) - f64::from(low) + extra).max(0.0);
        side(bbox.x0, bbox.x1) * side(bbox.y0, bbox.y1)
    }
}

/// The best IoU between any of `boxes` and any of `truth`; zero where either is empty.
pub fn best_iou(boxes: &[BBox], truth: &[BBox], convention: IouConvention) -> f64 {
    let ious = boxes
        .iter()
        .flat_map(|b| truth.iter().map(move |t| convention.iou(b, t)));
    ious.fold(0.0, f64::max)
}

/// How much of a prediction lies on a true box: the IoU, or with a crowd the share of the
/// prediction that the crowd covers, as COCO defines it.
fn coco_overlap(prediction: &BBox, truth: &TruthBox) -> f64 {
    let convention = IouConvention::Continuous;
    if !truth.iscrowd {
        return convention.iou(prediction, &truth.bbox);
    }
    let shared = convention.area(&prediction.intersection(&truth.bbox));
    if shared > 0.0 {
        shared / convention.area(prediction)
    } else {
        0.0
    }
}

/// `part / whole`, or nothing where there is no whole.
fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

// --- COCO AP and recall -----------------------------------------------------------------------

/// Predictions that count in one picture and category, best score first.
const MAX_DETECTIONS: usize = 100;
/// IoU thresholds .50:.05:.95.
const IOU_STEPS: usize = 10;
/// Where 0.75 is among them.
const IOU_75: usize = 5;

/// Detection metrics; each is the mean over the categories that have an object.
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

/// What a prediction came to at one IoU threshold.
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

/// All pictures of one category.
#[derive(Default)]
struct CategoryRecord {
    objects: usize,
    detections: Vec<Detection>,
}

/// AP and recall as pycocotools computes them, or nothing (its -1) where there is no object.
///
/// Equal scores are ranked in the order of `cases`, so pictures must come in ascending image id to
/// agree with pycocotools in such ties. Two quirks of it are not copied: a truth whose annotation
/// id is 0 never counts there as found, and without classes it drops predictions of a category that
/// the truth file does not list.
pub fn coco_metrics(cases: &[Case], classes: Classes) -> Option<CocoMetrics> {
    let mut records: BTreeMap<u32, CategoryRecord> = BTreeMap::new();
    for case in cases {
        for (category, (truth, predictions)) in ranked_by_category(case, classes) {
            let record = records.entry(category).or_default();
            record.objects += truth.iter().filter(|t| !t.iscrowd).count();
            let counted = &predictions[..predictions.len().min(MAX_DETECTIONS)];
            record.detections.extend(judge(&truth, counted));
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
            .sort_by(|a, b| best_first(a.score, b.score));
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

/// The picture's boxes by category (one group, 0, where classes do not matter), in pycocotools'
/// order: objects before crowds, predictions by falling score, ties by category, then as given.
fn ranked_by_category(
    case: &Case,
    classes: Classes,
) -> BTreeMap<u32, (Vec<&TruthBox>, Vec<&Prediction>)> {
    let group = |category| match classes {
        Classes::Known => category,
        Classes::Agnostic => 0,
    };
    let mut truth: Vec<&TruthBox> = case.truth.iter().collect();
    truth.sort_by_key(|t| (t.iscrowd, t.category));
    let mut predictions: Vec<&Prediction> = case.predictions.iter().collect();
    predictions
        .sort_by(|a, b| best_first(a.score, b.score).then_with(|| a.category.cmp(&b.category)));

    let mut groups: BTreeMap<u32, (Vec<&TruthBox>, Vec<&Prediction>)> = BTreeMap::new();
    for t in truth {
        groups.entry(group(t.category)).or_default().0.push(t);
    }
    for p in predictions {
        groups.entry(group(p.category)).or_default().1.push(p);
    }
    groups
}

/// Falling score; both zeros are equal and NaN is last.
fn best_first(a: f32, b: f32) -> Ordering {
    let rank = |score: f32| {
        if score.is_nan() {
            f32::NEG_INFINITY
        } else {
            score + 0.0
        }
    };
    rank(b).total_cmp(&rank(a))
}

/// The `step`th of .50:.05:.95, bit for bit as `numpy.linspace` makes it.
fn iou_threshold(step: usize) -> f64 {
    match step {
        9 => 0.95,
        _ => 0.5 + step as f64 * ((0.95 - 0.5) / 9.0),
    }
}

/// COCO's greedy matching in one picture and category: each prediction, best score first, takes
/// the free object that it overlaps most; failing that a crowd, which takes any number.
fn judge(truth: &[&TruthBox], predictions: &[&Prediction]) -> Vec<Detection> {
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
                if object.iscrowd && found.is_some_and(|f| !truth[f].iscrowd) {
                    break;
                }
                if (object.iscrowd || !taken[index]) && row[index] >= best {
                    best = row[index];
                    found = Some(index);
                }
            }
            if let Some(index) = found {
                taken[index] = true;
                detection.verdicts[step] = if truth[index].iscrowd {
                    Verdict::Ignored
                } else {
                    Verdict::Hit
                };
            }
        }
    }
    detections
}

/// The 101-point interpolated average precision and the final recall of one category, whose
/// detections are sorted, at one IoU threshold.
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
        let wanted = f64::from(percent) * 0.01;
        let first = recall.partition_point(|&r| r < wanted);
        precision.get(first).copied().unwrap_or(0.0)
    });
    (
        sampled.sum::<f64>() / 101.0,
        recall.last().copied().unwrap_or(0.0),
    )
}

// --- Annotation effort ------------------------------------------------------------------------

/// From this IoU on a proposal is good enough to keep as it is.
const ACCEPT_IOU: f64 = 0.75;
/// From this IoU on, correcting a proposal is quicker than drawing the box anew.
const EDIT_IOU: f64 = 0.5;
/// From this share on a proposal counts as lying on a crowd.
const CROWD_SHARE: f64 = 0.5;

/// What the proposals leave for a person to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AnnotationEffort {
    /// `(accepts + 2 edits + 3 draws + rejects) / (3 objects)`: 1.0 is everything drawn by hand,
    /// one third is every proposal right. Nothing where there is no object.
    pub effort: Option<f64>,
    /// Objects whose proposal is kept as it is.
    pub accepts: usize,
    /// Objects whose proposal has its edges or its class corrected.
    pub edits: usize,
    /// Objects that are drawn by hand.
    pub draws: usize,
    /// Proposals that are thrown away.
    pub rejects: usize,
    /// True boxes, crowds left out: `accepts + edits + draws`.
    pub objects: usize,
    /// Proposed boxes.
    pub proposals: usize,
    /// Pictures.
    pub pictures: usize,
    /// Proposed boxes in a picture, on average.
    pub boxes_per_picture: Option<f64>,
    /// Pictures without any true box, crowds counted as true boxes.
    pub empty_pictures: usize,
    /// Proposed boxes in a picture without any true box, on average.
    pub false_boxes_per_empty_picture: Option<f64>,
}

/// Annotation effort over all pictures.
///
/// Objects and proposals are matched one to one. A match of IoU 0.75 or more is an accept, of 0.5
/// or more an edit; with a wrong class, where classes are [known](Classes::Known), never more than
/// an edit. Boxes that overlap less are no match: the object is drawn and the proposal rejected.
///
/// Of all assignments the one of **least effort** counts, and of several such the one with the
/// largest sum of IoU. So effort is an edit distance: the fewest actions that turn the proposals
/// into the truth. Taking pairs greedily by IoU, as detectors are scored, would charge for work
/// that nobody does: of two proposals on one object it may pick the one with the wrong class, an
/// edit and a reject, where a person accepts the other; and its result hangs on how ties are
/// broken. Scores play no part, for a person looks at the boxes.
///
/// A crowd is no object to be drawn, and an unmatched proposal at least half of which lies on one
/// (whatever its class) is no reject: nobody knows what is there.
pub fn annotation_effort(cases: &[Case], classes: Classes) -> AnnotationEffort {
    let mut total = AnnotationEffort {
        pictures: cases.len(),
        ..AnnotationEffort::default()
    };
    let mut false_boxes = 0;
    for case in cases {
        total.proposals += case.predictions.len();
        if case.truth.is_empty() {
            total.empty_pictures += 1;
            false_boxes += case.predictions.len();
        }
        add_picture(&mut total, case, classes);
    }
    let actions = total.accepts + 2 * total.edits + 3 * total.draws + total.rejects;
    total.effort = ratio(actions, 3 * total.objects);
    total.boxes_per_picture = ratio(total.proposals, total.pictures);
    total.false_boxes_per_empty_picture = ratio(false_boxes, total.empty_pictures);
    total
}

#[derive(Clone, Copy, PartialEq)]
enum Match {
    Accept,
    Edit,
}

/// Adds the accepts, edits, draws, rejects and objects of one picture.
fn add_picture(total: &mut AnnotationEffort, case: &Case, classes: Classes) {
    let (crowds, objects): (Vec<&TruthBox>, Vec<&TruthBox>) =
        case.truth.iter().partition(|t| t.iscrowd);
    let to_reject: Vec<bool> = case
        .predictions
        .iter()
        .map(|p| {
            !crowds
                .iter()
                .any(|crowd| coco_overlap(&p.bbox, crowd) >= CROWD_SHARE)
        })
        .collect();
    let kind = |object: &TruthBox, p: &Prediction| {
        let iou = IouConvention::Continuous.iou(&p.bbox, &object.bbox);
        let right_class = classes == Classes::Agnostic || p.category == object.category;
        if iou >= ACCEPT_IOU && right_class {
            Some((Match::Accept, iou))
        } else {
            (iou >= EDIT_IOU).then_some((Match::Edit, iou))
        }
    };
    // What a match saves: the draw (3) and the reject (1) less the action. Below it, in the lower
    // 40 bits, the IoU, which can only decide between equal savings.
    let savings: Vec<Vec<i64>> = objects
        .iter()
        .map(|object| {
            let saving = |(p, &reject)| {
                kind(object, p).map_or(0, |(kind, iou)| {
                    let action = if kind == Match::Accept { 1 } else { 2 };
                    ((3 + i64::from(reject) - action) << 40) + (iou * f64::from(1 << 20)) as i64
                })
            };
            case.predictions
                .iter()
                .zip(&to_reject)
                .map(saving)
                .collect()
        })
        .collect();

    let mut unmatched = to_reject;
    for (object, proposal) in objects.iter().zip(best_assignment(&savings)) {
        let matched = proposal.and_then(|p| kind(object, &case.predictions[p]));
        match matched {
            Some((Match::Accept, _)) => total.accepts += 1,
            Some((Match::Edit, _)) => total.edits += 1,
            None => total.draws += 1,
        }
        if let Some(p) = proposal {
            unmatched[p] = false;
        }
    }
    total.objects += objects.len();
    total.rejects += unmatched.iter().filter(|&&reject| reject).count();
}

/// One column at most for every row, so that the gains (none negative) sum to the maximum; a gain
/// of zero is no pair. The Hungarian algorithm with potentials, `O(rows^2 (rows + columns))`.
fn best_assignment(gains: &[Vec<i64>]) -> Vec<Option<usize>> {
    let rows = gains.len();
    let real = gains.first().map_or(0, Vec::len);
    // Each row may stay alone: there are as many more columns that bring nothing.
    let columns = real + rows;
    let cost = |row: usize, column: usize| {
        if column < real {
            -gains[row][column]
        } else {
            0
        }
    };

    let mut row_potential = vec![0; rows];
    let mut column_potential = vec![0; columns + 1];
    // The row of each column; the last, extra column stands for the row that is being placed.
    let mut owner: Vec<Option<usize>> = vec![None; columns + 1];
    for row in 0..rows {
        owner[columns] = Some(row);
        let mut slack = vec![i64::MAX; columns];
        let mut reached_from = vec![columns; columns];
        let mut tree: Vec<usize> = Vec::new();
        let mut outside: Vec<usize> = (0..columns).collect();
        let mut column = columns;
        // Grow a tree of tight pairs until it reaches a free column.
        while let Some(current) = owner[column] {
            tree.push(column);
            for &next in &outside {
                let reduced = cost(current, next) - row_potential[current] - column_potential[next];
                if reduced < slack[next] {
                    slack[next] = reduced;
                    reached_from[next] = column;
                }
            }
            let Some(nearest) = (0..outside.len()).min_by_key(|&i| slack[outside[i]]) else {
                break;
            };
            column = outside.remove(nearest);
            let delta = slack[column];
            for &inside in &tree {
                if let Some(r) = owner[inside] {
                    row_potential[r] += delta;
                }
                column_potential[inside] -= delta;
            }
            for &next in &outside {
                slack[next] -= delta;
            }
        }
        // Turn the pairs on the way back over.
        while column != columns {
            let previous = reached_from[column];
            owner[column] = owner[previous];
            column = previous;
        }
    }

    let mut chosen = vec![None; rows];
    for (column, row) in owner[..real].iter().enumerate() {
        if let Some(row) = row.filter(|&row| gains[row][column] > 0) {
            chosen[row] = Some(column);
        }
    }
    chosen
}

// --- Weakly supervised localisation -----------------------------------------------------------

/// Accumulates, picture by picture, how well boxes fit at each of a list of map thresholds.
///
/// It serves both questions of GT-known localisation: the paper's one box a picture (`largest`) and
/// all the boxes of a threshold together (`any`), of which one has to be right. A box is right when
/// it reaches the IoU with *any* true box of the picture.
#[derive(Clone, Debug)]
pub struct LocalizationCurve {
    thresholds: Vec<f32>,
    pictures: usize,
    largest: Vec<LocalizationTally>,
    any: Vec<LocalizationTally>,
}

/// The IoU levels of a [`LocalizationPoint`].
const LOC_IOUS: [f64; 4] = [0.3, 0.5, 0.7, 0.75];

#[derive(Clone, Copy, Debug, Default)]
struct LocalizationTally {
    /// Pictures that reach each of [`LOC_IOUS`].
    reached: [usize; LOC_IOUS.len()],
    iou_sum: f64,
}

impl LocalizationTally {
    fn add(&mut self, iou: f64) {
        for (count, level) in self.reached.iter_mut().zip(LOC_IOUS) {
            *count += usize::from(iou >= level);
        }
        self.iou_sum += iou;
    }
}

/// Localisation at one threshold of the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LocalizationPoint {
    /// The threshold, as it was given.
    pub threshold: f32,
    /// Share of pictures that reach IoU 0.3.
    pub loc30: f64,
    /// Share of pictures that reach IoU 0.5: GT-known Loc.
    pub loc50: f64,
    /// Share of pictures that reach IoU 0.7.
    pub loc70: f64,
    /// Share of pictures that reach IoU 0.75.
    pub loc75: f64,
    /// Mean over the pictures of the best IoU.
    pub mean_iou: f64,
}

/// A [`LocalizationCurve`] in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocalizationMetrics {
    /// Pictures.
    pub pictures: usize,
    /// The largest box at the threshold that is best for it at IoU 0.5.
    pub best: LocalizationPoint,
    /// `MaxBoxAcc`: the largest box at IoU 0.5, its best threshold.
    pub max_box_acc: f64,
    /// `MaxBoxAccV2`: any box, mean over IoU 0.3, 0.5 and 0.7, each at its own best threshold.
    pub max_box_acc_v2: f64,
    /// The largest box at every threshold.
    pub curve: Vec<LocalizationPoint>,
}

impl LocalizationCurve {
    /// Nothing seen yet, at these thresholds.
    pub fn new(thresholds: Vec<f32>) -> Self {
        let tallies = vec![LocalizationTally::default(); thresholds.len()];
        Self {
            thresholds,
            pictures: 0,
            largest: tallies.clone(),
            any: tallies,
        }
    }

    /// One picture that has an object: for each threshold the [`best_iou`] of its largest box and
    /// that of all its boxes, zero where the threshold leaves no box.
    ///
    /// # Panics
    /// If the lists are not as long as the thresholds.
    pub fn add(&mut self, largest: &[f64], any: &[f64]) {
        assert_eq!(largest.len(), self.thresholds.len(), "one IoU a threshold");
        assert_eq!(any.len(), self.thresholds.len(), "one IoU a threshold");
        self.pictures += 1;
        for (tallies, ious) in [(&mut self.largest, largest), (&mut self.any, any)] {
            for (tally, &iou) in tallies.iter_mut().zip(ious) {
                tally.add(iou);
            }
        }
    }

    /// The largest box at every threshold; empty before the first picture.
    pub fn largest_points(&self) -> Vec<LocalizationPoint> {
        self.points(&self.largest)
    }

    /// The best of all boxes at every threshold; empty before the first picture.
    pub fn any_points(&self) -> Vec<LocalizationPoint> {
        self.points(&self.any)
    }

    fn points(&self, tallies: &[LocalizationTally]) -> Vec<LocalizationPoint> {
        let share = |count| ratio(count, self.pictures);
        let points = self.thresholds.iter().zip(tallies);
        points
            .filter_map(|(&threshold, tally)| {
                let [loc30, loc50, loc70, loc75] = tally.reached.map(share);
                Some(LocalizationPoint {
                    threshold,
                    loc30: loc30?,
                    loc50: loc50?,
                    loc70: loc70?,
                    loc75: loc75?,
                    mean_iou: tally.iou_sum / self.pictures as f64,
                })
            })
            .collect()
    }

    /// All numbers; nothing without a picture or a threshold.
    pub fn metrics(&self) -> Option<LocalizationMetrics> {
        let curve = self.largest_points();
        let any = self.any_points();
        let best = best_point(&curve, |point| point.loc50)?;
        let levels: [fn(&LocalizationPoint) -> f64; 3] = [|p| p.loc30, |p| p.loc50, |p| p.loc70];
        let maxima = levels.map(|level| any.iter().map(level).fold(0.0, f64::max));
        Some(LocalizationMetrics {
            pictures: self.pictures,
            best,
            max_box_acc: best.loc50,
            max_box_acc_v2: maxima.iter().sum::<f64>() / maxima.len() as f64,
            curve,
        })
    }
}

/// The point with the largest `value`, the first of several: `best_point(&points, |p| p.loc70)`.
pub fn best_point(
    points: &[LocalizationPoint],
    value: impl Fn(&LocalizationPoint) -> f64,
) -> Option<LocalizationPoint> {
    let better = |best: LocalizationPoint, next: LocalizationPoint| {
        if value(&next) > value(&best) {
            next
        } else {
            best
        }
    };
    points.iter().copied().reduce(better)
}

/// A class that the head named, and its box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankedClass {
    /// COCO category id.
    pub category: u32,
    /// The [`best_iou`] of the box from this class's map.
    pub iou: f64,
}

/// Top-1 and Top-5 classification and localisation, as ILSVRC counts them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassLocalization {
    pictures: usize,
    cls: [usize; 2],
    loc: [usize; 2],
}

/// Shares of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClassLocalizationMetrics {
    /// Pictures.
    pub pictures: usize,
    /// The first class is right.
    pub top1_cls: f64,
    /// One of the first five classes is right.
    pub top5_cls: f64,
    /// The first class is right and its box reaches IoU 0.5.
    pub top1_loc: f64,
    /// One of the first five classes is right and *that class's* box reaches IoU 0.5.
    pub top5_loc: f64,
}

impl ClassLocalization {
    /// One picture of one class: what the head named, likeliest first (all of them, if fewer than
    /// five), and what it shows. Pictures of several classes have no place here.
    ///
    /// The official TS-CAM code asks here, and only here, for more than 0.5; we take 0.5 itself,
    /// as GT-known Loc does.
    pub fn add(&mut self, ranked: &[RankedClass], truth: u32) {
        self.pictures += 1;
        for (slot, k) in [1, 5].into_iter().enumerate() {
            let right = ranked.iter().take(k).find(|r| r.category == truth);
            self.cls[slot] += usize::from(right.is_some());
            self.loc[slot] += usize::from(right.is_some_and(|r| r.iou >= 0.5));
        }
    }

    /// The shares; nothing without a picture.
    pub fn metrics(&self) -> Option<ClassLocalizationMetrics> {
        let share = |count| ratio(count, self.pictures);
        Some(ClassLocalizationMetrics {
            pictures: self.pictures,
            top1_cls: share(self.cls[0])?,
            top5_cls: share(self.cls[1])?,
            top1_loc: share(self.loc[0])?,
            top5_loc: share(self.loc[1])?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box of height 10 from `x0` to `x1`, so that IoU is a ratio of lengths.
    fn span(x0: f32, x1: f32) -> BBox {
        BBox::from_corners(x0, 0.0, x1, 10.0)
    }

    fn object(x0: f32, x1: f32, category: u32) -> TruthBox {
        TruthBox {
            bbox: span(x0, x1),
            category,
            iscrowd: false,
        }
    }

    fn crowd(x0: f32, x1: f32, category: u32) -> TruthBox {
        TruthBox {
            iscrowd: true,
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

    fn case(truth: &[TruthBox], predictions: &[Prediction]) -> Case {
        Case {
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
    fn coco_thresholds_are_those_of_numpy() {
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
            Classes::Known,
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
    fn coco_crowds_take_predictions_out_of_the_count() {
        // The first two lie on the crowd, one of them only partly on it; the object is found last.
        let truth = [crowd(100.0, 200.0, 1), object(0.0, 20.0, 1)];
        let predictions = [
            proposal(110.0, 120.0, 1, 0.9),
            proposal(190.0, 210.0, 1, 0.8),
            proposal(0.0, 20.0, 1, 0.7),
        ];
        let with_crowd = coco_metrics(&[case(&truth, &predictions)], Classes::Known).unwrap();
        close(with_crowd.ap50, 1.0);
        // Above 0.5 the second is no longer on the crowd: precision 1/2 at every recall.
        close(with_crowd.ap75, 0.5);
        let without = coco_metrics(&[case(&truth[1..], &predictions)], Classes::Known).unwrap();
        close(without.ap50, 1.0 / 3.0);
        assert_eq!(
            coco_metrics(&[case(&truth[..1], &predictions)], Classes::Known),
            None,
            "a crowd alone is no object"
        );
    }

    #[test]
    fn coco_averages_over_categories_with_objects() {
        // Category 1 is found, 2 is not, 3 is only proposed.
        let cases = [case(
            &[object(0.0, 20.0, 1), object(50.0, 70.0, 2)],
            &[proposal(0.0, 20.0, 1, 0.9), proposal(50.0, 70.0, 3, 0.8)],
        )];
        let known = coco_metrics(&cases, Classes::Known).unwrap();
        close(known.ap, 0.5);
        close(known.recall50, 0.5);
        close(coco_metrics(&cases, Classes::Agnostic).unwrap().ap, 1.0);
        assert_eq!(coco_metrics(&[Case::default()], Classes::Known), None);
    }

    #[test]
    fn coco_counts_a_hundred_predictions_a_picture() {
        let mut predictions = vec![proposal(500.0, 510.0, 1, 0.5); 100];
        predictions.push(proposal(0.0, 20.0, 1, 0.5));
        let truth = [object(0.0, 20.0, 1)];
        let late = coco_metrics(&[case(&truth, &predictions)], Classes::Known).unwrap();
        assert_eq!(late.recall50, 0.0, "the 101st of equal scores is cut");
        predictions.rotate_left(1);
        let in_time = coco_metrics(&[case(&truth, &predictions)], Classes::Known).unwrap();
        close(in_time.recall50, 1.0);
        close(in_time.ap50, 0.01);
    }

    #[test]
    fn scores_rank_stably_with_nan_last() {
        let mut scores = [f32::NAN, 0.0, -0.0, 0.5, f32::NEG_INFINITY];
        scores.sort_by(|a, b| best_first(*a, *b));
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
        let effort = annotation_effort(&cases, Classes::Known);
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
        let nothing = annotation_effort(&[], Classes::Known);
        assert_eq!(nothing, AnnotationEffort::default());
    }

    #[test]
    fn effort_of_a_wrong_class_is_an_edit_where_classes_are_known() {
        let cases = [case(
            &[object(0.0, 40.0, 1)],
            &[proposal(0.0, 40.0, 2, 0.9)],
        )];
        let known = annotation_effort(&cases, Classes::Known);
        assert_eq!((known.accepts, known.edits), (0, 1));
        let agnostic = annotation_effort(&cases, Classes::Agnostic);
        assert_eq!((agnostic.accepts, agnostic.edits), (1, 0));
    }

    #[test]
    fn effort_is_the_least_that_a_person_could_do() {
        // The better box has the wrong class: accept the other, reject this one.
        let two_names = annotation_effort(
            &[case(
                &[object(0.0, 40.0, 1)],
                &[proposal(0.0, 40.0, 2, 0.9), proposal(0.0, 36.0, 1, 0.1)],
            )],
            Classes::Known,
        );
        assert_eq!(two_names.effort, Some(2.0 / 3.0));

        // Greedily the first proposal would take the first object (IoU 38/42) and leave the second
        // proposal, which fits only that one (20/40; 20/44 on the other), with nothing.
        let crossed = annotation_effort(
            &[case(
                &[object(0.0, 40.0, 1), object(0.0, 44.0, 1)],
                &[proposal(0.0, 41.0, 1, 0.9), proposal(0.0, 20.0, 1, 0.1)],
            )],
            Classes::Known,
        );
        assert_eq!((crossed.accepts, crossed.edits), (1, 1));
        assert_eq!((crossed.draws, crossed.rejects), (0, 0));
    }

    #[test]
    fn effort_leaves_crowds_out() {
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
            Classes::Known,
        );
        assert_eq!((effort.objects, effort.accepts, effort.rejects), (1, 1, 1));
        let only_crowd = annotation_effort(
            &[case(&[crowd(0.0, 9.0, 1)], &[proposal(0.0, 9.0, 1, 0.9)])],
            Classes::Known,
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
    fn localization_has_a_best_threshold_for_each_question() {
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
}
