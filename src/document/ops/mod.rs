//! Operations: an action of a person or a model as an [`Edit`](super::Edit).
//!
//! Each function only reads the document. The edit that it returns is complete and fits the document
//! as it was read. [`Document::apply`](super::Document::apply) checks it again and refuses it if the
//! document has changed in between so that it no longer fits. An operation that would change
//! nothing returns an [empty](super::Edit::is_empty) edit. New rows get the document's
//! [next ids](super::Document::next_ids), in order.
//!
//! Rectangles are clipped to their picture here, and refused only if nothing is left of them.
//!
//! | module | its one idea |
//! |---|---|
//! | `builder`, `new_categories` | collect edits, look up rows and make categories, for all operations |
//! | `boxes`, `across`, `categories`, `pictures` | what a person does |
//! | `propose` | what a model does |
//! | `class_namer` | which of the project's classes a model's box is of |
//! | `labels` | saying what is labelled |
//! | `class_names` | changing the names of models' classes |

mod across;
mod boxes;
mod builder;
mod categories;
mod class_namer;
mod class_names;
mod labels;
mod new_categories;
mod pictures;
mod propose;

pub use across::{reclass, remove_and_reopen};
pub use boxes::{
    accept, accept_all, adopt, adopt_class, copy_from, delete, draw, duplicate, paste, propagate,
    reject, reshape, restore, set_attribute, set_category, set_flags,
};
pub use categories::{
    add_category, delete_categories, delete_category, ensure_category, merge_categories,
    recolour_category, rename_category, set_hotkey,
};
pub use class_namer::ClassNamer;
pub use class_names::map_classes;
pub use labels::set_labels;
pub use pictures::{
    accept_and_finish, add_pictures, begin_review, remove_pictures, rename_pictures, set_content,
    set_done, set_excluded, set_missing, set_tag,
};
pub use propose::{Candidate, add_proposals, is_judged, replace_proposals};
