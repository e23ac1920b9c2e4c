//! `tsukami train`: heads and models from tags, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Place, repository};

#[test]
fn a_head_trained_on_folders_names_the_boxes() {
    let place = Place::new();
    place.sample("pictures");
    let line = "train pictures --tags folders -o head.safetensors --curve loss.csv";
    let run = place.run(line).exits(0);
    let run = run
        .says("12 pictures of 12 classes")
        .says("too few pictures to hold any out");
    assert!(run.stderr.contains("head.safetensors"));
    let first = place.read("head.safetensors");
    place.run(line).exits(0);
    assert!(
        place.read("head.safetensors") == first,
        "the same bytes come out"
    );
    let curve = String::from_utf8(place.read("loss.csv")).unwrap();
    let losses: Vec<f64> = curve
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(
        losses.len() > 3 && losses.last() < losses.first(),
        "{curve}"
    );

    place
        .run(
            "propose pictures --head head.safetensors --boxes largest -o boxes.json --quality fast",
        )
        .exits(0);
    let boxes = place.json("boxes.json");
    let name = |id: &serde_json::Value| {
        let categories = boxes["categories"].as_array().unwrap();
        let category = categories.iter().find(|category| category["id"] == *id);
        category.unwrap()["name"].as_str().unwrap().to_owned()
    };
    let mut right = 0;
    for annotation in boxes["annotations"].as_array().unwrap() {
        let images = boxes["images"].as_array().unwrap();
        let image = images
            .iter()
            .find(|image| image["id"] == annotation["image_id"]);
        let file = image.unwrap()["file_name"].as_str().unwrap().to_owned();
        right += usize::from(file.starts_with(&name(&annotation["category_id"])));
    }
    assert_eq!(right, 12, "it knows the pictures that it was trained on");
}

#[test]
fn a_csv_file_trains_on_the_pictures_that_it_lists() {
    let place = Place::new();
    place.sample("pictures");
    place.write(
        "tags.csv",
        "path,tag\ncat/chelsea.jpg,animal,indoors\ncup/coffee.jpg,indoors\n\
         rocket/rocket.jpg,sky\n../elsewhere.jpg,sky\nnowhere.jpg,sky\n",
    );
    place
        .run("train pictures --tags tags.csv -o head.safetensors --kernel 3")
        .exits(0)
        .says("3 pictures of 3 classes")
        .says("\"../elsewhere.jpg\" was refused")
        .says("1 of 4 pictures in tags.csv not found, for example pictures/nowhere.jpg");
    // A head can be used as a model: it reads the embedded backbone.
    place
        .run("model head.safetensors")
        .exits(0)
        .prints("3 x 3 convolution, 3 classes: animal, indoors, sky");
}

#[test]
fn a_single_class_is_trained_against_the_background() {
    let place = Place::new();
    place.pictures("discs", 3);
    place
        .run("train discs --tags folders -o head.safetensors")
        .exits(0)
        .says("each class is trained against the picture background");
}

#[test]
fn copies_with_different_tags_are_left_out() {
    let place = Place::new();
    place.pictures("discs", 3);
    place.pictures("balls", 2);
    let png = common::png(&common::scene(80, 80, 40));
    place.write("pictures/a/odd.png", &png);
    place.write("pictures/b/same.png", &png);
    for (folder, class) in [("discs", "a"), ("balls", "b")] {
        for (at, name) in place.names(folder).iter().enumerate() {
            let mut bytes = place.read(&format!("{folder}/{name}"));
            // The same scene has other bytes under another class.
            bytes.extend([at as u8, class.as_bytes()[0]]);
            place.write(format!("pictures/{class}/{name}"), bytes);
        }
    }
    place
        .run("train pictures --tags folders -o head.safetensors")
        .exits(0)
        .says("left out because copies have different tags: 1 picture, for example")
        .says("pictures/a/odd.png (a) and pictures/b/same.png (b)")
        .says("5 pictures of 2 classes");
}

