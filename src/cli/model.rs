//! `tsukami model`: a description of a model file, or of the networks that the program comes with.

use std::path::PathBuf;

use clap::Args;

use super::console::print;
use super::options::ShippedModels;
use crate::files::folder_of;
use crate::nn::device::DeviceChoice;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::tscam::Model;
use crate::tscam::backbone::Backbone;

/// The arguments of `tsukami model`.
#[derive(Args)]
pub struct Arguments {
    /// A .safetensors or .pth file [default: the backbone that the program comes with]
    file: Option<PathBuf>,
    #[command(flatten)]
    shipped: ShippedModels,
}

/// Runs the command and returns the exit code.
///
/// # Errors
/// If the model cannot be loaded or standard output cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let cpu = DeviceChoice::Cpu.open()?.device;
    let models = arguments.shipped.source();
    let model = match &arguments.file {
        Some(path) => Model::open(path, &models, &cpu)?,
        None => Model::shipped(&models, &cpu)?,
    };
    let (backbone, input) = describe_backbone(model.backbone());
    let mut lines = vec![
        ("model", model.name.clone()),
        ("sha256", model.fingerprint.clone()),
        ("backbone", backbone),
        ("input", input),
        (
            "head",
            model.head().map_or(
                "none; boxes can get class names from ImageNet".to_owned(),
                |head| {
                    let classes = &head.classes;
                    let first: Vec<&str> = classes.iter().take(5).map(String::as_str).collect();
                    let more = if classes.len() > 5 { ", ..." } else { "" };
                    format!(
                        "{0} x {0} convolution, {1} classes: {2}{more}",
                        head.kernel_side(),
                        classes.len(),
                        first.join(", ")
                    )
                },
            ),
        ),
    ];
    if !model.ignored.is_empty() {
        lines.push(("ignored", model.ignored.join(", ")));
    }
    for (key, value) in &model.metadata {
        lines.push((key, value.clone()));
    }
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let mut text: String = lines
        .iter()
        .map(|(key, value)| format!("{key:width$}  {value}\n"))
        .collect();
    if arguments.file.is_none() {
        text.push('\n');
        text.push_str(&shipped_networks(&models));
    }
    print(&text)?;
    Ok(0)
}

/// A table of the networks that the program comes with: what each was trained with, its licence, where
/// it is and the SHA-256 of its file.
fn shipped_networks(models: &ModelSource) -> String {
    let head = [
        "part",
        "file",
        "trained with",
        "data",
        "licence",
        "found in",
        "sha256",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(ShippedNetwork::ALL.map(|network| {
        let place = match network.path(models) {
            None => "the program".to_owned(),
            Some(path) if path.exists() => folder_of(&path).display().to_string(),
            Some(_) => "not found".to_owned(),
        };
        [
            network.role().to_owned(),
            network.file_name(),
            network.supervision().to_string(),
            network.training_data().to_owned(),
            network.licence().to_owned(),
            place,
            network.sha256().to_owned(),
        ]
    }));
    let widths: [usize; 7] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        line.join("  ").trim_end().to_owned() + "\n"
    });
    lines.collect()
}

/// The parts of a backbone and the input that it takes.
fn describe_backbone(backbone: &Backbone) -> (String, String) {
    let block = backbone.block_config();
    let (kind, details, grid, trained) = match backbone {
        Backbone::Vit(vit) => {
            let scale = if block.layer_scale {
                ", layer scale"
            } else {
                ""
            };
            let trained = vit.config().trained_grid;
            ("ViT", scale.to_owned(), "positions for", trained)
        }
        Backbone::Conformer(conformer) => {
            let [first, second, third] = conformer.config().stage_channels();
            let maps = format!(", maps of {first}, {second} and {third} channels");
            let trained = conformer.config().trained_grid();
            ("Conformer", maps, "any grid; published for", trained)
        }
    };
    let parts = format!(
        "{kind}, {} blocks, tokens {} wide, {} heads, MLP {} wide{details}",
        backbone.depth(),
        block.embed_dim,
        block.heads,
        block.mlp_dim,
    );
    let (patch, side) = (backbone.patch_size(), trained.rows);
    let input = format!(
        "patches of {patch} x {patch} pixels, {grid} {side} x {side} patches ({0} x {0} pixels)",
        side * patch
    );
    (parts, input)
}
