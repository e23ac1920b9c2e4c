//! What a box is called on the canvas and in lists.

use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::document::Annotation;

/// The name of the class that a box has, or gets when it is accepted. A name that is only suggested,
/// because no class of the project has it, has a question mark.
pub fn class_text(session: &Session, row: &Annotation) -> String {
    match session.class_on_accept(row) {
        Some(class) => class.name.to_string(),
        None => tr!("box-suggestion", name = session.document().class_name(row)),
    }
}
