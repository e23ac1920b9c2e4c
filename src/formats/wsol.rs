//! Data sets for weakly supervised localisation: pictures of one class each, with boxes for the
//! evaluation. They are text lists with one record per line:
//!
//! - [`read_wsolevaluation`]: the metadata of <https://github.com/clovaai/wsolevaluation>, with
//!   fields separated by commas and boxes as two corners;
//! - [`read_cub`]: CUB-200-2011 as published, with fields separated by spaces and boxes as a corner
//!   and a size.
//!
//! Boxes are in the pixels of the stored picture, before its EXIF orientation is applied.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Display;
use std::hash::Hash;
use std::path::{Path, PathBuf};

use super::error::FormatError;
use super::{input, paths};
use crate::geometry::BBox;

/// A set, in the order of its lists.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledSet {
    /// The pictures to measure; never empty.
    pub pictures: Vec<LabelledPicture>,
    /// Number of classes: greater than the largest class of a picture.
    pub classes: usize,
    /// The lists that were read.
    pub lists: Vec<PathBuf>,
}

/// A picture of a [`LabelledSet`].
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPicture {
    /// Path of its file relative to the folder of the pictures, with `/`.
    pub name: String,
    /// Its class, from 0.
    pub class: usize,
    /// The objects of that class in pixels; at least one.
    pub boxes: Vec<BBox>,
    /// Width and height in pixels, if the set has them.
    pub size: Option<(u32, u32)>,
}

/// Reads the lists of wsolevaluation in `folder`: `class_labels.txt`, `image_sizes.txt`,
/// `localization.txt` (one line per box) and, if there is one, `image_ids.txt`, which selects the
/// pictures to measure.
///
/// # Errors
/// If a list cannot be read or lacks a line. The error names the list, and the faulty line if
/// there is one.
pub fn read_wsolevaluation(folder: &Path) -> Result<LabelledSet, FormatError> {
    let open = |name: &str| {
        let expected = "a folder of wsolevaluation's metadata, such as its metadata/ILSVRC/test";
        List::open(folder, name, ',', expected)
    };
    let labels = open("class_labels.txt")?;
    let sizes = open("image_sizes.txt")?;
    let localization = open("localization.txt")?;
    let ids = folder
        .join("image_ids.txt")
        .exists()
        .then(|| open("image_ids.txt"))
        .transpose()?;

    let class_of = labels.keyed("image_id,class", |[id, class]| {
        Some((id, class.parse::<usize>().ok()?))
    })?;
    let size_of = sizes.keyed("image_id,width,height", |[id, width, height]| {
        let side = |text: &str| text.parse::<u32>().ok().filter(|side| *side > 0);
        Some((id, (side(width)?, side(height)?)))
    })?;
    let mut boxes_of: HashMap<&str, Vec<BBox>> = HashMap::new();
    let boxes = localization.records("image_id,x0,y0,x1,y1", |[id, x0, y0, x1, y1]| {
        let [x0, y0, x1, y1] = finite([x0, y0, x1, y1])?;
        let bbox = BBox { x0, y0, x1, y1 };
        (x0 <= x1 && y0 <= y1).then_some((id, bbox))
    })?;
    for (_, (id, bbox)) in boxes {
        boxes_of.entry(id).or_default().push(bbox);
    }
    let wanted = match &ids {
        Some(ids) => ids.keyed("image_id", |[id]| Some((id, ())))?,
        None => labels.keyed("image_id,class", |[id, _]| Some((id, ())))?,
    };
    let namer = ids.as_ref().unwrap_or(&labels);

    let pictures: Vec<LabelledPicture> = wanted
        .order
        .iter()
        .map(|&(line, id)| {
            let lacks = |list: &List| {
                let reason = format!("there is no line for {id}, which is in {}", namer.name());
                FormatError::malformed(&list.path, reason)
            };
            Ok(LabelledPicture {
                name: namer.path_of_picture(line, id)?,
                class: *class_of.get(id).ok_or_else(|| lacks(&labels))?,
                boxes: boxes_of.remove(id).ok_or_else(|| lacks(&localization))?,
                size: Some(*size_of.get(id).ok_or_else(|| lacks(&sizes))?),
            })
        })
        .collect::<Result<_, FormatError>>()?;
    let largest = pictures.iter().map(|picture| picture.class).max();
    let Some(largest) = largest else {
        return Err(FormatError::malformed(
            &namer.path,
            "the list contains no pictures",
        ));
    };
    Ok(LabelledSet {
        pictures,
        classes: largest.saturating_add(1),
        lists: [labels, sizes, localization]
            .into_iter()
            .chain(ids)
            .map(|list| list.path)
            .collect(),
    })
}

