//! `tsukami eval --protocol`: the numbers of small data sets compared with the boxes of the official
//! implementation for the same picture and weights (`tests/reference/README.md`), and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;

use candle_core::{Device, Tensor};
use common::{Place, Run, repository};
use image::RgbImage;
use serde_json::{Value, json};

/// The corners of a box. In a picture of 224 x 224 pixels the official code moves only those on the last
/// edge, to 223.
type Corners = [i64; 4];

/// For each class a true box, made from the official box of the class at threshold 0.6.
const TRUTH: [Corners; 5] = [
    [31, 63, 79, 181],    // an IoU of exactly one half
    [31, 0, 67, 35],      // the same box
    [129, 0, 224, 224],   // the same except for the last edges
    [100, 100, 150, 150], // a small part
    [120, 160, 202, 209], // nearly the same
];

/// A second object in the picture of class 1, which no box finds.
const ELSEWHERE: Corners = [150, 150, 200, 200];

/// `MaxBoxAcc` and `MaxBoxAccV2` of [`ilsvrc`] according to wsolevaluation's own `BoxEvaluator`, for its
/// lists and the maps of the official implementation, enlarged by OpenCV, at 100 thresholds.
const WSOLEVALUATION: (f64, f64) = (0.8, (0.8 + 0.8 + 0.6) / 3.0);

/// The official boxes at a threshold, by class.
fn official_boxes(threshold: &str) -> Vec<Corners> {
    let text = fs::read(repository("tests/reference/tscam_reference_boxes.json")).unwrap();
    let json: Value = serde_json::from_slice(&text).unwrap();
    let boxes = &json["boxes_xyxy_by_threshold_then_class"][threshold];
    serde_json::from_value(boxes.clone()).unwrap()
}

/// The classes by the logits of the official implementation, most probable first.
fn official_ranking() -> Vec<usize> {
    let path = repository("tests/reference/tscam_reference_outputs.safetensors");
    let tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
    let logits: &Tensor = &tensors["logits"];
    let logits: Vec<f32> = logits.flatten_all().unwrap().to_vec1().unwrap();
    let mut classes: Vec<usize> = (0..logits.len()).collect();
    classes.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    classes
}

/// Intersection over union if a box is one pixel wider and higher than its edges say.
fn iou(a: &Corners, b: &Corners) -> f64 {
    let area = |[x0, y0, x1, y1]: Corners| (x1 - x0 + 1).max(0) * (y1 - y0 + 1).max(0);
    let shared = area([
        a[0].max(b[0]),
        a[1].max(b[1]),
        a[2].min(b[2]),
        a[3].min(b[3]),
    ]);
    shared as f64 / (area(*a) + area(*b) - shared) as f64
}

/// The IoU of the official box of each class with its true box.
fn official_ious(threshold: &str) -> Vec<f64> {
    let boxes = official_boxes(threshold);
    let pairs = boxes.iter().zip(TRUTH);
    pairs
        .map(|(found, truth)| iou(found, &truth.map(|edge| edge.min(223))))
        .collect()
}

/// Five pictures, one per class, as ILSVRC with wsolevaluation's metadata in `meta`.
fn ilsvrc() -> Place {
    let place = Place::new();
    let picture = fs::read(repository("tests/reference/input.png")).unwrap();
    let line = |name: &str, corners: Corners| {
        let [x0, y0, x1, y1] = corners;
        format!("{name},{x0},{y0},{x1},{y1}\n")
    };
    let (mut labels, mut sizes, mut boxes) = (String::new(), String::new(), String::new());
    for (class, truth) in TRUTH.into_iter().enumerate() {
        let name = format!("val/{class}.png");
        place.write(format!("ILSVRC/{name}"), &picture);
        labels += &format!("{name},{class}\n");
        sizes += &format!("{name},224,224\n");
        if class == 1 {
            boxes += &line(&name, ELSEWHERE);
        }
        boxes += &line(&name, truth);
    }
    place.write("meta/class_labels.txt", labels);
    place.write("meta/image_sizes.txt", sizes);
    place.write("meta/localization.txt", boxes);
    place
}

