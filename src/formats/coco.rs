//! COCO JSON: the instances file (pictures, annotations, categories) and the plain results list.
//!
//! Source: <https://cocodataset.org/#format-data> and what its readers insist on: ids start at 1
//! (pycocotools takes annotation 0 for unmatched), `iscrowd`, `area` and `info` are always there,
//! `segmentation` is a list and never null, and the text is ASCII (pycocotools opens it in the
//! system's own encoding). Boxes are `[x, y, width, height]` in upright pixels.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::FormatError;
use crate::files::write_whole;
use crate::geometry::BBox;

/// Files larger than this are refused before they are read.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// An instances file. Keys that are not known here are kept in `extra`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instances {
    /// Free-form description of the data set.
    #[serde(default)]
    pub info: Map<String, Value>,
    /// Licences, as they were found.
    #[serde(default)]
    pub licenses: Vec<Value>,
    /// The pictures.
    pub images: Vec<Image>,
    /// The boxes.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    /// The classes.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// Other top-level keys.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Unique, from 1.
    pub id: u64,
    /// Upright width in pixels.
    pub width: u32,
    /// Upright height in pixels.
    pub height: u32,
    /// Path relative to the picture folder, with `/`.
    pub file_name: String,
    /// Other keys.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Unique, from 1.
    pub id: u64,
    /// The picture's id.
    pub image_id: u64,
    /// The category's id.
    pub category_id: u64,
    /// `[x, y, width, height]` in upright pixels.
    pub bbox: [f64; 4],
    /// Area in square pixels; `width * height` for a box.
    #[serde(default)]
    pub area: f64,
    /// 1 for a region of many objects that cannot be told apart.
    #[serde(default)]
    pub iscrowd: u8,
    /// Polygons; empty for a box.
    #[serde(default)]
    pub segmentation: Value,
    /// Confidence in 0..=1 of a proposal; none for what a person confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Other keys.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Unique, from 1.
    pub id: u64,
    /// Unique name.
    pub name: String,
    /// Name of the group that it belongs to.
    #[serde(default)]
    pub supercategory: String,
    /// Other keys.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One line of a results file, as pycocotools' `loadRes` reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// The picture's id in the instances file.
    pub image_id: u64,
    /// The category's id in the instances file.
    pub category_id: u64,
    /// `[x, y, width, height]` in upright pixels.
    pub bbox: [f64; 4],
    /// Confidence in 0..=1.
    pub score: f64,
}

impl Annotation {
    /// A box annotation; coordinates are rounded to hundredths of a pixel.
    pub fn new(id: u64, image_id: u64, category_id: u64, bbox: &BBox, score: Option<f32>) -> Self {
        let edge = |x: f32| (f64::from(x) * 100.0).round() / 100.0;
        let (x0, y0, x1, y1) = (edge(bbox.x0), edge(bbox.y0), edge(bbox.x1), edge(bbox.y1));
        let side = |length: f64| (length * 100.0).round() / 100.0;
        let bbox = [x0, y0, side(x1 - x0), side(y1 - y0)];
        let area = (bbox[2] * bbox[3] * 1e4).round() / 1e4;
        Self {
            id,
            image_id,
            category_id,
            bbox,
            area,
            iscrowd: 0,
            segmentation: Value::Array(Vec::new()),
            score: score.map(|score| (f64::from(score) * 1e4).round() / 1e4),
            extra: Map::new(),
        }
    }

    /// Its box as four edges.
    pub fn to_bbox(&self) -> BBox {
        let [x, y, width, height] = self.bbox;
        BBox {
            x0: x as f32,
            y0: y as f32,
            x1: (x + width) as f32,
            y1: (y + height) as f32,
        }
    }
}

