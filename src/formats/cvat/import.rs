//! Reads an XML file, picture by picture.

use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value};

use crate::document::{Flag, Flags, ReviewState};
use crate::files::folder_of;
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::{ImportedBox, ImportedCategory, ImportedPicture, Repeats};
use crate::formats::numbers::{parse_number, picture_size};
use crate::formats::shapes::{bounds, ellipse_bounds, rotated_bounds, with_outline};
use crate::formats::xml_text::resolved_entity;
use crate::formats::{input, paths};

/// Maximum depth of elements; those of CVAT are less deep.
const MAX_DEPTH: usize = 32;

/// Names of elements that are shapes.
const SHAPES: [&str; 8] = [
    "box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton",
];

/// Whether a text looks like a file of CVAT.
pub(in crate::formats) fn is_annotations_text(text: &str) -> bool {
    text.contains("<annotations")
}

/// Reads an XML file, or all of a folder.
pub(in crate::formats) fn import(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    import.read_files(
        path,
        "CVAT",
        |file| input::has_extension(file, "xml"),
        |file| is_annotations_text(&input::head(file)),
        read_file,
    )
}

fn read_file(path: &Path, index: usize, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let content = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    let mut file = AnnotationsFile {
        path,
        index,
        import,
        open: Vec::new(),
        text: String::new(),
        label: ImportedCategory::default(),
        picture: None,
        shown: String::new(),
        shape: None,
        tracks: 0,
        has_root: false,
    };
    file.read(&content)
        .map_err(|reason| FormatError::malformed(path, reason))
}

/// A file that is being read.
struct AnnotationsFile<'a, 'b> {
    path: &'a Path,
    /// The number of the file among those that are imported.
    index: usize,
    import: &'a mut ImportBuilder<'b>,
    /// The names of the elements that are open, from the outermost.
    open: Vec<String>,
    /// The text of the innermost element so far.
    text: String,
    /// The class whose definition is being read.
    label: ImportedCategory,
    /// The picture that is being read, if its name is usable.
    picture: Option<ImportedPicture>,
    /// Its name as the file writes it.
    shown: String,
    shape: Option<Shape>,
    tracks: usize,
    has_root: bool,
}

/// The attributes of an element by name.
struct Attributes(Vec<(String, String)>);

/// A shape and what is in it.
struct Shape {
    kind: String,
    attributes: Attributes,
    /// The values of CVAT's own kind of attributes, by name.
    values: Map<String, Value>,
    /// The name of the value that is being read.
    value_name: String,
}

impl Attributes {
    fn read(element: &BytesStart<'_>) -> Result<Self, String> {
        let mut attributes = Vec::new();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| format!("not XML: {error}"))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| format!("not XML: {error}"))?;
            let name = attribute.key.local_name().as_ref().to_owned();
            attributes.push((name, value.into_owned()));
        }
        Ok(Self(attributes))
    }

    fn text(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find_map(|(own, value)| (own == name).then_some(value.as_str()))
    }

    fn number(&self, name: &str) -> Option<f64> {
        parse_number(self.text(name)?).ok()
    }

    fn numbers<const N: usize>(&self, names: [&str; N]) -> Option<[f64; N]> {
        let numbers = names.map(|name| self.number(name));
        let is_complete = numbers.iter().all(Option::is_some);
        is_complete.then(|| numbers.map(Option::unwrap_or_default))
    }
}

