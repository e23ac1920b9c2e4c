//! The command line: what `tsukami SUBCOMMAND` understands, says and exits with.
//!
//! Results go to files or standard output, everything else to standard error. Exit codes: 0 all
//! went well, 1 the run went through but something failed, 2 it could not start or had to stop, 130
//! interrupted.

/// Prints a line to standard error. Nobody may be there to read it (a closed terminal), which is
/// no reason to stop.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

mod eval;
mod measuring;
mod plot;
mod progress;
mod project;
mod propose;
mod propose_project;
mod protocol;
mod simulate;
mod train;
mod train_full;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::builder::ArgPredicate;
use clap::{Args, Parser, Subcommand};

use crate::bulk::{self, BulkError};
use crate::files::{check_target, same_file};
use crate::localize::{Method, Quality};
use crate::nn::device::{DeviceChoice, OpenDevice};
use crate::tscam::backbone::Backbone;
use crate::tscam::head::Head;
use crate::tscam::{InputOptions, Model};

/// Something failed along the way.
const FAILED: u8 = 1;
/// Nothing could start.
const CANNOT_START: u8 = 2;
/// Stopped by Ctrl-C, as shells report it.
const INTERRUPTED: u8 = 130;

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
}

#[derive(Subcommand)]
enum Command {
    /// Propose boxes for folders of pictures and write them as COCO JSON
    Propose(propose::Arguments),
    /// Measure proposals against true boxes
    Eval(eval::Arguments),
    /// Train a class head on image-level tags
    Train(train::Arguments),
    /// Measure what learning from corrections saves a person, on pictures whose boxes are known
    Simulate(simulate::Arguments),
    /// Join the files of sharded runs into one with stable ids
    Merge(MergeArguments),
    /// Describe a model file, or the embedded model
    Model(ModelArguments),
    /// Make, describe, check or restore a project
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Take annotations of other tools into a project
    Import(project::ImportArguments),
    /// Write a project's annotations for other tools
    Export(project::ExportArguments),
    /// Count a project's pictures and boxes by their states
    Stats(project::StatsArguments),
}

#[derive(Args)]
struct MergeArguments {
    /// COCO files of proposals
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
struct ModelArguments {
    /// A .safetensors or .pth file; the embedded model if none is given
    file: Option<PathBuf>,
}

/// Which model, how it looks at pictures, and what is made of that.
#[derive(Args)]
struct ModelOptions {
    /// How much is done for a picture: fast (boxes without names), balanced, or best
    // A published method has no companion.
    #[arg(
        long,
        default_value_t,
        default_value_if("protocol", ArgPredicate::IsPresent, Quality::Fast.name()),
        value_name = "LEVEL"
    )]
    quality: Quality,
    /// How maps are made: affinity, ts-cam (the paper to the letter), cam or attention
    // Where a command has a protocol, that is a published method's.
    #[arg(
        long,
        default_value_t,
        default_value_if("protocol", ArgPredicate::IsPresent, Method::TsCam.name()),
        value_name = "METHOD"
    )]
    method: Method,
    /// A class head for the backbone
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// Where a map is cut, in 0..1 of its range [default: the method's own]
    #[arg(long, value_name = "T", value_parser = share)]
    threshold: Option<f32>,
    #[command(flatten)]
    backbone: BackboneOptions,
}

/// Which backbone, where it runs, and how pictures come to it.
#[derive(Args)]
struct BackboneOptions {
    /// Another backbone, with or without a head: safetensors or an official TS-CAM .pth
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t, value_name = "DEVICE")]
    device: DeviceChoice,
    /// About how many patches a picture is cut into [default: 256, or the model's own number]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16384))]
    patches: Option<u32>,
    /// Squash each picture to a square, as the paper does, in place of keeping its aspect
    #[arg(long)]
    square: bool,
    /// Threads that decode pictures [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

impl BackboneOptions {
    /// How it looks at pictures, doing the least for them.
    fn input_options(&self) -> InputOptions {
        InputOptions {
            patches: self.patches.map(|patches| patches as usize),
            square: self.square,
            as_stored: false,
            quality: Quality::Fast,
            tap: None,
        }
    }

    fn decoders(&self) -> usize {
        self.jobs.map_or_else(cores, usize::from)
    }

    /// Opens the device and the model on it; the model and the device's name.
    fn open(&self) -> anyhow::Result<(Model, OpenDevice)> {
        let device = self.device.open()?;
        if let Some(notice) = &device.notice {
            say!("note: {notice}");
        }
        let model = match &self.model {
            Some(path) => Model::open(path, &device.device)?,
            None => Model::embedded(&device.device)?,
        };
        Ok((model, device))
    }
}

impl ModelOptions {
    fn input_options(&self) -> InputOptions {
        InputOptions {
            quality: self.quality,
            ..self.backbone.input_options()
        }
    }

    /// Opens the device and the model on it, saying on standard error what they are.
    fn open(&self) -> anyhow::Result<Model> {
        let (mut model, device) = self.backbone.open()?;
        if let Some(path) = &self.head {
            let head = Head::open(path, &device.device)?;
            model = model
                .with_head(head)
                .map_err(|reason| anyhow::anyhow!("{} cannot be used: {reason}", path.display()))?;
        }
        if self.quality > Quality::Fast {
            model = model.with_companion()?;
        }
        say!(
            "{} on {}, method {}, quality {}",
            model.name,
            device.name,
            self.method,
            self.quality
        );
        Ok(model)
    }
}