/// Reads the test split of CUB-200-2011 in `folder`: `images.txt`, `image_class_labels.txt`,
/// `train_test_split.txt`, `bounding_boxes.txt` and `classes.txt`. The pictures are in its folder
/// `images`. Boxes are truncated to whole pixels, as evaluation programs commonly do.
///
/// # Errors
/// As for [`read_wsolevaluation`].
pub fn read_cub(folder: &Path) -> Result<LabelledSet, FormatError> {
    let open = |name: &str| List::open(folder, name, ' ', "the folder CUB_200_2011");
    let images = open("images.txt")?;
    let labels = open("image_class_labels.txt")?;
    let splits = open("train_test_split.txt")?;
    let bounds = open("bounding_boxes.txt")?;
    let classes = open("classes.txt")?;

    let name_of = images.keyed("image_id name", |[id, name]| Some((whole(id)?, name)))?;
    let class_count = classes
        .keyed("class_id name", |[id, name]| Some((whole(id)?, name)))?
        .order
        .len();
    let class_of = labels.keyed("image_id class_id", |[id, class]| {
        let class = class.parse::<usize>().ok()?.checked_sub(1)?;
        (class < class_count).then_some((whole(id)?, class))
    })?;
    let is_training = splits.keyed("image_id is_training_image", |[id, flag]| match flag {
        "0" => Some((whole(id)?, false)),
        "1" => Some((whole(id)?, true)),
        _ => None,
    })?;
    let box_of = bounds.keyed("image_id x y width height", |[id, x, y, width, height]| {
        let [x, y, width, height] = finite([x, y, width, height])?.map(f32::trunc);
        let bbox = BBox::from_xywh(x, y, width, height);
        (width >= 0.0 && height >= 0.0).then_some((whole(id)?, bbox))
    })?;

    let mut pictures = Vec::new();
    for &(line, id) in &name_of.order {
        let lacks = |list: &List| {
            let reason = format!("there is no line for picture {id}, which is in images.txt");
            FormatError::malformed(&list.path, reason)
        };
        if *is_training.get(id).ok_or_else(|| lacks(&splits))? {
            continue;
        }
        let name = name_of.get(id).ok_or_else(|| lacks(&images))?;
        pictures.push(LabelledPicture {
            name: images.path_of_picture(line, name)?,
            class: *class_of.get(id).ok_or_else(|| lacks(&labels))?,
            boxes: vec![*box_of.get(id).ok_or_else(|| lacks(&bounds))?],
            size: None,
        });
    }
    if pictures.is_empty() {
        let reason = "there is no picture of the test split (0)";
        return Err(FormatError::malformed(&splits.path, reason));
    }
    Ok(LabelledSet {
        pictures,
        classes: class_count,
        lists: [images, labels, splits, bounds, classes]
            .map(|list| list.path)
            .into(),
    })
}

fn whole(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn finite<const N: usize>(texts: [&str; N]) -> Option<[f32; N]> {
    let numbers = texts.map(|text| text.parse::<f32>().ok().filter(|number| number.is_finite()));
    numbers
        .iter()
        .all(Option::is_some)
        .then(|| numbers.map(Option::unwrap_or_default))
}

/// A text file with one record per line.
struct List {
    path: PathBuf,
    text: String,
    separator: char,
}

/// Records by key.
struct Keyed<K, V> {
    /// The keys with their line numbers, from 1.
    order: Vec<(usize, K)>,
    values: HashMap<K, V>,
}

impl<K: Copy + Eq + Hash, V> Keyed<K, V> {
    fn get(&self, key: K) -> Option<&V> {
        self.values.get(&key)
    }
}

impl List {
    /// Reads a list. `expected` describes the right folder, for an error about a wrong one.
    fn open(
        folder: &Path,
        name: &str,
        separator: char,
        expected: &str,
    ) -> Result<Self, FormatError> {
        let path = folder.join(name);
        if !path.exists() {
            let reason = format!("there is no {name}; specify {expected}");
            return Err(FormatError::malformed(folder, reason));
        }
        Ok(Self {
            text: input::read_text(&path, input::MAX_DATASET_FILE_BYTES)?,
            path,
            separator,
        })
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The line number and the parsed value of each line that is not blank. A line has N fields,
    /// the first of which may contain the separator, since names may.
    fn records<'a, const N: usize, T>(
        &'a self,
        form: &str,
        parse: impl Fn([&'a str; N]) -> Option<T>,
    ) -> Result<Vec<(usize, T)>, FormatError> {
        let lines = self.text.lines().enumerate();
        lines
            .map(|(at, line)| (at + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty())
            .map(|(number, line)| {
                let mut fields: Vec<&str> = line.rsplitn(N, self.separator).collect();
                fields.reverse();
                let record = fields.try_into().ok().and_then(&parse);
                let record = record.ok_or_else(|| {
                    self.fault(
                        number,
                        format!("is {line:?}, which is not of the form {form}"),
                    )
                })?;
                Ok((number, record))
            })
            .collect()
    }

    /// As [`Self::records`], for records with unique keys.
    fn keyed<'a, const N: usize, K: Copy + Display + Eq + Hash, V>(
        &'a self,
        form: &str,
        parse: impl Fn([&'a str; N]) -> Option<(K, V)>,
    ) -> Result<Keyed<K, V>, FormatError> {
        let mut order = Vec::new();
        let mut values = HashMap::new();
        for (number, (key, value)) in self.records(form, parse)? {
            match values.entry(key) {
                Entry::Vacant(entry) => entry.insert(value),
                Entry::Occupied(_) => {
                    return Err(self.fault(number, format!("repeats {key}")));
                }
            };
            order.push((number, key));
        }
        Ok(Keyed { order, values })
    }

    /// The path of a picture, checked and with `/`.
    fn path_of_picture(&self, number: usize, written: &str) -> Result<String, FormatError> {
        let is_outside = || self.fault(number, format!("names {written:?}, outside the folder"));
        paths::safe_path(written).ok_or_else(is_outside)
    }

    fn fault(&self, number: usize, what: impl Display) -> FormatError {
        FormatError::malformed(&self.path, format!("line {number} {what}"))
    }
}
