//! `tsukami propose` and `tsukami merge`: the content of the COCO file, and that it is the same
//! however the run ends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Place, Run, file_names, png, repository, scene, strings};
use serde_json::{Value, json};

// --- The file ---------------------------------------------------------------------------------

#[test]
fn the_file_follows_the_rules_of_coco() {
    let place = Place::new();
    place.sample("set");
    place.write("set/ねこ/\u{1f431}.png", png(&scene(64, 48, 2)));
    place.run("propose set --out boxes.json").exits(0);
    assert!(place.read("boxes.json").is_ascii());
    let text = String::from_utf8(place.read("boxes.json")).unwrap();
    assert!(text.contains(r"\u306d\u3053/\ud83d\udc31.png"));

    let coco = place.json("boxes.json");
    assert!(coco["info"].is_object());
    let list = |key: &str| coco[key].as_array().unwrap().clone();
    for key in ["images", "annotations"] {
        let ids: Vec<u64> = list(key)
            .iter()
            .map(|x| x["id"].as_u64().unwrap())
            .collect();
        assert!(
            ids.iter().copied().eq(1..=ids.len() as u64),
            "{key}: {ids:?}"
        );
    }
    let names = file_names(&coco);
    assert_eq!(names.len(), 13);
    assert!(names.contains(&"cat/chelsea.jpg".to_owned()));
    assert!(names.is_sorted());
    // Only those of the listed classes that it uses.
    let ids = |list: Vec<Value>, key: &str| -> Vec<u64> {
        list.iter().map(|row| row[key].as_u64().unwrap()).collect()
    };
    let categories = ids(list("categories"), "id");
    assert!(categories.is_sorted() && categories[0] > 0);
    let mut used = ids(list("annotations"), "category_id");
    used.sort_unstable();
    used.dedup();
    assert_eq!(categories, used);
    let called: Vec<Value> = list("categories")
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    for name in ["cat", "espresso", "person"] {
        assert!(called.contains(&name.into()), "{called:?}");
    }
    assert!(list("annotations").len() >= 12, "hardly a box");
    for annotation in list("annotations") {
        let number = |value: &Value| value.as_f64().unwrap();
        let image = annotation["image_id"].as_u64().unwrap() as usize;
        let image = &coco["images"][image - 1];
        let side: Vec<f64> = annotation["bbox"]
            .as_array()
            .unwrap()
            .iter()
            .map(number)
            .collect();
        let [x, y, width, height] = side[..] else {
            panic!("{annotation}")
        };
        assert!(
            x >= 0.0 && y >= 0.0 && width > 0.0 && height > 0.0,
            "{annotation}"
        );
        assert!(
            x + width <= number(&image["width"]) + 1e-6,
            "{annotation} in {image}"
        );
        assert!(
            y + height <= number(&image["height"]) + 1e-6,
            "{annotation} in {image}"
        );
        assert!(
            (number(&annotation["area"]) - width * height).abs() < 1e-2,
            "{annotation}"
        );
        assert!(
            (0.0..=1.0).contains(&number(&annotation["score"])),
            "{annotation}"
        );
        assert_eq!(annotation["iscrowd"], 0);
        assert_eq!(annotation["segmentation"], json!([]));
    }
}

#[test]
fn a_second_run_writes_the_same_bytes() {
    let place = Place::new();
    place.sample("set");
    place.run("propose set --out one.json").exits(0);
    place.run("propose set --out two.json --jobs 1").exits(0);
    assert!(place.read("one.json") == place.read("two.json"));
}

#[test]
fn file_names_do_not_depend_on_how_the_folder_is_written() {
    let place = Place::new();
    place.pictures("set/a", 2);
    place
        .run("propose set --out one.json --patches 64")
        .exits(0);
    place
        .run("propose ./set/../set/ --out two.json --patches 64")
        .exits(0);
    assert!(place.read("one.json") == place.read("two.json"));
    assert_eq!(
        file_names(&place.json("one.json")),
        ["a/00.png", "a/01.png"]
    );
}

#[test]
fn a_single_picture_and_a_list_are_accepted() {
    let place = Place::new();
    place.pictures("set", 3);
    place.write("list.txt", "set/02.png\n# not this one\nset/00.png\n");
    place
        .run("propose set/01.png --out one.json --patches 64")
        .exits(0);
    assert_eq!(file_names(&place.json("one.json")), ["01.png"]);
    place
        .run("propose list.txt --out two.json --patches 64")
        .exits(0);
    assert_eq!(
        file_names(&place.json("two.json")),
        ["set/00.png", "set/02.png"]
    );
}

#[test]
fn the_results_list_equals_the_annotations() {
    let place = Place::new();
    place.pictures("set", 4);
    place
        .run("propose set --out boxes.json --results results.json")
        .exits(0);
    let expected: Vec<Value> = place.json("boxes.json")["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|annotation| {
            json!({
                "image_id": annotation["image_id"],
                "category_id": annotation["category_id"],
                "bbox": annotation["bbox"],
                "score": annotation["score"],
            })
        })
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(place.json("results.json"), Value::Array(expected));
}

