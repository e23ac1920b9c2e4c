//! Evidence -> maps -> boxes, on plain slices.
//!
//! A map has one value a patch. It is enlarged bilinearly, brought to levels 0..=255 by its own
//! minimum and maximum, cut at a threshold, and each connected region of what is left is a box.
//! That is the paper's recipe to the letter. [`Method::Affinity`] goes beyond it in the map, which
//! it carries along the picture's own affinities, and in telling touching objects apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::geometry::{BBox, Grid};

/// Layers, from the last, whose class-token attention localises objects in [`Method::Affinity`]
/// and [`Method::Attention`]; earlier ones look at textures. The paper sums all layers.
const ATTENTION_LAYERS: usize = 3;
/// Temperature of the softmax over key similarities.
const AFFINITY_TEMPERATURE: f32 = 0.3;
/// How often a map is carried along the affinities.
const AFFINITY_STEPS: usize = 2;
/// Pixels a patch to which affinity maps are enlarged; more is slower and no better.
const AFFINITY_SCALE: usize = 4;
/// Levels (of 255) by which the lesser of two touching objects must rise above their saddle.
const SPLIT_DEPTH: u8 = 19;
/// Patches that the lesser of two touching objects must have.
const SPLIT_PATCHES: usize = 12;
/// Patches that a region must have to be proposed, where any number of boxes may be.
const MIN_PATCHES: f32 = 4.0;
/// A map whose range is less than this share of its maximum is constant but for rounding.
const FLAT: f32 = 1e-5;
/// Evidence at which a score is one half.
const HALF_EVIDENCE: f32 = 0.01;

/// What a transformer saw in one picture; P patches, L layers, C classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The grid of the P patches.
    pub grid: Grid,
    /// Side of a patch in pixels of the transformer's input.
    pub patch_size: usize,
    /// The class token's attention to each patch, mean over heads, `[L][P]`.
    pub attention: Vec<Vec<f32>>,
    /// Cosine similarity of the last layer's keys, `[P * P]`, row by row.
    pub key_similarity: Vec<f32>,
    /// What a class head made of the patches, if there is one.
    pub classes: Option<ClassEvidence>,
}

/// A class head's view of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassEvidence {
    /// One logit a class, `[C]`.
    pub logits: Vec<f32>,
    /// One semantic map a class, `[C][P]`.
    pub maps: Vec<Vec<f32>>,
}

impl ClassEvidence {
    /// Classes and their probabilities (softmax of the logits), most probable first.
    pub fn ranked(&self) -> Vec<(usize, f32)> {
        let max = self
            .logits
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let exponentials: Vec<f32> = self.logits.iter().map(|x| (x - max).exp()).collect();
        let sum: f32 = exponentials.iter().sum();
        let mut ranked: Vec<(usize, f32)> =
            exponentials.iter().map(|x| x / sum).enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

impl Evidence {
    /// The class token's attention summed over the last layers, `[P]`.
    pub fn summed_attention(&self) -> Vec<f32> {
        self.attention_of_last(ATTENTION_LAYERS)
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        let classes = self.classes.iter();
        let of_classes = classes.flat_map(|classes| classes.maps.iter().chain([&classes.logits]));
        let all = self.attention.iter().chain([&self.key_similarity]);
        all.chain(of_classes)
            .flatten()
            .all(|number| number.is_finite())
    }

    fn attention_of_last(&self, layers: usize) -> Vec<f32> {
        let first = self.attention.len().saturating_sub(layers);
        let mut sum = vec![0.0; self.grid.patches()];
        for layer in &self.attention[first..] {
            for (total, value) in sum.iter_mut().zip(layer) {
                *total += value;
            }
        }
        sum
    }
}

/// How a map is made from the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// The paper's coupling `A * S`: attention of all layers times the class map.
    TsCam,
    /// The coupled map carried along the picture's own key affinities, `P P (A * S)`, so that it
    /// covers whole objects. `P P A` where no class is known.
    #[default]
    Affinity,
    /// The class token's attention alone; needs no class.
    Attention,
}

impl Method {
    /// Every method, in the order of the help texts.
    pub const ALL: [Self; 3] = [Self::Affinity, Self::TsCam, Self::Attention];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::TsCam => "ts-cam",
            Self::Affinity => "affinity",
            Self::Attention => "attention",
        }
    }

    /// Where its maps are cut unless told otherwise, in 0..1 of their range.
    pub fn default_threshold(self) -> f32 {
        match self {
            // The official code's for ILSVRC; 0.1 for CUB.
            Self::TsCam => 0.12,
            // Between 0.52 and 0.54 no development set loses more than 3 points of GT-known Loc
            // against its own best threshold.
            Self::Affinity => 0.52,
            Self::Attention => 0.2,
        }
    }

    /// Pixels a patch to which its maps are enlarged; the paper's are as large as the input.
    fn scale(self, patch_size: usize) -> usize {
        match self {
            Self::TsCam => patch_size,
            Self::Affinity | Self::Attention => AFFINITY_SCALE,
        }
    }

    /// When touching objects are told apart; the paper never does.
    fn split(self) -> Option<Split> {
        (self == Self::Affinity).then_some(Split {
            depth: SPLIT_DEPTH,
            min_area: SPLIT_PATCHES * AFFINITY_SCALE * AFFINITY_SCALE,
        })
    }

    /// Whether it cannot do without a class map.
    pub fn needs_class(self) -> bool {
        self == Self::TsCam
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or_else(|| format!("{text:?} is no method; choose affinity, ts-cam or attention"))
    }
}

