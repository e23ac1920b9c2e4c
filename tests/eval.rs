//! `tsukami eval`: its numbers on the sample set, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;

use common::{Place, Run, repository};
use serde_json::{Value, json};

fn truth() -> Value {
    serde_json::from_slice(&fs::read(repository("assets/sample/truth.json")).unwrap()).unwrap()
}

/// The ground truth as a results list with full scores.
fn perfect(truth: &Value) -> Vec<Value> {
    let annotations = truth["annotations"].as_array().unwrap();
    annotations
        .iter()
        .map(|annotation| {
            json!({
                "image_id": annotation["image_id"],
                "category_id": annotation["category_id"],
                "bbox": annotation["bbox"],
                "score": 1.0,
            })
        })
        .collect()
}

/// The metrics of a results list against the ground truth of the sample.
fn measured(results: &[Value], options: &str) -> Value {
    let place = Place::new();
    place.write("truth.json", truth().to_string());
    place.write("results.json", Value::Array(results.to_vec()).to_string());
    place
        .run(&format!(
            "eval . --results results.json --json metrics.json {options}"
        ))
        .exits(0);
    place.json("metrics.json")
}

/// The pictures of the sample with this ground truth.
fn sample_with(truth: &Value) -> Place {
    let place = Place::new();
    place.sample("images");
    place.write("truth.json", truth.to_string());
    place
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
}

#[test]
fn the_sample_is_measured() {
    let place = Place::new();
    let run: Run = place
        .command("eval --sweep --json metrics.json")
        .arg(repository("assets/sample"))
        .output()
        .unwrap()
        .into();
    let run = run.exits(0);
    assert!(run.stdout.starts_with("12 pictures\n"), "{}", run.stdout);
    assert!(run.stdout.contains("MaxBoxAccV2"));

    let metrics = place.json("metrics.json");
    assert_eq!(metrics["pictures"], 12);
    assert_eq!(metrics["failed"], json!([]));
    assert_eq!(metrics["classification"], Value::Null);
    let localization = &metrics["localization"];
    let share = |value: &Value| {
        let share = value.as_f64().unwrap();
        assert!((0.0..=1.0).contains(&share), "{share}");
        share
    };
    let chosen = share(&localization["chosen"]["loc50"]);
    let best = share(&localization["best_50"]["loc50"]);
    assert!(
        chosen >= 0.6,
        "GT-known Loc {chosen} on pictures of one plain object"
    );
    assert!(best >= chosen);
    assert!(share(&localization["best_70"]["loc70"]) <= best);
    assert!(share(&localization["max_box_acc_v2"]) > 0.5);
    assert_eq!(localization["curve"].as_array().unwrap().len(), 100);
    for key in ["ap", "ap50", "ap75", "recall50"] {
        share(&metrics["detection"][key]);
    }
    let effort = &metrics["effort"];
    let count = |key: &str| effort[key].as_u64().unwrap();
    let objects = count("objects");
    assert_eq!(
        objects as usize,
        truth()["annotations"].as_array().unwrap().len()
    );
    assert_eq!(count("accepts") + count("edits") + count("draws"), objects);
    let work = count("accepts") + 2 * count("edits") + 3 * count("draws") + count("rejects");
    assert_near(&effort["effort"], work as f64 / (3 * objects) as f64);
}

#[test]
fn the_numbers_are_the_same_every_time() {
    let place = sample_with(&truth());
    place.run("eval . --patches 64 --json one.json").exits(0);
    place
        .run("eval . --patches 64 --json two.json --jobs 1")
        .exits(0);
    assert!(place.read("one.json") == place.read("two.json"));
}

#[test]
fn the_ground_truth_has_full_precision_and_a_third_of_the_effort() {
    let metrics = measured(&perfect(&truth()), "");
    assert_near(&metrics["detection"]["ap"], 1.0);
    assert_near(&metrics["detection"]["recall50"], 1.0);
    assert_near(&metrics["effort"]["effort"], 1.0 / 3.0);
    assert_eq!(metrics["effort"]["rejects"], 0);
}

#[test]
fn empty_results_leave_the_whole_effort() {
    let metrics = measured(&[], "");
    assert_near(&metrics["detection"]["ap"], 0.0);
    assert_near(&metrics["effort"]["effort"], 1.0);
}