#[test]
fn each_picture_gets_a_heatmap_of_its_size() {
    let place = Place::new();
    place.pictures("set/a", 2);
    place.write("set/b.png", png(&scene(2048, 512, 1)));
    place
        .run("propose set --out boxes.json --heatmaps maps --patches 64")
        .exits(0);
    assert_eq!(place.names("maps"), ["a", "b.png.png"]);
    assert_eq!(place.names("maps/a"), ["00.png.png", "01.png.png"]);
    let size = |name: &str| image::image_dimensions(place.path(name)).unwrap();
    assert_eq!(size("maps/a/00.png.png"), (96, 72));
    assert_eq!(size("maps/b.png.png"), (1024, 256));
}

#[test]
fn heatmaps_inside_the_set_are_not_scanned() {
    let place = Place::new();
    place.pictures("set", 2);
    let line = "propose set --out boxes.json --heatmaps set/maps --patches 64";
    place.run(line).exits(0);
    place.run(line).exits(0);
    assert_eq!(file_names(&place.json("boxes.json")), ["00.png", "01.png"]);
}

#[test]
fn an_output_inside_the_set_is_not_scanned() {
    let place = Place::new();
    place.pictures("set", 2);
    let line = "propose set --out set/boxes.json --patches 64";
    place.run(line).exits(0);
    let first = place.read("set/boxes.json");
    place.run(line).exits(0);
    assert!(place.read("set/boxes.json") == first);
    assert_eq!(place.names("set"), ["00.png", "01.png", "boxes.json"]);
}

#[test]
fn folders_name_the_categories() {
    let place = Place::new();
    place.pictures("set/left/cat", 2);
    place.pictures("set/dog", 1);
    place.pictures("set", 1);
    place
        .run("propose set --out boxes.json --tags folders --boxes largest --patches 64")
        .exits(0);
    let coco = place.json("boxes.json");
    let category_of = |name: &str| {
        let names = file_names(&coco);
        let id = names.iter().position(|found| found == name).unwrap() + 1;
        let annotations = coco["annotations"].as_array().unwrap();
        let found = annotations.iter().find(|a| a["image_id"] == id).unwrap();
        let categories = coco["categories"].as_array().unwrap();
        let category = categories
            .iter()
            .find(|row| row["id"] == found["category_id"]);
        category.unwrap()["name"].clone()
    };
    assert_eq!(category_of("left/cat/01.png"), "cat");
    assert_eq!(category_of("dog/00.png"), "dog");
    let untagged = category_of("00.png");
    assert!(untagged != "cat" && untagged != "dog", "{untagged}");
    assert_eq!(coco["info"]["tags"], "folders");
}

#[test]
fn a_single_class_folder_names_its_category() {
    let place = Place::new();
    place.pictures("set/cat", 1);
    place
        .run("propose set/cat --out boxes.json --tags folders --boxes largest --patches 64")
        .exits(0);
    assert_eq!(place.json("boxes.json")["categories"][0]["name"], "cat");
}

#[test]
fn higher_quality_names_more_and_zooms_in() {
    let place = Place::new();
    place.sample("set");
    let categories = |quality: &str| -> Vec<Value> {
        let out = format!("{quality}.json");
        place
            .run(&format!("propose set --quality {quality} --out {out}"))
            .exits(0);
        let coco = place.json(&out);
        assert_eq!(coco["info"]["quality"], quality);
        let categories = coco["categories"].as_array().unwrap();
        categories.iter().map(|row| row["name"].clone()).collect()
    };
    assert_eq!(categories("fast"), ["object"]);
    assert!(categories("best").contains(&"cat".into()));
    let edges = |file: &str| place.json(file)["annotations"][0]["bbox"].clone();
    assert_ne!(
        edges("fast.json"),
        edges("best.json"),
        "of the cutter, which is small"
    );
    place
        .run("propose set --quality superb")
        .refuses(&["superb", "fast, balanced or best"]);
}

#[test]
fn a_class_map_combines_names_of_the_companion() {
    let place = Place::new();
    place.sample("set");
    place.write(
        "map.csv",
        b"class,category\nEgyptian cat,cat\nespresso,object\n",
    );
    place
        .run("propose set --method affinity --map map.csv --out boxes.json")
        .exits(0);
    let coco = place.json("boxes.json");
    let categories = coco["categories"].as_array().unwrap();
    let named = |name: &str| categories.iter().find(|row| row["name"] == name);
    let annotations = coco["annotations"].as_array().unwrap();
    let id = &named("cat").expect("the cat")["id"];
    assert_eq!(
        annotations
            .iter()
            .filter(|row| row["category_id"] == *id)
            .count(),
        1
    );
    assert!(named("Egyptian cat").is_none() && named("espresso").is_none());
}

