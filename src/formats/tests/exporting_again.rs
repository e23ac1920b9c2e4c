//! The folder of an export: its marker, what the next scan takes from it, and exporting to it again.

use std::fs;
use std::path::Path;

use super::common::{
    Folder, drawn, import_into, insert_box, insert_category, insert_picture, mentions,
};
use crate::document::{Document, Picture, PictureId, ReviewState};
use crate::files::EXPORT_MARKER;
use crate::formats::{
    self, ExportOptions, ExportReport, FolderLayout, Format, FormatError, ImportMode, PictureFiles,
    SubsetSplit,
};
use crate::pictures;

/// A folder with this many pictures, and its document, in which all are done and have a box.
fn pictures_and_document(count: u32) -> (Folder, Document) {
    let root = Folder::new();
    let mut document = Document::default();
    insert_category(&mut document, 1, "cat");
    for id in 1..=count {
        let path = format!("p{id}.png");
        root.picture(&path, 10 + id, 10);
        let picture = Picture::new(PictureId(id), path, 10 + id, 10);
        let review = ReviewState::Done;
        insert_picture(&mut document, Picture { review, ..picture });
        insert_box(&mut document, id, drawn(id, [1.0, 1.0, 5.0, 5.0], 1));
    }
    (root, document)
}

fn split(seed: u64) -> SubsetSplit {
    let (train, val, test) = (50, 30, 20);
    SubsetSplit {
        train,
        val,
        test,
        seed,
    }
}

fn copies(format: Format) -> ExportOptions {
    ExportOptions {
        files: PictureFiles::Copy,
        split: Some(split(0)),
        ..ExportOptions::new(format)
    }
}