#[test]
fn a_wrong_class_is_an_edit_unless_class_agnostic() {
    let mut results = perfect(&truth());
    let categories = truth()["categories"].as_array().unwrap().len() as u64;
    for result in &mut results {
        let category = result["category_id"].as_u64().unwrap();
        result["category_id"] = (category % categories + 1).into();
    }
    let metrics = measured(&results, "");
    assert_eq!(metrics["effort"]["edits"], results.len());
    assert_near(&metrics["detection"]["ap"], 0.0);
    let metrics = measured(&results, "--class-agnostic");
    assert_eq!(metrics["effort"]["accepts"], results.len());
    assert_near(&metrics["detection"]["ap"], 1.0);
}

#[test]
fn a_surplus_box_is_a_reject() {
    let mut results = perfect(&truth());
    let mut surplus = results[0].clone();
    surplus["bbox"] = json!([0.0, 0.0, 5.0, 5.0]);
    results.push(surplus);
    assert_eq!(measured(&results, "")["effort"]["rejects"], 1);
}

#[test]
fn the_results_list_of_propose_can_be_measured() {
    let place = sample_with(&truth());
    place
        .run("propose images --out boxes.json --results results.json")
        .exits(0);
    place
        .run("eval . --results results.json --class-agnostic --json of_results.json")
        .exits(0);
    place.run("eval . --json of_model.json").exits(0);
    let (of_results, of_model) = (place.json("of_results.json"), place.json("of_model.json"));
    // The file is rounded to hundredths of a pixel.
    for key in ["ap", "ap50", "recall50"] {
        let difference = of_results["detection"][key].as_f64().unwrap()
            - of_model["detection"][key].as_f64().unwrap();
        assert!(difference.abs() < 0.02, "{key} differs by {difference}");
    }
    assert_eq!(
        of_results["effort"]["accepts"],
        of_model["effort"]["accepts"]
    );
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    for name in ["../x.jpg", "a/../../x.jpg", "/etc/x.jpg"] {
        let mut truth = truth();
        truth["images"][3]["file_name"] = name.into();
        let place = Place::new();
        place.write("truth.json", truth.to_string());
        place.run("eval .").refuses(&[name, "outside the folder"]);
    }
}

#[test]
fn names_that_begin_with_a_dot_are_inside_the_folder() {
    let mut truth = truth();
    for image in truth["images"].as_array_mut().unwrap() {
        let name = format!("./{}", image["file_name"].as_str().unwrap());
        image["file_name"] = name.into();
    }
    sample_with(&truth).run("eval . --patches 64").exits(0);
}

#[test]
fn a_missing_picture_is_listed_and_the_exit_code_is_1() {
    let place = sample_with(&truth());
    fs::remove_file(place.path("images/cat/chelsea.jpg")).unwrap();
    place
        .run("eval . --patches 64 --json metrics.json")
        .exits(1)
        .says("chelsea.jpg");
    let metrics = place.json("metrics.json");
    assert_eq!(metrics["pictures"], 11);
    assert_eq!(metrics["failed"].as_array().unwrap().len(), 1);
}

#[test]
fn the_exit_code_is_2_if_all_pictures_are_missing() {
    let place = Place::new();
    place.write("truth.json", truth().to_string());
    place.run("eval .").exits(2).says("chelsea.jpg");
}

#[test]
fn a_picture_of_another_size_than_in_the_ground_truth_gives_a_warning() {
    let mut truth = truth();
    truth["images"][8]["width"] = 4510.into();
    truth["images"][8]["height"] = 3000.into();
    let run = sample_with(&truth).run("eval . --patches 64");
    assert!(run.stderr.contains("chelsea.jpg"), "{run:#?}");
}

