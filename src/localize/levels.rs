//! Maps cut into regions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::maps::Map;
use crate::geometry::BBox;

/// A map whose range is less than this share of its maximum is constant but for rounding.
const FLAT: f32 = 1e-5;

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
        let values = map.resized(width, height);
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
