//! `tsukami project`, `import`, `export` and `stats`: a project without the window.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde_json::json;

use super::console::print;
use super::exit_code::FAILED;
use crate::document::{BoxState, Document, ReviewState};
use crate::formats::{
    self, BoxSelection, ExportOptions, FolderLayout, Format, ImportMode, Messages, PictureFiles,
    PictureScope, SubsetSplit,
};
use crate::store::{self, Access, FolderChanges, OpenReport, Project};

/// Sentences of a report that are shown; the rest is counted.
const SHOWN: usize = 20;

/// `tsukami project`.
#[derive(Subcommand)]
pub enum ProjectCommand {
    /// Make a project of a folder of pictures
    New {
        /// The folder
        folder: PathBuf,
        /// Where to keep the project [default: named after the folder, inside it]
        #[arg(long, value_name = "FILE")]
        project: Option<PathBuf>,
    },
    /// Say what a project holds
    Info {
        /// The project, or its folder
        project: PathBuf,
    },
    /// Check a project file for damage, and name its backups
    Check {
        /// The project, or its folder
        project: PathBuf,
    },
    /// Put a backup in the place of a damaged project, which is kept beside it
    Restore {
        /// The project, or its folder
        project: PathBuf,
        /// The backup [default: the newest automatic one]
        backup: Option<PathBuf>,
    },
}

/// `tsukami import`.
#[derive(Args)]
pub struct ImportArguments {
    /// The project, or its folder
    project: PathBuf,
    /// A file or folder of annotations
    path: PathBuf,
    /// Its format [default: recognised from the content]
    #[arg(long, value_parser = format_parser())]
    format: Option<Format>,
    /// Let the file take the place of what the project has on the pictures that it names
    #[arg(long)]
    replace: bool,
}

/// `tsukami export`.
#[derive(Args)]
pub struct ExportArguments {
    /// The project, or its folder
    project: PathBuf,
    /// The format
    #[arg(long, value_parser = format_parser())]
    format: Format,
    /// The file or folder to write
    #[arg(short, long, value_name = "PATH")]
    out: PathBuf,
    /// Unfinished pictures too, with the boxes that a person has confirmed so far
    #[arg(long)]
    all: bool,
    /// What the model proposed and nobody has judged, in place of the ground truth (COCO alone)
    #[arg(long)]
    proposals: bool,
    /// Keep in the COCO file what only this program understands, so that all comes back
    #[arg(long)]
    provenance: bool,
    /// Split into train, val and test by a hash of the path, in these shares
    #[arg(long, value_name = "80/10/10", value_parser = shares)]
    split: Option<[u32; 3]>,
    /// Another seed gives another split
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Copy the pictures along
    #[arg(long, conflicts_with = "link")]
    copy: bool,
    /// Link the pictures along
    #[arg(long)]
    link: bool,
    /// Where things lie: as the format's own tools expect, or as Roboflow does
    #[arg(long, value_parser = layout_parser(), default_value = "standard")]
    layout: FolderLayout,
}

/// `tsukami stats`.
#[derive(Args)]
pub struct StatsArguments {
    /// The project, or its folder
    project: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Parses the name of a format.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse())
}

/// Parses the name of a folder layout.
fn layout_parser() -> impl TypedValueParser<Value = FolderLayout> {
    PossibleValuesParser::new(FolderLayout::ALL.map(FolderLayout::name))
        .try_map(|name| name.parse())
}

fn shares(text: &str) -> Result<[u32; 3], String> {
    let parts: Option<Vec<u32>> = text.split('/').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some(&[0, 0] | &[0, 0, 0]) => {
            Err("no part has a share: make one of them more than 0, as in 80/10/10".to_owned())
        }
        Some(&[train, val]) => Ok([train, val, 0]),
        Some(&[train, val, test]) => Ok([train, val, test]),
        _ => Err("write it as 80/10/10, or as 80/20 without test".to_owned()),
    }
}

/// The file of a project, which may be named by its folder.
fn file_of(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    store::find_project(path).with_context(|| {
        let path = path.display();
        format!("{path} holds no project: make one with `tsukami project new {path}`")
    })
}

/// Opens a project by its file or its folder, saying what a person should know.
pub fn open(path: &Path, access: Access) -> anyhow::Result<Project> {
    let (project, opened) = Project::open(&file_of(path)?, access)?;
    say_notices(&opened);
    Ok(project)
}

fn say_notices(opened: &OpenReport) {
    for notice in &opened.notices {
        status!("note: {notice}");
    }
}

/// Brings a project up to date with the pictures in its folder; what could not be read.
pub fn reconcile(project: &mut Project) -> anyhow::Result<Vec<String>> {
    let report = store::rescan(project)?;
    say_changes(&report.changes);
    Ok(report.problems)
}