/// The same as CUB-200-2011, after a missing picture of the training split.
fn cub() -> Place {
    let place = Place::new();
    let picture = fs::read(repository("tests/reference/input.png")).unwrap();
    let mut lists = [
        ("images", "1 001.One/absent.png\n".to_owned()),
        ("image_class_labels", "1 1\n".to_owned()),
        ("train_test_split", "1 1\n".to_owned()),
        ("bounding_boxes", "1 0.0 0.0 9.0 9.0\n".to_owned()),
        ("classes", String::new()),
    ];
    for (class, [x0, y0, x1, y1]) in TRUTH.into_iter().enumerate() {
        let (id, class) = (class + 2, class + 1);
        let name = format!("{class:03}.Bird/{id}.png");
        place.write(format!("CUB_200_2011/images/{name}"), &picture);
        let (width, height) = (x1 - x0, y1 - y0);
        let lines = [
            format!("{id} {name}\n"),
            format!("{id} {class}\n"),
            format!("{id} 0\n"),
            format!("{id} {x0}.0 {y0}.0 {width}.0 {height}.0\n"),
            format!("{class} {class:03}.Bird\n"),
        ];
        for ((_, list), line) in lists.iter_mut().zip(lines) {
            *list += &line;
        }
    }
    for (name, list) in lists {
        place.write(format!("CUB_200_2011/{name}.txt"), list);
    }
    place
}

const ILSVRC: &str = "ILSVRC --protocol ilsvrc --metadata meta";
const CUB: &str = "CUB_200_2011 --protocol cub";

/// Runs `eval` with the reference model.
fn eval(place: &Place, line: &str) -> Run {
    place
        .command(&format!("eval {line} --json report.json"))
        .arg("--model")
        .arg(repository("tests/reference/tscam_reference.pth"))
        .output()
        .unwrap()
        .into()
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
}

/// Checks against the counts of the TS-CAM code for all five pictures at a threshold.
#[track_caller]
fn assert_official(report: &Value, threshold: &str) {
    let ious = official_ious(threshold);
    let share = |count: usize| count as f64 / 5.0;
    let (gt_known, found) = (&report["gt_known"], &report["classification"]);
    assert_eq!(report["pictures"], 5);
    assert_near(
        &gt_known["loc50"],
        share(ious.iter().filter(|iou| **iou >= 0.5).count()),
    );
    assert_near(&gt_known["mean_iou"], ious.iter().sum::<f64>() / 5.0);
    // All five classes are among the first five; one picture shows the most probable one.
    assert_near(&found["top5_cls"], 1.0);
    assert_near(
        &found["top5_loc"],
        share(ious.iter().filter(|iou| **iou > 0.5).count()),
    );
    let first = official_ranking()[0];
    assert_near(&found["top1_cls"], 0.2);
    assert_near(&found["top1_loc"], share(usize::from(ious[first] > 0.5)));
}

#[test]
fn the_true_boxes_have_the_intended_ious() {
    let ious = official_ious("0.6");
    assert_eq!(ious[0], 0.5);
    assert_eq!(ious[1], 1.0);
    assert!(ious[2] > 0.9 && ious[2] < 1.0);
    assert!(ious[3] < 0.5 && ious[4] > 0.5);
}

#[test]
fn the_counts_on_ilsvrc_agree_with_the_official_code() {
    let place = ilsvrc();
    let run = eval(
        &place,
        &format!("{ILSVRC} --threshold 0.6 --plot curve.svg"),
    )
    .exits(0);
    run.prints("5 pictures, protocol ilsvrc, method ts-cam")
        .prints("GT-known Loc  80.0");
    let report = place.json("report.json");
    assert_official(&report, "0.6");
    assert_eq!(report["failed"], json!([]));
    let plot = String::from_utf8(place.read("curve.svg")).unwrap();
    for text in ["<svg", "IoU 0.5", "IoU 0.7", "ilsvrc"] {
        assert!(plot.contains(text), "no {text:?}");
    }

    let found = &report["wsolevaluation"];
    assert_near(&found["max_box_acc"], WSOLEVALUATION.0);
    assert_near(&found["max_box_acc_v2"], WSOLEVALUATION.1);
    assert_eq!(found["curve"].as_array().unwrap().len(), 100);
}