#[test]
fn input_that_cannot_be_trained_on_is_refused_in_a_sentence() {
    let place = Place::new();
    place.sample("pictures");
    place.pictures("one", 1);
    place.write("none.csv", "gone.jpg,cat\n");
    place.write("untagged.csv", "cat/chelsea.jpg\n");
    place.write("broken.csv", [0xff, 0x00, 0xfe]);
    let train = |words: &str| place.run(&format!("train {words} -o head.safetensors"));
    train("pictures --tags none.csv").refuses(&["none.csv", "pictures/gone.jpg"]);
    train("pictures --tags untagged.csv").refuses(&["no picture has a tag"]);
    train("pictures --tags broken.csv").refuses(&["broken.csv"]);
    train("pictures --tags absent.csv").refuses(&["absent.csv"]);
    train("nowhere --tags folders").refuses(&["nowhere"]);
    train("one --tags folders").refuses(&["too few tagged pictures to train on (1)"]);
    train("pictures --tags folders --block 12").refuses(&["no block 12"]);
    let over = place.run("train pictures --tags none.csv -o none.csv");
    over.refuses(&["none.csv would be overwritten"]);
    let full = place.run("train pictures --tags folders -o no/such/folder/head.safetensors");
    full.refuses(&["no/such/folder"]);
    assert!(!place.path("head.safetensors").exists());
}

#[test]
fn a_head_for_another_backbone_is_refused() {
    let place = Place::new();
    place.sample("pictures");
    let line = "train pictures --tags folders -o head.safetensors";
    place.run(line).exits(0);
    let mut head = place.read("head.safetensors");
    let key = b"\"backbone_sha256\":\"";
    let at = common::find(&head, key) + key.len();
    head[at] = if head[at] == b'0' { b'1' } else { b'0' };
    place.write("other.safetensors", head);
    place
        .run("propose pictures --head other.safetensors")
        .refuses(&["other.safetensors", "another backbone than dinov2-vits14"]);
    // The refusal leaves nothing behind, and the head that fits still proposes.
    let files = ["head.safetensors", "other.safetensors", "pictures"];
    assert_eq!(place.names("."), files);
    place
        .run("propose pictures --head head.safetensors --quality fast -o boxes.json")
        .exits(0);
}

/// Waits until a process has a handler for Ctrl-C: before that the signal would just end it.
#[cfg(target_os = "linux")]
fn wait_for_handler(child: &mut std::process::Child) {
    /// In the mask of signals that are caught.
    const SIGINT: u64 = 1 << 1;
    let status = format!("/proc/{}/status", child.id());
    let begun = std::time::Instant::now();
    loop {
        let text = std::fs::read_to_string(&status).unwrap();
        let mut masks = text.lines().filter_map(|line| line.strip_prefix("SigCgt:"));
        let mask = u64::from_str_radix(masks.next().unwrap().trim(), 16).unwrap();
        if mask & SIGINT != 0 {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        assert!(begun.elapsed().as_secs() < 120, "it handles no Ctrl-C");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_training_writes_nothing() {
    let place = Place::new();
    place.pictures("many/disc", 40);
    let mut child = place
        .command("train many --tags folders -o head.safetensors")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_handler(&mut child);
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let run: common::Run = child.wait_with_output().unwrap().into();
    run.exits(130).says("nothing is written");
    assert_eq!(place.names("."), ["many"]);
}

#[test]
fn the_papers_training_makes_a_model_that_proposes() {
    let place = Place::new();
    place.pictures("pictures/disc", 2);
    for (at, name) in ["a.png", "b.png"].into_iter().enumerate() {
        let picture = common::scene(64, 64, 10 + at as u32);
        place.write(format!("pictures/other/{name}"), common::png(&picture));
    }
    place.write(
        "start.pth",
        std::fs::read(repository("tests/reference/tscam_reference.pth")).unwrap(),
    );
    let line = "train pictures --tags folders --full --model start.pth -o full.safetensors \
                --epochs 2 --batch 2 --curve loss.csv";
    place
        .run(line)
        .exits(0)
        .says("4 pictures of 2 classes, 2 epochs");
    let curve = String::from_utf8(place.read("loss.csv")).unwrap();
    assert_eq!(curve.lines().count(), 5, "{curve}");
    place
        .run("model full.safetensors")
        .exits(0)
        .prints("3 x 3 convolution, 2 classes: disc, other");
    place
        .run("propose pictures --model full.safetensors --method ts-cam --square --quality fast")
        .exits(0);
    // The model, the curve and the boxes stay; the checkpoint is deleted.
    let names = place.names(".");
    assert!(
        !names.iter().any(|name| name.contains("checkpoint")),
        "{names:?}"
    );
    place
        .run("train pictures --tags folders -o head.safetensors --epochs 3")
        .exits(2)
        .says("--full");
}
