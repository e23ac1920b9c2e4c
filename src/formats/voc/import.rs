//! Reads XML files.

use std::path::Path;

use super::xml::Node;
use crate::document::{Flags, ReviewState};
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::rows::{ImportedBox, ImportedPicture};
use crate::formats::{input, paths};

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
    let written = root.text_of("filename").unwrap_or_default();
    let name = paths::safe_path(written).ok_or_else(|| paths::refusal(written))?;
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
    // A name may begin with a space, which other programs put around it.
    let exact = root.child("filename");
    let exact = exact.and_then(|node| paths::safe_path(&node.text));
    let names = exact.filter(|exact| *exact != name).into_iter().chain([name]);
    let folder = root.text_of("folder");
    let names = names.flat_map(|name| paths::picture_paths(file, import.root, &name, folder));
    let mut imported = ImportedPicture {
        names: names.collect(),
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
