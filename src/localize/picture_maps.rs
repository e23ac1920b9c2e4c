//! The maps of one picture, from which boxes are made at any threshold and by any method, without the
//! model.

use super::affinity::AffinityMatrix;
use super::boxes::ScoredBox;
use super::evidence::{ClassSource, Evidence};
use super::instances::instance_labels;
use super::levels::LevelMap;
use super::method::{AFFINITY_PIXELS_PER_PATCH, Method};
use super::names::NameLogits;
use super::patch_map::PatchMap;
use crate::geometry::{BBox, Grid};

/// Temperature of the softmax over key similarities.
const AFFINITY_TEMPERATURE: f32 = 0.3;
/// The threshold of the foreground in which objects that touch are separated.
const FOREGROUND_THRESHOLD: f32 = 0.5;

/// The maps of one picture. They replace the evidence once it has been computed.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureMaps {
    /// The side of a patch, in pixels of the transformer's input.
    pub patch_size: usize,
    /// The class token's attention of the last layers.
    pub attention: PatchMap,
    /// The attention, propagated along the affinities: the map of any object, and the basis of scores.
    pub object: PatchMap,
    /// The companion's maps of any object, if there is a companion.
    pub companion: Option<SemanticMaps>,
    /// The maps of the requested classes.
    pub classes: Vec<ClassMaps>,
    /// The logits from which objects of no particular class get a class, if requested.
    pub names: Option<NameLogits>,
    /// The object to which each patch belongs, by number, `[P]`; `None` if no objects touch.
    pub instance_labels: Option<Vec<u16>>,
    /// The maps of enlarged parts of the picture.
    pub zoomed: Vec<ZoomedMaps>,
    /// The judged boxes of [`Method::Pool`], best first, each with the probability that a person accepts
    /// it without changes; `None` without a detector.
    pub judged: Option<Vec<ScoredBox>>,
}

/// What the methods make of one semantic map.
#[derive(Clone, Debug, PartialEq)]
pub struct SemanticMaps {
    /// The semantic map itself, `S`.
    pub semantic: PatchMap,
    /// The paper's coupled map, `A * S`, with the attention of all layers.
    pub coupled: PatchMap,
    /// The map of [`Method::Affinity`].
    pub propagated: PatchMap,
}

/// The maps of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMaps {
    /// The index of the class among those of the [class evidence](Evidence::classes).
    pub class: usize,
    /// The probability of the class, in 0..=1.
    pub probability: f32,
    /// Its maps.
    pub maps: SemanticMaps,
}

/// The maps of an enlarged part of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoomedMaps {
    /// The part, in 0..=1 of the picture's width and height.
    pub frame: BBox,
    /// Its maps.
    pub maps: PictureMaps,
}

impl PictureMaps {
    /// Makes the maps of any object and of these `classes`, each with its probability. If `names` is
    /// not empty, the maps also determine which of these classes an object shows.
    ///
    /// All classes are indices into those of the [class evidence](Evidence::classes). Unknown ones are
    /// ignored.
    pub fn new(evidence: &Evidence, classes: &[(usize, f32)], names: &[usize]) -> Self {
        let maps = Self::without_zoom(evidence, classes);
        let companion = maps.companion.as_ref();
        let object = companion.map_or(&maps.object, |companion| &companion.propagated);
        let Grid { rows, columns } = evidence.grid;
        let scale = AFFINITY_PIXELS_PER_PATCH;
        let instance_labels = instance_labels(
            &LevelMap::new(object, columns * scale, rows * scale),
            FOREGROUND_THRESHOLD,
            scale,
            &evidence.instance_similarity,
        );
        let class_evidence = evidence.classes().filter(|_| !names.is_empty());
        let zoomed = evidence.zoomed.iter().map(|zoomed| ZoomedMaps {
            frame: zoomed.frame,
            maps: Self::without_zoom(&zoomed.evidence, classes),
        });
        Self {
            instance_labels,
            names: class_evidence.map(|(_, known)| NameLogits::new(known, names, evidence.grid)),
            zoomed: zoomed.collect(),
            ..maps
        }
    }

    /// The maps without names, instances and enlarged parts.
    fn without_zoom(evidence: &Evidence, classes: &[(usize, f32)]) -> Self {
        let builder = MapBuilder::new(evidence);
        let class_evidence = evidence.classes();
        let companion = evidence.companion.as_ref().map(|companion| {
            let semantic = companion.any_class_map(evidence.grid);
            let propagated = builder.convolutional(&semantic);
            builder.semantic_maps(semantic, propagated)
        });
        let object = companion.as_ref();
        let object = object.map_or(&builder.object, |companion| &companion.propagated);
        let of_class = |&(class, probability): &(usize, f32)| {
            let (source, known) = class_evidence?;
            let semantic = known.map(class, evidence.grid)?;
            let propagated = match source {
                ClassSource::Head => builder.of_head(&semantic, object),
                ClassSource::Companion => builder.of_companion_class(&semantic),
            };
            Some(ClassMaps {
                class,
                probability,
                maps: builder.semantic_maps(semantic, propagated),
            })
        };
        let classes = classes.iter().filter_map(of_class).collect();
        Self {
            patch_size: evidence.patch_size,
            classes,
            companion,
            names: None,
            instance_labels: None,
            zoomed: Vec::new(),
            judged: None,
            attention: builder.map(evidence.attention_last_layers()),
            object: builder.object,
        }
    }

