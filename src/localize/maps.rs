//! Evidence -> maps: one value a patch.

use super::evidence::{ClassEvidence, ClassSource, Evidence, log_sum_exp};
use super::instances::instance_labels;
use super::levels::LevelMap;
use super::{AFFINITY_SCALE, Method};
use crate::geometry::{BBox, Grid};

/// Temperature of the softmax over key similarities.
const AFFINITY_TEMPERATURE: f32 = 0.3;
/// How often attention is carried along the affinities, being sparse; a class map needs it once.
const AFFINITY_STEPS: usize = 2;

/// Where the map of any object is cut to tell its parts.
const FOREGROUND_THRESHOLD: f32 = 0.5;

/// One value a patch: how much the patch belongs to the object, on no fixed scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The grid of the values.
    pub grid: Grid,
    /// Row by row, `[P]`.
    pub values: Vec<f32>,
}

impl Map {
    /// Bilinear interpolation between the places' centres, clamped at the edges, as OpenCV's
    /// `resize(INTER_LINEAR)` does it; `[height * width]`.
    pub fn resized(&self, width: usize, height: usize) -> Vec<f32> {
        let Grid { rows, columns } = self.grid;
        let taps_x = linear_taps(columns, width);
        let stretched: Vec<f32> = self
            .values
            .chunks_exact(columns)
            .flat_map(|row| {
                taps_x
                    .iter()
                    .map(|&(left, right, t)| row[left] * (1.0 - t) + row[right] * t)
            })
            .collect(); // [rows, width]
        linear_taps(rows, height)
            .into_iter()
            .flat_map(|(above, below, t)| {
                let above = &stretched[above * width..][..width];
                let below = &stretched[below * width..][..width];
                above
                    .iter()
                    .zip(below)
                    .map(move |(a, b)| a * (1.0 - t) + b * t)
            })
            .collect()
    }
}

/// For each target position its two sources and the weight of the second.
fn linear_taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let last = from - 1;
    (0..to)
        .map(|target| {
            let source = (target as f32 + 0.5) * (from as f32 / to as f32) - 0.5;
            if source < 0.0 {
                (0, 0, 0.0)
            } else {
                let first = (source.floor() as usize).min(last);
                let t = if first == last {
                    0.0
                } else {
                    source - first as f32
                };
                (first, (first + 1).min(last), t)
            }
        })
        .collect()
}

/// The maps of one picture: all that is left to keep of the evidence once it has been looked at.
/// Boxes come of them at any threshold and by any method, without the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Maps {
    /// Side of a patch in pixels of the transformer's input.
    pub patch_size: usize,
    /// The class token's attention of the last layers.
    pub attention: Map,
    /// The attention carried along the affinities: any object, and what scores are made of.
    pub object: Map,
    /// What a companion makes of any object, if there is one.
    pub any: Option<SemanticMaps>,
    /// The classes that were looked for.
    pub classes: Vec<ClassMaps>,
    /// What objects of no particular class may be called.
    pub names: Option<NameLogits>,
    /// Which object each patch is nearest to, by number, if objects touch, `[P]`.
    pub parts: Option<Vec<u16>>,
    /// Second looks at parts of the picture.
    pub zoomed: Vec<ZoomedMaps>,
}

/// What the methods make of one semantic map.
#[derive(Clone, Debug, PartialEq)]
pub struct SemanticMaps {
    /// The semantic map itself, `S`.
    pub semantic: Map,
    /// The paper's coupled map, `A * S` over all layers.
    pub coupled: Map,
    /// What [`Method::Affinity`] makes of it.
    pub propagated: Map,
}

/// The maps of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMaps {
    /// An index into the classes of what knows classes.
    pub class: usize,
    /// How probable the class is, in 0..=1.
    pub probability: f32,
    /// Its maps.
    pub maps: SemanticMaps,
}

/// The maps of a second look.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoomedMaps {
    /// The part of the picture, in 0..=1 of its width and height.
    pub frame: BBox,
    /// Its maps.
    pub maps: Maps,
}

/// Logits by which a region gets its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NameLogits {
    /// Classes that the picture may show, each with its map of logits.
    pub classes: Vec<(usize, Map)>,
    /// The logit of all other classes together.
    pub rest: Map,
}

impl NameLogits {
    /// The candidates among all classes in the whole picture, with their maps on `grid`.
    fn new(evidence: &ClassEvidence, candidates: &[usize], grid: Grid) -> Self {
        let map = |&class: &usize| Some((class, evidence.map(class, grid)?));
        Self {
            classes: candidates.iter().filter_map(map).collect(),
            rest: evidence.rest(candidates, grid),
        }
    }

