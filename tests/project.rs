//! Projects on the command line: how they are protected, and what is reported when they are damaged.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;

use common::{Place, find};
use serde_json::json;

/// A project of three pictures with an imported box.
fn project() -> Place {
    let place = Place::new();
    place.pictures("set", 3);
    let labels = json!({
        "images": [{"id": 1, "file_name": "00.png", "width": 96, "height": 72}],
        "categories": [{"id": 1, "name": "disc"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]}],
    });
    place.write("labels.json", labels.to_string());
    place.run("project new set").exits(0).says("3 pictures");
    place.run("import set labels.json").exits(0).says("1 box,");
    place
}

fn backups(place: &Place) -> Vec<String> {
    let mut names = place.names("set/.set.tsukami-aside");
    names.retain(|name| name.contains("Z-") && !name.starts_with("damaged"));
    names
}

#[test]
fn a_damaged_project_is_restored_by_a_command() {
    let place = project();
    let file = place.path("set/set.tsukami");
    let [first, _] = &backups(&place)[..] else {
        panic!("{:?}", backups(&place));
    };
    let whole = fs::metadata(&file).unwrap().len();
    let cut = fs::File::options().write(true).open(&file).unwrap();
    cut.set_len(whole / 2).unwrap();
    let remedy = "restore it with `tsukami project restore ";
    place.run("project check set").exits(1).prints(remedy);
    place.run("stats set").exits(2).says("is damaged");

    let run = place.run("project restore set").exits(0);
    let run = run.says("3 pictures and 1 box").says("is kept as");
    assert!(
        run.stderr.contains(".set.tsukami-aside/damaged-"),
        "{run:?}"
    );
    place.run("project check set").exits(0);
    // An older backup by its name, and the newest one after the project file was deleted.
    let line = format!("project restore set/set.tsukami set/.set.tsukami-aside/{first}");
    place.run(&line).exits(0).says("3 pictures and 0 boxes");
    fs::remove_file(&file).unwrap();
    let run = place.run("project restore set").exits(0);
    let run = run.says("3 pictures and 1 box");
    assert!(!run.stderr.contains("is kept as"), "{run:?}");

    fs::remove_dir_all(place.path("set/.set.tsukami-aside")).unwrap();
    let run = place.run("project restore set");
    run.refuses(&["set/set.tsukami", "no automatic backup"]);
}

#[test]
fn an_invalid_format_number_is_damage() {
    let place = project();
    let mut bytes = place.read("set/set.tsukami");
    assert_eq!(find(&bytes, b"SQLite format 3"), 0);
    // Where SQLite keeps the `user_version`.
    bytes[60..64].fill(0);
    place.write("set/set.tsukami", bytes);
    let check = place.run("project check set").exits(1);
    check.prints("damaged: 0 is not a format");
    place.run("project info set").refuses(&["damaged"]);
}

#[test]
fn an_export_over_the_project_is_refused() {
    let place = project();
    let before = place.read("set/set.tsukami");
    for out in ["set/set.tsukami", "set/../set/01.png"] {
        let line = format!("export set --all --format coco --out {out}");
        place.run(&line).refuses(&[out, "choose another"]);
    }
    let propose = "propose set --out set/set.tsukami";
    place.run(propose).refuses(&["a project is stored there"]);
    assert_eq!(place.read("set/set.tsukami"), before);
}

#[test]
fn refusals_name_the_remedy_once() {
    let place = project();
    let line = "export set --format yolo --out yolo --split";
    let run = place.run(&format!("{line} 0/0/0")).exits(2);
    run.says("all shares are 0");
    place.run(&format!("{line} 1/0/0")).exits(0);

    place.write("empty/a.txt", "");
    for command in ["check", "info", "restore"] {
        let run = place.run(&format!("project {command} empty"));
        run.refuses(&["empty contains no project", "tsukami project new empty"]);
    }
    let run = place.run("import set nope.json");
    run.refuses(&["nope.json does not exist"]);
    let run = place.run("export set --format tags --out tags.csv");
    run.exits(0).says("no picture has a tag yet");
    let run = place.run("export set --format coco-results --out results.json");
    run.exits(0).says("no proposal is waiting for review");

    let run = place.run("project info labels.json/set.tsukami").exits(2);
    assert_eq!(run.stderr.matches("os error").count(), 1, "{run:?}");
}

