//! `tsukami export`: annotations of a project for other tools.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::export_subset::SubsetOptions;
use super::format_options::{format_parser, layout_parser, print_messages};
use super::plural::counted;
use super::project_access::open;
use crate::formats::{
    self, BoxSelection, ExportOptions, FolderLayout, Format, LeftOut, PictureFiles, PictureScope,
    SubsetSplit,
};
use crate::store::Access;

/// `tsukami export`.
#[derive(Args)]
pub struct Arguments {
    /// The project file, or its folder
    project: PathBuf,
    /// The format
    #[arg(long, value_parser = format_parser())]
    format: Format,
    /// The file or folder to write [default: beside the folder of the pictures, named after both]
    #[arg(short, long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Allow copies below the folder of the pictures, and remove an earlier export in another format
    #[arg(long)]
    force: bool,
    /// Also export unfinished pictures, with the boxes confirmed so far
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    subset: SubsetOptions,
    /// Export unreviewed proposals instead of ground truth (COCO and Label Studio)
    #[arg(long)]
    proposals: bool,
    /// Include in the COCO file what only Tsukami reads, so that importing it loses nothing
    #[arg(long)]
    provenance: bool,
    /// Split the pictures into train, val and test in these shares, by a hash of the path
    #[arg(long, value_name = "80/10/10", value_parser = shares)]
    split: Option<[u32; 3]>,
    /// Random seed of the split
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Copy the pictures into the export
    #[arg(long, conflicts_with = "link")]
    copy: bool,
    /// Link the pictures into the export
    #[arg(long)]
    link: bool,
    /// Folder layout: as the tools of the format expect it, or as Roboflow makes it
    #[arg(long, value_parser = layout_parser(), default_value = "standard")]
    layout: FolderLayout,
}

/// Parses the shares of train, val and test.
fn shares(text: &str) -> Result<[u32; 3], String> {
    let parts: Option<Vec<u32>> = text.split('/').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some(&[0, 0] | &[0, 0, 0]) => {
            Err("all shares are 0: make at least one of them larger, as in 80/10/10".to_owned())
        }
        Some(&[train, val]) => Ok([train, val, 0]),
        Some(&[train, val, test]) => Ok([train, val, test]),
        _ => Err("write the shares as 80/10/10, or as 80/20 without test".to_owned()),
    }
}

/// Runs `tsukami export`. Returns the exit code.
///
/// # Errors
/// If the project cannot be read or the export cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let project = open(&arguments.project, Access::View)?;
    let options = ExportOptions {
        scope: if arguments.all {
            PictureScope::All
        } else {
            PictureScope::Reviewed
        },
        pictures: arguments
            .subset
            .pictures(project.document(), project.root())?
            .map(Arc::new),
        classes: arguments.subset.classes(project.document())?,
        boxes: if arguments.proposals {
            BoxSelection::Proposals
        } else {
            BoxSelection::GroundTruth
        },
        provenance: arguments.provenance,
        split: arguments.split.map(|[train, val, test]| SubsetSplit {
            train,
            val,
            test,
            seed: arguments.seed,
        }),
        files: match (arguments.copy, arguments.link) {
            (true, _) => PictureFiles::Copy,
            (_, true) => PictureFiles::Link,
            _ => PictureFiles::Leave,
        },
        layout: arguments.layout,
        force: arguments.force,
        ..ExportOptions::new(arguments.format)
    };
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => options.default_path(project.root()),
    };
    let report = formats::export(project.document(), project.root(), &options, &out)?;
    print_messages("changed", &report.changed);
    let subsets = match (arguments.split, report.subsets) {
        (Some(_), [train, val, test]) => format!(" (train {train}, val {val}, test {test})"),
        _ => String::new(),
    };
    status!(
        "{}{subsets}, {} -> {}",
        counted(report.pictures, "picture"),
        counted(report.boxes, "box"),
        out.display()
    );
    if report.excluded > 0 {
        let pictures = counted(report.excluded, "picture");
        status!("left out: {pictures} taken out of the project");
    }
    print_left_out(&report.left_out);
    let LeftOut {
        unfinished,
        other_pictures,
        ..
    } = report.left_out;
    // What was not asked for needs no other reason.
    let is_explained = other_pictures > 0 && unfinished == 0;
    if report.pictures == 0
        && !is_explained
        && let Some(reason) = why_empty(arguments)
    {
        status!("{reason}");
    }
    Ok(0)
}

/// Reports what an export leaves out that was asked for only in part.
fn print_left_out(left_out: &LeftOut) {
    let LeftOut {
        other_pictures,
        boxes,
        emptied,
        ..
    } = *left_out;
    if other_pictures > 0 {
        let pictures = counted(other_pictures, "picture");
        status!("left out: {pictures} not in the list");
    }
    if boxes > 0 {
        status!("left out: {} of other classes", counted(boxes, "box"));
    }
    if emptied > 0 {
        let pictures = counted(emptied, "picture");
        status!("without a box: {pictures} with boxes of other classes only");
    }
}

/// Why an export has no pictures.
fn why_empty(arguments: &Arguments) -> Option<&'static str> {
    match arguments.format {
        Format::Tags => Some("no picture has a tag yet"),
        Format::CocoResults => Some("no proposal is waiting for review"),
        _ if arguments.proposals => Some("no proposal is waiting for review"),
        _ if arguments.all => None,
        _ => Some("no picture is marked as done yet; --all exports the others too"),
    }
}