/// One value a patch: how much the patch belongs to the object, on no fixed scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The grid of the values.
    pub grid: Grid,
    /// Row by row, `[P]`.
    pub values: Vec<f32>,
}

/// The maps of one picture: all that is left to keep of the evidence once it has been looked at.
/// Boxes come of them at any threshold and by any method, without the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Maps {
    /// Side of a patch in pixels of the transformer's input.
    pub patch_size: usize,
    /// The class token's attention of the last layers.
    pub attention: Map,
    /// The attention carried along the affinities: any object.
    pub object: Map,
    /// The classes that were looked for.
    pub classes: Vec<ClassMaps>,
}

/// The maps of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMaps {
    /// An index into the head's classes.
    pub class: usize,
    /// How probable the class is, in 0..=1.
    pub probability: f32,
    /// The paper's coupled map, `A * S` over all layers.
    pub coupled: Map,
    /// The last layers' coupled map carried along the affinities.
    pub carried: Map,
}

impl Maps {
    /// Makes the maps of these classes of the head, each with its probability, and those of any
    /// object. Classes that the evidence has no map of are left out.
    pub fn new(evidence: &Evidence, classes: &[(usize, f32)]) -> Self {
        let affinity = Affinity::new(evidence, AFFINITY_TEMPERATURE);
        let carried = |map| (0..AFFINITY_STEPS).fold(map, |map: Vec<f32>, _| affinity.carry(&map));
        let map = |values| Map {
            grid: evidence.grid,
            values,
        };
        let attention = evidence.summed_attention();
        let of_class = |&(class, probability): &(usize, f32)| {
            let semantic = evidence.classes.as_ref()?.maps.get(class)?;
            let couple = |attention: &[f32]| -> Vec<f32> {
                attention.iter().zip(semantic).map(|(a, s)| a * s).collect()
            };
            let all_layers = evidence.attention_of_last(evidence.attention.len());
            Some(ClassMaps {
                class,
                probability,
                coupled: map(couple(&all_layers)),
                carried: map(carried(couple(&attention))),
            })
        };
        Self {
            patch_size: evidence.patch_size,
            classes: classes.iter().filter_map(of_class).collect(),
            object: map(carried(attention.clone())),
            attention: map(attention),
        }
    }

    /// The map of `class`, or of any object if none, by `method`. Nothing if the class was not
    /// looked for, or the method needs one.
    pub fn map(&self, method: Method, class: Option<usize>) -> Option<&Map> {
        let Some(class) = class else {
            return match method {
                Method::TsCam => None,
                Method::Affinity => Some(&self.object),
                Method::Attention => Some(&self.attention),
            };
        };
        let of_class = self.classes.iter().find(|maps| maps.class == class)?;
        Some(match method {
            Method::TsCam => &of_class.coupled,
            Method::Affinity => &of_class.carried,
            Method::Attention => &self.attention,
        })
    }

    /// What was looked for, the most probable class first: any object if no class was.
    pub fn sought(&self) -> Vec<(Option<usize>, f32)> {
        if self.classes.is_empty() {
            return vec![(None, 1.0)];
        }
        let classes = self.classes.iter();
        classes
            .map(|maps| (Some(maps.class), maps.probability))
            .collect()
    }
}

