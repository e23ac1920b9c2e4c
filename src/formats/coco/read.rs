//! Reads an instances file as a whole. It accepts what an import into a project accepts, but a row that
//! cannot be read is an error: a measurement must not leave out what it measures against.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::Value;

use super::reader::{self, AnnotationRow, CategoryRow, ImageRow, Row, RowId, check_mask};
use super::types::{Annotation, Category, Image, Instances};
use crate::formats::error::FormatError;
use crate::formats::input;
use crate::formats::numbers::{number_of, picture_size};

impl Instances {
    /// Reads an instances file. Ids that are not numbers from 0 get numbers, and so do annotations that
    /// repeat an id or have none. A picture without a usable size has the size 0.
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
        let mut rows = Rows::default();
        let mut fault = None;
        reader::read_rows(text, |row| {
            if let Err(reason) = rows.add(row) {
                fault.get_or_insert(reason);
            }
        })?;
        if let Some(reason) = fault {
            return Err(reason);
        }
        if !rows.has_images {
            return Err("not COCO JSON: it has no `images`".to_owned());
        }
        let instances = rows.into_instances()?;
        instances.check()?;
        Ok(instances)
    }
}

/// The rows of a file. References are resolved once all rows are known.
#[derive(Default)]
struct Rows {
    /// Its `info`, licences and other keys at the top.
    top: Instances,
    has_images: bool,
    images: Vec<ImageRow>,
    categories: Vec<CategoryRow>,
    annotations: Vec<AnnotationRow>,
}

impl Rows {
    fn add(&mut self, row: Row) -> Result<(), String> {
        match row {
            Row::Images => self.has_images = true,
            Row::Image(row) => self.images.push(row),
            Row::Annotation(row) => self.annotations.push(row),
            Row::Category(row) => self.categories.push(row),
            Row::Other(key, Value::Object(info)) if key == "info" => self.top.info = info,
            Row::Other(key, Value::Array(licenses)) if key == "licenses" => {
                self.top.licenses = licenses;
            }
            Row::Other(key, Value::Null) if key == "info" || key == "licenses" => {}
            Row::Other(key, _) if key == "info" => return Err("`info` is not an object".to_owned()),
            Row::Other(key, _) if key == "licenses" => {
                return Err("`licenses` is not a list".to_owned());
            }
            Row::Other(key, value) => {
                self.top.extra.insert(key, value);
            }
            Row::Unreadable(reason) => return Err(reason),
        }
        Ok(())
    }

    fn into_instances(self) -> Result<Instances, String> {
        let pictures = Numbers::new("picture", self.images.iter().map(|row| &row.id));
        let categories = Numbers::new("category", self.categories.iter().map(|row| &row.id));
        let mut ids = AnnotationIds::new(&self.annotations);
        let mut instances = self.top;
        // A row that says the same as an earlier one is no fault.
        let mut listed: HashMap<u64, usize> = HashMap::new();
        for row in self.images {
            let image = image(row, &pictures)?;
            let first = *listed.entry(image.id).or_insert(instances.images.len());
            let first = instances.images.get(first);
            if first.is_none_or(|first| !is_same_image(first, &image)) {
                instances.images.push(image);
            }
        }
        let mut listed: HashMap<u64, usize> = HashMap::new();
        for row in self.categories {
            let category = category(row, &categories)?;
            let first = *listed
                .entry(category.id)
                .or_insert(instances.categories.len());
            let first = instances.categories.get(first);
            if first.is_none_or(|first| first.name != category.name) {
                instances.categories.push(category);
            }
        }
        let sizes: HashMap<u64, [u32; 2]> = instances
            .images
            .iter()
            .filter(|image| image.width > 0)
            .map(|image| (image.id, [image.width, image.height]))
            .collect();
        for row in self.annotations {
            let id = ids.next(row.id.as_ref());
            let size = sizes.get(&pictures.of(&row.image_id)?).copied();
            check_mask(row.mask_size, size)
                .map_err(|reason| format!("annotation {id} {reason}"))?;
            let row = annotation(row, id, &pictures, &categories)?;
            instances.annotations.push(row);
        }
        Ok(instances)
    }
}

