//! What a user can ask the window to do: one table of commands.
//!
//! | file | what it holds |
//! |---|---|
//! | `table.rs` | every command, one row each: menu, keys, scope, requirement, icon |
//! | `spec.rs` | what a row says |
//! | `texts.rs` | labels and tooltips |

mod spec;
mod table;
mod texts;

pub use self::spec::{CommandSpec, Menu, Requirement, ShortcutScope, ToolbarSlot};
pub use self::table::Command;

#[cfg(test)]
mod tests;