/// How strongly each patch belongs with each other: a row-stochastic `P x P` matrix.
pub struct Affinity {
    rows: Vec<f32>,
    patches: usize,
}

impl Affinity {
    /// The softmax of the key similarities at `temperature`, row by row.
    pub fn new(evidence: &Evidence, temperature: f32) -> Self {
        let patches = evidence.grid.patches();
        let mut rows = evidence.key_similarity.clone();
        for row in rows.chunks_exact_mut(patches.max(1)) {
            // Cosines lie in -1..=1, so the exponentials need no shift by the maximum.
            for x in row.iter_mut() {
                *x = (*x / temperature).exp();
            }
            let sum: f32 = row.iter().sum();
            for x in row.iter_mut() {
                *x /= sum;
            }
        }
        Self { rows, patches }
    }

    /// The map `[P]` after one step: each patch takes the mean of those that it belongs with.
    pub fn carry(&self, map: &[f32]) -> Vec<f32> {
        self.rows
            .chunks_exact(self.patches.max(1))
            .map(|row| row.iter().zip(map).map(|(p, x)| p * x).sum())
            .collect()
    }
}

/// A map enlarged to the transformer's input and brought to 256 levels.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelMap {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `min-max(map) * 255`, rounded down, row by row.
    pub levels: Vec<u8>,
}

