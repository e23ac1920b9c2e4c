//! Evidence or maps -> scored boxes with their classes.

use super::judged_classes::judged_classes;
use super::settings::{PipelineSettings, Target};
use crate::geometry::BBox;
use crate::learn::judge::{Judge, JudgedCandidates};
use crate::localize::{
    BoxMode, BoxOptions, ClassMaps, ClassSource, Evidence, Localizer, Method, PictureMaps,
    ScoredBox,
};

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
    /// The [classes](super::NetworksRef::class_names) that it may show, with their probabilities given that
    /// it is an object, most probable first. Empty for any object.
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
    let maps = maps_for(evidence, target, boxes.mode, size);
    proposals_from_maps(&maps, size, *method, boxes)
}

/// The maps of the target in a picture of `size` pixels, and the judged boxes if there is a detector.
pub fn maps_for(
    evidence: &Evidence,
    target: &Target,
    mode: BoxMode,
    size: (u32, u32),
) -> PictureMaps {
    let names = match (target, evidence.classes()) {
        (Target::Automatic, Some((ClassSource::Companion, companion))) => {
            let ranked = companion.ranked().into_iter().take(MAX_NAME_CANDIDATES);
            ranked.map(|(class, _)| class).collect()
        }
        _ => Vec::new(),
    };
    let mut maps = PictureMaps::new(evidence, &target_classes(evidence, target, mode), &names);
    if let Some(detected) = &evidence.detections {
        maps.judged = Judge::shipped().map(|judge| {
            let mut candidates = JudgedCandidates::new(evidence, &maps, size);
            candidates.judge(judge);
            let mut boxes = judge.boxes(&candidates);
            if let Some(names) = &maps.names {
                for found in &mut boxes {
                    found.classes = judged_classes(&found.bbox, names, detected, size);
                }
            }
            boxes
        });
    }
    maps
}

/// The proposals from judged boxes in a picture of `size` pixels, best first.
///
/// If particular classes are requested, each box gets the one whose map is strongest in it.
fn proposals_from_judged(
    judged: &[ScoredBox],
    maps: &PictureMaps,
    size: (u32, u32),
    boxes: &BoxOptions,
) -> Vec<Proposal> {
    let classes = |found: &ScoredBox| match &maps.classes[..] {
        [] => found.classes.clone(),
        classes => {
            let inside = maps.object.grid.coverage(&found.bbox, size);
            let strength = |of_class: &&ClassMaps| {
                let values = &of_class.maps.propagated.values;
                let max = values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
                let sum: f32 = values.iter().zip(&inside).map(|(x, share)| x * share).sum();
                of_class.probability * sum / max
            };
            // The first of equals.
            let strongest = classes.iter().rev();
            let strongest = strongest.max_by(|a, b| strength(a).total_cmp(&strength(b)));
            strongest
                .map(|of_class| (of_class.class, 1.0))
                .into_iter()
                .collect()
        }
    };
    let max_boxes = match boxes.mode {
        BoxMode::Largest => 1,
        BoxMode::All => boxes.max_boxes,
    };
    let min_score = Method::Pool.default_min_score();
    let min_score = boxes.min_score.unwrap_or(min_score);
    let proposals = judged
        .iter()
        .filter(|found| boxes.mode == BoxMode::Largest || found.score >= min_score)
        .take(max_boxes)
        .map(|found| Proposal {
            bbox: found.bbox,
            classes: classes(found),
            score: found.score,
        });
    proposals.collect()
}

/// The proposals from maps in a picture of `size` pixels, best first.
pub fn proposals_from_maps(
    maps: &PictureMaps,
    size: (u32, u32),
    method: Method,
    boxes: &BoxOptions,
) -> Vec<Proposal> {
    if let (Method::Pool, Some(judged)) = (method, &maps.judged) {
        return proposals_from_judged(judged, maps, size, boxes);
    }
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
        let min_score = method.of_maps().default_min_score();
        let min_score = boxes.min_score.unwrap_or(min_score);
        proposals.retain(|proposal| proposal.score >= min_score);
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
