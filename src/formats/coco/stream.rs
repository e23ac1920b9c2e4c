//! Writes a project as COCO, row by row: a file need not fit into memory.

use std::cell::{Cell, RefCell};

use serde::ser::{Error as _, SerializeMap as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::export::{annotation, category, image, own_info};
use super::extension::EXTENSION_KEY;
use super::suggested::SuggestedIds;
use super::types;
use crate::document::{Annotation, Document, Picture};
use crate::formats::error::FormatError;
use crate::formats::export::naming::ExportedPicture;
use crate::formats::export::options::{BoxSelection, ExportOptions};
use crate::formats::export::split::Subset;
use crate::formats::export::writer::ExportWriter;
use crate::formats::format::FolderLayout;
use crate::formats::json_stream::ListOf;
use crate::formats::messages::Messages;
use crate::formats::{paths, unknown_fields};

/// Writes an instances file, or one for each subset.
pub(in crate::formats) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let pictures = writer.pictures.clone();
    let options = writer.options;
    let keeps_others = options.provenance && options.boxes == BoxSelection::GroundTruth;
    let excluded = writer.excluded.iter().filter(|_| keeps_others);
    let excluded = excluded.map(|picture| ExportedPicture::without_file(picture, options));
    let excluded: Vec<_> = excluded.collect();
    // A name has the same id in all subsets.
    let suggested = SuggestedIds::new(writer.document, pictures.iter().chain(&excluded), |row| {
        options.provenance || options.boxes.includes(row)
    });
    for subset in writer.subsets() {
        let of_subset: Vec<_> = pictures.iter().filter(|one| one.subset == subset).collect();
        let left_out: Vec<_> = excluded.iter().filter(|one| one.subset == subset).collect();
        let (file, picture_folder) = file_and_picture_folder(writer, subset);
        let instances = InstancesFile {
            document: writer.document,
            options,
            pictures: &of_subset,
            excluded: &left_out,
            suggested: &suggested,
            boxes: Cell::new(0),
            changed: RefCell::default(),
        };
        writer.write_json(&file, &instances)?;
        let (boxes, changed) = instances.into_report();
        writer.report.boxes += boxes;
        writer.report.changed.append(changed);
        for one in of_subset {
            writer.add_picture_file(one, &paths::join(&picture_folder, &one.name))?;
        }
    }
    Ok(())
}

/// The instances file of a subset, and the folder of its pictures.
fn file_and_picture_folder(writer: &ExportWriter<'_>, subset: Subset) -> (String, String) {
    let name = subset.name(writer.options.layout);
    match writer.options.layout {
        FolderLayout::Roboflow => (format!("{name}/_annotations.coco.json"), name.to_owned()),
        FolderLayout::Standard if writer.options.split.is_some() => (
            format!("annotations/instances_{name}.json"),
            name.to_owned(),
        ),
        FolderLayout::Standard => ("annotations/instances.json".to_owned(), "images".to_owned()),
    }
}

/// An instances file, whose rows are made while it is written. Each row is read back and checked, so
/// that readers accept the file.
struct InstancesFile<'a> {
    document: &'a Document,
    options: &'a ExportOptions,
    pictures: &'a [&'a ExportedPicture<'a>],
    /// Pictures that are taken out of the project, of which only this program reads.
    excluded: &'a [&'a ExportedPicture<'a>],
    suggested: &'a SuggestedIds<'a>,
    /// The number of boxes that were written.
    boxes: Cell<usize>,
    changed: RefCell<Messages>,
}

impl<'a> InstancesFile<'a> {
    /// The number of boxes, and what could not be written unchanged.
    fn into_report(self) -> (usize, Messages) {
        (self.boxes.get(), self.changed.into_inner())
    }