impl Instances {
    /// Reads an instances file.
    ///
    /// # Errors
    /// A file that cannot be read, is no JSON, lacks `images`, or breaks a rule of
    /// [`Self::check`].
    pub fn read(path: &Path) -> Result<Self, FormatError> {
        let size = fs::metadata(path)
            .map_err(FormatError::unreadable(path))?
            .len();
        if size > MAX_FILE_BYTES {
            let reason = format!("{size} bytes are more than this program reads");
            return Err(FormatError::malformed(path, reason));
        }
        let bytes = fs::read(path).map_err(FormatError::unreadable(path))?;
        let instances: Self = serde_json::from_slice(&bytes).map_err(|error| {
            FormatError::malformed(path, format!("it is no COCO JSON: {error}"))
        })?;
        instances
            .check()
            .map_err(|reason| FormatError::malformed(path, reason))?;
        Ok(instances)
    }

    /// Checks what every reader relies on: unique ids and names, and references that lead
    /// somewhere.
    ///
    /// # Errors
    /// A sentence that names the first fault.
    pub fn check(&self) -> Result<(), String> {
        let mut images = HashSet::new();
        let mut names = HashSet::new();
        for image in &self.images {
            if !images.insert(image.id) {
                return Err(format!("two pictures have the id {}", image.id));
            }
            if !names.insert(image.file_name.as_str()) {
                return Err(format!("two pictures have the name {}", image.file_name));
            }
        }
        let mut categories = HashSet::new();
        for category in &self.categories {
            if !categories.insert(category.id) {
                return Err(format!("two categories have the id {}", category.id));
            }
        }
        let mut ids = HashSet::new();
        for annotation in &self.annotations {
            let id = annotation.id;
            if !ids.insert(id) {
                return Err(format!("two annotations have the id {id}"));
            }
            if !images.contains(&annotation.image_id) {
                let image = annotation.image_id;
                return Err(format!(
                    "annotation {id} refers to picture {image}, which is absent"
                ));
            }
            if !categories.contains(&annotation.category_id) {
                let category = annotation.category_id;
                return Err(format!(
                    "annotation {id} refers to category {category}, which is absent"
                ));
            }
        }
        Ok(())
    }

    /// Checks, beyond [`check`](Self::check), what a data set for others must hold: ids from 1,
    /// names that are unique and relative, boxes that are finite and have an area inside their
    /// picture, a segmentation that is no null.
    ///
    /// # Errors
    /// A sentence that names the first fault.
    pub fn validate(&self) -> Result<(), String> {
        self.check()?;
        let mut names = HashSet::new();
        for category in &self.categories {
            if category.id == 0 || !names.insert(category.name.as_str()) {
                let Category { id, name, .. } = category;
                return Err(format!(
                    "category {id} {name:?} has a bad id or another's name"
                ));
            }
        }
        let mut sizes = HashMap::new();
        for image in &self.images {
            let name = &image.file_name;
            let is_relative = !name.starts_with('/') && !name.contains('\\');
            if image.id == 0 || !is_relative || name.split('/').any(|part| part == "..") {
                return Err(format!(
                    "picture {} {name:?} has a bad id or name",
                    image.id
                ));
            }
            sizes.insert(image.id, [f64::from(image.width), f64::from(image.height)]);
        }
        for annotation in &self.annotations {
            let [x, y, width, height] = annotation.bbox;
            let size = sizes.get(&annotation.image_id).copied().unwrap_or_default();
            // The sum of two decimals may be a hair beyond.
            let is_inside = x >= 0.0 && y >= 0.0 && x + width <= size[0] + 1e-6;
            let is_inside = is_inside && y + height <= size[1] + 1e-6;
            let has_area = width > 0.0 && height > 0.0 && annotation.area.is_finite();
            let is_well_formed = annotation.id > 0 && !annotation.segmentation.is_null();
            if !is_inside || !has_area || !is_well_formed {
                let id = annotation.id;
                return Err(format!(
                    "annotation {id} breaks a rule: {:?}",
                    annotation.bbox
                ));
            }
        }
        Ok(())
    }

    /// Writes the file whole or not at all, after reading back what was written.
    pub fn write(&self, path: &Path) -> Result<(), FormatError> {
        self.write_if(path, Self::check)
    }

    /// As [`write`](Self::write), if what was read back passes [`validate`](Self::validate) too.
    pub fn write_valid(&self, path: &Path) -> Result<(), FormatError> {
        self.write_if(path, Self::validate)
    }

