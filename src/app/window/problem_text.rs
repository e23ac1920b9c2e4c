//! Errors of the project in the words of the window.

use crate::app::i18n::tr;
use crate::document::EditError;
use crate::store::StoreError;

/// An error as a text for the list of problems. Errors that users can cause by an edit say what to
/// do in the window; all other errors are shown as they are.
pub(super) fn problem_text(error: &StoreError) -> String {
    match error {
        StoreError::Refused(EditError::NameTaken(name)) => tr!("class-exists", name = &**name),
        StoreError::Refused(EditError::HotkeyTaken(key)) => {
            tr!("class-key-taken", key = key.to_string())
        }
        other => other.to_string(),
    }
}
