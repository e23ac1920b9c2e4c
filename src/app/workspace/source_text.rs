//! What proposals come from at present and why, in one sentence.

use super::core::Workspace;
use super::learned_states::{LearnedState, ProposalSource};
use super::learning::not_better_text;
use super::proposing_state::ModelState;
use crate::app::i18n::tr;

impl Workspace {
    /// The number of pictures that a person has finished, whatever model is used.
    pub fn reviewed(&self) -> usize {
        self.session.summary().done()
    }

    /// What proposals come from, and why: one sentence.
    pub fn source_text(&self) -> String {
        let kind = match &self.proposing.model {
            ModelState::Loading => return tr!("learning-waits-for-model").to_owned(),
            ModelState::Failed(_) => return tr!("learning-without-model").to_owned(),
            ModelState::Ready(info) => info.model_key(),
        };
        let saved = &self.learning.saved;
        match (self.active_state(), saved.source) {
            (Some(state), ProposalSource::State(_)) => self.chosen_text(state),
            (Some(state), _) => self.automatic_text(state),
            (None, ProposalSource::WithoutLearning) => tr!("learning-not-used").to_owned(),
            (None, ProposalSource::State(_)) => tr!("learning-other-model").to_owned(),
            (None, ProposalSource::Automatic) => match saved.latest(&kind) {
                _ if self.learning.trouble.is_some() => {
                    self.learning.trouble.clone().unwrap_or_default()
                }
                Some(latest) => not_better_text(latest.metrics.pictures).to_owned(),
                None => tr!("learning-nothing-yet", done = self.reviewed()),
            },
        }
    }

    fn chosen_text(&self, state: &LearnedState) -> String {
        tr!(
            "learning-state-in-use",
            id = state.id,
            learned = self.learned_from(state)
        )
    }

    /// A state is in use because it was better; a newer one may not have been.
    fn automatic_text(&self, state: &LearnedState) -> String {
        let latest = self.learning.saved.latest(&state.kind);
        let learned = self.learned_from(state);
        match latest.filter(|latest| latest.id != state.id) {
            Some(_) => tr!(
                "learning-in-use-after-worse",
                learned = learned,
                id = state.id
            ),
            None => tr!("learning-in-use", learned = learned),
        }
    }

    /// How many pictures a state was learned from, with those that are reviewed now if they are fewer: an
    /// import was undone, or pictures were reopened.
    fn learned_from(&self, state: &LearnedState) -> String {
        let now = self.reviewed();
        if now < state.reviewed {
            return tr!("learned-from-more", count = state.reviewed, now = now);
        }
        tr!("learned-from", count = state.reviewed)
    }
}
