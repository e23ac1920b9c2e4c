//! Where the results of a measurement go: a table, a JSON file, a plot.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;

use super::console::print;
use super::exit_code::{CANNOT_START, FAILED};
use super::plot::{self, Series};
use crate::evaluate::LocalizationPoint;
use crate::files::{check_target, same_file, write_whole};

/// Checks, before anything is measured, that the requested files can be written and that none of
/// them is one of `inputs`.
///
/// # Errors
/// One sentence that names the file.
pub fn check_outputs(
    json: Option<&Path>,
    plot: Option<&Path>,
    inputs: &[PathBuf],
) -> anyhow::Result<()> {
    if let Some(json) = json {
        check_target(json)?;
        if inputs.iter().any(|input| same_file(json, input)) {
            bail!(
                "{} would be overwritten: choose a different file for --json",
                json.display()
            );
        }
    }
    plot.map_or(Ok(()), plot::check)
}

/// Prints the table, writes the report as JSON if requested and lists the failures. Returns the exit
/// code.
///
/// # Errors
/// If the table cannot be printed or the file cannot be written.
pub fn write_report(
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
        status!("failed: {reason}");
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

/// Plots shares of pictures over the threshold, as Choe et al. 2020 do.
///
/// # Errors
/// As for [`plot::draw`].
pub fn plot_shares(path: &Path, title: &str, series: &[Series]) -> anyhow::Result<()> {
    plot::draw(path, title, "threshold", "BoxAcc (%)", series)
}
