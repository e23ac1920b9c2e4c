//! The document: pictures, categories and boxes, changed by edits that can be undone.
//!
//! This module is pure: it does no IO and uses no window, model, clock or random number, so the
//! same edits always lead to the same document. Everything is read through [`Document`] and changed
//! through [`Document::apply`], which takes an [`Edit`] and returns its exact inverse. [`ops`] turns
//! the actions of a person or a model into edits, and [`History`] undoes and redoes them.
//!
//! Ids are never reused, not even those of rows that were undone, because a file that was exported
//! in between may contain them. So the next ids only grow, undo does not change them, and two
//! documents with the same content are equal even if their next ids differ.
//!
//! | module | its one idea |
//! |---|---|
//! | `ids` | ids of rows, and the next ones |
//! | `error` | why an edit is refused |
//! | `picture`, `category`, `annotation` | the rows, and the rules for a single row |
//! | `labels`, `implied_labels` | what is labelled in a project, also if its file does not say it |
//! | `flags`, `attributes`, `provenance` | parts of a box: its flags, what people define, who made it |
//! | `content` | the document, and how rows are looked up |
//! | `summary` | counts over the whole document |
//! | `subset` | a part of a document by classes |
//! | `edit` | a change as a value |
//! | `apply` | the rules between rows, and the inverse of an edit |
//! | `history` | undo and redo |
//! | `merge` | an edit for a document that somebody else has changed since |
//! | `serialize` | a document as a value of serde |
//! | `shift` | new ids for rows that were added here while another process added some |
//! | [`ops`] | actions of a person or a model as edits |

mod annotation;
mod apply;
mod attributes;
mod category;
mod content;
mod edit;
mod error;
mod flags;
mod history;
mod ids;
mod implied_labels;
mod labels;
mod merge;
pub mod ops;
mod picture;
mod provenance;
mod serialize;
mod shift;
mod subset;
mod summary;
#[cfg(test)]
mod tests;

pub use annotation::{Annotation, BoxState};
pub use attributes::AttributeValue;
pub use category::Category;
pub use content::Document;
pub use edit::{AffectedRows, Change, Edit};
pub use error::EditError;
pub use flags::{Flag, Flags};
pub use history::{History, Step};
pub use ids::{AnnotationId, CategoryId, NextIds, PictureId};
pub use implied_labels::implied_labels;
pub use labels::Labels;
pub use picture::{Picture, ReviewState};
pub use provenance::{FormerProposal, Origin, Provenance};
pub use shift::IdShift;
pub use summary::{ClassUsage, Summary};
