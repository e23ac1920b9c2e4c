//! Tests of the exchange: what goes out comes back, and files from strangers do no harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::coco::Instances;
use super::exchange::{
    self, Boxes, ExportOptions, Files, FolderLayout, Format, Import, ImportMode, ImportReport,
    PictureScope, Split, Subset,
};
use crate::document::{
    Annotation, AnnotationId, BoxState, Category, CategoryId, Change, Document, Edit, Flags,
    FormerProposal, Origin, Picture, PictureId, Provenance, ReviewState,
};
use crate::geometry::BBox;
use crate::store::Project;

fn apply(document: &mut Document, edit: Edit) {
    document.apply(edit).expect("the edit fits");
}

fn insert_picture(document: &mut Document, picture: Picture) {
    apply(document, Edit::Picture(Change::Insert(picture)));
}

fn insert_category(document: &mut Document, id: u32, name: &str) {
    let row = Category::new(CategoryId(id), name);
    apply(document, Edit::Category(Change::Insert(row)));
}

fn insert_box(document: &mut Document, picture: u32, row: Annotation) {
    let (picture, change) = (PictureId(picture), Change::Insert(row));
    apply(document, Edit::Annotation { picture, change });
}

fn drawn(id: u32, rect: [f32; 4], category: u32) -> Annotation {
    let rect = BBox::from_xywh(rect[0], rect[1], rect[2], rect[3]);
    Annotation::drawn(AnnotationId(id), rect, CategoryId(category))
}

fn model() -> Arc<Provenance> {
    Arc::new(Provenance {
        name: "dinov2".into(),
        version: "1".into(),
        method: "affinity".into(),
        threshold: 0.4,
    })
}

fn proposed(id: u32, rect: [f32; 4], category: u32) -> Annotation {
    Annotation {
        state: BoxState::Proposed,
        origin: Origin::Model(model()),
        score: Some(0.5),
        ..drawn(id, rect, category)
    }
}

