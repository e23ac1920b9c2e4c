//! The saliency networks, compared with what onnxruntime computes from the same weights.
//!
//! `tests/reference/README.md` describes the origin of the numbers.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use tsukami::geometry::Grid;
use tsukami::nn::shipped::ModelSource;
use tsukami::nn::weights::Weights;
use tsukami::saliency::{FocusDecoder, U2Net};
use tsukami::tscam::Model;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn weights(name: &str) -> Weights {
    Weights::open(&path("models").join(name)).unwrap()
}

fn outputs(name: &str) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(path("tests/reference").join(name), &Device::Cpu).unwrap()
}

fn input() -> image::RgbImage {
    let file = path("tests/reference/input.png");
    image::open(file).unwrap().to_rgb8()
}

/// Checks that the largest difference is at most a thousandth of the largest value.
#[track_caller]
fn assert_close(what: &str, found: &Tensor, expected: &Tensor) {
    assert_eq!(found.dims(), expected.dims());
    let largest = |tensor: &Tensor| -> f32 {
        let largest = tensor.abs().unwrap().max_all().unwrap();
        largest.to_scalar().unwrap()
    };
    let error = largest(&(found - expected).unwrap()) / largest(expected);
    println!("{what}: relative error {error:.1e}");
    assert!(error <= 1e-3, "{what}: {error:e}");
}

#[test]
fn the_decoder_agrees_on_an_oblong_grid() {
    let decoder = FocusDecoder::new(weights("focus-decoder.safetensors"), &Device::Cpu).unwrap();
    let expected = outputs("focus_decoder_outputs.safetensors");
    let tokens = expected["oblong_tokens"].to_dtype(DType::F32).unwrap();
    let grid = Grid {
        rows: 8,
        columns: 12,
    };
    let found = decoder.logits(&tokens, grid).unwrap().squeeze(0).unwrap();
    assert_close("decoder, oblong", &found, &expected["oblong_logits"]);

    let map = decoder.map(&tokens, grid).unwrap();
    assert_eq!((map.width, map.height), (96, 64));
    let sigmoid = candle_nn::ops::sigmoid(&expected["oblong_logits"]).unwrap();
    let values = Tensor::new(map.values, &Device::Cpu).unwrap();
    let values = values.reshape((64, 96)).unwrap();
    assert_close("decoder, map", &values, &sigmoid);
}

#[test]
fn backbone_and_decoder_agree_on_a_picture() {
    let device = Device::Cpu;
    let model = Model::shipped(&ModelSource::Program, &device).unwrap();
    let channels = tsukami::nn::pixels::ChannelStats::from_metadata(&HashMap::new()).unwrap();
    let pixels = channels.normalise(&[input()], &device).unwrap();
    let tokens = model.features(&pixels, &[]).unwrap().patch_tokens;
    let decoder = FocusDecoder::new(weights("focus-decoder.safetensors"), &device).unwrap();
    let grid = Grid {
        rows: 16,
        columns: 16,
    };
    let found = decoder.logits(&tokens, grid).unwrap().squeeze(0).unwrap();
    let expected = outputs("focus_decoder_outputs.safetensors");
    assert_close("backbone and decoder", &found, &expected["input_logits"]);
}

#[test]
fn u2net_agrees_on_an_oblong_picture() {
    let network = U2Net::new(weights("u2netp.safetensors"), &Device::Cpu).unwrap();
    let picture = image::imageops::crop_imm(&input(), 64, 64, 96, 64).to_image();
    let map = network.map(&picture, picture.dimensions()).unwrap();
    assert_eq!((map.width, map.height), (96, 64));
    let found = Tensor::from_vec(map.values, (64, 96), &Device::Cpu).unwrap();
    let expected = outputs("u2netp_outputs.safetensors");
    assert_close("U2-Netp", &found, &expected["oblong"]);
}

#[test]
fn sides_of_the_input_are_rounded_up() {
    let network = U2Net::new(weights("u2netp.safetensors"), &Device::Cpu).unwrap();
    let map = network.map(&image::RgbImage::new(9, 7), (33, 0)).unwrap();
    assert_eq!((map.width, map.height), (64, 32));
}

#[test]
fn other_weights_are_refused_with_the_name_of_a_tensor() {
    let error = FocusDecoder::new(weights("u2netp.safetensors"), &Device::Cpu).err();
    assert!(error.unwrap().to_string().contains("upconv1.weight"));
    let error = U2Net::new(weights("focus-decoder.safetensors"), &Device::Cpu).err();
    assert!(error.unwrap().to_string().contains("stage1.rebnconvin"));
}