impl LevelMap {
    /// Enlarges `map` to `width` x `height` pixels; a constant map has level 0 everywhere.
    pub fn new(map: &Map, width: usize, height: usize) -> Self {
        let values = upsample(map, width, height);
        let (min, max) = values
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), &x| {
                (min.min(x), max.max(x))
            });
        let range = max - min;
        let levels = if range > FLAT * max.abs() && range.is_finite() {
            values
                .iter()
                .map(|x| ((x - min) / range * 255.0) as u8)
                .collect()
        } else {
            vec![0; values.len()]
        };
        Self {
            width,
            height,
            levels,
        }
    }

    /// The regions of connected pixels (8 neighbours) that are strictly above the level
    /// `int(threshold * max)`, `threshold` in 0..1, in the order of their highest pixels.
    ///
    /// The pixels are taken from the highest down, so that each object's peak grows a region of
    /// its own until two meet. There they become one, unless `split` keeps them apart.
    pub fn regions(&self, threshold: f32, split: Option<&Split>) -> Vec<Region> {
        let Some(split) = split else {
            return self.components(self.cut(threshold));
        };
        let mut forest = Forest::default();
        let mut labels = vec![NONE; self.levels.len()];
        let descending = self.descending(self.cut(threshold));
        for &pixel in &descending {
            let level = self.levels[pixel];
            let labelled = self.around(pixel).filter(|&around| labels[around] != NONE);
            let Some(steepest) = labelled.clone().max_by_key(|&around| self.levels[around]) else {
                labels[pixel] = forest.plant(level);
                continue;
            };
            let roots = labelled.map(|around| forest.root(labels[around]));
            let Some(highest) = roots.clone().max_by_key(|&root| forest.rank(root)) else {
                continue;
            };
            for root in roots.collect::<Vec<_>>() {
                let depth = forest.peak[root] - level;
                if split.joins(depth, forest.area[root]) {
                    forest.merge(root, highest);
                }
            }
            let root = forest.root(labels[steepest]);
            forest.area[root] += 1;
            labels[pixel] = root;
        }
        let mut regions: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for pixel in descending {
            regions
                .entry(forest.root(labels[pixel]))
                .or_default()
                .push(pixel);
        }
        regions
            .into_values()
            .map(|pixels| Region::new(pixels, self.width))
            .collect()
    }

    /// The holes that [`Self::regions`] enclose, each with the ring of pixels around it: what
    /// OpenCV's `findContours` gives besides the regions unless it is asked for outer contours
    /// alone. A hole's pixels are connected by their sides, since those of regions are by corners
    /// too.
    pub fn holes(&self, threshold: f32) -> Vec<Region> {
        let cut = self.cut(threshold);
        let mut is_seen: Vec<bool> = self.levels.iter().map(|level| *level > cut).collect();
        let mut holes = Vec::new();
        for start in 0..is_seen.len() {
            if is_seen[start] {
                continue;
            }
            is_seen[start] = true;
            let mut pixels = vec![start];
            let mut at = 0;
            let mut is_enclosed = true;
            while let Some(&pixel) = pixels.get(at) {
                at += 1;
                let (x, y) = (pixel % self.width, pixel / self.width);
                is_enclosed &=
                    (1..self.width - 1).contains(&x) && (1..self.height - 1).contains(&y);
                let sides = [
                    (x > 0).then(|| pixel - 1),
                    (x + 1 < self.width).then(|| pixel + 1),
                    (y > 0).then(|| pixel - self.width),
                    (y + 1 < self.height).then(|| pixel + self.width),
                ];
                for side in sides.into_iter().flatten() {
                    if !is_seen[side] {
                        is_seen[side] = true;
                        pixels.push(side);
                    }
                }
            }
            if is_enclosed {
                let hole = Region::new(pixels, self.width);
                holes.push(Region {
                    x0: hole.x0 - 1,
                    y0: hole.y0 - 1,
                    x1: hole.x1 + 1,
                    y1: hole.y1 + 1,
                    ..hole
                });
            }
        }
        holes
    }

    /// The regions above `cut` where nothing splits them: the same in the same order, many times
    /// as fast, which measuring at every threshold needs.
    fn components(&self, cut: u8) -> Vec<Region> {
        let mut is_left: Vec<bool> = self.levels.iter().map(|level| *level > cut).collect();
        let mut components: Vec<(Reverse<u8>, usize, Region)> = Vec::new();
        for start in 0..is_left.len() {
            if !is_left[start] {
                continue;
            }
            is_left[start] = false;
            let mut pixels = vec![start];
            let mut highest = start;
            let mut at = 0;
            while let Some(&pixel) = pixels.get(at) {
                at += 1;
                let rank = |pixel: usize| (self.levels[pixel], Reverse(pixel));
                if rank(pixel) > rank(highest) {
                    highest = pixel;
                }
                let (x, y) = (pixel % self.width, pixel / self.width);
                for ny in y.saturating_sub(1)..(y + 2).min(self.height) {
                    for nx in x.saturating_sub(1)..(x + 2).min(self.width) {
                        let neighbour = ny * self.width + nx;
                        if is_left[neighbour] {
                            is_left[neighbour] = false;
                            pixels.push(neighbour);
                        }
                    }
                }
            }
            let region = Region::new(pixels, self.width);
            components.push((Reverse(self.levels[highest]), highest, region));
        }
        components.sort_by_key(|(level, pixel, _)| (*level, *pixel));
        let regions = components.into_iter();
        regions.map(|(_, _, region)| region).collect()
    }

    /// The level that stands for `threshold`, in 0..1 of the highest.
    fn cut(&self, threshold: f32) -> u8 {
        let max = self.levels.iter().copied().max().unwrap_or(0);
        (threshold * f32::from(max)) as u8
    }

    /// Pixels above `cut`, highest first, equals in reading order.
    fn descending(&self, cut: u8) -> Vec<usize> {
        let mut by_level = vec![Vec::new(); 256];
        for (pixel, level) in self.levels.iter().enumerate() {
            if *level > cut {
                by_level[usize::from(*level)].push(pixel);
            }
        }
        by_level.into_iter().rev().flatten().collect()
    }

    /// The up to eight neighbours of a pixel.
    fn around(&self, pixel: usize) -> impl Iterator<Item = usize> + Clone {
        let (width, height) = (self.width, self.height);
        let (x, y) = (pixel % width, pixel / width);
        let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
        rows.flat_map(move |ny| {
            let columns = x.saturating_sub(1)..=(x + 1).min(width - 1);
            columns.map(move |nx| ny * width + nx)
        })
        .filter(move |neighbour| *neighbour != pixel)
    }
}

/// When two regions that meet stay apart, as two objects that touch: the lesser one must rise far
/// enough above the saddle between them and be large enough to be an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Levels from the saddle up to the lesser peak.
    pub depth: u8,
    /// Pixels of the lesser region.
    pub min_area: usize,
}

impl Split {
    fn joins(&self, depth: u8, area: usize) -> bool {
        depth < self.depth || area < self.min_area
    }
}

/// A pixel that belongs to no region yet.
const NONE: usize = usize::MAX;

/// Disjoint sets of pixels, each with its highest level and its size.
#[derive(Default)]
struct Forest {
    parent: Vec<usize>,
    peak: Vec<u8>,
    area: Vec<usize>,
}

