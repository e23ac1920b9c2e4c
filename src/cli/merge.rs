//! `tsukami merge`: the files of sharded runs joined into one.

use std::path::PathBuf;

use clap::Args;

use super::plural::counted;
use crate::bulk::{self, BulkError};
use crate::files::{check_target, same_file};

/// The arguments of `tsukami merge`.
#[derive(Args)]
pub struct Arguments {
    /// COCO files of proposals
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command and returns the exit code.
///
/// # Errors
/// If a file cannot be read or written, or the files do not belong together.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let out = &arguments.out;
    check_target(out)?;
    if arguments.files.iter().any(|file| same_file(file, out)) {
        return Err(BulkError::OverwritesInput(out.clone()).into());
    }
    let merged = bulk::merge(&arguments.files)?;
    merged.write(&arguments.out)?;
    status!(
        "{} and {} from {} -> {}",
        counted(merged.images.len(), "picture"),
        counted(merged.annotations.len(), "box"),
        counted(arguments.files.len(), "file"),
        arguments.out.display()
    );
    Ok(0)
}
