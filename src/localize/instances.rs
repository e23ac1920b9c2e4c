//! Objects that touch, separated by normalised cuts (Shi and Malik 2000, 'Normalized Cuts and Image
//! Segmentation').
//!
//! Tokens encode not only what a patch shows, but also where in its object it lies. Where two apples
//! touch, the right side of one meets the left side of the other, and the tokens change abruptly;
//! within one apple they change smoothly. When the common mean of the tokens, which all objects of one
//! kind share, is subtracted, this step makes a cut cheap. So the mean of each region is subtracted,
//! and again the mean of each of its parts.

use std::collections::BTreeMap;

use super::levels::{LevelMap, Region};
use crate::geometry::Grid;

/// The minimum number of patches of each part; smaller parts are not cut off.
const MIN_PART_PATCHES: usize = 8;
/// The minimum number of patches of a part that counts as an object.
const MIN_OBJECT_PATCHES: usize = 12;
/// The number of objects above which cuts do not become cheaper.
const MAX_COUNTED_OBJECTS: usize = 6;
/// Steps of the power iteration for the second eigenvector. It starts along the long side of the
/// region, which is close to the result. With a third of the steps, a tenth of the cuts is missed.
const POWER_STEPS: usize = 300;

/// A cut that costs less separates two objects if the picture shows one object. If it shows several, which
/// are then likely to touch, this times the square root of their number.
const MAX_CUT_COST: f32 = 0.016;
/// The logarithm of how much more a cut costs between parts above one another, as the parts of one object
/// often are, than between parts side by side, as different objects often are.
const STACKING_PENALTY: f32 = 0.5;
/// How fast a bond weakens with the distance between the tokens of two neighbours.
const TEMPERATURE: f32 = 0.3;

/// The object to which each patch belongs, by number from 0, `[P]`; `None` if no objects are separated.
///
/// The foreground consists of the regions of `levels` at `threshold`, where `levels` has `scale` pixels per
/// patch. `similarities [P * P]` are the
/// [instance similarities](super::Evidence::instance_similarity) of the patches.
pub fn instance_labels(
    levels: &LevelMap,
    threshold: f32,
    scale: usize,
    similarities: &[f32],
) -> Option<Vec<u16>> {
    let grid = Grid {
        rows: levels.height / scale,
        columns: levels.width / scale,
    };
    let patches_of = |region: &Region| -> Vec<usize> {
        let mut pixels = vec![0; grid.patches()];
        for pixel in &region.pixels {
            pixels[patch_at(levels, *pixel, scale)] += 1;
        }
        let patches = 0..grid.patches();
        patches
            .filter(|patch| 2 * pixels[*patch] > scale * scale)
            .collect()
    };
    let regions = levels.regions(threshold);
    let regions: Vec<Vec<usize>> = regions.iter().map(patches_of).collect();
    label_parts(&regions, grid, similarities)
}

/// The patch in which a pixel of a map with `scale` pixels per patch lies.
pub fn patch_at(levels: &LevelMap, pixel: usize, scale: usize) -> usize {
    let (x, y) = (pixel % levels.width, pixel / levels.width);
    y / scale * (levels.width / scale) + x / scale
}

