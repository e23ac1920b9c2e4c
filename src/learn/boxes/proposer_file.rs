//! A learned proposer as bytes, which the window keeps in the project file.

use super::candidates::{self, CandidateModels};
use super::categories::CategoryClassifier;
use super::dense::{self, DenseHead};
use super::field::TokenBasis;
use super::gain::RandomFeatures;
use super::gate::{GateMetrics, ReviewCost};
use super::proposer::LearnedProposer;
use super::sides::{self, SideModel};
use super::stored_proposer::{StoredMetrics, StoredProposer};
use super::{envelope, legacy};
use crate::learn::calibration::Calibration;

const KIND: [u8; 4] = *b"TSle";
const VERSION: u32 = 2;
/// Maximum token width that is read.
const MAX_TOKEN_WIDTH: usize = 1 << 14;

impl LearnedProposer {
    /// The proposer as bytes, with the fingerprint of the model whose tokens it reads.
    pub fn to_bytes(&self, fingerprint: &str) -> Vec<u8> {
        let GateMetrics {
            held_out,
            objects,
            before,
            after,
        } = self.metrics;
        let categories = self.categories.as_ref();
        let stored = StoredProposer {
            fingerprint: fingerprint.to_owned(),
            width: self.width,
            reviewed: self.reviewed,
            seed: self.seed,
            is_better: self.is_better,
            metrics: StoredMetrics {
                held_out,
                objects,
                actions: [before.actions, after.actions],
                accepts: [before.accepts, after.accepts],
            },
            calibration: [self.calibration.slope, self.calibration.offset],
            basis_mean: self.basis.mean.clone(),
            basis_axes: self.basis.axes.clone(),
            centre: self.models.dense.centre.clone(),
            reach: self.models.dense.reach.clone(),
            sides: self.models.sides.weights.clone(),
            expansion_mean: self.expansion.mean.clone(),
            expansion_scale: self.expansion.scale.clone(),
            gain: self.weights.clone(),
            categories: categories.map_or(Vec::new(), |categories| categories.ids.clone()),
            category_weights: categories
                .map_or(Vec::new(), |categories| categories.weights.clone()),
        };
        envelope::seal(KIND, VERSION, &stored)
    }

    /// The proposer from [`Self::to_bytes`] of this version or the first one. `None` if the bytes are
    /// damaged, of another version or of another model.
    pub fn from_bytes(bytes: &[u8], fingerprint: &str) -> Option<Self> {
        let (version, value) = envelope::open(bytes, KIND)?;
        let stored: StoredProposer = match version {
            1 => legacy::read(value)?,
            VERSION => envelope::decode(value)?,
            _ => return None,
        };
        (stored.fingerprint == fingerprint).then(|| Self::from_stored(stored))?
    }

    /// `None` if a length does not fit or a number is not finite.
    fn from_stored(stored: StoredProposer) -> Option<Self> {
        let width = Some(stored.width).filter(|width| (1..=MAX_TOKEN_WIDTH).contains(width))?;
        let checked = |numbers: Vec<f32>, length: usize| {
            let is_sound = numbers.len() == length && numbers.iter().all(|x| x.is_finite());
            is_sound.then_some(numbers)
        };
        let channels = TokenBasis::channels(width);
        let dense = dense::inputs(width);
        // A list as long as those of neither fits no other list.
        let inputs = match stored.expansion_mean.len() {
            length if length == candidates::inputs(width, true) => length,
            _ => candidates::inputs(width, false),
        };
        let has_detector = inputs == candidates::inputs(width, true);
        let [slope, offset] = stored.calibration;
        let expansion = RandomFeatures::new(
            checked(stored.expansion_mean, inputs)?,
            checked(stored.expansion_scale, inputs)?,
            candidates::class_inputs(has_detector),
        );
        let weights = checked(stored.gain, expansion.outputs())?;
        let category_inputs = match stored.categories.len() {
            0 | 1 => 0,
            count => (width + 1) * count,
        };
        let categories = CategoryClassifier {
            weights: checked(stored.category_weights, category_inputs)?,
            ids: stored.categories,
        };
        let StoredMetrics {
            held_out,
            objects,
            actions,
            accepts,
        } = stored.metrics;
        let cost = |at: usize| ReviewCost {
            actions: actions[at],
            accepts: accepts[at],
        };
        let proposer = Self {
            width,
            has_detector,
            basis: TokenBasis {
                mean: checked(stored.basis_mean, width)?,
                axes: checked(stored.basis_axes, TokenBasis::axes(width) * width)?,
            },
            models: CandidateModels {
                dense: DenseHead {
                    centre: checked(stored.centre, dense)?,
                    reach: checked(stored.reach, 4 * dense)?,
                },
                sides: SideModel {
                    weights: checked(stored.sides, sides::inputs(channels, has_detector))?,
                },
            },
            expansion,
            weights,
            calibration: Calibration { slope, offset },
            categories: Some(categories).filter(|categories| !categories.ids.is_empty()),
            metrics: GateMetrics {
                held_out,
                objects,
                before: cost(0),
                after: cost(1),
            },
            is_better: stored.is_better,
            reviewed: stored.reviewed,
            seed: stored.seed,
        };
        (slope.is_finite() && offset.is_finite()).then_some(proposer)
    }
}
