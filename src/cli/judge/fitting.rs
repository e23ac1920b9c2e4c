//! Examples -> a judge, and its boxes for pictures of folders that were left out.

use super::example::Example;
use crate::learn::judge::{Calibration, Judge, Prior};

/// The minimum IoU at which a person accepts a box without changes.
const ACCEPT_IOU: f32 = 0.75;

/// The examples of a folder.
pub struct ExampleSet {
    /// The name of the folder.
    pub name: String,
    /// Folders of one group show the same pictures, so they are left out together.
    pub group: usize,
    /// Its pictures.
    pub pictures: Vec<Example>,
    /// Mosaics of its pictures.
    pub mosaics: Vec<Example>,
}

/// A judge fitted to all sets except those of a group, not calibrated yet. Each set weighs the same, and so
/// do its mosaics. `None` if there is no candidate.
pub fn fit_prior(sets: &[ExampleSet], left_out: Option<usize>) -> Option<Judge> {
    let sets = sets.iter().filter(|set| Some(set.group) != left_out);
    let parts = sets.flat_map(|set| [&set.pictures, &set.mosaics]);
    let examples: Vec<_> = parts
        .flat_map(|examples| {
            let total: f64 = examples.iter().map(Example::weight).sum();
            examples
                .iter()
                .map(move |example| example.for_prior(1.0 / total))
        })
        .collect();
    Some(Judge {
        prior: Prior::fit(&examples)?,
        calibration: Calibration::default(),
    })
}

/// The probabilities of acceptance that fit the boxes of judges that were fitted without each set's group,
/// without the sets of a group. `judges` are in the order of the `sets`.
pub fn fit_calibration(
    sets: &[ExampleSet],
    judges: &[Judge],
    left_out: Option<usize>,
) -> Calibration {
    let mut observed = Vec::new();
    let pairs = sets.iter().zip(judges);
    for (set, judge) in pairs.filter(|(set, _)| Some(set.group) != left_out) {
        for example in &set.pictures {
            let mut candidates = example.candidates.clone();
            candidates.judge(judge);
            observed.extend(candidates.selected().into_iter().map(|selected| {
                let ious = example.truth.iter().map(|truth| truth.iou(&selected.bbox));
                (selected.gain, ious.fold(0.0, f32::max) >= ACCEPT_IOU)
            }));
        }
    }
    Calibration::fit(&observed)
}
