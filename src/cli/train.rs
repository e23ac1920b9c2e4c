//! `tsukami train`: pictures and their tags in, a model out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use clap::Args;

use super::INTERRUPTED;
use super::train_full::{self, FullOptions, Training};
use crate::learn::full::Example;
use crate::pictures;
use crate::tscam::device::DeviceChoice;

/// What `tsukami train` takes.
#[derive(Args)]
pub struct Arguments {
    /// A folder with a folder of pictures for each class
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Train the backbone, too, as the paper does
    #[arg(long)]
    full: bool,
    /// The model to start from: safetensors or .pth [default: the embedded one]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t, value_name = "DEVICE")]
    device: DeviceChoice,
    /// The model to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Also write the loss of each step as CSV
    #[arg(long, value_name = "FILE")]
    curve: Option<PathBuf>,
    #[command(flatten)]
    options: FullOptions,
}

/// Runs the command; the exit code.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    if !arguments.full {
        bail!("only --full is there");
    }
    let scan = pictures::scan(std::slice::from_ref(&arguments.folder));
    let mut classes: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in scan.entries {
        let folder = Path::new(&entry.name).parent();
        let Some(class) = folder.and_then(Path::file_name) else {
            continue;
        };
        let class = class.to_string_lossy().into_owned();
        classes.entry(class).or_default().push(entry.path);
    }
    let examples: Vec<Example> = classes
        .values()
        .enumerate()
        .flat_map(|(class, paths)| paths.iter().map(move |path| (class, path.clone())))
        .map(|(class, path)| Example {
            path,
            classes: vec![class],
        })
        .collect();
    let classes: Vec<String> = classes.into_keys().collect();
    let Arguments {
        model,
        device,
        out,
        options,
        curve,
        ..
    } = arguments;
    let cancel = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&cancel);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            // Asked twice: the last checkpoint is whole.
            std::process::exit(i32::from(INTERRUPTED));
        }
        say!("\nstopping; what is learnt will be kept (again to stop at once)");
    })
    .context("cannot listen for Ctrl-C")?;
    let training = Training {
        examples: &examples,
        classes: &classes,
        model: model.as_deref(),
        device: *device,
        out,
        curve: curve.as_deref(),
    };
    train_full::run(options, &training, &cancel)
}
