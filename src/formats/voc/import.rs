//! Reads XML files.

use std::path::Path;

use super::xml::Node;
use crate::document::{Flags, ReviewState};
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::{ImportedBox, ImportedPicture};
use crate::formats::input;

/// Whether a text looks like a VOC file.
pub(in crate::formats) fn is_annotation_text(text: &str) -> bool {
    text.contains("<annotation")
}

/// Reads an XML file, or all of a folder.
pub(in crate::formats) fn import(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let is_single = !path.is_dir();
    for file in input::files_below(path, |file| input::has_extension(file, "xml"))? {
        match read_file(&file, import) {
            Ok(imported) => import.add_labels(&file, imported),
            Err(error) if is_single => return Err(error),
            Err(error) => import.report_skipped(error.to_string()),
        }
    }
    Ok(())
}

fn read_file(file: &Path, import: &mut ImportBuilder<'_>) -> Result<ImportedPicture, FormatError> {
    let content = input::read_text(file, input::MAX_PICTURE_FILE_BYTES)?;
    let root = Node::parse(&content);
    let imported = root.and_then(|root| read_picture(file, &root, import));
    imported.map_err(|reason| FormatError::malformed(file, reason))
}

fn read_picture(
    file: &Path,
    root: &Node,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedPicture, String> {
    if root.name != "annotation" {
        return Err("not a VOC annotation".to_owned());
    }
    let shown = file.display();
    // A name may begin with a space. Other programs put line breaks around it, and spaces.
    let written = root.child("filename").map(|node| node.text.as_str());
    let is_indented = |text: &&str| text.starts_with('\n') || text.ends_with('\n');
    let written = written.filter(|text| !is_indented(text));
    let written = written.or_else(|| root.text_of("filename"));
    let written = written.filter(|name| !name.trim().is_empty());
    let side = |key| {
        root.child("size")?
            .text_of(key)?
            .parse()
            .ok()
            .filter(|side| *side > 0)
    };
    let size = side("width").zip(side("height"));
    if size.is_none() {
        import.report_change(format!("{shown}: the size of the picture is missing"));
    }
    let mut imported = ImportedPicture {
        names: PictureNames::of_label_file(file, import.root, written, root.text_of("folder")),
        size: size.map(|(width, height)| [width, height]),
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    for object in root.children.iter().filter(|node| node.name == "object") {
        let class = object.text_of("name").unwrap_or_default();
        let category = import.category_by_name(class);
        let (Some(edges), Some(category)) = (edges(object), category) else {
            imported.is_partial = true;
            import.report_skipped(format!("{shown}: an object {class:?} has no usable box"));
            continue;
        };
        let mut one = ImportedBox::drawn(category, edges);
        one.flags = flags(object);
        imported.boxes.push(one);
    }
    let mut boxes = imported.boxes.iter();
    if boxes.any(|one| one.edges[0] == 0.0 || one.edges[1] == 0.0) {
        import.report_change(format!("{shown}: the pixels are counted from 0"));
    } else {
        for one in &mut imported.boxes {
            one.edges[0] -= 1.0;
            one.edges[1] -= 1.0;
        }
    }
    Ok(imported)
}

/// `xmin`, `ymin`, `xmax` and `ymax` as the file has them.
fn edges(object: &Node) -> Option<[f64; 4]> {
    let bndbox = object.child("bndbox")?;
    let edge = |key| bndbox.text_of(key)?.parse::<f64>().ok();
    Some([edge("xmin")?, edge("ymin")?, edge("xmax")?, edge("ymax")?])
}

fn flags(object: &Node) -> Flags {
    let is_set = |key| {
        let text = object.text_of(key);
        text.is_some_and(|text| text == "1" || text == "true")
    };
    Flags {
        crowd: false,
        difficult: is_set("difficult"),
        occluded: is_set("occluded"),
        truncated: is_set("truncated"),
    }
}
