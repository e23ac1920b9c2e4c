//! Comparison with numbers that the official implementation and PyTorch computed from the same weights.
//!
//! `tests/reference/README.md` describes their origin.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use tsukami::geometry::Grid;
use tsukami::localize::{AffinityMatrix, Evidence, LevelMap, Method, PictureMaps, largest_region};
use tsukami::nn::shipped::ModelSource;
use tsukami::nn::weights::Weights;
use tsukami::tscam::backbone::Backbone;
use tsukami::tscam::conformer::ConformerConfig;
use tsukami::tscam::efficientnet::EfficientNet;
use tsukami::tscam::vit::VitConfig;
use tsukami::tscam::{InputOptions, Model};

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn outputs(name: &str) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(reference(name), &Device::Cpu).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Runs the model on a picture whose sides are multiples of the patch side.
fn infer(model: &Model, picture: &image::RgbImage) -> Evidence {
    let area = (picture.width() * picture.height()) as usize;
    let input_options = InputOptions {
        patches: Some(area / model.backbone().patch_size().pow(2)),
        ..InputOptions::default()
    };
    model.infer(&model.input(picture, input_options)).unwrap()
}

/// The largest difference, relative to the largest magnitude expected.
fn relative_error(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0f32, |max, x| max.max(x.abs()));
    let difference = found
        .iter()
        .zip(expected)
        .fold(0f32, |max, (a, b)| max.max((a - b).abs()));
    difference / largest
}

#[track_caller]
fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    let error = relative_error(found, expected);
    println!("{what}: relative error {error:.1e} (at most {tolerance:.0e})");
    assert!(error <= tolerance, "{what}: {error:e} > {tolerance:e}");
}

fn min_max(values: &[f32]) -> Vec<f32> {
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    values.iter().map(|x| (x - min) / (max - min)).collect()
}

/// `[L][P]` -> the values of all layers, one after the other.
fn attention_of(evidence: &Evidence) -> Vec<f32> {
    evidence.attention.concat()
}

/// The class token's attention summed over all layers, as the paper does, `[P]`.
fn attention_last_layers(evidence: &Evidence) -> Vec<f32> {
    let none = vec![0f32; evidence.grid.patches()];
    evidence.attention.iter().fold(none, |sum, layer| {
        sum.iter().zip(layer).map(|(a, b)| a + b).collect()
    })
}

/// The paper's map of each class, one after the other, `[C * P]`.
fn coupled_maps(evidence: &Evidence) -> Vec<f32> {
    let classes = evidence.head.as_ref().unwrap().logits.len();
    let map = |class| {
        let maps = PictureMaps::new(evidence, &[(class, 1.0)], &[]);
        maps.map(Method::TsCam, Some(class)).unwrap().values.clone()
    };
    (0..classes).flat_map(map).collect()
}

/// `P P A` at the reference's temperature of 0.2.
fn affinity_map(evidence: &Evidence) -> Vec<f32> {
    let affinity = AffinityMatrix::new(evidence, 0.2);
    affinity.propagate(&affinity.propagate(&evidence.attention_last_layers()))
}

#[test]
fn the_official_ts_cam_checkpoint_gives_the_same_maps() {
    let model = Model::open(
        &reference("tscam_reference.pth"),
        &ModelSource::Program,
        &Device::Cpu,
    )
    .unwrap();
    let Backbone::Vit(vit) = model.backbone() else {
        panic!("it is a plain ViT")
    };
    let VitConfig {
        block,
        depth,
        patch_size,
        trained_grid,
    } = vit.config();
    assert_eq!((block.embed_dim, *depth, block.heads), (128, 4, 2));
    assert_eq!((*patch_size, trained_grid.patches()), (16, 196));
    assert_eq!(model.head().unwrap().classes.len(), 5);

    let expected = outputs("tscam_reference_outputs.safetensors");
    let features = model.features(&expected["pixel_values"], &[]).unwrap();
    let tokens = numbers(&features.patch_tokens);
    assert_close(
        "patch tokens",
        &tokens,
        &numbers(&expected["patch_tokens"]),
        1e-4,
    );

    let input = image::open(reference("input.png")).unwrap().to_rgb8();
    let evidence = infer(&model, &input);
    let classes = evidence.head.as_ref().unwrap();
    assert_close(
        "logits",
        &classes.logits,
        &numbers(&expected["logits"]),
        1e-4,
    );

    let summed = attention_last_layers(&evidence);
    assert_close("attention", &summed, &numbers(&expected["attention"]), 1e-4);
    let cams = coupled_maps(&evidence);
    assert_close("cams", &cams, &numbers(&expected["cams"]), 1e-4);
}

