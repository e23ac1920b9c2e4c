//! What an export refuses to overwrite.

use std::fs;

use serde_json::json;

use super::common::{Folder, coco_file, import_into, insert_picture, sample};
use crate::document::{Document, Picture, PictureId, ReviewState};
use crate::files::APPLICATION_ID;
use crate::formats::{self, ExportOptions, Format, ImportMode, PictureFiles};

/// The bytes of all files below a folder, by name.
fn contents(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let bytes = fs::read(folder.path().join(&name)).ok()?;
        Some((name, bytes))
    };
    folder.names().into_iter().filter_map(read).collect()
}

#[test]
fn no_export_overwrites_the_project_or_a_picture() {
    let root = Folder::new();
    let document = sample();
    for name in ["a.jpg", "sub/ü 🐈.jpg", "waits.png"] {
        root.picture(name, 100, 80);
    }
    // A project is recognised by its extension, or by the header of the file.
    root.write("set.tsukami", "");
    let mut header = [0; 100];
    header[..16].copy_from_slice(b"SQLite format 3\0");
    header[68..72].copy_from_slice(&APPLICATION_ID.to_be_bytes());
    root.write("kept", header);
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
            let refused = formats::export(&document, root.path(), &options, &out);
            let message = refused.unwrap_err().to_string();
            assert!(
                message.contains("choose another"),
                "{format:?} {place}: {message}"
            );
            assert_eq!(contents(&root), before, "{format:?} {place}");
        }
    }

    // Copies would mix with the originals, regardless of the path that leads to their folder.
    root.write("inner/new.txt", "");
    let before = contents(&root);
    for files in [PictureFiles::Copy, PictureFiles::Link] {
        for format in [Format::Coco, Format::Yolo, Format::Voc, Format::LabelMe] {
            let options = ExportOptions {
                files,
                ..ExportOptions::new(format)
            };
            for out in ["", "inner/.."] {
                let out = root.path().join(out);
                let refused = formats::export(&document, root.path(), &options, &out);
                let message = refused.unwrap_err().to_string();
                assert!(message.contains("choose another folder"), "{message}");
                assert_eq!(contents(&root), before);
            }
        }
    }
    // labelme's files belong next to the pictures.
    let options = ExportOptions::new(Format::LabelMe);
    formats::export(&document, root.path(), &options, root.path()).unwrap();
    formats::export(&document, root.path(), &options, root.path()).unwrap();
    assert!(root.path().join("a.json").is_file());
}

#[test]
fn a_copy_does_not_overwrite_another_picture() {
    let root = Folder::new();
    let mut document = Document::default();
    for (id, path) in [(1, "a.png"), (2, "out/a.png")] {
        root.picture(path, 10 * id, 10);
        let review = ReviewState::Done;
        let picture = Picture::new(PictureId(id), path, 10 * id, 10);
        insert_picture(&mut document, Picture { review, ..picture });
    }
    let before = fs::read(root.path().join("out/a.png")).unwrap();
    let out = root.path().join("out");
    for force in [false, true] {
        let options = ExportOptions {
            files: PictureFiles::Copy,
            force,
            ..ExportOptions::new(Format::LabelMe)
        };
        let refused = formats::export(&document, root.path(), &options, &out);
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("choose a new folder"), "{message}");
    }
    assert_eq!(fs::read(out.join("a.png")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn links_out_of_a_folder_are_refused() {
    let (root, out, secret) = (Folder::new(), Folder::new(), Folder::new());
    let mut options = ExportOptions::new(Format::Voc);
    std::os::unix::fs::symlink(secret.path(), out.path().join("sub")).unwrap();
    let error = formats::export(&sample(), root.path(), &options, out.path()).unwrap_err();
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
    assert_eq!((after.pictures().len(), report.skipped.texts.len()), (0, 1));
    // An export that cannot be finished leaves nothing behind.
    options.format = Format::Coco;
    let bad = root.path().join("in.json/below/out.json");
    assert!(formats::export(&sample(), root.path(), &options, &bad).is_err());
}

#[cfg(unix)]
#[test]
fn a_link_in_an_export_folder_is_replaced_and_not_followed() {
    let (root, out, other) = (Folder::new(), Folder::new(), Folder::new());
    let target = other.write("notes.xml", "mine");
    std::os::unix::fs::symlink(&target, out.path().join("a.xml")).unwrap();
    let options = ExportOptions::new(Format::Voc);
    formats::export(&sample(), root.path(), &options, out.path()).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    assert!(!out.path().join("a.xml").is_symlink());
}
