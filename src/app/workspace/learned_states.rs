//! The learned states of a project, among which a person can choose.
//!
//! The list of states is one setting of the project. The bytes of each state are another one, which
//! is read when the state is needed.

use serde::{Deserialize, Serialize};

use crate::app::workers::requests::ModelInfo;
use crate::learn::boxes::{GateMetrics, LearnedProposer, ReviewCost};

/// The project setting that stores the list of states.
pub const LEARNING_SETTING: &str = "learning";
/// The number of states that are kept; the oldest are removed first.
const MAX_STATES: usize = 20;

/// What makes proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalSource {
    /// The newest learned state that was better than proposals without learning.
    #[default]
    #[serde(rename = "best")]
    Automatic,
    /// The learned state with this number.
    State(u32),
    /// No learned state: only the maps of the model.
    #[serde(rename = "old_way")]
    WithoutLearning,
}

/// Measurements on held-out pictures: without learning, then with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldOutMetrics {
    /// The number of held-out pictures.
    pub pictures: usize,
    /// The number of objects in them.
    pub objects: usize,
    /// The work that is left, where 1 is to draw everything by hand.
    pub effort: Option<[f64; 2]>,
    /// The share of objects with a correct box.
    #[serde(rename = "right")]
    pub recall: Option<[f64; 2]>,
}

impl From<&GateMetrics> for HeldOutMetrics {
    fn from(metrics: &GateMetrics) -> Self {
        let GateMetrics {
            held_out,
            objects,
            before,
            after,
        } = metrics;
        let both = |of: fn(&ReviewCost, usize) -> Option<f64>| {
            Some([of(before, *objects)?, of(after, *objects)?])
        };
        Self {
            pictures: *held_out,
            objects: *objects,
            effort: both(ReviewCost::effort),
            recall: both(ReviewCost::recall_at_75),
        }
    }
}

/// With fewer held-out objects, figures say more about chance than about the state.
pub const MIN_SHOWN_OBJECTS: usize = 20;

impl HeldOutMetrics {
    /// Whether there are enough objects for figures to be shown.
    pub fn is_telling(&self) -> bool {
        self.objects >= MIN_SHOWN_OBJECTS
    }
}

/// A learned state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedState {
    /// Its number in the project.
    pub id: u32,
    /// When it was learned, in seconds since 1970.
    #[serde(rename = "at")]
    pub learned_at: u64,
    /// The name of the model that processed the pictures.
    pub model: String,
    /// The model and quality that it is bound to; see [`ModelInfo::model_key`].
    pub kind: String,
    /// The number of pictures that it was learned from.
    pub reviewed: usize,
    /// Its measurements on the held-out pictures.
    #[serde(rename = "measured")]
    pub metrics: HeldOutMetrics,
    /// Whether it is better there than proposals without learning.
    pub is_better: bool,
    /// Whether a person asked for it.
    #[serde(rename = "is_asked")]
    pub is_requested: bool,
}

/// The learned states of a project, and how they are used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearnedStates {
    /// Whether to learn on request only.
    pub is_manual: bool,
    /// What makes proposals.
    #[serde(rename = "choice")]
    pub source: ProposalSource,
    /// The states, the oldest first.
    pub states: Vec<LearnedState>,
    last_id: u32,
}

impl LearnedStates {
    /// The newest state of this kind.
    pub fn latest(&self, kind: &str) -> Option<&LearnedState> {
        let mut states = self.states.iter().rev();
        states.find(|state| state.kind == kind)
    }

    /// The state of this kind that makes proposals, if one does.
    pub fn chosen(&self, kind: &str) -> Option<&LearnedState> {
        match self.source {
            ProposalSource::WithoutLearning => None,
            ProposalSource::Automatic => {
                let mut states = self.states.iter().rev();
                states.find(|state| state.kind == kind && state.is_better)
            }
            ProposalSource::State(id) => {
                let mut states = self.states.iter();
                states.find(|state| state.id == id && state.kind == kind)
            }
        }
    }

    /// Adds a new state. Returns its number, and the numbers of states that are no longer kept.
    ///
    /// The new state replaces the last one if it was learned from as many pictures. It also replaces
    /// one that was learned automatically, until there are enough new pictures to keep both. It never
    /// replaces a better one if it is no better itself.
    pub fn add(
        &mut self,
        learned: &LearnedProposer,
        model_info: &ModelInfo,
        learned_at: u64,
        is_requested: bool,
    ) -> (u32, Vec<u32>) {
        self.add_state(|id| LearnedState {
            id,
            learned_at,
            model: model_info.name.clone(),
            kind: model_info.model_key(),
            reviewed: learned.reviewed,
            metrics: HeldOutMetrics::from(&learned.metrics),
            is_better: learned.is_better,
            is_requested,
        })
    }

