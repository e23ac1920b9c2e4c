//! Comparison of the detector with numbers that TensorFlow.js computed from the same weights.
//!
//! `tests/reference/README.md` describes their origin.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use image::{RgbImage, imageops};
use tsukami::detect::{Detector, suppress};

/// The largest difference allowed, relative to the largest magnitude expected.
const TOLERANCE: f32 = 1e-3;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn detector() -> Detector {
    Detector::open(&file("models/nanodet-g.safetensors"), &Device::Cpu).unwrap()
}

fn expected() -> HashMap<String, Tensor> {
    let path = file("tests/reference/nanodet_outputs.safetensors");
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

/// The reference picture in the upper left corner of a black square, which is not resized.
fn picture() -> RgbImage {
    let input = image::open(file("tests/reference/input.png")).unwrap();
    let mut square = RgbImage::new(416, 416);
    imageops::replace(&mut square, &input.to_rgb8(), 0, 0);
    square
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[track_caller]
fn assert_close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0f32, |max, x| max.max(x.abs()));
    let pairs = found.iter().zip(expected);
    let error = pairs.fold(0f32, |max, (a, b)| max.max((a - b).abs())) / largest;
    println!("{what}: relative error {error:.1e}");
    assert!(error <= TOLERANCE, "{what}: {error:e}");
}

#[test]
fn the_network_gives_the_same_scores_and_distances() {
    let detector = detector();
    let expected = expected();
    let pixels = detector.normalise(&picture()).unwrap();
    for level in detector.outputs(&pixels).unwrap() {
        let stride = level.stride;
        for (name, found) in [("scores", &level.scores), ("bins", &level.bins)] {
            let name = format!("{name}.{stride}");
            let expected = &expected[&name];
            // The reference holds every n-th position.
            let step = found.dim(0).unwrap().div_ceil(expected.dim(0).unwrap());
            let rows: Vec<Vec<f32>> = found.to_vec2().unwrap();
            let found: Vec<f32> = rows.into_iter().step_by(step).flatten().collect();
            assert_close(&name, &found, &numbers(expected));
        }
    }
}

#[test]
fn the_best_boxes_are_the_same() {
    let expected = expected();
    let detector = detector();
    let found = detector.detect(&detector.input(&picture()), 0.3).unwrap();
    let boxes: Vec<Vec<f32>> = expected["best.boxes"].to_vec2().unwrap();
    let scores = numbers(&expected["best.scores"]);
    for (candidate, (bbox, score)) in found.iter().zip(boxes.iter().zip(&scores)) {
        let clipped: Vec<f32> = bbox.iter().map(|edge| edge.clamp(0.0, 416.0)).collect();
        let bbox = candidate.bbox;
        assert_close("box", &[bbox.x0, bbox.y0, bbox.x1, bbox.y1], &clipped);
        assert_close("score", &[candidate.score], &[*score]);
    }
}

#[test]
fn a_cat_is_found_in_pixels_of_the_picture() {
    let detector = detector();
    let chelsea = file("assets/sample/images/cat/chelsea.jpg");
    let picture = image::open(chelsea).unwrap().to_rgb8();
    let candidates = detector.detect(&detector.input(&picture), 0.2).unwrap();
    let found = suppress(&candidates, 0.6);
    assert!(found.len() < candidates.len());
    let best = &found[0];
    assert_eq!(detector.classes[best.classes[0].class], "cat");
    assert!(best.score > 0.5, "{best:?}");
    assert!(best.bbox.area() > 0.3 * (picture.width() * picture.height()) as f32);
    assert!(best.bbox.clipped(picture.width(), picture.height()) == Some(best.bbox));
}