    fn write_if(
        &self,
        path: &Path,
        check: fn(&Self) -> Result<(), String>,
    ) -> Result<(), FormatError> {
        let bytes = ascii_json(self).map_err(FormatError::unwritable(path))?;
        let reread: Result<Self, _> = serde_json::from_slice(&bytes);
        let fault = match reread {
            Ok(reread) => check(&reread).err(),
            Err(error) => Some(error.to_string()),
        };
        if let Some(fault) = fault {
            let reason = format!("not written, since it would not be valid: {fault}");
            return Err(FormatError::malformed(path, reason));
        }
        Ok(write_whole(path, |writer| writer.write_all(&bytes))?)
    }

    /// The plain results list of every annotation that has a score.
    pub fn detections(&self) -> Vec<Detection> {
        self.annotations
            .iter()
            .filter_map(|annotation| {
                Some(Detection {
                    image_id: annotation.image_id,
                    category_id: annotation.category_id,
                    bbox: annotation.bbox,
                    score: annotation.score?,
                })
            })
            .collect()
    }
}

/// Writes a results list, whole or not at all.
pub fn write_detections(path: &Path, detections: &[Detection]) -> Result<(), FormatError> {
    let bytes = ascii_json(&detections).map_err(FormatError::unwritable(path))?;
    Ok(write_whole(path, |writer| writer.write_all(&bytes))?)
}

/// JSON in ASCII alone, with a newline at its end.
pub fn ascii_json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, AsciiFormatter);
    value.serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// serde_json's compact form with everything beyond ASCII as `\uXXXX`.
struct AsciiFormatter;

impl serde_json::ser::Formatter for AsciiFormatter {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if character.is_ascii() {
                write!(writer, "{character}")?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Instances {
        Instances {
            images: vec![Image {
                id: 1,
                width: 10,
                height: 8,
                file_name: "猫/\u{1f431} \"a\".jpg".to_owned(),
                extra: Map::new(),
            }],
            annotations: vec![Annotation::new(
                1,
                1,
                1,
                &BBox::from_xywh(1.006, 2.0, 3.0, 4.0),
                Some(0.5),
            )],
            categories: vec![Category {
                id: 1,
                name: "猫".to_owned(),
                supercategory: String::new(),
                extra: Map::new(),
            }],
            ..Instances::default()
        }
    }

    #[test]
    fn a_file_comes_back_as_it_went_and_is_ascii() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        sample().write(&path).unwrap();
        assert!(fs::read(&path).unwrap().is_ascii());
        assert_eq!(Instances::read(&path).unwrap(), sample());
        let json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let annotation = &json["annotations"][0];
        assert_eq!(annotation["segmentation"], Value::Array(Vec::new()));
        assert_eq!(annotation["iscrowd"], 0);
        assert_eq!(annotation["area"], 12.0);
        assert!(json["info"].is_object());
    }

    #[test]
    fn unknown_keys_survive() {
        let mut value = serde_json::to_value(sample()).unwrap();
        value["annotations"][0]["keypoints"] = serde_json::json!([1, 2, 2]);
        value["videos"] = serde_json::json!([{"id": 1}]);
        let instances: Instances = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(instances).unwrap(), value);
    }

    #[test]
    fn broken_references_and_doubled_ids_are_named() {
        let check = |change: &dyn Fn(&mut Instances)| {
            let mut instances = sample();
            change(&mut instances);
            instances.check().unwrap_err()
        };
        let text = check(&|file| file.annotations[0].image_id = 7);
        assert!(text.contains("picture 7"), "{text}");
        let text = check(&|file| file.annotations[0].category_id = 9);
        assert!(text.contains("category 9"), "{text}");
        let text = check(&|file| file.images.push(file.images[0].clone()));
        assert!(text.contains("id 1"), "{text}");
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        fs::write(&path, "before").unwrap();
        let mut broken = sample();
        broken.annotations[0].image_id = 7;
        assert!(broken.write(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
