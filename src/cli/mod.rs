//! The command line: one module per subcommand, over what they share.
//!
//! Results go to files or standard output, everything else to standard error. Exit codes: 0 success,
//! 1 the run finished but something in it failed, 2 it could not start or had to stop, 130
//! interrupted.
//!
//! | module | its one idea |
//! |---|---|
//! | `command` | the subcommands; how the program starts and ends |
//! | `propose`, `propose_project` | boxes for folders of pictures, as COCO or into a project |
//! | `eval` | proposals measured against ground truth |
//! | `train` | a class head or a whole model from tags |
//! | `simulate` | what learning from corrections saves |
//! | `merge` | sharded runs joined |
//! | `bench` | the speed of this machine |
//! | `model` | a model file described |
//! | `project` | project files: create, describe, check, restore |
//! | `taken_out` | taking pictures out of a project, and bringing them back |
//! | `import`, `export`, `stats` | annotations into and out of a project, and counts |
//! | `export_subset` | the classes and pictures that an export is limited to |
//! | `named_pictures` | pictures of a project by their names or files |
//! | `project_access` | opening a project and reporting about it |
//! | `format_options` | formats by name, and what an import or export reports |
//! | `options` | options that several subcommands share |
//! | `ground_truth` | the true boxes of a folder of pictures |
//! | `evaluation_pass` | one pass of a model over pictures with ground truth |
//! | `box_fitting` | the option `--fit`: the effort of a person who has boxes fitted to objects |
//! | `report_output` | where tables, metrics and plots go |
//! | `plot` | curves as SVG or PNG |
//! | `progress`, `console`, `interrupt`, `exit_code` | the terminal |

#[macro_use]
mod console;
mod bench;
mod box_fitting;
mod command;
mod eval;
mod evaluation_pass;
mod exit_code;
mod export;
mod export_subset;
mod format_options;
mod ground_truth;
mod import;
mod interrupt;
mod judge;
mod merge;
mod model;
mod named_pictures;
mod options;
mod plot;
mod plural;
mod progress;
mod project;
mod project_access;
mod propose;
mod propose_project;
mod report_output;
mod simulate;
mod stats;
mod taken_out;
mod train;

pub use command::run;
