//! What an export keeps, on random documents.

use std::fs;

use proptest::prelude::*;

use super::common::{Folder, import_into, without_boxes};
use super::documents::{documents, plain};
use crate::document::Document;
use crate::formats::coco::Instances;
use crate::formats::{
    self, ExportOptions, FolderLayout, Format, ImportMode, PictureScope, SubsetSplit,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_document_survives_a_round_trip_through_coco_with_provenance(document in documents()) {
        let folder = Folder::new();
        let out = folder.path().join("all.json");
        let mut options = ExportOptions::new(Format::Coco);
        options.scope = PictureScope::All;
        options.provenance = true;
        formats::export(&document, folder.path(), &options, &out).unwrap();
        let root = folder.path().join("elsewhere");
        let (back, report) = import_into(&Document::default(), &out, &root, Format::Coco, ImportMode::Merge);
        prop_assert_eq!(&back, &document);
        prop_assert!(report.skipped.is_empty(), "{:?}", report);
        // Importing the file again changes nothing, in either mode.
        for mode in [ImportMode::Merge, ImportMode::Replace] {
            let again = formats::import(&back, &out, &root, Format::Coco, mode).unwrap();
            let mut after = back.clone();
            after.apply(again.edit).unwrap();
            prop_assert_eq!(&after, &back);
        }
    }

    #[test]
    fn ground_truth_keeps_its_ids_and_repeated_exports_are_identical(document in documents()) {
        let folder = Folder::new();
        let out = folder.path().join("truth.json");
        let options = ExportOptions::new(Format::Coco);
        formats::export(&document, folder.path(), &options, &out).unwrap();
        let text = fs::read_to_string(&out).unwrap();
        prop_assert!(text.is_ascii() && !text.contains("\"score\""));
        Instances::read(&out).unwrap().validate().unwrap();
        let bare = without_boxes(&document);
        let (back, _) = import_into(&bare, &out, folder.path(), Format::Coco, ImportMode::Merge);
        prop_assert_eq!(plain(&back), plain(&document));
        for picture in back.pictures() {
            prop_assert_eq!(&document.picture(picture.id).unwrap().path, &picture.path);
            for row in back.annotations(picture.id) {
                prop_assert_eq!(document.annotation(row.id).unwrap().1.rect, row.rect);
            }
        }
        let again = folder.path().join("again.json");
        formats::export(&back, folder.path(), &options, &again).unwrap();
        // The mark `missing` belongs to the project and is not exported.
        prop_assert_eq!(fs::read_to_string(&again).unwrap(), text);
    }

    #[test]
    fn other_formats_keep_what_they_can_hold(document in documents(), roboflow in any::<bool>(), split in any::<bool>()) {
        for format in [Format::Yolo, Format::Voc, Format::LabelMe, Format::CreateMl] {
            let folder = Folder::new();
            let mut options = ExportOptions::new(format);
            options.layout = if roboflow { FolderLayout::Roboflow } else { FolderLayout::Standard };
            options.split = split.then_some(SubsetSplit { train: 1, val: 1, test: 1, seed: 0 });
            let out = folder.path().join(if options.makes_folder() { "out" } else { "out.json" });
            formats::export(&document, folder.path(), &options, &out).unwrap();
            let bare = without_boxes(&document);
            let (back, report) = import_into(&bare, &out, folder.path(), format, ImportMode::Merge);
            prop_assert!(report.skipped.is_empty(), "{:?}: {:?}", format, report);
            let (mut expected, got) = (plain(&document), plain(&back));
            let has_crowds = matches!(format, Format::Voc | Format::LabelMe);
            for (path, rows) in &mut expected {
                rows.retain(|(_, _, flags)| has_crowds || !flags.crowd);
                let got = &got[path];
                prop_assert_eq!(got.len(), rows.len(), "{:?} {}", format, path);
                for ((name, rect, flags), (got_name, got_rect, got_flags)) in rows.iter().zip(got) {
                    prop_assert_eq!(name, got_name);
                    // Pascal VOC has whole pixels, and boxes have at least one.
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
    fn damaged_files_do_not_panic(document in documents(), at in 0.0..1.0_f64, byte in any::<u8>(), cut in any::<bool>()) {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::CocoResults) {
            let folder = Folder::new();
            let options = ExportOptions::new(format);
            let out = folder.path().join("out");
            formats::export(&document, folder.path(), &options, &out).unwrap();
            for name in folder.names() {
                let path = folder.path().join(name);
                let mut bytes = fs::read(&path).unwrap();
                let place = (bytes.len() as f64 * at) as usize;
                if cut { bytes.truncate(place) } else if place < bytes.len() { bytes[place] = byte }
                fs::write(&path, bytes).unwrap();
            }
            let _ = formats::detect_format(&out);
            if let Ok(import) = formats::import(&document, &out, folder.path(), format, ImportMode::Merge) {
                let mut after = document.clone();
                let applied = after.apply(import.edit);
                prop_assert!(applied.is_ok(), "{:?}", applied);
            }
        }
    }
}