/// Names that cannot be those of a picture of a project are named, with what to do about them.
#[cfg(unix)]
#[test]
fn one_odd_name_does_not_stop_the_others() {
    use std::os::unix::ffi::OsStrExt as _;

    let place = Place::new();
    place.pictures("p", 1);
    let picture = place.read("p/00.png");
    let odd: [&[u8]; 4] = [b"back\\slash.png", b"c:d.png", b"\xff.png", b"dot.png."];
    for name in odd {
        let name = std::ffi::OsStr::from_bytes(name);
        place.write(std::path::Path::new("p").join(name), &picture);
    }
    place.write("p/line\nand\ttab.png", &picture);
    let run = place.run("project new p").exits(1).says("2 pictures -> ");
    let problems = run.stderr.matches("failed: ").count();
    assert_eq!(problems, odd.len(), "{run:#?}");
    assert_eq!(run.stderr.matches(": rename it").count(), odd.len());
    assert!(
        run.stderr
            .contains("back\\slash.png has a name with a backslash")
    );
    place.run("project check p").exits(0).prints("2 pictures,");
    // The command is not repeated over a project, which is whole.
    place
        .run("project new p")
        .refuses(&["p.tsukami already exists"]);
}

/// What the command line imports is one step, which the window undoes.
#[test]
fn an_import_is_undone_in_the_window() {
    use tsukami::document::BoxState;
    use tsukami::store::{Access, Project};

    let place = project();
    let file = place.path("set/set.tsukami");
    let boxes = |project: &Project| -> Vec<(String, String)> {
        let document = project.document();
        let pictures = document.pictures();
        let boxes = pictures.flat_map(|picture| {
            let rows = document.annotations(picture.id).iter();
            let rows = rows.filter(|row| row.state != BoxState::Rejected);
            rows.map(|row| (picture.path.to_string(), format!("{:?}", row.rect)))
        });
        boxes.collect()
    };
    let (project, _) = Project::open(&file, Access::View).unwrap();
    let before = boxes(&project);
    let document = project.document().clone();
    drop(project);
    assert_eq!(before.len(), 1);
    // The wrong file: it replaces the box and adds a class and boxes.
    let labels = json!({
        "images": [
            {"id": 1, "file_name": "00.png", "width": 96, "height": 72},
            {"id": 2, "file_name": "01.png", "width": 96, "height": 72},
        ],
        "categories": [{"id": 1, "name": "wrong"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [50, 2, 9, 9]},
            {"id": 2, "image_id": 2, "category_id": 1, "bbox": [50, 2, 9, 9]},
        ],
    });
    place.write("wrong.json", labels.to_string());
    let run = place.run("import set wrong.json --replace").exits(0);
    run.says("2 boxes,").says("1 removed");
    let (mut window, _) = Project::open(&file, Access::Edit).unwrap();
    assert_eq!(boxes(&window).len(), 2);
    let undone = window.undo().unwrap().unwrap();
    assert!(undone.label.ends_with("wrong.json"), "{undone:?}");
    assert_eq!(boxes(&window), before);
    assert_eq!(*window.document(), document);
    // While it is open.
    let run = place.run("import set wrong.json --replace").exits(0);
    run.says("2 boxes,");
    window.poll().unwrap();
    assert_eq!(boxes(&window).len(), 2);
    window.undo().unwrap().unwrap();
    assert_eq!(*window.document(), document);
    window.close().unwrap();
    place.run("project check set").exits(0);
}

