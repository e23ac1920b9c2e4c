//! Labels of rotated and resized copies, and imports for review.

use serde_json::json;

use super::common::{Folder, coco_file, import_into, mentions, only_box};
use crate::document::{BoxState, Document, ReviewState};
use crate::formats::{Format, ImportMode, ImportOptions, ImportReport, ImportedAs, SizeRule};
use crate::geometry::BBox;

/// A JPEG of this stored size with an EXIF orientation.
fn jpeg(folder: &Folder, width: u32, height: u32, orientation: u8) {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::new(width, height);
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut segment = vec![0xff, 0xe1];
    segment.extend((exif.len() as u16 + 2).to_be_bytes());
    segment.extend(exif);
    let mut bytes = bytes.into_inner();
    bytes.splice(2..2, segment);
    folder.write("a.jpg", bytes);
}

/// Imports a box (10, 20) to (40, 60), made on a copy of the stated size.
fn import(folder: &Folder, stated: [u32; 2], sizes: SizeRule) -> (Document, ImportReport) {
    let mut file = coco_file(&json!([10, 20, 30, 40]));
    file["images"][0]["width"] = stated[0].into();
    file["images"][0]["height"] = stated[1].into();
    let path = folder.write("in.json", file.to_string());
    let options = ImportOptions {
        sizes,
        ..ImportOptions::default()
    };
    import_into(
        &Document::default(),
        &path,
        folder.path(),
        Format::Coco,
        options,
    )
}

fn check(read: &(Document, ImportReport), state: BoxState, edges: [f32; 4], said: &str) {
    let (document, report) = read;
    let row = only_box(document);
    let [x0, y0, x1, y1] = edges;
    assert_eq!(
        (row.state, row.rect),
        (state, BBox { x0, y0, x1, y1 }),
        "{report:?}"
    );
    assert!(mentions(&report.changed, said), "{report:?}");
    let review = document.pictures().next().unwrap().review;
    let is_done = state == BoxState::Drawn;
    assert_eq!(review == ReviewState::Done, is_done, "{review:?}");
}

const AS_IT_IS: [f32; 4] = [10.0, 20.0, 40.0, 60.0];

#[test]
fn sizes_that_agree_or_are_unknown_are_trusted() {
    let folder = Folder::new();
    jpeg(&folder, 100, 80, 1);
    for stated in [[100, 80], [101, 79], [0, 0], [0, 80]] {
        let (after, report) = import(&folder, stated, SizeRule::Review);
        assert_eq!(only_box(&after).state, BoxState::Drawn, "{report:?}");
        assert!(!mentions(&report.changed, "the picture has"), "{report:?}");
    }
}

#[test]
fn boxes_of_a_resized_copy_are_scaled_only_on_request() {
    let folder = Folder::new();
    jpeg(&folder, 200, 161, 1);
    let stated = [100, 80];
    for rule in [SizeRule::Review, SizeRule::Rotate] {
        let read = import(&folder, stated, rule);
        let said = "a.jpg: the file says 100 x 80 pixels, but the picture has 200 x 161; its boxes \
                    were left as they are, and came in as proposals";
        check(&read, BoxState::Proposed, AS_IT_IS, said);
    }
    let read = import(&folder, stated, SizeRule::Scale);
    let scaled = [20.0, 40.25, 80.0, 120.75];
    check(&read, BoxState::Drawn, scaled, "its boxes were scaled");
    // Another aspect ratio.
    let read = import(&folder, [100, 100], SizeRule::Scale);
    check(&read, BoxState::Proposed, AS_IT_IS, "came in as proposals");
    // The box is not inside of the size that the file states.
    let read = import(&folder, [50, 40], SizeRule::Scale);
    check(&read, BoxState::Proposed, AS_IT_IS, "came in as proposals");
}

#[test]
fn boxes_that_would_be_lost_are_fitted_as_proposals() {
    let folder = Folder::new();
    jpeg(&folder, 50, 40, 1);
    let read = import(&folder, [100, 80], SizeRule::Review);
    let said = "its boxes were scaled, and came in as proposals";
    check(&read, BoxState::Proposed, [5.0, 10.0, 20.0, 30.0], said);
}

#[test]
fn boxes_of_the_stored_picture_are_rotated_only_on_request_and_if_exif_says_so() {
    let folder = Folder::new();
    jpeg(&folder, 100, 80, 6);
    for rule in [SizeRule::Review, SizeRule::Scale] {
        let read = import(&folder, [100, 80], rule);
        check(&read, BoxState::Proposed, AS_IT_IS, "came in as proposals");
    }
    for (orientation, edges) in [
        (5, [20.0, 10.0, 60.0, 40.0]),
        (6, [20.0, 10.0, 60.0, 40.0]),
        (7, [20.0, 60.0, 60.0, 90.0]),
        (8, [20.0, 60.0, 60.0, 90.0]),
    ] {
        jpeg(&folder, 100, 80, orientation);
        let read = import(&folder, [100, 80], SizeRule::Rotate);
        check(&read, BoxState::Drawn, edges, "its boxes were rotated");
    }
    jpeg(&folder, 80, 100, 1);
    let read = import(&folder, [100, 80], SizeRule::Rotate);
    check(&read, BoxState::Proposed, AS_IT_IS, "came in as proposals");
}

