//! Writes the boxes of each subset, and the descriptions of the classes.

use std::path::Path;

use std::collections::HashMap;

use crate::document::Flags;
use crate::formats::error::FormatError;
use crate::formats::export::naming::ExportedPicture;
use crate::formats::export::writer::ExportWriter;
use crate::formats::format::FolderLayout;
use crate::formats::paths;
use crate::pictures;

/// The columns of a file of boxes.
const COLUMNS: [&str; 13] = [
    "ImageID",
    "Source",
    "LabelName",
    "Confidence",
    "XMin",
    "XMax",
    "YMin",
    "YMax",
    "IsOccluded",
    "IsTruncated",
    "IsGroupOf",
    "IsDepiction",
    "IsInside",
];

/// Writes `annotations/train-annotations-bbox.csv` and so on, and
/// `annotations/class-descriptions-boxable.csv`. Copies of pictures are in `images/train` and so on.
pub(in crate::formats) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let pictures = writer.pictures.clone();
    let document = writer.document;
    let mut count_of_stem: HashMap<String, usize> = HashMap::new();
    let renamed = pictures.iter().filter(|one| *one.name != *one.picture.path);
    let names = document.pictures().map(|picture| &*picture.path);
    for name in names.chain(renamed.map(|one| one.name.as_str())) {
        let stem = paths::without_extension(name).to_lowercase();
        *count_of_stem.entry(stem).or_default() += 1;
    }
    let image_id = |one: &ExportedPicture<'_>| {
        let stem = paths::without_extension(&one.name);
        let count = count_of_stem.get(&stem.to_lowercase());
        // The whole name of a copy that was renamed says which picture it is.
        let is_renamed = *one.name != *one.picture.path;
        let is_whole = is_renamed || count.is_some_and(|count| *count > 1);
        if is_whole || has_picture_extension(stem) {
            one.name.clone()
        } else {
            stem.to_owned()
        }
    };
    for subset in writer.subsets() {
        let name = subset.name(FolderLayout::Standard);
        let of_subset: Vec<_> = pictures.iter().filter(|one| one.subset == subset).collect();
        let mut rows = Vec::new();
        let mut without = 0;
        for one in &of_subset {
            let boxes: Vec<_> = writer.ground_truth(one.picture).collect();
            without += usize::from(boxes.is_empty());
            rows.extend(boxes.into_iter().map(|row| (*one, row)));
        }
        writer.report.boxes += rows.len();
        if without > 0 {
            let (has, noun) = if without == 1 {
                ("has", "picture")
            } else {
                ("have", "pictures")
            };
            writer.report_change(format!(
                "{without} {noun} of {name} {has} no boxes; Open Images does not list them"
            ));
        }
        let file = format!("annotations/{name}-annotations-bbox.csv");
        writer.write_with(&file, None, |out| {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(COLUMNS)?;
            for (one, row) in rows {
                let class = document.class_name(row);
                let Flags {
                    crowd,
                    occluded,
                    truncated,
                    ..
                } = row.flags;
                let [width, height] = [one.picture.width, one.picture.height].map(f64::from);
                let share = |edge: f32, side: f64| (f64::from(edge) / side).to_string();
                let flag = |is_set: bool| u8::from(is_set).to_string();
                csv.write_record([
                    image_id(one),
                    "xclick".to_owned(),
                    class.to_owned(),
                    "1".to_owned(),
                    share(row.rect.x0, width),
                    share(row.rect.x1, width),
                    share(row.rect.y0, height),
                    share(row.rect.y1, height),
                    flag(occluded),
                    flag(truncated),
                    flag(crowd),
                    flag(false),
                    flag(false),
                ])?;
            }
            csv.flush()
        })?;
        for one in of_subset {
            writer.add_picture_file(one, &format!("images/{name}/{}", one.name))?;
        }
    }
    writer.write_with("annotations/class-descriptions-boxable.csv", None, |out| {
        let mut csv = csv::Writer::from_writer(out);
        for category in document.categories() {
            csv.write_record([&*category.name, &*category.name])?;
        }
        csv.flush()
    })
}

/// Whether a name without its extension ends like the name of a picture, so that a reader would take
/// it for the whole name.
fn has_picture_extension(stem: &str) -> bool {
    pictures::format_of_name(Path::new(stem)).is_some()
}
