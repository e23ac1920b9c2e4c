//! The classes of the project, and what is labelled.
//!
//! | file | its one idea |
//! |---|---|
//! | `panel.rs` | the panel: the list, of which only visible rows are drawn, and its keys |
//! | `row.rs` | a class in the list |
//! | `selected.rs` | which classes are selected, to be deleted together |
//! | `renaming.rs` | renaming a class in place, or merging it into the one that has the name |
//! | `labels.rs` | the line above the canvas that asks what is labelled, and the button that opens it |
//! | `new_boxes.rs` | the class of new boxes, in the status line |

mod labels;
mod new_boxes;
mod panel;
mod renaming;
mod row;
mod selected;

pub use new_boxes::ui as new_boxes_ui;
pub use panel::{ClassesPanel, id};
