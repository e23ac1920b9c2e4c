//! `tsukami eval`: proposals measured on pictures with ground truth.
//!
//! | module | its one idea |
//! |---|---|
//! | `arguments`, `command` | what the subcommand takes and does |
//! | `variants` | the ways in which a model's boxes can be made and judged |
//! | `measurement` | the variants, measured in one pass |
//! | `results` | a results list instead of a model |
//! | `located` | where the pictures of a labelled set are |
//! | `protocol` | the published protocols of weakly supervised localisation |
//! | `report` | the tables |

mod arguments;
mod command;
mod located;
mod measurement;
mod protocol;
mod report;
mod results;
mod variants;

pub use arguments::Arguments;
pub use command::run;