#[test]
fn pictures_are_taken_out_and_brought_back_by_name() {
    let place = project();
    let run = place.run("project take-out set 00.png set/02.png").exits(0);
    run.says("2 pictures taken out of the project")
        .says("1 picture in the project");
    place
        .run("stats set")
        .exits(0)
        .prints("0 missing; 2 taken out of the project");
    let stats = place.run("stats set --json").exits(0);
    let stats: serde_json::Value = serde_json::from_str(&stats.stdout).unwrap();
    assert_eq!(stats["pictures"]["taken_out"], 2);
    assert_eq!(stats["pictures"]["done"], 0);
    assert_eq!(stats["boxes"]["drawn"], 0);
    place
        .run("project info set")
        .exits(0)
        .prints("2 of them taken out");

    let line = "export set --all --format coco --out all.json";
    let run = place.run(line).exits(0);
    run.says("1 picture, 0 boxes")
        .says("left out: 2 pictures taken out of the project");
    let names = |place: &Place| {
        let images = place.json("all.json")["images"].clone();
        let images = images.as_array().unwrap().iter();
        let names = images.map(|image| image["file_name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&place), ["01.png"]);

    // A wrong name changes nothing.
    let run = place.run("project bring-back set 00.png other.png");
    run.refuses(&["other.png is not a picture of the project"]);
    place.run("stats set").exits(0).prints("2 taken out");
    // A file that disappears is no news of a picture that is taken out.
    fs::remove_file(place.path("set/00.png")).unwrap();
    let run = place.run("propose --project set --quality fast").exits(0);
    assert!(!run.stderr.contains("missing"), "{run:?}");
    let stats = place.run("stats set --json").exits(0);
    let stats: serde_json::Value = serde_json::from_str(&stats.stdout).unwrap();
    assert_eq!(stats["pictures"]["proposed"], 1);
    assert_eq!(stats["pictures"]["missing"], 0);

    let run = place.run("project bring-back set 02.png").exits(0);
    run.says("1 picture brought back; 2 pictures in the project");
    place.run("project bring-back set --missing").exits(0);
    let line = "export set --all --format coco --out all.json";
    place.run(line).exits(0).says("3 pictures, 1 box");
    // All that are missing at once.
    let run = place.run("project take-out set --missing").exits(0);
    run.says("1 picture taken out");
    place.run("project take-out set").exits(2);
}

#[test]
fn an_export_is_limited_to_classes_and_pictures_by_name() {
    let place = project();
    let more = json!({
        "images": [
            {"id": 1, "file_name": "00.png", "width": 96, "height": 72},
            {"id": 2, "file_name": "01.png", "width": 96, "height": 72},
        ],
        "categories": [{"id": 1, "name": "ring, open"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [50, 2, 30, 40]},
            {"id": 2, "image_id": 2, "category_id": 1, "bbox": [1, 2, 30, 40]},
        ],
    });
    place.write("more.json", more.to_string());
    place.run("import set more.json").exits(0).says("2 boxes,");
    let line = "export set --format coco --out some.json --classes";
    let run = place.run(&format!("{line} disc")).exits(0);
    run.says("2 pictures, 1 box ")
        .says("left out: 2 boxes of other classes")
        .says("without a box: 1 picture with boxes of other classes only");
    let names = place.json("some.json")["categories"][0]["name"].clone();
    assert_eq!(names, "disc");
    // A name may have a comma.
    let mut command = place.command(line);
    let output = command.arg("ring, open").output().unwrap();
    common::Run::from(output)
        .exits(0)
        .says("2 pictures, 2 boxes");
    let run = place.run(&format!("{line} disc,cup"));
    run.refuses(&["\"cup\" is not a class of the project", "disc, ring, open"]);

    place.write("list.txt", "set/01.png\n\n02.png\r\n");
    let line = "export set --format coco --out listed.json --pictures list.txt";
    let run = place.run(line).exits(0);
    run.says("1 picture, 1 box ")
        .says("left out: 1 picture not in the list");
    let run = place.run(&format!("{line} --all")).exits(0);
    run.says("2 pictures, 1 box ");
    place.write("list.txt", "nowhere.png\n");
    place
        .run(line)
        .refuses(&["nowhere.png is not a picture of the project"]);
}