impl Forest {
    fn plant(&mut self, peak: u8) -> usize {
        self.parent.push(self.parent.len());
        self.peak.push(peak);
        self.area.push(1);
        self.parent.len() - 1
    }

    fn root(&self, mut node: usize) -> usize {
        while self.parent[node] != node {
            node = self.parent[node];
        }
        node
    }

    /// Orders regions by their peaks; of equals the one that was planted first ranks higher.
    fn rank(&self, root: usize) -> (u8, Reverse<usize>) {
        (self.peak[root], Reverse(root))
    }

    fn merge(&mut self, lesser: usize, higher: usize) {
        if self.root(lesser) != higher {
            self.parent[lesser] = higher;
            self.area[higher] += self.area[lesser];
        }
    }
}

/// A connected region of a [`LevelMap`]; edges in its pixels, right and bottom exclusive.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Left edge.
    pub x0: usize,
    /// Top edge.
    pub y0: usize,
    /// Right edge, exclusive.
    pub x1: usize,
    /// Bottom edge, exclusive.
    pub y1: usize,
    /// Its pixels as indices into the map, in no order.
    pub pixels: Vec<usize>,
    map_width: usize,
}

impl Region {
    fn new(pixels: Vec<usize>, map_width: usize) -> Self {
        let mut region = Self {
            x0: usize::MAX,
            y0: usize::MAX,
            x1: 0,
            y1: 0,
            pixels,
            map_width,
        };
        for pixel in &region.pixels {
            let (x, y) = (pixel % map_width, pixel / map_width);
            region.x0 = region.x0.min(x);
            region.y0 = region.y0.min(y);
            region.x1 = region.x1.max(x + 1);
            region.y1 = region.y1.max(y + 1);
        }
        region
    }

    /// The area within its outer contour, as OpenCV's `contourArea` measures it: of the polygon
    /// through the centres of the contour's pixels, holes filled, in half square pixels.
    ///
    /// Between four neighbouring centres the polygon covers the whole square if all four pixels
    /// are inside, half of it if three are, and nothing otherwise.
    pub fn doubled_contour_area(&self) -> usize {
        // The region with a margin of one pixel, in which the outside is one connected piece.
        let width = self.x1 - self.x0 + 2;
        let height = self.y1 - self.y0 + 2;
        let mut inside = vec![true; width * height];
        let mut region = vec![false; width * height];
        for pixel in &self.pixels {
            let (x, y) = (pixel % self.map_width, pixel / self.map_width);
            region[(y - self.y0 + 1) * width + x - self.x0 + 1] = true;
        }
        let mut stack = vec![0];
        inside[0] = false;
        while let Some(pixel) = stack.pop() {
            let (x, y) = (pixel % width, pixel / width);
            let neighbours = [
                (x > 0).then(|| pixel - 1),
                (x + 1 < width).then(|| pixel + 1),
                (y > 0).then(|| pixel - width),
                (y + 1 < height).then(|| pixel + width),
            ];
            for neighbour in neighbours.into_iter().flatten() {
                if inside[neighbour] && !region[neighbour] {
                    inside[neighbour] = false;
                    stack.push(neighbour);
                }
            }
        }
        let corner = |x: usize, y: usize| usize::from(inside[y * width + x]);
        let mut doubled = 0;
        for y in 0..height - 1 {
            for x in 0..width - 1 {
                match corner(x, y) + corner(x + 1, y) + corner(x, y + 1) + corner(x + 1, y + 1) {
                    4 => doubled += 2,
                    3 => doubled += 1,
                    _ => {}
                }
            }
        }
        doubled
    }

    /// The region's box in a picture of `picture` pixels of which `map` is an enlarged map.
    pub fn bbox(&self, map: &LevelMap, picture: (u32, u32)) -> BBox {
        let x = picture.0 as f32 / map.width as f32;
        let y = picture.1 as f32 / map.height as f32;
        BBox {
            x0: self.x0 as f32 * x,
            y0: self.y0 as f32 * y,
            x1: self.x1 as f32 * x,
            y1: self.y1 as f32 * y,
        }
    }
}

