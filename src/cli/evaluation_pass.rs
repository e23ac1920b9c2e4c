//! One pass of a model over pictures with ground truth, which every measurement shares.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::progress::Progress;
use crate::propose::{self, Inference, NetworksRef};
use crate::tscam::InputOptions;

/// A picture with ground truth.
pub struct EvaluatedPicture<'a> {
    /// Its file.
    pub path: &'a Path,
    /// Width and height in pixels according to the ground truth, if it contains them.
    pub size: Option<(u32, u32)>,
}

/// The result of a pass over pictures.
pub struct EvaluationPass<T> {
    /// The measurements of the readable pictures, in their order.
    pub measured: Vec<T>,
    /// One sentence for each picture that could not be read.
    pub failed: Vec<String>,
}

/// Runs the networks on every picture and measures its output. `measure` gets the picture's index.
pub fn measure_all<T>(
    networks: NetworksRef<'_>,
    pictures: &[EvaluatedPicture<'_>],
    input_options: InputOptions,
    in_flight: usize,
    mut measure: impl FnMut(usize, &Inference) -> T,
) -> EvaluationPass<T> {
    let paths: Vec<PathBuf> = pictures
        .iter()
        .map(|picture| picture.path.to_owned())
        .collect();
    let mut failed = Vec::new();
    // By index, because the last digit of a sum depends on the order.
    let mut measured = BTreeMap::new();
    let mut progress = Progress::new(paths.len(), 0);
    let never = AtomicBool::new(false);
    propose::infer_all(
        networks,
        &propose::path_queue(&paths),
        input_options,
        false,
        in_flight,
        &never,
        |index, inference| {
            progress.advance();
            match inference {
                Ok(inference) => {
                    for text in inference
                        .warnings
                        .iter()
                        .cloned()
                        .chain(pictures[index].size_warning(inference.size))
                    {
                        progress.println(&format!("warning: {text}"));
                    }
                    measured.insert(index, measure(index, &inference));
                }
                Err(error) => failed.push(error.to_string()),
            }
            ControlFlow::Continue(())
        },
    );
    progress.finish();
    failed.sort();
    EvaluationPass {
        measured: measured.into_values().collect(),
        failed,
    }
}

impl EvaluatedPicture<'_> {
    /// A warning if the size of the picture differs from that in the ground truth.
    fn size_warning(&self, (width, height): (u32, u32)) -> Option<String> {
        let (truth_width, truth_height) = self.size?;
        // Programs round sizes differently.
        if truth_width.abs_diff(width) <= 1 && truth_height.abs_diff(height) <= 1 {
            return None;
        }
        Some(format!(
            "{} is {width} x {height} pixels, but {truth_width} x {truth_height} in the ground \
             truth, whose boxes may not fit it",
            self.path.display()
        ))
    }
}
