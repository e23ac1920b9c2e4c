//! The window: a program for reviewing many pictures.
//!
//! | module | what it does |
//! |---|---|
//! | `command`, `input` | what a user can do, and by which keys |
//! | `command_state`, `menus` | which commands are possible now; menus and toolbar |
//! | `action` | what panels, dialogs and the canvas ask for |
//! | `session` | the review of one open project; no widgets |
//! | `workspace` | the session with its workers, textures and maps |
//! | `workers` | what runs in other threads; results come back as events |
//! | `cache` | what can be recomputed, on disk |
//! | `drop` | what happens to files that are dropped on the window |
//! | `canvas`, `panels`, `dialogs` | draw the state and push actions |
//! | `form`, `icons`, `elide`, `visible_rows`, `format_names` | rows of labels and controls; painted icons; long names made short; long lists; what formats are called |
//! | `recent_project`, `recent_list`, `time_text` | projects that were open lately, and their list; how long ago something was |
//! | `tour` | five cards at the first start |
//! | `mark` | the icon of the program |
//! | `i18n` | all texts, from `assets/locales` |
//! | `notifications`, `theme`, `preferences` | messages, colours, settings of the user |
//! | `placement` | where the window comes back |
//! | `window` | one frame: handles events and keys, draws, performs the actions |
//!
//! A key press goes from `window/keys` through `input/keymap` (which command has this key) and
//! `command/table` (when the command applies) to `window/commands` or `window/workspace_commands`,
//! and from there to the `session`. If the canvas or the picture list has the focus, it sees the key
//! first (`canvas/canvas_keys`, `panels/picture_list`), for keys such as the arrows.
//!
//! Data flows in one direction: state → drawing → actions → state, and from the workers to the state
//! by events. Drawing does not change the project, and nothing slow runs on the thread that draws.

pub mod action;
pub mod app_dirs;
pub mod cache;
pub mod canvas;
mod class_text;
pub mod command;
pub mod command_state;
pub mod dialogs;
pub mod drop;
pub mod elide;
pub mod form;
pub mod format_names;
pub mod i18n;
pub mod icons;
pub mod input;
pub mod mark;
pub mod menus;
pub mod notifications;
pub mod panels;
mod placement;
pub mod preferences;
pub mod recent_list;
pub mod recent_project;
mod run;
pub mod sample_pictures;
pub mod session;
pub mod theme;
pub mod time_text;
pub mod tour;
pub mod visible_rows;
pub mod window;
pub mod workers;
pub mod workspace;

pub use self::run::run;