    /// The boxes of pictures, with their pictures.
    fn boxes_of(
        &self,
        pictures: &'a [&'a ExportedPicture<'a>],
    ) -> impl Iterator<Item = (&'a Picture, &'a Annotation)> + use<'a> {
        let document = self.document;
        pictures.iter().flat_map(move |one| {
            let rows = document.annotations(one.picture.id).iter();
            rows.map(move |row| (one.picture, row))
        })
    }

    /// The boxes that are selected.
    fn selected(&self) -> impl Iterator<Item = (&'a Picture, &'a Annotation)> + use<'a> {
        let selection = self.options.boxes;
        let boxes = self.boxes_of(self.pictures);
        boxes.filter(move |(_, row)| selection.includes(row))
    }

    /// The boxes that are not selected, and all those of pictures that are taken out of the project.
    fn others(&self) -> impl Iterator<Item = (&'a Picture, &'a Annotation)> + use<'a> {
        let selection = self.options.boxes;
        let boxes = self.boxes_of(self.pictures);
        let others = boxes.filter(move |(_, row)| !selection.includes(row));
        others.chain(self.boxes_of(self.excluded))
    }

    fn row(&self, picture: &Picture, row: &Annotation) -> types::Annotation {
        annotation(
            row,
            picture,
            self.suggested,
            self.document,
            self.options,
            &mut self.changed.borrow_mut(),
        )
    }
}

impl Serialize for InstancesFile<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut extra = unknown_fields::from_text(self.document.extra());
        let info = match extra.remove("info") {
            Some(Value::Object(info)) => info,
            _ => own_info(),
        };
        let licenses = match extra.remove("licenses") {
            Some(Value::Array(licenses)) => licenses,
            _ => Vec::new(),
        };
        let provenance = self.options.provenance;
        let mut file = serializer.serialize_map(None)?;
        file.serialize_entry("info", &info)?;
        file.serialize_entry("licenses", &licenses)?;
        let images = ListOf(|| {
            let images = self.pictures.iter().map(|one| image(one, self.options));
            images.map(|row| Checked(row, types::Image::validate))
        });
        file.serialize_entry("images", &images)?;
        let annotations = ListOf(|| {
            self.selected().map(|(picture, row)| {
                self.boxes.set(self.boxes.get() + 1);
                let size = [picture.width, picture.height];
                Checked(self.row(picture, row), move |row: &types::Annotation| {
                    row.validate(size)
                })
            })
        });
        file.serialize_entry("annotations", &annotations)?;
        let categories = ListOf(|| {
            let categories = self.document.categories();
            let own = categories.map(|row| category(row, provenance));
            own.chain(self.suggested.categories(provenance))
        });
        file.serialize_entry("categories", &categories)?;
        // With provenance, the boxes that are not selected are written where no program reads them
        // as ground truth, and so is what is taken out of the project.
        let keeps_others = provenance && self.options.boxes == BoxSelection::GroundTruth;
        let has_others = !self.excluded.is_empty() || self.others().next().is_some();
        if keeps_others && has_others {
            extra.remove(EXTENSION_KEY);
            let images = || self.excluded.iter().map(|one| image(one, self.options));
            let boxes = || {
                let others = self.others();
                others.map(|(picture, row)| self.row(picture, row))
            };
            let images = (!self.excluded.is_empty()).then_some(ListOf(images));
            let boxes = ListOf(boxes);
            file.serialize_entry(EXTENSION_KEY, &OwnRows { images, boxes })?;
        }
        for (key, value) in &extra {
            file.serialize_entry(key, value)?;
        }
        file.end()
    }
}

/// What only this program reads at the top of a file.
#[derive(Serialize)]
struct OwnRows<Images, Boxes> {
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<Images>,
    boxes: Boxes,
}

/// A row that is written only if what is read back from it keeps the rules of COCO.
struct Checked<T, F>(T, F);

impl<T, F> Serialize for Checked<T, F>
where
    T: Serialize + for<'de> Deserialize<'de>,
    F: Fn(&T) -> Result<(), String>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(&self.0).map_err(S::Error::custom)?;
        let read: T = serde_json::from_str(&text).map_err(S::Error::custom)?;
        (self.1)(&read).map_err(|fault| {
            S::Error::custom(format!("not written because it would be invalid: {fault}"))
        })?;
        self.0.serialize(serializer)
    }
}