/// The region of the largest contour area, the paper's one box a class; the first of equals.
pub fn largest(regions: &[Region]) -> Option<&Region> {
    let mut best: Option<(&Region, usize)> = None;
    for region in regions {
        // The contour lies within the bounds, so most regions need no measuring.
        let bound = 2 * (region.x1 - region.x0 - 1) * (region.y1 - region.y0 - 1);
        if best.is_some_and(|(_, area)| bound <= area) {
            continue;
        }
        let area = region.doubled_contour_area();
        if best.is_none_or(|(_, largest)| area > largest) {
            best = Some((region, area));
        }
    }
    best.map(|(region, _)| region)
}

/// How many boxes a map gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// The paper's one box: the region of the largest contour area.
    Largest,
    /// Every region that matters.
    #[default]
    All,
}

/// How a map becomes boxes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoxOptions {
    /// How many boxes a map gives.
    #[serde(rename = "boxes")]
    pub extent: Extent,
    /// Where the map is cut, in 0..1 of its range; the method's own default if none.
    pub threshold: Option<f32>,
    /// The most boxes a picture.
    pub max_boxes: usize,
    /// The smallest region, as a share of the picture; four patches if none. For
    /// [`Extent::All`] alone.
    pub min_area: Option<f32>,
    /// The lowest score of a box. For [`Extent::All`] alone.
    pub min_score: f32,
}

impl Default for BoxOptions {
    fn default() -> Self {
        Self {
            extent: Extent::default(),
            threshold: None,
            max_boxes: 100,
            min_area: None,
            min_score: 0.15,
        }
    }
}

/// A box and how sure the evidence is of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredBox {
    /// In upright pixels of the original.
    pub bbox: BBox,
    /// In 0..=1.
    pub score: f32,
}

/// One map, enlarged and ready to be cut anywhere: what a live threshold works on.
pub struct Localizer {
    levels: LevelMap,
    method: Method,
    patches: usize,
    /// The class token's attention and the class-agnostic carried map, enlarged likewise: what
    /// scores are made of.
    attention: Vec<f32>,
    object: Vec<f32>,
}

impl Localizer {
    /// Prepares the map of `class`, or of any object if none. Nothing if there is no
    /// [such map](Maps::map).
    pub fn new(maps: &Maps, method: Method, class: Option<usize>) -> Option<Self> {
        let map = maps.map(method, class)?;
        let scale = method.scale(maps.patch_size);
        let Grid { rows, columns } = map.grid;
        let (width, height) = (columns * scale, rows * scale);
        Some(Self {
            attention: upsample(&maps.attention, width, height),
            object: upsample(&maps.object, width, height),
            levels: LevelMap::new(map, width, height),
            method,
            patches: map.grid.patches(),
        })
    }

    /// The regions above `threshold` (the method's default if none).
    fn regions(&self, threshold: Option<f32>) -> Vec<Region> {
        let threshold = threshold.unwrap_or(self.method.default_threshold());
        self.levels.regions(threshold, self.method.split().as_ref())
    }

    /// The boxes in a picture of `picture` pixels, in no order.
    pub fn boxes(&self, options: &BoxOptions, picture: (u32, u32)) -> Vec<ScoredBox> {
        let regions = self.regions(options.threshold);
        let mut outside = vec![true; self.levels.levels.len()];
        for pixel in regions.iter().flat_map(|region| &region.pixels) {
            outside[*pixel] = false;
        }
        let background = mean(
            (0..outside.len()).filter(|&pixel| outside[pixel]),
            &self.object,
        );
        let scored = |region: &Region| ScoredBox {
            bbox: region.bbox(&self.levels, picture),
            score: self.score(region, background),
        };
        match options.extent {
            Extent::Largest => largest(&regions).map(scored).into_iter().collect(),
            Extent::All => {
                let share = options
                    .min_area
                    .unwrap_or(MIN_PATCHES / self.patches as f32);
                let min_pixels = share * outside.len() as f32;
                regions
                    .iter()
                    .filter(|region| region.pixels.len() as f32 >= min_pixels)
                    .map(scored)
                    .collect()
            }
        }
    }

    /// How sure the evidence is that a region is an object, in 0..1.
    ///
    /// The evidence is the share of the class token's attention that the region gathers, times
    /// the log ratio of the carried attention inside it and outside every region: both taken
    /// before min-max, so that a picture without an object, where attention spreads evenly, gives
    /// next to nothing. `evidence / (evidence + 0.01)` brings it to 0..1. The same for all
    /// classes: how probable a class is, is for its head to say.
    fn score(&self, region: &Region, background: f32) -> f32 {
        let attention = region.pixels.iter().map(|&pixel| self.attention[pixel]);
        let share = attention.sum::<f32>() / self.attention.iter().sum::<f32>();
        let inside = mean(region.pixels.iter().copied(), &self.object);
        let ratio = if background > 0.0 {
            inside / background
        } else {
            1.0
        };
        let evidence = share * ratio.max(1.0).ln();
        let score = evidence / (evidence + HALF_EVIDENCE);
        if score.is_finite() { score } else { 0.0 }
    }

