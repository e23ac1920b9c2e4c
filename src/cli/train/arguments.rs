//! The arguments of `tsukami train`.

use std::path::PathBuf;

use clap::Args;

use super::full::FullOptions;
use crate::cli::options::BackboneOptions;

/// The arguments of `tsukami train`.
#[derive(Args)]
pub struct Arguments {
    /// A folder of pictures
    #[arg(
        value_name = "DIR",
        required_unless_present = "from_project",
        requires = "tags"
    )]
    pub folder: Option<PathBuf>,
    /// The tags: `folders` tags each picture with the name of its folder; a CSV file has lines
    /// `path,tag[,tag...]` with paths relative to DIR, and pictures not listed in it are ignored
    #[arg(long, value_name = "folders|FILE", requires = "folder")]
    pub tags: Option<PathBuf>,
    /// Also learn from a project: the tags of its pictures, and the classes of boxes that a person has
    /// accepted, edited or drawn
    #[arg(long, value_name = "FILE")]
    pub from_project: Option<PathBuf>,
    /// The file to write, as safetensors: the head, or the whole model with --full
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Kernel size of the head in patches: 1, or 3 as in the paper
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = kernel_side, conflicts_with = "full")]
    pub kernel: usize,
    /// The block whose tokens the head reads, counted from 0 [default: at two thirds of the depth]
    #[arg(long, value_name = "N", conflicts_with = "full")]
    pub block: Option<usize>,
    /// Also write the loss of each iteration as CSV
    #[arg(long, value_name = "FILE")]
    pub curve: Option<PathBuf>,
    #[command(flatten)]
    pub backbone: BackboneOptions,
    /// Train the backbone too, as the paper does; this takes hours on a CPU
    #[arg(long, conflicts_with_all = ["patches", "square", "jobs"])]
    pub full: bool,
    #[command(flatten)]
    pub options: FullOptions,
}

fn kernel_side(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(side @ (1 | 3)) => Ok(side),
        _ => Err("expected 1 or 3".to_owned()),
    }
}
