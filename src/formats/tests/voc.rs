//! Pascal VOC.

use super::common::{Folder, import_into, only_box, sample, without_boxes};
use crate::formats::{self, Format, ImportMode};
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