impl AnnotationsFile<'_, '_> {
    fn read(&mut self, content: &str) -> Result<(), String> {
        let mut reader = Reader::from_str(content);
        loop {
            let event = reader
                .read_event()
                .map_err(|error| format!("not XML (byte {}): {error}", reader.error_position()))?;
            match event {
                Event::Start(element) => self.begin(&element)?,
                Event::Empty(element) => {
                    self.begin(&element)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(part) => self.text += &part.xml10_content(),
                Event::CData(part) => self.text += &part.xml10_content(),
                Event::GeneralRef(entity) => self.text += &resolved_entity(&entity)?,
                Event::Eof => break,
                _ => {}
            }
        }
        if !self.open.is_empty() {
            return Err("an element is not closed".to_owned());
        }
        if !self.has_root {
            return Err("not a file of CVAT: it has no <annotations>".to_owned());
        }
        if self.tracks > 0 {
            let (path, count) = (self.path.display(), self.tracks);
            let tracks = if count == 1 {
                "track was"
            } else {
                "tracks were"
            };
            self.import.report_skipped(format!(
                "{path}: {count} {tracks} left out; export the task as 'CVAT for images 1.1'"
            ));
        }
        Ok(())
    }

    fn begin(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let name = element.local_name().as_ref().to_owned();
        if self.open.len() >= MAX_DEPTH {
            return Err("the elements are nested too deeply".to_owned());
        }
        let around = self.open.last().map(String::as_str);
        match (around, name.as_str()) {
            (None, "annotations") => self.has_root = true,
            (None, _) => return Err(format!("not a file of CVAT: it begins with <{name}>")),
            (Some("annotations"), "image") => self.begin_picture(&Attributes::read(element)?),
            (Some("annotations"), "track") => self.tracks += 1,
            (Some("labels"), "label") => self.label = ImportedCategory::default(),
            (Some("image"), "tag") => self.add_tag(&Attributes::read(element)?),
            (Some("image"), kind) if SHAPES.contains(&kind) => {
                self.shape = Some(Shape {
                    kind: kind.to_owned(),
                    attributes: Attributes::read(element)?,
                    values: Map::new(),
                    value_name: String::new(),
                });
            }
            (Some(around), "attribute") if SHAPES.contains(&around) => {
                let attributes = Attributes::read(element)?;
                if let Some(shape) = &mut self.shape {
                    shape.value_name = attributes.text("name").unwrap_or_default().to_owned();
                }
            }
            _ => {}
        }
        self.open.push(name);
        self.text.clear();
        Ok(())
    }

    fn end(&mut self) {
        let name = self.open.pop().unwrap_or_default();
        let text = std::mem::take(&mut self.text);
        let around = self.open.last().map(String::as_str);
        match (around, name.as_str()) {
            (Some("annotations"), "image") => {
                let picture = self.picture.take();
                self.import.pictures.extend(picture);
            }
            (Some("label"), "name") => self.label.name = text,
            (Some("label"), "color") => self.label.colour = colour(text.trim()),
            (Some("labels"), "label") => {
                let label = std::mem::take(&mut self.label);
                if self.import.add_category(label).is_none() {
                    let path = self.path.display();
                    self.import
                        .report_skipped(format!("{path}: a class has no name"));
                }
            }
            (Some("image"), kind) if SHAPES.contains(&kind) => self.add_shape(),
            (Some(around), "attribute") if SHAPES.contains(&around) => {
                if let Some(shape) = &mut self.shape {
                    let name = std::mem::take(&mut shape.value_name);
                    shape.values.insert(name, text.into());
                }
            }
            _ => {}
        }
    }

    fn begin_picture(&mut self, attributes: &Attributes) {
        self.picture = None;
        let written = attributes.text("name").unwrap_or_default();
        if written.is_empty() {
            let path = self.path.display();
            return self
                .import
                .report_skipped(format!("{path}: a picture has no name"));
        }
        // CVAT puts the pictures into a folder `images` beside the file.
        let own_folder = paths::relative_to(self.import.root, folder_of(self.path));
        let folders = own_folder.map(|folder| [paths::join(&folder, "images"), folder]);
        let folders = folders.into_iter().flatten().chain([String::new()]);
        let folders: Vec<String> = folders.collect();
        self.shown = written.to_owned();
        let [width, height] = ["width", "height"].map(|name| attributes.number(name));
        let review = attributes.text("tsukami").map(Value::from);
        self.picture = Some(ImportedPicture {
            names: PictureNames::written(written, self.import.root, &folders),
            repeats: Repeats::InOtherFiles(self.index),
            size: picture_size(width, height),
            review: review.and_then(|review| serde_json::from_value::<ReviewState>(review).ok()),
            ..ImportedPicture::default()
        });
    }

    fn add_tag(&mut self, attributes: &Attributes) {
        let label = attributes.text("label").unwrap_or_default();
        let tag = self.import.category_by_name(label);
        if let Some(picture) = &mut self.picture {
            picture.tags.extend(tag);
        }
    }

    fn add_shape(&mut self) {
        let Some(shape) = self.shape.take() else {
            return;
        };
        let Some(mut picture) = self.picture.take() else {
            return;
        };
        let name = self.shown.clone();
        let label = shape.attributes.text("label").unwrap_or_default();
        let outcome = edges(&shape.kind, &shape.attributes).and_then(|edges| {
            let category = self.import.category_by_name(label).ok_or("has no class")?;
            Ok(ImportedBox::drawn(category, edges))
        });
        match outcome {
            Ok(mut one) => {
                let kind = &shape.kind;
                let is_rotated = shape.attributes.number("rotation").unwrap_or_default() != 0.0;
                if kind != "box" || is_rotated {
                    let rotated = if is_rotated { "rotated " } else { "" };
                    self.import.report_change(format!(
                        "{name}: a {rotated}{kind} {label:?} was reduced to its bounding box"
                    ));
                }
                let points = Some(&shape.attributes).filter(|_| kind == "polygon");
                let points = points.and_then(points_of).unwrap_or_default();
                let mut values = shape.values;
                one.flags = take_flags(&mut values);
                one.flags.occluded |= shape.attributes.text("occluded").is_some_and(is_true);
                let mut coco = Map::new();
                if !values.is_empty() {
                    coco.insert("attributes".to_owned(), values.into());
                }
                one.extra = with_outline(coco, &points);
                picture.boxes.push(one);
            }
            Err(reason) => {
                picture.is_partial = true;
                let kind = &shape.kind;
                self.import
                    .report_skipped(format!("{name}: a {kind} {label:?} {reason}"));
            }
        }
        self.picture = Some(picture);
    }
}

/// Left, top, right and bottom edge of a shape, or why there are none.
fn edges(kind: &str, attributes: &Attributes) -> Result<[f64; 4], &'static str> {
    let rotation = attributes.number("rotation").unwrap_or_default();
    let edges = match kind {
        "box" => {
            let edges = attributes.numbers(["xtl", "ytl", "xbr", "ybr"]);
            edges.map(|edges| {
                let [x0, y0, x1, y1] = edges;
                rotated_bounds(edges, [(x0 + x1) / 2.0, (y0 + y1) / 2.0], rotation)
            })
        }
        "ellipse" => attributes
            .numbers(["cx", "cy", "rx", "ry"])
            .map(|[x, y, rx, ry]| ellipse_bounds([x, y], [rx, ry], rotation)),
        "mask" => attributes
            .numbers(["left", "top", "width", "height"])
            .map(|[x, y, width, height]| [x, y, x + width, y + height]),
        "cuboid" => {
            let corner =
                |name: &str| attributes.numbers([&format!("x{name}") as &str, &format!("y{name}")]);
            let names = ["tl1", "bl1", "tr1", "br1", "tl2", "bl2", "tr2", "br2"];
            let corners: Option<Vec<_>> = names.into_iter().map(corner).collect();
            corners.map(bounds)
        }
        "polygon" | "polyline" => points_of(attributes)
            .filter(|points| points.len() > 1)
            .map(bounds),
        _ => return Err("is not a box, and was left out"),
    };
    edges.ok_or("has no usable coordinates")
}

/// The points of a polygon: `x,y;x,y;...`.
fn points_of(attributes: &Attributes) -> Option<Vec<[f64; 2]>> {
    let points = attributes.text("points")?.split(';').map(|point| {
        let (x, y) = point.split_once(',')?;
        Some([parse_number(x).ok()?, parse_number(y).ok()?])
    });
    points.collect()
}

/// Removes the flags from the values of a shape, which are texts, and returns those that are set.
fn take_flags(values: &mut Map<String, Value>) -> Flags {
    let mut take = |name: &str| {
        let value = values.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_set = is_true(value);
        if is_set || value.eq_ignore_ascii_case("false") || value == "0" {
            values.remove(name);
        }
        is_set
    };
    let set = Flag::ALL.into_iter().filter(|flag| take(flag.name()));
    let mut flags: Flags = set.collect();
    // As datumaro calls it.
    flags.crowd |= take("is_crowd");
    flags
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

/// The colour `#rrggbb`.
fn colour(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}
