//! What a user can ask the window to do: one table of commands.
//!
//! | file | its one idea |
//! |---|---|
//! | `table.rs` | every command, one row each: menu, keys, scope, requirement, icon |
//! | `spec.rs` | the fields of a row |
//! | `texts.rs` | labels and tooltips |

mod spec;
mod table;
mod texts;

pub use self::spec::{CommandSpec, Menu, Requirement, ShortcutScope, ToolbarSlot};
pub use self::table::Command;

#[cfg(test)]
mod tests;
