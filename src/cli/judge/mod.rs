//! `tsukami judge`: fits the judge to annotated folders, and measures it leaving one folder out.
//!
//! | file | its one idea |
//! |---|---|
//! | `command` | the arguments and the run |
//! | `example` | what the judge learns from one picture |
//! | `mosaic` | pictures put together from several, with more and smaller objects |
//! | `fitting` | examples -> a judge, and its boxes for pictures of folders that were left out |
//! | `report` | the table |

mod command;
mod example;
mod fitting;
mod mosaic;
mod report;

pub use command::{Arguments, run};