    fn add_state(&mut self, state: impl FnOnce(u32) -> LearnedState) -> (u32, Vec<u32>) {
        let mut state = state(self.last_id + 1);
        let replaced = self.states.last().filter(|last| {
            let before = self.states.iter().rev().nth(1);
            let former = before.map_or(0, |before| before.reviewed);
            let is_close = last.reviewed < former + (former / 6).max(4);
            let is_free = self.source != ProposalSource::State(last.id);
            let is_repeated = last.reviewed == state.reviewed;
            let is_replaced = is_repeated || is_close && !last.is_requested;
            let is_worse = last.is_better && !state.is_better;
            is_free && is_replaced && !is_worse && last.kind == state.kind
        });
        state.is_requested |= replaced.is_some_and(|last| last.is_requested);
        match replaced.map(|state| state.id) {
            Some(id) => {
                self.states.pop();
                state.id = id;
            }
            None => self.last_id += 1,
        }
        let id = state.id;
        self.states.push(state);
        let mut removed = Vec::new();
        while self.states.len() > MAX_STATES {
            // The state that a person has chosen stays, so does the newest, and so does the one that is in
            // use automatically.
            let in_use = self.states.last().and_then(|last| self.chosen(&last.kind));
            let in_use = in_use.map(|state| state.id);
            let is_free = |state: &LearnedState| {
                self.source != ProposalSource::State(state.id) && in_use != Some(state.id)
            };
            let Some(oldest) = self.states.iter().position(is_free) else {
                break;
            };
            removed.push(self.states.remove(oldest).id);
        }
        (id, removed)
    }
}

/// The project setting that stores the bytes of a state.
pub fn state_setting(id: u32) -> String {
    format!("learned {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "model/fast";

    fn add(
        all: &mut LearnedStates,
        reviewed: usize,
        is_better: bool,
        is_requested: bool,
    ) -> (u32, Vec<u32>) {
        all.add_state(|id| LearnedState {
            id,
            learned_at: 0,
            model: "m".to_owned(),
            kind: KIND.to_owned(),
            reviewed,
            metrics: HeldOutMetrics::default(),
            is_better,
            is_requested,
        })
    }

    #[test]
    fn the_newest_better_state_is_used_unless_a_person_has_chosen() {
        let mut all = LearnedStates::default();
        assert_eq!(all.chosen(KIND), None);
        let (first, _) = add(&mut all, 10, true, true);
        assert_eq!(all.chosen(KIND).map(|state| state.id), Some(first));
        assert_eq!(all.chosen("another/fast"), None);
        // A worse round changes nothing, whether it was asked for or not.
        for (reviewed, is_requested) in [(10, true), (11, false), (20, true), (40, false)] {
            add(&mut all, reviewed, false, is_requested);
            assert_eq!(all.chosen(KIND).map(|state| state.id), Some(first));
        }
        for _ in 0..2 * MAX_STATES {
            add(&mut all, 400, false, true);
            add(&mut all, 500, false, true);
        }
        assert_eq!(all.chosen(KIND).map(|state| state.id), Some(first));
        let (better, _) = add(&mut all, 600, true, true);
        assert_eq!(all.chosen(KIND).map(|state| state.id), Some(better));
        all.source = ProposalSource::State(better);
        assert_eq!(all.chosen(KIND).map(|state| state.id), Some(better));
        all.source = ProposalSource::WithoutLearning;
        assert_eq!(all.chosen(KIND), None);
    }

    #[test]
    fn automatic_states_do_not_crowd_out_earlier_ones() {
        let mut all = LearnedStates::default();
        for reviewed in 8..200 {
            add(&mut all, reviewed, true, false);
        }
        let reviewed: Vec<usize> = all.states.iter().map(|state| state.reviewed).collect();
        assert!(reviewed.len() <= MAX_STATES);
        assert!(reviewed[0] < 12 && reviewed.is_sorted(), "{reviewed:?}");
        assert_eq!(reviewed.last(), Some(&199));
        // States on request stay, and so does the chosen one.
        all.source = ProposalSource::State(all.states[0].id);
        let chosen = all.states[0].clone();
        let mut removed = Vec::new();
        for reviewed in 200..240 {
            removed.extend(add(&mut all, reviewed, true, true).1);
        }
        assert_eq!(all.states.len(), MAX_STATES);
        assert_eq!(all.states[0], chosen);
        assert!(!removed.contains(&chosen.id) && !removed.is_empty());
    }
}
