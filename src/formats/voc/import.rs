//! Reads XML files.

use std::path::Path;
use std::sync::Arc;

use super::xml::Node;
use crate::document::{BoxState, Flags, Provenance, ReviewState};
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
    let is_single = !path.is_dir();
    for file in input::files_below(path, |file| input::has_extension(file, "xml"))? {
        if !is_single && !is_annotation_text(&input::head(&file)) {
            import.report_change(format!(
                "{}: passed over, because it is no VOC file",
                file.display()
            ));
            continue;
        }
        match read_file(&file, import) {
            Ok(imported) => import.pictures.push(imported),
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
    let mut reversed = 0;
    for object in root.children.iter().filter(|node| node.name == "object") {
        let class = object.text_of("name").unwrap_or_default();
        match read_object(object, class, &model, import) {
            Ok(mut one) => {
                reversed += usize::from(one.order_edges());
                imported.boxes.push(one);
            }
            Err(reason) => {
                imported.is_partial = true;
                import.report_skipped(format!(
                    "{shown}: an object {class:?} has no usable box: {reason}"
                ));
            }
        }
    }
    if reversed > 0 {
        import.report_change(format!(
            "{shown}: the corners of {reversed} boxes were put in order"
        ));
    }
    if has_proposals(&imported) {
        imported.review = Some(ReviewState::Proposed);
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

fn read_object(
    object: &Node,
    class: &str,
    model: &Arc<Provenance>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let edges = edges(object)?;
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

/// `xmin`, `ymin`, `xmax` and `ymax` as the file has them, or those around a rotated box of roLabelImg or
/// a polygon.
fn edges(object: &Node) -> Result<[f64; 4], String> {
    let numbers = |node: &Node, keys: [&str; 4]| -> Result<[f64; 4], String> {
        let mut numbers = [0.0; 4];
        for (number, key) in numbers.iter_mut().zip(keys) {
            let text = node
                .text_of(key)
                .ok_or_else(|| format!("{key} is missing"))?;
            *number = parse_number(text).map_err(|reason| format!("{key}: {reason}"))?;
        }
        Ok(numbers)
    };
    if let Some(bndbox) = object.child("bndbox") {
        return numbers(bndbox, ["xmin", "ymin", "xmax", "ymax"]);
    }
    if let Some(rotated) = object.child("robndbox") {
        let [x, y, width, height] = numbers(rotated, ["cx", "cy", "w", "h"])?;
        let angle = rotated.text_of("angle").map_or(Ok(0.0), parse_number)?;
        let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
        let half_width = (width * cos + height * sin) / 2.0;
        let half_height = (width * sin + height * cos) / 2.0;
        // As the corners of a bndbox, it is counted from 1.
        let [left, top] = [x - half_width + 1.0, y - half_height + 1.0];
        return Ok([left, top, x + half_width, y + half_height]);
    }
    Err("it has no bndbox".to_owned())
}

fn has_proposals(imported: &ImportedPicture) -> bool {
    let mut boxes = imported.boxes.iter();
    boxes.any(|one| one.state == BoxState::Proposed)
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
