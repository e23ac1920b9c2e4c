//! What the readers of all formats share: from the content of a file to one edit of the document.
//!
//! | file | its one idea |
//! |---|---|
//! | `rows` | the content of a file, before anything is decided |
//! | `builder` | takes the rows of a file, decides, and makes one edit |
//! | `pictures` | which picture of the document each picture of a file is |
//! | `marked` | of which pictures the labels in one of our own exports are |
//! | `picture_names`, `picture_index` | the names that a file has for a picture, and how well they fit |
//! | `categories` | known categories, and new ones |
//! | `boxes` | boxes clipped to their picture, and compared with those that it has |
//! | `sizes` | boxes of a rotated or resized copy |
//! | `unreviewed` | confirmed boxes that are to be reviewed again |
//! | `ids` | ids kept where they are free, new ones otherwise |
//! | `options` | what a person chooses about an import |
//! | `review` | the review state of a picture after the import |
//! | `report` | what an import does |

pub(super) mod builder;

mod boxes;
mod categories;
mod ids;
mod marked;
pub(super) mod options;
mod picture_index;
pub(super) mod picture_names;
pub(super) mod pictures;
pub(super) mod report;
mod review;
pub(super) mod rows;
mod sizes;
mod unreviewed;
