//! Comparison of `segment` with what ONNX Runtime computes from the same weights.
//!
//! `tests/reference/README.md` describes the origin of the numbers.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use candle_core::{Device, IndexOp as _, Tensor};
use image::RgbImage;
use image::imageops::{FilterType, crop_imm, resize};
use tsukami::geometry::BBox;
use tsukami::segment::frame::normalise;
use tsukami::segment::prompt_encoder::Role;
use tsukami::segment::{Prompt, PromptPoint, Segmenter};

/// The largest difference that is accepted, relative to the largest magnitude expected.
const TOLERANCE: f32 = 1e-3;

static SEGMENTER: LazyLock<Segmenter> = LazyLock::new(|| {
    let path = repository("models/mobile_sam.safetensors");
    Segmenter::open(&path, &Device::Cpu).unwrap()
});

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn outputs() -> HashMap<String, Tensor> {
    let path = repository("tests/reference/mobile_sam_outputs.safetensors");
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

/// The upper part of `input.png`, each pixel four times.
fn picture() -> RgbImage {
    let picture = image::open(repository("tests/reference/input.png")).unwrap();
    let upper = crop_imm(&picture.to_rgb8(), 0, 0, 224, 168).to_image();
    resize(&upper, 896, 672, FilterType::Nearest)
}

#[track_caller]
fn assert_close(what: &str, found: &Tensor, expected: &Tensor) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    let largest = |tensor: &Tensor| -> f32 {
        let largest = tensor.abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        largest.to_scalar().unwrap()
    };
    let error = largest(&(found - expected).unwrap()) / largest(expected);
    println!("{what}: relative error {error:.1e}");
    assert!(error <= TOLERANCE, "{what}: {error:e}");
}

/// Every `step`-th entry of a dimension from `first` on.
fn strided(tensor: &Tensor, dim: usize, first: usize, step: usize) -> Tensor {
    let indices: Vec<u32> = (first..tensor.dim(dim).unwrap())
        .step_by(step)
        .map(|index| index as u32)
        .collect();
    let indices = Tensor::new(indices, &Device::Cpu).unwrap();
    tensor.index_select(&indices, dim).unwrap()
}

#[test]
fn encoder_and_decoder_agree_with_onnx_runtime() {
    let expected = outputs();
    let pixels = normalise(&picture(), &Device::Cpu).unwrap();
    let embedding = SEGMENTER.encode(&pixels).unwrap();
    let map = embedding.i(0).unwrap().permute((2, 0, 1)).unwrap();
    let map = map.contiguous().unwrap(); // [256, 64, 64]
    assert_close(
        "some positions of the embedding",
        &strided(&strided(&map, 1, 3, 8), 2, 3, 8),
        &expected["embedding.positions"],
    );
    assert_close(
        "some channels of the embedding",
        &map.narrow(0, 0, 4).unwrap(),
        &expected["embedding.channels"],
    );

    let (inside, outside) = ((430.0, 420.0, Role::Inside), (700.0, 600.0, Role::Outside));
    let corners = [
        (180.0, 60.0, Role::TopLeft),
        (790.0, 660.0, Role::BottomRight),
    ];
    let embedding = embedding.flatten_to(2).unwrap();
    for (name, prompt) in [
        ("point", vec![inside]),
        ("points", vec![inside, outside]),
        ("box", corners.to_vec()),
        ("both", vec![inside, corners[0], corners[1]]),
    ] {
        let output = SEGMENTER.decode(&embedding, &prompt).unwrap();
        assert_close(name, &output.iou, &expected[&format!("{name}.iou")]);
        assert_close(
            name,
            &strided(&strided(&output.masks, 1, 2, 6), 2, 2, 6),
            &expected[&format!("{name}.logits")],
        );
    }
}

#[test]
fn boxes_are_those_of_the_enlarged_masks() {
    let expected = outputs();
    // The picture at half the size, which the network's input doubles again.
    let picture = resize(&picture(), 512, 384, FilterType::Triangle);
    let scale = 512.0 / 896.0;
    let embedding = SEGMENTER.embed(&picture).unwrap();
    assert_eq!(embedding.frame.resized, (1024, 768));
    let bbox = BBox::from_corners(180.0 * scale, 60.0 * scale, 790.0 * scale, 660.0 * scale);
    let point = PromptPoint {
        x: 430.0 * scale,
        y: 420.0 * scale,
        is_inside: true,
    };
    let prompt = Prompt {
        points: vec![point],
        bbox: Some(bbox),
    };
    let masks = SEGMENTER.masks(&embedding, &prompt).unwrap();
    let best = masks
        .iter()
        .max_by(|a, b| a.predicted_iou.total_cmp(&b.predicted_iou))
        .unwrap();
    let boxes: Vec<Vec<f32>> = expected["both.boxes"].to_vec2().unwrap();
    let edges = &boxes[best.head];
    let expected = BBox::from_corners(
        edges[0] * scale,
        edges[1] * scale,
        edges[2] * scale,
        edges[3] * scale,
    );
    println!("{:?}, expected {expected:?}", best.bbox);
    assert!(best.bbox.iou(&expected) > 0.9);
    assert!(
        SEGMENTER
            .masks(&embedding, &Prompt::default())
            .unwrap()
            .is_empty()
    );
}