    /// The candidates with their probabilities in a region, most probable first: the softmax of
    /// the mean logits. `weights` says how much of each patch lies in the region.
    pub fn of_region(&self, weights: &[f32]) -> Vec<(usize, f32)> {
        let total: f32 = weights.iter().sum();
        let mean = |map: &Map| {
            let weighted = map.values.iter().zip(weights).map(|(x, w)| x * w);
            weighted.sum::<f32>() / total
        };
        let logits: Vec<f32> = self.classes.iter().map(|(_, map)| mean(map)).collect();
        let sum = log_sum_exp(logits.iter().copied().chain([mean(&self.rest)]));
        let classes = self.classes.iter().zip(logits);
        let mut named: Vec<(usize, f32)> = classes
            .map(|((class, _), logit)| (*class, (logit - sum).exp()))
            .collect();
        named.sort_by(|a, b| b.1.total_cmp(&a.1));
        named
    }
}

impl Maps {
    /// Makes the maps of any object, and of these `classes`, each with its probability; and if
    /// objects of no class are to be called by `names`, what that takes. All of them count in the
    /// classes of what [knows classes](Evidence::classes); those that it does not know are left
    /// out.
    pub fn new(evidence: &Evidence, classes: &[(usize, f32)], names: &[usize]) -> Self {
        let maps = Self::of_one_look(evidence, classes);
        let Grid { rows, columns } = evidence.grid;
        let any = maps
            .any
            .as_ref()
            .map_or(&maps.object, |any| &any.propagated);
        let levels = LevelMap::new(any, columns * AFFINITY_SCALE, rows * AFFINITY_SCALE);
        let cut_criterion = evidence.quality.cut_criterion();
        let parts = instance_labels(
            &levels,
            FOREGROUND_THRESHOLD,
            AFFINITY_SCALE,
            &evidence.instance_similarity,
            cut_criterion,
        );
        let known = evidence.classes().filter(|_| !names.is_empty());
        let zoomed = evidence.zoomed.iter().map(|zoomed| ZoomedMaps {
            frame: zoomed.frame,
            maps: Self::of_one_look(&zoomed.evidence, classes),
        });
        Self {
            parts,
            names: known.map(|(_, known)| NameLogits::new(known, names, evidence.grid)),
            zoomed: zoomed.collect(),
            ..maps
        }
    }

    /// The maps alone.
    fn of_one_look(evidence: &Evidence, classes: &[(usize, f32)]) -> Self {
        let carrier = MapBuilder::new(evidence);
        let known = evidence.classes();
        let any = evidence.companion.as_ref().map(|companion| {
            let semantic = companion.any_class_map(evidence.grid);
            let propagated = carrier.beside_attention(&semantic);
            carrier.maps(semantic, propagated)
        });
        let witness = any.as_ref().map_or(&carrier.object, |any| &any.propagated);
        let of_class = |&(class, probability): &(usize, f32)| {
            let (source, known) = known?;
            let semantic = known.map(class, evidence.grid)?;
            let propagated = match source {
                ClassSource::Head => carrier.coupled_beside(&semantic, witness),
                ClassSource::Companion => carrier.beside_attention(&semantic),
            };
            Some(ClassMaps {
                class,
                probability,
                maps: carrier.maps(semantic, propagated),
            })
        };
        let classes = classes.iter().filter_map(of_class).collect();
        Self {
            patch_size: evidence.patch_size,
            classes,
            any,
            names: None,
            parts: None,
            zoomed: Vec::new(),
            attention: carrier.map(evidence.summed_attention()),
            object: carrier.object,
        }
    }

    /// The map of `class`, or of any object if none, by `method`. Nothing if the class was not
    /// looked for, or the method needs class maps and there are none.
    pub fn map(&self, method: Method, class: Option<usize>) -> Option<&Map> {
        let semantic = match class {
            None => self.any.as_ref(),
            Some(class) => {
                let of_class = self.classes.iter().find(|maps| maps.class == class)?;
                Some(&of_class.maps)
            }
        };
        match method {
            Method::Attention => Some(&self.attention),
            Method::Affinity => Some(semantic.map_or(&self.object, |maps| &maps.propagated)),
            Method::TsCam => semantic.map(|maps| &maps.coupled),
            Method::Cam => semantic.map(|maps| &maps.semantic),
        }
    }

