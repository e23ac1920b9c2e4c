//! Writes an XML file, or one for each subset.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::document::{Annotation, Category, Document, Flag};
use crate::formats::error::FormatError;
use crate::formats::export::naming::ExportedPicture;
use crate::formats::export::options::BoxSelection;
use crate::formats::export::writer::ExportWriter;
use crate::formats::xml_text::{escaped, is_expressible};
use crate::formats::{paths, unknown_fields};

/// The flags that CVAT has no attribute of its own for.
const FLAGS: [Flag; 3] = [Flag::Crowd, Flag::Difficult, Flag::Truncated];

/// Writes an XML file for each subset. Copies of pictures are in the folder `images` beside it.
pub(in crate::formats) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let pictures = writer.pictures.clone();
    let document = writer.document;
    for text in document.categories().map(|row| &*row.name) {
        report_inexpressible(text, "class", writer);
    }
    for subset in writer.subsets() {
        let folder = writer.subset_folder(subset);
        let of_subset: Vec<_> = pictures.iter().filter(|one| one.subset == subset).collect();
        for one in &of_subset {
            report_inexpressible(&one.name, "picture", writer);
        }
        let file = paths::join(folder, "annotations.xml");
        let mut boxes = 0;
        writer.write_with(&file, None, |out| {
            write_head(out, document, of_subset.len())?;
            for (id, one) in of_subset.iter().enumerate() {
                boxes += write_picture(out, document, id, one)?;
            }
            writeln!(out, "</annotations>")
        })?;
        writer.report.boxes += boxes;
        for one in of_subset {
            let file = paths::join(folder, &format!("images/{}", one.name));
            writer.add_picture_file(one, &file)?;
        }
    }
    Ok(())
}

fn report_inexpressible(text: &str, noun: &str, writer: &mut ExportWriter<'_>) {
    if !is_expressible(text) {
        writer.report_change(format!(
            "the {noun} {text:?} has control characters, which XML cannot express; they are spaces now"
        ));
    }
}

fn write_head(out: &mut dyn Write, document: &Document, pictures: usize) -> io::Result<()> {
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  \
         <meta>\n    <task>\n      <name>Tsukami</name>\n      <size>{pictures}</size>\n      \
         <mode>annotation</mode>\n      <labels>\n"
    )?;
    for Category { name, colour, .. } in document.categories() {
        let [red, green, blue] = colour;
        write!(
            out,
            "        <label>\n          <name>{}</name>\n          \
             <color>#{red:02x}{green:02x}{blue:02x}</color>\n          <type>any</type>\n          \
             <attributes>\n",
            escaped(name)
        )?;
        for flag in FLAGS {
            write!(
                out,
                "            <attribute>\n              <name>{}</name>\n              \
                 <mutable>False</mutable>\n              <input_type>checkbox</input_type>\n              \
                 <default_value>false</default_value>\n              <values>false</values>\n            \
                 </attribute>\n",
                flag.name()
            )?;
        }
        write!(out, "          </attributes>\n        </label>\n")?;
    }
    write!(out, "      </labels>\n    </task>\n  </meta>\n")
}

/// Writes a picture, and returns the number of its boxes.
fn write_picture(
    out: &mut dyn Write,
    document: &Document,
    id: usize,
    one: &ExportedPicture<'_>,
) -> io::Result<usize> {
    let picture = one.picture;
    let review = serde_json::to_value(picture.review)?;
    writeln!(
        out,
        "  <image id=\"{id}\" name=\"{}\" width=\"{}\" height=\"{}\" tsukami=\"{}\">",
        escaped(&one.name),
        picture.width,
        picture.height,
        review.as_str().unwrap_or_default()
    )?;
    let mut count = 0;
    let rows = document.annotations(picture.id).iter();
    for row in rows.filter(|row| BoxSelection::GroundTruth.includes(row)) {
        write_box(out, document, row)?;
        count += 1;
    }
    for tag in picture.tags.iter().filter_map(|id| document.category(*id)) {
        let name = escaped(&tag.name);
        writeln!(
            out,
            "    <tag label=\"{name}\" source=\"manual\">\n    </tag>"
        )?;
    }
    writeln!(out, "  </image>")?;
    Ok(count)
}

fn write_box(out: &mut dyn Write, document: &Document, row: &Annotation) -> io::Result<()> {
    let name = document.class_name(row);
    let rect = row.rect;
    writeln!(
        out,
        "    <box label=\"{}\" source=\"manual\" occluded=\"{}\" xtl=\"{}\" ytl=\"{}\" xbr=\"{}\" \
         ybr=\"{}\" z_order=\"0\">",
        escaped(name),
        u8::from(row.flags.occluded),
        rect.x0,
        rect.y0,
        rect.x1,
        rect.y1
    )?;
    for flag in FLAGS {
        write_attribute(out, flag.name(), &row.flags.get(flag).to_string())?;
    }
    for (name, value) in own_attributes(row) {
        let value = match value {
            Value::String(text) => text,
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => continue,
        };
        write_attribute(out, &name, &value)?;
    }
    writeln!(out, "    </box>")
}

fn write_attribute(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    let (name, value) = (escaped(name), escaped(value));
    writeln!(out, "      <attribute name=\"{name}\">{value}</attribute>")
}

/// The attributes that other people defined.
fn own_attributes(row: &Annotation) -> Map<String, Value> {
    let mut extra = unknown_fields::from_text(row.extra.as_deref());
    let Some(Value::Object(mut attributes)) = extra.remove("attributes") else {
        return Map::new();
    };
    for flag in Flag::ALL {
        attributes.remove(flag.name());
    }
    attributes
}
