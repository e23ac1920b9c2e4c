//! What was learnt in a project, kept with it so that it can be gone back to.
//!
//! The list of states is one setting of the project, and the bytes of each another one, which are
//! read when they are wanted.

use serde::{Deserialize, Serialize};

use crate::app::workers::terms::ModelInfo;
use crate::learn::boxes::{GateMetrics, LearnedProposer, ReviewCost};

/// The setting with the list.
pub const LEARNING: &str = "learning";
/// States that are kept; the oldest go first.
const MAX_STATES: usize = 20;

/// What a person wants proposals to be made by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalSource {
    /// By what was learnt last if that is better, else in the old way.
    #[default]
    Best,
    /// By this state, whatever was learnt since.
    State(u32),
    /// In the old way.
    OldWay,
}

/// Effort and right boxes on the pictures that were held out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldOutMetrics {
    /// Pictures that were held out.
    pub pictures: usize,
    /// Objects in them.
    pub objects: usize,
    /// What is left to do, in the old way and by what was learnt; 1 is everything by hand.
    pub effort: Option<[f64; 2]>,
    /// The share of boxes that are right, in the old way and by what was learnt.
    pub right: Option<[f64; 2]>,
}

impl From<&GateMetrics> for HeldOutMetrics {
    fn from(quality: &GateMetrics) -> Self {
        let GateMetrics {
            held_out,
            objects,
            before,
            after,
        } = quality;
        let both = |of: fn(&ReviewCost, usize) -> Option<f64>| {
            Some([of(before, *objects)?, of(after, *objects)?])
        };
        Self {
            pictures: *held_out,
            objects: *objects,
            effort: both(ReviewCost::effort),
            right: both(ReviewCost::recall_at_75),
        }
    }
}

/// A learned state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedState {
    /// Its number in the project.
    pub id: u32,
    /// When it was learnt, in seconds since 1970.
    pub at: u64,
    /// The model that had seen the pictures.
    pub model: String,
    /// What it is bound to; see [`ModelInfo::features_kind`].
    pub kind: String,
    /// Pictures that it was learnt from, those held out too.
    pub reviewed: usize,
    /// How it does on those that were held out.
    pub measured: HeldOutMetrics,
    /// Whether it does better there than the old way.
    pub is_better: bool,
    /// Whether a person had asked for it.
    pub is_asked: bool,
}

/// The learned states of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearnedStates {
    /// Whether it learns only when asked.
    pub is_manual: bool,
    /// What proposals are made by.
    pub choice: ProposalSource,
    /// The states, the oldest first.
    pub states: Vec<LearnedState>,
    last_id: u32,
}

impl LearnedStates {
    /// The state that was learnt last with this model, if any.
    pub fn latest(&self, kind: &str) -> Option<&LearnedState> {
        let mut states = self.states.iter().rev();
        states.find(|state| state.kind == kind)
    }

    /// The state that proposals are to be made by, for this model.
    pub fn wanted(&self, kind: &str) -> Option<&LearnedState> {
        match self.choice {
            ProposalSource::OldWay => None,
            ProposalSource::Best => self.latest(kind).filter(|state| state.is_better),
            ProposalSource::State(id) => {
                let mut states = self.states.iter();
                states.find(|state| state.id == id && state.kind == kind)
            }
        }
    }

    /// Adds what was just learnt; its number, and the numbers of those that are no longer kept.
    ///
    /// What was learnt from as many pictures as the last state takes its place, and what was learnt
    /// unasked does until there is so much more to learn from that it is worth keeping both.
    pub fn add(
        &mut self,
        learned: &LearnedProposer,
        model_info: &ModelInfo,
        at: u64,
        is_asked: bool,
    ) -> (u32, Vec<u32>) {
        self.add_state(|id| LearnedState {
            id,
            at,
            model: model_info.name.clone(),
            kind: model_info.features_kind(),
            reviewed: learned.reviewed,
            measured: HeldOutMetrics::from(&learned.metrics),
            is_better: learned.is_better,
            is_asked,
        })
    }

    fn add_state(&mut self, state: impl FnOnce(u32) -> LearnedState) -> (u32, Vec<u32>) {
        let mut state = state(self.last_id + 1);
        let replaced = self.states.last().filter(|last| {
            let before = self.states.iter().rev().nth(1);
            let former = before.map_or(0, |before| before.reviewed);
            let is_close = last.reviewed < former + (former / 6).max(4);
            let is_free = self.choice != ProposalSource::State(last.id);
            let is_again = last.reviewed == state.reviewed;
            let is_replaced = is_again || is_close && !last.is_asked;
            is_free && is_replaced && last.kind == state.kind
        });
        state.is_asked |= replaced.is_some_and(|last| last.is_asked);
        match replaced.map(|state| state.id) {
            Some(id) => {
                self.states.pop();
                state.id = id;
            }
            None => self.last_id += 1,
        }
        let id = state.id;
        self.states.push(state);
        let mut gone = Vec::new();
        while self.states.len() > MAX_STATES {
            // The one that a person has chosen stays, and so does the newest.
            let is_free = |state: &LearnedState| self.choice != ProposalSource::State(state.id);
            let Some(oldest) = self.states.iter().position(is_free) else {
                break;
            };
            gone.push(self.states.remove(oldest).id);
        }
        (id, gone)
    }
}

/// The setting with the bytes of a state.
pub fn key_of(state: u32) -> String {
    format!("learned {state}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "model/fast";

    fn add(
        kept: &mut LearnedStates,
        reviewed: usize,
        is_better: bool,
        is_asked: bool,
    ) -> (u32, Vec<u32>) {
        kept.add_state(|id| LearnedState {
            id,
            at: 0,
            model: "m".to_owned(),
            kind: KIND.to_owned(),
            reviewed,
            measured: HeldOutMetrics::default(),
            is_better,
            is_asked,
        })
    }

    #[test]
    fn the_newest_is_in_use_where_it_is_better_unless_a_person_chose() {
        let mut kept = LearnedStates::default();
        assert_eq!(kept.wanted(KIND), None);
        let (first, _) = add(&mut kept, 10, true, true);
        assert_eq!(kept.wanted(KIND).map(|state| state.id), Some(first));
        assert_eq!(kept.wanted("another/fast"), None);
        add(&mut kept, 20, false, true);
        assert_eq!(kept.wanted(KIND), None, "the old way is better");
        kept.choice = ProposalSource::State(first);
        assert_eq!(kept.wanted(KIND).map(|state| state.id), Some(first));
        kept.choice = ProposalSource::OldWay;
        assert_eq!(kept.wanted(KIND), None);
    }

    #[test]
    fn what_is_learnt_after_every_picture_does_not_crowd_out_what_was_before() {
        let mut kept = LearnedStates::default();
        for reviewed in 8..200 {
            add(&mut kept, reviewed, true, false);
        }
        let reviewed: Vec<usize> = kept.states.iter().map(|state| state.reviewed).collect();
        assert!(reviewed.len() <= MAX_STATES);
        assert!(reviewed[0] < 12 && reviewed.is_sorted(), "{reviewed:?}");
        assert_eq!(reviewed.last(), Some(&199));
        // What was asked for stays, and so does what is chosen.
        kept.choice = ProposalSource::State(kept.states[0].id);
        let chosen = kept.states[0].clone();
        let mut gone = Vec::new();
        for reviewed in 200..240 {
            gone.extend(add(&mut kept, reviewed, true, true).1);
        }
        assert_eq!(kept.states.len(), MAX_STATES);
        assert_eq!(kept.states[0], chosen);
        assert!(!gone.contains(&chosen.id) && !gone.is_empty());
    }
}
