//! The candidate boxes of a picture, and the inputs from which their gain is predicted.

use super::dense::{self, DenseHead};
use super::field::{ACROSS, FeatureField, GEOMETRY_INPUTS, TokenBasis};
use super::picture_features::PictureFeatures;
use super::sides::SideModel;
use crate::geometry::BBox;
use crate::learn::judge;
use crate::learn::overlap::Overlaps;
use crate::localize::{DETECTOR_CLASSES, detected_classes};

/// The models that make candidates, learned from the same pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateModels {
    /// Predicts boxes from patches.
    pub dense: DenseHead,
    /// Moves the sides of boxes.
    pub sides: SideModel,
}

/// The candidates of a picture.
pub struct Candidates {
    /// In picture pixels.
    pub boxes: Vec<BBox>,
    /// The [inputs] of each candidate, then its [class inputs](class_inputs), `[boxes * both]`.
    pub features: Vec<f32>,
}

/// Where a candidate comes from.
#[derive(Clone, Copy, Default)]
struct CandidateSource {
    /// From the map: the score and the threshold.
    map: Option<(f32, f32)>,
    /// From the detector: the score.
    detector: Option<f32>,
    /// The gain that the judge expects, 0 without one.
    prior: f32,
    /// From the dense head: the best score among the patches that vote for it, and the logarithm of the
    /// sum of their scores.
    votes: Option<(f32, f32)>,
}

/// Number of inputs from the relations to other candidates and from the models.
const RELATION_INPUTS: usize = 17;
/// Number of inputs from the relations to detected boxes and to what the judge expects.
const DETECTION_INPUTS: usize = 5;
/// Number of inputs from the source.
const SOURCE_INPUTS: usize = 8;
/// Number of inputs from the detector and the judge.
const DETECTED_SOURCE_INPUTS: usize = 5;

/// Weight of the class inputs relative to the others, which have a standard deviation of 1.
const CLASS_WEIGHT: f32 = 3.0;

/// Number of inputs for each candidate if tokens have this width, with or without a detector.
pub fn inputs(width: usize, has_detector: bool) -> usize {
    let of_detector = match has_detector {
        true => 2 * DETECTION_INPUTS + DETECTED_SOURCE_INPUTS,
        false => 0,
    };
    let of_maps = 2 * RELATION_INPUTS + SOURCE_INPUTS + GEOMETRY_INPUTS;
    4 * TokenBasis::channels(width) + of_maps + of_detector
}

/// Number of inputs for each candidate that say of which of the detector's classes it is.
pub fn class_inputs(has_detector: bool) -> usize {
    if has_detector { DETECTOR_CLASSES } else { 0 }
}

/// The candidates of the map, the detector and the dense head, with corrected sides. Detected boxes, whose
/// sides may be right already, are candidates as they are, too.
pub fn candidates(
    picture: &PictureFeatures,
    basis: &TokenBasis,
    models: &CandidateModels,
) -> Candidates {
    let field = FeatureField::new(picture, basis);
    let (scores, votes) = models.dense.votes(picture, &dense::features(picture));
    let of_map = picture.candidates.iter().map(|candidate| {
        let is_of_map = candidate.source == judge::CandidateSource::Map;
        let source = CandidateSource {
            map: is_of_map.then_some((candidate.score, candidate.threshold)),
            detector: (!is_of_map).then_some(candidate.score),
            prior: candidate.prior,
            votes: None,
        };
        (candidate.bbox, source)
    });
    let of_head = votes
        .iter()
        .filter(|vote| vote.bbox.is_valid())
        .map(|vote| {
            let votes = Some((vote.score, (vote.weight + 0.1).ln()));
            let source = CandidateSource {
                votes,
                ..CandidateSource::default()
            };
            (vote.bbox, source)
        });
    let (found, mut sources): (Vec<BBox>, Vec<CandidateSource>) = of_map.chain(of_head).unzip();
    let mut boxes = models.sides.refine(picture, &field, &found);
    for at in 0..found.len() {
        if sources[at].detector.is_some() {
            boxes.push(found[at]);
            sources.push(sources[at]);
        }
    }
    let scores = FeatureField::of_map(picture, scores);
    let features = features(picture, &field, &scores, models, &boxes, &sources);
    Candidates { boxes, features }
}