/// The regions of `levels` at `threshold`, cut along the borders between objects; `labels [P]` are those
/// of [`instance_labels`]. Pieces of fewer than 12 patches join the neighbour with which they share
/// the longest border.
pub fn split_touching(
    levels: &LevelMap,
    threshold: f32,
    scale: usize,
    labels: &[u16],
) -> Vec<Region> {
    let mut of_pixel: Vec<Option<(usize, u16)>> = vec![None; levels.levels.len()];
    for (number, region) in levels.regions(threshold).iter().enumerate() {
        for pixel in &region.pixels {
            of_pixel[*pixel] = Some((number, labels[patch_at(levels, *pixel, scale)]));
        }
    }
    let mut pieces: Vec<Vec<usize>> = levels
        .components(|pixel| of_pixel[pixel])
        .into_iter()
        .map(|piece| piece.pixels)
        .collect();
    let mut piece_of: Vec<Option<usize>> = vec![None; levels.levels.len()];
    for (number, pixels) in pieces.iter().enumerate() {
        for pixel in pixels {
            piece_of[*pixel] = Some(number);
        }
    }
    let min_object_pixels = MIN_OBJECT_PATCHES * scale * scale;
    let mut small: Vec<usize> = (0..pieces.len())
        .filter(|piece| pieces[*piece].len() < min_object_pixels)
        .collect();
    // Smallest first. Pieces that have grown enough in the meantime stay.
    while let Some(smallest) = (0..small.len()).min_by_key(|at| pieces[small[*at]].len()) {
        let piece = small.swap_remove(smallest);
        if pieces[piece].len() >= min_object_pixels {
            continue;
        }
        let mut borders: BTreeMap<usize, usize> = BTreeMap::new();
        for pixel in &pieces[piece] {
            let others = levels
                .side_neighbours(*pixel)
                .filter_map(|side| piece_of[side]);
            for other in others.filter(|other| *other != piece) {
                *borders.entry(other).or_default() += 1;
            }
        }
        // The first of equals.
        let longest = borders.into_iter().rev().max_by_key(|(_, length)| *length);
        let Some((neighbour, _)) = longest else {
            continue;
        };
        let pixels = std::mem::take(&mut pieces[piece]);
        for pixel in &pixels {
            piece_of[*pixel] = Some(neighbour);
        }
        pieces[neighbour].extend(pixels);
    }
    pieces
        .into_iter()
        .filter(|pixels| !pixels.is_empty())
        .map(|pixels| Region::new(pixels, levels.width))
        .collect()
}

/// Gives each patch the number of the nearest object, from 0, `[P]`; `None` if no region is cut.
///
/// `regions` are the patches of each connected region of the foreground.
fn label_parts(regions: &[Vec<usize>], grid: Grid, similarities: &[f32]) -> Option<Vec<u16>> {
    let trees = regions
        .iter()
        .map(|region| CutTree::new(region.clone(), grid, similarities));
    let trees: Vec<CutTree> = trees.collect();
    let objects = |max_cost: f32| -> Vec<&Vec<usize>> {
        let mut objects = Vec::new();
        for tree in &trees {
            tree.collect(max_cost, &mut objects);
        }
        objects
    };
    let first = objects(MAX_CUT_COST);
    let large = first.iter().filter(|part| part.len() >= MIN_OBJECT_PATCHES);
    let count = large.count().clamp(1, MAX_COUNTED_OBJECTS) as f32;
    let objects = objects(MAX_CUT_COST * count.sqrt());
    if objects.len() == regions.len() {
        return None;
    }
    let mut labels = vec![None; grid.patches()];
    for (label, part) in objects.into_iter().enumerate() {
        for patch in part {
            labels[*patch] = Some(label as u16);
        }
    }
    Some(spread_labels(labels, grid))
}

/// A region, its cheapest cut, and the cuts of its parts.
struct CutTree {
    patches: Vec<usize>,
    cut: Option<Cut>,
}

struct Cut {
    cost: f32,
    parts: [Box<CutTree>; 2],
}

impl CutTree {
    fn new(patches: Vec<usize>, grid: Grid, similarities: &[f32]) -> Self {
        let cut = Cut::new(&patches, grid, similarities);
        Self { patches, cut }
    }

    /// The parts that remain after all cuts that cost less than `max_cost`.
    fn collect<'a>(&'a self, max_cost: f32, parts: &mut Vec<&'a Vec<usize>>) {
        match &self.cut {
            Some(cut) if cut.cost < max_cost => {
                for part in &cut.parts {
                    part.collect(max_cost, parts);
                }
            }
            _ => parts.push(&self.patches),
        }
    }
}

