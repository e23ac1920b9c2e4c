//! The settings of a person.
//!
//! | file | what it shows |
//! |---|---|
//! | `dialog.rs` | the frame and its tabs |
//! | `general.rs` | theme, size, and what happens by itself |
//! | `canvas.rs` | how boxes look, and what the wheel does |
//! | `keys.rs` | the shortcuts of all commands, which can be searched |

mod canvas;
mod dialog;
mod general;
mod keys;

pub use self::dialog::SettingsDialog;
