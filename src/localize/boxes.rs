//! Maps cut into boxes.

use serde::Serialize;

use super::Method;
use super::instances::{patch_at, split_touching};
use super::levels::{LevelMap, Region, largest};
use super::maps::{Maps, NameLogits};
use crate::geometry::{BBox, Grid};

/// Patches that a region must have to be proposed, where any number of boxes may be.
const MIN_PATCHES: f32 = 4.0;
/// Evidence at which a score is one half.
const HALF_EVIDENCE: f32 = 0.01;
/// Objects with less than this share of the picture get a second look: their edges are a large
/// part of them, and good to a patch only.
const MAX_ZOOM_AREA: f32 = 0.15;
/// What a second look sees around a box, as a share of the box's sides.
const ZOOM_MARGIN: f32 = 0.25;
/// The most second looks at one picture.
const MAX_ZOOMS: usize = 8;
/// Overlap from which two looks are of one object.
const SAME_OBJECT_IOU: f32 = 0.4;
/// Overlap of the frames from which a second look was meant for a box.
const SAME_FRAME_IOU: f32 = 0.5;

/// How many boxes a map gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxMode {
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
    pub mode: BoxMode,
    /// Where the map is cut, in 0..1 of its range; the method's own default if none.
    pub threshold: Option<f32>,
    /// The most boxes a picture.
    pub max_boxes: usize,
    /// The smallest region, as a share of the picture; four patches if none. For
    /// [`BoxMode::All`] alone.
    pub min_area: Option<f32>,
    /// The lowest score of a box. For [`BoxMode::All`] alone.
    pub min_score: f32,
}

impl Default for BoxOptions {
    fn default() -> Self {
        Self {
            mode: BoxMode::default(),
            threshold: None,
            max_boxes: 100,
            min_area: None,
            min_score: 0.15,
        }
    }
}

/// A box and how sure the evidence is of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredBox {
    /// In upright pixels of the original.
    pub bbox: BBox,
    /// In 0..=1.
    pub score: f32,
    /// What it may be called, most probable first, if [names](NameLogits) are to be had.
    pub classes: Vec<(usize, f32)>,
}

/// The parts of the picture to look at once more, in 0..=1 of its width and height: around the
/// small among these boxes, the surest first.
pub fn zoom_frames(boxes: &[ScoredBox], picture: (u32, u32)) -> Vec<BBox> {
    let mut small: Vec<(f32, BBox)> = boxes
        .iter()
        .map(|found| (found.score, share_of(&found.bbox, picture)))
        .filter(|(_, bbox)| bbox.area() < MAX_ZOOM_AREA)
        .collect();
    small.sort_by(|a, b| b.0.total_cmp(&a.0));
    let small = small.iter().take(MAX_ZOOMS);
    small.map(|(_, bbox)| frame_around(bbox)).collect()
}

/// A box in 0..=1 of the picture's width and height.
fn share_of(bbox: &BBox, (width, height): (u32, u32)) -> BBox {
    let (width, height) = (width as f32, height as f32);
    BBox {
        x0: bbox.x0 / width,
        y0: bbox.y0 / height,
        x1: bbox.x1 / width,
        y1: bbox.y1 / height,
    }
}

fn frame_around(bbox: &BBox) -> BBox {
    let (x, y) = (ZOOM_MARGIN * bbox.width(), ZOOM_MARGIN * bbox.height());
    BBox {
        x0: (bbox.x0 - x).max(0.0),
        y0: (bbox.y0 - y).max(0.0),
        x1: (bbox.x1 + x).min(1.0),
        y1: (bbox.y1 + y).min(1.0),
    }
}

/// The map of a second look.
struct ZoomedLevels {
    frame: BBox,
    levels: LevelMap,
    steepest: f32,
}

impl ZoomedLevels {
    /// The largest region's box, in 0..=1 of the whole picture.
    fn largest(&self, method: Method, threshold: f32) -> Option<BBox> {
        let regions = self.levels.regions(method.cut(threshold, self.steepest));
        let region = largest(&regions)?;
        let x = self.frame.width() / self.levels.width as f32;
        let y = self.frame.height() / self.levels.height as f32;
        Some(BBox {
            x0: self.frame.x0 + region.x0 as f32 * x,
            y0: self.frame.y0 + region.y0 as f32 * y,
            x1: self.frame.x0 + region.x1 as f32 * x,
            y1: self.frame.y0 + region.y1 as f32 * y,
        })
    }
}

