//! The folder of the pictures compared with the project: what was added, removed, moved or changed.
//!
//! A picture is found by its path, or else by its content, so annotations follow a picture that was
//! renamed. A picture that is not found is marked as missing and never removed.
//!
//! Each file is read once, when its picture is added, to record the hash of its content. The hash
//! identifies a picture under another name, and a data set that was copied or unpacked, in which all
//! times are new. Size and time are stored too: a file is read again only
//! if they differ.
//!
//! A picture of an older project may not have a hash yet, and gets it now. Without a hash, it is found
//! again by size and time, if the time is finer than a second and only one file matches: the frames
//! of a film may share size and second.
//!
//! | module | its one idea |
//! |---|---|
//! | `picture_file` | a picture file in the folder, with its size and time |
//! | `changes` | what is different, as a report |
//! | `inspector` | reading files: hashes and sizes in pixels |
//! | `matching` | which new file is which lost picture |
//! | `edits` | the edit that updates the list of pictures |
//! | `plan` | the comparison, without writing anything |
//! | `reconcile` | writing the result to the project |
//! | `folder` | scanning the folder and doing all of this |

mod changes;
mod edits;
mod folder;
mod inspector;
mod matching;
mod picture_file;
pub(super) mod plan;
mod reconcile;

pub use changes::FolderChanges;
pub use folder::{RescanReport, rescan, rescan_with};
pub use inspector::FileInspector;
pub use picture_file::{FileStamp, PictureFile};