#[test]
fn the_counts_on_cub_agree_with_the_official_code() {
    let place = cub();
    eval(&place, &format!("{CUB} --threshold 0.5")).exits(0);
    assert_official(&place.json("report.json"), "0.5");
}

#[test]
fn each_data_set_has_its_official_threshold() {
    for (place, line, threshold) in [(ilsvrc(), ILSVRC, 0.12), (cub(), CUB, 0.1)] {
        let run = eval(&place, line).exits(0);
        let report = place.json("report.json");
        assert!((report["threshold"].as_f64().unwrap() - threshold).abs() < 1e-6);
        assert_eq!(report["method"], "ts-cam");
        run.prints(&format!("threshold {threshold:.2}"));
    }
}

#[test]
fn image_ids_select_pictures_and_class_folders_are_searched() {
    let place = ilsvrc();
    place.write("meta/image_ids.txt", "val/4.png\nval/1.png\n");
    fs::create_dir(place.path("ILSVRC/n0001")).unwrap();
    fs::rename(
        place.path("ILSVRC/val/4.png"),
        place.path("ILSVRC/n0001/4.png"),
    )
    .unwrap();
    // Two of the five classes, the last one included.
    eval(&place, &format!("{ILSVRC} --threshold 0.6")).exits(0);
    let report = place.json("report.json");
    let ious = official_ious("0.6");
    assert_eq!(report["pictures"], 2);
    assert_near(&report["gt_known"]["mean_iou"], (ious[1] + ious[4]) / 2.0);
}

#[test]
fn a_missing_picture_is_listed_and_the_others_are_measured() {
    let place = cub();
    fs::remove_file(place.path("CUB_200_2011/images/002.Bird/3.png")).unwrap();
    eval(&place, CUB).exits(1).says("failed: ").says("3.png");
    let report = place.json("report.json");
    assert_eq!(report["pictures"], 4);
    assert_eq!(report["failed"].as_array().unwrap().len(), 1);
    fs::remove_dir_all(place.path("CUB_200_2011/images")).unwrap();
    eval(&place, CUB).exits(2).says("failed: ");
}

#[test]
fn a_part_of_the_set_at_another_size_gives_the_same_numbers() {
    let place = ilsvrc();
    let line = format!("{ILSVRC} --threshold 0.6");
    eval(&place, &line).exits(0);
    let same_size = place.json("report.json");

    // The lists of a set of 305 pictures, each twice as wide and four times as high as its file.
    let scaled = |name: &str, factors: &[i64]| {
        let list = String::from_utf8(place.read(&format!("meta/{name}.txt"))).unwrap();
        let line = |line: &str| {
            let (id, numbers) = line.split_once(',').unwrap();
            let numbers = numbers.split(',').zip(factors);
            let numbers: Vec<String> = numbers
                .map(|(number, factor)| (number.parse::<i64>().unwrap() * factor).to_string())
                .collect();
            format!("{id},{}\n", numbers.join(","))
        };
        list.lines().map(line).collect::<String>()
    };
    let absent = |numbers: &str| -> String {
        let ids = 5..305;
        ids.map(|id| format!("val/{id}.png,{numbers}\n")).collect()
    };
    let lists = [
        ("class_labels", scaled("class_labels", &[1]) + &absent("4")),
        (
            "image_sizes",
            scaled("image_sizes", &[2, 4]) + &absent("9,9"),
        ),
        (
            "localization",
            scaled("localization", &[2, 4, 2, 4]) + &absent("0,0,9,9"),
        ),
    ];
    for (name, list) in lists {
        place.write(format!("meta/{name}.txt"), list);
    }
    let run = eval(&place, &line)
        .exits(1)
        .says("note: 5 of 5 pictures are not of the size in the lists of the set")
        .says("failed: 300 of 305 pictures of the set are not in ILSVRC, such as val/5.png; the")
        .says("figures are of the other 5");
    assert_eq!(run.stderr.matches("val/").count(), 1, "{run:#?}");
    assert_eq!(
        run.stderr.matches("the size in the lists").count(),
        1,
        "{run:#?}"
    );
    let report = place.json("report.json");
    assert_eq!(report["absent"], 300);
    assert_eq!(report["resized"], 5);
    for key in ["pictures", "gt_known", "classification", "wsolevaluation"] {
        assert_eq!(report[key], same_size[key], "{key}");
    }
    assert_official(&report, "0.6");
}