impl Cut {
    fn new(region: &[usize], grid: Grid, similarities: &[f32]) -> Option<Self> {
        if region.len() < 2 * MIN_PART_PATCHES {
            return None;
        }
        let graph = PatchGraph::new(region, grid, similarities);
        let (cost, is_one) =
            graph.best_cut(&graph.second_eigenvector(&initial_vector(region, grid)));
        let side = |of_one: bool| -> Vec<usize> {
            let patches = region.iter().zip(&is_one);
            let patches = patches.filter(|(_, is_one)| **is_one == of_one);
            patches.map(|(patch, _)| *patch).collect()
        };
        let parts = [side(true), side(false)];
        if parts.iter().any(|part| part.len() < MIN_PART_PATCHES) {
            return None;
        }
        let [one, other] = parts.each_ref().map(|part| centre(part, grid));
        let (vertical, horizontal) = ((one.0 - other.0).abs(), (one.1 - other.1).abs());
        let stacked = vertical / (vertical + horizontal).max(f32::MIN_POSITIVE);
        Some(Self {
            cost: cost * (STACKING_PENALTY * (stacked - 0.5)).exp(),
            parts: parts.map(|part| Box::new(CutTree::new(part, grid, similarities))),
        })
    }
}

/// The mean row and column of patches.
fn centre(patches: &[usize], grid: Grid) -> (f32, f32) {
    let (rows, columns) = patches.iter().fold((0, 0), |(rows, columns), patch| {
        (rows + patch / grid.columns, columns + patch % grid.columns)
    });
    let count = patches.len() as f32;
    (rows as f32 / count, columns as f32 / count)
}

/// The neighbours of a patch, at most eight.
fn neighbours(patch: usize, grid: Grid) -> impl Iterator<Item = usize> {
    let (row, column) = (patch / grid.columns, patch % grid.columns);
    let rows = row.saturating_sub(1)..=(row + 1).min(grid.rows - 1);
    rows.flat_map(move |y| {
        let columns = column.saturating_sub(1)..=(column + 1).min(grid.columns - 1);
        columns.map(move |x| y * grid.columns + x)
    })
    .filter(move |neighbour| *neighbour != patch)
}

/// The position of each patch of a region along its longest axis.
fn initial_vector(region: &[usize], grid: Grid) -> Vec<f32> {
    let (mean_y, mean_x) = centre(region, grid);
    let positions: Vec<(f32, f32)> = region
        .iter()
        .map(|patch| ((patch / grid.columns) as f32, (patch % grid.columns) as f32))
        .collect();
    let (mut yy, mut xx, mut xy) = (0.0, 0.0, 0.0);
    for (y, x) in &positions {
        let (y, x) = (y - mean_y, x - mean_x);
        (yy, xx, xy) = (yy + y * y, xx + x * x, xy + x * y);
    }
    let (sin, cos) = (0.5 * (2.0 * xy).atan2(xx - yy)).sin_cos();
    let along = positions
        .iter()
        .map(|(y, x)| (x - mean_x) * cos + (y - mean_y) * sin);
    along.collect()
}

/// The patches of a region and the bonds between neighbours.
struct PatchGraph {
    /// For each patch, the indices in the region of its neighbours, and the bonds.
    bonds: Vec<Vec<(usize, f32)>>,
    /// The sum of the bonds of each patch.
    degrees: Vec<f32>,
}

