//! Evidence -> maps -> boxes, on plain slices.
//!
//! A map has one value a patch. It is enlarged bilinearly to the transformer's input, brought to
//! levels 0..=255 by its own minimum and maximum, cut at a threshold, and each connected region
//! of what is left is a box. That is the paper's recipe to the letter; the methods differ in the
//! map alone.

use std::fmt;
use std::str::FromStr;

use crate::geometry::{BBox, Grid};

/// Layers, from the last, whose class-token attention localises objects in [`Method::Affinity`]
/// and [`Method::Attention`]; earlier ones look at textures. The paper sums all layers.
const ATTENTION_LAYERS: usize = 3;
/// Temperature of the softmax over key similarities.
const AFFINITY_TEMPERATURE: f32 = 0.2;
/// How often a map is carried along the affinities.
const AFFINITY_STEPS: usize = 2;

/// What a transformer saw in one picture; P patches, L layers, C classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The grid of the P patches.
    pub grid: Grid,
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

impl Evidence {
    /// The class token's attention summed over the last layers, `[P]`.
    pub fn summed_attention(&self) -> Vec<f32> {
        self.attention_of_last(ATTENTION_LAYERS)
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

impl Map {
    /// Makes the map of `class` (an index into the head's classes), or of any object if none.
    /// Nothing if the method needs a class map that the evidence does not have.
    pub fn new(evidence: &Evidence, method: Method, class: Option<usize>) -> Option<Self> {
        let semantic = match (class, &evidence.classes) {
            (Some(class), Some(classes)) => Some(classes.maps.get(class)?),
            _ => None,
        };
        let couple = |mut attention: Vec<f32>| {
            if let Some(semantic) = semantic {
                for (a, s) in attention.iter_mut().zip(semantic) {
                    *a *= s;
                }
            }
            attention
        };
        let values = match method {
            Method::TsCam => {
                semantic?;
                couple(evidence.attention_of_last(evidence.attention.len()))
            }
            Method::Affinity => {
                let affinity = Affinity::new(&evidence.key_similarity, evidence.grid.patches());
                let coupled = couple(evidence.summed_attention());
                (0..AFFINITY_STEPS).fold(coupled, |map, _| affinity.carry(&map))
            }
            Method::Attention => evidence.summed_attention(),
        };
        Some(Self {
            grid: evidence.grid,
            values,
        })
    }
}

/// Row-stochastic `P x P` matrix: the softmax of the key similarities.
struct Affinity {
    rows: Vec<f32>,
    patches: usize,
}

impl Affinity {
    fn new(similarity: &[f32], patches: usize) -> Self {
        let mut rows = similarity.to_vec();
        for row in rows.chunks_exact_mut(patches.max(1)) {
            // Cosines lie in -1..=1, so the exponentials need no shift by the maximum.
            for x in row.iter_mut() {
                *x = (*x / AFFINITY_TEMPERATURE).exp();
            }
            let sum: f32 = row.iter().sum();
            for x in row.iter_mut() {
                *x /= sum;
            }
        }
        Self { rows, patches }
    }

    fn carry(&self, map: &[f32]) -> Vec<f32> {
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
        let levels = if range > 0.0 && range.is_finite() {
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

    /// The connected regions (8 neighbours) of the pixels that are strictly above the level
    /// `int(threshold * max)`, `threshold` in 0..1.
    pub fn regions(&self, threshold: f32) -> Vec<Region> {
        let max = self.levels.iter().copied().max().unwrap_or(0);
        let cut = (threshold * f32::from(max)) as u8;
        let mut unseen: Vec<bool> = self.levels.iter().map(|level| *level > cut).collect();
        let mut regions = Vec::new();
        let mut stack = Vec::new();
        for start in 0..unseen.len() {
            if !std::mem::take(&mut unseen[start]) {
                continue;
            }
            stack.push(start);
            let mut pixels = Vec::new();
            while let Some(pixel) = stack.pop() {
                pixels.push(pixel);
                let (x, y) = (pixel % self.width, pixel / self.width);
                for ny in y.saturating_sub(1)..=(y + 1).min(self.height - 1) {
                    for nx in x.saturating_sub(1)..=(x + 1).min(self.width - 1) {
                        let neighbour = ny * self.width + nx;
                        if std::mem::take(&mut unseen[neighbour]) {
                            stack.push(neighbour);
                        }
                    }
                }
            }
            regions.push(Region::new(pixels, self.width));
        }
        regions
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
