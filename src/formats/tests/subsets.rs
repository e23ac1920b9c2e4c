//! Exports that are limited to some classes and pictures.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use super::common::{Folder, apply, drawn, export_coco, insert_box, sample};
use crate::document::{CategoryId, Document, PictureId, ReviewState, ops};
use crate::formats::{self, BoxSelection, ExportOptions, Format, LeftOut, PictureScope};

const LABELLED: PictureId = PictureId(3);
const EMPTY: PictureId = PictureId(4);
const WAITING: PictureId = PictureId(5);
/// The other class of the sample has commas and quotes in its name.
const DOG: &str = "dog";
const CAT: &str = "猫, \"cat\"";

fn only(classes: &[&str]) -> Option<BTreeSet<String>> {
    Some(classes.iter().map(|name| (*name).to_owned()).collect())
}

/// The sample, with a tag, and a box on a picture that is not done.
fn document() -> Document {
    let mut document = sample();
    for class in [1, 2] {
        let edit = ops::set_tag(&document, &[LABELLED], CategoryId(class), true).unwrap();
        apply(&mut document, edit);
    }
    insert_box(&mut document, 5, drawn(12, [30.0, 30.0, 9.0, 9.0], 2));
    document
}

#[test]
fn a_document_with_some_classes_is_one_that_never_had_the_others() {
    let whole = document();
    let part = whole.with_classes(|name| name == DOG);
    let mut expected = document();
    let edit = ops::delete_category(&expected, CategoryId(2)).unwrap();
    let review: Vec<_> = whole.pictures().map(|row| row.review).collect();
    apply(&mut expected, edit);
    assert_eq!(part.annotation_count(), expected.annotation_count());
    for picture in whole.pictures() {
        let rows = part.annotations(picture.id);
        assert_eq!(rows, expected.annotations(picture.id));
        for row in rows {
            assert_eq!(part.annotation(row.id).unwrap().0.id, picture.id);
        }
    }
    let names: Vec<&str> = part.categories().map(|row| &*row.name).collect();
    assert_eq!(names, [DOG]);
    assert!(part.category_named(CAT).is_none());
    assert_eq!(part.picture(LABELLED).unwrap().tags, [CategoryId(1)]);
    let kept: Vec<_> = part.pictures().map(|row| row.review).collect();
    assert_eq!(kept, review, "what was finished stays so");
}

#[test]
fn no_format_writes_a_class_that_was_not_asked_for() {
    let document = document();
    for format in Format::ALL {
        let folder = Folder::new();
        let mut options = ExportOptions::new(format);
        options.scope = PictureScope::All;
        let all = formats::export(
            &document,
            folder.path(),
            &options,
            &folder.path().join("all"),
        );
        let all = all.unwrap();
        options.classes = only(&[DOG]);
        let out = folder.path().join("out");
        let report = formats::export(&document, folder.path(), &options, &out).unwrap();
        for name in folder.names() {
            if name.starts_with("out") {
                let text = fs::read_to_string(folder.path().join(&name)).unwrap();
                let names_it = text.contains('猫') || text.contains("732B");
                assert!(!names_it, "{format:?} {name}");
            }
        }
        let has_boxes = !matches!(format, Format::Tags | Format::CocoResults);
        let left_out = report.left_out;
        assert_eq!(all.left_out.boxes, 0, "{format:?}");
        if has_boxes {
            assert_eq!((report.boxes, left_out.boxes), (1, 2), "{format:?}");
            assert_eq!(all.boxes, report.boxes + left_out.boxes, "{format:?}");
        }
        // A picture whose boxes are all of another class is written without them, or is not finished
        // and would pass for empty.
        if has_boxes {
            assert_eq!(left_out.emptied + left_out.blank, 1, "{format:?}");
            assert_eq!(report.pictures, 3 - left_out.blank, "{format:?}");
        }
    }
}

#[test]
fn only_the_pictures_that_were_asked_for_are_written() {
    let document = document();
    let ask = |pictures: &[PictureId], scope: PictureScope| {
        let (written, report) = export_coco(&document, |options| {
            options.scope = scope;
            options.pictures = Some(Arc::new(pictures.iter().copied().collect()));
        });
        let names: Vec<String> = written
            .images
            .into_iter()
            .map(|row| row.file_name)
            .collect();
        (names, report.left_out)
    };
    let (names, left_out) = ask(&[EMPTY, WAITING], PictureScope::Reviewed);
    assert_eq!(names, ["sub/ü 🐈.jpg"]);
    let expected = LeftOut {
        other_pictures: 1,
        unfinished: 1,
        ..LeftOut::default()
    };
    assert_eq!(left_out, expected);
    let (names, left_out) = ask(&[WAITING], PictureScope::All);
    assert_eq!(names, ["waits.png"]);
    assert_eq!((left_out.other_pictures, left_out.unfinished), (2, 0));
    assert_eq!(left_out.proposals, 1);
}

#[test]
fn proposals_are_asked_for_by_what_they_are_called() {
    let document = document();
    for (class, number) in [(DOG, 1), (CAT, 0)] {
        let (written, report) = export_coco(&document, |options| {
            options.boxes = BoxSelection::Proposals;
            options.classes = only(&[class]);
        });
        assert_eq!(written.annotations.len(), number);
        assert_eq!(report.left_out.boxes, 1 - number);
    }
    assert_eq!(
        document.picture(WAITING).unwrap().review,
        ReviewState::Proposed
    );
}
