//! What the readers of all formats share: from what a file says to one edit of the document.

pub(super) mod builder;

mod boxes;
mod categories;
mod ids;
mod pictures;
pub(super) mod report;
mod review;
pub(super) mod rows;
