//! Each network by itself on one device, and the rate of plain matrix products there.

use std::time::Duration;

use anyhow::anyhow;
use image::RgbImage;

use super::report::Timing;
use super::timing::median_s;
use crate::detect::Detector;
use crate::localize::Quality;
use crate::nn::probe::ProductProbe;
use crate::nn::shipped::ModelSource;
use crate::pictures::resize;
use crate::segment::{Segmenter, frame::INPUT_SIDE_PX};
use crate::tscam::block_config::BlockConfig;
use crate::tscam::{InputOptions, Model};

/// The side of the grid of patches that the backbone is measured with.
const GRID: usize = 16;

/// The rate of products of large f32 matrices on the device of a model, in billions of operations a second.
///
/// # Errors
/// If the device fails.
pub fn product_rate(model: &Model, time: Duration) -> anyhow::Result<f64> {
    let probe = ProductProbe::new(model.backbone().device())?;
    let seconds = median_s(time, || probe.run())?;
    Ok(ProductProbe::OPERATIONS / seconds / 1e9)
}

/// The backbone, the companion, the detector and, if its file is there, the segmenter, each for one picture,
/// from resized pixels to numbers on the CPU.
///
/// # Errors
/// If the device fails, or the file of a network is missing that the program needs.
pub fn measure(model: &Model, models: &ModelSource, time: Duration) -> anyhow::Result<Vec<Timing>> {
    let backbone = model.backbone();
    let device = backbone.device();
    let side = (GRID * backbone.patch_size()) as u32;
    let picture = RgbImage::from_fn(side, side, |x, y| image::Rgb([x as u8, y as u8, 128]));
    let input = model.input(
        &picture,
        InputOptions {
            patches: Some(GRID * GRID),
            square: true,
            quality: Quality::Fast,
            ..InputOptions::default()
        },
    );
    let seconds = median_s(time, || model.infer(&input).map(drop))?;
    let operations = backbone.depth() as f64 * block_operations(backbone.block_config());
    let mut timings = vec![Timing {
        name: "backbone",
        input: format!("{GRID} x {GRID} patches"),
        ms: 1e3 * seconds,
        gflop_per_s: Some(operations / seconds / 1e9),
    }];
    let mut add = |name, side: u32, seconds: f64| {
        timings.push(Timing {
            name,
            input: format!("{side} x {side} pixels"),
            ms: 1e3 * seconds,
            gflop_per_s: None,
        });
    };
    let companion = model
        .companion()
        .ok_or_else(|| anyhow!("there is no companion"))?;
    let side = companion.input_side_px as u32;
    let square = resize(&picture, side, side);
    let seconds = median_s(time, || {
        let output = companion.class_maps(&companion.normalise(&square)?)?;
        output.logits.flatten_all()?.to_vec1::<f32>().map(drop)
    })?;
    add("companion", side, seconds);
    let detector = Detector::shipped(models, device)?;
    let side = detector.input_side_px();
    let input = detector.input(&picture);
    let seconds = median_s(time, || detector.detect(&input, 0.5).map(drop))?;
    add("detector", side, seconds);
    // Its weights are a file that a copy of the program may lack.
    if let Ok(segmenter) = Segmenter::shipped(models, device) {
        let seconds = median_s(time, || segmenter.embed(&picture).map(drop))?;
        add("segmenter", INPUT_SIDE_PX as u32, seconds);
    }
    Ok(timings)
}

/// The operations of a transformer block for one picture: its products and those of the attention.
fn block_operations(block: &BlockConfig) -> f64 {
    let (tokens, d) = ((GRID * GRID + 1) as f64, block.embed_dim as f64);
    let weights = 4.0 * d * d + 2.0 * d * block.mlp_dim as f64;
    2.0 * tokens * weights + 4.0 * tokens * tokens * d
}
