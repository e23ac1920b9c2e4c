//! The ground truth of a folder of pictures, from a COCO file.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::evaluate::TruthBox;
use crate::formats::coco::Instances;
use crate::geometry::BBox;

/// The true boxes of a picture.
pub struct GroundTruth {
    /// The picture's file.
    pub path: PathBuf,
    /// Its width and height in pixels, if the file states them.
    pub size: Option<(u32, u32)>,
    /// Its true boxes, crowds included.
    pub boxes: Vec<TruthBox>,
}

impl GroundTruth {
    /// The objects of one category, or of all; crowds are left out.
    pub fn objects(&self, category: Option<u32>) -> Vec<BBox> {
        let is_included = |truth: &&TruthBox| {
            !truth.is_crowd && category.is_none_or(|category| truth.category == category)
        };
        self.boxes
            .iter()
            .filter(is_included)
            .map(|truth| truth.bbox)
            .collect()
    }

    /// The categories of its objects, ascending.
    pub fn categories(&self) -> Vec<u32> {
        let objects = self.boxes.iter().filter(|truth| !truth.is_crowd);
        let mut categories: Vec<u32> = objects.map(|truth| truth.category).collect();
        categories.sort_unstable();
        categories.dedup();
        categories
    }
}

/// The pictures of a ground truth file in the order of their ids. File names are relative to `folder`,
/// or to `images` in it.
///
/// # Errors
/// If there are no pictures, or a file name leads out of the folder.
pub fn ground_truth_of(instances: &Instances, folder: &Path) -> anyhow::Result<Vec<GroundTruth>> {
    let images_folder = folder.join("images");
    let mut boxes = truth_boxes(instances);
    let mut images: Vec<_> = instances.images.iter().collect();
    images.sort_by_key(|image| image.id);
    let first = images
        .first()
        .context("the ground truth lists no pictures")?;
    let root = if !folder.join(&first.file_name).exists() && images_folder.is_dir() {
        images_folder
    } else {
        folder.to_owned()
    };
    images
        .into_iter()
        .map(|image| {
            let name = Path::new(&image.file_name);
            if !name
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
            {
                bail!(
                    "the ground truth lists {:?}, which is outside the folder",
                    image.file_name
                );
            }
            Ok(GroundTruth {
                path: root.join(name),
                size: (image.width > 0).then_some((image.width, image.height)),
                boxes: boxes.remove(&image.id).unwrap_or_default(),
            })
        })
        .collect()
}

/// The true boxes by image id; images without boxes are included.
pub fn truth_boxes(instances: &Instances) -> BTreeMap<u64, Vec<TruthBox>> {
    let mut boxes: BTreeMap<u64, Vec<TruthBox>> = BTreeMap::new();
    for image in &instances.images {
        boxes.insert(image.id, Vec::new());
    }
    for annotation in &instances.annotations {
        boxes
            .entry(annotation.image_id)
            .or_default()
            .push(TruthBox {
                bbox: annotation.to_bbox(),
                category: annotation.category_id as u32,
                is_crowd: annotation.iscrowd != 0,
            });
    }
    boxes
}