fn export(
    (root, document): &(Folder, Document),
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, FormatError> {
    formats::export(document, root.path(), options, out)
}

fn refusal(outcome: Result<ExportReport, FormatError>) -> String {
    outcome.unwrap_err().to_string()
}

/// The pictures that a scan of a folder finds.
fn scanned(folder: &Path) -> Vec<String> {
    let scan = pictures::scan(&[folder.to_owned()]);
    scan.entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn a_scan_never_takes_the_copies_of_an_export_for_new_pictures() {
    let project = pictures_and_document(3);
    let root = project.0.path();
    let before = scanned(root);
    for format in [Format::Coco, Format::Yolo, Format::Voc, Format::LabelMe] {
        for files in [PictureFiles::Copy, PictureFiles::Link] {
            let mut options = copies(format);
            options.files = files;
            let out = root.join(format!("deep/{format}-{files:?}"));
            assert!(refusal(export(&project, &options, &out)).contains("--force"));
            assert!(!out.exists());
            options.force = true;
            export(&project, &options, &out).unwrap();
            assert_eq!(scanned(root), before, "{format} {files:?}");
        }
    }
    // Labels without pictures may go anywhere.
    let options = ExportOptions::new(Format::Yolo);
    export(&project, &options, &root.join("labels")).unwrap();
    // A folder of the person's own pictures is not hidden from scans, so copies do not go into it.
    let other = Folder::new();
    other.picture("mine.png", 5, 5);
    export(&project, &copies(Format::Yolo), other.path()).unwrap();
    assert!(!other.path().join(EXPORT_MARKER).exists());
    project.0.picture("sub/new.png", 5, 5);
    let mut options = copies(Format::Yolo);
    options.force = true;
    assert!(refusal(export(&project, &options, &root.join("sub"))).contains("choose a new folder"));
    // The folder of the project itself is not marked either.
    export(&project, &ExportOptions::new(Format::LabelMe), root).unwrap();
    assert!(!root.join(EXPORT_MARKER).exists());
}

#[test]
fn an_export_goes_beside_the_pictures_by_default() {
    let options = ExportOptions::new(Format::Coco);
    let path = |options: &ExportOptions| options.default_path(Path::new("/data/cats/."));
    assert_eq!(path(&options), Path::new("/data/cats-coco.json"));
    assert_eq!(path(&copies(Format::Coco)), Path::new("/data/cats-coco"));
    let tags = ExportOptions::new(Format::Tags);
    assert_eq!(path(&tags), Path::new("/data/cats-tags.csv"));
    let root = ExportOptions::new(Format::Yolo).default_path(Path::new("/"));
    assert_eq!(root, Path::new("/export-yolo"));
}

#[test]
fn another_split_leaves_no_picture_in_two_subsets() {
    let project = pictures_and_document(20);
    for format in [
        Format::Coco,
        Format::Yolo,
        Format::Voc,
        Format::LabelMe,
        Format::CreateMl,
    ] {
        for layout in FolderLayout::ALL {
            let out = Folder::new();
            let mut options = copies(format);
            options.layout = layout;
            export(&project, &options, out.path()).unwrap();
            let mine = out.write("notes.md", "mine");
            let mut again = options.clone();
            again.split = Some(split(1));
            let report = export(&project, &again, out.path()).unwrap();
            assert!(mentions(&report.changed, "were removed"), "{report:?}");
            assert!(mine.exists());
            let names = out.names();
            for id in 1..=20 {
                let copies = names
                    .iter()
                    .filter(|name| name.ends_with(&format!("/p{id}.png")));
                assert_eq!(copies.count(), 1, "{format} {layout} p{id}");
                let label = |name: &&String| {
                    let file = name.rsplit('/').next().unwrap();
                    file.starts_with(&format!("p{id}.")) && !file.ends_with(".png")
                };
                assert!(names.iter().filter(label).count() <= 1);
            }
            // The same folder as an export to a new one, except for the person's own file.
            let fresh = Folder::new();
            export(&project, &again, &fresh.path().join("new")).unwrap();
            let fresh = fresh.names().into_iter();
            let mut fresh: Vec<_> = fresh
                .map(|name| name.replacen("new/", "", 1))
                .chain(["notes.md".to_owned()])
                .collect();
            fresh.sort();
            let mut names = names;
            names.sort();
            assert_eq!(names, fresh, "{format} {layout}");
            let (_, report) = import_into(
                &Document::default(),
                out.path(),
                out.path(),
                format,
                ImportMode::Merge,
            );
            assert_eq!((report.pictures, report.boxes), (20, 20), "{report:?}");
            // Without a split, nothing of the subsets stays.
            let mut flat = options.clone();
            flat.split = None;
            export(&project, &flat, out.path()).unwrap();
            let names = out.names();
            let copies = names.iter().filter(|name| name.ends_with(".png"));
            assert_eq!(copies.count(), 20);
        }
    }
}

#[test]
fn files_of_an_export_that_is_not_marked_are_refused_in_another_subset() {
    let project = pictures_and_document(20);
    for format in [Format::Yolo, Format::Voc, Format::Coco] {
        let out = Folder::new();
        export(&project, &copies(format), out.path()).unwrap();
        fs::remove_file(out.path().join(EXPORT_MARKER)).unwrap();
        let before = out.names();
        let mut again = copies(format);
        again.split = Some(split(1));
        let message = refusal(export(&project, &again, out.path()));
        assert!(message.contains("two subsets"), "{message}");
        assert_eq!(out.names(), before);
        // The same split is the same export.
        export(&project, &copies(format), out.path()).unwrap();
    }
}

#[test]
fn a_copy_whose_picture_has_changed_is_replaced() {
    let project = pictures_and_document(1);
    let out = Folder::new();
    for files in [PictureFiles::Copy, PictureFiles::Link] {
        let options = ExportOptions {
            files,
            ..ExportOptions::new(Format::Yolo)
        };
        let copy = out.path().join("images/train/p1.png");
        for content in ["one", "two"] {
            fs::remove_file(project.0.path().join("p1.png")).unwrap();
            project.0.write("p1.png", content);
            export(&project, &options, out.path()).unwrap();
            assert_eq!(fs::read_to_string(&copy).unwrap(), content);
        }
    }
    // A file that no export has made stays.
    let other = Folder::new();
    let own = other.write("images/train/p1.png", "own");
    let report = export(&project, &copies_flat(), other.path()).unwrap();
    assert!(mentions(&report.changed, "was not replaced"));
    assert_eq!(fs::read_to_string(own).unwrap(), "own");
}

fn copies_flat() -> ExportOptions {
    ExportOptions {
        split: None,
        ..copies(Format::Yolo)
    }
}

#[test]
fn a_marker_cannot_remove_what_is_not_of_the_export() {
    let project = pictures_and_document(1);
    let (out, outside) = (Folder::new(), Folder::new());
    let secret = outside.write("secret.txt", "kept");
    let options = ExportOptions::new(Format::Voc);
    export(&project, &options, out.path()).unwrap();
    let marker = out.path().join(EXPORT_MARKER);
    let mut text = fs::read_to_string(&marker).unwrap();
    text += &format!("{{\"file\": \"../{}\"}}\n", "secret.txt");
    text += &format!("{{\"file\": {:?}}}\n", secret.display());
    text += "{\"file\": \"link/secret.txt\"}\nnot JSON\n{\"file\": \"gone.xml\"}\n";
    fs::write(&marker, text).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path(), out.path().join("link")).unwrap();
    export(&project, &options, out.path()).unwrap();
    assert_eq!(fs::read_to_string(&secret).unwrap(), "kept");
    // An export in another format would remove these files.
    let message = refusal(export(
        &project,
        &ExportOptions::new(Format::LabelMe),
        out.path(),
    ));
    assert!(message.contains("in the format voc"), "{message}");
    let mut options = ExportOptions::new(Format::LabelMe);
    options.force = true;
    export(&project, &options, out.path()).unwrap();
    assert!(!out.path().join("p1.xml").exists() && out.path().join("p1.json").exists());
}

#[test]
fn a_copy_that_was_renamed_is_known_whatever_way_the_path_of_the_export_is_written() {
    let root = Folder::new();
    let mut document = Document::default();
    insert_category(&mut document, 1, "cat");
    // Both labels would be `a.txt`, and the second picture is called like the copy of the first.
    for (id, path) in [(1, "a.jpg"), (2, "a.png"), (3, "a_2.bmp")] {
        root.picture(path, 10 + id, 10);
        let picture = Picture::new(PictureId(id), path, 10 + id, 10);
        let review = ReviewState::Done;
        insert_picture(&mut document, Picture { review, ..picture });
        insert_box(
            &mut document,
            id,
            drawn(id, [1.0, 1.0, 2.0 + id as f32, 5.0], 1),
        );
    }
    let away = Folder::new();
    fs::create_dir(away.path().join("sub")).unwrap();
    let options = ExportOptions {
        split: None,
        ..copies(Format::Yolo)
    };
    formats::export(&document, root.path(), &options, &away.path().join("out")).unwrap();
    let bare = super::common::without_boxes(&document);
    for file in ["out/data.yaml", "sub/../out/data.yaml", "sub/../out"] {
        let file = away.path().join(file);
        let mode = ImportMode::Merge;
        let (back, report) = import_into(&bare, &file, root.path(), Format::Yolo, mode);
        for picture in document.pictures() {
            let edge = |document: &Document| {
                let rows = document.annotations(picture.id).iter();
                rows.map(|row| row.rect.x1.round()).collect::<Vec<_>>()
            };
            assert_eq!(edge(&back), edge(&document), "{} {report:?}", picture.path);
        }
    }
}
