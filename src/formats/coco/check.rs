//! The rules that an instances file keeps.

use std::collections::{HashMap, HashSet};

use super::types::{Category, Instances};

/// Two decimals may add up to slightly more than the side of the picture.
const SUM_ROUNDING_PX: f64 = 1e-6;

impl Instances {
    /// Checks what every reader relies on: unique ids and file names, and references to rows that
    /// exist.
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
            let (image, category) = (annotation.image_id, annotation.category_id);
            if !images.contains(&image) {
                return Err(format!(
                    "annotation {id} refers to picture {image}, which is not in the file"
                ));
            }
            if !categories.contains(&category) {
                return Err(format!(
                    "annotation {id} refers to category {category}, which is not in the file"
                ));
            }
        }
        Ok(())
    }

    /// Checks the rules of [`check`](Self::check) and those of a data set that is given to
    /// others: ids from 1, category names that are unique, file names that are relative, boxes
    /// that have an area and are inside their picture, and segmentations that are not null.
    ///
    /// # Errors
    /// A sentence that names the first fault.
    pub fn validate(&self) -> Result<(), String> {
        self.check()?;
        let mut names = HashSet::new();
        for category in &self.categories {
            let Category { id, name, .. } = category;
            if *id == 0 || !names.insert(name.as_str()) {
                return Err(format!(
                    "category {id} {name:?} has an invalid id or a name that is in use"
                ));
            }
        }
        let mut sizes = HashMap::new();
        for image in &self.images {
            let name = &image.file_name;
            let is_relative = !name.starts_with('/') && !name.contains('\\');
            if image.id == 0 || !is_relative || name.split('/').any(|part| part == "..") {
                return Err(format!(
                    "picture {} {name:?} has an invalid id or name",
                    image.id
                ));
            }
            sizes.insert(image.id, [f64::from(image.width), f64::from(image.height)]);
        }
        for annotation in &self.annotations {
            let [x, y, width, height] = annotation.bbox;
            let size = sizes.get(&annotation.image_id).copied().unwrap_or_default();
            let is_inside = x >= 0.0
                && y >= 0.0
                && x + width <= size[0] + SUM_ROUNDING_PX
                && y + height <= size[1] + SUM_ROUNDING_PX;
            let has_area = width > 0.0 && height > 0.0 && annotation.area.is_finite();
            let is_well_formed = annotation.id > 0 && !annotation.segmentation.is_null();
            if !is_inside || !has_area || !is_well_formed {
                let id = annotation.id;
                return Err(format!(
                    "annotation {id} with the box {:?} breaks a rule of COCO",
                    annotation.bbox
                ));
            }
        }
        Ok(())
    }
}
