//! Pictures and their boxes on the way to a COCO file, where they get their ids, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::formats::coco::{Annotation, Category, Image, Instances};
use crate::propose::Proposal;

/// A picture and its boxes before they have ids: a line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PictureResult {
    pub image: Image,
    pub annotations: Vec<Annotation>,
}

impl PictureResult {
    /// Boxes with the ids of their categories.
    pub fn new(name: &str, (width, height): (u32, u32), named: &[(&Proposal, u64)]) -> Self {
        let annotation = |(proposal, category): &(&Proposal, u64)| {
            let bbox = proposal.bbox.clipped(width, height)?;
            let annotation = Annotation::new(0, 0, *category, &bbox, Some(proposal.score));
            // Rounding to hundredths of a pixel can empty a sliver.
            (annotation.area > 0.0).then_some(annotation)
        };
        Self {
            image: Image {
                id: 0,
                width,
                height,
                file_name: name.to_owned(),
                extra: Map::new(),
            },
            annotations: named.iter().filter_map(annotation).collect(),
        }
    }
}

/// Gives ids in the order of the names, so that they depend on nothing else.
pub(super) fn assemble(
    info: Map<String, Value>,
    categories: Vec<Category>,
    labelled: BTreeMap<String, PictureResult>,
) -> Instances {
    let mut instances = Instances {
        info,
        categories,
        ..Instances::default()
    };
    for (index, mut picture) in labelled.into_values().enumerate() {
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

/// The way back from [`assemble`].
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
