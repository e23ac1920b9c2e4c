//! An open project with everything that works on it: the session, the workers, and what is kept for
//! showing it.

mod activity;
mod class_tally;
mod core;
mod learned_states;
mod learning;

pub use self::activity::{Activity, WorkTime};
pub use self::class_tally::ClassTally;
pub use self::core::{
    ModelState, ProposalJob, ProposalPreview, Workspace, cut_options_of, heat_map_colour,
};
pub use self::learned_states::{HeldOutMetrics, LearnedState, LearnedStates, ProposalSource};
pub use self::learning::{Learning, MIN_HELD_OUT, not_better_text};
