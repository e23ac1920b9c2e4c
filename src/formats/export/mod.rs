//! What the writers of all formats share: options, subsets, names, and the files themselves.

pub(super) mod naming;
pub(super) mod options;
mod originals;
mod picture_files;
pub(super) mod report;
pub(super) mod split;
pub(super) mod writer;
