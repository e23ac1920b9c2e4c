//! YOLO.

use serde_json::json;

use super::common::{Folder, coco, import_into, mentions, sample, without_boxes};
use crate::document::{BoxState, Document, PictureId, ReviewState};
use crate::formats::{self, Format, ImportMode};
use crate::geometry::BBox;

#[test]
fn empty_pictures_differ_from_unreviewed_ones() {
    let folder = Folder::new();
    let bare = without_boxes(&sample());
    folder.write("labels/a.txt", "");
    folder.write("data.yaml", "names: {0: dog, 1: 1, 2: no}\n");
    assert_eq!(formats::detect_format(folder.path()), Some(Format::Yolo));
    let (after, _) = import_into(
        &bare,
        folder.path(),
        folder.path(),
        Format::Yolo,
        ImportMode::Merge,
    );
    assert!(after.is_verified_empty(PictureId(3)));
    let names: Vec<_> = after.categories().map(|row| row.name.to_string()).collect();
    assert_eq!(names[1..], ["dog", "1", "no"]);
    let listed = json!({"images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}], "annotations": []});
    let (after, report) = coco(&bare, &listed, ImportMode::Merge);
    assert_eq!(after, bare);
    assert!(mentions(&report.changed, "1 picture has no box"));
}

#[test]
fn yolo_lines_of_all_kinds_are_read() {
    let folder = Folder::new();
    folder.picture("images/train/a.png", 100, 50);
    folder.write("labels/train/a.txt", "\
        0 0.5 0.5 0.2 0.4\n1.0 0.5 0.5 0.2 0.4 0.75\n0 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.3\n\
        9 0.5 0.5 0.2 0.4\nx 1 1 1 1\n0 nan 0.5 0.1 0.1\n0 0.5 0.5 -0.1 0.1\n0 0.5\n0 30 30 20 20\n1.000e+00 0.25 0.5 0.5 0.5 1\n");
    folder.write(
        "data.yaml",
        "train: images/train\nnames:\n  0: cat\n  1: dog\n",
    );
    let (after, report) = import_into(
        &Document::default(),
        &folder.path().join("data.yaml"),
        folder.path(),
        Format::Yolo,
        ImportMode::Merge,
    );
    let picture = after.picture_at("images/train/a.png").unwrap();
    let rows = after.annotations(picture.id);
    assert_eq!(rows.len(), 5, "{report:?}");
    assert_eq!(rows[0].rect, BBox::from_xywh(40.0, 15.0, 20.0, 20.0));
    assert_eq!(
        (rows[1].state, rows[1].score),
        (BoxState::Proposed, Some(0.75))
    );
    assert_eq!(
        rows[2].rect,
        BBox {
            x0: 10.0,
            y0: 10.0,
            x1: 30.0,
            y1: 30.0
        }
    );
    assert_eq!(report.skipped.texts.len(), 5, "{report:?}");
    assert!(mentions(&report.changed, "a.txt: a polygon was reduced"));
    assert!(
        picture.review < ReviewState::Done,
        "some of its lines could not be read"
    );
}

/// Imports label files of one picture size, which is 100 x 100, and describes what became of them.
fn import_set(files: &[(&str, &str)]) -> (Document, formats::ImportReport) {
    let folder = Folder::new();
    for (name, content) in files {
        folder.write(name, content);
        if let Some(stem) = name
            .strip_suffix(".txt")
            .filter(|_| name.contains("labels/"))
        {
            folder.picture(
                &format!("{}.png", stem.replace("labels/", "images/")),
                100,
                100,
            );
        }
    }
    import_into(
        &Document::default(),
        folder.path(),
        folder.path(),
        Format::Yolo,
        ImportMode::Merge,
    )
}

fn class_names(document: &Document) -> Vec<String> {
    let names = document.categories().map(|row| row.name.to_string());
    names.collect()
}

/// The class of the first box of a picture.
fn first_class(document: &Document, path: &str) -> String {
    let picture = document.picture_at(path).unwrap();
    let row = &document.annotations(picture.id)[0];
    document.name_of(row).unwrap().to_owned()
}

const BOX_LINE: &str = "0 .5 .5 .2 .2\n";

#[test]
fn the_nearest_description_serves_a_label_file() {
    let (document, _) = import_set(&[
        ("one/data.yaml", "names: [cat, dog]\n"),
        ("one/labels/train/a.txt", BOX_LINE),
        ("two/classes.txt", "car\nbus\n"),
        ("two/labels/b.txt", BOX_LINE),
    ]);
    assert_eq!(first_class(&document, "one/images/train/a.png"), "cat");
    assert_eq!(first_class(&document, "two/images/b.png"), "car");
    assert_eq!(class_names(&document), ["cat", "dog", "car", "bus"]);

    // Two descriptions in one folder, which name their folders.
    let (document, _) = import_set(&[
        ("one.yaml", "path: .\ntrain: one/images\nnames: {0: cat}\n"),
        (
            "two.yaml",
            "train: ../two/images\nval: two/images\nnames:\n  0: car\n",
        ),
        ("one/labels/a.txt", BOX_LINE),
        ("two/labels/b.txt", BOX_LINE),
    ]);
    assert_eq!(first_class(&document, "one/images/a.png"), "cat");
    assert_eq!(first_class(&document, "two/images/b.png"), "car");

    // Descriptions that contradict each other are named.
    let (_, report) = import_set(&[
        ("a.yaml", "names: [cat]\n"),
        ("b.yaml", "names: [dog]\n"),
        ("labels/a.txt", BOX_LINE),
    ]);
    assert!(mentions(
        &report.changed,
        "a.yaml and b.yaml give different names"
    ));
}

#[test]
fn names_come_from_lists_and_files_in_their_order() {
    for (file, content) in [
        ("labels.txt", "cat\ndog\n"),
        ("obj.names", "cat\ndog\n"),
        ("voc.names", "cat\r\ndog\r\n"),
        ("predefined_classes.txt", "\u{feff}cat\ndog"),
        ("labels/classes.txt", "cat\ndog\n"),
        ("data.yaml", "names: {1: dog, 0: cat}\n"),
        ("data.yaml", "\"names\": [cat, dog]\nnc: 2\n"),
        ("data.yaml", "names: ../lists/names.txt\n"),
        (
            "data/obj.data",
            "classes = 2\nnames = data/names.txt\ntrain = data/train.txt\n",
        ),
    ] {
        let (document, report) = import_set(&[
            (file, content),
            ("lists/names.txt", "cat\ndog\n"),
            ("data/names.txt", "cat\ndog\n"),
            ("labels/a.txt", "1 .5 .5 .2 .2\n"),
        ]);
        assert_eq!(class_names(&document), ["cat", "dog"], "{file}: {report:?}");
        assert_eq!(first_class(&document, "images/a.png"), "dog");
        assert!(report.skipped.is_empty(), "{file}: {report:?}");
    }
    let (document, report) = import_set(&[
        ("data.yaml", "names: [cat, 'cat ', dog]\n"),
        ("labels/a.txt", "1 .5 .5 .2 .2\n"),
    ]);
    assert_eq!(class_names(&document), ["cat", "dog"]);
    assert!(mentions(&report.changed, "0 and 1 are both named \"cat\""));
    // A picture may be called `labels`, and a list of pictures is no label file.
    let (document, report) = import_set(&[
        ("labels/labels.txt", BOX_LINE),
        ("train.txt", "images/labels.png\n"),
        ("README.txt", "1 set\n"),
    ]);
    assert_eq!(first_class(&document, "images/labels.png"), "class 0");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[test]
fn a_description_leads_to_the_label_files_that_it_names() {
    let folder = Folder::new();
    for set in ["mine", "other"] {
        folder.picture(&format!("{set}/images/{set}.png"), 100, 100);
        folder.write(&format!("{set}/labels/{set}.txt"), BOX_LINE);
    }
    folder.write("list/train.txt", "../mine/images/mine.png\n");
    for (place, yaml) in [
        (
            "yaml/data.yaml",
            "path: ../mine\ntrain: images\nval: images\nnames: [cat]\n",
        ),
        (
            "yaml/data.yaml",
            "train: [../mine/images, nowhere]\nnames: [cat]\n",
        ),
        ("yaml/data.yaml", "train: ../list/train.txt\nnames: [cat]\n"),
        (
            "data.yaml",
            "path: /content/datasets/mine\ntrain: images\nnames: [cat]\n",
        ),
        ("data.yaml", "train: ../mine/images\nnames: [cat]\n"),
        (
            "data.yaml",
            "path: mine\ntrain: images/mine.png\nval: images\nnames: [cat]\n",
        ),
    ] {
        let path = folder.write(place, yaml);
        let (document, report) = import_into(
            &Document::default(),
            &path,
            folder.path(),
            Format::Yolo,
            ImportMode::Merge,
        );
        assert_eq!(document.pictures().len(), 1, "{yaml}: {report:?}");
        assert_eq!(first_class(&document, "mine/images/mine.png"), "cat");
    }
}

#[test]
fn ambiguous_columns_are_refused_and_named() {
    for (lines, reason) in [
        ("0 .5 .5 .2 .2 1\n", "write a confidence as 1.0"),
        ("0 .5 .5 .2 .2 .8 1\n", "or a triangle"),
        ("0 .1 .1 .5 .1 .5 .6\n", "or a triangle"),
        (
            "0 .5 .5 .2 .2 .7\n0 .5 .5 .2 .2 17\n",
            "neither all confidences",
        ),
        (
            "0 .1 .1 .5 .1 .5 .6 .1 .6\n0 .1 .1 .5 .1 .5 .6 .1\n",
            "neither pairs alone",
        ),
    ] {
        let (document, report) =
            import_set(&[("data.yaml", "names: [cat]\n"), ("labels/a.txt", lines)]);
        assert!(mentions(&report.skipped, reason), "{report:?}");
        assert!(report.skipped.texts[0].starts_with("labels/a.txt"));
        let picture = document.picture_at("images/a.png").unwrap();
        assert!(picture.review < ReviewState::Done);
    }
    // The rest of the set decides.
    let (document, report) = import_set(&[
        ("data.yaml", "names: [cat]\n"),
        ("labels/a.txt", "0 .1 .1 .5 .1 .5 .6\n"),
        ("labels/b.txt", "0 .1 .1 .5 .1 .5 .6 .1 .6\n"),
        ("labels/c.txt", "0 .5 .5 .2 .2 1\n"),
        ("labels/d.txt", "0 .5 .5 .2 .2 0.9\n"),
    ]);
    assert!(report.skipped.is_empty(), "{report:?}");
    assert_eq!((report.boxes, report.proposals), (2, 2));
    assert_eq!(document.annotation_count(), 4);
}

#[test]
fn predictions_of_keypoints_are_proposals() {
    let yaml = ("data.yaml", "kpt_shape: [2, 3]\nnames: [cat]\n");
    let points = ".1 .1 2 .2 .2 2";
    for (tail, is_proposal) in [("", false), (" .9", true), (" .9 4", true), (" 4", false)] {
        let line = format!("0 .5 .5 .2 .2 {points}{tail}\n");
        let (_, report) = import_set(&[yaml, ("labels/a.txt", &line)]);
        assert_eq!(
            report.proposals,
            usize::from(is_proposal),
            "{line} {report:?}"
        );
        assert_eq!(report.boxes, usize::from(!is_proposal), "{line} {report:?}");
    }
}

#[test]
fn a_hostile_count_of_keypoints_is_no_count() {
    let largest = "[4294967295, 4294967297]";
    for shape in [largest, "[4294967296, 4294967296]", "[-1, 3]", "[many, 3]"] {
        let yaml = format!("kpt_shape: {shape}\nnames: [cat]\n");
        let line = "0 .5 .5 .2 .2 .1 .1 2 .2 .2 2\n";
        let (document, report) = import_set(&[("data.yaml", &yaml), ("labels/a.txt", line)]);
        assert_eq!(document.annotation_count(), 1, "{shape}: {report:?}");
        assert!(mentions(&report.changed, "keypoints were left out"));
    }
}

#[test]
fn odd_names_of_label_files_match_their_pictures() {
    for (picture, label_file) in [
        ("a.png", "a.png.txt"),
        ("a b.png", "a%20b.txt"),
        ("ü.png", "u\u{308}.txt"),
        ("A.PNG", "a.txt"),
        ("x.v2.png", "x.v2.txt"),
    ] {
        let folder = Folder::new();
        folder.picture(&format!("images/{picture}"), 100, 100);
        folder.write(&format!("labels/{label_file}"), BOX_LINE);
        let (document, report) = import_into(
            &Document::default(),
            folder.path(),
            folder.path(),
            Format::Yolo,
            ImportMode::Merge,
        );
        assert_eq!(document.pictures().len(), 1, "{label_file}: {report:?}");
        assert_eq!(report.boxes, 1, "{label_file}: {report:?}");
    }
    // Label files beside their pictures, of which one has two endings.
    let folder = Folder::new();
    folder.picture("a.png", 10, 10);
    folder.picture("a.jpg", 10, 10);
    folder.write("a.txt", BOX_LINE);
    folder.write("a.jpg.txt", BOX_LINE);
    let (document, report) = import_into(
        &Document::default(),
        folder.path(),
        folder.path(),
        Format::Yolo,
        ImportMode::Merge,
    );
    assert!(mentions(&report.skipped, "could be"), "{report:?}");
    assert_eq!((document.pictures().len(), report.boxes), (1, 1));
    assert!(document.picture_at("a.jpg").is_some());
}

/// What the columns mean is decided by the files of a folder together, as for a whole data set.
#[test]
fn several_label_files_are_one_edit_and_one_set() {
    let folder = Folder::new();
    folder.picture("a.png", 100, 50);
    folder.picture("b.png", 100, 50);
    folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
    folder.write("labels/b.txt", "1 0.5 0.5 0.2 0.4\n");
    folder.write("labels/c.txt", "1 0.5 0.5 0.2 0.4\n");
    folder.write("labels/classes.txt", "cat\ndog\n");
    let paths = ["a.txt", "classes.txt", "b.txt"];
    let paths = paths.map(|name| folder.path().join("labels").join(name));
    let import = |paths: &[std::path::PathBuf]| {
        let mut document = Document::default();
        let root = folder.path();
        let mode = ImportMode::Merge;
        let import = formats::import_files(&document, paths, root, Format::Yolo, mode).unwrap();
        document.apply(import.edit).unwrap();
        document
    };
    let document = import(&paths);
    assert_eq!(document.annotation_count(), 2);
    let names: Vec<_> = document
        .categories()
        .map(|row| row.name.to_string())
        .collect();
    assert_eq!(names, ["cat", "dog"]);
    assert_eq!(import(&paths[..1]).annotation_count(), 1);
}
