//! `tsukami train`: image-level tags in, a class head or a whole model out.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use xxhash_rust::xxh3::xxh3_128;

use super::progress::Progress;
use super::project::open;
use super::train_full::{self, FullOptions, Training};
use super::{BackboneOptions, FAILED, INTERRUPTED, listen_for_interrupt};
use crate::files::{check_target, same_file, write_whole};
use crate::formats::tags;
use crate::learn::class_head::{HeadTrainingError, TrainedHead};
use crate::learn::lesson::HeadTraining;
use crate::learn::tags::TagSet;
use crate::learn::{self, full};
use crate::pictures::{self, ScannedPicture};
use crate::store::Access;

/// What `tsukami train` takes.
#[derive(Args)]
pub struct Arguments {
    /// A folder of pictures
    #[arg(
        value_name = "DIR",
        required_unless_present = "from_project",
        requires = "tags"
    )]
    folder: Option<PathBuf>,
    /// What each picture shows: `folders` takes the name of its folder, a CSV file has lines
    /// `path,tag[,tag...]`, paths relative to DIR; pictures that it does not name are left out
    #[arg(long, value_name = "folders|FILE", requires = "folder")]
    tags: Option<PathBuf>,
    /// Also learn from a project: its pictures' tags, and the classes of their boxes where a person
    /// has judged them
    #[arg(long, value_name = "FILE")]
    from_project: Option<PathBuf>,
    /// The head to write, as safetensors; with --full the whole model
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Side of the head's kernel, in patches: 1, or 3 as in the paper
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = kernel_side, conflicts_with = "full")]
    kernel: usize,
    /// The block whose tokens it reads, counted from 0 [default: two thirds of the way up]
    #[arg(long, value_name = "N", conflicts_with = "full")]
    block: Option<usize>,
    /// Also write the loss of each iteration, as CSV
    #[arg(long, value_name = "FILE")]
    curve: Option<PathBuf>,
    #[command(flatten)]
    backbone: BackboneOptions,
    /// Train the backbone, too, as the paper does: hours on a CPU
    #[arg(long, conflicts_with_all = ["patches", "square", "jobs"])]
    full: bool,
    #[command(flatten)]
    options: FullOptions,
}

fn kernel_side(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(side @ (1 | 3)) => Ok(side),
        _ => Err("expected 1 or 3".to_owned()),
    }
}

/// What `--tags` takes for the names of the pictures' folders.
const FOLDERS: &str = "folders";

/// Runs the command; the exit code.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    for target in [Some(&arguments.out), arguments.curve.as_ref()]
        .into_iter()
        .flatten()
    {
        check_target(target)?;
        let inputs = [
            &arguments.tags,
            &arguments.from_project,
            &arguments.backbone.model,
        ];
        if inputs
            .into_iter()
            .flatten()
            .any(|input| same_file(input, target))
        {
            bail!(
                "{} would be written over: give another file to write",
                target.display()
            );
        }
    }
    let set = gather(arguments)?;
    if arguments.full {
        return train_fully(arguments, &set);
    }
    let (model, device) = arguments.backbone.open()?;
    let depth = model.backbone().depth();
    let block = arguments.block.unwrap_or(learn::default_block(depth));
    if block >= depth {
        bail!(
            "{} has no block {block}: its last is {}",
            model.name,
            depth - 1
        );
    }
    say!(
        "{} on {}, {} pictures of {} classes",
        model.name,
        device.name,
        set.pictures.len(),
        set.classes.len()
    );
    let cancel = listen_for_interrupt("stopping; no head is written")?;
    let lesson = HeadTraining {
        set: &set,
        input_options: arguments.backbone.input_options(),
        block,
        side: arguments.kernel,
        decoders: arguments.backbone.decoders(),
    };
    let mut progress = Progress::new(set.pictures.len(), 0);
    let mut failed = 0;
    let taught = lesson.run(&model, &cancel, |failure| {
        progress.advance();
        if let Some(reason) = failure {
            failed += 1;
            progress.say(&format!("failed: {reason}"));
        }
    });
    progress.finish();
    let (trained, place) = match taught {
        Err(HeadTrainingError::Cancelled) => {
            say!("interrupted: nothing is written");
            return Ok(INTERRUPTED);
        }
        taught => taught?,
    };
    let bytes = trained.to_safetensors(&place)?;
    write_whole(&arguments.out, |writer| writer.write_all(&bytes))?;
    if let Some(path) = &arguments.curve {
        let csv = curve(&trained.classifier.losses);
        write_whole(path, |writer| writer.write_all(csv.as_bytes()))?;
    }
    tell(&trained, &arguments.out);
    Ok(if failed == 0 { 0 } else { FAILED })
}

/// The paper's training.
fn train_fully(arguments: &Arguments, set: &TagSet) -> anyhow::Result<u8> {
    let examples = set.pictures.iter().map(|picture| full::TrainingExample {
        path: picture.path.clone(),
        classes: picture.classes.clone(),
    });
    let training = Training {
        examples: &examples.collect::<Vec<_>>(),
        classes: &set.classes,
        model: arguments.backbone.model.as_deref(),
        device: arguments.backbone.device,
        out: &arguments.out,
        curve: arguments.curve.as_deref(),
    };
    let cancel = listen_for_interrupt("stopping; what is learnt will be kept")?;
    train_full::run(&arguments.options, &training, &cancel)
}

