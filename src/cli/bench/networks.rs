//! Each network by itself on one device, and the rate of plain matrix products there.

use std::time::Duration;

use anyhow::anyhow;
use candle_core::{DType, Device, Tensor};
use image::RgbImage;

use super::report::Timing;
use super::timing::median_s;
use crate::detect::Detector;
use crate::nn::linear::Linear;
use crate::nn::shipped::ModelSource;
use crate::segment::{Segmenter, frame::INPUT_SIDE_PX};
use crate::tscam::Model;
use crate::tscam::block_config::BlockConfig;

/// The sides of the grid of patches that the backbone is measured with.
const GRID: usize = 16;
/// The sizes of the product whose rate is measured: rows, inputs and outputs. They are those of a layer.
const PRODUCT: (usize, usize, usize) = (1536, 1536, 1536);

/// The rate of products of f32 matrices, in billions of operations a second.
///
/// # Errors
/// If the device fails.
pub fn product_rate(device: &Device, time: Duration) -> anyhow::Result<f64> {
    let (rows, inputs, outputs) = PRODUCT;
    let random = |shape| Tensor::randn(0f32, 1.0, shape, device);
    let bias = Tensor::zeros(outputs, DType::F32, device)?;
    let linear = Linear::from_matrix(&random((inputs, outputs))?, bias)?;
    let xs = random((rows, inputs))?;
    let seconds = median_s(time, || {
        linear.product(&xs)?;
        device.synchronize()
    })?;
    Ok(2.0 * (rows * inputs * outputs) as f64 / seconds / 1e9)
}

/// The backbone, the companion, the detector and, if its file is there, the segmenter, each for one picture.
///
/// # Errors
/// If the device fails, or the file of a network is missing that the program needs.
pub fn measure(
    model: &Model,
    models: &ModelSource,
    device: &Device,
    time: Duration,
) -> anyhow::Result<Vec<Timing>> {
    let picture = RgbImage::from_fn(640, 480, |x, y| image::Rgb([x as u8, y as u8, 128]));
    let backbone = model.backbone();
    let side = GRID * backbone.patch_size();
    let pixels = Tensor::zeros((1, 3, side, side), DType::F32, device)?;
    let seconds = median_s(time, || {
        let features = model.features(&pixels, &[])?;
        features.class_token.to_device(&Device::Cpu).map(drop)
    })?;
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
    let square = crate::pictures::resize(&picture, side, side);
    let pixels = companion.normalise(&square)?;
    let seconds = median_s(time, || {
        let maps = companion.class_maps(&pixels)?;
        maps.logits.to_device(&Device::Cpu).map(drop)
    })?;
    add("companion", side, seconds);
    let detector = Detector::shipped(models, device)?;
    let seconds = median_s(time, || detector.detect(&picture, 0.5).map(drop))?;
    add("detector", detector.input_side_px(), seconds);
    // Its file is too large for some builds.
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
