//! COCO files of boxes that a model proposes.

use std::collections::HashMap;

use serde_json::json;

use super::common::{
    Folder, drawn, export_coco, insert_box, insert_category, insert_picture, proposed,
};
use crate::document::{Annotation, Document, Picture, PictureId, ReviewState};
use crate::formats::coco::Instances;
use crate::formats::{
    self, BoxSelection, ExportOptions, Format, PictureScope, Subset, SubsetSplit,
};

#[test]
fn a_suggested_name_has_one_id_in_all_subsets() {
    let split = SubsetSplit {
        train: 1,
        val: 1,
        test: 0,
        seed: 1,
    };
    let path_in = |subset| {
        let mut paths = (0..).map(|n| format!("{n}.jpg"));
        paths.find(|path| split.subset(path) == subset).unwrap()
    };
    let mut document = Document::default();
    for (id, subset, names) in [
        (1, Subset::Train, ["cat", "cow"]),
        (2, Subset::Val, ["dog", "cow"]),
    ] {
        let picture = Picture {
            review: ReviewState::Proposed,
            ..Picture::new(PictureId(id), path_in(subset), 100, 80)
        };
        insert_picture(&mut document, picture);
        for (at, name) in names.into_iter().enumerate() {
            let row = Annotation {
                category: None,
                suggestion: Some(name.into()),
                ..proposed(10 * id + at as u32, [1.0, 2.0, 30.0, 40.0], 1)
            };
            insert_box(&mut document, id, row);
        }
    }
    let folder = Folder::new();
    let out = folder.path().join("out");
    let mut options = ExportOptions::new(Format::Coco);
    options.scope = PictureScope::All;
    options.boxes = BoxSelection::Proposals;
    options.split = Some(split);
    formats::export(&document, folder.path(), &options, &out).unwrap();
    let mut names = HashMap::new();
    for subset in ["train", "val"] {
        let file = out.join(format!("annotations/instances_{subset}.json"));
        let file = Instances::read(&file).unwrap();
        assert_eq!(file.annotations.len(), 2, "{subset}: {file:?}");
        for category in file.categories {
            let name = names
                .entry(category.id)
                .or_insert_with(|| category.name.clone());
            assert_eq!(*name, category.name, "{subset}: id {}", category.id);
        }
    }
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn what_is_left_out_of_a_proposal_is_said_once() {
    let mut document = Document::default();
    insert_category(&mut document, 1, "cat");
    insert_picture(&mut document, Picture::new(PictureId(1), "a.jpg", 100, 80));
    insert_box(&mut document, 1, drawn(1, [1.0, 2.0, 30.0, 40.0], 1));
    // The outline is that of another box.
    let extra = json!({"segmentation": [[0, 0, 5, 0, 5, 5]], "bbox": [0, 0, 5, 5]});
    let row = Annotation {
        extra: Some(extra.to_string().into()),
        ..proposed(2, [10.0, 10.0, 20.0, 20.0], 1)
    };
    insert_box(&mut document, 1, row);
    let (_, report) = export_coco(&document, |options| {
        options.scope = PictureScope::All;
        options.provenance = true;
    });
    let said = report.changed.texts.iter();
    let said = said.filter(|text| text.contains("the outline or keypoints of box 2"));
    assert_eq!(said.count(), 1, "{report:?}");
}
