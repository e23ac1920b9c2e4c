//! One map, cut into scored boxes at any threshold.

use super::boxes::{BoxMode, BoxOptions, ScoredBox};
use super::instances::{patch_at, split_touching};
use super::levels::{LevelMap, Region, largest_region};
use super::method::Method;
use super::names::NameLogits;
use super::picture_maps::PictureMaps;
use super::zoom::{ZoomedLevels, refined};
use crate::geometry::{BBox, Grid};

/// The default minimum number of patches of a region, used if [`BoxOptions::min_area`] is not set.
const MIN_PATCHES: f32 = 4.0;
/// The evidence at which a score is one half.
const HALF_SCORE_EVIDENCE: f32 = 0.01;

/// One map, enlarged and ready to be cut at any threshold, as for a threshold slider.
pub struct Localizer {
    levels: LevelMap,
    /// See [`LevelMap::steepest`].
    steepest: f32,
    method: Method,
    /// The class token's attention, enlarged in the same way, for scores.
    attention: Vec<f32>,
    /// [`PictureMaps::object`], enlarged in the same way, for scores.
    object: Vec<f32>,
    grid: Grid,
    /// Pixels per patch.
    scale: usize,
    /// See [`PictureMaps::names`]; only for regions of no particular class.
    names: Option<NameLogits>,
    /// See [`PictureMaps::instance_labels`].
    instance_labels: Option<Vec<u16>>,
    zoomed: Vec<ZoomedLevels>,
}

impl Localizer {
    /// Prepares the map of `class`, or of any object if `None`. `None` if there is no
    /// [such map](PictureMaps::map).
    pub fn new(maps: &PictureMaps, method: Method, class: Option<usize>) -> Option<Self> {
        let method = method.of_maps();
        let map = maps.map(method, class)?;
        let scale = method.pixels_per_patch(maps.patch_size);
        let Grid { rows, columns } = map.grid;
        let (width, height) = (columns * scale, rows * scale);
        let zoomed = maps.zoomed.iter().filter(|_| method == Method::Affinity);
        let zoomed = zoomed.filter_map(|zoomed| ZoomedLevels::new(zoomed, method, class, scale));
        let levels = LevelMap::new(map, width, height);
        Some(Self {
            attention: maps.attention.resized(width, height),
            object: maps.object.resized(width, height),
            steepest: levels.steepest(),
            levels,
            method,
            grid: map.grid,
            scale,
            instance_labels: maps
                .instance_labels
                .clone()
                .filter(|_| method == Method::Affinity),
            names: maps.names.clone().filter(|_| class.is_none()),
            zoomed: zoomed.collect(),
        })
    }

    fn threshold(&self, chosen: Option<f32>) -> f32 {
        chosen.unwrap_or(self.method.default_threshold())
    }

    fn regions(&self, threshold: f32) -> Vec<Region> {
        let threshold = self.method.cut(threshold, self.steepest);
        match &self.instance_labels {
            Some(labels) => split_touching(&self.levels, threshold, self.scale, labels),
            None => self.levels.regions(threshold),
        }
    }

    /// The boxes in a picture of `picture` pixels, in no particular order.
    pub fn boxes(&self, options: &BoxOptions, picture: (u32, u32)) -> Vec<ScoredBox> {
        let threshold = self.threshold(options.threshold);
        let regions = self.regions(threshold);
        let mut outside = vec![true; self.levels.levels.len()];
        for pixel in regions.iter().flat_map(|region| &region.pixels) {
            outside[*pixel] = false;
        }
        let background = mean(
            (0..outside.len()).filter(|&pixel| outside[pixel]),
            &self.object,
        );
        let scored = |region: &Region| ScoredBox {
            bbox: self.bbox(region, threshold, picture),
            score: self.score(region, background),
            classes: self.classes(region),
        };
        match options.mode {
            BoxMode::Largest => largest_region(&regions).map(scored).into_iter().collect(),
            BoxMode::All => {
                let share = options
                    .min_area
                    .unwrap_or(MIN_PATCHES / self.grid.patches() as f32);
                let min_pixels = share * outside.len() as f32;
                regions
                    .iter()
                    .filter(|region| region.pixels.len() as f32 >= min_pixels)
                    .map(scored)
                    .collect()
            }
        }
    }

    /// The box of a region, refined if the region was seen a second time.
    fn bbox(&self, region: &Region, threshold: f32, picture: (u32, u32)) -> BBox {
        let first = region.bbox(&self.levels, picture);
        refined(first, &self.zoomed, self.method, threshold, picture)
    }

    /// The classes that a region may show, with their probabilities.
    fn classes(&self, region: &Region) -> Vec<(usize, f32)> {
        let Some(names) = &self.names else {
            return Vec::new();
        };
        let mut weights = vec![0.0; self.grid.patches()];
        for pixel in &region.pixels {
            weights[patch_at(&self.levels, *pixel, self.scale)] += 1.0;
        }
        names.of_region(&weights)
    }

    /// How sure the evidence is that a region is an object, in 0..1.
    ///
    /// The evidence is the share of the class token's attention inside the region, times the logarithm
    /// of the ratio between the mean propagated attention inside the region and outside all regions.
    /// Both are taken before scaling by minimum and maximum, so that a picture without an object, where
    /// attention is spread evenly, has almost no evidence. `evidence / (evidence + 0.01)` maps it to 0..1.
    /// The score does not depend on the class, whose probability comes from a head.
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
        let score = evidence / (evidence + HALF_SCORE_EVIDENCE);
        if score.is_finite() { score } else { 0.0 }
    }

    /// For measurements: the largest box and all boxes at a threshold, without scores.
    pub fn largest_and_all(
        &self,
        threshold: f32,
        picture: (u32, u32),
    ) -> (Option<BBox>, Vec<BBox>) {
        let regions = self.regions(threshold);
        let bbox = |region: &Region| self.bbox(region, threshold, picture);
        (
            largest_region(&regions).map(bbox),
            regions.iter().map(bbox).collect(),
        )
    }

    /// As [`Self::largest_and_all`], but with the boxes of all contours, including those around
    /// [holes](LevelMap::holes).
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

/// The mean of `values` at `pixels`; 0 if there are none.
fn mean(pixels: impl Iterator<Item = usize>, values: &[f32]) -> f32 {
    let (count, sum) = pixels.fold((0u32, 0.0), |(count, sum), pixel| {
        (count + 1, sum + values[pixel])
    });
    if count > 0 { sum / count as f32 } else { 0.0 }
}
