//! Evidence or maps -> scored boxes with their classes.

use super::settings::{PipelineSettings, Target};
use crate::geometry::BBox;
use crate::localize::{BoxMode, BoxOptions, ClassSource, Evidence, Localizer, Method, PictureMaps};

/// The minimum probability of a class that is proposed without a tag.
const MIN_CLASS_PROBABILITY: f32 = 0.1;
/// The maximum number of classes that are proposed in one picture without tags.
const MAX_CLASSES: usize = 5;
/// The number of candidates for the class of an object: the most probable classes of the picture.
const MAX_NAME_CANDIDATES: usize = 8;

/// A proposed box.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The box, in pixels of the original, upright picture.
    pub bbox: BBox,
    /// The [classes of the model](crate::tscam::Model::classes) that it may show, with their
    /// probabilities given that it is an object, most probable first. Empty for any object.
    pub classes: Vec<(usize, f32)>,
    /// The confidence in 0..=1: the score of the region, times the probability of the class if there
    /// is a head.
    pub score: f32,
}

impl Proposal {
    /// The most probable class; `None` for any object.
    pub fn best_class(&self) -> Option<usize> {
        self.classes.first().map(|(class, _)| *class)
    }
}

/// The proposals in a picture of `size` pixels, best first.
pub fn propose(
    evidence: &Evidence,
    size: (u32, u32),
    target: &Target,
    settings: &PipelineSettings,
) -> Vec<Proposal> {
    let PipelineSettings { method, boxes, .. } = settings;
    let maps = maps_for(evidence, target, boxes.mode);
    proposals_from_maps(&maps, size, *method, boxes)
}

/// The maps of the target in a picture.
pub fn maps_for(evidence: &Evidence, target: &Target, mode: BoxMode) -> PictureMaps {
    let names = match (target, evidence.classes()) {
        (Target::Automatic, Some((ClassSource::Companion, companion))) => {
            let ranked = companion.ranked().into_iter().take(MAX_NAME_CANDIDATES);
            ranked.map(|(class, _)| class).collect()
        }
        _ => Vec::new(),
    };
    PictureMaps::new(evidence, &target_classes(evidence, target, mode), &names)
}

/// The proposals from maps in a picture of `size` pixels, best first.
pub fn proposals_from_maps(
    maps: &PictureMaps,
    size: (u32, u32),
    method: Method,
    boxes: &BoxOptions,
) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for (class, probability) in maps.targets() {
        let localizer = Localizer::new(maps, method, class);
        for found in localizer
            .iter()
            .flat_map(|localizer| localizer.boxes(boxes, size))
        {
            // An object in the map of a class is of that class.
            let of_class = class.map(|class| vec![(class, 1.0)]);
            proposals.push(Proposal {
                bbox: found.bbox,
                classes: of_class.unwrap_or(found.classes),
                score: found.score * probability,
            });
        }
    }
    if boxes.mode == BoxMode::All {
        proposals.retain(|proposal| proposal.score >= boxes.min_score);
    }
    proposals.sort_by(|a, b| b.score.total_cmp(&a.score));
    proposals.truncate(boxes.max_boxes);
    proposals
}

/// The classes to propose and their probabilities, most probable first; empty for any object.
fn target_classes(evidence: &Evidence, target: &Target, mode: BoxMode) -> Vec<(usize, f32)> {
    let classes = match (target, &evidence.head) {
        (Target::Classes(tags), _) => return tags.iter().map(|&tag| (tag, 1.0)).collect(),
        (Target::AnyObject, _) | (_, None) => return Vec::new(),
        (Target::Automatic, Some(classes)) => classes,
    };
    let max_classes = match mode {
        BoxMode::Largest => 1,
        BoxMode::All => MAX_CLASSES,
    };
    classes
        .ranked()
        .into_iter()
        .take(max_classes)
        .enumerate()
        .filter(|(rank, (_, probability))| *rank == 0 || *probability >= MIN_CLASS_PROBABILITY)
        .map(|(_, ranked)| ranked)
        .collect()
}
