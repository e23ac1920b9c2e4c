//! Writes label files and `data.yaml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::formats::error::FormatError;
use crate::formats::export::naming::ExportedPicture;
use crate::formats::export::split::Subset;
use crate::formats::export::writer::ExportWriter;
use crate::formats::format::FolderLayout;
use crate::formats::paths;

/// Writes a label file for each picture, and `data.yaml`.
pub(in crate::formats) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let class_of: BTreeMap<_, _> = writer
        .document
        .categories()
        .map(|row| row.id)
        .zip(0_usize..)
        .collect();
    for one in writer.pictures.clone() {
        let mut lines = String::new();
        let ExportedPicture {
            picture,
            subset,
            name,
        } = &one;
        let (width, height) = (f64::from(picture.width), f64::from(picture.height));
        for row in writer.ground_truth_without_crowds(picture) {
            let [x0, y0, x1, y1] =
                [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1].map(f64::from);
            let class = row.category.and_then(|id| class_of.get(&id));
            let class = class.copied().unwrap_or_default();
            let [x, y] = [(x0 + x1) / 2.0 / width, (y0 + y1) / 2.0 / height];
            let [w, h] = [(x1 - x0) / width, (y1 - y0) / height];
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{class} {x:.8} {y:.8} {w:.8} {h:.8}");
            writer.report.boxes += 1;
        }
        let stem = paths::without_extension(name);
        let label_file = format!("{}/{stem}.txt", folder(writer, "labels", *subset));
        writer.write_labels(picture, &label_file, lines.as_bytes())?;
        let picture_file = format!("{}/{name}", folder(writer, "images", *subset));
        writer.add_picture_file(&one, &picture_file)?;
    }
    let description = describe(writer);
    writer.write("data.yaml", description.as_bytes())
}

/// The folder of a subset's `images` or `labels`.
fn folder(writer: &ExportWriter<'_>, kind: &str, subset: Subset) -> String {
    let subset = subset.name(writer.options.layout);
    match writer.options.layout {
        FolderLayout::Standard => format!("{kind}/{subset}"),
        FolderLayout::Roboflow => format!("{subset}/{kind}"),
    }
}

/// The text of `data.yaml`. It has no `path`, so readers use the folder of the file.
fn describe(writer: &ExportWriter<'_>) -> String {
    let mut yaml = String::new();
    for subset in [Subset::Train, Subset::Val] {
        // Readers require both keys. Without validation pictures, `val` is train as well.
        let has_pictures = writer.pictures.iter().any(|one| one.subset == subset);
        let shown = if has_pictures { subset } else { Subset::Train };
        let _ = writeln!(
            yaml,
            "{}: {}",
            subset.name(FolderLayout::Standard),
            folder(writer, "images", shown)
        );
    }
    if writer.pictures.iter().any(|one| one.subset == Subset::Test) {
        let _ = writeln!(yaml, "test: {}", folder(writer, "images", Subset::Test));
    }
    let names: Vec<_> = writer
        .document
        .categories()
        .map(|row| quoted(&row.name))
        .collect();
    let _ = writeln!(yaml, "nc: {}", names.len());
    if names.is_empty() {
        yaml.push_str("names: []\n");
    } else {
        yaml.push_str("names:\n");
        for name in names {
            let _ = writeln!(yaml, "  - {name}");
        }
    }
    yaml
}

/// A YAML string in ASCII, quoted so that no reader takes it for a number or a boolean.
fn quoted(name: &str) -> String {
    let mut quoted = String::from("\"");
    for character in name.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(character));
            }
        }
    }
    quoted.push('"');
    quoted
}