#[test]
fn orientation_tags_are_ignored_as_pillow_does() {
    let place = ilsvrc();
    place.write("meta/image_ids.txt", "val/4.png\n");
    place.write("meta/image_sizes.txt", "val/4.png,640,480\n");
    // APP1 with orientation 6, after the start-of-image marker.
    let exif =
        b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let plain = common::jpeg(&common::scene(640, 480, 3));
    let turned = [&plain[..2], exif, &plain[2..]].concat();
    let mut reports = Vec::new();
    for picture in [plain, turned] {
        place.write("ILSVRC/val/4.png", picture);
        let run = eval(&place, ILSVRC).exits(0);
        assert!(!run.stderr.contains("the size in the lists"), "{run:#?}");
        reports.push(place.json("report.json"));
    }
    let upright = tsukami::pictures::probe(&place.path("ILSVRC/val/4.png")).unwrap();
    assert_eq!(upright, (480, 640), "the last one bears the tag");
    assert_eq!(reports[0], reports[1]);
}

#[test]
fn other_methods_need_no_head() {
    let place = cub();
    place
        .run(&format!("eval {CUB} --method affinity --json report.json"))
        .exits(0);
    let report = place.json("report.json");
    assert_eq!(report["classification"], Value::Null);
    assert_eq!(report["pictures"], 5);
    place
        .run(&format!("eval {CUB}"))
        .refuses(&["ts-cam needs class maps"]);
    // The companion's classes are not those of CUB, so its maps cannot stand for them.
    for line in ["--quality balanced", "--quality best --method affinity"] {
        let run = place.run(&format!("eval {CUB} {line}"));
        run.refuses(&["has no head for the classes of CUB", "use a --head"]);
    }
}

#[test]
fn a_head_for_another_data_set_is_refused() {
    let place = cub();
    let classes = String::from_utf8(place.read("CUB_200_2011/classes.txt")).unwrap();
    place.write("CUB_200_2011/classes.txt", classes + "6 006.Bird\n");
    let refused = ["tscam_reference has 5 classes", "the data set has 6"];
    eval(&place, CUB).refuses(&refused);
    let place = ilsvrc();
    place.write("meta/image_ids.txt", "val/1.png\n");
    eval(&place, ILSVRC).refuses(&["the data set has 2"]);
}

