//! What every way of measuring a model shares: the pass over the pictures, and how the outcome is
//! told.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::bail;
use serde::Serialize;

use super::plot::{self, Series};
use super::progress::Progress;
use super::{CANNOT_START, FAILED, print};
use crate::evaluate::LocalizationPoint;
use crate::files::{check_target, same_file, write_whole};
use crate::propose::{self, Inference};
use crate::tscam::{InputOptions, Model};

/// A picture whose truth is known.
pub struct EvaluatedPicture<'a> {
    /// Its file.
    pub path: &'a Path,
    /// Width and height in pixels as the truth has them, if it does.
    pub size: Option<(u32, u32)>,
}

/// What became of the pictures of a pass.
pub struct EvaluationPass<T> {
    /// What was measured of those that could be read, in their order.
    pub measured: Vec<T>,
    /// Why the others could not be, one sentence each.
    pub failed: Vec<String>,
}

/// Shows every picture to the model and measures what it saw; `measure` gets the picture's index.
pub fn measure_all<T>(
    model: &Model,
    subjects: &[EvaluatedPicture<'_>],
    input_options: InputOptions,
    decoders: usize,
    mut measure: impl FnMut(usize, &Inference) -> T,
) -> EvaluationPass<T> {
    let paths: Vec<PathBuf> = subjects
        .iter()
        .map(|subject| subject.path.to_owned())
        .collect();
    let mut failed = Vec::new();
    // By index, since sums depend on their order in the last digit.
    let mut measured = BTreeMap::new();
    let mut progress = Progress::new(paths.len(), 0);
    let never = AtomicBool::new(false);
    propose::infer_all(
        model,
        &propose::path_queue(&paths),
        input_options,
        false,
        decoders,
        &never,
        |index, seen| {
            progress.advance();
            match seen {
                Ok(seen) => {
                    for text in seen
                        .warnings
                        .iter()
                        .cloned()
                        .chain(subjects[index].doubt(seen.size))
                    {
                        progress.say(&format!("warning: {text}"));
                    }
                    measured.insert(index, measure(index, &seen));
                }
                Err(reason) => failed.push(reason),
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
    /// What to tell of a picture that has another size than its truth says.
    fn doubt(&self, (width, height): (u32, u32)) -> Option<String> {
        let (truth_width, truth_height) = self.size.filter(|size| *size != (width, height))?;
        Some(format!(
            "{} is {width} x {height} pixels, but {truth_width} x {truth_height} in the truth, \
             whose boxes may not fit it",
            self.path.display()
        ))
    }
}

/// Checks, before anything is measured, that the files which were asked for can be written and
/// are none of `inputs`.
pub fn check_outputs(
    json: Option<&Path>,
    plot: Option<&Path>,
    inputs: &[PathBuf],
) -> anyhow::Result<()> {
    if let Some(json) = json {
        check_target(json)?;
        if inputs.iter().any(|input| same_file(json, input)) {
            bail!(
                "{} would be written over: give another file to --json",
                json.display()
            );
        }
    }
    plot.map_or(Ok(()), plot::check)
}

/// Prints the table, writes the report as JSON if asked to and lists the failures; the exit code.
pub fn tell(
    table: &str,
    report: &impl Serialize,
    json: Option<&Path>,
    measured: usize,
    failed: &[String],
) -> anyhow::Result<u8> {
    print(table)?;
    if let Some(path) = json {
        let json = serde_json::to_vec_pretty(report)?;
        write_whole(path, |writer| writer.write_all(&json))?;
    }
    for reason in failed {
        say!("failed: {reason}");
    }
    Ok(match (failed.len(), measured) {
        (0, _) => 0,
        (_, 0) => CANNOT_START,
        _ => FAILED,
    })
}

/// A line of a plot: a share of pictures over the threshold, in percent.
pub fn curve(
    name: &str,
    curve: &[LocalizationPoint],
    share: fn(&LocalizationPoint) -> f64,
) -> Series {
    Series {
        name: name.to_owned(),
        points: curve
            .iter()
            .map(|point| (f64::from(point.threshold), 100.0 * share(point)))
            .collect(),
    }
}

/// The lines of one method: how often its largest box reaches IoU 0.5 and 0.7.
pub fn curves(points: &[LocalizationPoint]) -> [Series; 2] {
    [
        curve("IoU 0.5", points, |point| point.loc50),
        curve("IoU 0.7", points, |point| point.loc70),
    ]
}

/// Draws shares of pictures over the threshold, as Choe et al. 2020 do.
pub fn plot(path: &Path, title: &str, series: &[Series]) -> anyhow::Result<()> {
    plot::draw(path, title, "threshold", "BoxAcc (%)", series)
}
