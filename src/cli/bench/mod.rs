//! `tsukami bench`: how fast this machine runs the networks and the stages of the pipeline.
//!
//! | file | its one idea |
//! |---|---|
//! | `command` | the arguments and the run |
//! | `networks` | each network by itself, and the rate of plain matrix products |
//! | `stages` | what happens to a large photograph, stage by stage and as a whole |
//! | `timing` | the median time of something that is repeated |
//! | `report` | the results as a table and as JSON |

mod command;
mod networks;
mod report;
mod stages;
mod timing;

pub use command::{Arguments, run};