#[test]
fn incomplete_lists_are_refused() {
    let place = ilsvrc();
    let refuses = |name: &str, list: &str, texts: &[&str]| {
        let path = format!("meta/{name}");
        let good = place.read(&path);
        place.write(&path, list);
        eval(&place, ILSVRC).refuses(&[&[name], texts].concat());
        place.write(&path, good);
    };
    refuses(
        "localization.txt",
        "val/0.png,1,2,3,4\n\nval/1.png,1,2,3\n",
        &["line 3", "image_id,x0,y0,x1,y1"],
    );
    refuses("localization.txt", "val/0.png,5,2,3,4\n", &["line 1"]);
    refuses("localization.txt", "val/0.png,NaN,2,3,4\n", &["line 1"]);
    refuses(
        "localization.txt",
        "val/0.png,1,2,3,4\n",
        &["no line for val/1.png", "class_labels.txt"],
    );
    refuses("class_labels.txt", "val/0.png,-1\n", &["line 1", "-1"]);
    refuses("class_labels.txt", "", &["contains no pictures"]);
    refuses(
        "class_labels.txt",
        "val/0.png,0\nval/0.png,1\n",
        &["line 2", "repeats"],
    );
    refuses("image_sizes.txt", "val/0.png,224,0\n", &["line 1"]);
    refuses("image_sizes.txt", "val/0.png,224,224\n", &["no line for"]);

    fs::remove_file(place.path("meta/image_sizes.txt")).unwrap();
    eval(&place, ILSVRC).refuses(&["meta: there is no image_sizes.txt"]);
    eval(&place, "ILSVRC --protocol ilsvrc --metadata absent").refuses(&["class_labels.txt"]);
}

