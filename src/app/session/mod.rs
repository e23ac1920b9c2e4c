//! An open project under review. It depends on neither widgets nor workers.
//!
//! | file | its one idea |
//! |---|---|
//! | `core.rs` | the session: project, shown picture, what is visible |
//! | `saved_state.rs`, `proposal_settings.rs` | what the project remembers |
//! | `query.rs`, `list_selection.rs`, `list.rs` | the picture list: search and order, selection, rows |
//! | `navigation.rs`, `visited.rs` | moving from picture to picture, and back |
//! | `exclusion.rs` | pictures that are taken out of the project and brought back |
//! | `counts.rs` | counts for panels and dashboard |
//! | `selection.rs` | the selected boxes |
//! | `turn.rs` | how far the view of a picture is turned |
//! | `box_order.rs` | the order in which boxes are listed |
//! | `commit.rs`, `undo.rs` | committing edits, undo and redo |
//! | `boxes.rs`, `growing.rs`, `classes.rs`, `review.rs` | what a person does to boxes, classes and proposals |
//! | `attributes.rs`, `attribute_definition.rs` | attributes of boxes |
//! | `comparison.rs`, `other_boxes.rs` | what differs between the boxes of a picture and another set |
//! | `across.rs` | changes of boxes in many pictures |
//! | `model_updates.rs` | what the model does to the document |

mod across;
mod attribute_definition;
mod attributes;
mod box_order;
mod boxes;
#[cfg(test)]
mod class_tests;
mod classes;
mod commit;
mod comparison;
mod core;
mod counts;
mod exclusion;
mod growing;
mod list;
mod list_selection;
mod model_updates;
mod navigation;
mod other_boxes;
mod proposal_settings;
mod query;
mod review;
mod saved_state;
mod selection;
#[cfg(test)]
mod tests;
mod turn;
mod undo;
mod visited;

pub use self::across::{BoxesOfClass, PictureScope, ScoredProposals};
pub use self::attribute_definition::{
    AttributeDefinition, AttributeKind, SharedValue, is_attribute_name,
};
pub use self::box_order::BoxOrder;
pub use self::comparison::{Difference, PictureComparison, ShownComparison};
pub use self::core::Session;
pub use self::counts::ClassCount;
pub use self::list_selection::{ListSelection, SelectionChange};
pub use self::other_boxes::{OtherBox, OtherBoxes};
pub use self::proposal_settings::ProposalSettings;
pub use self::query::{PictureQuery, ReviewFilter, SortOrder};
pub use self::saved_state::{SessionState, UndecidedRule};
pub use self::turn::Turn;
