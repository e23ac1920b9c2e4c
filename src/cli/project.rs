//! `tsukami project`: project files without the window.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::console::print;
use super::exit_code::FAILED;
use super::plural::counted;
use super::project_access::{open, print_failures, print_notices, print_rescan, project_file};
use super::taken_out;
use crate::store::{self, Access, Project};

/// `tsukami project`.
#[derive(Subcommand)]
pub enum ProjectCommand {
    /// Create a project for a folder of pictures
    New {
        /// The folder
        folder: PathBuf,
        /// Where to store the project [default: in the folder, with its name]
        #[arg(long, value_name = "FILE")]
        project: Option<PathBuf>,
    },
    /// Describe a project
    Info {
        /// The project file, or its folder
        project: PathBuf,
    },
    /// Check a project file for damage
    Check {
        /// The project file, or its folder
        project: PathBuf,
    },
    /// Replace a damaged project by a backup; the damaged file is kept
    Restore {
        /// The project file, or its folder
        project: PathBuf,
        /// The backup [default: the newest automatic backup]
        backup: Option<PathBuf>,
    },
    /// Take pictures out of a project: they keep their boxes, but are not proposed for, exported or
    /// learned from
    TakeOut(taken_out::Arguments),
    /// Bring back pictures that were taken out
    BringBack(taken_out::Arguments),
}

/// Runs `tsukami project`. Returns the exit code.
///
/// # Errors
/// If the project cannot be created, read or restored.
pub fn run(command: &ProjectCommand) -> anyhow::Result<u8> {
    match command {
        ProjectCommand::New { folder, project } => create(folder, project.as_deref()),
        ProjectCommand::Info { project } => info(project),
        ProjectCommand::Check { project } => check(project),
        ProjectCommand::Restore { project, backup } => restore(project, backup.as_deref()),
        ProjectCommand::TakeOut(arguments) => taken_out::run(arguments, true),
        ProjectCommand::BringBack(arguments) => taken_out::run(arguments, false),
    }
}

fn create(folder: &Path, file: Option<&Path>) -> anyhow::Result<u8> {
    if !folder.is_dir() {
        bail!(
            "{} is not a folder: specify the folder of the pictures",
            folder.display()
        );
    }
    let default = || store::default_path(folder);
    let file = file.map_or_else(default, Path::to_owned);
    let (project, report, scanned) = Project::create_filled(&file, folder, store::rescan)?;
    print_notices(&report);
    print_rescan(&scanned);
    let pictures = project.document().pictures().len();
    let path = project.path().to_owned();
    project.close()?;
    status!("{} -> {}", counted(pictures, "picture"), path.display());
    Ok(print_failures(&scanned.problems))
}

fn info(path: &Path) -> anyhow::Result<u8> {
    let project = open(path, Access::View)?;
    let document = project.document();
    let steps = project.history().steps().len();
    let taken_out = match document.summary().excluded {
        0 => String::new(),
        count => format!(", {count} of them taken out"),
    };
    print(&format!(
        "project   {}\npictures  {} in {}{taken_out}\nboxes     {}\nclasses   {}\nsteps     {steps} to undo or redo\n",
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
    let file = project_file(path)?;
    let report = store::check(&file)?;
    let mut text = format!(
        "format {}, {}, {}, {}, {}\n",
        report.version,
        counted(report.pictures, "picture"),
        counted(report.boxes, "box"),
        counted(report.steps, "step"),
        counted(report.backups.len(), "backup")
    );
    for problem in &report.problems {
        text.push_str(&format!("damaged: {problem}\n"));
    }
    if report.problems.is_empty() {
        text.push_str("no damage found\n");
    } else if let Some(newest) = report.backups.first() {
        text.push_str(&format!(
            "the newest backup is {}: restore it with `tsukami project restore {}`\n",
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
    let file = project_file(path).or_else(|error| {
        // The project file of the folder may be lost.
        let default = store::default_path(path);
        let has_backups = !store::backups(&default).is_empty();
        has_backups.then_some(default).ok_or(error)
    })?;
    let newest = || store::backups(&file).into_iter().next();
    let backup = backup.map(Path::to_owned).or_else(newest);
    let backup = backup.with_context(|| {
        let file = file.display();
        format!(
            "{file} has no automatic backup: specify a copy of your own, `tsukami project restore {file} COPY`"
        )
    })?;
    let damaged = store::restore(&file, &backup)?;
    let report = store::check(&file)?;
    status!(
        "{}: restored from {}, {} and {}",
        file.display(),
        backup.display(),
        counted(report.pictures, "picture"),
        counted(report.boxes, "box")
    );
    if damaged.exists() {
        status!("the damaged file is kept as {}", damaged.display());
    }
    Ok(0)
}
