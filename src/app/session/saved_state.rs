//! The state of the last session that a project stores, so that it reopens at the same point.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::attribute_definition::AttributeDefinition;
use super::box_order::BoxOrder;
use super::proposal_settings::ProposalSettings;
use super::query::PictureQuery;
use super::turn::Turn;
use crate::document::{AnnotationId, CategoryId, PictureId};

/// What marking a picture as done does with proposals that nobody has judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndecidedRule {
    /// They are rejected, and the picture is done.
    Reject,
    /// They stay, the picture stays in review, and the next one is shown.
    Leave,
}

/// The state of a session that the project stores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionState {
    /// The picture that was shown.
    pub picture: Option<PictureId>,
    /// The search, filters and order of the picture list.
    pub query: PictureQuery,
    /// The class of new boxes.
    pub class: Option<CategoryId>,
    /// The class that new boxes keep whatever class is given to others.
    #[serde(rename = "sticky")]
    pub sticky_class: Option<CategoryId>,
    /// The classes that were given to boxes lately, the last one first.
    #[serde(rename = "recent")]
    pub recent_classes: Vec<CategoryId>,
    /// Whether the person was asked what is labelled.
    #[serde(rename = "asked_labels")]
    pub has_asked_labels: bool,
    /// Classes whose boxes are hidden.
    #[serde(rename = "hidden")]
    pub hidden_classes: HashSet<CategoryId>,
    /// Whether rejected boxes are drawn.
    pub shows_rejected: bool,
    /// What marking a picture as done does with undecided proposals; none until a person has said so.
    #[serde(rename = "undecided")]
    pub undecided_rule: Option<UndecidedRule>,
    /// Boxes that cannot be moved.
    #[serde(rename = "locked")]
    pub locked_boxes: HashSet<AnnotationId>,
    /// The order in which the boxes of a picture are listed.
    pub box_order: BoxOrder,
    /// The attributes that boxes can have.
    pub attributes: Vec<AttributeDefinition>,
    /// How far the view of pictures is turned, where it is.
    #[serde(rename = "turned")]
    pub turns: HashMap<PictureId, Turn>,
    /// How proposals are made.
    #[serde(rename = "proposing")]
    pub proposal_settings: ProposalSettings,
}
