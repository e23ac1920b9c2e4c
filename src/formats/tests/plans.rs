//! The plan of an export says what the export then does, and does nothing itself.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::common::{Folder, apply, drawn, insert_box, insert_picture, sample};
use crate::document::{CategoryId, Document, Flag, Flags, Picture, PictureId, ReviewState, ops};
use crate::files::EXPORT_MARKER;
use crate::formats::{
    self, ExportOptions, ExportPlan, FileChange, FolderLayout, Format, FormatError, ImportMode,
    PictureFiles, PictureScope, SubsetSplit,
};

/// The sample with pictures in more than one subset, boxes with flags, attributes and an outline, a tag,
/// and the files of the pictures in `folder`.
fn document(folder: &Folder) -> Document {
    let mut document = sample();
    for number in 0..6 {
        let row = Picture::new(PictureId(20 + number), format!("p{number}.png"), 30, 20);
        let review = ReviewState::Done;
        insert_picture(&mut document, Picture { review, ..row });
        let class = 1 + number % 2;
        let row = drawn(30 + number, [1.0, 2.0, 9.0, 8.0], class);
        insert_box(&mut document, 20 + number, row);
        folder.picture(&format!("pictures/p{number}.png"), 30, 20);
    }
    let mut special = drawn(40, [1.0, 1.0, 20.0, 15.0], 1);
    special.flags = [Flag::Crowd].into_iter().collect();
    insert_box(&mut document, 20, special.clone());
    special.id.0 = 41;
    special.flags = [Flag::Difficult, Flag::Occluded, Flag::Truncated]
        .into_iter()
        .collect();
    let fields = r#"{"attributes": {"colour": "red"}, "bbox": [1, 1, 20, 15],
        "segmentation": [[1, 1, 21, 1, 21, 16]]}"#;
    special.extra = Some(fields.into());
    insert_box(&mut document, 20, special);
    let edit = ops::set_tag(&document, &[PictureId(3)], CategoryId(1), true).unwrap();
    apply(&mut document, edit);
    document
}

fn plan(
    document: &Document,
    root: &Path,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportPlan, FormatError> {
    let plan = formats::plan_export(document, root, options, out, &|| false)?;
    Ok(plan.unwrap())
}

/// What is in a folder: the size of each file.
fn content(folder: &Path) -> BTreeMap<String, u64> {
    let files = walkdir::WalkDir::new(folder).into_iter();
    let files = files.map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().is_file());
    let files = files.map(|entry| {
        let path = entry.path().strip_prefix(folder).unwrap();
        let name = path.to_str().unwrap().replace('\\', "/");
        (name, entry.metadata().unwrap().len())
    });
    files.collect()
}

/// All ways to arrange an export in a format.
fn arrangements(format: Format) -> Vec<ExportOptions> {
    let split = SubsetSplit {
        train: 2,
        val: 1,
        test: 1,
        seed: 7,
    };
    let mut all = Vec::new();
    for split in [None, Some(split)] {
        for files in [PictureFiles::Leave, PictureFiles::Copy, PictureFiles::Link] {
            for layout in FolderLayout::ALL {
                // Each scope with each of these, but not all of all.
                let is_all = (files == PictureFiles::Copy) != (layout == FolderLayout::Standard);
                all.push(ExportOptions {
                    scope: match is_all {
                        true => PictureScope::All,
                        false => PictureScope::Reviewed,
                    },
                    split,
                    files,
                    layout,
                    ..ExportOptions::new(format)
                });
            }
        }
    }
    all.retain(|options| {
        let has_layouts = matches!(format, Format::Coco | Format::Yolo);
        let is_plain = options.layout == FolderLayout::Standard;
        is_plain || has_layouts || options.files == PictureFiles::Copy
    });
    all
}

/// Checks a plan against what the export then does to `out`.
fn check(document: &Document, root: &Path, options: &ExportOptions, out: &Path) {
    let base = out.parent().unwrap();
    let before = content(base);
    let planned = plan(document, root, options, out).unwrap();
    assert_eq!(content(base), before, "a plan writes nothing: {options:?}");
    let mut report = formats::export(document, root, options, out).unwrap();
    let is_removal = |text: &String| text.ends_with("were removed");
    report.changed.texts.retain(|text| !is_removal(text));
    assert_eq!(planned.report, report, "{options:?}");

    let (inside, before): (Vec<_>, Vec<_>) = match options.makes_folder() {
        true => {
            let name = out.file_name().unwrap().to_str().unwrap();
            let prefix = format!("{name}/");
            let own = |(path, bytes): (&String, &u64)| {
                Some((path.strip_prefix(&prefix)?.to_owned(), *bytes))
            };
            let after = content(base);
            (
                after.iter().filter_map(own).collect(),
                before.iter().filter_map(own).collect(),
            )
        }
        false => {
            let name = out.file_name().unwrap().to_str().unwrap().to_owned();
            let was = before.get(&name).map(|bytes| (name.clone(), *bytes));
            (
                vec![(name, fs::metadata(out).unwrap().len())],
                was.into_iter().collect(),
            )
        }
    };
    let (inside, before): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (inside.into_iter().collect(), before.into_iter().collect());
    for file in &planned.files {
        let bytes = inside.get(&file.path);
        let bytes = bytes.unwrap_or_else(|| panic!("{} is missing: {options:?}", file.path));
        if file.path != EXPORT_MARKER {
            assert_eq!(file.bytes, *bytes, "{}: {options:?}", file.path);
        }
        let was_there = before.contains_key(&file.path);
        let is_new = file.change == FileChange::New;
        assert_eq!(is_new, !was_there, "{}: {options:?}", file.path);
    }
    let names: BTreeSet<&String> = planned.files.iter().map(|file| &file.path).collect();
    assert_eq!(names.len(), planned.files.len(), "each file once");
    for name in inside.keys().filter(|name| !names.contains(name)) {
        assert!(before.contains_key(name), "{name}: {options:?}");
    }
    for name in &planned.removed {
        let is_gone = before.contains_key(name) && !inside.contains_key(name);
        assert!(is_gone, "{name}: {options:?}");
    }
    let gone = before.keys().filter(|name| !inside.contains_key(*name));
    assert_eq!(gone.count(), planned.removed.len(), "{options:?}");

    let is_asked = |name: &str| {
        let asked = options.classes.as_ref();
        asked.is_none_or(|asked| asked.contains(name))
    };
    let classes = planned.classes.iter();
    let counts = classes.filter(|(name, _)| is_asked(name));
    let boxes: usize = counts.map(|(_, count)| count).sum();
    if options.format != Format::Tags {
        assert_eq!(boxes, report.boxes, "{options:?}");
    }
}

