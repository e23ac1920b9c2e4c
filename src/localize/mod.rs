//! Evidence -> maps -> regions -> boxes, on plain slices.
//!
//! A map has one value per patch. It is enlarged bilinearly, scaled to the levels 0..=255 by its own
//! minimum and maximum, and cut at a threshold. Each connected region above the threshold is a box.
//! This is the recipe of the paper (TS-CAM, arXiv 2103.14862). [`Method::Affinity`] goes beyond it: it
//! propagates the map along the affinities of the patches, and separates objects that touch.
//!
//! Each file uses only those above it:
//!
//! | file | its one idea |
//! |---|---|
//! | `patch_map` | one value per patch, and bilinear enlargement |
//! | `quality`, `method` | how much is computed, and how a map is made |
//! | `evidence` | what the networks computed from one picture; sums the attention over layers (A) |
//! | `levels` | a map cut into regions |
//! | `affinity` | maps propagated along the affinities of the patches |
//! | `instances` | objects that touch, separated by normalised cuts |
//! | `names` | which classes a region may show |
//! | `picture_maps` | couples A with the class maps (A*S) and propagates the result: the maps of one picture, for every method |
//! | `boxes` | options and results |
//! | `zoom` | small objects, seen a second time at a larger scale |
//! | `localizer` | one map cut into scored boxes at any threshold |

mod affinity;
mod boxes;
mod evidence;
mod instances;
mod levels;
mod localizer;
mod method;
mod names;
mod patch_map;
mod picture_maps;
mod quality;
#[cfg(test)]
mod tests;
mod zoom;

pub use affinity::AffinityMatrix;
pub use boxes::{BoxMode, BoxOptions, ScoredBox};
pub use evidence::{
    ClassEvidence, ClassSource, DETECTOR_CLASSES, DetectedBox, Evidence, PatchTokens,
    ZoomedEvidence, detected_classes,
};
pub use levels::{LevelMap, Region, largest_region};
pub use localizer::Localizer;
pub use method::Method;
pub use names::NameLogits;
pub use patch_map::PatchMap;
pub use picture_maps::{ClassMaps, PictureMaps, SemanticMaps, ZoomedMaps};
pub use quality::Quality;
pub use zoom::zoom_frames;
