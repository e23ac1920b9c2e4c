//! The arguments and the run of `tsukami bench`.

use std::time::Duration;

use clap::Args;

use super::report::{DeviceReport, Report};
use super::{networks, stages};
use crate::cli::console::print;
use crate::cli::options::ShippedModels;
use crate::localize::{Method, Quality};
use crate::nn::device::DeviceChoice;
use crate::propose::Networks;
use crate::tscam::Model;

/// The arguments of `tsukami bench`.
#[derive(Args)]
pub struct Arguments {
    /// A device to measure, instead of all that this build supports and that work here
    #[arg(long, value_name = "DEVICE")]
    device: Option<DeviceChoice>,
    /// Seconds for each figure
    #[arg(long, default_value_t = 2.0, value_name = "S", value_parser = seconds)]
    seconds: f64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    shipped: ShippedModels,
}

/// Runs the command and returns the exit code.
///
/// # Errors
/// If a device that was named is not available, a network is missing, or standard output cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let time = Duration::from_secs_f64(arguments.seconds);
    let models = arguments.shipped.source();
    let choices = match arguments.device {
        Some(choice) => vec![choice],
        None => DeviceChoice::supported(),
    };
    let folder = tempfile::tempdir()?;
    let photograph = folder.path().join("photograph.jpg");
    stages::write_photograph(&photograph)?;
    let mut devices = Vec::new();
    for choice in choices {
        let opened = match choice.open() {
            Ok(opened) => opened,
            Err(error) if arguments.device.is_none() => {
                status!("note: {error}");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let load = || Ok(Model::shipped(&models, &opened.device)?);
        let model = load()?.with_companion(&models)?;
        devices.push(DeviceReport {
            gflop_per_s: networks::product_rate(&model, time)?,
            networks: networks::measure(&model, &models, time)?,
            pipeline: stages::throughput(&photograph, load, &models, time)?,
            device: opened.name,
        });
    }
    let cpu = DeviceChoice::Cpu.open()?.device;
    let model = Model::shipped(&models, &cpu)?;
    let networks = Networks::new(model, Method::default(), Quality::Balanced, &models)?;
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        devices,
        stages: stages::measure(&photograph, &networks, time)?,
    };
    match arguments.json {
        true => print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?,
        false => print(&report.to_text())?,
    }
    Ok(0)
}

/// A duration in seconds, at most an hour.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds from 0 to 3600".to_owned()),
    }
}
