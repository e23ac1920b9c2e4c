//! Export: which boxes of which pictures, the format and the destination, beside a preview of what is
//! written.
//!
//! | file | its one idea |
//! |---|---|
//! | `dialog.rs` | the dialog: its columns, the destination, and when an export begins |
//! | `choices.rs` | what is chosen, as the options of an export |
//! | `choices_ui.rs` | the controls for it |
//! | `classes.rs` | the checklist of classes |
//! | `planning.rs` | the newest plan, and whether it is of what is chosen |
//! | `preview.rs` | a plan in words |
//! | `file_lines.rs` | many files in few lines |

mod choices;
mod choices_ui;
mod classes;
mod dialog;
mod file_lines;
mod planning;
mod preview;

pub use self::dialog::ExportDialog;
