//! Writes XML files.

use crate::document::Flags;
use crate::formats::error::FormatError;
use crate::formats::export::naming::ExportedPicture;
use crate::formats::export::writer::ExportWriter;
use crate::formats::paths;
use crate::formats::xml_text::{escaped, is_expressible};

/// Writes an XML file next to where each picture is or would be.
pub(in crate::formats) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    for one in writer.pictures.clone() {
        let folder = writer.subset_folder(one.subset);
        let xml = annotation_xml(&one, writer);
        let stem = paths::without_extension(&one.name);
        let file = paths::join(folder, &format!("{stem}.xml"));
        writer.write_labels(one.picture, &file, xml.as_bytes())?;
        writer.add_picture_file(&one, &paths::join(folder, &one.name))?;
    }
    Ok(())
}

fn annotation_xml(one: &ExportedPicture<'_>, writer: &mut ExportWriter<'_>) -> String {
    let picture = one.picture;
    let path = writer.picture_name(one);
    let name = paths::file_name(path);
    let folder = path.strip_suffix(name).unwrap_or_default();
    let folder = folder.trim_end_matches('/');
    if !is_expressible(path) {
        writer.report_change(format!(
            "the name {path:?} has control characters, which XML cannot express; they are spaces now"
        ));
    }
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<annotation>\n\
         \t<folder>{}</folder>\n\t<filename>{}</filename>\n\
         \t<source>\n\t\t<database>Tsukami</database>\n\t</source>\n\
         \t<size>\n\t\t<width>{}</width>\n\t\t<height>{}</height>\n\t\t<depth>3</depth>\n\t</size>\n\
         \t<segmented>0</segmented>\n",
        escaped(folder),
        escaped(name),
        picture.width,
        picture.height,
    );
    for row in writer.ground_truth(picture).collect::<Vec<_>>() {
        let Flags {
            crowd,
            difficult,
            occluded,
            truncated,
        } = row.flags;
        if crowd {
            let (path, id) = (&picture.path, row.id);
            writer.report_change(format!(
                "{path}: box {id} is marked as difficult, because VOC cannot mark a crowd"
            ));
        }
        let [xmin, xmax] = pixels(row.rect.x0, row.rect.x1, picture.width);
        let [ymin, ymax] = pixels(row.rect.y0, row.rect.y1, picture.height);
        let [truncated, difficult, occluded] =
            [truncated, difficult || crowd, occluded].map(u8::from);
        xml += &format!(
            "\t<object>\n\t\t<name>{}</name>\n\t\t<pose>Unspecified</pose>\n\
             \t\t<truncated>{truncated}</truncated>\n\t\t<difficult>{difficult}</difficult>\n\
             \t\t<occluded>{occluded}</occluded>\n\t\t<bndbox>\n\
             \t\t\t<xmin>{xmin}</xmin>\n\t\t\t<ymin>{ymin}</ymin>\n\
             \t\t\t<xmax>{xmax}</xmax>\n\t\t\t<ymax>{ymax}</ymax>\n\
             \t\t</bndbox>\n\t</object>\n",
            escaped(writer.class_name(row)),
        );
        writer.report.boxes += 1;
    }
    xml + "</annotation>\n"
}

/// The first and the last pixel between two edges, counted from 1. Of a box that is thinner than a pixel,
/// it is the one with its centre.
fn pixels(from: f32, to: f32, side: u32) -> [u32; 2] {
    let (first, end) = (from.round() as u32, to.round() as u32);
    let first = if first < end {
        first
    } else {
        (from.midpoint(to) as u32).min(side - 1)
    };
    [first + 1, end.clamp(first + 1, side)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_pixels_are_at_most_one_off() {
        for (from, to, expected) in [
            (0.0, 10.0, [1, 10]),
            (1.4, 3.6, [2, 4]),
            (3.5585, 3.7585, [4, 4]),
            (3.4, 3.45, [4, 4]),
            (9.6, 10.0, [10, 10]),
            (9.0, 10.0, [10, 10]),
        ] {
            assert_eq!(pixels(from, to, 10), expected, "{from} to {to}");
        }
    }
}
