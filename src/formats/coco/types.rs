//! The rows of a COCO instances file, and of a results list.
//!
//! Source: <https://cocodataset.org/#format-data>, and what its readers insist on: ids start at 1
//! (pycocotools uses annotation 0 for "no match"), `iscrowd`, `area` and `info` are always there,
//! `segmentation` is a list and never null, and the text is ASCII (pycocotools opens it in the
//! encoding of the system). Boxes are `[x, y, width, height]` in upright pixels.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::geometry::BBox;

/// An instances file. Unknown keys are kept in `extra`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Instances {
    /// Free-form description of the data set.
    pub info: Map<String, Value>,
    /// Licences, as in the file.
    pub licenses: Vec<Value>,
    /// The pictures.
    pub images: Vec<Image>,
    /// The boxes.
    pub annotations: Vec<Annotation>,
    /// The categories.
    pub categories: Vec<Category>,
    /// Other keys at the top.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Unique, from 1.
    pub id: u64,
    /// Width of the upright picture in pixels, 0 if it is unknown.
    pub width: u32,
    /// Height of the upright picture in pixels, 0 if it is unknown.
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
    /// Polygons; an empty list for a box.
    #[serde(default)]
    pub segmentation: Value,
    /// Confidence of a proposal, from 0 to 1; absent for what a person has confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Other keys.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Category {
    /// Unique, from 1.
    pub id: u64,
    /// Unique name.
    pub name: String,
    /// Name of the group that it belongs to.
    pub supercategory: String,
    /// Other keys.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A row of a results list, as pycocotools' `loadRes` reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// The picture's id in the instances file.
    pub image_id: u64,
    /// The category's id in the instances file.
    pub category_id: u64,
    /// `[x, y, width, height]` in upright pixels.
    pub bbox: [f64; 4],
    /// Confidence from 0 to 1.
    pub score: f64,
    /// The path of the picture, with which a list means the right pictures by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
}

impl Image {
    /// A picture of this upright width and height in pixels.
    pub fn new(id: u64, (width, height): (u32, u32), file_name: &str) -> Self {
        Self {
            id,
            width,
            height,
            file_name: file_name.to_owned(),
            extra: Map::new(),
        }
    }
}

impl Category {
    /// A category without a group.
    pub fn new(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            supercategory: String::new(),
            extra: Map::new(),
        }
    }
}

impl Annotation {
    /// An annotation of a box, whose coordinates are rounded to hundredths of a pixel.
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

    /// Its box in upright pixels. A negative width or height counts from the other side.
    pub fn to_bbox(&self) -> BBox {
        let [x, y, width, height] = self.bbox;
        BBox::from_corners(x as f32, y as f32, (x + width) as f32, (y + height) as f32)
    }
}

impl Instances {
    /// The plain results list of all annotations with a score.
    pub fn detections(&self) -> Vec<Detection> {
        self.annotations
            .iter()
            .filter_map(|annotation| {
                Some(Detection {
                    image_id: annotation.image_id,
                    category_id: annotation.category_id,
                    bbox: annotation.bbox,
                    score: annotation.score?,
                    file_name: None,
                })
            })
            .collect()
    }
}