/// One map, enlarged and ready to be cut anywhere: what a live threshold works on.
pub struct Localizer {
    levels: LevelMap,
    /// See [`LevelMap::steepest`].
    steepest: f32,
    method: Method,
    /// The class token's attention and the class-agnostic carried map, enlarged likewise: what
    /// scores are made of.
    attention: Vec<f32>,
    object: Vec<f32>,
    grid: Grid,
    scale: usize,
    /// What regions of no particular class may be called.
    names: Option<NameLogits>,
    /// Which object each patch is nearest to, if objects touch.
    parts: Option<Vec<u16>>,
    zoomed: Vec<ZoomedLevels>,
}

impl Localizer {
    /// Prepares the map of `class`, or of any object if none. Nothing if there is no
    /// [such map](Maps::map).
    pub fn new(maps: &Maps, method: Method, class: Option<usize>) -> Option<Self> {
        let map = maps.map(method, class)?;
        let scale = method.scale(maps.patch_size);
        let Grid { rows, columns } = map.grid;
        let (width, height) = (columns * scale, rows * scale);
        let zoomed = maps.zoomed.iter().filter(|_| method == Method::Affinity);
        let zoomed = zoomed.filter_map(|zoomed| {
            let map = zoomed.maps.map(method, class)?;
            let Grid { rows, columns } = map.grid;
            let levels = LevelMap::new(map, columns * scale, rows * scale);
            Some(ZoomedLevels {
                frame: zoomed.frame,
                steepest: levels.steepest(),
                levels,
            })
        });
        let levels = LevelMap::new(map, width, height);
        Some(Self {
            attention: maps.attention.resized(width, height),
            object: maps.object.resized(width, height),
            steepest: levels.steepest(),
            levels,
            method,
            grid: map.grid,
            scale,
            parts: maps.parts.clone().filter(|_| method == Method::Affinity),
            names: maps.names.clone().filter(|_| class.is_none()),
            zoomed: zoomed.collect(),
        })
    }

    fn threshold(&self, wanted: Option<f32>) -> f32 {
        wanted.unwrap_or(self.method.default_threshold())
    }

    fn regions(&self, threshold: f32) -> Vec<Region> {
        let threshold = self.method.cut(threshold, self.steepest);
        match &self.parts {
            Some(parts) => split_touching(&self.levels, threshold, self.scale, parts),
            None => self.levels.regions(threshold),
        }
    }

    /// The boxes in a picture of `picture` pixels, in no order.
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
            BoxMode::Largest => largest(&regions).map(scored).into_iter().collect(),
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

    /// The box of a region, between its edges at the first look and those at the second if there
    /// was one.
    fn bbox(&self, region: &Region, threshold: f32, picture: (u32, u32)) -> BBox {
        let first = region.bbox(&self.levels, picture);
        let share = share_of(&first, picture);
        let frame = frame_around(&share);
        let fit = |zoomed: &&ZoomedLevels| zoomed.frame.iou(&frame);
        let zoomed = self.zoomed.iter().filter(|_| share.area() < MAX_ZOOM_AREA);
        let zoomed = zoomed
            .max_by(|a, b| fit(a).total_cmp(&fit(b)))
            .filter(|zoomed| fit(zoomed) >= SAME_FRAME_IOU);
        let second = zoomed
            .and_then(|zoomed| zoomed.largest(self.method, threshold))
            .filter(|second| second.iou(&share) >= SAME_OBJECT_IOU);
        let Some(second) = second else {
            return first;
        };
        let between = |a: f32, b: f32, side: u32| (a + b) / 2.0 * side as f32;
        BBox {
            x0: between(share.x0, second.x0, picture.0),
            y0: between(share.y0, second.y0, picture.1),
            x1: between(share.x1, second.x1, picture.0),
            y1: between(share.y1, second.y1, picture.1),
        }
    }

    /// What a region may be called.
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
        let regions = self.regions(threshold);
        let bbox = |region: &Region| self.bbox(region, threshold, picture);
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
