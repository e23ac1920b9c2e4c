//! Subsets, folder layouts and names of exported pictures.

use std::fs;

use super::common::{Folder, drawn, import_into, insert_box, insert_category, insert_picture};
use crate::document::{Document, Picture, PictureId, ReviewState};
use crate::formats::{
    self, ExportOptions, FolderLayout, Format, ImportMode, PictureFiles, Subset, SubsetSplit,
};

#[test]
fn a_picture_stays_in_its_subset() {
    let split = SubsetSplit {
        train: 80,
        val: 10,
        test: 10,
        seed: 7,
    };
    let parts: Vec<_> = (0..2000)
        .map(|n| split.subset(&format!("p/{n}.jpg")))
        .collect();
    let count = |part| parts.iter().filter(|other| **other == part).count();
    assert!(
        (1500..1700).contains(&count(Subset::Train)),
        "{}",
        count(Subset::Train)
    );
    assert!((140..260).contains(&count(Subset::Val)));
    // Another version of the program must not shuffle anybody's data.
    assert_eq!(split.subset("a.jpg"), Subset::Train);
    let other = SubsetSplit { seed: 8, ..split };
    assert!((0..2000).any(|n| other.subset(&format!("p/{n}.jpg")) != parts[n]));
}

#[test]
fn exports_follow_the_layout_and_give_unique_names() {
    let root = Folder::new();
    let mut document = Document::default();
    insert_category(&mut document, 1, "it's: \u{1f408} é");
    let paths = ["a.png", "a.jpg", "images/A.png", "sub/a.png", "Sub/A.png"];
    for (id, path) in (1..).zip(paths) {
        root.picture(path, 20, 10);
        let review = ReviewState::Done;
        insert_picture(
            &mut document,
            Picture {
                review,
                ..Picture::new(PictureId(id), path, 20, 10)
            },
        );
        insert_box(&mut document, id, drawn(id, [1.0, 2.0, 3.0, 4.0], 1));
    }
    let out = Folder::new();
    let mut options = ExportOptions::new(Format::Yolo);
    options.files = PictureFiles::Link;
    let report =
        formats::export(&document, root.path(), &options, &out.path().join("new")).unwrap();
    assert_eq!(report.files, 5);
    assert_eq!(report.changed.texts.len(), 3, "{report:?}");
    assert_eq!(
        out.names(),
        [
            "new/.tsukami-export",
            "new/data.yaml",
            "new/images/train/Sub/A_2.png",
            "new/images/train/a.png",
            "new/images/train/a_2.jpg",
            "new/images/train/images_/A.png",
            "new/images/train/sub/a.png",
            "new/labels/train/Sub/A_2.txt",
            "new/labels/train/a.txt",
            "new/labels/train/a_2.txt",
            "new/labels/train/images_/A.txt",
            "new/labels/train/sub/a.txt",
        ]
    );
    // The export can be imported as a project of its own.
    let new = out.path().join("new");
    let (back, report) = import_into(
        &Document::default(),
        &new,
        &new,
        Format::Yolo,
        ImportMode::Merge,
    );
    assert_eq!((report.pictures_added, report.boxes), (5, 5), "{report:?}");
    assert_eq!(
        &*back.categories().next().unwrap().name,
        "it's: \u{1f408} é"
    );

    // In an existing folder, the files of the export are replaced and others stay.
    fs::write(new.join("mine.txt"), "mine").unwrap();
    formats::export(&document, root.path(), &options, &new).unwrap();
    assert_eq!(fs::read_to_string(new.join("mine.txt")).unwrap(), "mine");

    options = ExportOptions::new(Format::Coco);
    options.files = PictureFiles::Copy;
    options.layout = FolderLayout::Roboflow;
    formats::export(&document, root.path(), &options, &out.path().join("flow")).unwrap();
    let flow = out.path().join("flow");
    assert!(
        flow.join("train/_annotations.coco.json").exists()
            && flow.join("train/images_/A.png").exists()
    );
    let (_, report) = import_into(
        &Document::default(),
        &flow,
        &flow,
        Format::Coco,
        ImportMode::Merge,
    );
    assert_eq!((report.pictures_added, report.boxes), (5, 5), "{report:?}");
    let left: Vec<_> = fs::read_dir(out.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "no temporary folder is left: {left:?}");
}
