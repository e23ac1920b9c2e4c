//! What opens over the window, one at a time. Each dialog reads the state and returns actions.
//!
//! | file | what it is for |
//! |---|---|
//! | `dialog.rs` | all dialogs as one enum |
//! | `modal.rs` | the frame that all dialogs share |
//! | `scope.rs` | the choice of the pictures that a change applies to |
//! | `search_list.rs` | a search field over a list of names |
//! | the other files | one dialog each; `welcome.rs` is the screen without a project |

pub mod about;
pub mod accept_above;
pub mod attributes;
pub mod change_boxes;
pub mod class_names;
pub mod class_picker;
pub mod command_palette;
pub mod compare;
pub mod delete_classes;
mod dialog;
pub mod export;
pub mod go_to;
pub mod help;
pub mod import;
mod modal;
pub mod open_path;
pub mod problems;
pub mod propagate;
pub mod propose_next;
mod scope;
mod search_list;
pub mod settings;
mod shortcuts;
pub mod tags;
pub mod undecided;
pub mod welcome;

pub use self::dialog::Dialog;
