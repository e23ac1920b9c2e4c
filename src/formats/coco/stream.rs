//! Writes a project as COCO, row by row: a file need not fit into memory.

use std::cell::{Cell, RefCell};

use serde::ser::{Error as _, SerializeMap as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::export::{annotation, category, image, own_info};
use super::extension::EXTENSION_KEY;
use super::suggested::SuggestedIds;
use super::types;
use crate::document::{Annotation, Document};
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
    // A name has the same id in all subsets.
    let suggested = SuggestedIds::new(writer.document, &pictures, |row| {
        options.provenance || options.boxes.includes(row)
    });
    for subset in writer.subsets() {
        let of_subset: Vec<_> = pictures.iter().filter(|one| one.subset == subset).collect();
        let (file, picture_folder) = file_and_picture_folder(writer, subset);
        let instances = InstancesFile::new(writer.document, options, &of_subset, &suggested);
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
    suggested: &'a SuggestedIds<'a>,
    /// The number of boxes that were written.
    boxes: Cell<usize>,
    changed: RefCell<Messages>,
}

impl<'a> InstancesFile<'a> {
    fn new(
        document: &'a Document,
        options: &'a ExportOptions,
        pictures: &'a [&'a ExportedPicture<'a>],
        suggested: &'a SuggestedIds<'a>,
    ) -> Self {
        Self {
            document,
            options,
            pictures,
            suggested,
            boxes: Cell::new(0),
            changed: RefCell::default(),
        }
    }

    /// The number of boxes, and what could not be written unchanged.
    fn into_report(self) -> (usize, Messages) {
        (self.boxes.get(), self.changed.into_inner())
    }

    /// The rows of the boxes that are selected, or of those that are not, with the sides of their
    /// pictures.
    fn annotations(
        &self,
        is_selected: bool,
    ) -> impl Iterator<Item = (types::Annotation, [u32; 2])> {
        let includes = move |row: &&Annotation| self.options.boxes.includes(row) == is_selected;
        self.pictures.iter().flat_map(move |one| {
            let picture = one.picture;
            let rows = self.document.annotations(picture.id).iter();
            rows.filter(includes).map(move |row| {
                let mut changed = self.changed.borrow_mut();
                let row = annotation(
                    row,
                    picture,
                    self.suggested,
                    self.document,
                    self.options,
                    &mut changed,
                );
                (row, [picture.width, picture.height])
            })
        })
    }

    /// Whether there are boxes that are not selected. It makes no rows, since each adds its messages.
    fn has_others(&self) -> bool {
        let pictures = self.pictures.iter();
        let mut rows = pictures.flat_map(|one| self.document.annotations(one.picture.id));
        rows.any(|row| !self.options.boxes.includes(row))
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
            self.annotations(true).map(|(row, size)| {
                self.boxes.set(self.boxes.get() + 1);
                Checked(row, move |row: &types::Annotation| row.validate(size))
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
        // as ground truth.
        let others = || self.annotations(false).map(|(row, _)| row);
        if provenance && self.options.boxes == BoxSelection::GroundTruth && self.has_others() {
            extra.remove(EXTENSION_KEY);
            file.serialize_entry(
                EXTENSION_KEY,
                &OtherBoxes {
                    boxes: ListOf(others),
                },
            )?;
        }
        for (key, value) in &extra {
            file.serialize_entry(key, value)?;
        }
        file.end()
    }
}

/// What only this program reads at the top of a file.
#[derive(Serialize)]
struct OtherBoxes<T> {
    boxes: T,
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
