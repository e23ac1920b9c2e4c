//! `tsukami simulate`: how much work learning from corrections saves, on pictures with ground truth.
//!
//! A simulated annotator reviews the pictures in a random order. For each picture the learned
//! boxes are shown if they are better so far, otherwise the program's own proposals. The ground truth
//! decides what the annotator does with them, and is then learned from.
//!
//! | module | its one idea |
//! |---|---|
//! | `command` | what the subcommand takes and does |
//! | `review` | the simulated annotator |
//! | `fitting` | the effort of an annotator who has boxes fitted |
//! | `metrics` | proposals with and without learning |
//! | `reliability` | predicted against observed acceptance |
//! | `report` | the table and the curves |

mod command;
mod fitting;
mod metrics;
mod reliability;
mod report;
mod review;

pub use command::{Arguments, run};