    /// What was looked for, the most probable class first: any object if no class was.
    pub fn target(&self) -> Vec<(Option<usize>, f32)> {
        if self.classes.is_empty() {
            return vec![(None, 1.0)];
        }
        let classes = self.classes.iter();
        classes
            .map(|maps| (Some(maps.class), maps.probability))
            .collect()
    }
}

/// Makes maps of one picture's evidence.
struct MapBuilder<'a> {
    evidence: &'a Evidence,
    affinity: Affinity,
    object: Map,
}

impl<'a> MapBuilder<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        let affinity = Affinity::new(evidence, AFFINITY_TEMPERATURE);
        let object = Map {
            grid: evidence.grid,
            values: affinity.propagate_sparse(evidence.summed_attention()),
        };
        Self {
            evidence,
            affinity,
            object,
        }
    }

    fn map(&self, values: Vec<f32>) -> Map {
        Map {
            grid: self.evidence.grid,
            values,
        }
    }

    /// What the methods make of a semantic map; `propagated` is what [`Method::Affinity`] does.
    fn maps(&self, semantic: Map, propagated: Map) -> SemanticMaps {
        let attention = self.evidence.attention_of_all();
        let coupled = attention.iter().zip(&semantic.values);
        SemanticMaps {
            coupled: self.map(coupled.map(|(a, s)| a * s).collect()),
            propagated,
            semantic,
        }
    }

    /// A convolutional map, carried, beside the carried attention: it covers the object coarsely
    /// and knows nothing of the patches, so the two are equal witnesses.
    fn beside_attention(&self, semantic: &Map) -> Map {
        let propagated = self.affinity.propagate(&semantic.values);
        self.map(sum_of_equals(&self.object.values, &propagated))
    }

    /// A head's map coupled with the attention and carried, beside a map of any object. Tied to the
    /// patches, it is as sparse as the attention.
    ///
    /// Only differences between patches count in a head's map, whose level the training leaves
    /// open; so it is coupled from its minimum up, lest the attention to what is not of the class
    /// pull the map below the background.
    fn coupled_beside(&self, semantic: &Map, witness: &Map) -> Map {
        let least = semantic
            .values
            .iter()
            .copied()
            .fold(f32::INFINITY, f32::min);
        let attention = self.evidence.summed_attention();
        let coupled = attention.iter().zip(&semantic.values);
        let coupled = coupled.map(|(a, s)| a * (s - least)).collect();
        let propagated = self.affinity.propagate_sparse(coupled);
        self.map(sum_of_equals(&witness.values, &propagated))
    }
}

/// The sum of two maps, each in 0..=1 of its own range.
fn sum_of_equals(one: &[f32], other: &[f32]) -> Vec<f32> {
    let pairs = min_max(one).into_iter().zip(min_max(other));
    pairs.map(|(a, b)| a + b).collect()
}

/// Brings values to 0..=1; all 0 if they are equal.
fn min_max(values: &[f32]) -> Vec<f32> {
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = max - min;
    let scale = if range > 0.0 { range.recip() } else { 0.0 };
    values.iter().map(|x| (x - min) * scale).collect()
}

/// How strongly each patch belongs with each other: a row-stochastic `P x P` matrix.
pub struct Affinity {
    rows: Vec<f32>,
    patches: usize,
}

impl Affinity {
    /// The softmax of the key similarities at `temperature`, row by row.
    pub fn new(evidence: &Evidence, temperature: f32) -> Self {
        let patches = evidence.grid.patches();
        let mut rows = evidence.key_similarity.clone();
        for row in rows.chunks_exact_mut(patches.max(1)) {
            // Cosines lie in -1..=1, so the exponentials need no shift by the maximum.
            for x in row.iter_mut() {
                *x = (*x / temperature).exp();
            }
            let sum: f32 = row.iter().sum();
            for x in row.iter_mut() {
                *x /= sum;
            }
        }
        Self { rows, patches }
    }

    /// The map `[P]` after one step: each patch takes the mean of those that it belongs with.
    pub fn propagate(&self, map: &[f32]) -> Vec<f32> {
        self.rows
            .chunks_exact(self.patches.max(1))
            .map(|row| row.iter().zip(map).map(|(p, x)| p * x).sum())
            .collect()
    }

    fn propagate_sparse(&self, map: Vec<f32>) -> Vec<f32> {
        (0..AFFINITY_STEPS).fold(map, |map, _| self.propagate(&map))
    }
}
