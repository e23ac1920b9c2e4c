//! What a box is called on the canvas and in lists.

use crate::app::i18n::tr;
use crate::document::{Annotation, Document};

/// The name of a box's class. A name that is only suggested, because no class of the project has it,
/// has a question mark.
pub fn class_text(document: &Document, row: &Annotation) -> String {
    match document.class_of(row) {
        Some(class) => class.name.to_string(),
        None => tr!("box-suggestion", name = document.class_name(row)),
    }
}