impl PatchGraph {
    fn new(region: &[usize], grid: Grid, similarities: &[f32]) -> Self {
        let patches = grid.patches();
        let mut index = vec![None; patches];
        for (at, patch) in region.iter().enumerate() {
            index[*patch] = Some(at);
        }
        // The products of the tokens minus their mean in the region, from the products of the tokens.
        let row = |patch: usize| &similarities[patch * patches..][..patches];
        let count = region.len() as f32;
        let means: Vec<f32> = region
            .iter()
            .map(|patch| region.iter().map(|other| row(*patch)[*other]).sum::<f32>() / count)
            .collect();
        let mean = means.iter().sum::<f32>() / count;
        let product = |a: usize, b: usize| row(region[a])[region[b]] - means[a] - means[b] + mean;
        let lengths: Vec<f32> = (0..region.len())
            .map(|at| product(at, at).max(f32::EPSILON).sqrt())
            .collect();
        let bonds: Vec<Vec<(usize, f32)>> = region
            .iter()
            .enumerate()
            .map(|(a, patch)| {
                let neighbours = neighbours(*patch, grid).filter_map(|patch| index[patch]);
                let bond = |b: usize| {
                    let cosine = product(a, b) / (lengths[a] * lengths[b]);
                    (b, ((cosine - 1.0) / TEMPERATURE).exp())
                };
                neighbours.map(bond).collect()
            })
            .collect();
        let degree = |bonds: &Vec<(usize, f32)>| {
            let sum: f32 = bonds.iter().map(|(_, bond)| bond).sum();
            sum.max(f32::EPSILON)
        };
        Self {
            degrees: bonds.iter().map(degree).collect(),
            bonds,
        }
    }

    /// The second eigenvector of the normalised Laplacian, divided by the square roots of the degrees:
    /// the relaxed cut. It is found by power iteration on `I + D^-1/2 W D^-1/2`, with the first
    /// eigenvector removed in every step.
    fn second_eigenvector(&self, start: &[f32]) -> Vec<f32> {
        let roots: Vec<f32> = self.degrees.iter().map(|degree| degree.sqrt()).collect();
        let total: f32 = self.degrees.iter().sum();
        let mut vector: Vec<f32> = start.iter().zip(&roots).map(|(x, root)| x * root).collect();
        for _ in 0..POWER_STEPS {
            let first = dot(&vector, &roots) / total;
            for (x, root) in vector.iter_mut().zip(&roots) {
                *x -= first * root;
            }
            let length = dot(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
            vector.iter_mut().for_each(|x| *x /= length);
            let step = self.bonds.iter().enumerate().map(|(a, bonds)| {
                let sum: f32 = bonds
                    .iter()
                    .map(|(b, bond)| bond * vector[*b] / roots[*b])
                    .sum();
                vector[a] + sum / roots[a]
            });
            vector = step.collect();
        }
        vector
            .iter()
            .zip(&roots)
            .map(|(x, root)| x / root)
            .collect()
    }

    /// The cheapest cut between low and high values that leaves at least a tenth on either side: its
    /// normalised cost, and which patches lie on one side of it.
    fn best_cut(&self, values: &[f32]) -> (f32, Vec<bool>) {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let total: f32 = self.degrees.iter().sum();
        let mut is_one = vec![false; values.len()];
        let (mut cut, mut volume) = (0.0, 0.0);
        let mut best = (f32::INFINITY, 0);
        for (at, patch) in order.iter().enumerate() {
            is_one[*patch] = true;
            volume += self.degrees[*patch];
            for (other, bond) in &self.bonds[*patch] {
                cut += if is_one[*other] { -bond } else { *bond };
            }
            let share = (at + 1) as f32 / values.len() as f32;
            if !(0.1..=0.9).contains(&share) {
                continue;
            }
            let cost = cut / volume + cut / (total - volume);
            if cost < best.0 {
                best = (cost, at + 1);
            }
        }
        let mut is_one = vec![false; values.len()];
        for patch in &order[..best.1] {
            is_one[*patch] = true;
        }
        (best.0, is_one)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Spreads labels over the whole grid: each patch takes the label of a nearest labelled patch.
fn spread_labels(mut labels: Vec<Option<u16>>, grid: Grid) -> Vec<u16> {
    let is_labelled = |patch: &usize| labels[*patch].is_some();
    let mut ring: Vec<usize> = (0..labels.len()).filter(is_labelled).collect();
    while !ring.is_empty() {
        let mut next = Vec::new();
        for patch in ring {
            for neighbour in neighbours(patch, grid) {
                if labels[neighbour].is_none() {
                    labels[neighbour] = labels[patch];
                    next.push(neighbour);
                }
            }
        }
        ring = next;
    }
    labels.into_iter().map(Option::unwrap_or_default).collect()
}
