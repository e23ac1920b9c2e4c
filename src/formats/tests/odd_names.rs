//! What is exported comes back equal, whatever pictures and classes are called.

use std::collections::BTreeSet;
use std::fs;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::common::{Folder, drawn, insert_category, insert_picture, without_boxes};
use super::documents::plain;
use crate::document::{Change, Document, Edit, Flags, Picture, PictureId, ReviewState};
use crate::formats::{
    self, ExportOptions, FolderLayout, Format, ImportMode, PictureFiles, SubsetSplit,
};

/// The formats that hold boxes as ground truth.
fn formats_of_boxes() -> impl Iterator<Item = Format> {
    let others = [Format::CocoResults, Format::Tags];
    let all = Format::ALL.into_iter();
    all.filter(move |format| !others.contains(format))
}

const FOLDERS: [&str; 14] = [
    "",
    "",
    "",
    "images/",
    "labels/",
    "images/labels/images/",
    "images_/",
    "train/",
    "a b/",
    "sub/",
    "sub/sub/",
    "%41/",
    "-x/",
    "猫/",
];

const STEMS: [&str; 32] = [
    "a",
    "a",
    "A",
    "b",
    "a_2",
    "-dash",
    "per%20cent",
    "100%",
    "%",
    "it's",
    "\"q\"",
    "<&>",
    "&amp;",
    "new\nline",
    "tab\tbed",
    "\r",
    "com,ma",
    "semi;colon",
    "a.b",
    "a.jpg",
    "a.jpg.png",
    "ü",
    "u\u{308}",
    " lead",
    "trail ",
    "#1",
    "?d=x&y",
    "\u{1f408}",
    "\u{7f}",
    "images",
    "labels",
    "1",
];

const EXTENSIONS: [&str; 4] = ["jpg", "png", "JPG", "webp"];

const CLASSES: [&str; 22] = [
    "cat",
    "Cat",
    "1",
    "no",
    "~",
    "null",
    "a: b",
    "- x",
    "#",
    "com,ma",
    "\"q\"",
    "it's",
    "<&>",
    "&lt;",
    "new\nline",
    "tab\tbed",
    "100%",
    "猫",
    "ü",
    "u\u{308}",
    "{a}",
    "a  b",
];

/// Done pictures with odd names, each with boxes.
fn odd_documents() -> impl Strategy<Value = Document> {
    let path = (select(&FOLDERS), select(&STEMS), select(&EXTENSIONS));
    let path = path.prop_map(|(folder, stem, extension)| format!("{folder}{stem}.{extension}"));
    let flags = any::<[bool; 3]>();
    let rect = (0.0..0.6_f32, 0.0..0.6_f32, 0.01..0.4_f32, 0.01..0.4_f32);
    let boxes = vec((rect, 0..9_usize, flags), 1..4);
    (
        btree_set(path, 1..7),
        btree_set(select(&CLASSES), 1..5),
        vec((20..3000_u32, 20..3000_u32, boxes), 7),
    )
        .prop_map(|(paths, classes, pictures)| document(&paths, &classes, pictures))
}

type Boxes = Vec<((f32, f32, f32, f32), usize, [bool; 3])>;

fn document(
    paths: &BTreeSet<String>,
    classes: &BTreeSet<&str>,
    pictures: Vec<(u32, u32, Boxes)>,
) -> Document {
    let mut document = Document::default();
    for (id, name) in (1..).zip(classes) {
        insert_category(&mut document, id, name);
    }
    let mut next = 1;
    for ((id, path), (width, height, boxes)) in (1..).zip(paths).zip(pictures) {
        let review = ReviewState::Done;
        let picture = Picture::new(PictureId(id), path.as_str(), width, height);
        insert_picture(&mut document, Picture { review, ..picture });
        for ((x, y, w, h), class, [difficult, occluded, truncated]) in boxes {
            let (w_px, h_px) = (width as f32, height as f32);
            let category = 1 + (class % classes.len()) as u32;
            let mut row = drawn(next, [x * w_px, y * h_px, w * w_px, h * h_px], category);
            row.flags = Flags {
                crowd: false,
                difficult,
                occluded,
                truncated,
            };
            next += 1;
            let picture = PictureId(id);
            let change = Change::Insert(row);
            document
                .apply(Edit::Annotation { picture, change })
                .unwrap();
        }
    }
    document
}

