//! Class names: which class of the project each class of the model stands for.
//!
//! | file | what it is for |
//! |---|---|
//! | `rows.rs` | the model's classes with counts and suggestions |
//! | `table.rs` | how a row and the header are drawn |
//! | `chooser.rs` | choosing a name for one or several classes |
//! | `dialog.rs` | the dialog |

mod chooser;
mod dialog;
mod rows;
mod table;

pub use self::dialog::ClassNamesDialog;
