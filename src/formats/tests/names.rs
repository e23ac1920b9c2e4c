//! One rule for the names of pictures, in every format.

use serde_json::json;

use super::common::{Folder, import_into, insert_picture, mentions};
use crate::document::{Document, Picture, PictureId, ReviewState};
use crate::formats::{self, Format, ImportMode, ImportOptions, ImportReport, MissingPictures};

/// Formats that write the name of a picture.
const NAMING_FORMATS: [Format; 5] = [
    Format::Coco,
    Format::Voc,
    Format::LabelMe,
    Format::CreateMl,
    Format::Tags,
];

fn project(paths: &[&str]) -> Document {
    let mut document = Document::default();
    for (id, path) in (1..).zip(paths) {
        insert_picture(&mut document, Picture::new(PictureId(id), *path, 100, 80));
    }
    document
}

/// A file of a format about a picture with one box or tag. The file itself is called `label_file`.
fn labels(folder: &Folder, format: Format, written: &str, label_file: &str) -> std::path::PathBuf {
    let (extension, text) = match format {
        Format::Coco => (
            "json",
            json!({
                "images": [{"id": 1, "file_name": written, "width": 100, "height": 80}],
                "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 30, 40]}],
                "categories": [{"id": 1, "name": "cat"}],
            })
            .to_string(),
        ),
        Format::Voc => (
            "xml",
            format!(
                "<annotation><filename><![CDATA[{written}]]></filename><size><width>100</width><height>80</height>\
                 </size><object><name>cat</name><bndbox><xmin>11</xmin><ymin>21</ymin><xmax>40</xmax>\
                 <ymax>60</ymax></bndbox></object></annotation>"
            ),
        ),
        Format::LabelMe => (
            "json",
            json!({
                "shapes": [{"label": "cat", "shape_type": "rectangle", "points": [[10, 20], [40, 60]]}],
                "imagePath": written, "imageWidth": 100, "imageHeight": 80,
            })
            .to_string(),
        ),
        Format::CreateMl => (
            "json",
            json!([{"image": written, "annotations": [
                {"label": "cat", "coordinates": {"x": 25, "y": 40, "width": 30, "height": 40}},
            ]}])
            .to_string(),
        ),
        _ => ("csv", format!("path,tag\n\"{written}\",cat\n")),
    };
    folder.write(&format!("{label_file}.{extension}"), text)
}

/// The paths of the pictures that an import changed.
fn labelled(document: &Document) -> Vec<String> {
    let pictures = document.pictures();
    let with = pictures
        .filter(|picture| !document.annotations(picture.id).is_empty() || !picture.tags.is_empty());
    with.map(|picture| picture.path.to_string()).collect()
}

fn import(document: &Document, format: Format, written: &str) -> (Document, ImportReport) {
    let (folder, root) = (Folder::new(), Folder::new());
    let path = labels(&folder, format, written, "labels");
    let options = ImportOptions::default();
    let import = formats::import(document, &path, root.path(), format, options).unwrap();
    let mut after = document.clone();
    after.apply(import.edit).unwrap();
    (after, import.report)
}

#[test]
fn a_name_finds_its_picture_in_any_spelling() {
    let paths = [
        "a.jpg",
        "day/b.jpg",
        "U\u{308}ber 1.JPG",
        "50%.png",
        "x#1?.jpg",
        "deep/er/c.tif",
        "other/c.tif",
        "猫.jpg",
    ];
    for (written, path) in [
        ("a.jpg", 0),
        ("./a.jpg", 0),
        ("/home/me/set/a.jpg", 0),
        ("C:\\set\\a.jpg", 0),
        ("..\\..\\set\\a.jpg", 0),
        ("../set/a.jpg", 0),
        ("https://example.org/set/a.jpg?token=1", 0),
        ("file:///home/me/a.jpg", 0),
        ("A.JPG", 0),
        ("a.png", 0),
        ("a.heic", 0),
        ("a", 0),
        ("set/day/b.jpg", 1),
        ("b.jpg", 1),
        ("Day\\B.jpeg", 1),
        ("day%2Fb.jpg", 1),
        ("\u{dc}ber 1.JPG", 2),
        ("%C3%9Cber%201.JPG", 2),
        ("über 1.jpg", 2),
        ("50%.png", 3),
        ("50%25.png", 3),
        ("x#1?.jpg", 4),
        ("x%231%3F.jpg", 4),
        ("er/c.tif", 5),
        ("other/C.TIFF", 6),
        ("%E7%8C%AB.jpg", 7),
    ] {
        for format in NAMING_FORMATS {
            let document = project(&paths);
            let (after, report) = import(&document, format, written);
            assert_eq!(
                labelled(&after),
                [paths[path]],
                "{written} {format:?}: {report:?}"
            );
            assert_eq!(after.pictures().len(), paths.len(), "{written} {format:?}");
            assert!(
                report.skipped.is_empty(),
                "{written} {format:?}: {report:?}"
            );
        }
    }
}

