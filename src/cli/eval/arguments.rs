//! The arguments of `tsukami eval`.

use std::path::PathBuf;

use clap::Args;

use super::protocol::ProtocolOptions;
use crate::cli::box_fitting::FitOption;
use crate::cli::options::ModelOptions;

/// The arguments of `tsukami eval`.
#[derive(Args)]
pub struct Arguments {
    /// The folder of the pictures: file names in the ground truth are relative to it, or to `images` in
    /// it
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Ground truth boxes as COCO JSON [default: truth.json in DIR]
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    #[command(flatten)]
    pub model: ModelOptions,
    /// Also print the localisation at thresholds 0.00, 0.05, 0.10 and so on
    #[arg(long)]
    pub sweep: bool,
    /// Compare every method with every source of class maps that the model has
    #[arg(long, conflicts_with_all = ["results", "sweep", "threshold"])]
    pub compare: bool,
    /// Map the model's classes to the names in the ground truth: CSV or JSON, as for propose. Without
    /// it, boxes of a model without a head are judged by position only
    #[arg(long, value_name = "FILE", conflicts_with = "results")]
    pub map: Option<PathBuf>,
    /// Measure the boxes of a COCO results list instead of running the model
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "head", "sweep", "fit"])]
    pub results: Option<PathBuf>,
    /// With --results: judge boxes by position only, not by class
    #[arg(long, requires = "results")]
    pub class_agnostic: bool,
    /// Also write the metrics as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Plot the localisation over the threshold as SVG or PNG
    #[arg(long, value_name = "FILE", conflicts_with = "results")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub fit: FitOption,
    #[command(flatten)]
    pub protocol: ProtocolOptions,
}