fn say_changes(changes: &FolderChanges) {
    for (what, names) in [
        ("new pictures", &changes.added),
        ("missing pictures, whose boxes are kept", &changes.missing),
        ("pictures found again", &changes.found_again),
        ("pictures whose content has changed", &changes.changed),
    ] {
        if !names.is_empty() {
            status!("{} {what}", names.len());
        }
    }
    for (from, to) in changes.renamed.iter().chain(&changes.displaced) {
        status!("{from} is now {to}");
    }
}

fn fail_with(failed: &[String]) -> u8 {
    for reason in failed {
        status!("failed: {reason}");
    }
    if failed.is_empty() { 0 } else { FAILED }
}

/// Runs `tsukami project`; the exit code.
pub fn run(command: &ProjectCommand) -> anyhow::Result<u8> {
    match command {
        ProjectCommand::New { folder, project } => make(folder, project.as_deref()),
        ProjectCommand::Info { project } => info(project),
        ProjectCommand::Check { project } => check(project),
        ProjectCommand::Restore { project, backup } => restore(project, backup.as_deref()),
    }
}

fn make(folder: &Path, file: Option<&Path>) -> anyhow::Result<u8> {
    if !folder.is_dir() {
        bail!(
            "{} is no folder: give the folder of the pictures",
            folder.display()
        );
    }
    let (mut project, opened) = match file {
        Some(file) => Project::create(file, folder)?,
        None => Project::create_for(folder)?,
    };
    say_notices(&opened);
    let failed = reconcile(&mut project)?;
    let pictures = project.document().pictures().len();
    let path = project.path().to_owned();
    project.close()?;
    status!("{pictures} pictures -> {}", path.display());
    Ok(fail_with(&failed))
}

fn info(path: &Path) -> anyhow::Result<u8> {
    let project = open(path, Access::View)?;
    let document = project.document();
    let steps = project.history().steps().len();
    print(&format!(
        "project    {}\npictures   {} in {}\nboxes      {}\ncategories {}\nsteps      {steps} to undo or redo\n",
        project.path().display(),
        document.pictures().len(),
        project.root().display(),
        document.annotation_count(),
        document
            .categories()
            .map(|category| &*category.name)
            .collect::<Vec<_>>()
            .join(", "),
    ))?;
    Ok(0)
}

fn check(path: &Path) -> anyhow::Result<u8> {
    let file = file_of(path)?;
    let report = store::check(&file)?;
    let mut text = format!(
        "format {}, {} pictures, {} boxes, {} steps, {} backups\n",
        report.version,
        report.pictures,
        report.boxes,
        report.steps,
        report.backups.len()
    );
    for problem in &report.problems {
        text.push_str(&format!("damaged: {problem}\n"));
    }
    if report.problems.is_empty() {
        text.push_str("no damage found\n");
    } else if let Some(newest) = report.backups.first() {
        text.push_str(&format!(
            "the newest backup is {}: restore it by `tsukami project restore {}`\n",
            newest.display(),
            file.display()
        ));
    }
    print(&text)?;
    Ok(if report.problems.is_empty() {
        0
    } else {
        FAILED
    })
}

fn restore(path: &Path, backup: Option<&Path>) -> anyhow::Result<u8> {
    let file = file_of(path).or_else(|error| {
        // The project of a folder may be what was lost.
        let lost = store::default_path(path);
        let has_backups = !store::backups(&lost).is_empty();
        has_backups.then_some(lost).ok_or(error)
    })?;
    let newest = || store::backups(&file).into_iter().next();
    let backup = backup.map(Path::to_owned).or_else(newest);
    let backup = backup.with_context(|| {
        let file = file.display();
        format!(
            "{file} has no automatic backup: name a copy of your own, `tsukami project restore {file} COPY`"
        )
    })?;
    let kept = store::restore(&file, &backup)?;
    let report = store::check(&file)?;
    status!(
        "{}: restored from {}, {} pictures and {} boxes",
        file.display(),
        backup.display(),
        report.pictures,
        report.boxes
    );
    if kept.exists() {
        status!("what was there is kept as {}", kept.display());
    }
    Ok(0)
}

/// Runs `tsukami import`; the exit code.
pub fn import(arguments: &ImportArguments) -> anyhow::Result<u8> {
    let path = &arguments.path;
    if !path.exists() {
        bail!("{} does not exist: check the path", path.display());
    }
    let format = match arguments.format {
        Some(format) => format,
        None => formats::detect_format(path).with_context(|| {
            let path = path.display();
            format!("the format of {path} is not recognised: give it by --format")
        })?,
    };
    let mode = if arguments.replace {
        ImportMode::Replace
    } else {
        ImportMode::Merge
    };
    let mut project = open(&arguments.project, Access::Add)?;
    let import = formats::import(project.document(), path, project.root(), format, mode)?;
    let label = format!("import {}", path.display());
    project.commit(&label, &import.edit, None)?;
    project.close()?;
    let report = import.report;
    say_notes("changed", &report.changed);
    say_notes("not read", &report.skipped);
    status!(
        "{}: {} boxes, {} proposals and {} tags on {} pictures ({} new); {} were there already, {} removed",
        format.name(),
        report.boxes,
        report.proposals,
        report.tags,
        report.pictures,
        report.pictures_added,
        report.present,
        report.removed
    );
    Ok(if report.skipped.is_empty() { 0 } else { FAILED })
}

