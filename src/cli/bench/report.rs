//! The results of `tsukami bench` as a table and as JSON.

use serde::Serialize;

/// Everything that was measured.
#[derive(Serialize)]
pub struct Report {
    /// The version of the program.
    pub version: &'static str,
    /// The operating system and the architecture of the processor.
    pub system: String,
    /// The number of threads that the system offers.
    pub threads: usize,
    pub devices: Vec<DeviceReport>,
    /// Stages of a photograph on the CPU that no network takes part in.
    pub stages: Vec<Timing>,
}

/// What was measured on a device.
#[derive(Serialize)]
pub struct DeviceReport {
    /// The name as for `--device`.
    pub device: String,
    /// The rate of products of large f32 matrices, in billions of operations a second. A multiplication with
    /// its addition counts as two.
    pub gflop_per_s: f64,
    pub networks: Vec<Timing>,
    /// The whole pipeline, photographs a second, at each level of quality.
    pub pipeline: Vec<Throughput>,
}

/// How long something takes.
#[derive(Serialize)]
pub struct Timing {
    pub name: &'static str,
    /// What it was given.
    pub input: String,
    /// The median, in milliseconds.
    pub ms: f64,
    /// The rate in billions of operations a second, if their number is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gflop_per_s: Option<f64>,
}

/// Photographs a second.
#[derive(Serialize)]
pub struct Throughput {
    pub quality: &'static str,
    pub pictures_per_s: f64,
}

impl Report {
    /// The results as lines.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "tsukami {} on {}, {} threads\n",
            self.version, self.system, self.threads
        );
        for device in &self.devices {
            let rate = device.gflop_per_s;
            text.push_str(&format!(
                "\n{}: matrix products {rate:.0} GFLOP/s\n",
                device.device
            ));
            for network in &device.networks {
                text.push_str(&line(network, Some(rate)));
            }
            for throughput in &device.pipeline {
                text.push_str(&format!(
                    "  pipeline, {:10} {:>22.2} pictures/s\n",
                    throughput.quality, throughput.pictures_per_s
                ));
            }
        }
        text.push_str("\nstages on the CPU\n");
        for stage in &self.stages {
            text.push_str(&line(stage, None));
        }
        text
    }
}

fn line(timing: &Timing, rate: Option<f64>) -> String {
    let share = match (timing.gflop_per_s, rate) {
        (Some(reached), Some(rate)) => {
            let share = 100.0 * reached / rate;
            format!("  {reached:.0} GFLOP/s, {share:.0} % of the products' rate")
        }
        _ => String::new(),
    };
    let Timing {
        name, input, ms, ..
    } = timing;
    format!("  {name:12} {input:24} {ms:>8.1} ms{share}\n")
}