    /// The map of `class`, or of any object if `None`, by `method`. `None` if there are no maps of the
    /// class, or the method needs class maps and there are none.
    pub fn map(&self, method: Method, class: Option<usize>) -> Option<&PatchMap> {
        let semantic = match class {
            None => self.companion.as_ref(),
            Some(class) => {
                let of_class = self.classes.iter().find(|maps| maps.class == class)?;
                Some(&of_class.maps)
            }
        };
        match method {
            Method::Attention => Some(&self.attention),
            Method::Pool | Method::Affinity => {
                Some(semantic.map_or(&self.object, |maps| &maps.propagated))
            }
            Method::TsCam => semantic.map(|maps| &maps.coupled),
            Method::Cam => semantic.map(|maps| &maps.semantic),
        }
    }

    /// The classes that have maps, with their probabilities, most probable first. If there are none,
    /// any object (`None`) with probability 1.
    pub fn targets(&self) -> Vec<(Option<usize>, f32)> {
        if self.classes.is_empty() {
            return vec![(None, 1.0)];
        }
        let classes = self.classes.iter();
        classes
            .map(|maps| (Some(maps.class), maps.probability))
            .collect()
    }
}

/// Makes maps from the evidence in one picture.
struct MapBuilder<'a> {
    evidence: &'a Evidence,
    affinity: AffinityMatrix,
    /// See [`PictureMaps::object`].
    object: PatchMap,
}

impl<'a> MapBuilder<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        let affinity = AffinityMatrix::new(evidence, AFFINITY_TEMPERATURE);
        let object = PatchMap {
            grid: evidence.grid,
            values: affinity.propagate_sparse(evidence.attention_last_layers()),
        };
        Self {
            evidence,
            affinity,
            object,
        }
    }

    fn map(&self, values: Vec<f32>) -> PatchMap {
        PatchMap {
            grid: self.evidence.grid,
            values,
        }
    }

    /// What the methods make of a semantic map; `propagated` is the map of [`Method::Affinity`].
    fn semantic_maps(&self, semantic: PatchMap, propagated: PatchMap) -> SemanticMaps {
        let attention = self.evidence.attention_all_layers();
        let coupled = attention.iter().zip(&semantic.values);
        SemanticMaps {
            coupled: self.map(coupled.map(|(a, s)| a * s).collect()),
            propagated,
            semantic,
        }
    }

    /// The propagated map of any object by a convolutional network, plus the propagated attention. The
    /// network covers objects coarsely and is independent of the patches, so both maps have equal weight.
    fn convolutional(&self, semantic: &PatchMap) -> PatchMap {
        let propagated = self.affinity.propagate(&semantic.values);
        self.map(normalised_sum(&self.object.values, &propagated))
    }

    /// The propagated map of one class of the companion. The attention has no part in it: it goes to
    /// everything that stands out, while a class that is given belongs to one object only.
    fn of_companion_class(&self, semantic: &PatchMap) -> PatchMap {
        self.map(self.affinity.propagate(&semantic.values))
    }

    /// A map of a head, coupled with the attention and propagated, plus a map of any object. A map of
    /// a head is as sparse as the attention.
    ///
    /// Only differences between patches count in a map of a head, because training leaves its level
    /// undetermined. It is therefore coupled from its minimum up. Otherwise, attention to patches that
    /// are not of the class could pull the map below the background.
    fn of_head(&self, semantic: &PatchMap, object: &PatchMap) -> PatchMap {
        let min = semantic
            .values
            .iter()
            .copied()
            .fold(f32::INFINITY, f32::min);
        let attention = self.evidence.attention_last_layers();
        let coupled = attention.iter().zip(&semantic.values);
        let coupled = coupled.map(|(a, s)| a * (s - min)).collect();
        let propagated = self.affinity.propagate_sparse(coupled);
        self.map(normalised_sum(&object.values, &propagated))
    }
}

/// The sum of two maps `[P]`, each scaled to 0..=1.
fn normalised_sum(one: &[f32], other: &[f32]) -> Vec<f32> {
    let pairs = min_max(one).into_iter().zip(min_max(other));
    pairs.map(|(a, b)| a + b).collect()
}

/// Scales values to 0..=1; all 0 if they are equal.
fn min_max(values: &[f32]) -> Vec<f32> {
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = max - min;
    let scale = if range > 0.0 { range.recip() } else { 0.0 };
    values.iter().map(|x| (x - min) * scale).collect()
}