fn say_notes(what: &str, notes: &Messages) {
    for sentence in notes.texts.iter().take(SHOWN) {
        status!("{what}: {sentence}");
    }
    let more = notes.texts.len().saturating_sub(SHOWN) + notes.omitted;
    if more > 0 {
        status!("{what}: and {more} more");
    }
}

/// Runs `tsukami export`; the exit code.
pub fn export(arguments: &ExportArguments) -> anyhow::Result<u8> {
    let project = open(&arguments.project, Access::View)?;
    let options = ExportOptions {
        scope: if arguments.all {
            PictureScope::All
        } else {
            PictureScope::Reviewed
        },
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
        ..ExportOptions::new(arguments.format)
    };
    let report = formats::export(project.document(), project.root(), &options, &arguments.out)?;
    say_notes("changed", &report.changed);
    let parts = match (arguments.split, report.subsets) {
        (Some(_), [train, val, test]) => format!(" (train {train}, val {val}, test {test})"),
        _ => String::new(),
    };
    status!(
        "{} pictures{parts}, {} boxes -> {}",
        report.pictures,
        report.boxes,
        arguments.out.display()
    );
    if report.pictures == 0
        && let Some(reason) = why_nothing(arguments)
    {
        status!("{reason}");
    }
    Ok(0)
}

/// Why an export may hold no picture.
fn why_nothing(arguments: &ExportArguments) -> Option<&'static str> {
    match arguments.format {
        Format::Tags => Some("no picture has a tag yet"),
        Format::CocoResults => Some("no proposal waits to be judged"),
        _ if arguments.proposals => Some("no proposal waits to be judged"),
        _ if arguments.all => None,
        _ => Some("no picture is marked done yet; --all exports the others too"),
    }
}

/// Runs `tsukami stats`; the exit code.
pub fn stats(arguments: &StatsArguments) -> anyhow::Result<u8> {
    let project = open(&arguments.project, Access::View)?;
    let document = project.document();
    let summary = document.summary();
    let pictures = |state| summary.pictures.get(&state).copied().unwrap_or(0);
    let boxes = |state| summary.annotations.get(&state).copied().unwrap_or(0);
    let by_category = ground_truth_by_category(document);
    let text = if arguments.json {
        let json = json!({
            "pictures": {
                "new": pictures(ReviewState::New),
                "proposed": pictures(ReviewState::Proposed),
                "in_review": pictures(ReviewState::InReview),
                "done": pictures(ReviewState::Done),
                "verified_empty": summary.verified_empty,
                "unlabelled": summary.unlabelled,
                "missing": summary.missing,
            },
            "boxes": {
                "proposed": boxes(BoxState::Proposed),
                "accepted": boxes(BoxState::Accepted),
                "edited": boxes(BoxState::Edited),
                "drawn": boxes(BoxState::Drawn),
                "rejected": boxes(BoxState::Rejected),
            },
            "ground_truth_by_category": by_category
                .iter()
                .map(|(name, count)| json!({"name": name, "boxes": count}))
                .collect::<Vec<_>>(),
        });
        format!("{json:#}\n")
    } else {
        let mut text = format!(
            "pictures  {} new, {} proposed, {} in review, {} done ({} verified empty), {} missing\n\
             boxes     {} proposed, {} accepted, {} edited, {} drawn, {} rejected\n",
            pictures(ReviewState::New),
            pictures(ReviewState::Proposed),
            pictures(ReviewState::InReview),
            pictures(ReviewState::Done),
            summary.verified_empty,
            summary.missing,
            boxes(BoxState::Proposed),
            boxes(BoxState::Accepted),
            boxes(BoxState::Edited),
            boxes(BoxState::Drawn),
            boxes(BoxState::Rejected),
        );
        for (name, count) in by_category {
            text.push_str(&format!("{count:>8}  {name}\n"));
        }
        text
    };
    print(&text)?;
    Ok(0)
}

/// Boxes that a person has confirmed, for each category in its order.
fn ground_truth_by_category(document: &Document) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for picture in document.pictures() {
        for annotation in document.annotations(picture.id) {
            if annotation.is_ground_truth() {
                *counts.entry(annotation.category).or_insert(0) += 1;
            }
        }
    }
    document
        .categories()
        .map(|category| {
            let count = counts.get(&category.id).copied().unwrap_or(0);
            (category.name.to_string(), count)
        })
        .collect()
}
