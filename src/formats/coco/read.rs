//! Reads an instances file as a whole. In contrast to an import into a project, a row that cannot
//! be read is an error.

use std::path::Path;

use serde_json::Value;

use super::reader::{self, AnnotationRow, CategoryRow, ImageRow, Row, RowId};
use super::types::{Annotation, Category, Image, Instances};
use crate::formats::error::FormatError;
use crate::formats::input;

impl Instances {
    /// Reads an instances file.
    ///
    /// # Errors
    /// If the file cannot be read, is not COCO JSON, has no `images`, has a row that cannot be
    /// read, or breaks a rule of [`Self::check`].
    pub fn read(path: &Path) -> Result<Self, FormatError> {
        let text = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
        Self::parse(&text).map_err(|reason| FormatError::malformed(path, reason))
    }

    /// Reads the text of an instances file.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut instances = Self::default();
        let mut has_images = false;
        let mut fault = None;
        reader::read_rows(text, |row| {
            if matches!(row, Row::Images) {
                has_images = true;
            } else if let Err(reason) = instances.add(row) {
                fault.get_or_insert(reason);
            }
        })?;
        if let Some(reason) = fault {
            return Err(reason);
        }
        if !has_images {
            return Err("not COCO JSON: it has no `images`".to_owned());
        }
        instances.check()?;
        Ok(instances)
    }

    fn add(&mut self, row: Row) -> Result<(), String> {
        match row {
            Row::Images => {}
            Row::Image(row) => self.images.push(row.try_into()?),
            Row::Annotation(row) => self.annotations.push(row.try_into()?),
            Row::Category(row) => self.categories.push(row.try_into()?),
            Row::Other(key, Value::Object(info)) if key == "info" => self.info = info,
            Row::Other(key, Value::Array(licenses)) if key == "licenses" => {
                self.licenses = licenses;
            }
            Row::Other(key, _) if key == "info" => return Err("`info` is not an object".to_owned()),
            Row::Other(key, _) if key == "licenses" => {
                return Err("`licenses` is not a list".to_owned());
            }
            Row::Other(key, value) => {
                self.extra.insert(key, value);
            }
            Row::Unreadable(reason) => return Err(reason),
        }
        Ok(())
    }
}

impl TryFrom<ImageRow> for Image {
    type Error = String;

    fn try_from(row: ImageRow) -> Result<Self, String> {
        let ImageRow {
            id,
            file_name,
            width,
            height,
            extra,
        } = row;
        let side = |side: Option<f64>, what| {
            whole(side).ok_or_else(|| format!("picture {id} has no usable {what}"))
        };
        let (width, height) = (side(width, "width")?, side(height, "height")?);
        let file_name = file_name.ok_or_else(|| format!("picture {id} has no file_name"))?;
        Ok(Self {
            id: numeric(&id, "picture")?,
            width,
            height,
            file_name,
            extra,
        })
    }
}

impl TryFrom<CategoryRow> for Category {
    type Error = String;

    fn try_from(row: CategoryRow) -> Result<Self, String> {
        let CategoryRow {
            id,
            name,
            mut extra,
        } = row;
        let supercategory = match extra.remove("supercategory") {
            None => String::new(),
            Some(Value::String(name)) => name,
            Some(_) => return Err(format!("the supercategory of category {id} is not text")),
        };
        Ok(Self {
            id: numeric(&id, "category")?,
            name: name.ok_or_else(|| format!("category {id} has no name"))?,
            supercategory,
            extra,
        })
    }
}

impl TryFrom<AnnotationRow> for Annotation {
    type Error = String;

    fn try_from(row: AnnotationRow) -> Result<Self, String> {
        let AnnotationRow {
            id,
            image_id,
            category_id,
            bbox,
            is_crowd,
            score,
            mut extra,
        } = row;
        let id = id.ok_or("an annotation has no id")?;
        let number = |value: Value, what| {
            let number = value.as_f64();
            number.ok_or_else(|| format!("annotation {id} has {what} that is not a number"))
        };
        let area = extra.remove("area").map(|area| number(area, "an area"));
        let score = score.filter(|score| !score.is_null());
        let score = score.map(|score| number(score, "a score"));
        Ok(Self {
            id: numeric(&id, "annotation")?,
            image_id: numeric(&image_id, "picture")?,
            category_id: numeric(&category_id, "category")?,
            bbox,
            area: area.transpose()?.unwrap_or(0.0),
            iscrowd: u8::from(is_crowd),
            segmentation: extra.remove("segmentation").unwrap_or(Value::Null),
            score: score.transpose()?,
            extra,
        })
    }
}

fn numeric(id: &RowId, what: &str) -> Result<u64, String> {
    match id {
        RowId::Number(number) => Ok(*number),
        RowId::Text(_) => Err(format!("the {what} id {id} is not a non-negative integer")),
    }
}

fn whole(number: Option<f64>) -> Option<u32> {
    let number = number?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    is_whole.then_some(number as u32)
}
