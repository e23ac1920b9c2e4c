//! The boxes that a picture might have, and what can be said of each.

use super::dense::{self, DenseHead};
use super::overlap::Overlaps;
use super::sides::{ACROSS, FeatureField, GEOMETRY_INPUTS, SideModel, TokenBasis};
use super::sight::PictureFeatures;
use crate::geometry::BBox;

/// The head and the model of sides that some of the pictures taught.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateModels {
    pub dense: DenseHead,
    pub sides: SideModel,
}

/// A picture's candidates with `inputs` numbers each.
pub struct Candidates {
    pub boxes: Vec<BBox>,
    /// `[boxes * inputs]`.
    pub features: Vec<f32>,
}

/// Where a candidate comes from.
#[derive(Clone, Copy, Default)]
struct CandidateSource {
    /// Of the map: its score, and where it was cut.
    map: Option<(f32, f32)>,
    /// Of the head: the best score among the patches that vote for it, and the logarithm of the
    /// sum.
    votes: Option<(f32, f32)>,
}

/// Numbers from how a candidate lies among the others and what the models say of it.
const RELATION_INPUTS: usize = 17;
/// Numbers from where it comes.
const SOURCE_INPUTS: usize = 8;

/// Numbers for each candidate, where tokens are `width` wide.
pub fn inputs(width: usize) -> usize {
    4 * TokenBasis::channels(width) + 2 * RELATION_INPUTS + SOURCE_INPUTS + GEOMETRY_INPUTS
}

/// The map's candidates and the head's, their sides corrected.
pub fn candidates(
    sight: &PictureFeatures,
    basis: &TokenBasis,
    models: &CandidateModels,
) -> Candidates {
    let field = FeatureField::new(sight, basis);
    let (scores, votes) = models.dense.votes(sight, &dense::features(sight));
    let of_map = sight.candidates.iter().map(|candidate| {
        let map = Some((candidate.score, candidate.threshold));
        (candidate.bbox, CandidateSource { map, votes: None })
    });
    let of_head = votes
        .iter()
        .filter(|vote| vote.bbox.is_valid())
        .map(|vote| {
            let votes = Some((vote.score, (vote.weight + 0.1).ln()));
            (vote.bbox, CandidateSource { map: None, votes })
        });
    let (boxes, origins): (Vec<BBox>, Vec<CandidateSource>) = of_map.chain(of_head).unzip();
    let boxes = models.sides.refine(&field, &boxes);
    let scores = FeatureField::of_map(sight, scores);
    let features = features(sight, &field, &scores, models, &boxes, &origins);
    Candidates { boxes, features }
}

fn features(
    sight: &PictureFeatures,
    field: &FeatureField,
    scores: &FeatureField,
    models: &CandidateModels,
    boxes: &[BBox],
    origins: &[CandidateSource],
) -> Vec<f32> {
    let channels = TokenBasis::channels(sight.width);
    let overlaps = Overlaps::new(boxes);
    let mut features = Vec::with_capacity(boxes.len() * inputs(sight.width));
    for (at, (profile, moves)) in models.sides.look(field, boxes).into_iter().enumerate() {
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
        let relations = relations(sight, scores, &overlaps, boxes, origins, at, &moves);
        features.extend(relations);
        features.extend(relations.map(|x| x * x));
        let (score, threshold) = origins[at].map.unwrap_or_default();
        let (best, sum) = origins[at].votes.unwrap_or_default();
        let is_of_head = f32::from(u8::from(origins[at].votes.is_some()));
        features.extend([score, threshold, best, sum]);
        features.extend([
            score * score,
            threshold * threshold,
            best * best,
            is_of_head,
        ]);
        features.extend(profile.geometry);
    }
    features
}

/// How a candidate lies among the others, how far its sides would still move, and what the head
/// says of the patches in it.
fn relations(
    sight: &PictureFeatures,
    scores: &FeatureField,
    overlaps: &Overlaps,
    boxes: &[BBox],
    origins: &[CandidateSource],
    at: usize,
    moves: &[f32; 4],
) -> [f32; RELATION_INPUTS] {
    let count = boxes.len() as f32;
    let (mut sum, mut alike, mut near, mut inside, mut around) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut best_vote, mut most_votes, mut best_score) = (0.0f32, 0.0f32, 0.0f32);
    for (other, origin) in origins.iter().enumerate() {
        let iou = overlaps.iou(at, other);
        sum += iou;
        alike += f32::from(u8::from(iou > 0.75));
        inside += f32::from(u8::from(overlaps.inside(at, other) > 0.9));
        around += f32::from(u8::from(overlaps.inside(other, at) > 0.9));
        if iou > 0.5 {
            near += 1.0;
            best_score = best_score.max(origin.map.map_or(0.0, |(score, _)| score));
            if let Some((score, sum)) = origin.votes {
                best_vote = best_vote.max(score);
                most_votes = most_votes.max(sum);
            }
        }
    }
    let distances = moves.map(f32::abs);
    let way: f32 = distances.iter().sum();
    let furthest = distances.into_iter().fold(0.0, f32::max);
    let bbox = &boxes[at];
    let mut total = 0.0;
    let mut best = f32::MIN;
    let mut middle = 0.0;
    for (row, v) in ACROSS.iter().enumerate() {
        for (column, u) in ACROSS.iter().enumerate() {
            let place = (bbox.x0 + u * bbox.width(), bbox.y0 + v * bbox.height());
            let mut score = [0.0];
            scores.add_at(place, 1.0, &mut score);
            total += score[0];
            best = best.max(score[0]);
            if row == ACROSS.len() / 2 && column == row {
                middle = score[0];
            }
        }
    }
    let (width, height) = sight.size;
    let share = bbox.area() / (width as f32 * height as f32);
    let places = (ACROSS.len() * ACROSS.len()) as f32;
    [
        sum / count,
        alike / count,
        near / count,
        near / 30.0,
        best_vote,
        most_votes,
        best_score,
        inside / count,
        around / count,
        way / 4.0,
        furthest,
        (-3.0 * way).exp(),
        moves[0] + moves[1] - moves[2] - moves[3],
        total / places,
        best,
        middle,
        total * share * sight.grid.patches() as f32 / 250.0,
    ]
}
