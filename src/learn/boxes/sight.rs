//! All that learning boxes needs of one picture.

use half::f16;

use super::bytes::{Reader, Writer};
use crate::geometry::{BBox, Grid};
use crate::localize::{BoxOptions, Evidence, Localizer, Maps, Method};
use crate::propose;

const KIND: [u8; 4] = *b"TSsi";
const VERSION: u32 = 1;

/// Where the map is cut for candidates: 0.15, 0.20, ..., 0.90.
const THRESHOLDS: usize = 16;
/// Candidates smaller than this share of the picture are left out.
const MIN_AREA_SHARE: f32 = 0.002;
/// The most candidates of a picture; those of the best scores stay.
const MAX_CANDIDATES: usize = 100;

/// A box that the map gives at some threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapCandidate {
    /// In upright pixels of the original.
    pub bbox: BBox,
    /// As [scored](Localizer::boxes) at that threshold, in 0..=1.
    pub score: f32,
    /// Where the map was cut.
    pub threshold: f32,
}

/// All that learning boxes needs of one picture; P patches, tokens D wide. About 200 kB.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFeatures {
    pub(super) size: (u32, u32),
    pub(super) grid: Grid,
    /// D.
    pub(super) width: usize,
    /// The patch tokens of a middle block, `[P * D]`.
    pub(super) tokens: Vec<f16>,
    /// The class token's attention, that carried along the affinities, and with what a companion
    /// makes of any object, each `[P]` and with a maximum of 1.
    pub(super) maps: [Vec<f32>; MAP_COUNT],
    /// What the map gives at any threshold.
    pub(super) candidates: Vec<MapCandidate>,
    /// What the program proposes if nothing is learnt.
    pub(super) proposals: Vec<BBox>,
}

/// Maps that are learnt from.
pub(super) const MAP_COUNT: usize = 3;

impl PictureFeatures {
    /// What is to be kept of a picture of `size` pixels. Nothing if its evidence came without
    /// [tokens](Evidence::tokens), or with numbers that are not finite.
    pub fn new(evidence: &Evidence, maps: &Maps, size: (u32, u32)) -> Option<Self> {
        let tokens = evidence.tokens.as_ref()?;
        let companion = maps.companion.as_ref();
        let object = companion.map_or(&maps.object, |companion| &companion.propagated);
        let proposals =
            propose::proposals_from_maps(maps, size, Method::Affinity, &BoxOptions::default());
        let sight = Self {
            size,
            grid: evidence.grid,
            width: tokens.width,
            tokens: tokens.tokens.iter().map(|x| f16::from_f32(*x)).collect(),
            maps: [&maps.attention, &maps.object, object].map(|map| brought_to_one(&map.values)),
            candidates: candidates(maps, size),
            proposals: proposals
                .iter()
                .filter_map(|proposal| proposal.bbox.clipped(size.0, size.1))
                .collect(),
        };
        sight.is_sound().then_some(sight)
    }

    /// With other boxes as what the program proposes if nothing is learnt: where it is set to
    /// another method or threshold, it is those that learning has to beat.
    pub fn with_proposals(mut self, proposals: impl Iterator<Item = BBox>) -> Self {
        let (width, height) = self.size;
        self.proposals = proposals
            .filter_map(|bbox| bbox.clipped(width, height))
            .collect();
        self
    }

    /// Width and height of the picture in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// What the program proposes there if nothing is learnt.
    pub fn proposals(&self) -> &[BBox] {
        &self.proposals
    }

    fn is_sound(&self) -> bool {
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
            })
            && self.proposals.iter().all(is_inside)
    }

    /// For a cache.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND, VERSION);
        writer.u32(self.size.0);
        writer.u32(self.size.1);
        for side in [self.grid.rows, self.grid.columns, self.width] {
            writer.u64(side as u64);
        }
        writer.halves(&self.tokens);
        for map in &self.maps {
            writer.floats(map);
        }
        writer.list(&self.candidates, |writer, candidate| {
            writer.bbox(&candidate.bbox);
            writer.f32(candidate.score);
            writer.f32(candidate.threshold);
        });
        writer.list(&self.proposals, Writer::bbox);
        writer.finish()
    }

    /// From [`Self::to_bytes`]; nothing if they are damaged or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes, KIND, VERSION)?;
        let sight = Self {
            size: (reader.u32()?, reader.u32()?),
            grid: Grid {
                rows: reader.size()?,
                columns: reader.size()?,
            },
            width: reader.size()?,
            tokens: reader.halves()?,
            maps: [reader.floats()?, reader.floats()?, reader.floats()?],
            candidates: reader.list(|reader| {
                Some(MapCandidate {
                    bbox: reader.bbox()?,
                    score: reader.f32()?,
                    threshold: reader.f32()?,
                })
            })?,
            proposals: reader.list(Reader::bbox)?,
        };
        (reader.is_at_end() && sight.is_sound()).then_some(sight)
    }

    /// Width and height of a patch in pixels of the picture.
    pub(super) fn patch(&self) -> (f32, f32) {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        (
            width / self.grid.columns as f32,
            height / self.grid.rows as f32,
        )
    }

    /// The middle of a patch in pixels of the picture.
    pub(super) fn centre(&self, patch: usize) -> (f32, f32) {
        let (width, height) = self.patch();
        let (row, column) = (patch / self.grid.columns, patch % self.grid.columns);
        ((column as f32 + 0.5) * width, (row as f32 + 0.5) * height)
    }

    /// The patches whose middle lies in a box; the nearest one if there is none.
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

    /// The tokens, each brought to a mean square of 1, `[P * D]`.
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

fn brought_to_one(map: &[f32]) -> Vec<f32> {
    let max = map.iter().copied().fold(1e-6, f32::max);
    map.iter().map(|x| x / max).collect()
}

/// The boxes of any object at every threshold, each once.
fn candidates(maps: &Maps, size: (u32, u32)) -> Vec<MapCandidate> {
    let Some(localizer) = Localizer::new(maps, Method::Affinity, None) else {
        return Vec::new();
    };
    let smallest = MIN_AREA_SHARE * size.0 as f32 * size.1 as f32;
    let mut found: Vec<MapCandidate> = Vec::new();
    for step in 0..THRESHOLDS {
        let threshold = 0.15 + 0.05 * step as f32;
        let options = BoxOptions {
            threshold: Some(threshold),
            min_area: Some(0.0),
            min_score: 0.0,
            ..BoxOptions::default()
        };
        for of_step in localizer.boxes(&options, size) {
            let Some(bbox) = of_step.bbox.clipped(size.0, size.1) else {
                continue;
            };
            if bbox.area() > smallest && found.iter().all(|other| other.bbox != bbox) {
                found.push(MapCandidate {
                    bbox,
                    score: of_step.score,
                    threshold,
                });
            }
        }
    }
    if found.len() > MAX_CANDIDATES {
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(MAX_CANDIDATES);
    }
    found
}
