//! `tsukami import`: annotations of other tools into a project.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::exit_code::FAILED;
use super::format_options::{
    format_parser, imported_as_parser, missing_parser, print_messages, size_rule_parser,
};
use super::plural::counted;
use super::project_access::open;
use crate::formats::{
    self, Format, ImportMode, ImportOptions, ImportedAs, MissingPictures, SizeRule,
};
use crate::store::Access;

/// `tsukami import`.
#[derive(Args)]
pub struct Arguments {
    /// The project file, or its folder
    project: PathBuf,
    /// A file or folder of annotations
    path: PathBuf,
    /// The format [default: detected from the content]
    #[arg(long, value_parser = format_parser())]
    format: Option<Format>,
    /// Replace the annotations of the pictures that the file names
    #[arg(long)]
    replace: bool,
    /// What the boxes become: ground truth, or proposals that a person has to review
    #[arg(long = "as", value_name = "WHAT", value_parser = imported_as_parser(), default_value = "truth")]
    imported_as: ImportedAs,
    /// Boxes for another size of the picture than it has: review makes them proposals, scale fits them
    /// where the aspect ratio agrees, rotate where the orientation of the picture explains the size
    #[arg(long, value_name = "RULE", value_parser = size_rule_parser(), default_value = "review")]
    sizes: SizeRule,
    /// Pictures that the file names and the folder lacks: skip them, or keep them as missing ones
    #[arg(long, value_name = "WHAT", value_parser = missing_parser(), default_value = "skip")]
    missing: MissingPictures,
}

/// Runs `tsukami import`. Returns the exit code.
///
/// # Errors
/// If nothing can be imported, or the project cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let path = &arguments.path;
    if !path.exists() {
        bail!("{} does not exist: check the path", path.display());
    }
    let format = match arguments.format {
        Some(format) => format,
        None => formats::detect_format(path).with_context(|| {
            let path = path.display();
            format!("the format of {path} is not recognised: specify it with --format")
        })?,
    };
    let mode = if arguments.replace {
        ImportMode::Replace
    } else {
        ImportMode::Merge
    };
    let mut project = open(&arguments.project, Access::Add)?;
    let options = ImportOptions {
        boxes: arguments.imported_as,
        sizes: arguments.sizes,
        missing: arguments.missing,
        mode,
    };
    let label = format!("import {}", path.display());
    let root = project.root().to_owned();
    let report = project.commit_prepared(&label, |document| {
        let import = formats::import(document, path, &root, format, options)?;
        anyhow::Ok((import.edit, import.report))
    })?;
    print_messages("changed", &report.changed);
    print_messages("not imported", &report.skipped);
    status!(
        "{}: {}, {} and {} on {} ({} new); {} already present, {} removed",
        format.name(),
        counted(report.boxes, "box"),
        counted(report.proposals, "proposal"),
        counted(report.tags, "tag"),
        counted(report.pictures, "picture"),
        report.pictures_added,
        report.present,
        report.removed
    );
    // The import is in the file, and has been reported, whatever closing it says.
    project.close()?;
    Ok(if report.skipped.is_empty() { 0 } else { FAILED })
}
