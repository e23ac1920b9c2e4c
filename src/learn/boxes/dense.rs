//! What each patch says of the object that it lies in: how near to its middle, and how far its
//! sides are. The idea is FCOS's (Tian et al. 2019, arXiv 1904.01355) as a ridge over tokens.

use super::ridge::{GramSums, predict};
use super::sight::{MAP_COUNT, PictureFeatures};
use crate::geometry::{BBox, Grid};

/// What the inputs beside the tokens count, whose numbers are of size 1.
const MAP_WEIGHT: f32 = 4.0;
/// Of the ridge for the middle and of that for the sides.
const CENTRE_PENALTY: f64 = 0.05;
const REACH_PENALTY: f64 = 0.2;
/// The nearest that a side is learnt to be, in patches: logarithms know no zero.
const MIN_REACH_PATCHES: f32 = 0.15;
/// What a patch at the border of an object counts beside one in its middle.
const BORDER_WEIGHT: f32 = 0.05;
/// Patches below this score propose nothing.
const MIN_SCORE: f32 = 0.08;
/// Patches whose boxes overlap so much vote together.
const SAME_VOTE_IOU: f32 = 0.6;
/// Patches whose boxes overlap so much with a better one's have no box of their own.
const SAME_OBJECT_IOU: f32 = 0.5;
/// The most boxes.
const MAX_VOTES: usize = 15;

/// Numbers for each patch, where tokens are `width` wide.
pub fn inputs(width: usize) -> usize {
    2 * width + 2 * MAP_COUNT + 1
}

/// The input that is [`MAP_WEIGHT`] everywhere.
fn one(width: usize) -> usize {
    inputs(width) - 1
}

/// Each patch's token, the mean of its neighbourhood, and the maps, `[P * inputs]`.
pub fn features(sight: &PictureFeatures) -> Vec<f32> {
    let (width, patches) = (sight.width, sight.grid.patches());
    let tokens = sight.unit_tokens();
    let mut features = Vec::with_capacity(patches * inputs(width));
    let mut mean = vec![0.0; width];
    for patch in 0..patches {
        features.extend_from_slice(&tokens[patch * width..][..width]);
        mean.fill(0.0);
        let mut count = 0.0;
        for neighbour in neighbours(sight.grid, patch) {
            count += 1.0;
            let token = &tokens[neighbour * width..][..width];
            mean.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
        }
        features.extend(mean.iter().map(|sum| sum / count));
        for map in &sight.maps {
            features.extend([
                MAP_WEIGHT * map[patch],
                MAP_WEIGHT * map[patch] * map[patch],
            ]);
        }
        features.push(MAP_WEIGHT);
    }
    features
}

/// The patch and those around it.
fn neighbours(grid: Grid, patch: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (patch / grid.columns, patch % grid.columns);
    let rows = row.saturating_sub(1)..(row + 2).min(grid.rows);
    rows.flat_map(move |row| {
        let columns = column.saturating_sub(1)..(column + 2).min(grid.columns);
        columns.map(move |column| row * grid.columns + column)
    })
}

/// Of a patch in an object.
#[derive(Clone, Copy)]
struct PatchTarget {
    /// 1 in the middle, 0 at the border (FCOS's centre-ness).
    centre: f32,
    /// Logarithms of the distances to the left, top, right and bottom, in patches.
    reach: [f32; 4],
}

fn targets(sight: &PictureFeatures, truth: &[BBox]) -> Vec<Option<PatchTarget>> {
    let (width, height) = sight.patch();
    let mut targets = vec![None; sight.grid.patches()];
    let mut large_first: Vec<&BBox> = truth.iter().collect();
    large_first.sort_by(|a, b| b.area().total_cmp(&a.area()));
    for bbox in large_first {
        for patch in sight.patches_in(bbox) {
            let (x, y) = sight.centre(patch);
            let reach = [
                (x - bbox.x0) / width,
                (y - bbox.y0) / height,
                (bbox.x1 - x) / width,
                (bbox.y1 - y) / height,
            ];
            let between = |a: f32, b: f32| (a.min(b) / a.max(b).max(1e-6)).clamp(0.0, 1.0);
            targets[patch] = Some(PatchTarget {
                centre: (between(reach[0], reach[2]) * between(reach[1], reach[3])).sqrt(),
                reach: reach.map(|x| x.max(MIN_REACH_PATCHES).ln()),
            });
        }
    }
    targets
}

/// What reviewed pictures teach the head.
#[derive(Clone)]
pub struct DenseSums {
    /// Over all patches.
    centre: GramSums,
    /// Over those in objects, by how near the middle they are.
    reach: GramSums,
}

