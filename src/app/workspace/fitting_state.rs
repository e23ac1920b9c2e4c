//! The state of fitting boxes to objects: what is asked for, what was fitted, and what the project's
//! reviewed boxes say about it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::pointing_state::PointTool;
use crate::document::{Annotation, AnnotationId, IdShift, PictureId};
use crate::geometry::BBox;
use crate::learn::fit_gate::{FitComparison, FitSample, FitVerdict};

/// The project setting that stores the [`FittingSettings`].
pub(super) const FITTING_SETTING: &str = "fitting";
/// The number of fitted boxes whose former place is remembered.
const MAX_FITTED: usize = 256;

/// Whether boxes are fitted as soon as they are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapChoice {
    /// If it helps on this project's reviewed boxes.
    #[default]
    Automatic,
    /// Always.
    On,
    /// Never.
    Off,
}

/// What a project stores about fitting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FittingSettings {
    /// Whether drawn boxes are fitted.
    pub snap: SnapChoice,
    /// Measurements by picture: the IoU of each box before and after fitting.
    pub(super) measured: BTreeMap<PictureId, Vec<[f32; 2]>>,
    /// The boxes that were made by fitting. Nothing is measured on them: a network agrees with itself.
    pub(super) fitted: BTreeSet<AnnotationId>,
}

impl FittingSettings {
    /// The measurements in numbers.
    pub fn comparison(&self) -> FitComparison {
        let samples = self.measured.values().flatten();
        FitComparison::of(samples.map(|[before, after]| FitSample {
            before: *before,
            after: *after,
        }))
    }

    /// Whether drawn boxes are fitted: as a person has chosen, else if it helps.
    pub fn is_snapping(&self) -> bool {
        match self.snap {
            SnapChoice::On => true,
            SnapChoice::Off => false,
            SnapChoice::Automatic => self.comparison().verdict() == FitVerdict::Helps,
        }
    }
}

/// The state of fitting.
pub struct Fitting {
    /// What the project stores.
    pub settings: FittingSettings,
    /// The point tool.
    pub point: PointTool,
    /// Whether the settings differ from those in the project file.
    pub(super) has_unsaved: bool,
    /// The number of the last question.
    pub(super) last_number: u64,
    /// Fits that wait for their answer.
    pub(super) pending: Vec<PendingFit>,
    /// The boxes that were fitted last, the latest at the end.
    pub(super) fitted: VecDeque<FittedBox>,
    /// Pictures that were embedded since the project was opened.
    pub(super) embedded: HashSet<PictureId>,
    /// The picture that is shown, and since when.
    pub(super) shown: Option<(PictureId, Instant)>,
    /// For what pictures were last prepared: the shown picture, the revision of the document, and
    /// whether the model is busy.
    pub(super) prepared_for: Option<(PictureId, u64, bool)>,
    /// The pictures whose embeddings were requested in advance.
    pub(super) prepared: Vec<PictureId>,
    /// The boxes on which each picture was measured or is being measured.
    pub(super) truth: HashMap<PictureId, Vec<(u64, BBox)>>,
    /// The revision of the document at which measurements were last requested.
    pub(super) measured_revision: Option<u64>,
}

/// A fit that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PendingFit {
    /// The number of the question.
    pub number: u64,
    pub picture: PictureId,
    pub id: AnnotationId,
    /// Where the box was.
    pub rect: BBox,
    /// The gesture that the change belongs to.
    pub gesture: u64,
    /// Whether the box was only just drawn, so that nobody has asked for the fit by itself.
    pub is_snap: bool,
}

/// A box before and after it was fitted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FittedBox {
    pub before: Annotation,
    pub after: Annotation,
}

impl Fitting {
    /// The state when a project with these settings is opened.
    pub(super) fn new(settings: FittingSettings) -> Self {
        Self {
            settings,
            point: PointTool::default(),
            has_unsaved: false,
            last_number: 0,
            pending: Vec::new(),
            fitted: VecDeque::new(),
            embedded: HashSet::new(),
            shown: None,
            prepared_for: None,
            prepared: Vec::new(),
            truth: HashMap::new(),
            measured_revision: None,
        }
    }

    /// A number for the next question.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Whether a person waits until the shown picture is embedded.
    pub fn is_waiting(&self) -> bool {
        let is_asked = !self.pending.is_empty() || self.point.is_asking();
        let shown = self.shown.map(|(picture, _)| picture);
        is_asked && shown.is_some_and(|picture| !self.embedded.contains(&picture))
    }

    /// Whether a fit waits for its answer.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Follows boxes that were added here and got other ids.
    pub(super) fn shift_ids(&mut self, shift: &IdShift) {
        for pending in &mut self.pending {
            pending.id = shift.annotation(pending.id);
        }
        for fitted in &mut self.fitted {
            for row in [&mut fitted.before, &mut fitted.after] {
                *row = shift.annotation_row(row.clone());
            }
        }
        let ids = std::mem::take(&mut self.settings.fitted).into_iter();
        self.settings.fitted = ids.map(|id| shift.annotation(id)).collect();
        self.has_unsaved = true;
    }

    /// Remembers that a box was fitted.
    pub(super) fn remember(&mut self, before: Annotation, after: Annotation) {
        let id = before.id;
        self.fitted.retain(|fitted| fitted.before.id != id);
        self.fitted.push_back(FittedBox { before, after });
        if self.fitted.len() > MAX_FITTED {
            self.fitted.pop_front();
        }
    }

    /// How a box was fitted, if it still is where it was before or after that.
    pub(super) fn fit_of(&self, row: &Annotation) -> Option<&FittedBox> {
        let mut fitted = self.fitted.iter();
        fitted.find(|fitted| {
            let is_at = |other: &Annotation| other.rect == row.rect;
            fitted.before.id == row.id && (is_at(&fitted.before) || is_at(&fitted.after))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_stored_under_names_that_do_not_change() {
        let settings = FittingSettings {
            snap: SnapChoice::On,
            measured: [(PictureId(3), vec![[0.5, 0.75]])].into(),
            fitted: [AnnotationId(7)].into(),
        };
        let json = serde_json::to_string(&settings).unwrap();
        let expected = r#"{"snap":"on","measured":{"3":[[0.5,0.75]]},"fitted":[7]}"#;
        assert_eq!(json, expected);
        assert_eq!(
            serde_json::from_str::<FittingSettings>(&json).unwrap(),
            settings
        );
        let empty: FittingSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(empty, FittingSettings::default());
    }

    #[test]
    fn drawn_boxes_snap_by_themselves_only_where_that_helps() {
        let with = |sample: [f32; 2], snap| FittingSettings {
            snap,
            measured: [(PictureId(1), vec![sample; 12])].into(),
            ..FittingSettings::default()
        };
        let (helps, harms) = ([0.6, 0.9], [0.9, 0.6]);
        assert!(with(helps, SnapChoice::Automatic).is_snapping());
        assert!(!with(harms, SnapChoice::Automatic).is_snapping());
        assert!(with(harms, SnapChoice::On).is_snapping());
        assert!(!with(helps, SnapChoice::Off).is_snapping());
        assert!(
            !FittingSettings::default().is_snapping(),
            "nothing is known"
        );
    }
}