#[test]
fn a_file_that_is_not_ground_truth_is_refused() {
    let place = Place::new();
    place.run("eval .").refuses(&["truth.json"]);
    place.write("truth.json", b"{");
    place
        .run("eval .")
        .refuses(&["truth.json", "not COCO JSON"]);
    place.write("truth.json", br#"{"images": []}"#);
    place.run("eval .").refuses(&["no pictures"]);
}

#[test]
fn annotations_of_absent_pictures_are_refused() {
    let mut truth = truth();
    truth["annotations"][0]["image_id"] = 99.into();
    let place = Place::new();
    place.write("truth.json", truth.to_string());
    place.run("eval .").refuses(&["refers to picture 99"]);
}

#[test]
fn results_that_do_not_fit_are_refused() {
    let place = Place::new();
    place.write("truth.json", truth().to_string());
    place.write("results.json", b"{}");
    place
        .run("eval . --results results.json")
        .refuses(&["results.json"]);
    let mut results = perfect(&truth());
    results[0]["image_id"] = 99.into();
    place.write("results.json", Value::Array(results).to_string());
    place
        .run("eval . --results results.json")
        .refuses(&["picture 99"]);
    place
        .run("eval . --results absent.json")
        .refuses(&["absent.json"]);
}

#[test]
fn ts_cam_without_a_head_is_refused() {
    sample_with(&truth())
        .run("eval . --method ts-cam --quality fast")
        .refuses(&["ts-cam needs class maps"]);
}

#[test]
fn methods_are_compared_side_by_side() {
    let place = sample_with(&truth());
    let compared = place
        .run("eval . --compare --plot curves.svg --json all.json")
        .exits(0);
    let rows = [
        "attention",
        "affinity",
        "cam imagenet",
        "ts-cam imagenet",
        "affinity imagenet",
        "pool imagenet",
    ];
    let json = place.json("all.json");
    let curves = String::from_utf8(place.read("curves.svg")).unwrap();
    for row in rows {
        assert!(
            compared.stdout.lines().any(|line| line.starts_with(row)),
            "{row}"
        );
        assert!(json[row]["effort"]["effort"].is_number(), "{row}");
        assert!(curves.contains(row), "{row}");
    }
    place.run("eval . --json alone.json").exits(0);
    assert_eq!(place.json("alone.json"), json["pool imagenet"]);
}

#[test]
fn with_a_class_map_names_are_judged() {
    let place = sample_with(&truth());
    place.write(
        "map.csv",
        b"class,category\nEgyptian cat,cat\nespresso,cup\n",
    );
    place.run("eval . --map map.csv --json named.json").exits(0);
    let json = place.json("named.json");
    let top1 = json["classification"]["top1_cls"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&top1) && top1 > 0.0, "{top1}");
}

/// At this threshold the boxes are far too small, so the object is drawn.
#[test]
fn effort_with_fit_is_measured_if_requested() {
    let mut truth = truth();
    // One picture: without optimisation the network is slow.
    let can = |image: &Value| image["file_name"] == "SodaCan/029866.jpg";
    let images = truth["images"].as_array_mut().unwrap();
    images.retain(can);
    let id = images[0]["id"].clone();
    let annotations = truth["annotations"].as_array_mut().unwrap();
    annotations.retain(|annotation| annotation["image_id"] == id);
    let place = sample_with(&truth);
    let measured = |options: &str| {
        let line = "eval . --quality fast --patches 64 --threshold 0.95 --json metrics.json";
        let models = repository("models");
        let run: Run = place
            .command(&format!("{line} {options}"))
            .arg("--models")
            .arg(models)
            .output()
            .unwrap()
            .into();
        (run.exits(0), place.json("metrics.json"))
    };
    let (run, metrics) = measured("--fit");
    let fit = &metrics["effort_with_fit"];
    let count = |key: &str| fit[key].as_f64().unwrap();
    let counts = ["objects", "draws", "fitted_draws"].map(count);
    assert_eq!(counts, [1.0, 1.0, 1.0], "{fit}");
    assert_eq!(fit["without_fit"], metrics["effort"]["effort"]);
    assert_near(&fit["effort"], (2.0 + count("rejects")) / 3.0);
    run.prints("effort with fit ").prints("1 of 1 draws");

    let (run, metrics) = measured("");
    assert!(metrics.get("effort_with_fit").is_none(), "{metrics}");
    assert!(!run.stdout.contains("with fit"), "{}", run.stdout);
}

#[test]
fn fit_needs_its_network_and_the_pictures() {
    let place = sample_with(&truth());
    let backbone = "models/dinov2-vits14.safetensors";
    place.write(backbone, fs::read(repository(backbone)).unwrap());
    place
        .run("eval . --quality fast --fit --models models")
        .refuses(&["--fit cannot be used", "mobile_sam.safetensors", "--models"]);
    place.write("results.json", "[]");
    place
        .run("eval . --fit --results results.json")
        .refuses(&["--fit", "--results"]);
}
