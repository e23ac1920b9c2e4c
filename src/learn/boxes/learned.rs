//! What was learnt: boxes for a picture that nobody has looked at yet.

use super::bytes::{Reader, Writer};
use super::calibration::Calibration;
use super::candidates::{self, CandidateModels, candidates};
use super::categories::Categories;
use super::dense::{self, DenseHead};
use super::gate::{GateMetrics, ReviewCost};
use super::rank::{self, Expansion};
use super::select::{Selected, select};
use super::sides::{self, SideModel, TokenBasis};
use super::sight::PictureFeatures;
use crate::geometry::BBox;

const KIND: [u8; 4] = *b"TSle";
const VERSION: u32 = 1;
/// Tokens wider than this are not read back.
const MAX_TOKEN_WIDTH: usize = 1 << 14;

/// A box that a person is likely to accept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnedBox {
    /// In upright pixels of the original.
    pub bbox: BBox,
    /// How probable it is that a person accepts it as it is, in 0..=1.
    pub score: f32,
    /// The category that its object looks like, if any was ever named.
    pub category: Option<u32>,
}

/// What reviewed pictures taught.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedProposer {
    /// D.
    pub(super) width: usize,
    pub(super) basis: TokenBasis,
    pub(super) models: CandidateModels,
    pub(super) expansion: Expansion,
    pub(super) weights: Vec<f32>,
    pub(super) calibration: Calibration,
    pub(super) categories: Option<Categories>,
    /// How it does on pictures that it did not learn from.
    pub quality: GateMetrics,
    /// Whether it does better there than the program's own proposals: it should be used only then.
    pub is_better: bool,
    /// Pictures that were reviewed, those held out too.
    pub reviewed: usize,
    /// The seed by which pictures were held out.
    pub seed: u64,
}

impl LearnedProposer {
    /// The boxes of a picture, best first; none if it was looked at by another model.
    pub fn propose(&self, sight: &PictureFeatures) -> Vec<LearnedBox> {
        if sight.width != self.width {
            return Vec::new();
        }
        let found = candidates(sight, &self.basis, &self.models);
        let expanded = self.expansion.expand(&found.features, None);
        let selected = select(&found.boxes, &rank::gains(&expanded, &self.weights));
        let boxes: Vec<BBox> = selected.iter().map(|selected| selected.bbox).collect();
        let categories = self.categories.as_ref();
        let categories = categories.map(|categories| categories.of(sight, &boxes));
        let learned = |(at, selected): (usize, &Selected)| LearnedBox {
            bbox: selected.bbox,
            score: self.calibration.probability(selected.gain),
            category: categories.as_ref().map(|categories| categories[at]),
        };
        selected.iter().enumerate().map(learned).collect()
    }

    /// With the fingerprint of the model that looked at the pictures, without which it is of no
    /// use.
    pub fn to_bytes(&self, fingerprint: &str) -> Vec<u8> {
        let mut writer = Writer::new(KIND, VERSION);
        writer.text(fingerprint);
        writer.u64(self.width as u64);
        writer.u64(self.reviewed as u64);
        writer.u64(self.seed);
        writer.u32(u32::from(self.is_better));
        let GateMetrics {
            held_out,
            objects,
            before,
            after,
        } = self.quality;
        let outcomes = [before, after].map(|outcome| [outcome.actions, outcome.accepts]);
        for number in [held_out, objects].into_iter().chain(outcomes.concat()) {
            writer.u64(number as u64);
        }
        writer.f64(self.calibration.slope);
        writer.f64(self.calibration.offset);
        for numbers in [
            &self.basis.mean,
            &self.basis.axes,
            &self.models.dense.centre,
            &self.models.dense.reach,
            &self.models.sides.weights,
            &self.expansion.mean,
            &self.expansion.scale,
            &self.weights,
        ] {
            writer.floats(numbers);
        }
        let none = Categories {
            ids: Vec::new(),
            weights: Vec::new(),
        };
        let categories = self.categories.as_ref().unwrap_or(&none);
        writer.list(&categories.ids, |writer, id| writer.u32(*id));
        writer.floats(&categories.weights);
        writer.finish()
    }

    /// From [`Self::to_bytes`]; nothing if they are damaged, of another version or of another
    /// model.
    pub fn from_bytes(bytes: &[u8], fingerprint: &str) -> Option<Self> {
        let mut reader = Reader::new(bytes, KIND, VERSION)?;
        if reader.text()? != fingerprint {
            return None;
        }
        let width = reader
            .size()
            .filter(|width| (1..=MAX_TOKEN_WIDTH).contains(width))?;
        let (reviewed, seed, is_better) = (reader.size()?, reader.u64()?, reader.u32()? != 0);
        let (held_out, objects) = (reader.size()?, reader.size()?);
        let mut outcome = || {
            Some(ReviewCost {
                actions: reader.size()?,
                accepts: reader.size()?,
            })
        };
        let (before, after) = (outcome()?, outcome()?);
        let quality = GateMetrics {
            held_out,
            objects,
            before,
            after,
        };
        let calibration = Calibration {
            slope: reader.f64()?,
            offset: reader.f64()?,
        };
        let mut floats = |length: usize| reader.floats().filter(|list| list.len() == length);
        let channels = TokenBasis::channels(width);
        let (dense, inputs) = (dense::inputs(width), candidates::inputs(width));
        let basis = TokenBasis {
            mean: floats(width)?,
            axes: floats(TokenBasis::axes(width) * width)?,
        };
        let models = CandidateModels {
            dense: DenseHead {
                centre: floats(dense)?,
                reach: floats(4 * dense)?,
            },
            sides: SideModel {
                weights: floats(sides::inputs(channels))?,
            },
        };
        let expansion = Expansion::new(floats(inputs)?, floats(inputs)?);
        let weights = floats(expansion.outputs())?;
        let ids = reader.list(Reader::u32)?;
        let numbers = reader.floats()?;
        let expected = match ids.len() {
            0 | 1 => 0,
            count => (width + 1) * count,
        };
        if numbers.len() != expected || !reader.is_at_end() {
            return None;
        }
        let categories = Categories {
            ids,
            weights: numbers,
        };
        Some(Self {
            width,
            basis,
            models,
            expansion,
            weights,
            calibration,
            categories: Some(categories).filter(|categories| !categories.ids.is_empty()),
            quality,
            is_better,
            reviewed,
            seed,
        })
    }
}
