//! An open project as a person works on it: the picture that is shown, what is selected, the list,
//! and what a person does to boxes. It knows no widgets, so it is tested without a window.

mod core;
mod list_selection;
mod query;

pub use self::core::{ClassCount, ProposalSettings, Session, SessionState};
pub use self::list_selection::{ListSelection, SelectionChange};
pub use self::query::{PictureQuery, ReviewFilter, SortOrder};
