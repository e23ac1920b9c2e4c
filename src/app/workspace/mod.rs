//! The open project in the window: the session, what is shown of it, and what the workers do for it.
//!
//! | file | its one idea |
//! |---|---|
//! | `core.rs` | the workspace: session, workers, and the state of each concern |
//! | `view_state.rs`, `viewing.rs` | canvas, textures, heat map |
//! | `proposing_state.rs`, `proposing.rs` | the model: asking for proposals, receiving results |
//! | `writing.rs` | writing proposals into the project |
//! | `relocalizing_state.rs`, `relocalizing.rs` | new proposals from cached maps, and the preview while a slider is dragged |
//! | `file_versions.rs`, `reloading.rs` | versions of picture files, so that results for an earlier one are dropped |
//! | `naming_state.rs`, `naming.rs` | mapping the model's classes to the project's |
//! | `learning_state.rs`, `learning.rs` | learning from reviewed pictures |
//! | `learned_states.rs`, `learned_boxes.rs` | learned states, and proposals by the active one |
//! | `source_text.rs` | what proposals come from, and why, in one sentence |
//! | `outdated.rs` | proposals of a former model or quality, and proposing again |
//! | `similar.rs` | searching for similar objects |
//! | `fitting_state.rs`, `fitting.rs` | fitting boxes to objects |
//! | `pointing_state.rs`, `pointing.rs` | the point tool: boxes that a point may mean |
//! | `snapping.rs` | whether drawn boxes snap to objects, and measuring whether that helps |
//! | `comparing_state.rs`, `comparing.rs` | the boxes side by side with others |
//! | `exchange.rs` | the imports and exports that are under way |
//! | `timing.rs` | the time that the work took |
//! | `waking.rs` | when a frame is needed although nothing happens |
//! | `settings.rs` | proposal settings in the terms of the workers |

mod comparing;
mod comparing_state;
mod core;
mod exchange;
mod file_versions;
mod fitting;
mod fitting_state;
mod learned_boxes;
mod learned_states;
mod learning;
mod learning_state;
mod naming;
mod naming_state;
mod outdated;
mod pointing;
mod pointing_state;
mod proposing;
mod proposing_state;
mod reloading;
mod relocalizing;
mod relocalizing_state;
mod settings;
mod similar;
mod snapping;
mod source_text;
mod timing;
mod view_state;
mod viewing;
mod waking;
mod writing;

pub use self::comparing_state::Comparing;
pub use self::core::Workspace;
pub use self::exchange::Exchanges;
pub use self::fitting_state::{Fitting, FittingSettings, SnapChoice};
pub use self::learned_states::{
    HeldOutMetrics, LearnedState, LearnedStates, MIN_SHOWN_OBJECTS, ProposalSource,
};
pub use self::learning_state::Learning;
pub use self::pointing_state::PointTool;
pub use self::proposing_state::{ModelState, ProposalJob, Proposing};
pub use self::relocalizing_state::Relocalizing;
pub use self::settings::localize_options_of;
pub use self::timing::{Activity, Timing, WorkTime};
pub use self::view_state::{ProposalPreview, ViewState};
pub use self::viewing::heat_map_colour;
