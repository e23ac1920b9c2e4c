//! What happens to files and folders that are dropped on the window.
//!
//! | file | its one idea |
//! |---|---|
//! | `item.rs` | what a dropped path is |
//! | `plan.rs` | what is done with all of them, or why nothing is |
//! | `overlay.rs` | says so over the window while they hover |
//!
//! `workers/drop_reader.rs` finds out what the paths are, beside the frames.

mod item;
pub mod overlay;
mod plan;

pub use self::item::{DropItem, DropKind};
pub use self::plan::{DropPlan, DropTarget};
