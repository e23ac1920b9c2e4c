//! Keys: which commands they mean, and how they are written.

mod keymap;
mod shortcut;

pub use self::keymap::Keymap;
pub use self::shortcut::{clipboard_keys, shortcut_text};