/// A Conformer on a square picture and on an oblong part of it. The official code does not accept the
/// oblong grid, but the architecture does.
#[test]
fn the_official_conformer_checkpoint_gives_the_same_maps() {
    let model = Model::open(
        &reference("conformer_reference.pth"),
        &ModelSource::Program,
        &Device::Cpu,
    )
    .unwrap();
    let Backbone::Conformer(conformer) = model.backbone() else {
        panic!("it is a Conformer")
    };
    let ConformerConfig {
        block,
        depth,
        patch_size,
        stem,
        ..
    } = conformer.config();
    assert_eq!((block.embed_dim, *depth, block.heads), (128, 6, 2));
    assert_eq!((*patch_size, *stem), (16, 16));
    assert_eq!(conformer.config().stage_channels(), [16, 32, 64]);
    assert_eq!(conformer.config().trained_grid().patches(), 196);

    let outputs = outputs("conformer_reference_outputs.safetensors");
    let square = image::open(reference("input.png")).unwrap().to_rgb8();
    let oblong = image::imageops::crop_imm(&square, 0, 0, 160, 96).to_image();
    for (shape, picture, rows, columns) in [("square", square, 14, 14), ("oblong", oblong, 6, 10)] {
        let expected = |name: &str| &outputs[&format!("{shape}.{name}")];
        let features = model.features(expected("pixel_values"), &[]).unwrap();
        let evidence = infer(&model, &picture);
        assert_eq!(evidence.grid, Grid { rows, columns });
        for (name, found) in [
            ("patch_tokens", numbers(&features.patch_tokens)),
            ("attention", attention_last_layers(&evidence)),
            ("logits", evidence.head.as_ref().unwrap().logits.clone()),
            ("cams", coupled_maps(&evidence)),
        ] {
            let what = format!("{shape} {name}");
            assert_close(&what, &found, &numbers(expected(name)), 1e-4);
        }
    }
}

#[test]
fn the_pictures_of_a_batch_do_not_affect_each_other() {
    let outputs = outputs("conformer_reference_outputs.safetensors");
    let one = &outputs["oblong.pixel_values"];
    let other = (one * -0.5).unwrap();
    let both = Tensor::cat(&[one, &other], 0).unwrap();
    for name in ["tscam_reference.pth", "conformer_reference.pth"] {
        let model = Model::open(&reference(name), &ModelSource::Program, &Device::Cpu).unwrap();
        let both = model.features(&both, &[2]).unwrap();
        for (index, alone) in [one, &other].into_iter().enumerate() {
            let alone = model.features(alone, &[2]).unwrap();
            let mut pairs = vec![
                (&both.patch_tokens, &alone.patch_tokens),
                (&both.attention, &alone.attention),
                (&both.last_keys, &alone.last_keys),
                (&both.taps[&2], &alone.taps[&2]),
            ];
            pairs.extend(both.pooled_map.iter().zip(&alone.pooled_map));
            for (both, alone) in pairs {
                let found = numbers(&both.get(index).unwrap());
                assert_close(name, &found, &numbers(alone), 1e-5);
            }
        }
    }
}