#[test]
fn names_come_from_the_detector_too_unless_it_is_left_out() {
    let place = Place::new();
    place.sample("set");
    place.write("map.csv", b"class,category\nEgyptian cat,Chelsea\n");
    let categories = |options: &str| -> Vec<String> {
        place
            .run(&format!("propose set --out boxes.json {options}"))
            .exits(0);
        let coco = place.json("boxes.json");
        let categories = coco["categories"].as_array().unwrap().clone();
        let names = categories.iter().map(|row| row["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
    let both = categories("");
    assert!(has(&both, "cat") && has(&both, "person"), "{both:?}");
    assert!(!has(&both, "Egyptian cat"), "{both:?}");
    let companion = categories("--method affinity");
    assert!(has(&companion, "Egyptian cat"), "{companion:?}");
    let has_coco = ["cat", "person"].iter().any(|name| has(&companion, name));
    assert!(!has_coco, "{companion:?}");
    // A kind that the user has a name for is not just a cat.
    let mapped = categories("--map map.csv");
    assert!(
        has(&mapped, "Chelsea") && !has(&mapped, "cat"),
        "{mapped:?}"
    );
}

// --- Models and methods -----------------------------------------------------------------------

#[test]
fn ts_cam_without_a_head_is_refused() {
    let place = Place::new();
    place.pictures("set", 1);
    place
        .run("propose set --method ts-cam --quality fast")
        .refuses(&["ts-cam needs class maps", "--head", "--model"]);
    assert_eq!(place.names("."), ["set"]);
}

#[test]
fn the_method_of_the_paper_runs_from_an_official_checkpoint() {
    let place = Place::new();
    place.pictures("set", 2);
    let run: Run = place
        .command("propose set --out boxes.json --method ts-cam --square --boxes largest --model")
        .arg(repository("tests/reference/tscam_reference.pth"))
        .output()
        .unwrap()
        .into();
    run.exits(0).says("tscam_reference on cpu, method ts-cam");
    let coco = place.json("boxes.json");
    assert_eq!(coco["annotations"].as_array().unwrap().len(), 2);
    assert_eq!(coco["categories"].as_array().unwrap().len(), 5);
    assert_eq!(coco["info"]["patches"], 196);
    assert_eq!(coco["info"]["square"], true);
}

#[test]
fn a_class_map_renames_the_classes_of_the_model() {
    let place = Place::new();
    place.pictures("set", 2);
    let checkpoint = repository("tests/reference/tscam_reference.pth");
    let run = |line: &str| -> Run {
        let mut command = place.command(&format!("propose {line} --patches 49 --model"));
        command.arg(&checkpoint).output().unwrap().into()
    };
    place.write(
        "map.csv",
        "class,category\nclass 1,thing\nclass 2,thing\nclass 3,object\nclass 9,x\n",
    );
    run("set --map map.csv --out boxes.json")
        .exits(0)
        .says("map.csv maps \"class 9\", which tscam_reference does not have");
    let coco = place.json("boxes.json");
    let categories = coco["categories"].as_array().unwrap();
    let names: Vec<&str> = categories
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["thing", "object", "class 4", "class 5"]);
    assert_eq!(coco["info"]["class_map"]["class 1"], "thing");
    assert_eq!(coco["info"]["class_map"]["class 3"], Value::Null);
    // A run with another map does not continue this one.
    place.write("other.json", r#"{"class 1": "stuff"}"#);
    run("set --map other.json --out boxes.json --resume").refuses(&["boxes.json", "class_map"]);
    place.write("bad.csv", "class 1\n");
    run("set --map bad.csv --out more.json").refuses(&["bad.csv", "line 1", "class,category"]);
    run("set --map nowhere.csv --out more.json").refuses(&["nowhere.csv"]);

    // A project keeps the map.
    place.run("project new set").exits(0);
    let all = r#"{"class 1": "a", "class 2": "a", "class 3": "a", "class 4": "b", "class 5": "b"}"#;
    place.write("all.json", all);
    run("--project set --map all.json").exits(0);
    place.write("set/new.png", png(&scene(96, 72, 9)));
    run("--project set").exits(0).says("1 of 1 picture,");
    place
        .run("export set --format coco --all --proposals --out out.json")
        .exits(0);
    let coco = place.json("out.json");
    let boxes = coco["annotations"].as_array().unwrap();
    let pictures: std::collections::BTreeSet<u64> = boxes
        .iter()
        .map(|row| row["image_id"].as_u64().unwrap())
        .collect();
    assert_eq!(pictures.len(), 3);
    let names = coco["categories"].as_array().unwrap().iter();
    let names = names.map(|row| row["name"].as_str().unwrap());
    assert!(names.clone().count() > 0 && names.clone().all(|name| name == "a" || name == "b"));
}

#[test]
fn every_method_without_a_head_runs() {
    let place = Place::new();
    place.pictures("set", 1);
    for method in ["affinity", "attention"] {
        let line = format!("propose set --out {method}.json --method {method} --patches 64");
        place.run(&line).exits(0);
        assert_eq!(
            place.json(&format!("{method}.json"))["info"]["method"],
            method
        );
    }
}

#[test]
fn the_embedded_model_is_described() {
    let run = Place::new().run("model").exits(0);
    for text in [
        "dinov2-vits14",
        "12 blocks",
        "384 wide",
        "14 x 14 pixels",
        "Apache-2.0",
    ] {
        assert!(run.stdout.contains(text), "no {text:?} in {}", run.stdout);
    }
    // What each network was trained with.
    for (part, texts) in [
        (
            "backbone ",
            ["dinov2-vits14.safetensors", "masks", "221e37886a44"],
        ),
        ("companion ", ["image labels", "ImageNet", "b2a190a0b654"]),
        ("detector ", ["boxes", "COCO", "a2b98257a860"]),
        ("segmenter ", ["masks", "SA-1B", "b0d5b42b91bd"]),
    ] {
        let mut rows = run.stdout.lines().filter(|line| line.starts_with(part));
        let row = rows.next_back().unwrap_or_default();
        for text in texts {
            assert!(row.contains(text), "no {text:?} in {row:?}");
        }
    }
}

#[test]
fn networks_come_from_the_folder_that_is_named() {
    let place = Place::new();
    place.pictures("set", 1);
    fs::create_dir(place.path("models")).unwrap();
    let (backbone, companion) = (
        "models/dinov2-vits14.safetensors",
        "models/efficientnet-lite2.safetensors",
    );
    fs::copy(repository(backbone), place.path(backbone)).unwrap();
    let line = "propose set --models models --patches 49 --quality";
    place
        .run(&format!("{line} fast --out folder.json"))
        .exits(0);
    place
        .run("propose set --patches 49 --quality fast --out program.json")
        .exits(0);
    assert!(place.read("folder.json") == place.read("program.json"));
    // Another level needs a network that is not there.
    let line = format!("{line} balanced --out boxes.json");
    place
        .run(&line)
        .refuses(&["companion", companion, "--models"]);
    fs::copy(repository(backbone), place.path(companion)).unwrap();
    place
        .run(&line)
        .refuses(&[companion, "not the companion", "221e37886a44", "--models"]);
    place
        .run("model --models absent")
        .refuses(&["backbone", "absent", "--models"]);
}

#[test]
fn an_official_checkpoint_is_described() {
    let place = Place::new();
    let checkpoint = repository("tests/reference/tscam_reference.pth");
    let run: Run = place
        .command("model")
        .arg(checkpoint)
        .output()
        .unwrap()
        .into();
    let run = run.exits(0);
    for text in [
        "tscam_reference",
        "4 blocks",
        "128 wide, 2 heads",
        "224 x 224",
        "5 classes",
    ] {
        assert!(run.stdout.contains(text), "no {text:?} in {}", run.stdout);
    }
}

#[test]
fn bad_options_are_refused() {
    let place = Place::new();
    place.pictures("set", 1);
    for option in [
        "--shard 0/3",
        "--shard 4/3",
        "--shard 1/0",
        "--shard x",
        "--threshold 1.5",
        "--threshold NaN",
        "--patches 0",
        "--method none",
        "--device abacus",
        "--jobs 0",
    ] {
        place
            .run(&format!("propose set {option}"))
            .exits(2)
            .says("error: ");
    }
    assert_eq!(place.names("."), ["set"]);
}

#[test]
fn judged_boxes_have_no_threshold_and_image_labels_alone_do() {
    let place = Place::new();
    place.pictures("set", 1);
    let line = "propose set --patches 49 --threshold 0.5";
    place.run(line).refuses(&[
        "the method pool cuts no map",
        "--min-score",
        "--method affinity",
    ]);
    place.run(&format!("{line} --method affinity")).exits(0);
    let networks = &place.json("boxes.json")["info"]["networks"];
    assert_eq!(names_of(networks), ["backbone", "companion"]);
    place
        .run("propose set --patches 49 --min-score 0.05 --out pool.json")
        .exits(0);
    let networks = &place.json("pool.json")["info"]["networks"];
    assert_eq!(
        names_of(networks),
        ["backbone", "companion", "detector", "judge"]
    );
}

/// The names in a list of networks.
fn names_of(networks: &Value) -> Vec<&str> {
    let networks = networks.as_array().unwrap().iter();
    networks
        .map(|network| network["name"].as_str().unwrap())
        .collect()
}

// --- Closed output ----------------------------------------------------------------------------

#[test]
fn a_closed_standard_output_is_not_an_error() {
    let place = Place::new();
    let mut child = place
        .command("model")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let run = ended(child).exits(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_closed_standard_error_does_not_stop_a_run() {
    let place = Place::new();
    place.pictures("set", 2);
    place.write("set/empty.png", b"");
    let mut child = place.command(LINE).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(file_names(&place.json("boxes.json")).len(), 2);
}

// --- Shards and merge -------------------------------------------------------------------------

#[test]
fn merged_shards_equal_one_run() {
    let place = Place::new();
    place.pictures("set/a", 4);
    place.pictures("set/b", 3);
    place.write("set/empty.png", b"");
    place.write("set/text.png", b"text");
    std::os::unix::fs::symlink("nowhere", place.path("set/dangling.png")).unwrap();
    let options = "--tags folders --patches 64";
    place
        .run(&format!("propose set {options} --out whole.json"))
        .exits(1);
    for index in 1..=3 {
        let line = format!("propose set {options} --shard {index}/3 --out {index}.json");
        let run = place.run(&line);
        assert!(matches!(run.code, Some(0 | 1)), "{run:#?}");
    }
    place.run("merge 1.json 2.json 3.json -o all.json").exits(0);
    place
        .run("merge 3.json 1.json 2.json -o again.json")
        .exits(0);
    assert_eq!(
        place.json("all.json")["info"],
        place.json("whole.json")["info"]
    );
    assert!(place.read("all.json") == place.read("whole.json"));
    assert!(
        place.read("again.json") == place.read("whole.json"),
        "the order mattered"
    );
}

#[test]
fn more_shards_than_pictures_can_be_merged() {
    let place = Place::new();
    place.pictures("set", 1);
    place
        .run("propose set --patches 64 --out whole.json")
        .exits(0);
    for index in 1..=2 {
        let line = format!("propose set --patches 64 --shard {index}/2 --out {index}.json");
        place.run(&line).exits(0);
    }
    place.run("merge 1.json 2.json -o all.json").exits(0);
    assert!(place.read("all.json") == place.read("whole.json"));
}

#[test]
fn a_missing_shard_is_reported() {
    let place = Place::new();
    place.pictures("set", 3);
    for index in 1..=2 {
        let line = format!("propose set --patches 64 --shard {index}/3 --out {index}.json");
        place.run(&line).exits(0);
    }
    place
        .run("merge 1.json 2.json -o all.json")
        .refuses(&["3/3"]);
    assert!(!place.path("all.json").exists());
}

#[test]
fn a_shard_of_a_mistyped_number_neither_hangs_nor_fills_the_memory() {
    let place = Place::new();
    place.pictures("set", 2);
    let line = "propose set --patches 64 --shard 1/4000000000 --out 1.json";
    place.run(line).exits(0).says("1 picture,");
    let line = "propose set --patches 64 --shard 18446744073709551615/18446744073709551615";
    place.run(line).exits(0).says("0 pictures,");
    place
        .run("merge 1.json -o all.json")
        .refuses(&["these shards are missing: 2/4000000000, 3/4000000000,", "…"]);
}

#[test]
fn files_of_the_same_pictures_are_not_merged() {
    let place = Place::new();
    place.pictures("set", 2);
    place.run("propose set --patches 64 --out a.json").exits(0);
    place
        .run("merge a.json a.json -o all.json")
        .refuses(&["00.png is in a.json"]);
    assert!(!place.path("all.json").exists());
}

#[test]
fn files_of_different_settings_are_not_merged() {
    let place = Place::new();
    place.pictures("a", 1);
    place.pictures("b", 1);
    place.run("propose a --patches 64 --out a.json").exits(0);
    place.run("propose b --patches 49 --out b.json").exits(0);
    place.run("merge a.json b.json -o all.json").refuses(&[
        "a.json",
        "b.json",
        "patches: 64, now 49",
    ]);
}

#[test]
fn a_file_that_is_not_coco_is_not_merged() {
    let place = Place::new();
    place.pictures("a", 1);
    place.run("propose a --patches 64 --out a.json").exits(0);
    place.write("b.json", b"[]");
    place
        .run("merge a.json b.json -o all.json")
        .refuses(&["b.json", "not COCO JSON"]);
    place
        .run("merge a.json absent.json -o all.json")
        .refuses(&["absent.json"]);
    place
        .run("merge a.json -o absent/all.json")
        .refuses(&["cannot write absent/all.json"]);
}

// --- Interrupt and resume ---------------------------------------------------------------------

/// Enough pictures for a signal to arrive during the run.
const MANY: u32 = 30;

/// A folder of many pictures, and the file that an undisturbed run writes.
fn many() -> (Place, Vec<u8>) {
    let place = Place::new();
    place.pictures("set", MANY);
    place
        .run("propose set --patches 49 --out whole.json")
        .exits(0);
    let whole = place.read("whole.json");
    (place, whole)
}

/// One decoder, so that few pictures are in progress when the signal arrives.
const LINE: &str = "propose set --patches 49 --jobs 1 --out boxes.json";

/// Starts a run and pauses it when its journal has a few pictures; [`ended`] continues it.
fn started(place: &Place, line: &str) -> Child {
    let mut child = place.command(line).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while journal_lines(place) < 4 {
        assert!(begun.elapsed() < Duration::from_secs(120), "not a journal");
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&child, "-STOP");
    child
}

/// Number of complete lines in the journal, including the settings.
fn journal_lines(place: &Place) -> usize {
    let bytes = fs::read(place.path("boxes.json.journal")).unwrap_or_default();
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn ended(mut child: Child) -> Run {
    signal(&child, "-CONT");
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    let status = child.wait().unwrap();
    Run {
        code: status.code(),
        stdout: String::new(),
        stderr,
    }
}

/// The N of `continuing after N of M pictures`, the number of pictures done before.
#[track_caller]
fn resumed(run: &Run) -> usize {
    let (_, rest) = run.stderr.split_once("continuing after ").unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_killed_run_continues_from_its_journal() {
    let (place, whole) = many();
    let mut child = started(&place, LINE);
    child.kill().unwrap();
    ended(child);
    let done = journal_lines(&place) - 1;
    assert!((3..MANY as usize).contains(&done), "{done}");
    assert!(!place.path("boxes.json").exists());

    // Without --resume the journal is kept.
    place.run(LINE).refuses(&["boxes.json.journal", "--resume"]);
    assert_eq!(journal_lines(&place) - 1, done);

    let run = place.run(&format!("{LINE} --resume")).exits(0);
    assert_eq!(resumed(&run), done);
    assert!(place.read("boxes.json") == whole, "the bytes differ");
    assert_eq!(place.names("."), ["boxes.json", "set", "whole.json"]);
}

#[test]
fn an_interrupted_run_writes_what_is_done_and_can_be_resumed() {
    let (place, whole) = many();
    let child = started(&place, LINE);
    signal(&child, "-INT");
    let run = ended(child).exits(130).says("--resume");
    let coco = place.json("boxes.json");
    assert_eq!(coco["info"]["interrupted"], true);
    let done = file_names(&coco).len();
    assert!((3..MANY as usize).contains(&done), "{done}: {run:#?}");
    assert_eq!(place.names("."), ["boxes.json", "set", "whole.json"]);

    place
        .run("merge boxes.json -o all.json")
        .refuses(&["interrupted", "--resume"]);

    let run = place.run(&format!("{LINE} --resume")).exits(0);
    assert_eq!(resumed(&run), done);
    assert!(place.read("boxes.json") == whole, "the bytes differ");
}

#[test]
fn a_terminated_run_writes_what_is_done() {
    let place = Place::new();
    place.pictures("set", MANY);
    let child = started(&place, LINE);
    signal(&child, "-TERM");
    ended(child).exits(130);
    assert_eq!(place.json("boxes.json")["info"]["interrupted"], true);
}

#[test]
fn an_interrupted_file_is_not_overwritten_by_accident() {
    let place = Place::new();
    place.pictures("set", MANY);
    let child = started(&place, LINE);
    signal(&child, "-INT");
    ended(child).exits(130);
    let before = place.read("boxes.json");
    place.run(LINE).refuses(&["boxes.json", "--resume"]);
    assert!(place.read("boxes.json") == before);
}

#[test]
fn a_second_interrupt_stops_at_once_and_keeps_the_journal() {
    let place = Place::new();
    place.pictures("set", 12);
    // Slow enough to be caught between the two signals.
    let line = "propose set --patches 2500 --out boxes.json";
    let mut child = place.command(line).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while journal_lines(&place) < 1 {
        assert!(begun.elapsed() < Duration::from_secs(120), "not a journal");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&child, "-INT");
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("again to stop at once") {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "{said}");
    }
    signal(&child, "-INT");
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(!place.path("boxes.json").exists());
    assert!(place.path("boxes.json.journal").exists());
}

/// The result of a run of five pictures, and the journal after a kill when four were done.
fn with_journal() -> (Place, Vec<u8>, Vec<u8>) {
    let place = Place::new();
    place.pictures("set", 5);
    place
        .run("propose set/00.png set/01.png set/02.png set/03.png --patches 49 --out part.json")
        .exits(0);
    place
        .run("propose set --patches 49 --out whole.json")
        .exits(0);
    let part = place.json("part.json");
    let mut journal = serde_json::to_string(&part["info"]).unwrap() + "\n";
    for image in part["images"].as_array().unwrap() {
        let annotations = part["annotations"].as_array().unwrap();
        let of_image: Vec<&Value> = annotations
            .iter()
            .filter(|annotation| annotation["image_id"] == image["id"])
            .collect();
        journal += &json!({"image": image, "annotations": of_image}).to_string();
        journal.push('\n');
    }
    let whole = place.read("whole.json");
    (place, journal.into_bytes(), whole)
}

#[test]
fn a_journal_with_a_truncated_last_line_is_resumed() {
    let (place, journal, whole) = with_journal();
    place.write("boxes.json.journal", &journal[..journal.len() - 30]);
    let run = place.run(&format!("{LINE} --resume")).exits(0);
    assert_eq!(resumed(&run), 3);
    assert!(place.read("boxes.json") == whole);
}

#[test]
fn a_file_that_is_not_a_journal_is_refused() {
    let (place, _, _) = with_journal();
    place.write("boxes.json.journal", b"something else\n");
    place
        .run(&format!("{LINE} --resume"))
        .refuses(&["boxes.json.journal", "not a journal"]);
    assert_eq!(place.read("boxes.json.journal"), b"something else\n");
}

#[test]
fn a_file_that_another_program_saved_is_resumed_and_merged() {
    let (place, _, whole) = with_journal();
    let mut saved: Value = serde_json::from_slice(&whole).unwrap();
    for row in saved["images"].as_array_mut().unwrap() {
        row["id"] = format!("picture {}", row["id"]).into();
        row["width"] = row["width"].as_f64().unwrap().into();
    }
    for row in saved["annotations"].as_array_mut().unwrap() {
        row["image_id"] = format!("picture {}", row["image_id"]).into();
        row["category_id"] = row["category_id"].to_string().into();
        row["iscrowd"] = false.into();
        row["bbox"] = strings_of(&row["bbox"]);
        row["id"] = Value::Null;
    }
    saved["licenses"] = Value::Null;
    let utf16 = format!("\u{feff}{saved}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf8 = format!("\u{feff}{saved}").into_bytes();
    for bytes in [utf8, utf16] {
        let bytes: Vec<u8> = bytes;
        place.write("boxes.json", &bytes);
        place.run("merge boxes.json -o merged.json").exits(0);
        assert_eq!(place.read("merged.json"), whole);
        let run = place.run(&format!("{LINE} --resume")).exits(0);
        assert_eq!(resumed(&run), 5);
        assert_eq!(place.read("boxes.json"), whole);
    }
}

/// The numbers of a list as text.
fn strings_of(list: &Value) -> Value {
    let list = list.as_array().unwrap().iter();
    list.map(|number| Value::from(number.to_string())).collect()
}

#[test]
fn other_settings_are_refused_by_name() {
    let (place, journal, _) = with_journal();
    place.write("boxes.json.journal", &journal);
    place
        .run("propose set --patches 64 --out boxes.json --resume")
        .refuses(&["boxes.json.journal", "patches: 49, now 64"]);
    assert!(place.read("boxes.json.journal") == journal);
    place
        .run("propose set --patches 64 --out whole.json --resume")
        .refuses(&["whole.json", "patches: 49, now 64"]);
}

#[test]
fn another_network_is_refused_by_its_part() {
    let (place, journal, _) = with_journal();
    let journal = String::from_utf8(journal).unwrap();
    let companion = r#"{"name":"companion","sha256":"b2a190"#;
    assert!(journal.contains(companion), "{journal}");
    let other = journal.replace(companion, &companion.replace("b2a190", "000000"));
    place.write("boxes.json.journal", other);
    let line = "propose set --patches 49 --out boxes.json --resume";
    place.run(line).refuses(&[
        "boxes.json.journal",
        "companion: 000000a0b654, now b2a190a0b654",
    ]);
    // A file of the first versions does not have the list.
    let start = journal.find(r#","networks":["#).unwrap();
    let end = start + journal[start..].find(']').unwrap() + 1;
    let old = format!("{}{}", &journal[..start], &journal[end..]);
    place.write("boxes.json.journal", old);
    assert_eq!(resumed(&place.run(line).exits(0)), 4);
    let networks = &place.json("boxes.json")["info"]["networks"];
    // The backbone, the companion, the detector and the judge.
    assert_eq!(networks.as_array().map(Vec::len), Some(4));
}

#[test]
fn a_mistyped_folder_does_not_destroy_the_journal() {
    let (place, journal, _) = with_journal();
    place.write("boxes.json.journal", &journal);
    place.write("other/x.png", png(&scene(64, 48, 1)));
    place
        .run("propose other --patches 49 --out boxes.json --resume")
        .refuses(&["boxes.json.journal"]);
    assert!(
        place.read("boxes.json.journal") == journal,
        "the work is lost"
    );
}

#[test]
fn numbers_survive_reading_and_writing() {
    // A careless decimal parser misreads products such as 207365.49839999998 in the last digit.
    let place = Place::new();
    for index in 0..16 {
        let picture = scene(301 + 37 * index, 203 + 23 * index, index);
        place.write(format!("set/{index:02}.png"), png(&picture));
    }
    let line = "propose set --patches 256 --out boxes.json";
    place.run(line).exits(0);
    let before = place.read("boxes.json");
    let run = place.run(&format!("{line} --resume")).exits(0);
    assert_eq!(resumed(&run), 16);
    assert!(place.read("boxes.json") == before, "a number changed");
}

#[test]
fn resume_without_an_earlier_run_starts_one() {
    let place = Place::new();
    place.pictures("set", 1);
    place.run(&format!("{LINE} --resume")).exits(0);
    assert_eq!(file_names(&place.json("boxes.json")), ["00.png"]);
}

#[test]
fn resume_after_the_end_processes_only_new_pictures() {
    let place = Place::new();
    place.pictures("set", 3);
    place.run(LINE).exits(0);
    place.pictures("set", 4);
    let run = place.run(&format!("{LINE} --resume")).exits(0);
    assert_eq!(resumed(&run), 3);
    place
        .run("propose set --patches 49 --out whole.json")
        .exits(0);
    assert!(place.read("boxes.json") == place.read("whole.json"));
}

#[test]
fn resume_retries_failed_pictures() {
    let place = Place::new();
    place.pictures("set", 2);
    place.write("set/mended.png", b"");
    place.run(LINE).exits(1);
    place.write("set/mended.png", png(&scene(64, 48, 1)));
    place.run(&format!("{LINE} --resume")).exits(0);
    let coco = place.json("boxes.json");
    assert_eq!(file_names(&coco).len(), 3);
    assert!(coco["info"].get("failed").is_none());
}

#[test]
fn a_run_that_cannot_start_leaves_nothing_to_resume() {
    let place = Place::new();
    place.pictures("set", 1);
    place.write("maps", b"a file, no folder");
    place.run(&format!("{LINE} --heatmaps maps")).exits(2);
    fs::remove_file(place.path("maps")).unwrap();
    place.run(&format!("{LINE} --heatmaps maps")).exits(0);
}

#[test]
fn a_picture_deleted_during_the_run_is_reported_as_failed() {
    let place = Place::new();
    place.pictures("set", MANY);
    let child = started(&place, LINE);
    let last = format!("set/{}.png", MANY - 1);
    fs::remove_file(place.path(&last)).unwrap();
    ended(child).exits(1).says(&last);
    let coco = place.json("boxes.json");
    assert_eq!(strings(&coco["info"]["failed"]).len(), 1);
    assert_eq!(file_names(&coco).len(), MANY as usize - 1);
}

#[test]
fn a_second_run_with_the_same_output_is_refused_during_the_first() {
    let place = Place::new();
    place.pictures("set", MANY);
    let first = started(&place, LINE);
    let second = place.run(LINE);
    ended(first).exits(0);
    second.refuses(&["boxes.json"]);
    assert_eq!(file_names(&place.json("boxes.json")).len(), MANY as usize);
}

#[test]
fn resuming_a_run_in_progress_is_refused() {
    let place = Place::new();
    place.pictures("set", MANY);
    let first = started(&place, LINE);
    let second = place.run(&format!("{LINE} --resume"));
    let first = ended(first);
    assert_eq!(first.code, Some(0), "{first:#?}");
    second.refuses(&["boxes.json"]);
    assert_eq!(place.names("."), ["boxes.json", "set"]);
    assert_eq!(file_names(&place.json("boxes.json")).len(), MANY as usize);
}

#[cfg(unix)]
#[test]
fn one_odd_name_does_not_stop_the_others() {
    let place = Place::new();
    place.pictures("set", 2);
    for name in [
        "back\\slash.png",
        "c:d.png",
        "folder\\1/a.png",
        "space.png ",
    ] {
        place.write(format!("set/{name}"), place.read("set/00.png"));
    }
    let run = place.run("propose set --patches 64 --out boxes.json");
    let run = run.exits(1).says("2 pictures,").says("4 failed");
    assert_eq!(run.stderr.matches(": rename it").count(), 4, "{run:#?}");
    assert_eq!(
        place.json("boxes.json")["images"].as_array().unwrap().len(),
        2
    );
}

// --- Speed ------------------------------------------------------------------------------------

#[test]
fn every_network_and_stage_is_measured() {
    let place = Place::new();
    let run = place.run("bench --device cpu --seconds 0 --json").exits(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let cpu = &report["devices"][0];
    assert_eq!(cpu["device"], "cpu");
    let names = |list: &Value| {
        let list = list.as_array().unwrap();
        let names = list.iter().map(|timing| {
            assert!(timing["ms"].as_f64().unwrap() > 0.0, "{timing}");
            timing["name"].as_str().unwrap().to_owned()
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        names(&cpu["networks"])[..3],
        ["backbone", "companion", "detector"]
    );
    assert_eq!(names(&report["stages"]), ["decode", "resize", "boxes"]);
    // No layer can be faster than products alone, but for the noise of a short measurement.
    let reached = cpu["networks"][0]["gflop_per_s"].as_f64().unwrap();
    assert!(
        reached < 2.0 * cpu["gflop_per_s"].as_f64().unwrap(),
        "{report}"
    );
    let pipeline = cpu["pipeline"].as_array().unwrap();
    assert_eq!(pipeline.len(), 2);
    assert!(
        pipeline
            .iter()
            .all(|level| level["pictures_per_s"].as_f64().unwrap() > 0.0)
    );
    place.run("bench --seconds 1e9").exits(2).says("3600");
}
