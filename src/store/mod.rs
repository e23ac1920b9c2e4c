//! The project file: a document and its history, kept so that nothing is lost.
//!
//! A [`Project`] is a [`Document`](crate::document::Document) in memory and an SQLite file that
//! says the same. What [`Project::commit`] has returned from is on the disk, whatever happens
//! next; what fails leaves memory and file as they were.
//!
//! ```text
//! shop.tsukami                  the one file; while it is open, SQLite's -wal and -shm beside it
//! .shop.tsukami-aside/          may be deleted when no window is open
//!     window.lock               locked by the window that edits
//!     2025-11-23T22-29-00Z-1234.tsukami    automatic backups
//!     damaged-….tsukami         what a backup was restored in place of
//! ```
//!
//! Tables, all of them strict; each row but those of `state` and `files` has a checksum, and
//! `state` a seal over all of these:
//!
//! | table | a row is |
//! |---|---|
//! | `meta` | the project's id, the folder of its pictures, unknown fields of imported files |
//! | `settings` | something to remember, as JSON; `naming` is a part of the document |
//! | `state` | counters: changes ever made, position in the history, next ids; and the seal |
//! | `categories`, `pictures`, `annotations` | what the document says |
//! | `models` | a model that boxes are of |
//! | `steps` | a step of the history, in either direction, as JSON |
//! | `changes` | a recent change, for other processes that have the project open |
//! | `files` | size and time of a picture's file when it was last looked at |
//!
//! One window edits at a time; others view, and the command line adds. How they take turns is
//! told in `commit.rs`, how damage is noticed in `load.rs` and `state.rs`.

mod backup;
mod check;
mod commit;
mod connection;
mod error;
mod load;
mod lock;
mod log;
mod memory;
mod moved;
mod news;
mod place;
mod project;
mod reconcile;
mod rows;
mod schema;
mod state;
#[cfg(test)]
mod tests;
mod write;

pub use backup::{backups, restore};
pub use check::{CheckReport, check};
pub use commit::UndoneStep;
pub use error::StoreError;
pub use news::ExternalChange;
pub use place::{EXTENSION, belongs_to_project, default_path, find};
pub use project::{Access, OpenNotice, OpenReport, Project};
pub use reconcile::{FileInspector, FileStamp, FolderChanges, PictureFile, hash_bytes, hash_file};
