//! The command line as a whole: its subcommands, and how the program starts and ends.

#[cfg(feature = "app")]
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::exit_code::CANNOT_START;
#[cfg(feature = "app")]
use super::options::ShippedModels;
use super::{
    bench, eval, export, import, judge, merge, model, project, propose, simulate, stats, train,
};
#[cfg(feature = "app")]
use crate::nn::shipped::ModelSource;

/// Draws the first boxes for people who label pictures.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
#[cfg_attr(feature = "app", command(args_conflicts_with_subcommands = true))]
#[cfg_attr(not(feature = "app"), command(arg_required_else_help = true))]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// A folder of pictures, a picture or a project file to open in the window
    #[cfg(feature = "app")]
    path: Option<PathBuf>,
    #[cfg(feature = "app")]
    #[command(flatten)]
    shipped: ShippedModels,
}

#[derive(Subcommand)]
enum Command {
    /// Propose boxes for folders of pictures and write them as COCO JSON
    Propose(propose::Arguments),
    /// Measure proposals against ground truth
    Eval(eval::Arguments),
    /// Train a class head, or a whole model, on image-level tags
    Train(train::Arguments),
    /// Measure how much work learning from corrections saves, on pictures with ground truth
    Simulate(simulate::Arguments),
    /// Fit the judge of candidate boxes to annotated folders, and measure it leaving one folder out
    Judge(judge::Arguments),
    /// Join the files of sharded runs into one with stable ids
    Merge(merge::Arguments),
    /// Describe a model file, or the networks that the program comes with
    Model(model::Arguments),
    /// Measure how fast this machine runs the networks and the pipeline
    Bench(bench::Arguments),
    /// Create, describe, check or restore a project, or change which pictures belong to it
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Import annotations of other tools into a project
    Import(import::Arguments),
    /// Export a project's annotations for other tools
    Export(export::Arguments),
    /// Count a project's pictures and boxes by state
    Stats(stats::Arguments),
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let Some(command) = cli.command else {
        #[cfg(feature = "app")]
        return open_window(cli.path, cli.shipped.source());
        #[cfg(not(feature = "app"))]
        return ExitCode::from(CANNOT_START);
    };
    let result = match command {
        Command::Propose(arguments) => propose::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Judge(arguments) => judge::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Model(arguments) => model::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Project(command) => project::run(&command),
        Command::Import(arguments) => import::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Stats(arguments) => stats::run(&arguments),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            status!("error: {}", with_causes(&error));
            ExitCode::from(CANNOT_START)
        }
    }
}

/// An error followed by its causes, except those that its own text already contains.
fn with_causes(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| {
        let cause = cause.to_string();
        match (text.is_empty(), text.contains(&cause)) {
            (true, _) => cause,
            (_, true) => text,
            _ => format!("{text}: {cause}"),
        }
    })
}

#[cfg(feature = "app")]
fn open_window(path: Option<PathBuf>, models: ModelSource) -> ExitCode {
    match crate::app::run(path, models) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            status!(
                "error: cannot open a window here ({error}); the command line works without one: \
                 tsukami --help"
            );
            ExitCode::from(CANNOT_START)
        }
    }
}
