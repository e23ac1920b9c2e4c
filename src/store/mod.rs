//! The project file: a document and its history, stored so that nothing is lost.
//!
//! A [`Project`] is a [`Document`](crate::document::Document) in memory and an SQLite file with the
//! same content. Once [`Project::commit`] has returned, the change is on the disk and survives
//! a crash. A change that fails leaves memory and file unchanged. A window does not wait for that: it has a
//! [`LiveProject`], which is changed at once and written by a thread.
//!
//! ```text
//! shop.tsukami                  the project; while it is open, SQLite's -wal and -shm next to it
//! .shop.tsukami-aside/          the side folder; may be deleted when no window is open
//!     window.lock               locked by the window that edits
//!     2025-11-23T22-29-00Z-1234.tsukami    automatic backups
//!     damaged-….tsukami         damaged files that were replaced by a backup
//! ```
//!
//! All tables are strict. Each row has a checksum, except those of `state` and `files`. The row of
//! `state` has a seal over all other rows:
//!
//! | table | a row is |
//! |---|---|
//! | `meta` | the project's id, the folder of its pictures, unknown fields of imported files |
//! | `settings` | a setting as JSON; `naming` and `labels` are part of the document |
//! | `state` | counters: number of changes, position in the history, next ids; and the seal |
//! | `categories`, `pictures`, `annotations` | the rows of the document |
//! | `models` | the provenance of boxes |
//! | `steps` | a step of the history, done or undone, with its edit as JSON |
//! | `changes` | a recent change, for other processes that have the project open |
//! | `files` | size and time of a picture's file at the last comparison |
//!
//! One window edits at a time. Other windows view, and the command line adds. `commit.rs` describes
//! how they take turns, `load.rs` and `counters.rs` how damage is detected.
//!
//! | module | its one idea |
//! |---|---|
//! | `error` | what can go wrong, as one sentence |
//! | `rows`, `counters`, `schema` | the tables: rows, the seal, definitions |
//! | `migration`, `version_2`, `version_3` | upgrading files of earlier versions |
//! | `connection`, `lock`, `paths` | opening files, locking them, where they are |
//! | `load`, `write`, `log` | reading a whole file, writing rows, the log of changes |
//! | `external` | what other processes changed, and whether that affects the same rows as an edit here |
//! | `memory` | the project in memory: catches up with other processes and adopts their changes into the history |
//! | `operation` | a change of this process: applied in memory before it is written |
//! | `new_file` | a project file that appears whole and replaces none |
//! | `backup`, `check`, `replaced` | backups, damage, files that were replaced |
//! | `access`, `create`, `open`, `project`, `settings`, `commit` | the life of an open project |
//! | `live` | a project that a window edits: changed in memory at once, written beside it |
//! | `rescan` | the folder of the pictures compared with the project |

mod access;
mod backup;
mod check;
mod commit;
mod connection;
mod counters;
mod create;
mod error;
mod external;
mod live;
mod load;
mod lock;
mod log;
mod memory;
mod migration;
mod new_file;
mod open;
mod operation;
mod paths;
mod project;
mod replaced;
mod rescan;
mod rows;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod version_2;
mod version_3;
mod write;

pub use crate::files::{EXTENSION, backups};
pub use access::{Access, OpenNotice, OpenReport};
pub use backup::{restore, restore_missing};
pub use check::{CheckReport, check};
pub use commit::UndoneStep;
pub use error::StoreError;
pub use external::ExternalChange;
pub use live::{DroppedChange, LiveProject, PollReport};
pub use paths::{default_path, find_project};
pub use project::Project;
pub use rescan::{
    FileInspector, FileStamp, FolderChanges, PictureFile, RescanReport, rescan, rescan_with,
};