    /// For measuring: the largest box and every box at a threshold, without scores.
    pub fn largest_and_all(
        &self,
        threshold: f32,
        picture: (u32, u32),
    ) -> (Option<BBox>, Vec<BBox>) {
        let regions = self.regions(Some(threshold));
        let bbox = |region: &Region| region.bbox(&self.levels, picture);
        (
            largest(&regions).map(bbox),
            regions.iter().map(bbox).collect(),
        )
    }

    /// As [`Self::largest_and_all`], where all are the boxes of every contour, those around
    /// [holes](LevelMap::holes) too.
    pub fn largest_and_contours(
        &self,
        threshold: f32,
        picture: (u32, u32),
    ) -> (Option<BBox>, Vec<BBox>) {
        let (largest, mut contours) = self.largest_and_all(threshold, picture);
        let holes = self.levels.holes(threshold);
        contours.extend(holes.iter().map(|hole| hole.bbox(&self.levels, picture)));
        (largest, contours)
    }
}

/// Mean of `values` at `pixels`; 0 where there are none.
fn mean(pixels: impl Iterator<Item = usize>, values: &[f32]) -> f32 {
    let (count, sum) = pixels.fold((0u32, 0.0), |(count, sum), pixel| {
        (count + 1, sum + values[pixel])
    });
    if count > 0 { sum / count as f32 } else { 0.0 }
}

/// Bilinear interpolation between pixel centres, clamped at the edges, as OpenCV's
/// `resize(INTER_LINEAR)` does it; `[height * width]`.
fn upsample(map: &Map, width: usize, height: usize) -> Vec<f32> {
    let Grid { rows, columns } = map.grid;
    let taps_x = linear_taps(columns, width);
    let stretched: Vec<f32> = map
        .values
        .chunks_exact(columns)
        .flat_map(|row| {
            taps_x
                .iter()
                .map(|&(left, right, t)| row[left] * (1.0 - t) + row[right] * t)
        })
        .collect(); // [rows, width]
    linear_taps(rows, height)
        .into_iter()
        .flat_map(|(above, below, t)| {
            let above = &stretched[above * width..][..width];
            let below = &stretched[below * width..][..width];
            above
                .iter()
                .zip(below)
                .map(move |(a, b)| a * (1.0 - t) + b * t)
        })
        .collect()
}

