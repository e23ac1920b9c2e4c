//! What a run is to do.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::naming::Naming;
use crate::propose::PipelineSettings;

/// What a run is to do.
#[derive(Clone, Debug)]
pub struct BulkJob {
    /// Folders, pictures and text lists.
    pub paths: Vec<PathBuf>,
    /// The COCO instances file to write.
    pub out: PathBuf,
    /// The plain results list to write, if any.
    pub results: Option<PathBuf>,
    /// The folder for heat maps, if any.
    pub heatmaps: Option<PathBuf>,
    /// Whether to continue what an earlier run has begun.
    pub resume: bool,
    /// Which part of the pictures to process; all by default.
    pub shard: Option<Shard>,
    /// Whether the folder of a picture is its class.
    pub folder_tags: bool,
    /// The number of pictures at a time, as for [`infer_all`](crate::propose::infer_all).
    pub in_flight: usize,
    /// How to propose boxes.
    pub settings: PipelineSettings,
    /// Names for the model's classes.
    pub naming: Naming,
}

/// One of several parts of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    pub index: usize,
    /// Number of parts.
    pub count: usize,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(format!(
                "{text:?} is not a shard; write I/N with I from 1 to N"
            )),
        }
    }
}