#[test]
fn a_name_that_fits_several_pictures_gives_its_boxes_to_none() {
    let paths = ["x/a.jpg", "y/a.jpg", "b.jpg", "B.jpg", "c.png", "c.jpg"];
    for written in ["a.jpg", "A.JPG", "a", "z/a.jpg", "%62.JPG", "c", "c.tif"] {
        for format in NAMING_FORMATS {
            let document = project(&paths);
            let (after, report) = import(&document, format, written);
            let found = labelled(&after);
            assert!(found.is_empty(), "{written} {format:?}: {found:?}");
            assert_eq!(
                report.skipped.texts.len(),
                1,
                "{written} {format:?}: {report:?}"
            );
        }
    }
    // An exact name means its picture although another differs only in its letter case.
    let (after, _) = import(&project(&paths), Format::Coco, "B.jpg");
    assert_eq!(labelled(&after), ["B.jpg"]);
}

#[test]
fn pictures_that_the_folder_lacks_are_left_out_or_kept_and_never_done() {
    let has_size = |format| !matches!(format, Format::CreateMl | Format::Tags);
    for format in NAMING_FORMATS {
        let document = project(&["a.jpg"]);
        let (after, report) = import(&document, format, "gone/b.jpg");
        assert_eq!(
            (after.pictures().len(), report.missing),
            (1, 1),
            "{format:?}"
        );
        assert!(mentions(
            &report.skipped,
            "1 picture is not in the project's folder"
        ));

        let (folder, root) = (Folder::new(), Folder::new());
        let path = labels(&folder, format, "gone/b.jpg", "labels");
        let options = ImportOptions {
            missing: MissingPictures::Keep,
            ..ImportOptions::default()
        };
        let (kept, report) = import_into(&document, &path, root.path(), format, options);
        assert_eq!(report.missing, 1, "{format:?}");
        let picture = kept.picture_at("gone/b.jpg");
        assert_eq!(picture.is_some(), has_size(format), "{format:?}");
        if let Some(picture) = picture {
            assert!(
                picture.missing && picture.review < ReviewState::Done,
                "{picture:?}"
            );
            assert_eq!(kept.annotations(picture.id).len(), 1);
        }
        // A path out of the folder is not kept.
        let path = labels(&folder, format, "/gone/b.jpg", "labels");
        let (same, report) = import_into(&document, &path, root.path(), format, options);
        assert_eq!(
            (same.pictures().len(), report.missing),
            (1, 1),
            "{format:?}"
        );
    }
}

#[test]
fn a_label_file_without_a_usable_name_means_the_picture_with_its_own() {
    let paths = ["cam1/a.jpg", "cam2/a.jpg", "cam2/b.jpg", "image.jpg"];
    for format in [Format::Voc, Format::LabelMe] {
        for (label_file, written, expected) in [
            ("cam1/a", "", &paths[..1]),
            ("set/cam2/a", "wrong.jpg", &paths[1..2]),
            ("set/cam2/a", "a.jpg", &paths[1..2]),
            ("elsewhere/b", "", &paths[2..3]),
            ("b.jpg", "", &paths[2..3]),
            ("elsewhere/a", "", &[]),
            ("unknown", "", &[]),
        ] {
            let (folder, root) = (Folder::new(), Folder::new());
            labels(&folder, format, written, label_file);
            let document = project(&paths);
            let (after, report) = import_into(
                &document,
                folder.path(),
                root.path(),
                format,
                ImportMode::Merge,
            );
            assert_eq!(
                labelled(&after),
                expected,
                "{label_file} {written} {format:?}: {report:?}"
            );
            assert_eq!(
                after.pictures().len(),
                paths.len(),
                "{label_file} {format:?}"
            );
        }
        // All files say `image.jpg`, which exists, too.
        let (folder, root) = (Folder::new(), Folder::new());
        for name in ["cam1/a", "cam2/b", "image"] {
            labels(&folder, format, "image.jpg", name);
        }
        let (after, report) = import_into(
            &project(&paths),
            folder.path(),
            root.path(),
            format,
            ImportMode::Merge,
        );
        assert_eq!(
            labelled(&after),
            ["cam1/a.jpg", "cam2/b.jpg", "image.jpg"],
            "{report:?}"
        );
    }
}

