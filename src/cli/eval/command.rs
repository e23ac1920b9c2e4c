//! Runs `tsukami eval`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::arguments::Arguments;
use super::measurement::{LabelledFolder, measure};
use super::protocol;
use super::report::{self, EvaluationReport};
use super::results::measure_results;
use super::variants::{Variant, Variants};
use crate::cli::ground_truth::ground_truth_of;
use crate::cli::report_output;
use crate::formats::class_map;
use crate::formats::coco::Instances;
use crate::localize::{ClassSource, Quality};
use crate::propose::NetworksRef;

/// Runs the command and returns the exit code.
///
/// # Errors
/// If a file cannot be read or written, or the model cannot be used.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let folder = &arguments.folder;
    let (json, plot) = (arguments.json.as_deref(), arguments.plot.as_deref());
    if let Some(protocol) = arguments.protocol.protocol {
        let request = protocol::ProtocolRequest {
            folder,
            model: &arguments.model,
            sweep: arguments.sweep,
            json,
            plot,
        };
        return protocol::run(protocol, &arguments.protocol, &request);
    }
    let truth_path = arguments
        .truth
        .clone()
        .unwrap_or_else(|| folder.join("truth.json"));
    let instances = Instances::read(&truth_path)?;
    let inputs: Vec<PathBuf> = [truth_path]
        .into_iter()
        .chain(arguments.results.clone())
        .collect();
    report_output::check_outputs(json, plot, &inputs)?;
    if let Some(results) = &arguments.results {
        let report = measure_results(&instances, results, arguments.class_agnostic)?;
        return write_report(&report.table(false), &report, json, &report);
    }
    let truths = ground_truth_of(&instances, folder)?;
    let map = arguments.map.as_deref();
    let naming = map.map(class_map::read).transpose()?.unwrap_or_default();
    let networks = arguments.model.open()?;
    let model = &networks.model;
    let fitter = arguments.fit.open(&arguments.model.backbone, model)?;
    let set = LabelledFolder {
        truths: &truths,
        fitter: fitter.as_ref(),
    };
    let has_companion = arguments.model.quality > Quality::Fast;
    let all = Variants {
        instances: &instances,
        model,
        has_detector: networks.detector.is_some(),
        // The classes of a data set are not ImageNet's by chance.
        judges_companion_names: map.is_some(),
        naming: &naming,
    };
    let head = model.head().map(|_| ClassSource::Head);
    let companion = has_companion.then_some(ClassSource::Companion);
    if arguments.compare {
        let variants = all.all([head, companion].into_iter().flatten());
        compare(arguments, set, networks.as_ref(), &variants)
    } else {
        let variant = all.one(arguments.model.method, head, companion);
        measure_one(arguments, set, networks.as_ref(), variant)
    }
}

/// Measures the boxes that `tsukami propose` would propose with the same options.
fn measure_one(
    arguments: &Arguments,
    set: LabelledFolder<'_>,
    networks: NetworksRef<'_>,
    variant: Variant<'_>,
) -> anyhow::Result<u8> {
    let reports = measure(arguments, set, networks, &[variant])?;
    let report = &reports[0];
    let json = arguments.json.as_deref();
    let code = write_report(&report.table(arguments.sweep), report, json, report)?;
    if let Some(path) = &arguments.plot {
        let curve = report.curve()?;
        let title = format!(
            "The largest box of {}, {} pictures",
            arguments.model.method, report.pictures
        );
        report_output::plot_shares(path, &title, &report_output::curves(curve))?;
    }
    Ok(code)
}

/// Measures the variants side by side.
fn compare(
    arguments: &Arguments,
    set: LabelledFolder<'_>,
    networks: NetworksRef<'_>,
    variants: &[Variant<'_>],
) -> anyhow::Result<u8> {
    let reports = measure(arguments, set, networks, variants)?;
    let names: Vec<String> = variants.iter().map(Variant::name).collect();
    let named: BTreeMap<&str, &EvaluationReport> =
        names.iter().map(String::as_str).zip(&reports).collect();
    let table = report::comparison(&names, &reports);
    let code = write_report(&table, &named, arguments.json.as_deref(), &reports[0])?;
    if let Some(path) = &arguments.plot {
        let title = format!("The largest box, {} pictures", reports[0].pictures);
        let mut series = Vec::new();
        for (name, report) in names.iter().zip(&reports) {
            let curve = report.curve()?;
            series.push(report_output::curve(name, curve, |point| point.loc50));
        }
        report_output::plot_shares(path, &title, &series)?;
    }
    Ok(code)
}

/// Prints the table and writes the metrics. Returns the exit code.
fn write_report(
    table: &str,
    metrics: &impl Serialize,
    json: Option<&Path>,
    report: &EvaluationReport,
) -> anyhow::Result<u8> {
    report_output::write_report(table, metrics, json, report.pictures, &report.failed)
}
