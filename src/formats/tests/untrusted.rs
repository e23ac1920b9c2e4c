//! Files of unknown origin.

use std::fs;

use serde_json::json;

use super::common::{Folder, coco_file, import_into, mentions};
use crate::document::Document;
use crate::formats::{self, Format, ImportMode};

#[test]
fn paths_out_of_the_folder_lead_to_no_file_there() {
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
        assert!(
            mentions(&report.skipped, "not in the project's folder"),
            "{name}: {report:?}"
        );
        let xml = format!("<annotation><filename>{name}</filename></annotation>");
        let path = outer.write("root/in.xml", xml);
        let (after, report) = import_into(&after, &path, &root, Format::Voc, ImportMode::Merge);
        assert_eq!((after.pictures().len(), report.missing), (0, 1));
        let list = json!([{"image": name, "annotations": []}]);
        let path = outer.write("root/list.json", list.to_string());
        let (after, report) = import_into(
            &Document::default(),
            &path,
            &root,
            Format::CreateMl,
            ImportMode::Merge,
        );
        assert_eq!((after.pictures().len(), report.missing), (0, 1));
    }
}

#[test]
fn common_encodings_are_read_and_broken_texts_refused() {
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
        assert_eq!(formats::detect_format(&path), Some(Format::Coco));
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
        formats::import(
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
        (&b"{\"images\": [\xff\xfe]}"[..], "not valid UTF-8"),
        (b"\xff\xfe\x00\xd8", "invalid UTF-16"),
        (deep.as_bytes(), "recursion limit"),
        (
            b"{\"images\": [], \"annotations\": [{\"bbox\": [NaN]}]}",
            "no NaN and no Infinity",
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
    assert!(fault(bomb.as_bytes(), Format::Yolo, "data.yaml").contains("not YAML"));
    assert!(fault(b"names: 7", Format::Yolo, "data.yaml").contains("neither a list nor a map"));
    let directory = formats::import(
        &Document::default(),
        folder.path(),
        folder.path(),
        Format::Tags,
        ImportMode::Merge,
    );
    assert!(
        directory
            .unwrap_err()
            .to_string()
            .contains("not a regular file")
    );
}
