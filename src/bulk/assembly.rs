//! Pictures with their boxes into a COCO file, where they get their ids, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::info::RunInfo;
use crate::formats::coco::{Annotation, Category, Image, Instances};
use crate::propose::Proposal;

/// A picture with its boxes before they have ids: a line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PictureResult {
    pub image: Image,
    pub annotations: Vec<Annotation>,
}

impl PictureResult {
    /// The result for a picture of this width and height in pixels, from proposals with the ids of
    /// their categories.
    pub fn new(name: &str, size: (u32, u32), named: &[(&Proposal, u64)]) -> Self {
        let annotation = |(proposal, category): &(&Proposal, u64)| {
            let bbox = proposal.bbox.clipped(size.0, size.1)?;
            let annotation = Annotation::new(0, 0, *category, &bbox, Some(proposal.score));
            // A very thin box may lose its area when it is rounded to hundredths of a pixel.
            (annotation.area > 0.0).then_some(annotation)
        };
        Self {
            image: Image::new(0, size, name),
            annotations: named.iter().filter_map(annotation).collect(),
        }
    }
}

/// A COCO file of these pictures, with ids in the order of their names, on which alone they
/// depend.
pub(super) fn assemble(
    info: RunInfo,
    categories: Vec<Category>,
    pictures: BTreeMap<String, PictureResult>,
) -> Instances {
    let mut instances = Instances {
        info: info.into(),
        categories,
        ..Instances::default()
    };
    for (index, mut picture) in pictures.into_values().enumerate() {
        picture.image.id = index as u64 + 1;
        for mut annotation in picture.annotations {
            annotation.id = instances.annotations.len() as u64 + 1;
            annotation.image_id = picture.image.id;
            instances.annotations.push(annotation);
        }
        instances.images.push(picture.image);
    }
    instances
}

/// The pictures of a COCO file by name, the reverse of [`assemble`].
pub(super) fn split_by_picture(instances: Instances) -> BTreeMap<String, PictureResult> {
    let mut by_id: BTreeMap<u64, PictureResult> = instances
        .images
        .into_iter()
        .map(|image| {
            let annotations = Vec::new();
            (image.id, PictureResult { image, annotations })
        })
        .collect();
    for annotation in instances.annotations {
        if let Some(picture) = by_id.get_mut(&annotation.image_id) {
            picture.annotations.push(annotation);
        }
    }
    by_id
        .into_values()
        .map(|picture| (picture.image.file_name.clone(), picture))
        .collect()
}
