//! Files on the disk: written whole or not at all, checked before any work begins, compared and
//! hashed.
//!
//! | module | its one idea |
//! |---|---|
//! | `write` | a file that appears whole or not at all, and perhaps only if there is none |
//! | `target` | checks whether a file may be written, before anything is computed for it |
//! | `paths` | where a path leads, and whether two of them lead to the same file |
//! | `project_file` | how a project file is named and recognised, and what is next to it |
//! | `export_folder` | how the folder of an export is recognised |
//! | `hash` | hashes of a file's content |
//! | `error` | what can go wrong, as one sentence |
//!
//! This module depends on no other, so every module may use it.

mod error;
mod export_folder;
mod hash;
mod paths;
mod project_file;
mod target;
#[cfg(test)]
mod tests;
mod write;

pub use error::FileError;
pub use export_folder::{EXPORT_MARKER, is_export_folder};
pub use hash::{hash_bytes, hash_file, sha256_hex};
pub use paths::{folder_of, normal, same_file};
pub use project_file::{
    APPLICATION_ID, EXTENSION, SQLITE_SUFFIXES, backup_key, backups, belongs_to_project,
    has_project_header, side_folder,
};
pub use target::{check_target, refuse_projects};
pub use write::{place_new, replace_whole, sync_folder, write_whole};