/// The numbers of the ids of pictures or categories. Those that are text get numbers above the others.
struct Numbers {
    what: &'static str,
    of_text: HashMap<RowId, u64>,
}

impl Numbers {
    fn new<'a>(what: &'static str, ids: impl Iterator<Item = &'a RowId> + Clone) -> Self {
        let mut next = first_free(ids.clone());
        let mut of_text = HashMap::new();
        for id in ids {
            if matches!(id, RowId::Text(_)) && !of_text.contains_key(id) {
                of_text.insert(id.clone(), next);
                next = next.saturating_add(1);
            }
        }
        Self { what, of_text }
    }

    /// The number of an id. A number that no row has is found by [`Instances::check`].
    fn of(&self, id: &RowId) -> Result<u64, String> {
        match id {
            RowId::Number(number) => Ok(*number),
            RowId::Text(_) => self.of_text.get(id).copied().ok_or_else(|| {
                let what = self.what;
                format!("an annotation refers to {what} {id}, which is not in the file")
            }),
        }
    }
}

/// The ids of annotations: those of the file where they are numbers that no earlier one has.
struct AnnotationIds {
    taken: HashSet<u64>,
    next: u64,
}

impl AnnotationIds {
    fn new(rows: &[AnnotationRow]) -> Self {
        Self {
            taken: HashSet::new(),
            next: first_free(rows.iter().filter_map(|row| row.id.as_ref())),
        }
    }

    fn next(&mut self, id: Option<&RowId>) -> u64 {
        if let Some(RowId::Number(number)) = id
            && self.taken.insert(*number)
        {
            return *number;
        }
        let id = self.next;
        self.next = self.next.saturating_add(1);
        id
    }
}

/// A number above those of all ids.
fn first_free<'a>(ids: impl Iterator<Item = &'a RowId>) -> u64 {
    let numbers = ids.filter(|id| matches!(id, RowId::Number(_)));
    let largest = numbers.map(RowId::number).max();
    largest.unwrap_or(0).saturating_add(1)
}

fn image(row: ImageRow, numbers: &Numbers) -> Result<Image, String> {
    let ImageRow {
        id,
        file_name,
        width,
        height,
        extra,
    } = row;
    let [width, height] = picture_size(width, height).unwrap_or([0, 0]);
    Ok(Image {
        id: numbers.of(&id)?,
        width,
        height,
        file_name: file_name.ok_or_else(|| format!("picture {id} has no file_name"))?,
        extra,
    })
}

/// Whether two rows with one id are the same picture, for which an import takes them, too.
fn is_same_image(one: &Image, other: &Image) -> bool {
    let of = |image: &Image| [image.width, image.height];
    one.file_name == other.file_name && of(one) == of(other)
}

fn category(row: CategoryRow, numbers: &Numbers) -> Result<Category, String> {
    let CategoryRow {
        id,
        name,
        mut extra,
    } = row;
    let supercategory = match extra.remove("supercategory") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(name)) => name,
        Some(_) => return Err(format!("the supercategory of category {id} is not text")),
    };
    Ok(Category {
        id: numbers.of(&id)?,
        name: name.unwrap_or_else(|| id.name_of_category()),
        supercategory,
        extra,
    })
}

fn annotation(
    row: AnnotationRow,
    id: u64,
    pictures: &Numbers,
    categories: &Numbers,
) -> Result<Annotation, String> {
    let AnnotationRow {
        id: written_id,
        image_id,
        category_id,
        bbox,
        mask_size: _,
        is_crowd,
        score,
        mut extra,
        changes: _,
    } = row;
    let score = score.map(|score| {
        let id = written_id
            .as_ref()
            .map_or_else(|| id.to_string(), RowId::to_string);
        number_of(&score).map_err(|_| format!("annotation {id} has a score that is not a number"))
    });
    let area = extra.remove("area");
    let area = area.and_then(|area| number_of(&area).ok());
    Ok(Annotation {
        id,
        image_id: pictures.of(&image_id)?,
        category_id: categories.of(&category_id)?,
        bbox,
        area: area.unwrap_or(bbox[2] * bbox[3]),
        iscrowd: u8::from(is_crowd),
        segmentation: extra.remove("segmentation").unwrap_or(Value::Null),
        score: score.transpose()?,
        extra,
    })
}
