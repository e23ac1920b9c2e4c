//! `tsukami propose`: a folder of pictures in, boxes as COCO JSON out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit_code::{FAILED, INTERRUPTED};
use super::interrupt::listen_for_interrupt;
use super::options::{ModelOptions, share};
use super::plural::counted;
use super::progress::Progress;
use super::propose_project;
use crate::bulk::{self, BulkEvent, BulkJob, Shard};
use crate::formats::class_map;
use crate::localize::{BoxMode, BoxOptions};
use crate::naming::Naming;
use crate::propose::{NetworksRef, PipelineSettings};

/// The arguments of `tsukami propose`.
#[derive(Args)]
pub struct Arguments {
    /// Folders (searched recursively), pictures, or text files that list them (.txt)
    #[arg(required_unless_present = "project", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Propose boxes for the new pictures of a project and store them there, instead of a COCO file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "out", "results", "heatmaps", "tags", "resume", "shard"])]
    project: Option<PathBuf>,
    /// With --project: also replace untouched proposals of pictures that are not done
    #[arg(long, requires = "project")]
    again: bool,
    /// The COCO file to write
    #[arg(short, long, default_value = "boxes.json", value_name = "FILE")]
    out: PathBuf,
    /// Also write a COCO results list, as pycocotools loads it
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Also write a heat map of each picture as PNG
    #[arg(long, value_name = "DIR")]
    heatmaps: Option<PathBuf>,
    #[command(flatten)]
    model: ModelOptions,
    /// All regions, or only the largest one as in the paper
    #[arg(long, value_enum, default_value = "all")]
    boxes: Boxes,
    /// Maximum boxes per picture
    #[arg(long, default_value_t = BoxOptions::default().max_boxes, value_name = "N")]
    max_boxes: usize,
    /// With --boxes all: minimum area of a region as a share of the picture [default: 4 patches]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    min_area: Option<f32>,
    /// With --boxes all: minimum score of a box, in [0, 1) [default: depends on the method]
    #[arg(long, value_name = "S", value_parser = share)]
    min_score: Option<f32>,
    /// Tags of the pictures: `folders` tags each picture with the name of its folder
    #[arg(long, value_enum)]
    tags: Option<Tags>,
    /// Map the model's classes to your own: CSV lines `class,category`, or JSON {"class": "category"}.
    /// An empty category makes the box an "object". With --project, the map is stored in the project
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Continue an interrupted or killed run with the same --out
    #[arg(long)]
    resume: bool,
    /// Process only the I-th of N parts of the pictures, I from 1 to N; join them with `tsukami merge`
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Boxes {
    All,
    Largest,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tags {
    Folders,
}

impl Arguments {
    fn job(&self, naming: Naming) -> BulkJob {
        BulkJob {
            naming,
            paths: self.paths.clone(),
            out: self.out.clone(),
            results: self.results.clone(),
            heatmaps: self.heatmaps.clone(),
            resume: self.resume,
            shard: self.shard,
            folder_tags: matches!(self.tags, Some(Tags::Folders)),
            in_flight: self.model.backbone.in_flight(),
            settings: PipelineSettings {
                method: self.model.method,
                input_options: self.model.input_options(),
                boxes: BoxOptions {
                    mode: match self.boxes {
                        Boxes::All => BoxMode::All,
                        Boxes::Largest => BoxMode::Largest,
                    },
                    threshold: self.model.threshold,
                    max_boxes: self.max_boxes,
                    min_area: self.min_area,
                    min_score: self.min_score,
                },
            },
        }
    }
}

/// Warns about classes in a file that the model does not have.
fn warn_unknown_classes(path: &Path, naming: &Naming, networks: NetworksRef<'_>) {
    let known = networks.class_names();
    let is_unknown = |class: &&str| !known.iter().any(|name| name == class);
    let classes = naming.iter().map(|(class, _)| &**class);
    let unknown: Vec<&str> = classes.filter(is_unknown).collect();
    if let Some(first) = unknown.first() {
        let more = match unknown.len() {
            1 => String::new(),
            number => format!(" and {} more", number - 1),
        };
        status!(
            "note: {} maps {first:?}{more}, which {} does not have",
            path.display(),
            networks.model.name
        );
    }
}

/// Runs the command and returns the exit code.
///
/// # Errors
/// If the run cannot start or has to stop.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let naming = arguments.map.as_deref().map(class_map::read).transpose()?;
    let job = arguments.job(naming.clone().unwrap_or_default());
    let networks = arguments.model.open()?;
    job.settings
        .check(&networks.model)
        .map_err(anyhow::Error::msg)?;
    if let (Some(path), Some(naming)) = (&arguments.map, &naming) {
        warn_unknown_classes(path, naming, networks.as_ref());
    }

    let cancel = listen_for_interrupt("stopping; finished pictures will be written")?;
    if let Some(project) = &arguments.project {
        let BulkJob {
            settings,
            in_flight,
            ..
        } = &job;
        return propose_project::run(
            project,
            networks.as_ref(),
            settings,
            *in_flight,
            arguments.again,
            naming.as_ref(),
            &cancel,
        );
    }
    let mut progress = Progress::new(0, 0);
    let summary = bulk::run(&job, networks.as_ref(), &cancel, |event| match event {
        BulkEvent::Started { total, resumed } => {
            progress = Progress::new(total, resumed);
            if resumed > 0 {
                progress.println(&format!(
                    "continuing after {resumed} of {}",
                    counted(total, "picture")
                ));
            }
        }
        BulkEvent::Done { .. } => progress.advance(),
        BulkEvent::Failed { reason } => {
            progress.advance();
            progress.println(&format!("failed: {reason}"));
        }
        BulkEvent::Warning { text } => progress.println(&format!("warning: {text}")),
    })?;
    progress.finish();

    if !summary.failed.is_empty() {
        status!("{} failed:", summary.failed.len());
        for reason in &summary.failed {
            status!("  {reason}");
        }
    }
    status!(
        "{}{}, {}, {} failed, {:.1} pictures/s -> {}",
        if summary.interrupted {
            "interrupted: "
        } else {
            ""
        },
        counted(summary.pictures, "picture"),
        counted(summary.boxes, "box"),
        summary.failed.len(),
        progress.rate(),
        job.out.display()
    );
    Ok(if summary.interrupted {
        status!("the same command with --resume continues from there");
        INTERRUPTED
    } else if summary.failed.is_empty() {
        0
    } else {
        FAILED
    })
}
