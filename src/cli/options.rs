//! Options that several subcommands share: the model, its device and its input.

use std::path::PathBuf;

use clap::Args;
use clap::builder::ArgPredicate;

use crate::localize::{Method, Quality};
use crate::nn::device::{DeviceChoice, OpenDevice};
use crate::nn::shipped::ModelSource;
use crate::propose::Networks;
use crate::tscam::head::Head;
use crate::tscam::{InputOptions, Model};

/// Which model to run, how pictures are fed to it, and what is done with its output.
#[derive(Args)]
pub struct ModelOptions {
    /// Speed against quality: fast (boxes without class names), balanced or best
    // A published method has no companion.
    #[arg(
        long,
        default_value_t,
        default_value_if("protocol", ArgPredicate::IsPresent, Quality::Fast.name()),
        value_name = "LEVEL"
    )]
    pub quality: Quality,
    /// How boxes are made: pool (TS-CAM's regions and a detector's boxes, judged together), or from
    /// image labels alone: affinity, ts-cam (exactly as in the paper), cam or attention
    // Where a command has a protocol, the default is the published method. The judge knows the maps of
    // the shipped backbone alone.
    #[arg(
        long,
        default_value_t,
        default_value_if("protocol", ArgPredicate::IsPresent, Method::TsCam.name()),
        default_value_if("model", ArgPredicate::IsPresent, Method::Affinity.name()),
        value_name = "METHOD"
    )]
    pub method: Method,
    /// A trained class head for the backbone
    #[arg(long, value_name = "FILE")]
    pub head: Option<PathBuf>,
    /// Threshold at which maps are cut, in [0, 1) [default: depends on the method]
    #[arg(long, value_name = "T", value_parser = share)]
    pub threshold: Option<f32>,
    #[command(flatten)]
    pub backbone: BackboneOptions,
}

/// Which backbone to use, where it runs, and how pictures are fed to it.
#[derive(Args)]
pub struct BackboneOptions {
    /// Another backbone, with or without a head: a .safetensors file or an official TS-CAM .pth file
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub shipped: ShippedModels,
    /// Where the model runs: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// Approximate number of patches per picture [default: 256, or the model's own number]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16384))]
    pub patches: Option<u32>,
    /// Squash each picture to a square, as the paper does, instead of keeping its aspect ratio
    #[arg(long)]
    pub square: bool,
    /// Pictures that are decoded and go through the networks at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

/// Where the networks are that the program comes with.
#[derive(Args)]
pub struct ShippedModels {
    /// Folder of the networks that come with the program [default: those compiled into it, the others
    /// from the folder models next to it]
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
}

impl ShippedModels {
    /// Where they are.
    pub fn source(&self) -> ModelSource {
        self.models.clone().into()
    }
}

impl BackboneOptions {
    /// How pictures are fed to the model, at the lowest quality.
    pub fn input_options(&self) -> InputOptions {
        InputOptions {
            patches: self.patches.map(|patches| patches as usize),
            square: self.square,
            as_stored: false,
            quality: Quality::Fast,
            tap: None,
        }
    }

    /// The number of pictures at a time.
    pub fn in_flight(&self) -> usize {
        self.jobs.map_or_else(core_count, usize::from)
    }

    /// Opens the device and loads the model onto it.
    ///
    /// # Errors
    /// If the device is not available or the model cannot be loaded.
    pub fn open(&self) -> anyhow::Result<(Model, OpenDevice)> {
        let device = self.device.open()?;
        if let Some(notice) = &device.notice {
            status!("note: {notice}");
        }
        let models = self.shipped.source();
        let model = match &self.model {
            Some(path) => Model::open(path, &models, &device.device)?,
            None => Model::shipped(&models, &device.device)?,
        };
        Ok((model, device))
    }
}

impl ModelOptions {
    /// How pictures are fed to the model.
    pub fn input_options(&self) -> InputOptions {
        InputOptions {
            quality: self.quality,
            ..self.backbone.input_options()
        }
    }

    /// Opens the device, loads the model with its head, its companion and the detector, and prints a line about them
    /// to standard error.
    ///
    /// # Errors
    /// If the device is not available, a file cannot be loaded or the head does not fit the model.
    pub fn open(&self) -> anyhow::Result<Networks> {
        let (mut model, device) = self.backbone.open()?;
        if let Some(path) = &self.head {
            let head = Head::open(path, &device.device)?;
            model = model
                .with_head(head)
                .map_err(|reason| anyhow::anyhow!("{} cannot be used: {reason}", path.display()))?;
        }
        let models = self.backbone.shipped.source();
        let networks = Networks::new(model, self.method, self.quality, &models)?;
        status!(
            "{} on {}, method {}, quality {}",
            networks.model.name,
            device.name,
            self.method,
            self.quality
        );
        Ok(networks)
    }
}

fn core_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A number in [0, 1).
pub fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err("expected a number in [0, 1)".to_owned()),
    }
}
