//! A map cut into regions.

use super::patch_map::PatchMap;
use crate::geometry::BBox;

/// A map whose range is a smaller share of its maximum than this is constant, apart from rounding.
const MIN_RELATIVE_RANGE: f32 = 1e-5;

/// An enlarged map with 256 levels.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelMap {
    /// The number of columns.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    /// `min-max(map) * 255`, rounded down, row by row.
    pub levels: Vec<u8>,
}

impl LevelMap {
    /// Enlarges `map` to `width` x `height` pixels. A constant map has level 0 everywhere.
    pub fn new(map: &PatchMap, width: usize, height: usize) -> Self {
        let values = map.resized(width, height);
        let (min, max) = values
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), &x| {
                (min.min(x), max.max(x))
            });
        let range = max - min;
        let levels = if range > MIN_RELATIVE_RANGE * max.abs() && range.is_finite() {
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

    /// The connected regions (8 neighbours) of pixels strictly above the level `int(threshold * max)`,
    /// with `threshold` in 0..1, in reading order of their first pixels.
    pub fn regions(&self, threshold: f32) -> Vec<Region> {
        let cut = self.cut_level(threshold);
        self.components(|pixel| (self.levels[pixel] > cut).then_some(()))
    }

    /// The connected components (8 neighbours) of pixels with equal labels, in reading order of their
    /// first pixels. Pixels without a label belong to none.
    pub(super) fn components<L: PartialEq>(
        &self,
        label: impl Fn(usize) -> Option<L>,
    ) -> Vec<Region> {
        let mut is_visited = vec![false; self.levels.len()];
        let mut regions = Vec::new();
        for first in 0..is_visited.len() {
            let Some(label_of_first) = label(first).filter(|_| !is_visited[first]) else {
                continue;
            };
            is_visited[first] = true;
            let mut pixels = vec![first];
            let mut at = 0;
            while let Some(&pixel) = pixels.get(at) {
                at += 1;
                for neighbour in self.neighbours(pixel) {
                    if !is_visited[neighbour] && label(neighbour).as_ref() == Some(&label_of_first)
                    {
                        is_visited[neighbour] = true;
                        pixels.push(neighbour);
                    }
                }
            }
            regions.push(Region::new(pixels, self.width));
        }
        regions
    }

    /// The level where the map is steepest, in 0..1 of its range: the level between 0.40 and 0.68 whose
    /// pixels have the largest mean gradient.
    pub fn steepest(&self) -> f32 {
        const BINS: usize = 50;
        let at = |x: usize, y: usize| f32::from(self.levels[y * self.width + x]) / 255.0;
        let slope =
            |before: f32, after: f32, distance: usize| (after - before) / distance.max(1) as f32;
        let mut bins = [(0f32, 0f32); BINS + 1];
        for y in 0..self.height {
            let (above, below) = (y.saturating_sub(1), (y + 1).min(self.height - 1));
            for x in 0..self.width {
                let (left, right) = (x.saturating_sub(1), (x + 1).min(self.width - 1));
                let dx = slope(at(left, y), at(right, y), right - left);
                let dy = slope(at(x, above), at(x, below), below - above);
                let (sum, count) = &mut bins[(at(x, y) * BINS as f32) as usize];
                *sum += dx.hypot(dy);
                *count += 1.0;
            }
        }
        let mean = |bin: &usize| {
            let near = bins[bin - 2..=bin + 2].iter();
            let (sum, count) = near.fold((0.0, 0.0), |(s, c), bin| (s + bin.0, c + bin.1));
            sum / f32::max(count, 1.0)
        };
        // The first of equals.
        let steepest = (20..=34).rev().max_by(|a, b| mean(a).total_cmp(&mean(b)));
        steepest.unwrap_or(BINS / 2) as f32 / BINS as f32
    }

    /// The holes that the [regions](Self::regions) enclose, each with the ring of pixels around it, as
    /// OpenCV's `findContours` finds them in addition to the outer contours. The pixels of a hole are
    /// connected by their sides only, because those of regions are also connected by corners.
    pub fn holes(&self, threshold: f32) -> Vec<Region> {
        let cut = self.cut_level(threshold);
        let mut is_visited: Vec<bool> = self.levels.iter().map(|level| *level > cut).collect();
        let mut holes = Vec::new();
        for start in 0..is_visited.len() {
            if is_visited[start] {
                continue;
            }
            is_visited[start] = true;
            let mut pixels = vec![start];
            let mut at = 0;
            let mut is_enclosed = true;
            while let Some(&pixel) = pixels.get(at) {
                at += 1;
                let (x, y) = (pixel % self.width, pixel / self.width);
                is_enclosed &=
                    (1..self.width - 1).contains(&x) && (1..self.height - 1).contains(&y);
                for side in self.side_neighbours(pixel) {
                    if !is_visited[side] {
                        is_visited[side] = true;
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

    /// The level of `threshold`, which is in 0..1 of the highest level.
    fn cut_level(&self, threshold: f32) -> u8 {
        let max = self.levels.iter().copied().max().unwrap_or(0);
        (threshold * f32::from(max)) as u8
    }

    /// The pixels, at most four, that share a side with a pixel.
    pub(super) fn side_neighbours(&self, pixel: usize) -> impl Iterator<Item = usize> {
        let (x, y) = (pixel % self.width, pixel / self.width);
        let sides = [
            (x > 0).then(|| pixel - 1),
            (x + 1 < self.width).then(|| pixel + 1),
            (y > 0).then(|| pixel - self.width),
            (y + 1 < self.height).then(|| pixel + self.width),
        ];
        sides.into_iter().flatten()
    }

    /// The pixels, at most eight, that share a side or a corner with a pixel.
    fn neighbours(&self, pixel: usize) -> impl Iterator<Item = usize> + Clone {
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

/// A connected region of a [`LevelMap`]. Edges are in pixels of the map.
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
    /// Its pixels as indices into the map, in no particular order.
    pub pixels: Vec<usize>,
    map_width: usize,
}

impl Region {
    pub(super) fn new(pixels: Vec<usize>, map_width: usize) -> Self {
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

    /// Twice the area within its outer contour, in square pixels of the map, as OpenCV's `contourArea`
    /// measures it: the area of the polygon through the centres of the contour's pixels, with holes
    /// filled.
    ///
    /// Between four neighbouring centres, the polygon covers the whole square if all four pixels are
    /// inside, half of it if three are, and nothing otherwise.
    pub fn doubled_contour_area(&self) -> usize {
        // The region with a margin of one pixel, so that the outside is connected.
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

    /// The box of the region, in pixels of a picture of `picture` pixels that `map` covers.
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

/// The region with the largest contour area, from which the paper makes its single box per class. Of
/// equals, the first.
pub fn largest_region(regions: &[Region]) -> Option<&Region> {
    let mut best: Option<(&Region, usize)> = None;
    for region in regions {
        // The contour lies within the bounds, so most regions need not be measured.
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