/// Three pictures: one with boxes, one verified empty, one that waits with a proposal.
fn sample() -> Document {
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

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn picture(&self, name: &str, width: u32, height: u32) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::new(width, height).save(path).unwrap();
    }

    /// The files below it, with `/`.
    fn names(&self) -> Vec<String> {
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

fn import_into(
    document: &Document,
    path: &Path,
    root: &Path,
    format: Format,
    mode: ImportMode,
) -> (Document, ImportReport) {
    let Import { edit, report } = exchange::import(document, path, root, format, mode).unwrap();
    let mut after = document.clone();
    let inverse = after.apply(edit).expect("an import fits its document");
    let mut before = after.clone();
    before.apply(inverse).unwrap();
    assert_eq!(before, *document, "an import can be undone");
    (after, report)
}

/// Imports JSON text as COCO into a document.
fn coco(document: &Document, value: &Value, mode: ImportMode) -> (Document, ImportReport) {
    let folder = Folder::new();
    let path = folder.write("in.json", value.to_string());
    assert_eq!(exchange::detect_format(&path), Some(Format::Coco));
    import_into(document, &path, folder.path(), Format::Coco, mode)
}

fn export_coco(
    document: &Document,
    change: impl Fn(&mut ExportOptions),
) -> (Instances, exchange::ExportReport) {
    let folder = Folder::new();
    let out = folder.path().join("out.json");
    let mut options = ExportOptions::new(Format::Coco);
    change(&mut options);
    let report = exchange::export(document, folder.path(), &options, &out).unwrap();
    (Instances::read(&out).unwrap(), report)
}

fn coco_file(bbox: &Value) -> Value {
    json!({
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": bbox}],
        "categories": [{"id": 1, "name": "cat"}],
    })
}

fn only_box(document: &Document) -> &Annotation {
    let picture = document.pictures().next().unwrap();
    let [row] = document.annotations(picture.id) else {
        panic!("not one box")
    };
    row
}

fn says(notes: &exchange::Messages, part: &str) -> bool {
    notes
        .sentences
        .iter()
        .any(|sentence| sentence.contains(part))
}

// ---- What goes out comes back -----------------------------------------------------------------

/// Boxes by picture, as formats without ids hold them.
type Plain = BTreeMap<String, Vec<(String, [f32; 4], Flags)>>;

fn plain(document: &Document) -> Plain {
    let mut all = Plain::new();
    for picture in document
        .pictures()
        .filter(|row| row.review == ReviewState::Done)
    {
        let rows = document.annotations(picture.id).iter();
        let rows = rows.filter(|row| row.is_ground_truth()).map(|row| {
            let name = &document.category(row.category).unwrap().name;
            let BBox { x0, y0, x1, y1 } = row.rect;
            (name.to_string(), [x0, y0, x1, y1], row.flags)
        });
        all.insert(picture.path.to_string(), rows.collect());
    }
    all
}

fn without_boxes(document: &Document) -> Document {
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

fn rects() -> impl Strategy<Value = BBox> {
    (0.0..1.0_f32, 0.0..1.0_f32, 0.0..1.0_f32, 0.0..1.0_f32)
        .prop_map(|(xa, ya, xb, yb)| BBox::from_corners(xa, ya, xb, yb))
}

fn extras() -> impl Strategy<Value = Option<Box<str>>> {
    let value = prop_oneof![
        Just(json!({"x": [1, null, "ü"]})),
        Just(json!({"ours": {"deep": [[]]}})),
        Just(json!({"supercategory": "beast"})),
    ];
    proptest::option::of(value.prop_map(|value| value.to_string().into()))
}

#[derive(Clone, Debug)]
struct BoxPlan {
    rect: BBox,
    category: usize,
    kind: usize,
    flags: [bool; 4],
    extra: Option<Box<str>>,
}

fn documents() -> impl Strategy<Value = Document> {
    let plan = (
        rects(),
        0..9_usize,
        0..7_usize,
        any::<[bool; 4]>(),
        extras(),
    );
    let plan = plan.prop_map(|(rect, category, kind, flags, extra)| BoxPlan {
        rect,
        category,
        kind,
        flags,
        extra,
    });
    let review = prop_oneof![
        1 => Just(ReviewState::New),
        1 => Just(ReviewState::Proposed),
        1 => Just(ReviewState::InReview),
        3 => Just(ReviewState::Done),
    ];
    let picture = (
        1..5000_u32,
        1..5000_u32,
        review,
        vec(plan, 0..5),
        extras(),
        any::<bool>(),
    );
    let gaps = (1..50_u32, 1..50_u32, 1..50_u32);
    (
        vec("[a-z ü\u{1f408}\"&<,:#0-9]{1,8}", 1..4),
        vec(picture, 0..4),
        gaps,
        extras(),
    )
        .prop_map(
            |(names, pictures, (first_category, first_picture, mut id), extra)| {
                let mut document = Document::default();
                for (at, name) in (0..).zip(&names) {
                    // In descending order, so that order and ids differ.
                    let id = first_category + names.len() as u32 - at;
                    let mut row = Category::new(CategoryId(id), format!("{at}{}x", name.trim()));
                    row.colour = [at as u8, 2, 3];
                    row.hotkey = (at % 2 == 0).then_some(char::from(b'a' + at as u8));
                    apply(&mut document, Edit::Category(Change::Insert(row)));
                }
                let categories: Vec<_> = document.categories().map(|row| row.id).collect();
                let category = |at: usize| categories[at % categories.len()];
                for (at, (width, height, review, plans, extra, flag)) in (0..).zip(pictures) {
                    let picture = PictureId(first_picture + 2 * at);
                    let path = format!("f{at}/ü {at}.jpg");
                    insert_picture(
                        &mut document,
                        Picture {
                            tags: if flag {
                                categories.iter().rev().copied().collect()
                            } else {
                                vec![]
                            },
                            review,
                            missing: flag,
                            content_hash: flag.then(|| "abc".into()),
                            extra,
                            ..Picture::new(picture, path, width, height)
                        },
                    );
                    for plan in plans {
                        let BoxPlan {
                            rect,
                            category: of,
                            kind,
                            flags,
                            extra,
                        } = plan;
                        let (w, h) = (width as f32, height as f32);
                        let rect = BBox {
                            x0: rect.x0 * w,
                            y0: rect.y0 * h,
                            x1: rect.x1 * w,
                            y1: rect.y1 * h,
                        };
                        let Some(rect) = rect.clipped(width, height) else {
                            continue;
                        };
                        let mut row = Annotation::drawn(AnnotationId(id), rect, category(of));
                        id += 3;
                        let [crowd, difficult, occluded, truncated] = flags;
                        row.flags = Flags {
                            crowd,
                            difficult,
                            occluded,
                            truncated,
                        };
                        row.extra = extra;
                        if kind < 4 {
                            row.origin = Origin::Model(model());
                            row.score = Some(rect.x0 / w);
                            let former = FormerProposal {
                                rect,
                                category: category(of + 1),
                            };
                            row.former = (kind == 2 || kind == 1).then(|| Box::new(former));
                            row.state = [
                                BoxState::Proposed,
                                BoxState::Rejected,
                                BoxState::Edited,
                                BoxState::Accepted,
                            ][kind];
                        }
                        let change = Change::Insert(row);
                        apply(&mut document, Edit::Annotation { picture, change });
                    }
                }
                apply(
                    &mut document,
                    Edit::Extra(extra.filter(|text| !text.contains("super"))),
                );
                document
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_document_comes_back_from_coco_as_it_was(document in documents()) {
        let folder = Folder::new();
        let out = folder.path().join("all.json");
        let mut options = ExportOptions::new(Format::Coco);
        options.scope = PictureScope::All;
        options.provenance = true;
        exchange::export(&document, folder.path(), &options, &out).unwrap();
        let root = folder.path().join("elsewhere");
        let (back, report) = import_into(&Document::default(), &out, &root, Format::Coco, ImportMode::Merge);
        prop_assert_eq!(&back, &document);
        prop_assert!(report.unread.is_empty(), "{:?}", report);
        // To take it in again changes nothing, whichever way.
        for mode in [ImportMode::Merge, ImportMode::Replace] {
            let again = exchange::import(&back, &out, &root, Format::Coco, mode).unwrap();
            let mut after = back.clone();
            after.apply(again.edit).unwrap();
            prop_assert_eq!(&after, &back);
        }
    }

    #[test]
    fn ground_truth_keeps_its_ids_and_is_the_same_over_exports(document in documents()) {
        let folder = Folder::new();
        let out = folder.path().join("truth.json");
        let options = ExportOptions::new(Format::Coco);
        exchange::export(&document, folder.path(), &options, &out).unwrap();
        let text = fs::read_to_string(&out).unwrap();
        prop_assert!(text.is_ascii() && !text.contains("\"score\""));
        Instances::read(&out).unwrap().validate().unwrap();
        let (back, _) = import_into(&Document::default(), &out, folder.path(), Format::Coco, ImportMode::Merge);
        prop_assert_eq!(plain(&back), plain(&document));
        for picture in back.pictures() {
            prop_assert_eq!(&document.picture(picture.id).unwrap().path, &picture.path);
            for row in back.annotations(picture.id) {
                prop_assert_eq!(document.annotation(row.id).unwrap().1.rect, row.rect);
            }
        }
        let again = folder.path().join("again.json");
        exchange::export(&back, folder.path(), &options, &again).unwrap();
        // The `missing` mark belongs to the project and is no part of it.
        prop_assert_eq!(fs::read_to_string(&again).unwrap(), text);
    }

    #[test]
    fn other_formats_bring_back_what_they_hold(document in documents(), roboflow in any::<bool>(), split in any::<bool>()) {
        for format in [Format::Yolo, Format::Voc, Format::LabelMe, Format::CreateMl] {
            let folder = Folder::new();
            let mut options = ExportOptions::new(format);
            options.layout = if roboflow { FolderLayout::Roboflow } else { FolderLayout::Standard };
            options.split = split.then_some(Split { train: 1, val: 1, test: 1, seed: 0 });
            let out = folder.path().join(if options.makes_folder() { "out" } else { "out.json" });
            exchange::export(&document, folder.path(), &options, &out).unwrap();
            let bare = without_boxes(&document);
            let (back, report) = import_into(&bare, &out, folder.path(), format, ImportMode::Merge);
            prop_assert!(report.unread.is_empty(), "{:?}: {:?}", format, report);
            let (mut expected, got) = (plain(&document), plain(&back));
            let has_crowds = matches!(format, Format::Voc | Format::LabelMe);
            for (path, rows) in &mut expected {
                rows.retain(|(_, _, flags)| has_crowds || !flags.crowd);
                let got = &got[path];
                prop_assert_eq!(got.len(), rows.len(), "{:?} {}", format, path);
                for ((name, rect, flags), (got_name, got_rect, got_flags)) in rows.iter().zip(got) {
                    prop_assert_eq!(name, got_name);
                    // Pascal VOC has whole pixels, and at least one.
                    let most = if format == Format::Voc { 1.5 } else { 2e-3 };
                    let off = rect.iter().zip(got_rect).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    prop_assert!(off <= most, "{:?}: {:?} {:?}", format, rect, got_rect);
                    match format {
                        Format::LabelMe => prop_assert_eq!((flags, rect), (got_flags, got_rect)),
                        Format::Voc => prop_assert_eq!(flags.difficult | flags.crowd, got_flags.difficult),
                        _ => {}
                    }
                }
            }
            prop_assert_eq!(got.len(), expected.len());
        }
    }

    #[test]
    fn damaged_files_never_panic(document in documents(), at in 0.0..1.0_f64, byte in any::<u8>(), cut in any::<bool>()) {
        for format in [Format::Coco, Format::CreateMl, Format::Tags, Format::Voc, Format::LabelMe, Format::Yolo] {
            let folder = Folder::new();
            let options = ExportOptions::new(format);
            let out = folder.path().join("out");
            exchange::export(&document, folder.path(), &options, &out).unwrap();
            for name in folder.names() {
                let path = folder.path().join(name);
                let mut bytes = fs::read(&path).unwrap();
                let place = (bytes.len() as f64 * at) as usize;
                if cut { bytes.truncate(place) } else if place < bytes.len() { bytes[place] = byte }
                fs::write(&path, bytes).unwrap();
            }
            let _ = exchange::detect_format(&out);
            if let Ok(import) = exchange::import(&document, &out, folder.path(), format, ImportMode::Merge) {
                let mut after = document.clone();
                let applied = after.apply(import.edit);
                prop_assert!(applied.is_ok(), "{:?}", applied);
            }
        }
    }
}

#[test]
fn a_default_export_holds_what_was_reviewed_and_no_proposal() {
    let (file, report) = export_coco(&sample(), |_| {});
    let names: Vec<_> = file
        .images
        .iter()
        .map(|image| image.file_name.as_str())
        .collect();
    assert_eq!(names, ["a.jpg", "sub/ü 🐈.jpg"]);
    assert_eq!((report.pictures, report.boxes), (2, 2));
    let ids: Vec<_> = file.annotations.iter().map(|row| row.id).collect();
    assert_eq!(ids, [7, 9]);
    assert_eq!(file.annotations[0].bbox, [1.1, 2.3, 30.7, 40.0]);
    let order: Vec<_> = file.categories.iter().map(|row| row.id).collect();
    assert_eq!(order, [2, 1]);
    // All of them: the unfinished picture says so, and its proposal is still no ground truth.
    let (file, _) = export_coco(&sample(), |options| options.scope = PictureScope::All);
    assert_eq!((file.images.len(), file.annotations.len()), (3, 2));
    assert_eq!(file.images[2].extra["tsukami"]["review"], "proposed");
    assert_eq!(file.images[1].extra["tsukami"]["review"], "done");
}

#[test]
fn proposals_go_out_with_scores_and_come_in_as_proposals() {
    let document = sample();
    let (file, _) = export_coco(&document, |options| options.boxes = Boxes::Proposals);
    assert_eq!(file.annotations.len(), 1);
    assert_eq!(file.annotations[0].score, Some(0.5));
    let (back, report) = coco(
        &without_boxes(&document),
        &serde_json::to_value(file).unwrap(),
        ImportMode::Merge,
    );
    assert_eq!((report.proposals, report.boxes), (1, 0));
    let row = &back.annotations(PictureId(5))[0];
    assert_eq!((row.state, row.score), (BoxState::Proposed, Some(0.5)));

    let folder = Folder::new();
    let out = folder.path().join("results.json");
    exchange::export(
        &document,
        folder.path(),
        &ExportOptions::new(Format::CocoResults),
        &out,
    )
    .unwrap();
    assert_eq!(exchange::detect_format(&out), Some(Format::CocoResults));
    let (same, report) = import_into(
        &document,
        &out,
        folder.path(),
        Format::CocoResults,
        ImportMode::Merge,
    );
    assert_eq!((same, report.present), (document.clone(), 1));
    let bare = without_boxes(&document);
    let (back, report) = import_into(
        &bare,
        &out,
        folder.path(),
        Format::CocoResults,
        ImportMode::Merge,
    );
    assert_eq!(report.proposals, 1);
    assert_eq!(
        back.picture(PictureId(5)).unwrap().review,
        ReviewState::Proposed
    );
}

#[test]
fn unknown_fields_survive_and_an_outline_lives_as_long_as_its_box() {
    let given = json!({
        "info": {"year": 2020}, "licenses": [{"id": 1}], "videos": [{"id": 1}],
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80, "coco_url": "x"}],
        "annotations": [{
            "id": 5, "image_id": 1, "category_id": 3, "bbox": [10.0, 10.0, 20.5, 20.0], "area": 200.25,
            "iscrowd": 0, "segmentation": [[10, 10, 30.5, 10, 30.5, 30]], "keypoints": [1, 2, 2],
            "num_keypoints": 1, "attributes": {"occluded": true, "colour": "red"}, "track_id": 8,
        }],
        "categories": [{"id": 3, "name": "cat", "supercategory": "animal", "keypoints": ["nose"]}],
    });
    let (document, report) = coco(&Document::default(), &given, ImportMode::Merge);
    assert!(report.unread.is_empty(), "{report:?}");
    assert!(only_box(&document).flags.occluded);
    let (file, _) = export_coco(&document, |_| {});
    let mut written = serde_json::to_value(file).unwrap();
    let image = written["images"][0].as_object_mut().unwrap();
    assert_eq!(image.remove("tsukami").unwrap()["review"], "done");
    assert_eq!(written, given);

    let moved = BBox::from_xywh(11.0, 10.0, 20.0, 20.0);
    let edit = crate::document::ops::reshape(&document, &[(AnnotationId(5), moved)]).unwrap();
    let mut after = document;
    apply(&mut after, edit);
    let (file, report) = export_coco(&after, |_| {});
    let row = &file.annotations[0];
    assert!(says(&report.changed, "box 5 was moved"));
    assert_eq!((row.segmentation.clone(), row.area), (json!([]), 400.0));
    assert_eq!(
        row.extra,
        *json!({"attributes": {"occluded": true, "colour": "red"}, "track_id": 8})
            .as_object()
            .unwrap()
    );
}

#[test]
fn a_merge_doubles_nothing_and_a_replacement_keeps_what_is_the_same() {
    let document = sample();
    let (file, _) = export_coco(&document, |_| {});
    let mut value = serde_json::to_value(&file).unwrap();
    for mode in [ImportMode::Merge, ImportMode::Replace] {
        let (same, report) = coco(&document, &value, mode);
        assert_eq!((same, report.present), (document.clone(), 2));
    }
    // One box is moved elsewhere: a merge adds it, a replacement puts it in the old one's place.
    value["annotations"][0]["bbox"] = json!([60, 10, 10, 10]);
    let (merged, report) = coco(&document, &value, ImportMode::Merge);
    assert_eq!((merged.annotation_count(), report.boxes), (4, 1));
    assert!(says(&report.changed, "got new ids"));
    let (replaced, report) = coco(&document, &value, ImportMode::Replace);
    assert_eq!((report.boxes, report.removed, report.present), (1, 1, 1));
    assert_eq!(
        replaced.annotation(AnnotationId(7)).unwrap().1.rect,
        BBox::from_xywh(60.0, 10.0, 10.0, 10.0)
    );
    assert!(
        replaced.annotation(AnnotationId(11)).is_some(),
        "other pictures stay"
    );
    // A file that confirms a proposal accepts it, and the picture is done.
    let confirming = json!({
        "images": [{"id": 5, "file_name": "waits.png", "width": 100, "height": 80}],
        "annotations": [{"id": 1, "image_id": 5, "category_id": 1, "bbox": [5, 5, 20, 20]}],
        "categories": [{"id": 1, "name": "dog"}],
    });
    let (after, _) = coco(&document, &confirming, ImportMode::Merge);
    assert_eq!(
        after.annotation(AnnotationId(11)).unwrap().1.state,
        BoxState::Accepted
    );
    assert_eq!(
        after.picture(PictureId(5)).unwrap().review,
        ReviewState::Done
    );
}

#[test]
fn empty_pictures_are_told_from_unreviewed_ones() {
    let folder = Folder::new();
    let bare = without_boxes(&sample());
    folder.write("labels/a.txt", "");
    folder.write("data.yaml", "names: {0: dog, 1: 1, 2: no}\n");
    assert_eq!(exchange::detect_format(folder.path()), Some(Format::Yolo));
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
    assert!(says(&report.changed, "1 pictures have no box"));
}

// ---- Layouts ----------------------------------------------------------------------------------

#[test]
fn a_picture_never_changes_sides() {
    let split = Split {
        train: 80,
        val: 10,
        test: 10,
        seed: 7,
    };
    let parts: Vec<_> = (0..2000)
        .map(|n| split.part(&format!("p/{n}.jpg")))
        .collect();
    let count = |part| parts.iter().filter(|other| **other == part).count();
    assert!(
        (1500..1700).contains(&count(Subset::Train)),
        "{}",
        count(Subset::Train)
    );
    assert!((140..260).contains(&count(Subset::Val)));
    // Pinned: another version of the program must not shuffle anybody's data.
    assert_eq!(split.part("a.jpg"), Subset::Train);
    let other = Split { seed: 8, ..split };
    assert!((0..2000).any(|n| other.part(&format!("p/{n}.jpg")) != parts[n]));
}

#[test]
fn layouts_names_and_links() {
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
    options.files = Files::Link;
    let report =
        exchange::export(&document, root.path(), &options, &out.path().join("new")).unwrap();
    assert_eq!(report.files, 5);
    assert_eq!(report.changed.sentences.len(), 3, "{report:?}");
    assert_eq!(
        out.names(),
        [
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
    // It can be read where it lies, as a project of its own.
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

    // Into a folder that is there: files are replaced, and others stay.
    fs::write(new.join("mine.txt"), "mine").unwrap();
    exchange::export(&document, root.path(), &options, &new).unwrap();
    assert_eq!(fs::read_to_string(new.join("mine.txt")).unwrap(), "mine");

    options = ExportOptions::new(Format::Coco);
    options.files = Files::Copy;
    options.layout = FolderLayout::Roboflow;
    exchange::export(&document, root.path(), &options, &out.path().join("flow")).unwrap();
    let flow = out.path().join("flow");
    assert!(
        flow.join("train/_annotations.coco.json").exists()
            && flow.join("train/images/A.png").exists()
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

#[cfg(unix)]
/// The bytes of all files below a folder, by name.
fn contents(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let bytes = fs::read(folder.path().join(&name)).ok()?;
        Some((name, bytes))
    };
    folder.names().into_iter().filter_map(read).collect()
}

#[test]
fn no_export_takes_the_place_of_the_project_or_a_picture() {
    let root = Folder::new();
    let document = sample();
    for name in ["a.jpg", "sub/ü 🐈.jpg", "waits.png"] {
        root.picture(name, 100, 80);
    }
    let named_otherwise = root.path().join("kept");
    for project in [&root.path().join("set.tsukami"), &named_otherwise] {
        let (project, _) = Project::create(project, root.path()).unwrap();
        project.close().unwrap();
    }
    root.write("set.tsukami-wal", "");
    let mut places = vec![
        "set.tsukami",
        "kept",
        "sub/../kept",
        "set.tsukami-wal",
        ".set.tsukami-aside/window.lock",
        "a.jpg",
        "sub/../a.jpg",
        "sub/ü 🐈.jpg",
    ];
    #[cfg(unix)]
    for (name, to) in [
        ("project.json", "kept"),
        ("picture.json", "a.jpg"),
        ("folder", "."),
    ] {
        std::os::unix::fs::symlink(root.path().join(to), root.path().join(name)).unwrap();
    }
    #[cfg(unix)]
    places.extend(["project.json", "picture.json", "folder/waits.png"]);
    let before = contents(&root);
    for format in Format::ALL {
        let options = ExportOptions::new(format);
        for place in &places {
            let out = root.path().join(place);
            let refused = exchange::export(&document, root.path(), &options, &out);
            let said = refused.unwrap_err().to_string();
            assert!(
                said.contains("choose another"),
                "{format:?} {place}: {said}"
            );
            assert_eq!(contents(&root), before, "{format:?} {place}");
        }
    }

    // Copies beside the originals, by any name of their folder; and over them.
    root.write("inner/new.txt", "");
    let before = contents(&root);
    for files in [Files::Copy, Files::Link] {
        for format in [Format::Coco, Format::Yolo, Format::Voc, Format::LabelMe] {
            let options = ExportOptions {
                files,
                ..ExportOptions::new(format)
            };
            for out in ["", "inner/.."] {
                let out = root.path().join(out);
                let refused = exchange::export(&document, root.path(), &options, &out);
                let said = refused.unwrap_err().to_string();
                assert!(said.contains("choose another folder"), "{said}");
                assert_eq!(contents(&root), before);
            }
        }
    }
    // labelme's files belong beside the pictures.
    let options = ExportOptions::new(Format::LabelMe);
    exchange::export(&document, root.path(), &options, root.path()).unwrap();
    exchange::export(&document, root.path(), &options, root.path()).unwrap();
    assert!(root.path().join("a.json").is_file());
}

#[test]
fn a_copy_never_takes_the_place_of_another_picture() {
    let root = Folder::new();
    let mut document = Document::default();
    for (id, path) in [(1, "a.png"), (2, "out/a.png")] {
        root.picture(path, 10 * id, 10);
        let review = ReviewState::Done;
        let picture = Picture::new(PictureId(id), path, 10 * id, 10);
        insert_picture(&mut document, Picture { review, ..picture });
    }
    let before = fs::read(root.path().join("out/a.png")).unwrap();
    let options = ExportOptions {
        files: Files::Copy,
        ..ExportOptions::new(Format::LabelMe)
    };
    let out = root.path().join("out");
    let refused = exchange::export(&document, root.path(), &options, &out);
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("is a picture of the project"), "{said}");
    assert_eq!(fs::read(out.join("a.png")).unwrap(), before);
}

#[test]
fn links_lead_nowhere() {
    let (root, out, secret) = (Folder::new(), Folder::new(), Folder::new());
    let mut options = ExportOptions::new(Format::Voc);
    std::os::unix::fs::symlink(secret.path(), out.path().join("sub")).unwrap();
    let error = exchange::export(&sample(), root.path(), &options, out.path()).unwrap_err();
    assert!(error.to_string().contains("leads out"), "{error}");
    assert!(secret.names().is_empty());
    secret.picture("s.png", 10, 10);
    std::os::unix::fs::symlink(secret.path(), root.path().join("link")).unwrap();
    let mut value = coco_file(&json!([1, 1, 2, 2]));
    value["images"][0] = json!({"id": 1, "file_name": "link/s.png"});
    let path = root.write("in.json", value.to_string());
    let (after, report) = import_into(
        &Document::default(),
        &path,
        root.path(),
        Format::Coco,
        ImportMode::Merge,
    );
    assert_eq!(
        (after.pictures().len(), report.unread.sentences.len()),
        (0, 1)
    );
    // What cannot be finished leaves nothing behind.
    options.format = Format::Coco;
    let bad = root.path().join("in.json/below/out.json");
    assert!(exchange::export(&sample(), root.path(), &options, &bad).is_err());
}

#[test]
fn tags_go_out_and_in() {
    let folder = Folder::new();
    let mut document = sample();
    let edit = crate::document::ops::set_tag(&document, &[PictureId(4)], CategoryId(2), true);
    apply(&mut document, edit.unwrap());
    let out = folder.path().join("tags.csv");
    exchange::export(
        &document,
        folder.path(),
        &ExportOptions::new(Format::Tags),
        &out,
    )
    .unwrap();
    assert_eq!(exchange::detect_format(&out), Some(Format::Tags));
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
    assert!(says(&report.unread, "../x.jpg") && says(&report.unread, "none.jpg"));
}

// ---- Files from strangers ---------------------------------------------------------------------

#[test]
fn bad_boxes_are_named_and_the_rest_is_taken() {
    for (bbox, expected) in [
        (json!([10, 10, -5, 5]), "no area"),
        (json!([10, 10, 0, 5]), "no area"),
        (json!([200, 10, 5, 5]), "lies outside"),
        (json!([1e308, 10, 1e308, 5]), "no area"),
        (json!([null, 10, 5, 5]), "no bbox"),
        (json!("everything"), "no bbox"),
        (json!([1, 2, 3]), "no bbox"),
    ] {
        let mut file = coco_file(&bbox);
        let good = json!({"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]});
        file["annotations"].as_array_mut().unwrap().push(good);
        let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
        assert!(says(&report.unread, expected), "{bbox}: {report:?}");
        assert_eq!(only_box(&after).id, AnnotationId(2));
    }
    let (after, report) = coco(
        &Document::default(),
        &coco_file(&json!([-5, -5, 1e30, 1e30])),
        ImportMode::Merge,
    );
    assert!(says(&report.changed, "clipped"));
    assert_eq!(
        only_box(&after).rect,
        BBox::from_xywh(0.0, 0.0, 100.0, 80.0)
    );
}

#[test]
fn ids_of_any_kind_are_taken_and_unusable_ones_renumbered() {
    let row = |id: Value, image: Value| json!({"id": id, "image_id": image, "category_id": "c", "bbox": [1, 1, 5, 5]});
    let file = json!({
        "images": [
            {"id": 0, "file_name": "a.jpg", "width": 10, "height": 10},
            {"id": "second", "file_name": "b.jpg", "width": 10, "height": 10},
            {"id": 99_999_999_999_u64, "file_name": "sub\\c.jpg", "width": 1_000_000_000, "height": 1_000_000_000},
            {"id": 4, "file_name": "d.jpg", "width": "wide", "height": -1},
            {"id": 0, "file_name": "e.jpg", "width": 10, "height": 10},
        ],
        "annotations": [
            row(json!(0), json!(0)), row(json!(0), json!("second")), row(json!(900_100_593_419_u64), json!(99_999_999_999_u64)),
            row(json!(3), json!(77)), row(json!(3.0), json!("0")), row(json!(null), json!(0)), row(json!(-4), json!(0)), json!(7),
        ],
        "categories": [
            {"id": "c", "name": " cat ", "supercategory": "dog"}, {"id": "d", "name": "dog", "supercategory": "cat"},
            {"id": 5, "name": "cat"}, {"id": 6}, {"id": 4_294_967_295_u32, "name": "last"},
        ],
    });
    let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
    let paths: Vec<_> = after
        .pictures()
        .map(|row| (row.id.0, row.path.to_string()))
        .collect();
    let expected = [(1, "a.jpg"), (2, "b.jpg"), (3, "sub/c.jpg")];
    assert_eq!(paths, expected.map(|(id, path)| (id, path.to_owned())));
    assert_eq!(after.annotation_count(), 6);
    assert!(after.annotation(AnnotationId(3)).is_some());
    let names: Vec<_> = after.categories().map(|row| row.name.to_string()).collect();
    assert_eq!(names, ["cat", "dog", "class 6", "last"]);
    for part in [
        "got new ids",
        "has no width",
        "two categories are called \"cat\"",
        "no name",
    ] {
        assert!(says(&report.changed, part), "{part}: {report:?}");
    }
    for part in ["picture 77", "two pictures have the id 0", "no object"] {
        assert!(says(&report.unread, part), "{part}: {report:?}");
    }
    assert!(after.next_ids().category < CategoryId(100));
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let outer = Folder::new();
    outer.picture("secret.png", 10, 10);
    let root = outer.path().join("root");
    fs::create_dir(&root).unwrap();
    for name in [
        "../secret.png",
        "/etc/passwd",
        "C:\\x.png",
        "a/../../secret.png",
        "..\\secret.png",
        "http://x/y.png",
    ] {
        let mut file = coco_file(&json!([1, 1, 2, 2]));
        file["images"][0]["file_name"] = name.into();
        let path = outer.write("root/in.json", file.to_string());
        let (after, report) = import_into(
            &Document::default(),
            &path,
            &root,
            Format::Coco,
            ImportMode::Merge,
        );
        assert_eq!(after.pictures().len(), 0);
        assert!(says(&report.unread, "refused"), "{name}: {report:?}");
        let xml = format!("<annotation><filename>{name}</filename></annotation>");
        let path = outer.write("root/in.xml", xml);
        let error =
            exchange::import(&after, &path, &root, Format::Voc, ImportMode::Merge).unwrap_err();
        assert!(error.to_string().contains("refused"), "{error}");
        let list = json!([{"image": name, "annotations": []}]);
        let path = outer.write("root/list.json", list.to_string());
        let (after, report) = import_into(
            &Document::default(),
            &path,
            &root,
            Format::CreateMl,
            ImportMode::Merge,
        );
        assert_eq!(
            (after.pictures().len(), report.unread.sentences.len()),
            (0, 1)
        );
    }
}

#[test]
fn encodings_and_broken_texts() {
    let folder = Folder::new();
    let text = coco_file(&json!([1, 1, 5, 5]))
        .to_string()
        .replace("\"cat\"", "\"猫\"");
    let utf16 = |to: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(to)
            .collect()
    };
    for bytes in [
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        format!("\u{feff}{text}").into_bytes(),
    ] {
        let path = folder.write("in.json", bytes);
        assert_eq!(exchange::detect_format(&path), Some(Format::Coco));
        let (after, _) = import_into(
            &Document::default(),
            &path,
            folder.path(),
            Format::Coco,
            ImportMode::Merge,
        );
        assert_eq!(&*after.categories().next().unwrap().name, "猫");
    }
    let deep = format!(
        "{{\"images\": {}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let fault = |content: &[u8], format, name: &str| {
        let path = folder.write(name, content);
        exchange::import(
            &Document::default(),
            &path,
            folder.path(),
            format,
            ImportMode::Merge,
        )
        .unwrap_err()
        .to_string()
    };
    for (content, expected) in [
        (&b"{\"images\": [\xff\xfe]}"[..], "no UTF-8"),
        (b"\xff\xfe\x00\xd8", "broken UTF-16"),
        (deep.as_bytes(), "recursion limit"),
        (
            b"{\"images\": [], \"annotations\": [{\"bbox\": [NaN]}]}",
            "NaN and Infinity",
        ),
        (b"{\"images\": 5}", "a list"),
        (b"[]", "COCO JSON"),
        (b"", "COCO JSON"),
    ] {
        let text = fault(content, Format::Coco, "in.json");
        assert!(text.contains(expected), "{text}");
    }
    let bomb = "<!DOCTYPE a [<!ENTITY x \"lol\"><!ENTITY y \"&x;&x;\">]><annotation><filename>&y;</filename></annotation>";
    assert!(fault(bomb.as_bytes(), Format::Voc, "in.xml").contains("entity"));
    assert!(fault("<a>".repeat(100_000).as_bytes(), Format::Voc, "in.xml").contains("too deeply"));
    assert!(fault(b"<annotation>", Format::Voc, "in.xml").contains("not closed"));
    let bomb = format!(
        "a: &a [x,x,x,x,x,x,x,x,x]\n{}names: *j\n",
        ('b'..='j')
            .map(|c| {
                let before = char::from(c as u8 - 1);
                format!("{c}: &{c} [{}*{before}]\n", format!("*{before},").repeat(8))
            })
            .collect::<String>()
    );
    assert!(fault(bomb.as_bytes(), Format::Yolo, "data.yaml").contains("no YAML"));
    assert!(fault(b"names: 7", Format::Yolo, "data.yaml").contains("no list"));
    let directory = exchange::import(
        &Document::default(),
        folder.path(),
        folder.path(),
        Format::Tags,
        ImportMode::Merge,
    );
    assert!(directory.unwrap_err().to_string().contains("no plain file"));
}

#[test]
fn yolo_lines_of_every_kind() {
    let folder = Folder::new();
    folder.picture("images/train/a.png", 100, 50);
    folder.write("labels/train/a.txt", "\
        0 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4 0.75\n0 0.1 0.2 0.3 0.2 0.3 0.6\n\
        9 0.5 0.5 0.2 0.4\nx 1 1 1 1\n0 nan 0.5 0.1 0.1\n0 0.5 0.5 -0.1 0.1\n0 0.5\n0 30 30 20 20\n0 0.25 0.5 0.5 0.5 17\n");
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
    assert_eq!(rows.len(), 4, "{report:?}");
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
    assert_eq!(report.unread.sentences.len(), 6, "{report:?}");
    assert!(says(&report.changed, "line 3: of its outline"));
    assert!(
        picture.review < ReviewState::Done,
        "some of its lines could not be read"
    );
}

#[test]
fn voc_counts_from_one_unless_a_file_shows_otherwise() {
    let folder = Folder::new();
    let read = |xmin: &str, ymin: &str| {
        let xml = format!(
            "<annotation><filename>a.jpg</filename><object><name>d&amp;g</name><difficult>1</difficult>\
             <bndbox><xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>10</xmax><ymax>20</ymax></bndbox></object></annotation>"
        );
        let path = folder.write("a.xml", xml);
        assert_eq!(exchange::detect_format(&path), Some(Format::Voc));
        import_into(
            &without_boxes(&sample()),
            &path,
            folder.path(),
            Format::Voc,
            ImportMode::Merge,
        )
        .0
    };
    let after = read("1", "3");
    assert_eq!(
        only_box(&after).rect,
        BBox {
            x0: 0.0,
            y0: 2.0,
            x1: 10.0,
            y1: 20.0
        }
    );
    assert!(only_box(&after).flags.difficult);
    assert_eq!(
        &*after.category(only_box(&after).category).unwrap().name,
        "d&g"
    );
    assert_eq!(
        only_box(&read("0", "3")).rect,
        BBox {
            x0: 0.0,
            y0: 3.0,
            x1: 10.0,
            y1: 20.0
        }
    );
}

#[test]
fn labelme_shapes_become_boxes() {
    let folder = Folder::new();
    let file = json!({
        "version": "5.0", "flags": {"blurred": true}, "imagePath": "..\\pictures\\a.jpg", "imageData": "AAAA",
        "imageHeight": 80, "imageWidth": 100,
        "shapes": [
            {"label": "dog", "shape_type": "rectangle", "points": [[30, 40], [10, 20]], "flags": {"difficult": true, "odd": true}, "group_id": 3},
            {"label": "dog", "shape_type": "polygon", "points": [[1, 1], [9, 1], [9, 9]]},
            {"label": "dog", "shape_type": "circle", "points": [[50, 50], [50, 60]]},
            {"label": "dog", "shape_type": "point", "points": [[50, 50]]},
        ],
    });
    let path = folder.write("a.json", file.to_string());
    assert_eq!(exchange::detect_format(&path), Some(Format::LabelMe));
    let (after, report) = import_into(
        &without_boxes(&sample()),
        &path,
        folder.path(),
        Format::LabelMe,
        ImportMode::Merge,
    );
    let rows = after.annotations(PictureId(3));
    assert_eq!(rows.len(), 3, "{report:?}");
    assert_eq!(
        rows[0].rect,
        BBox {
            x0: 10.0,
            y0: 20.0,
            x1: 30.0,
            y1: 40.0
        }
    );
    assert!(rows[0].flags.difficult);
    assert_eq!(
        rows[0].extra.as_deref(),
        Some("{\"labelme\":{\"flags\":{\"odd\":true},\"group_id\":3}}")
    );
    assert_eq!(
        rows[2].rect,
        BBox {
            x0: 40.0,
            y0: 40.0,
            x1: 60.0,
            y1: 60.0
        }
    );
    assert!(says(&report.changed, "of a polygon") && says(&report.unread, "two corners"));
}

#[test]
fn pictures_are_found_by_the_end_of_their_path_if_only_one_fits() {
    let mut document = without_boxes(&sample());
    insert_picture(
        &mut document,
        Picture::new(PictureId(20), "x/same.jpg", 10, 10),
    );
    insert_picture(
        &mut document,
        Picture::new(PictureId(21), "y/same.jpg", 10, 10),
    );
    let image =
        |id: u32, name: &str| json!({"id": id, "file_name": name, "width": 100, "height": 81});
    let file = json!({"images": [image(1, "train/waits.png"), image(2, "same.jpg"), image(3, "y/same.jpg"), image(4, "test/waits.png")],
        "annotations": [], "categories": []});
    let (after, report) = coco(&document, &file, ImportMode::Merge);
    assert_eq!(after.pictures().len(), document.pictures().len());
    assert!(says(
        &report.changed,
        "train/waits.png is taken for waits.png"
    ));
    assert!(says(&report.changed, "the file says 100 x 81"));
    assert!(says(&report.unread, "nothing tells which") && says(&report.unread, "test/waits.png"));
}
