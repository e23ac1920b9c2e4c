//! Reads XML files.

use std::path::Path;
use std::sync::Arc;

use super::object_box;
use super::xml::Node;
use crate::document::{Flags, Provenance, ReviewState};
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::{ImportedBox, ImportedPicture, unknown_model};
use crate::formats::input;
use crate::formats::numbers::{parse_number, picture_size};

/// Whether a text looks like a VOC file.
pub(in crate::formats) fn is_annotation_text(text: &str) -> bool {
    text.contains("<annotation")
}

/// Reads an XML file, or all of a folder.
pub(in crate::formats) fn import(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    import.read_files(
        path,
        "VOC",
        |file| input::has_extension(file, "xml"),
        |file| is_annotation_text(&input::head(file)),
        |file, _, import| {
            let imported = read_file(file, import)?;
            import.pictures.push(imported);
            Ok(())
        },
    )
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
    let side = |key| parse_number(root.child("size")?.text_of(key)?).ok();
    let size = picture_size(side("width"), side("height"));
    if size.is_none() {
        import.report_change(format!("{shown}: the size of the picture is missing"));
    }
    let folder = root.text_of("folder");
    let names = PictureNames::of_label_file(file, import.root, written, folder);
    let mut imported = ImportedPicture {
        names: import.names_of_labels(file, names),
        size,
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    let model = unknown_model("Pascal VOC");
    for object in root.children.iter().filter(|node| node.name == "object") {
        let class = object.text_of("name").unwrap_or_default();
        let place = object_box::read(object);
        if let Some(shape) = place.as_ref().ok().and_then(|place| place.reduced) {
            import.report_change(format!(
                "{shown}: a {shape} {class:?} was reduced to its bounding box"
            ));
        }
        let one = place.and_then(|place| read_object(object, place.edges, class, &model, import));
        let one = one.map_err(|reason| format!("an object {class:?} has no usable box: {reason}"));
        import.add_box(&mut imported, &shown, one);
    }
    import.order_edges(&mut imported, &shown);
    imported.review_proposals();
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

fn read_object(
    object: &Node,
    edges: [f64; 4],
    class: &str,
    model: &Arc<Provenance>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let category = import
        .category_by_name(class)
        .ok_or("the object has no name")?;
    let mut one = ImportedBox::drawn(category, edges);
    one.flags = flags(object);
    let mut scores = ["confidence", "score"].iter();
    match scores.find_map(|key| object.text_of(key)) {
        Some(score) if !score.is_empty() => one
            .proposed(model, parse_number(score)?)
            .ok_or_else(|| "its score is too large".to_owned()),
        _ => Ok(one),
    }
}

fn flags(object: &Node) -> Flags {
    let is_set = |key| {
        let text = object.text_of(key);
        text.is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true"))
    };
    Flags {
        crowd: false,
        difficult: is_set("difficult"),
        occluded: is_set("occluded"),
        truncated: is_set("truncated"),
    }
}
