//! What is learned from one picture.

use half::f16;

use super::picture_candidates::{MAX_CANDIDATES, PictureCandidate, picture_candidates};
use crate::geometry::{BBox, Grid};
use crate::localize::{DETECTOR_CLASSES, Evidence, PictureMaps};

/// Number of maps that are learned from.
pub(super) const MAP_COUNT: usize = 3;

/// What boxes are learned from in one picture of P patches with tokens of width D. About 200 kB.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFeatures {
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// The grid of patches.
    pub(super) grid: Grid,
    /// The width of a token, D.
    pub(super) width: usize,
    /// The patch tokens of a middle block, `[P * D]`.
    pub(super) tokens: Vec<f16>,
    /// The class token's attention, the same propagated along the affinities, and that combined with the
    /// companion's map of any object; each `[P]` with a maximum of 1.
    pub(super) maps: [Vec<f32>; MAP_COUNT],
    /// Whether a detector looked at the picture.
    pub(super) has_detector: bool,
    /// The boxes that may show an object.
    pub(super) candidates: Vec<PictureCandidate>,
    /// The program's own proposals, which learning has to beat, in pixels.
    pub(super) proposals: Vec<BBox>,
}

impl PictureFeatures {
    /// The features of a picture of `size` pixels with the program's own `proposals`, which are in pixels.
    /// `None` if the evidence has no [tokens](Evidence::tokens), or numbers that are not finite.
    pub fn new(
        evidence: &Evidence,
        maps: &PictureMaps,
        size: (u32, u32),
        proposals: impl IntoIterator<Item = BBox>,
    ) -> Option<Self> {
        let tokens = evidence.tokens.as_ref()?;
        let companion = maps.companion.as_ref();
        let object = companion.map_or(&maps.object, |companion| &companion.propagated);
        let (width, height) = size;
        let features = Self {
            size,
            grid: evidence.grid,
            width: tokens.width,
            tokens: tokens.tokens.iter().map(|x| f16::from_f32(*x)).collect(),
            maps: [&maps.attention, &maps.object, object].map(|map| with_maximum_one(&map.values)),
            has_detector: evidence.detections.is_some(),
            candidates: picture_candidates(evidence, maps, size),
            proposals: proposals
                .into_iter()
                .filter_map(|bbox| bbox.clipped(width, height))
                .collect(),
        };
        features.is_sound().then_some(features)
    }

    /// Width and height of the picture in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// The program's own proposals, in pixels.
    pub fn proposals(&self) -> &[BBox] {
        &self.proposals
    }

    /// Whether all lengths fit, all numbers are finite and all boxes are inside the picture.
    pub(super) fn is_sound(&self) -> bool {
        let Grid { rows, columns } = self.grid;
        let patches = rows.checked_mul(columns).filter(|patches| *patches > 0);
        let numbers = patches.and_then(|patches| patches.checked_mul(self.width));
        let (width, height) = self.size;
        let is_inside = |bbox: &BBox| bbox.clipped(width, height) == Some(*bbox);
        numbers.is_some_and(|numbers| numbers > 0 && numbers == self.tokens.len())
            && self.tokens.iter().all(|x| x.is_finite())
            && self
                .maps
                .iter()
                .all(|map| Some(map.len()) == patches && map.iter().all(|x| x.is_finite()))
            && self.candidates.len() <= MAX_CANDIDATES
            && self.candidates.iter().all(|candidate| {
                is_inside(&candidate.bbox)
                    && candidate.score.is_finite()
                    && candidate.threshold.is_finite()
                    && candidate.prior.is_finite()
                    && candidate
                        .classes
                        .iter()
                        .all(|(class, score)| *class < DETECTOR_CLASSES && score.is_finite())
            })
            && self.proposals.iter().all(is_inside)
    }

    /// Width and height of a patch in pixels of the picture.
    pub(super) fn patch(&self) -> (f32, f32) {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        (
            width / self.grid.columns as f32,
            height / self.grid.rows as f32,
        )
    }

    /// The centre of a patch in pixels of the picture.
    pub(super) fn centre(&self, patch: usize) -> (f32, f32) {
        let (width, height) = self.patch();
        let (row, column) = (patch / self.grid.columns, patch % self.grid.columns);
        ((column as f32 + 0.5) * width, (row as f32 + 0.5) * height)
    }

    /// The patches whose centre lies in a box; the nearest patch if there is none.
    pub(super) fn patches_in(&self, bbox: &BBox) -> Vec<usize> {
        let patches = 0..self.grid.patches();
        let inside = patches.clone().filter(|patch| {
            let (x, y) = self.centre(*patch);
            bbox.x0 < x && x < bbox.x1 && bbox.y0 < y && y < bbox.y1
        });
        let inside: Vec<usize> = inside.collect();
        if !inside.is_empty() {
            return inside;
        }
        let (width, height) = self.patch();
        let distance = |patch: &usize| {
            let (x, y) = self.centre(*patch);
            let across = (x - (bbox.x0 + bbox.x1) / 2.0).abs() / width;
            across + (y - (bbox.y0 + bbox.y1) / 2.0).abs() / height
        };
        let nearest = patches.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.into_iter().collect()
    }

    /// The tokens, each scaled to a mean square of 1, `[P * D]`.
    pub(super) fn unit_tokens(&self) -> Vec<f32> {
        let mut units = Vec::with_capacity(self.tokens.len());
        for token in self.tokens.chunks_exact(self.width) {
            let square: f32 = token.iter().map(|x| x.to_f32() * x.to_f32()).sum();
            let scale = (self.width as f32).sqrt() / square.sqrt().max(1e-6);
            units.extend(token.iter().map(|x| x.to_f32() * scale));
        }
        units
    }
}

/// A map scaled to a maximum of 1.
fn with_maximum_one(map: &[f32]) -> Vec<f32> {
    let max = map.iter().copied().fold(1e-6, f32::max);
    map.iter().map(|x| x / max).collect()
}
