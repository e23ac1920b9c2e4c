//! Options of localization, and its result.

use serde::Serialize;

use crate::geometry::BBox;

/// How many boxes are made from a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxMode {
    /// One box, as in the paper: the region with the largest contour area.
    Largest,
    /// Every region that is large enough and scores high enough.
    #[default]
    All,
}

/// How boxes are made from a map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoxOptions {
    /// How many boxes are made from a map.
    #[serde(rename = "boxes")]
    pub mode: BoxMode,
    /// The threshold, in 0..1 of the range of the map; `None` for the default of the method.
    pub threshold: Option<f32>,
    /// The maximum number of boxes per picture.
    pub max_boxes: usize,
    /// The minimum area of a region, as a share of the picture; `None` for four patches. Only for
    /// [`BoxMode::All`].
    pub min_area: Option<f32>,
    /// The minimum score of a box; `None` for the default of the method. Only for [`BoxMode::All`].
    pub min_score: Option<f32>,
}

impl Default for BoxOptions {
    fn default() -> Self {
        Self {
            mode: BoxMode::default(),
            threshold: None,
            max_boxes: 100,
            min_area: None,
            min_score: None,
        }
    }
}

/// A box with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredBox {
    /// The box, in pixels of the original, upright picture.
    pub bbox: BBox,
    /// The confidence, in 0..=1.
    pub score: f32,
    /// The classes that it may show with their probabilities, most probable first; empty without
    /// [`NameLogits`](super::NameLogits). A region's are classes of these, a judged box's are classes of the
    /// [list of both networks](crate::naming::listed_class_names).
    pub classes: Vec<(usize, f32)>,
}