#[test]
fn two_pictures_of_a_file_with_one_name_get_no_boxes() {
    let document = project(&["a.jpg"]);
    let (folder, root) = (Folder::new(), Folder::new());
    let image =
        |id: u32, name: &str| json!({"id": id, "file_name": name, "width": 100, "height": 80});
    let bbox = |id: u32, picture: u32| json!({"id": id, "image_id": picture, "category_id": 1, "bbox": [id, 10, 20, 20]});
    let coco = |images: [serde_json::Value; 2]| {
        let file = json!({"images": images, "annotations": [bbox(1, 1), bbox(2, 2)],
            "categories": [{"id": 1, "name": "cat"}]});
        file.to_string()
    };
    for (name, other) in [("a.jpg", "a.jpg"), ("day1/a.jpg", "day2/a.jpg")] {
        let path = folder.write("in.json", coco([image(1, name), image(2, other)]));
        let (after, report) = import_into(
            &document,
            &path,
            root.path(),
            Format::Coco,
            ImportMode::Merge,
        );
        assert_eq!(after.annotation_count(), 0, "{report:?}");
        assert!(
            mentions(&report.skipped, &format!("({name}, {other})")),
            "{report:?}"
        );

        let entry = |name: &str, x: u32| {
            json!({"image": name, "annotations": [
            {"label": "cat", "coordinates": {"x": x, "y": 40, "width": 30, "height": 40}}]})
        };
        let path = folder.write(
            "in.json",
            json!([entry(name, 20), entry(other, 30)]).to_string(),
        );
        let (after, report) = import_into(
            &document,
            &path,
            root.path(),
            Format::CreateMl,
            ImportMode::Merge,
        );
        assert_eq!(after.annotation_count(), 0, "{report:?}");
        assert!(
            mentions(&report.skipped, "several pictures of the file"),
            "{report:?}"
        );
    }
    // The exact name wins.
    let path = folder.write("in.json", coco([image(1, "a.jpg"), image(2, "old/a.jpg")]));
    let (after, report) = import_into(
        &document,
        &path,
        root.path(),
        Format::Coco,
        ImportMode::Merge,
    );
    assert_eq!(after.annotation_count(), 1);
    assert!(mentions(&report.skipped, "old/a.jpg: another picture"));
    // Several files may be about one picture, and lines of a table are.
    let set = Folder::new();
    set.write("one.json", coco([image(1, "a.jpg"), image(3, "c.jpg")]));
    set.write("two.json", coco([image(3, "c.jpg"), image(2, "a.jpg")]));
    let (after, _) = import_into(
        &document,
        set.path(),
        root.path(),
        Format::Coco,
        ImportMode::Merge,
    );
    assert_eq!(after.annotation_count(), 2);
    let path = folder.write("tags.csv", "a.jpg,cat\na.jpg,dog\n./a.jpg,red\n");
    let (after, _) = import_into(
        &document,
        &path,
        root.path(),
        Format::Tags,
        ImportMode::Merge,
    );
    assert_eq!(after.pictures().next().unwrap().tags.len(), 3);
    // Copies of a label file are one.
    for format in [Format::Voc, Format::LabelMe] {
        let set = Folder::new();
        labels(&set, format, "a.jpg", "a");
        labels(&set, format, "a.jpg", "copy/a");
        let (after, report) = import_into(
            &document,
            set.path(),
            root.path(),
            format,
            ImportMode::Merge,
        );
        assert_eq!(after.annotation_count(), 1, "{report:?}");
        let changed = std::fs::read_dir(set.path().join("copy"))
            .unwrap()
            .next()
            .unwrap();
        let changed = changed.unwrap().path();
        let text = std::fs::read_to_string(&changed).unwrap();
        std::fs::write(&changed, text.replace("40", "44")).unwrap();
        let (after, report) = import_into(
            &document,
            set.path(),
            root.path(),
            format,
            ImportMode::Merge,
        );
        assert_eq!(after.annotation_count(), 0, "{report:?}");
    }
}

#[test]
fn files_that_are_not_labels_are_passed_over() {
    for format in [
        Format::Coco,
        Format::Voc,
        Format::LabelMe,
        Format::CreateMl,
        Format::Yolo,
    ] {
        let (folder, root) = (Folder::new(), Folder::new());
        for extension in ["json", "xml", "txt", "yaml"] {
            folder.write(&format!("._a.{extension}"), b"\0\x05\x16\x07");
            folder.write(&format!("__MACOSX/set/._a.{extension}"), b"\0\x05\x16\x07");
            folder.write(&format!("set/README.{extension}"), "read me");
            folder.write(&format!(".idea/notes.{extension}"), "{}");
        }
        folder.write("Thumbs.db", b"\xd0\xcf");
        folder.write("set/.DS_Store", b"\0\0");
        folder.write("set/desktop.ini", "[x]\n");
        folder.write("train.txt", "./images/a.jpg\n");
        folder.write("set/pom.xml", "<project></project>");
        folder.write("set/package.json", "{\"name\": \"x\"}");
        folder.write("set/notes.txt", "blurred pictures are left out\n");
        if format == Format::Yolo {
            folder.write("set/labels/a.txt", "0 .5 .5 .2 .2\n");
        } else {
            labels(&folder, format, "a.jpg", "set/a");
        }
        assert_eq!(formats::detect_format(folder.path()), Some(format));
        let document = project(&["a.jpg"]);
        let (after, report) = import_into(
            &document,
            folder.path(),
            root.path(),
            format,
            ImportMode::Merge,
        );
        assert_eq!(after.annotation_count(), 1, "{format:?}: {report:?}");
        assert!(report.skipped.is_empty(), "{format:?}: {report:?}");
        assert_eq!(report.missing, 0, "{format:?}: {report:?}");
    }
}
