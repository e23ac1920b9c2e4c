//! The reference files, and how tests compare numbers with them.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use image::RgbImage;

use crate::learn::full_training::network::Network;
use crate::learn::full_training::optimiser::NamedTensors;
use crate::nn::pixels::ChannelStats;
use crate::nn::weights::Weights;
use crate::tscam::vit::VitConfig;

pub const CPU: Device = Device::Cpu;
/// The side of the reference pictures, in pixels.
pub const SIDE: usize = 64;

pub fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

pub fn expected() -> NamedTensors {
    let file = reference("training_reference.safetensors");
    candle_core::safetensors::load(file, &CPU)
        .unwrap()
        .into_iter()
        .collect()
}

pub fn numbers(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor.to_dtype(DType::F64).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The reference pictures.
pub fn pictures(expected: &NamedTensors) -> Vec<RgbImage> {
    let pixels: Vec<u8> = expected["pictures"]
        .flatten_all()
        .unwrap()
        .to_vec1()
        .unwrap();
    let picture =
        |pixels: &[u8]| RgbImage::from_raw(SIDE as u32, SIDE as u32, pixels.to_vec()).unwrap();
    pixels.chunks_exact(SIDE * SIDE * 3).map(picture).collect()
}

/// Pictures as the input of the network.
pub fn pixels(pictures: &[RgbImage]) -> Tensor {
    let channels = ChannelStats::from_metadata(&Default::default()).unwrap();
    channels.normalise(pictures, &CPU).unwrap()
}

/// The targets `[N, 5]` of the reference pictures with these indices.
pub fn truth(indices: std::ops::Range<usize>) -> Tensor {
    let rows: Vec<f32> = indices
        .flat_map(|index| (0..5).map(move |class| f32::from(u8::from(class == index % 5))))
        .collect();
    Tensor::from_vec(rows, ((), 5), &CPU).unwrap()
}

/// The weights of the reference model, head included.
pub fn weights() -> NamedTensors {
    Weights::open(&reference("tscam_reference.pth"))
        .unwrap()
        .tensors
}

pub fn network(weights: &NamedTensors) -> Network {
    let mut backbone = weights.clone();
    backbone.retain(|name, _| !name.starts_with("head."));
    let config = VitConfig::from_tensors(&backbone).unwrap();
    Network::new(config, weights, &CPU).unwrap()
}

/// The largest difference relative to the largest expected magnitude.
pub fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0f64, |max, x| max.max(x.abs()));
    let pairs = found.iter().zip(expected);
    pairs.fold(0f64, |max, (a, b)| max.max((a - b).abs())) / largest
}
