//! Pascal VOC.

use super::common::{Folder, import_into, mentions, only_box, sample, without_boxes};
use crate::document::{BoxState, Document, ReviewState};
use crate::formats::{self, Format, ImportMode, ImportReport};
use crate::geometry::BBox;

#[test]
fn voc_counts_pixels_from_one_unless_a_file_has_a_zero() {
    let folder = Folder::new();
    let read = |xmin: &str, ymin: &str| {
        let xml = format!(
            "<annotation><filename>a.jpg</filename><object><name>d&amp;g</name><difficult>1</difficult>\
             <bndbox><xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>10</xmax><ymax>20</ymax></bndbox></object></annotation>"
        );
        let path = folder.write("a.xml", xml);
        assert_eq!(formats::detect_format(&path), Some(Format::Voc));
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
    assert_eq!(&*after.class_of(only_box(&after)).unwrap().name, "d&g");
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

/// Imports the objects of a picture of 100 x 80 pixels.
fn import_objects(objects: &str) -> (Document, ImportReport) {
    let folder = Folder::new();
    let xml = format!(
        "<annotation><filename>a.jpg</filename><size><width>100.0</width><height>80</height></size>\
         {objects}</annotation>"
    );
    let path = folder.write("a.xml", xml);
    let document = without_boxes(&sample());
    import_into(
        &document,
        &path,
        folder.path(),
        Format::Voc,
        ImportMode::Merge,
    )
}

fn object(xmin: &str, ymin: &str, xmax: &str, ymax: &str, more: &str) -> String {
    format!(
        "<object><name>dog</name>{more}<bndbox><xmax>{xmax}</xmax><xmin>{xmin}</xmin>\
         <ymin>{ymin}</ymin><ymax>{ymax}</ymax></bndbox></object>"
    )
}

#[test]
fn swapped_corners_are_put_right_before_pixels_are_counted() {
    let (after, report) = import_objects(&object("10", "20.0", "2e0", "3", ""));
    let expected = BBox::from_corners(1.0, 2.0, 10.0, 20.0);
    assert_eq!(only_box(&after).rect, expected);
    assert!(mentions(&report.changed, "put in order"), "{report:?}");
    assert!(!mentions(&report.changed, "the file says"), "{report:?}");
}

#[test]
fn numbers_that_are_none_are_named_and_do_not_stop_the_others() {
    let objects = [
        object("1,5", "2", "10", "20", ""),
        object("", "2", "10", "20", ""),
        "<object><name>dog</name></object>".to_owned(),
        object("1", "1", "10", "20", ""),
    ];
    let (after, report) = import_objects(&objects.concat());
    assert_eq!(
        only_box(&after).rect,
        BBox::from_corners(0.0, 0.0, 10.0, 20.0)
    );
    for part in [
        "xmin: \"1,5\" is not a number; write decimals with a point",
        "xmin: \"\" is not a number",
        "it has no bndbox",
    ] {
        assert!(mentions(&report.skipped, part), "{part}: {report:?}");
    }
}

#[test]
fn a_box_with_a_confidence_is_a_proposal() {
    let (after, _) = import_objects(&object(
        "1",
        "1",
        "10",
        "20",
        "<confidence>0.75</confidence>",
    ));
    let row = only_box(&after);
    assert_eq!((row.state, row.score), (BoxState::Proposed, Some(0.75)));
    let picture = after.pictures().next().unwrap();
    assert_eq!(picture.review, ReviewState::Proposed);
}

#[test]
fn a_rotated_box_becomes_the_box_around_it() {
    let (after, _) = import_objects(
        "<object><type>robndbox</type><name>dog</name><robndbox><cx>50</cx><cy>40</cy><w>20</w>\
         <h>10</h><angle>1.5707963267948966</angle></robndbox></object>",
    );
    let rect = only_box(&after).rect;
    let expected = BBox::from_corners(45.0, 30.0, 55.0, 50.0);
    assert!(rect.iou(&expected) > 0.999, "{rect:?}");
}