#[test]
fn the_sizes_of_voc_and_labelme_count_too() {
    let folder = Folder::new();
    jpeg(&folder, 200, 160, 1);
    let xml = "<annotation><filename>a.jpg</filename><size><width>100</width><height>80</height></size>\
               <object><name>cat</name><bndbox><xmin>11</xmin><ymin>21</ymin><xmax>40</xmax><ymax>60</ymax>\
               </bndbox></object></annotation>";
    let json = json!({"imagePath": "a.jpg", "imageWidth": 100, "imageHeight": 80, "shapes": [
        {"label": "cat", "shape_type": "rectangle", "points": [[10, 20], [40, 60]]}]});
    for (name, content, format) in [
        ("a.xml", xml.to_owned(), Format::Voc),
        ("a.json", json.to_string(), Format::LabelMe),
    ] {
        let path = folder.write(name, content);
        let import = |options: ImportOptions| {
            import_into(&Document::default(), &path, folder.path(), format, options)
        };
        let read = import(ImportOptions::default());
        check(&read, BoxState::Proposed, AS_IT_IS, "came in as proposals");
        let read = import(ImportOptions {
            sizes: SizeRule::Scale,
            ..ImportOptions::default()
        });
        let scaled = [20.0, 40.0, 80.0, 120.0];
        check(&read, BoxState::Drawn, scaled, "its boxes were scaled");
    }
}

#[test]
fn each_of_several_files_has_its_own_size_of_a_picture() {
    let folder = Folder::new();
    jpeg(&folder, 200, 160, 1);
    for (at, (size, x)) in [([200, 160], 1), ([100, 80], 10), ([0, 0], 60)]
        .into_iter()
        .enumerate()
    {
        let mut file = coco_file(&json!([x, 20, 30, 40]));
        file["images"][0]["width"] = size[0].into();
        file["images"][0]["height"] = size[1].into();
        folder.write(&format!("{at}.json"), file.to_string());
    }
    let root = folder.path();
    let options = ImportOptions::default();
    let (after, report) = import_into(&Document::default(), root, root, Format::Coco, options);
    let picture = after.pictures().next().unwrap();
    let rows = after.annotations(picture.id).iter();
    let mut rows: Vec<_> = rows.map(|row| (row.rect.x0, row.state)).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let expected = [
        (1.0, BoxState::Drawn),
        (10.0, BoxState::Proposed),
        (60.0, BoxState::Drawn),
    ];
    assert_eq!(rows, expected, "{report:?}");
    assert!(
        mentions(&report.changed, "the file says 100 x 80"),
        "{report:?}"
    );
    assert!(picture.review < ReviewState::Done);
}

#[test]
fn an_import_for_review_brings_proposals_and_leaves_no_picture_done() {
    let folder = Folder::new();
    jpeg(&folder, 100, 80, 1);
    folder.picture("empty.png", 10, 10);
    let list = json!([
        {"image": "a.jpg", "annotations": [
            {"label": "cat", "coordinates": {"x": 25, "y": 40, "width": 30, "height": 40}}]},
        {"image": "empty.png", "annotations": []},
    ]);
    let path = folder.write("in.json", list.to_string());
    let import = |document: &Document, boxes| {
        let options = ImportOptions {
            boxes,
            ..ImportMode::Merge.into()
        };
        import_into(document, &path, folder.path(), Format::CreateMl, options)
    };
    let (after, report) = import(&Document::default(), ImportedAs::Proposals);
    assert_eq!((report.boxes, report.proposals), (0, 1));
    let row = only_box(&after);
    assert_eq!((row.state, row.score), (BoxState::Proposed, Some(1.0)));
    let reviews: Vec<_> = after.pictures().map(|picture| picture.review).collect();
    assert_eq!(reviews, [ReviewState::Proposed, ReviewState::New]);
    // A second import changes nothing, and one as truth confirms the box.
    assert_eq!(import(&after, ImportedAs::Proposals).0, after);
    let (confirmed, report) = import(&after, ImportedAs::Truth);
    assert_eq!(only_box(&confirmed).state, BoxState::Accepted, "{report:?}");
    // What a person has judged stays judged.
    let (again, report) = import(&confirmed, ImportedAs::Proposals);
    assert_eq!(again, confirmed);
    assert_eq!((report.proposals, report.present), (0, 1));
}

#[test]
fn shares_of_a_rotated_copy_and_of_the_picture_itself_stay_apart() {
    let task = |value: serde_json::Value, size: Option<[u32; 2]>| {
        let mut result = json!({
            "id": "1", "type": "rectanglelabels", "from_name": "label", "to_name": "image",
            "value": value,
        });
        if let Some([width, height]) = size {
            result["original_width"] = width.into();
            result["original_height"] = height.into();
        }
        json!([{"data": {"image": "a.jpg"}, "annotations": [{"result": [result]}]}])
    };
    let value = |x: u32, y: u32, height: u32| {
        json!({
            "x": x, "y": y, "width": 10, "height": height, "rotation": 0,
            "rectanglelabels": ["cat"],
        })
    };
    let stored = task(value(10, 10, 20), Some([200, 160]));
    let upright = task(value(50, 50, 10), None);
    for order in [["a", "b"], ["b", "a"]] {
        let folder = Folder::new();
        jpeg(&folder, 200, 160, 6);
        folder.write(&format!("{}.json", order[0]), stored.to_string());
        folder.write(&format!("{}.json", order[1]), upright.to_string());
        let options = ImportOptions {
            sizes: SizeRule::Rotate,
            ..ImportOptions::default()
        };
        let root = folder.path();
        let (after, report) = import_into(
            &Document::default(),
            root,
            root,
            Format::LabelStudio,
            options,
        );
        let picture = after.pictures().next().unwrap();
        let rows = after.annotations(picture.id).iter();
        let mut rows: Vec<[i32; 4]> = rows
            .map(|row| {
                [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1].map(|edge| edge.round() as i32)
            })
            .collect();
        rows.sort_unstable();
        let expected = [[80, 100, 96, 120], [112, 20, 144, 40]];
        assert_eq!(rows, expected, "{order:?} {report:?}");
    }
}