/// For each target position its two sources and the weight of the second.
fn linear_taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let last = from - 1;
    (0..to)
        .map(|target| {
            let source = (target as f32 + 0.5) * (from as f32 / to as f32) - 0.5;
            if source < 0.0 {
                (0, 0, 0.0)
            } else {
                let first = (source.floor() as usize).min(last);
                let t = if first == last {
                    0.0
                } else {
                    source - first as f32
                };
                (first, (first + 1).min(last), t)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(rows: usize, columns: usize, attention: Vec<f32>) -> Evidence {
        let patches = rows * columns;
        // Each patch is like itself alone, so that carrying changes little.
        let similarity = |i: usize, j: usize| if i == j { 1.0 } else { -1.0 };
        Evidence {
            grid: Grid { rows, columns },
            patch_size: 14,
            attention: vec![attention],
            key_similarity: (0..patches * patches)
                .map(|at| similarity(at / patches, at % patches))
                .collect(),
            classes: None,
        }
    }

    /// One row of pixels with these levels.
    fn levels(levels: &[u8]) -> LevelMap {
        LevelMap {
            width: levels.len(),
            height: 1,
            levels: levels.to_vec(),
        }
    }

    #[test]
    fn even_attention_gives_no_box() {
        let even = evidence(4, 5, vec![0.05; 20]);
        let localizer = Localizer::new(&Maps::new(&even, &[]), Method::Affinity, None).unwrap();
        assert_eq!(localizer.boxes(&BoxOptions::default(), (100, 80)), []);
    }

    #[test]
    fn a_single_patch_is_no_panic() {
        for method in [Method::Affinity, Method::Attention] {
            let one = evidence(1, 1, vec![1.0]);
            let localizer = Localizer::new(&Maps::new(&one, &[]), method, None).unwrap();
            assert_eq!(localizer.boxes(&BoxOptions::default(), (1, 1)), []);
        }
    }

    #[test]
    fn the_method_of_the_paper_needs_a_class() {
        let maps = Maps::new(&evidence(2, 2, vec![0.25; 4]), &[]);
        assert!(maps.map(Method::TsCam, None).is_none());
    }

    #[test]
    fn attention_on_one_side_gives_a_sure_box_there() {
        let attention = (0..64).map(|at| if at % 8 < 4 { 0.03 } else { 0.0002 });
        let sided = evidence(8, 8, attention.collect());
        let localizer = Localizer::new(&Maps::new(&sided, &[]), Method::Affinity, None).unwrap();
        let boxes = localizer.boxes(&BoxOptions::default(), (80, 80));
        let [found] = boxes[..] else {
            panic!("{boxes:?}")
        };
        assert!(found.bbox.iou(&BBox::from_xywh(0.0, 0.0, 40.0, 80.0)) > 0.9);
        assert!(found.score > 0.9, "{}", found.score);
    }

    #[test]
    fn peaks_part_only_where_the_valley_is_deep_and_both_are_large() {
        let split = |depth, min_area| Split { depth, min_area };
        let map = levels(&[200, 210, 200, 150, 200, 205, 200]);
        let count = |split: Option<&Split>| map.regions(0.1, split).len();
        assert_eq!(count(None), 1);
        assert_eq!(count(Some(&split(55, 3))), 2);
        assert_eq!(
            count(Some(&split(56, 3))),
            1,
            "the lesser peak rises 55 levels"
        );
        assert_eq!(
            count(Some(&split(55, 4))),
            1,
            "the lesser region has 3 pixels"
        );
    }

    #[test]
    fn filling_finds_the_regions_that_climbing_down_finds() {
        // Noise, from a linear congruential generator.
        let mut state = 7u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let map = LevelMap {
            width: 31,
            height: 23,
            levels: (0..31 * 23).map(|_| noise()).collect(),
        };
        // Peaks never rise 255 levels above a saddle.
        let never = Split {
            depth: u8::MAX,
            min_area: 0,
        };
        for threshold in [0.0, 0.3, 0.5, 0.6, 0.9] {
            let sorted = |mut regions: Vec<Region>| {
                for region in &mut regions {
                    region.pixels.sort_unstable();
                }
                regions
            };
            let filled = sorted(map.regions(threshold, None));
            assert_eq!(filled, sorted(map.regions(threshold, Some(&never))));
            assert!(!filled.is_empty());
        }
    }

    #[test]
    fn regions_lie_strictly_above_the_threshold() {
        let regions = levels(&[50, 100, 49, 51, 100]).regions(0.5, None);
        let bounds: Vec<_> = regions
            .iter()
            .map(|region| (region.x0, region.x1))
            .collect();
        assert_eq!(bounds, [(1, 2), (3, 5)]);
    }

    #[test]
    fn a_hole_is_boxed_with_the_ring_around_it() {
        // A ring around the hole (2, 1), one that only meets the edge, and a diagonal step through
        // which no hole leaks.
        let map = LevelMap {
            width: 6,
            height: 4,
            levels: vec![
                0, 9, 9, 9, 0, 0, //
                0, 9, 0, 9, 0, 9, //
                0, 9, 9, 0, 0, 9, //
                9, 0, 0, 0, 9, 9,
            ],
        };
        let bounds: Vec<_> = map
            .holes(0.5)
            .iter()
            .map(|hole| (hole.x0, hole.y0, hole.x1, hole.y1))
            .collect();
        assert_eq!(bounds, [(1, 0, 4, 3)]);
        assert_eq!(map.regions(0.5, None).len(), 2);
    }

    #[test]
    fn a_contour_area_is_that_of_the_polygon_through_pixel_centres() {
        // A diamond of four pixels around a hole: OpenCV gives 2.
        let map = LevelMap {
            width: 3,
            height: 3,
            levels: vec![0, 9, 0, 9, 0, 9, 0, 9, 0],
        };
        let regions = map.regions(0.5, None);
        assert_eq!(regions.len(), 1);
        assert_eq!(regions[0].doubled_contour_area(), 4);
    }
}