#[test]
fn incomplete_lists_of_cub_are_refused() {
    let place = cub();
    let refuses = |name: &str, list: &str, texts: &[&str]| {
        let path = format!("CUB_200_2011/{name}");
        let good = place.read(&path);
        place.write(&path, list);
        eval(&place, CUB).refuses(&[&[name], texts].concat());
        place.write(&path, good);
    };
    refuses("images.txt", "1\n", &["line 1", "image_id name"]);
    refuses("image_class_labels.txt", "1 1\n2 6\n", &["line 2"]);
    refuses("image_class_labels.txt", "1 0\n", &["line 1"]);
    refuses("train_test_split.txt", "1 1\n2 2\n", &["line 2"]);
    refuses("train_test_split.txt", "1 1\n", &["picture 2"]);
    refuses("bounding_boxes.txt", "1 1.0 1.0 -1.0 1.0\n", &["line 1"]);
    refuses("bounding_boxes.txt", "1 1.0 1.0 1.0 1.0\n", &["picture 2"]);
    let training: String = (1..=6).map(|id| format!("{id} 1\n")).collect();
    refuses(
        "train_test_split.txt",
        &training,
        &["no picture of the test split"],
    );

    fs::remove_file(place.path("CUB_200_2011/images.txt")).unwrap();
    eval(&place, CUB).refuses(&["there is no images.txt", "CUB_200_2011"]);
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let place = ilsvrc();
    for name in ["../0.png", "/0.png"] {
        place.write("meta/class_labels.txt", format!("{name},0\n"));
        place.write("meta/image_sizes.txt", format!("{name},224,224\n"));
        place.write("meta/localization.txt", format!("{name},0,0,9,9\n"));
        eval(&place, ILSVRC).refuses(&["class_labels.txt", "line 1", "outside the folder"]);
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let place = cub();
    eval(&place, "ILSVRC --protocol ilsvrc")
        .exits(2)
        .says("--metadata");
    eval(&place, "CUB_200_2011 --metadata meta")
        .exits(2)
        .says("--protocol");
    eval(&place, &format!("{CUB} --metadata meta")).refuses(&["omit --metadata"]);
    eval(&place, &format!("{CUB} --plot curve.jpg")).refuses(&["curve.jpg", ".svg or .png"]);
    place
        .run(&format!("eval {CUB} --json CUB_200_2011/classes.txt"))
        .refuses(&["would be overwritten"]);
    assert!(!place.path("curve.jpg").exists());
}

// --- Against the official programs ------------------------------------------------------------

/// A picture of a set in `tests/reference/protocol_sets.json`: a part of the reference picture,
/// mirrored and enlarged by a whole factor, so that it has the very pixels that the official
/// programs saw.
fn cut(row: &Value) -> RgbImage {
    let numbers: Vec<u32> = serde_json::from_value(row["cut"].clone()).unwrap();
    let [x, y, width, height] = numbers[..] else {
        panic!("{row}")
    };
    let factor = row["factor"].as_u64().unwrap() as u32;
    let whole = image::open(repository("tests/reference/input.png")).unwrap();
    let mut part = whole.to_rgb8();
    part = image::imageops::crop_imm(&part, x, y, width, height).to_image();
    if row["is_mirrored"] == true {
        image::imageops::flip_horizontal_in_place(&mut part);
    }
    RgbImage::from_fn(width * factor, height * factor, |x, y| {
        *part.get_pixel(x / factor, y / factor)
    })
}

/// The set of a protocol in the layout that the protocol has, and the official numbers.
fn official_set(protocol: &str) -> (Place, Vec<Value>) {
    let text = fs::read(repository("tests/reference/protocol_sets.json")).unwrap();
    let sets: Value = serde_json::from_slice(&text).unwrap();
    let place = Place::new();
    let mut lists: BTreeMap<&str, String> = BTreeMap::new();
    let mut add = |list: &'static str, line: String| {
        let list = lists.entry(list).or_default();
        *list += &line;
        list.push('\n');
    };
    let rows = sets[protocol]["pictures"].as_array().unwrap();
    for (number, row) in rows.iter().enumerate() {
        let picture = cut(row);
        let (width, height) = picture.dimensions();
        let class = row["class"].as_u64().unwrap();
        let boxes: Vec<Corners> = serde_json::from_value(row["boxes"].clone()).unwrap();
        if protocol == "ilsvrc" {
            let name = format!("val/{number}.png");
            place.write(format!("ILSVRC/{name}"), common::png(&picture));
            add("class_labels", format!("{name},{class}"));
            add("image_sizes", format!("{name},{width},{height}"));
            for [x0, y0, x1, y1] in boxes {
                add("localization", format!("{name},{x0},{y0},{x1},{y1}"));
            }
        } else {
            let (id, class) = (number + 1, class + 1);
            let name = format!("{class:03}.Bird/{id}.png");
            place.write(format!("CUB_200_2011/images/{name}"), common::png(&picture));
            let [x0, y0, x1, y1] = boxes[0];
            let (width, height) = (x1 - x0, y1 - y0);
            add("images", format!("{id} {name}"));
            add("image_class_labels", format!("{id} {class}"));
            add(
                "train_test_split",
                format!("{id} {}", u8::from(id % 4 == 0)),
            );
            add(
                "bounding_boxes",
                format!("{id} {x0}.0 {y0}.0 {width}.0 {height}.0"),
            );
        }
    }
    if protocol == "cub" {
        for class in 1..=5 {
            add("classes", format!("{class} {class:03}.Bird"));
        }
    }
    let folder = if protocol == "cub" {
        "CUB_200_2011"
    } else {
        "meta"
    };
    for (name, list) in lists {
        place.write(format!("{folder}/{name}.txt"), list);
    }
    (
        place,
        sets[protocol]["official"].as_array().unwrap().clone(),
    )
}

/// Compares every number with what `tests/crosscheck_protocol.py` got from the official programs.
#[track_caller]
fn assert_same_as_official(protocol: &str, line: &str) {
    let (place, official) = official_set(protocol);
    for numbers in official {
        let threshold = &numbers["threshold"];
        eval(&place, &format!("{line} --threshold {threshold}")).exits(0);
        let report = place.json("report.json");
        for key in ["top1_cls", "top5_cls", "top1_loc", "top5_loc"] {
            assert_near(
                &report["classification"][key],
                numbers[key].as_f64().unwrap(),
            );
        }
        assert_near(
            &report["gt_known"]["loc50"],
            numbers["gt_known"].as_f64().unwrap(),
        );
        for key in ["max_box_acc", "max_box_acc_v2"] {
            assert_near(
                &report["wsolevaluation"][key],
                numbers[key].as_f64().unwrap(),
            );
        }
    }
}

#[test]
fn ilsvrc_gives_the_numbers_of_the_official_programs() {
    assert_same_as_official("ilsvrc", ILSVRC);
}

#[test]
fn cub_gives_the_numbers_of_the_official_programs() {
    assert_same_as_official("cub", CUB);
}