#[test]
fn boxes_are_those_of_the_official_implementation() {
    let model = Model::open(
        &reference("tscam_reference.pth"),
        &ModelSource::Program,
        &Device::Cpu,
    )
    .unwrap();
    let input = image::open(reference("input.png")).unwrap().to_rgb8();
    let evidence = infer(&model, &input);
    let text = std::fs::read_to_string(reference("tscam_reference_boxes.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let by_threshold = json["boxes_xyxy_by_threshold_then_class"]
        .as_object()
        .unwrap();
    let mut compared = 0;
    for (threshold, boxes) in by_threshold {
        for (class, expected) in boxes.as_array().unwrap().iter().enumerate() {
            let maps = PictureMaps::new(&evidence, &[(class, 1.0)], &[]);
            let map = maps.map(Method::TsCam, Some(class)).unwrap();
            let levels = LevelMap::new(map, 224, 224);
            let regions = levels.regions(threshold.parse().unwrap());
            let region = largest_region(&regions).unwrap();
            let found = [region.x0, region.y0, region.x1, region.y1];
            let expected: [usize; 4] = serde_json::from_value(expected.clone()).unwrap();
            assert_eq!(found, expected, "threshold {threshold}, class {class}");
            compared += 1;
        }
    }
    assert_eq!(compared, 30);
}

#[test]
fn the_embedded_backbone_agrees_with_pytorch_on_an_oblong_grid() {
    let model = Model::shipped(&ModelSource::Program, &Device::Cpu).unwrap();
    let expected = outputs("dinov2_vits14_outputs.safetensors");
    let expected = |name: &str| &expected[&format!("196x280.{name}")];
    let features = model.features(expected("pixel_values"), &[9, 10]).unwrap();
    for (name, found) in [
        ("cls_token", &features.class_token),
        ("patch_tokens", &features.patch_tokens),
        ("attention", &features.attention),
        ("last_keys", &features.last_keys),
        ("block9_tokens", &features.taps[&9]),
        ("block10_tokens", &features.taps[&10]),
    ] {
        assert_close(name, &numbers(found), &numbers(expected(name)), 1e-4);
    }
    let evidence = model.evidence(expected("pixel_values"), None).unwrap();
    assert_eq!(
        evidence.grid,
        Grid {
            rows: 14,
            columns: 20
        }
    );
    let found = min_max(&affinity_map(&evidence));
    let expected_map = min_max(&numbers(expected("affinity_attention")));
    assert_close("affinity map", &found, &expected_map, 1e-3);
}

#[test]
fn the_embedded_backbone_agrees_with_pytorch_on_a_picture() {
    let model = Model::shipped(&ModelSource::Program, &Device::Cpu).unwrap();
    let expected = outputs("dinov2_vits14_outputs.safetensors");
    let input = image::open(reference("input.png")).unwrap().to_rgb8();
    let evidence = infer(&model, &input);
    let attention = numbers(&expected["224x224.attention"]);
    assert_close("attention", &attention_of(&evidence), &attention, 1e-4);
    let expected_map = min_max(&numbers(&expected["224x224.affinity_attention"]));
    assert_close(
        "affinity map",
        &min_max(&affinity_map(&evidence)),
        &expected_map,
        1e-3,
    );
}

/// A file with the tensors of the embedded backbone under other names.
fn renamed_backbone(rename: impl Fn(&str, &Tensor) -> Vec<(String, Tensor)>) -> tempfile::TempPath {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/dinov2-vits14.safetensors");
    let tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
    let renamed: HashMap<String, Tensor> = tensors
        .iter()
        .flat_map(|(name, tensor)| rename(name, tensor))
        .collect();
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
    candle_core::safetensors::save(&renamed, file.path()).unwrap();
    file.into_temp_path()
}

fn class_token_of(model: &Model) -> Vec<f32> {
    let pixels = Tensor::ones((1, 3, 56, 70), candle_core::DType::F32, &Device::Cpu).unwrap();
    numbers(&model.features(&pixels, &[]).unwrap().class_token)
}

#[test]
fn hugging_face_names_give_the_same_model() {
    let path = renamed_backbone(|name, tensor| {
        if let Some((block, kind)) = name.split_once(".attn.qkv.") {
            let block = block.replace("blocks.", "encoder.layer.");
            let part = |(index, part): (usize, &str)| {
                let rows = tensor.dim(0).unwrap() / 3;
                let values = tensor.narrow(0, index * rows, rows).unwrap();
                let name = format!("{block}.attention.attention.{part}.{kind}");
                (name, values.force_contiguous().unwrap())
            };
            return ["query", "key", "value"]
                .into_iter()
                .enumerate()
                .map(part)
                .collect();
        }
        let name = match name {
            "cls_token" => "embeddings.cls_token".to_owned(),
            "pos_embed" => "embeddings.position_embeddings".to_owned(),
            "norm.weight" | "norm.bias" => name.replace("norm.", "layernorm."),
            _ => name
                .replace("patch_embed.proj", "embeddings.patch_embeddings.projection")
                .replace("blocks.", "encoder.layer.")
                .replace("attn.proj", "attention.output.dense")
                .replace("ls1.gamma", "layer_scale1.lambda1")
                .replace("ls2.gamma", "layer_scale2.lambda1"),
        };
        vec![(name, tensor.clone())]
    });
    let renamed = Model::open(&path, &ModelSource::Program, &Device::Cpu).unwrap();
    let embedded = Model::shipped(&ModelSource::Program, &Device::Cpu).unwrap();
    let (Backbone::Vit(a), Backbone::Vit(b)) = (renamed.backbone(), embedded.backbone()) else {
        panic!("both are plain ViTs")
    };
    assert_eq!(a.config(), b.config());
    assert_eq!(class_token_of(&renamed), class_token_of(&embedded));
}

#[test]
fn a_linear_classifier_is_reported_and_ignored() {
    let path = renamed_backbone(|name, tensor| {
        let mut tensors = vec![(name.to_owned(), tensor.clone())];
        if name == "norm.bias" {
            let zeros = |shape: &[usize]| {
                Tensor::zeros(shape, candle_core::DType::F16, &Device::Cpu).unwrap()
            };
            tensors.push(("head.weight".to_owned(), zeros(&[10, 384])));
            tensors.push(("head.bias".to_owned(), zeros(&[10])));
            tensors.push(("mask_token".to_owned(), zeros(&[1, 384])));
        }
        tensors
    });
    let model = Model::open(&path, &ModelSource::Program, &Device::Cpu).unwrap();
    assert!(model.head().is_none());
    assert_eq!(model.ignored, ["head.bias", "head.weight", "mask_token"]);
}

#[test]
fn the_companion_agrees_with_pytorch() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/efficientnet-lite2.safetensors");
    let network = EfficientNet::new(Weights::open(&path).unwrap(), &Device::Cpu).unwrap();
    assert_eq!((network.classes.len(), network.input_side_px), (1000, 260));
    let expected = outputs("efficientnet_lite2_outputs.safetensors");

    let pixels = expected["pixel_values"].permute((0, 2, 3, 1)).unwrap();
    let pixels = pixels.contiguous().unwrap();
    let features = network.features(&pixels).unwrap();
    let features = features.permute((0, 3, 1, 2)).unwrap();
    assert_close(
        "features",
        &numbers(&features),
        &numbers(&expected["features"]),
        1e-3,
    );
    let found = network.class_maps(&pixels).unwrap();
    assert_close(
        "logits",
        &numbers(&found.logits),
        &numbers(&expected["logits"]),
        1e-3,
    );
}