fn tell(trained: &TrainedHead, out: &Path) {
    if trained.uses_background {
        say!(
            "note: no picture shows none of its classes, so each class is told from the pictures' \
             own background"
        );
    }
    let right = match trained.held_out_accuracy {
        Some(share) => format!("{:.1}% right when held out", 100.0 * share),
        None => "too few to hold any out".to_owned(),
    };
    say!(
        "{} pictures, {} classes, {right}, penalty {:e}, {} iterations -> {}",
        trained.pictures,
        trained.classes.len(),
        trained.l2,
        trained.classifier.losses.len() - 1,
        out.display()
    );
}

fn curve(losses: &[f64]) -> String {
    let mut csv = "iteration,loss\n".to_owned();
    for (iteration, loss) in losses.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(csv, "{iteration},{loss:.9}");
    }
    csv
}

/// Everything that is said of pictures.
fn gather(arguments: &Arguments) -> anyhow::Result<TagSet> {
    let mut said = Vec::new();
    if let (Some(folder), Some(tags)) = (&arguments.folder, &arguments.tags) {
        said = if tags.as_os_str() == FOLDERS && !tags.exists() {
            of_folders(folder)?
        } else {
            of_csv(folder, tags)?
        };
    }
    if let Some(file) = &arguments.from_project {
        let project = open(file, Access::View)?;
        said.extend(TagSet::from_document(project.document(), project.root()));
    }
    let mut set = TagSet::new(said);
    leave_out_contradictions(&mut set);
    if set.pictures.is_empty() {
        bail!("no picture has a tag: tag some, as folders, in a CSV file or in the window");
    }
    Ok(set)
}

fn of_folders(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<String>)>> {
    let scan = pictures::scan(&[folder.to_owned()]);
    for problem in &scan.problems {
        say!("warning: {problem}");
    }
    if scan.entries.is_empty() {
        bail!("no pictures found in {}", folder.display());
    }
    let is_flat = ScannedPicture::is_flat(&scan.entries);
    let (tagged, untagged): (Vec<&ScannedPicture>, Vec<&ScannedPicture>) = scan
        .entries
        .iter()
        .partition(|entry| entry.folder(is_flat).is_some());
    if let Some(first) = untagged.first() {
        say!(
            "warning: {} pictures lie in no folder of a class and are left out, {} for one",
            untagged.len(),
            first.path.display()
        );
    }
    let said = tagged.into_iter().map(|entry| {
        let tag = entry.folder(is_flat).map(str::to_owned);
        (entry.path.clone(), tag.into_iter().collect())
    });
    Ok(said.collect())
}

fn of_csv(folder: &Path, file: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<String>)>> {
    let (lines, refused) = tags::read(file)?;
    for sentence in refused {
        say!("warning: {}: {sentence}", file.display());
    }
    let count = lines.len();
    let said = lines
        .into_iter()
        .map(|line| (folder.join(line.name), line.tags));
    let (found, missing): (Vec<_>, Vec<_>) = said.partition(|(path, _)| path.is_file());
    if let Some((first, _)) = missing.first() {
        let text = format!(
            "{} of the {count} pictures in {} are not there, {} for one; paths are relative to {}",
            missing.len(),
            file.display(),
            first.display(),
            folder.display()
        );
        if found.is_empty() {
            bail!("{text}");
        }
        say!("warning: {text}");
    }
    Ok(found)
}

/// Leaves out files of the same content that are tagged differently: one of them is wrong.
fn leave_out_contradictions(set: &mut TagSet) {
    let mut of_content: HashMap<u128, Vec<usize>> = HashMap::new();
    for (at, picture) in set.pictures.iter().enumerate() {
        // One that cannot be read is told of when it is looked at.
        if let Ok(bytes) = std::fs::read(&picture.path) {
            of_content.entry(xxh3_128(&bytes)).or_default().push(at);
        }
    }
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut left_out: Vec<usize> = Vec::new();
    for same in of_content.into_values() {
        let tags = |at: &usize| &set.pictures[*at].classes;
        let other = same.iter().find(|at| tags(at) != tags(&same[0]));
        if let Some(other) = other {
            pairs.push((same[0], *other));
            left_out.extend(same);
        }
    }
    if let Some((first, other)) = pairs.iter().min() {
        let name = |at: usize| {
            let picture = &set.pictures[at];
            let tags: Vec<&str> = set.names(picture).collect();
            format!("{} ({})", picture.path.display(), tags.join(", "))
        };
        say!(
            "warning: {} pictures are there more than once with different tags and are left out, {} \
             and {} for one",
            pairs.len(),
            name(*first),
            name(*other)
        );
    }
    let mut at = 0..;
    set.pictures
        .retain(|_| at.next().is_none_or(|at| !left_out.contains(&at)));
}
