//! What each patch predicts about the object that it lies in: how near the centre is, and how far away the
//! sides are. This is the idea of FCOS (Tian et al. 2019, arXiv 1904.01355) as a ridge regression on
//! tokens.

use super::picture_features::{MAP_COUNT, PictureFeatures};
use crate::geometry::{BBox, Grid};
use crate::learn::ridge::{GramSums, predict};

/// Weight of the map inputs relative to the tokens, whose numbers have a mean square of 1.
const MAP_WEIGHT: f32 = 4.0;
/// Penalty of the ridge regression for the centre.
const CENTRE_PENALTY: f64 = 0.05;
/// Penalty of the ridge regression for the sides.
const REACH_PENALTY: f64 = 0.2;
/// Minimum distance to a side in patches, because zero has no logarithm.
const MIN_REACH_PATCHES: f32 = 0.15;
/// Weight of a patch at the border of an object relative to one in its centre.
const BORDER_WEIGHT: f32 = 0.05;
/// Patches below this score propose no box.
const MIN_SCORE: f32 = 0.08;
/// Patches whose boxes have at least this IoU vote together.
const SAME_VOTE_IOU: f32 = 0.6;
/// A patch whose box has at least this IoU with a better one yields no box.
const SAME_OBJECT_IOU: f32 = 0.5;
/// Maximum number of boxes.
const MAX_VOTES: usize = 15;

/// Number of inputs for each patch if tokens have this width.
pub fn inputs(width: usize) -> usize {
    2 * width + 2 * MAP_COUNT + 1
}

/// The index of the input that is [`MAP_WEIGHT`] everywhere.
fn constant_input(width: usize) -> usize {
    inputs(width) - 1
}

/// The inputs of each patch: its token, the mean of its neighbourhood, and the maps, `[P * inputs]`.
pub fn features(picture: &PictureFeatures) -> Vec<f32> {
    let (width, patches) = (picture.width, picture.grid.patches());
    let tokens = picture.unit_tokens();
    let mut features = Vec::with_capacity(patches * inputs(width));
    let mut mean = vec![0.0; width];
    for patch in 0..patches {
        features.extend_from_slice(&tokens[patch * width..][..width]);
        mean.fill(0.0);
        let mut count = 0.0;
        for neighbour in neighbours(picture.grid, patch) {
            count += 1.0;
            let token = &tokens[neighbour * width..][..width];
            mean.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
        }
        features.extend(mean.iter().map(|sum| sum / count));
        for map in &picture.maps {
            features.extend([
                MAP_WEIGHT * map[patch],
                MAP_WEIGHT * map[patch] * map[patch],
            ]);
        }
        features.push(MAP_WEIGHT);
    }
    features
}

/// The patch and its up to eight neighbours.
fn neighbours(grid: Grid, patch: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (patch / grid.columns, patch % grid.columns);
    let rows = row.saturating_sub(1)..(row + 2).min(grid.rows);
    rows.flat_map(move |row| {
        let columns = column.saturating_sub(1)..(column + 2).min(grid.columns);
        columns.map(move |column| row * grid.columns + column)
    })
}

/// The target of a patch in an object.
#[derive(Clone, Copy)]
struct PatchTarget {
    /// 1 in the centre, 0 at the border (centre-ness in FCOS).
    centre: f32,
    /// Logarithms of the distances to the left, top, right and bottom, in patches.
    reach: [f32; 4],
}

/// The target of each patch, `[P]`. Where objects overlap, the smallest one counts.
fn targets(picture: &PictureFeatures, truth: &[BBox]) -> Vec<Option<PatchTarget>> {
    let (width, height) = picture.patch();
    let mut targets = vec![None; picture.grid.patches()];
    let mut large_first: Vec<&BBox> = truth.iter().collect();
    large_first.sort_by(|a, b| b.area().total_cmp(&a.area()));
    for bbox in large_first {
        for patch in picture.patches_in(bbox) {
            let (x, y) = picture.centre(patch);
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

/// The sums from which the head is solved.
#[derive(Clone)]
pub struct DenseSums {
    /// Over all patches.
    centre: GramSums,
    /// Over those in objects, weighted by how near the centre they are.
    reach: GramSums,
}

impl DenseSums {
    /// The sums over no pictures, for tokens of this width.
    pub fn new(width: usize) -> Self {
        Self {
            centre: GramSums::new(inputs(width), 1),
            reach: GramSums::new(inputs(width), 4),
        }
    }

    /// The sums over one picture.
    pub fn of(picture: &PictureFeatures, truth: &[BBox]) -> Self {
        let inputs = inputs(picture.width);
        let features = features(picture);
        let mut all = Vec::with_capacity(picture.grid.patches() * (inputs + 1));
        let mut inside = Vec::new();
        let patches = features.chunks_exact(inputs);
        for (features, target) in patches.zip(targets(picture, truth)) {
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

    /// Adds other sums, times `sign`.
    pub fn add(&mut self, other: &Self, sign: f64) {
        self.centre.add(&other.centre, sign);
        self.reach.add(&other.reach, sign);
    }

    /// The mean of the tokens `[width]` and the axes `[axes * width]` along which they vary most.
    pub fn principal_axes(&self, width: usize, axes: usize) -> Option<(Vec<f32>, Vec<f32>)> {
        let constant = constant_input(width);
        self.centre
            .principal_axes(width, constant, f64::from(MAP_WEIGHT), axes)
    }

    /// The head that fits these sums.
    pub fn solve(&self) -> Option<DenseHead> {
        Some(DenseHead {
            centre: self.centre.solve(CENTRE_PENALTY)?,
            reach: self.reach.solve(REACH_PENALTY)?,
        })
    }
}

/// The two linear maps from the inputs of a patch.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseHead {
    /// To the centre-ness, `[inputs]`.
    pub centre: Vec<f32>,
    /// To the logarithms of the distances, `[inputs * 4]`.
    pub reach: Vec<f32>,
}

/// A box that patches agree on.
#[derive(Clone, Copy, Debug)]
pub struct VotedBox {
    /// The weighted mean of their boxes, in picture pixels.
    pub bbox: BBox,
    /// The best score among the patches.
    pub score: f32,
    /// The sum of their scores, each times its IoU with the best box.
    pub weight: f32,
}

impl DenseHead {
    /// The score of each patch `[P]`, and the boxes that patches vote for, best first.
    pub fn votes(&self, picture: &PictureFeatures, features: &[f32]) -> (Vec<f32>, Vec<VotedBox>) {
        let inputs = self.centre.len();
        let scores = predict(features, &self.centre, inputs, 1);
        let reach = predict(features, &self.reach, inputs, 4);
        let (width, height) = picture.patch();
        let mut boxes: Vec<(f32, BBox)> = Vec::new();
        for (patch, score) in scores
            .iter()
            .enumerate()
            .filter(|(_, score)| **score > MIN_SCORE)
        {
            let (x, y) = picture.centre(patch);
            let [left, top, right, bottom] =
                [0, 1, 2, 3].map(|side| reach[4 * patch + side].clamp(-2.0, 4.0).exp());
            let bbox = BBox {
                x0: x - left * width,
                y0: y - top * height,
                x1: x + right * width,
                y1: y + bottom * height,
            };
            boxes.extend(
                bbox.clipped(picture.size.0, picture.size.1)
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
            votes.push(VotedBox {
                bbox,
                score,
                weight,
            });
        }
        (scores, votes)
    }
}
