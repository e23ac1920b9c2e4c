//! What the tests of all formats share: a sample document, a folder, import and export.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::document::{
    Annotation, AnnotationId, BoxState, Category, CategoryId, Change, Document, Edit, Origin,
    Picture, PictureId, Provenance, ReviewState,
};
use crate::formats::coco::Instances;
use crate::formats::{
    self, ExportOptions, Format, ImportMode, ImportOptions, ImportReport, MissingPictures,
    PreparedImport,
};
use crate::geometry::BBox;

pub fn apply(document: &mut Document, edit: Edit) {
    document.apply(edit).expect("the edit fits");
}

pub fn insert_picture(document: &mut Document, picture: Picture) {
    apply(document, Edit::Picture(Change::Insert(picture)));
}

pub fn insert_category(document: &mut Document, id: u32, name: &str) {
    let row = Category::new(CategoryId(id), name);
    apply(document, Edit::Category(Change::Insert(row)));
}

pub fn insert_box(document: &mut Document, picture: u32, row: Annotation) {
    let (picture, change) = (PictureId(picture), Change::Insert(row));
    apply(document, Edit::Annotation { picture, change });
}

pub fn drawn(id: u32, rect: [f32; 4], category: u32) -> Annotation {
    let rect = BBox::from_xywh(rect[0], rect[1], rect[2], rect[3]);
    Annotation::drawn(AnnotationId(id), rect, CategoryId(category))
}

pub fn model() -> Arc<Provenance> {
    Arc::new(Provenance {
        name: "dinov2".into(),
        version: "1".into(),
        method: "affinity".into(),
        threshold: 0.4,
    })
}

pub fn proposed(id: u32, rect: [f32; 4], category: u32) -> Annotation {
    Annotation {
        state: BoxState::Proposed,
        origin: Origin::Model(model()),
        score: Some(0.5),
        ..drawn(id, rect, category)
    }
}

/// Three pictures: one with boxes, one verified to be empty, one with an open proposal.
pub fn sample() -> Document {
    let mut document = Document::default();
    insert_category(&mut document, 2, "猫, \"cat\"");
    insert_category(&mut document, 1, "dog");
    for (id, path, review) in [
        (3, "a.jpg", ReviewState::Done),
        (4, "sub/ü 🐈.jpg", ReviewState::Done),
        (5, "waits.png", ReviewState::Proposed),
    ] {
        let review_of = Picture::new(PictureId(id), path, 100, 80);
        insert_picture(
            &mut document,
            Picture {
                review,
                ..review_of
            },
        );
    }
    let rect = BBox {
        x0: 1.1,
        y0: 2.3,
        x1: 31.8,
        y1: 42.3,
    };
    insert_box(
        &mut document,
        3,
        Annotation::drawn(AnnotationId(7), rect, CategoryId(2)),
    );
    insert_box(&mut document, 3, drawn(9, [50.0, 10.0, 50.0, 70.0], 1));
    insert_box(&mut document, 5, proposed(11, [5.0, 5.0, 20.0, 20.0], 1));
    document
}

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn picture(&self, name: &str, width: u32, height: u32) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::new(width, height).save(path).unwrap();
    }

    /// The relative paths of the files in it, with `/`.
    pub fn names(&self) -> Vec<String> {
        let files = walkdir::WalkDir::new(self.path()).sort_by_file_name();
        let files = files.into_iter().map(|entry| entry.unwrap());
        let files = files.filter(|entry| !entry.file_type().is_dir());
        files
            .map(|entry| {
                let path = entry.path().strip_prefix(self.path()).unwrap();
                path.to_str().unwrap().replace('\\', "/")
            })
            .collect()
    }
}

pub fn import_into(
    document: &Document,
    path: &Path,
    root: &Path,
    format: Format,
    options: impl Into<ImportOptions>,
) -> (Document, ImportReport) {
    // Most tests need no files.
    let options = ImportOptions {
        missing: MissingPictures::Keep,
        ..options.into()
    };
    let PreparedImport { edit, report } =
        formats::import(document, path, root, format, options).unwrap();
    let mut after = document.clone();
    let inverse = after.apply(edit).expect("an import fits its document");
    let mut before = after.clone();
    before.apply(inverse).unwrap();
    assert_eq!(before, *document, "an import can be undone");
    (after, report)
}

/// Imports JSON text as COCO into a document.
pub fn coco(document: &Document, value: &Value, mode: ImportMode) -> (Document, ImportReport) {
    let folder = Folder::new();
    let path = folder.write("in.json", value.to_string());
    assert_eq!(formats::detect_format(&path), Some(Format::Coco));
    import_into(document, &path, folder.path(), Format::Coco, mode)
}

pub fn export_coco(
    document: &Document,
    change: impl Fn(&mut ExportOptions),
) -> (Instances, formats::ExportReport) {
    let folder = Folder::new();
    let out = folder.path().join("out.json");
    let mut options = ExportOptions::new(Format::Coco);
    change(&mut options);
    let report = formats::export(document, folder.path(), &options, &out).unwrap();
    (Instances::read(&out).unwrap(), report)
}

pub fn coco_file(bbox: &Value) -> Value {
    json!({
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": bbox}],
        "categories": [{"id": 1, "name": "cat"}],
    })
}

pub fn only_box(document: &Document) -> &Annotation {
    let picture = document.pictures().next().unwrap();
    let [row] = document.annotations(picture.id) else {
        panic!("not one box")
    };
    row
}

pub fn mentions(messages: &formats::Messages, part: &str) -> bool {
    messages.texts.iter().any(|text| text.contains(part))
}

pub fn without_boxes(document: &Document) -> Document {
    let mut empty = Document::default();
    for row in document.categories() {
        apply(&mut empty, Edit::Category(Change::Insert(row.clone())));
    }
    for row in document.pictures() {
        let plain = Picture::new(row.id, row.path.clone(), row.width, row.height);
        insert_picture(&mut empty, plain);
    }
    empty
}