/// Listens for Ctrl-C: the first sets the flag that comes back and says `notice`, the second ends the
/// program at once.
fn listen_for_interrupt(notice: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&cancel);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        say!("\n{notice} (again to stop at once)");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(cancel)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A number in 0..1.
fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err("expected a number from 0 to below 1".to_owned()),
    }
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let Some(command) = cli.command else {
        #[cfg(feature = "app")]
        return open_window(cli.path);
        #[cfg(not(feature = "app"))]
        return ExitCode::from(CANNOT_START);
    };
    let outcome = match command {
        Command::Propose(arguments) => propose::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Merge(arguments) => merge(&arguments),
        Command::Model(arguments) => describe(arguments.file.as_deref()),
        Command::Project(command) => project::run(&command),
        Command::Import(arguments) => project::import(&arguments),
        Command::Export(arguments) => project::export(&arguments),
        Command::Stats(arguments) => project::stats(&arguments),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say!("error: {}", in_one_sentence(&error));
            ExitCode::from(CANNOT_START)
        }
    }
}

/// An error with its causes, but for those that its own text tells already.
fn in_one_sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| {
        let cause = cause.to_string();
        match (told.is_empty(), told.contains(&cause)) {
            (true, _) => cause,
            (_, true) => told,
            _ => format!("{told}: {cause}"),
        }
    })
}

#[cfg(feature = "app")]
fn open_window(path: Option<PathBuf>) -> ExitCode {
    match crate::app::run(path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say!(
                "error: no window can be opened here ({error}); the command line works without \
                 one: tsukami --help"
            );
            ExitCode::from(CANNOT_START)
        }
    }
}

fn merge(arguments: &MergeArguments) -> anyhow::Result<u8> {
    let out = &arguments.out;
    check_target(out)?;
    if arguments.files.iter().any(|file| same_file(file, out)) {
        return Err(BulkError::OverwritesInput(out.clone()).into());
    }
    let whole = bulk::merge(&arguments.files)?;
    whole.write(&arguments.out)?;
    say!(
        "{} pictures and {} boxes from {} files -> {}",
        whole.images.len(),
        whole.annotations.len(),
        arguments.files.len(),
        arguments.out.display()
    );
    Ok(0)
}

fn describe(file: Option<&Path>) -> anyhow::Result<u8> {
    let cpu = DeviceChoice::Cpu.open()?.device;
    let model = match file {
        Some(path) => Model::open(path, &cpu)?,
        None => Model::embedded(&cpu)?,
    };
    let (backbone, input) = describe_backbone(model.backbone());
    let mut lines = vec![
        ("model", model.name.clone()),
        ("sha256", model.fingerprint.clone()),
        ("backbone", backbone),
        ("input", input),
        (
            "head",
            model.head().map_or(
                "none: boxes get names from ImageNet, where it has one".to_owned(),
                |head| {
                    let classes = &head.classes;
                    let first: Vec<&str> = classes.iter().take(5).map(String::as_str).collect();
                    let more = if classes.len() > 5 { ", ..." } else { "" };
                    format!(
                        "{0} x {0} convolution, {1} classes: {2}{more}",
                        head.kernel_side(),
                        classes.len(),
                        first.join(", ")
                    )
                },
            ),
        ),
    ];
    if !model.ignored.is_empty() {
        lines.push(("ignored", model.ignored.join(", ")));
    }
    for (key, value) in &model.metadata {
        lines.push((key, value.clone()));
    }
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let text: String = lines
        .iter()
        .map(|(key, value)| format!("{key:width$}  {value}\n"))
        .collect();
    print(&text)?;
    Ok(0)
}

/// What a backbone is made of, and what it looks at.
fn describe_backbone(backbone: &Backbone) -> (String, String) {
    let block = backbone.block();
    let (kind, beside, grid, trained) = match backbone {
        Backbone::Vit(vit) => {
            let scale = if block.layer_scale {
                ", layer scale"
            } else {
                ""
            };
            let trained = vit.config().trained_grid;
            ("ViT", scale.to_owned(), "positions for", trained)
        }
        Backbone::Conformer(conformer) => {
            let [first, second, third] = conformer.config().stages();
            let maps = format!(", maps of {first}, {second} and {third} channels");
            let trained = conformer.config().trained_grid();
            ("Conformer", maps, "any grid; published for", trained)
        }
    };
    let made_of = format!(
        "{kind}, {} blocks, tokens {} wide, {} heads, MLP {} wide{beside}",
        backbone.depth(),
        block.embed_dim,
        block.heads,
        block.mlp_dim,
    );
    let (patch, side) = (backbone.patch_size(), trained.rows);
    let looks_at = format!(
        "patches of {patch} x {patch} pixels, {grid} {side} x {side} patches ({0} x {0} pixels)",
        side * patch
    );
    (made_of, looks_at)
}

/// Prints to standard output; a reader that has gone away (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
