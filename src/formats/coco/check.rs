//! The rules that an instances file keeps.

use std::collections::{HashMap, HashSet};

use super::types::{Annotation, Category, Image, Instances};

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
            category.validate()?;
            let Category { id, name, .. } = category;
            if !names.insert(name.as_str()) {
                return Err(format!("category {id} {name:?} has a name that is in use"));
            }
        }
        let mut sizes = HashMap::new();
        for image in &self.images {
            image.validate()?;
            sizes.insert(image.id, [image.width, image.height]);
        }
        for annotation in &self.annotations {
            let size = sizes.get(&annotation.image_id).copied().unwrap_or_default();
            annotation.validate(size)?;
        }
        Ok(())
    }
}

impl Category {
    /// The rules of [`Instances::validate`] for one row.
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.id == 0 {
            return Err(format!("category {:?} has the invalid id 0", self.name));
        }
        Ok(())
    }
}

impl Image {
    /// The rules of [`Instances::validate`] for one row.
    pub(super) fn validate(&self) -> Result<(), String> {
        let name = &self.file_name;
        let is_relative = !name.starts_with('/') && !name.contains('\\');
        if self.id == 0 || !is_relative || name.split('/').any(|part| part == "..") {
            return Err(format!(
                "picture {} {name:?} has an invalid id or name",
                self.id
            ));
        }
        Ok(())
    }
}

impl Annotation {
    /// The rules of [`Instances::validate`] for one row, on a picture of this width and height.
    pub(super) fn validate(&self, size: [u32; 2]) -> Result<(), String> {
        let [x, y, width, height] = self.bbox;
        let [right, bottom] = size.map(f64::from);
        let is_inside = x >= 0.0
            && y >= 0.0
            && x + width <= right + SUM_ROUNDING_PX
            && y + height <= bottom + SUM_ROUNDING_PX;
        let has_area = width > 0.0 && height > 0.0 && self.area.is_finite();
        let is_well_formed = self.id > 0 && !self.segmentation.is_null();
        if !is_inside || !has_area || !is_well_formed {
            let id = self.id;
            return Err(format!(
                "annotation {id} with the box {:?} breaks a rule of COCO",
                self.bbox
            ));
        }
        Ok(())
    }
}
