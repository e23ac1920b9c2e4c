//! Image tags.

use super::common::{Folder, apply, import_into, mentions, sample};
use crate::document::{CategoryId, PictureId, ops};
use crate::formats::{self, ExportOptions, Format, ImportMode};

#[test]
fn tags_are_exported_and_imported() {
    let folder = Folder::new();
    let mut document = sample();
    let edit = ops::set_tag(&document, &[PictureId(4)], CategoryId(2), true);
    apply(&mut document, edit.unwrap());
    let out = folder.path().join("tags.csv");
    formats::export(
        &document,
        folder.path(),
        &ExportOptions::new(Format::Tags),
        &out,
    )
    .unwrap();
    assert_eq!(formats::detect_format(&out), Some(Format::Tags));
    let (after, report) = import_into(
        &sample(),
        &out,
        folder.path(),
        Format::Tags,
        ImportMode::Merge,
    );
    assert_eq!((after, report.tags), (document, 1));
    let path = folder.write("in.csv", "a.jpg, dog ,bird,,\n../x.jpg,dog\nnone.jpg,dog\n");
    let (after, report) = import_into(
        &sample(),
        &path,
        folder.path(),
        Format::Tags,
        ImportMode::Merge,
    );
    assert_eq!(after.picture(PictureId(3)).unwrap().tags.len(), 2);
    assert_eq!(report.categories_added, ["bird"]);
    assert!(mentions(&report.skipped, "../x.jpg") && mentions(&report.skipped, "none.jpg"));
}