#[test]
fn every_export_does_what_its_plan_says() {
    for format in Format::ALL {
        for options in arrangements(format) {
            let folder = Folder::new();
            let document = document(&folder);
            let root = folder.path().join("pictures");
            let out = folder.path().join("out");
            check(&document, &root, &options, &out);
            // Again into the same place, with less in it.
            let options = ExportOptions {
                classes: Some(["dog".to_owned()].into()),
                pictures: Some(Arc::new([3, 20, 21, 22].map(PictureId).into())),
                ..options
            };
            check(&document, &root, &options, &out);
        }
    }
}

#[test]
fn a_plan_is_refused_as_the_export_would_be() {
    let folder = Folder::new();
    let document = document(&folder);
    let root = folder.path().join("pictures");
    let out = folder.path().join("out");
    let export = |format| formats::export(&document, &root, &ExportOptions::new(format), &out);
    export(Format::Yolo).unwrap();
    for format in [Format::Voc, Format::Coco] {
        let refused = plan(&document, &root, &ExportOptions::new(format), &out).unwrap_err();
        assert_eq!(refused.to_string(), export(format).unwrap_err().to_string());
    }
    let mut options = ExportOptions::new(Format::Voc);
    options.files = PictureFiles::Copy;
    assert!(plan(&document, &root, &options, &root.join("inside")).is_err());
}

#[test]
fn a_plan_that_nobody_wants_ends_early() {
    let folder = Folder::new();
    let document = document(&folder);
    let asked = Cell::new(0);
    let limit = Cell::new(0);
    let is_cancelled = || {
        asked.set(asked.get() + 1);
        asked.get() > limit.get()
    };
    for (format, asks) in [(Format::Coco, 0), (Format::Yolo, 2)] {
        asked.set(0);
        limit.set(asks);
        let options = ExportOptions::new(format);
        let out = folder.path().join("out");
        let plan = formats::plan_export(&document, folder.path(), &options, &out, &is_cancelled);
        assert_eq!(plan.unwrap(), None);
        assert!(asked.get() < 6, "{format}");
    }
}

/// What a plan says of the losses is what an import of the export lacks.
#[test]
fn what_a_format_is_said_to_lose_is_lost_and_nothing_else() {
    for format in Format::ALL {
        if format == Format::CocoResults {
            continue;
        }
        let folder = Folder::new();
        let document = document(&folder);
        let root = folder.path().join("pictures");
        let out = folder.path().join("out");
        let options = ExportOptions::new(format);
        let losses = plan(&document, &root, &options, &out).unwrap().losses;
        formats::export(&document, &root, &options, &out).unwrap();
        // Formats that say nothing of the size find the pictures.
        let before = super::common::without_boxes(&document);
        let (back, _) = super::common::import_into(&before, &out, &root, format, ImportMode::Merge);
        let tagged = |document: &Document| {
            let pictures = document.pictures();
            pictures.filter(|row| !row.tags.is_empty()).count()
        };
        assert_eq!(tagged(&document) - tagged(&back), losses.tags, "{format}");
        let boxes = |document: &Document| {
            let pictures = document.pictures().filter(|row| row.id.0 != 5);
            let rows = pictures.flat_map(|row| document.annotations(row.id));
            rows.cloned().collect::<Vec<_>>()
        };
        let (all, kept) = (boxes(&document), boxes(&back));
        if format == Format::Tags {
            // Those of the pictures that it names.
            assert_eq!((losses.boxes, kept.len()), (2, 0));
            continue;
        }
        assert_eq!(all.len() - kept.len(), losses.boxes, "{format}");
        for flag in Flag::ALL {
            let number = |rows: &[crate::document::Annotation]| {
                rows.iter().filter(|row| row.flags.get(flag)).count()
            };
            let lost = losses.flags.get(&flag).copied().unwrap_or_default();
            let as_boxes = if flag == Flag::Crowd { losses.boxes } else { 0 };
            // VOC makes a difficult box of a crowd, and says so.
            let is_changed = format == Format::Voc && matches!(flag, Flag::Crowd | Flag::Difficult);
            if !is_changed {
                assert_eq!(
                    number(&all) - number(&kept),
                    lost + as_boxes,
                    "{format} {flag:?}"
                );
            }
        }
        let with = |rows: &[crate::document::Annotation], key: &str| {
            let fields = rows.iter().filter_map(|row| row.extra.as_deref());
            fields.filter(|text| text.contains(key)).count()
        };
        let lost = with(&all, "colour") - with(&kept, "colour");
        assert_eq!(lost, losses.attributes, "{format}");
        let lost = with(&all, "segmentation") - with(&kept, "segmentation");
        assert_eq!(lost, losses.outlines, "{format}");
        assert_eq!(Flags::default(), all[0].flags);
    }
}
