//! A run over many pictures that writes one COCO file of proposals, even if it is interrupted.
//!
//! While it runs, each finished picture is a line in `<out>.journal`, so that killing it loses at
//! most the pictures in progress. At the end the COCO file is written whole and the journal is
//! deleted. A run that was interrupted writes what is done as a valid file marked
//! `info.interrupted`; [`BulkJob::resume`] continues from either. Ids follow from the sorted names
//! alone, so a resumed run, and shards joined by [`merge()`], have exactly the bytes of one
//! uninterrupted run.
//!
//! | module | its one idea |
//! |---|---|
//! | `job` | what a run is to do |
//! | `run` | the run itself |
//! | `info` | the settings that a file states, and that resumed runs and shards must share |
//! | `categories` | the categories of a run, and its target in each picture |
//! | `journal`, `resume` | what a run has done so far, and how a later run continues it |
//! | `merge` | the files of shards into one |
//! | `assembly` | pictures into a COCO file with ids, and back |
//! | `targets` | outputs that would overwrite inputs or each other |
//! | `heatmap` | a map over its picture |
//! | `event`, `error` | what a run reports |

mod assembly;
mod categories;
mod error;
mod event;
mod heatmap;
mod info;
mod job;
mod journal;
mod merge;
mod resume;
mod run;
mod targets;

pub use error::BulkError;
pub use event::{BulkEvent, BulkSummary};
pub use job::{BulkJob, Shard};
pub use merge::merge;
pub use run::run;