impl DenseSums {
    /// Of no pictures with tokens `width` wide.
    pub fn new(width: usize) -> Self {
        Self {
            centre: GramSums::new(inputs(width), 1),
            reach: GramSums::new(inputs(width), 4),
        }
    }

    /// Of one picture.
    pub fn of(sight: &PictureFeatures, truth: &[BBox]) -> Self {
        let inputs = inputs(sight.width);
        let features = features(sight);
        let mut all = Vec::with_capacity(sight.grid.patches() * (inputs + 1));
        let mut inside = Vec::new();
        let patches = features.chunks_exact(inputs);
        for (features, target) in patches.zip(targets(sight, truth)) {
            all.extend_from_slice(features);
            all.push(target.map_or(0.0, |target| target.centre));
            if let Some(target) = target {
                let weight = (target.centre + BORDER_WEIGHT).sqrt();
                inside.extend(features.iter().chain(&target.reach).map(|x| weight * x));
            }
        }
        Self {
            centre: GramSums::of(&all, inputs, 1),
            reach: GramSums::of(&inside, inputs, 4),
        }
    }

    /// Adds others `sign` times.
    pub fn add(&mut self, other: &Self, sign: f64) {
        self.centre.add(&other.centre, sign);
        self.reach.add(&other.reach, sign);
    }

    /// The tokens' mean `[width]` and the axes `[axes * width]` along which they vary most.
    pub fn principal_axes(&self, width: usize, axes: usize) -> Option<(Vec<f32>, Vec<f32>)> {
        let one = one(width);
        self.centre
            .principal_axes(width, one, f64::from(MAP_WEIGHT), axes)
    }

    /// The head that they teach.
    pub fn solve(&self) -> Option<DenseHead> {
        Some(DenseHead {
            centre: self.centre.solve(CENTRE_PENALTY)?,
            reach: self.reach.solve(REACH_PENALTY)?,
        })
    }
}

/// The two linear maps from a patch's features.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseHead {
    /// `[inputs]`.
    pub centre: Vec<f32>,
    /// `[inputs * 4]`.
    pub reach: Vec<f32>,
}

/// A box that patches agree on.
#[derive(Clone, Copy, Debug)]
pub struct Vote {
    /// The mean of their boxes.
    pub bbox: BBox,
    /// The best score among them.
    pub score: f32,
    /// All their scores, by how much they agree.
    pub weight: f32,
}

impl DenseHead {
    /// Every patch's score `[P]`, and the boxes that they vote for, best first.
    pub fn votes(&self, sight: &PictureFeatures, features: &[f32]) -> (Vec<f32>, Vec<Vote>) {
        let inputs = self.centre.len();
        let scores = predict(features, &self.centre, inputs, 1);
        let reach = predict(features, &self.reach, inputs, 4);
        let (width, height) = sight.patch();
        let mut boxes: Vec<(f32, BBox)> = Vec::new();
        for (patch, score) in scores
            .iter()
            .enumerate()
            .filter(|(_, score)| **score > MIN_SCORE)
        {
            let (x, y) = sight.centre(patch);
            let [left, top, right, bottom] =
                [0, 1, 2, 3].map(|side| reach[4 * patch + side].clamp(-2.0, 4.0).exp());
            let bbox = BBox {
                x0: x - left * width,
                y0: y - top * height,
                x1: x + right * width,
                y1: y + bottom * height,
            };
            boxes.extend(
                bbox.clipped(sight.size.0, sight.size.1)
                    .map(|bbox| (*score, bbox)),
            );
        }
        boxes.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut is_free = vec![true; boxes.len()];
        let mut votes = Vec::new();
        for at in 0..boxes.len() {
            if !is_free[at] || votes.len() == MAX_VOTES {
                continue;
            }
            let (score, best) = boxes[at];
            let mut sum = [0.0; 4];
            let mut weight = 0.0;
            for ((score, bbox), is_free) in boxes.iter().zip(&mut is_free) {
                let overlap = best.iou(bbox);
                if overlap >= SAME_VOTE_IOU {
                    let own = score * overlap;
                    weight += own;
                    let edges = [bbox.x0, bbox.y0, bbox.x1, bbox.y1];
                    sum.iter_mut()
                        .zip(edges)
                        .for_each(|(sum, x)| *sum += own * x);
                }
                *is_free &= overlap < SAME_OBJECT_IOU;
            }
            let [x0, y0, x1, y1] = sum.map(|sum| sum / weight);
            let bbox = BBox { x0, y0, x1, y1 };
            votes.push(Vote {
                bbox,
                score,
                weight,
            });
        }
        (scores, votes)
    }
}
