//! `tsukami train`: image-level tags in, a class head or a whole model out.
//!
//! | module | its one idea |
//! |---|---|
//! | `arguments`, `command` | what the subcommand takes and does |
//! | `tagged_pictures` | the pictures to train on, and their tags |
//! | `full` | `--full`: the paper's training |

mod arguments;
mod command;
mod full;
mod tagged_pictures;

pub use arguments::Arguments;
pub use command::run;
