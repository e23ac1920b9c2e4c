//! Pictures that are taken out of the project.

use serde_json::json;

use super::common::{Folder, apply, coco, export_coco, import_into, mentions, sample};
use crate::document::{CategoryId, Document, PictureId, ops};
use crate::formats::{
    self, BoxSelection, ExportOptions, Format, ImportMode, PictureScope, SubsetSplit, tags,
};

/// The picture of the sample with two boxes, and the one with a proposal.
const LABELLED: PictureId = PictureId(3);
const WAITING: PictureId = PictureId(5);

fn without(picture: PictureId) -> Document {
    let mut document = sample();
    let edit = ops::set_tag(&document, &[LABELLED], CategoryId(1), true).unwrap();
    apply(&mut document, edit);
    let edit = ops::set_excluded(&document, &[picture], true).unwrap();
    apply(&mut document, edit);
    document
}

#[test]
fn no_format_exports_a_picture_that_is_taken_out() {
    let document = without(LABELLED);
    let mut all = sample();
    let edit = ops::set_tag(&all, &[LABELLED], CategoryId(1), true).unwrap();
    apply(&mut all, edit);
    for format in Format::ALL {
        for scope in [PictureScope::Reviewed, PictureScope::All] {
            let folder = Folder::new();
            let mut options = ExportOptions::new(format);
            options.scope = scope;
            let out = folder.path().join("out");
            let report = formats::export(&document, folder.path(), &options, &out).unwrap();
            let with_it =
                formats::export(&all, folder.path(), &options, &folder.path().join("all"));
            let is_of_proposals = format == Format::CocoResults;
            let left_out = usize::from(!is_of_proposals);
            assert_eq!(report.excluded, left_out, "{format:?}");
            let with_it = with_it.unwrap();
            assert_eq!(with_it.pictures, report.pictures + left_out, "{format:?}");
            assert_eq!(with_it.excluded, 0, "{format:?}");
            for name in folder.names() {
                if name.starts_with("out") {
                    let bytes = std::fs::read(folder.path().join(&name)).unwrap();
                    let text = String::from_utf8_lossy(&bytes);
                    let is_about_it = text.contains("a.jpg") || name.contains("/a.");
                    assert!(!is_about_it, "{format:?} {name}");
                }
            }
        }
    }
}

#[test]
fn proposals_on_a_picture_that_is_taken_out_are_not_exported() {
    let folder = Folder::new();
    let document = without(WAITING);
    for format in [Format::Coco, Format::CocoResults, Format::LabelStudio] {
        let mut options = ExportOptions::new(format);
        if format != Format::CocoResults {
            options.boxes = BoxSelection::Proposals;
        }
        let out = folder.path().join(format.name());
        let report = formats::export(&document, folder.path(), &options, &out).unwrap();
        assert_eq!((report.pictures, report.excluded), (0, 1), "{format:?}");
    }
}

#[test]
fn coco_with_provenance_keeps_what_is_taken_out_where_only_this_program_reads() {
    let document = without(LABELLED);
    for split in [
        None,
        Some(SubsetSplit {
            train: 1,
            val: 1,
            test: 0,
            seed: 0,
        }),
    ] {
        let folder = Folder::new();
        let mut options = ExportOptions::new(Format::Coco);
        options.scope = PictureScope::All;
        options.provenance = true;
        options.split = split;
        let out = folder
            .path()
            .join(if split.is_some() { "out" } else { "out.json" });
        let report = formats::export(&document, folder.path(), &options, &out).unwrap();
        assert_eq!((report.pictures, report.excluded, report.boxes), (2, 1, 0));
        let root = folder.path().join("elsewhere");
        let (back, report) = import_into(
            &Document::default(),
            &out,
            &root,
            Format::Coco,
            ImportMode::Merge,
        );
        assert_eq!(report.excluded, 1);
        let picture = back.picture_at("a.jpg").unwrap();
        assert!(picture.is_excluded);
        assert_eq!(back.annotations(picture.id), document.annotations(LABELLED));
        assert_eq!(back.pictures().len(), 3);
        assert_eq!(back.included_pictures().count(), 2);
    }
    // Without it, the file says nothing of the picture.
    let (instances, report) = export_coco(&document, |options| options.scope = PictureScope::All);
    assert_eq!((instances.images.len(), report.excluded), (2, 1));
    // Other readers of a file with provenance do not find it.
    let (instances, _) = export_coco(&document, |options| {
        options.scope = PictureScope::All;
        options.provenance = true;
    });
    assert!(
        instances
            .images
            .iter()
            .all(|image| image.file_name != "a.jpg")
    );
}

#[test]
fn boxes_for_a_picture_that_is_taken_out_are_imported_and_it_stays_out() {
    let file = json!({
        "images": [
            {"id": 3, "file_name": "a.jpg", "width": 100, "height": 80},
            {"id": 5, "file_name": "waits.png", "width": 100, "height": 80},
        ],
        "annotations": [
            {"id": 1, "image_id": 3, "category_id": 1, "bbox": [60, 60, 30, 15]},
            {"id": 2, "image_id": 5, "category_id": 1, "bbox": [60, 60, 30, 15]},
        ],
        "categories": [{"id": 1, "name": "dog"}],
    });
    let document = without(LABELLED);
    for mode in [ImportMode::Merge, ImportMode::Replace] {
        let (after, report) = coco(&document, &file, mode);
        assert_eq!((report.pictures, report.boxes, report.excluded), (2, 2, 1));
        assert!(
            mentions(&report.changed, "taken out of the project"),
            "{report:?}"
        );
        assert!(mentions(&report.changed, "a.jpg"));
        assert!(report.skipped.is_empty());
        assert!(after.picture(LABELLED).unwrap().is_excluded);
        assert!(!after.picture(WAITING).unwrap().is_excluded);
        let boxes = after.annotations(LABELLED).len();
        assert_eq!(boxes, if mode == ImportMode::Merge { 3 } else { 1 });
    }
}

#[test]
fn classes_are_not_trained_on_a_picture_that_is_taken_out() {
    let folder = Folder::new();
    let names = |document: &Document| {
        let tagged = tags::from_document(document, folder.path()).into_iter();
        let paths = tagged.map(|(path, _)| path.strip_prefix(folder.path()).unwrap().to_owned());
        paths
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
    };
    assert!(names(&sample()).contains(&"a.jpg".to_owned()));
    assert!(!names(&without(LABELLED)).contains(&"a.jpg".to_owned()));
}