/// The inputs of all candidates, `[boxes * inputs]`.
fn features(
    picture: &PictureFeatures,
    field: &FeatureField,
    scores: &FeatureField,
    models: &CandidateModels,
    boxes: &[BBox],
    sources: &[CandidateSource],
) -> Vec<f32> {
    let channels = TokenBasis::channels(picture.width);
    let overlaps = Overlaps::new(boxes);
    let inputs = inputs(picture.width, picture.has_detector) + class_inputs(picture.has_detector);
    let mut features = Vec::with_capacity(boxes.len() * inputs);
    let moved = models.sides.moves(picture, field, boxes);
    for (at, (profile, moves)) in moved.into_iter().enumerate() {
        let mean = |places: &[usize]| {
            let mut mean = vec![0.0; channels];
            let share = 0.5 / places.len() as f32;
            for of_axis in [&profile.across_x, &profile.across_y] {
                for place in places {
                    let values = &of_axis[place * channels..][..channels];
                    mean.iter_mut()
                        .zip(values)
                        .for_each(|(sum, x)| *sum += share * x);
                }
            }
            mean
        };
        let inside = mean(&[3, 4, 5, 6]);
        features.extend_from_slice(&inside);
        features.extend(mean(&[0, 1, 8, 9]));
        features.extend(mean(&[2, 7]));
        features.extend(inside.iter().map(|x| x * x));
        let relations = relations(picture, scores, &overlaps, boxes, sources, at, &moves);
        features.extend(relations);
        features.extend(relations.map(|x| x * x));
        let (score, threshold) = sources[at].map.unwrap_or_default();
        let (best, sum) = sources[at].votes.unwrap_or_default();
        let is_from_head = f32::from(u8::from(sources[at].votes.is_some()));
        features.extend([score, threshold, best, sum]);
        features.extend([
            score * score,
            threshold * threshold,
            best * best,
            is_from_head,
        ]);

        features.extend(profile.geometry);
        if picture.has_detector {
            let of_detector = detections(&overlaps, sources, at);
            features.extend(of_detector);
            features.extend(of_detector.map(|x| x * x));
            let detected = sources[at].detector.unwrap_or_default();
            let prior = sources[at].prior;
            features.extend([
                detected,
                detected.sqrt(),
                f32::from(u8::from(sources[at].detector.is_some())),
                prior,
                prior * prior,
            ]);
            features.extend(classes(picture, &boxes[at]));
        }
    }
    features
}

/// The class inputs of a box: which classes a detector found in it.
fn classes(picture: &PictureFeatures, bbox: &BBox) -> [f32; DETECTOR_CLASSES] {
    let of_candidates = picture.candidates.iter();
    let of_candidates =
        of_candidates.map(|candidate| (&candidate.bbox, candidate.classes.as_slice()));
    let mut inputs = [0.0; DETECTOR_CLASSES];
    for (class, score) in detected_classes(bbox, of_candidates) {
        inputs[class] = CLASS_WEIGHT * score.sqrt();
    }
    inputs
}

/// How a candidate overlaps the others, how far its sides would still move, and the scores of the dense
/// head inside it.
fn relations(
    picture: &PictureFeatures,
    scores: &FeatureField,
    overlaps: &Overlaps,
    boxes: &[BBox],
    sources: &[CandidateSource],
    at: usize,
    moves: &[f32; 4],
) -> [f32; RELATION_INPUTS] {
    let count = boxes.len() as f32;
    let (mut sum, mut duplicates, mut near, mut inside, mut around) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut best_vote, mut most_votes, mut best_score) = (0.0f32, 0.0f32, 0.0f32);
    for (other, source) in sources.iter().enumerate() {
        let iou = overlaps.iou(at, other);
        sum += iou;
        duplicates += f32::from(u8::from(iou > 0.75));
        inside += f32::from(u8::from(overlaps.inside(at, other) > 0.9));
        around += f32::from(u8::from(overlaps.inside(other, at) > 0.9));
        if iou > 0.5 {
            near += 1.0;
            best_score = best_score.max(source.map.map_or(0.0, |(score, _)| score));
            if let Some((score, sum)) = source.votes {
                best_vote = best_vote.max(score);
                most_votes = most_votes.max(sum);
            }
        }
    }
    let distances = moves.map(f32::abs);
    let distance: f32 = distances.iter().sum();
    let furthest = distances.into_iter().fold(0.0, f32::max);
    let bbox = &boxes[at];
    let mut total = 0.0;
    let mut best = f32::MIN;
    let mut centre = 0.0;
    for (row, v) in ACROSS.iter().enumerate() {
        for (column, u) in ACROSS.iter().enumerate() {
            let place = (bbox.x0 + u * bbox.width(), bbox.y0 + v * bbox.height());
            let mut score = [0.0];
            scores.add_at(place, 1.0, &mut score);
            total += score[0];
            best = best.max(score[0]);
            if row == ACROSS.len() / 2 && column == row {
                centre = score[0];
            }
        }
    }
    let (width, height) = picture.size;
    let share = bbox.area() / (width as f32 * height as f32);
    let places = (ACROSS.len() * ACROSS.len()) as f32;
    [
        sum / count,
        duplicates / count,
        near / count,
        near / 30.0,
        best_vote,
        most_votes,
        best_score,
        inside / count,
        around / count,
        distance / 4.0,
        furthest,
        (-3.0 * distance).exp(),
        moves[0] + moves[1] - moves[2] - moves[3],
        total / places,
        best,
        centre,
        total * share * picture.grid.patches() as f32 / 250.0,
    ]
}

/// How a candidate agrees with the detected boxes, and what the judge expects of those near it.
fn detections(
    overlaps: &Overlaps,
    sources: &[CandidateSource],
    at: usize,
) -> [f32; DETECTION_INPUTS] {
    let (mut agreement, mut best, mut close) = (0.0f32, 0.0f32, 0.0f32);
    let (mut inside, mut best_prior) = (0.0, -1.0f32);
    for (other, source) in sources.iter().enumerate() {
        let iou = overlaps.iou(at, other);
        if iou > 0.5 {
            best_prior = best_prior.max(source.prior);
        }
        let Some(score) = source.detector else {
            continue;
        };
        if other != at {
            agreement = agreement.max(iou);
        }
        if iou > 0.5 {
            best = best.max(score);
        }
        if iou > 0.7 {
            close = close.max(score);
        } else if overlaps.inside(other, at) > 0.9 {
            inside += score;
        }
    }
    [agreement, best, close, inside.ln_1p(), best_prior]
}