/// Fails unless the boxes of two documents agree, as far as the format can hold them.
fn same_boxes(format: Format, expected: &Document, got: &Document) -> Result<(), TestCaseError> {
    let (expected, got) = (plain(expected), plain(got));
    prop_assert_eq!(
        expected.keys().collect::<Vec<_>>(),
        got.keys().collect::<Vec<_>>(),
        "{}",
        format
    );
    for (path, rows) in &expected {
        let got = &got[path];
        prop_assert_eq!(rows.len(), got.len(), "{} {:?}", format, path);
        for ((name, rect, flags), (got_name, got_rect, got_flags)) in rows.iter().zip(got) {
            prop_assert_eq!(name, got_name, "{}", format);
            // YOLO has eight decimals of a side, VOC whole pixels.
            let most = match format {
                Format::Voc => 1.0,
                Format::Yolo | Format::CreateMl => 2e-3,
                _ => 0.0,
            };
            let off = rect.iter().zip(got_rect).map(|(a, b)| (a - b).abs());
            let off = off.fold(0.0, f32::max);
            prop_assert!(
                off <= most,
                "{} {:?}: {:?} {:?}",
                format,
                path,
                rect,
                got_rect
            );
            match format {
                Format::Yolo | Format::CreateMl => {}
                Format::OpenImages => {
                    prop_assert_eq!(flags.occluded, got_flags.occluded);
                    prop_assert_eq!(flags.truncated, got_flags.truncated);
                }
                _ => prop_assert_eq!(flags, got_flags, "{}", format),
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn labels_without_copies_come_back_equal(
        document in odd_documents(),
        roboflow in any::<bool>(),
        split in any::<bool>(),
    ) {
        for format in formats_of_boxes() {
            let (root, away) = (Folder::new(), Folder::new());
            let mut options = ExportOptions::new(format);
            options.layout = if roboflow { FolderLayout::Roboflow } else { FolderLayout::Standard };
            options.split = split.then_some(SubsetSplit { train: 1, val: 1, test: 1, seed: 0 });
            let out = away.path().join("out");
            formats::export(&document, root.path(), &options, &out).unwrap();
            prop_assert_eq!(formats::detect_format(&out), Some(format));
            let bare = without_boxes(&document);
            let import = formats::import(&bare, &out, root.path(), format, ImportMode::Merge);
            let import = import.unwrap();
            let mut back = bare;
            back.apply(import.edit).unwrap();
            prop_assert!(import.report.skipped.is_empty(), "{}: {:?}", format, import.report);
            prop_assert_eq!(import.report.pictures_added, 0);
            same_boxes(format, &document, &back)?;
        }
    }

    #[test]
    fn copies_come_back_equal_into_their_project_and_into_one_of_their_own(
        document in odd_documents(),
    ) {
        for format in formats_of_boxes() {
            let (root, away) = (Folder::new(), Folder::new());
            for picture in document.pictures() {
                // The header of a picture of this size suffices.
                root.write(&picture.path, bmp_header(picture.width, picture.height));
            }
            let mut options = ExportOptions::new(format);
            options.files = PictureFiles::Copy;
            let out = away.path().join("out");
            let report = formats::export(&document, root.path(), &options, &out).unwrap();
            prop_assert_eq!(report.files, document.pictures().len());
            let bare = without_boxes(&document);
            let import = formats::import(&bare, &out, root.path(), format, ImportMode::Merge);
            let import = import.unwrap();
            let mut back = bare;
            back.apply(import.edit).unwrap();
            same_boxes(format, &document, &back)?;
            let own = formats::import(&Document::default(), &out, &out, format, ImportMode::Merge);
            let own = own.unwrap();
            let mut copy = Document::default();
            copy.apply(own.edit).unwrap();
            prop_assert!(own.report.skipped.is_empty(), "{}: {:?}", format, own.report);
            prop_assert_eq!(copy.pictures().len(), document.pictures().len(), "{}", format);
            prop_assert!(copy.pictures().all(|picture| !picture.missing), "{}", format);
            prop_assert_eq!(copy.annotation_count(), document.annotation_count(), "{}", format);
            for picture in copy.pictures() {
                // The picture that it is a copy of has the same boxes.
                let bytes = fs::read(out.join(&*picture.path)).unwrap();
                let [count, width] = [copy.annotations(picture.id).len(), picture.width as usize];
                let same = document.pictures().find(|other| {
                    bytes == bmp_header(other.width, other.height)
                        && document.annotations(other.id).len() == count
                        && other.width as usize == width
                });
                prop_assert!(same.is_some(), "{} {:?}", format, picture.path);
            }
        }
    }
}

/// The export names the copy of one as the other is named in the project.
#[test]
fn a_picture_whose_name_the_copy_of_another_has_keeps_its_boxes() {
    for format in formats_of_boxes() {
        let (root, away) = (Folder::new(), Folder::new());
        let paths: BTreeSet<String> = ["images/a.jpg", "images_/a.jpg"].map(String::from).into();
        let boxes = |x| vec![((x, 0.1, 0.3, 0.3), 0, [false; 3])];
        let pictures = vec![(20, 20, boxes(0.1)), (40, 20, boxes(0.5))];
        let document = document(&paths, &["cat"].into(), pictures);
        for picture in document.pictures() {
            root.write(&picture.path, bmp_header(picture.width, picture.height));
        }
        let mut options = ExportOptions::new(format);
        options.files = PictureFiles::Copy;
        let out = away.path().join("out");
        formats::export(&document, root.path(), &options, &out).unwrap();
        let mut back = without_boxes(&document);
        let import = formats::import(&back, &out, root.path(), format, ImportMode::Merge);
        back.apply(import.unwrap().edit).unwrap();
        same_boxes(format, &document, &back).unwrap();
    }
}

/// The header of a bitmap without compression.
fn bmp_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    let size = 54 + u64::from(width.div_ceil(4) * 4) * u64::from(height) * 3;
    bytes.extend((size as u32).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(54_u32.to_le_bytes());
    bytes.extend(40_u32.to_le_bytes());
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(24_u16.to_le_bytes());
    bytes.extend([0; 24]);
    bytes
}
