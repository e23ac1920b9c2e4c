//! The window: one frame after another.
//!
//! In each frame, [`logic`](eframe::App::logic) handles events and performs periodic work.
//! [`ui`](eframe::App::ui) then handles the keys, draws everything from the state, collecting
//! actions, and performs the actions at the end.
//!
//! | file | what it does |
//! |---|---|
//! | `app.rs` | one frame, in order |
//! | `state.rs` | what the window keeps from frame to frame |
//! | `events.rs` | handles what the workers report |
//! | `timing.rs` | periodic work: writing, title and geometry |
//! | `polling.rs` | takes in what other processes have written and what became of edits |
//! | `projects.rs` | opens projects |
//! | `recents.rs` | recent projects, and where files were last chosen |
//! | `closing.rs` | closes them, and says what cannot be saved |
//! | `pending.rs` | what the window waits for |
//! | `keys.rs`, `drops.rs` | keys and keyboard focus; dropped files |
//! | `enabled.rs` | which commands are enabled and active |
//! | `panels.rs`, `dialog.rs`, `adjustment.rs`, `toasts.rs`, `tour.rs` | draw |
//! | `perform.rs`, `preferences.rs`, `class_actions.rs` | what actions do |
//! | `problem_text.rs` | errors of the project in words |
//! | `crashes.rs` | saves reports of panics |
//! | `commands.rs`, `workspace_commands.rs`, `finish.rs` | what commands do |

mod adjustment;
mod app;
mod class_actions;
mod closing;
mod commands;
mod crashes;
mod dialog;
mod drops;
mod enabled;
mod events;
mod finish;
mod keys;
mod panels;
mod pending;
mod perform;
mod polling;
mod preferences;
mod problem_text;
mod projects;
mod recents;
mod state;
mod timing;
mod toasts;
mod tour;
mod workspace_commands;

pub use self::state::Window;
