//! Imports a plain results list as proposals.
//!
//! Trainers write the name of a picture's file without its extension as `image_id`, as text, or as a
//! number where it has digits only; others write the id of the instances file that they were given. So
//! a picture is that of `file_name`, if a row has one, then that with the name, and only then that with
//! the id. Where name and id lead to different pictures, the rows that allow one reading decide for the
//! file; if none does, neither picture gets the box.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::outline::edges;
use super::reader::{RowId, bbox_of};
use super::results::read_rows;
use crate::document::{CategoryId, Document, PictureId, Provenance};
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::pictures::Matcher;
use crate::formats::import::rows::{ImportedBox, ImportedPicture, Repeats};
use crate::formats::numbers::number_of;
use crate::formats::paths;

/// Reads a results list.
pub(in crate::formats) fn import_results(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let model = Arc::new(Provenance {
        name: file.as_str().into(),
        version: "".into(),
        method: "imported".into(),
        threshold: 0.0,
    });
    let mut rows = Vec::new();
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    read_rows(path, |row| match ResultRow::read(&row) {
        Ok(row) => rows.push(row),
        Err(reason) => *faults.entry(reason).or_default() += 1,
    })?;
    let pictures = Finder::new(import.document, import.root).pictures_of(&rows);
    let mut index_of_picture: HashMap<&str, usize> = HashMap::new();
    let mut unknown_classes: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        let picture = match pictures.get(&row.picture) {
            Some(Ok(picture)) => picture,
            Some(Err(reason)) => {
                *faults.entry(reason.clone()).or_default() += 1;
                continue;
            }
            None => continue,
        };
        let (class, is_known) = class_name(import.document, &row.category);
        let Some(category) = import.category_by_name(&class) else {
            *faults.entry("a class has no name".to_owned()).or_default() += 1;
            continue;
        };
        let one = ImportedBox::drawn(category, edges(row.bbox)).proposed(&model, row.score);
        let Some(one) = one else {
            let reason = format!("{picture}: a score is not finite");
            *faults.entry(reason).or_default() += 1;
            continue;
        };
        if !is_known {
            *unknown_classes.entry(class).or_default() += 1;
        }
        let at = *index_of_picture.entry(picture).or_insert_with_key(|path| {
            import.pictures.push(ImportedPicture {
                names: PictureNames::written(path, import.root, &[String::new()]),
                repeats: Repeats::Lines,
                ..ImportedPicture::default()
            });
            import.pictures.len() - 1
        });
        import.pictures[at].boxes.push(one);
    }
    for (reason, count) in faults {
        let times = if count > 1 {
            format!(" ({count} results)")
        } else {
            String::new()
        };
        import.report_skipped(format!("{file}: {reason}{times}"));
    }
    for (class, count) in unknown_classes {
        let proposals = if count == 1 {
            "1 proposal has".to_owned()
        } else {
            format!("{count} proposals have")
        };
        import.report_change(format!(
            "{file}: {proposals} the suggested name {class:?}, because the project has no class with this \
             category_id; choose the class when you take them"
        ));
    }
    Ok(())
}

/// How a row names its picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum PictureReference {
    FileName(String),
    Number(u64),
    Text(String),
}

/// A row of the list.
struct ResultRow {
    picture: PictureReference,
    category: RowId,
    bbox: [f64; 4],
    score: f64,
}

impl ResultRow {
    fn read(row: &Value) -> Result<Self, String> {
        let file_name = row.get("file_name").and_then(Value::as_str);
        let file_name = file_name.filter(|name| !name.trim().is_empty());
        let picture = match (file_name, row.get("image_id")) {
            (Some(name), _) => PictureReference::FileName(name.to_owned()),
            (None, Some(Value::String(text))) if !text.trim().is_empty() => {
                PictureReference::Text(text.trim().to_owned())
            }
            (None, id) => match RowId::parse(id.cloned()) {
                Some(RowId::Number(id)) => PictureReference::Number(id),
                _ => return Err("a result has no usable image_id and no file_name".to_owned()),
            },
        };
        let category = RowId::parse(row.get("category_id").cloned());
        let bbox = row.get("bbox").and_then(|bbox| bbox_of(bbox).ok());
        let score = row.get("score").and_then(|score| number_of(score).ok());
        Ok(Self {
            category: category.ok_or("a result has no usable category_id")?,
            bbox: bbox.ok_or_else(|| format!("a result for {} has no bbox", shown(&picture)))?,
            score: score.ok_or_else(|| format!("a result for {} has no score", shown(&picture)))?,
            picture,
        })
    }
}

fn shown(picture: &PictureReference) -> String {
    match picture {
        PictureReference::FileName(name) => name.clone(),
        PictureReference::Number(id) => format!("picture {id}"),
        PictureReference::Text(text) => format!("picture {text:?}"),
    }
}

/// The name of a class, and whether the project has its id. A class that it does not have gets its
/// number as name.
fn class_name(document: &Document, id: &RowId) -> (String, bool) {
    match id {
        RowId::Number(number) => {
            let known = u32::try_from(*number).ok();
            let known = known.and_then(|id| document.category(CategoryId(id)));
            let name = known.map(|category| category.name.to_string());
            let is_known = name.is_some();
            (name.unwrap_or_else(|| id.name_of_category()), is_known)
        }
        RowId::Text(name) => (name.to_string(), document.category_named(name).is_some()),
    }
}

/// Finds the pictures of rows.
struct Finder<'a> {
    document: &'a Document,
    matcher: Matcher<'a, 'a>,
    /// Paths by the number that the name of the file is.
    by_number: HashMap<u64, Vec<String>>,
}

/// What an `image_id` may mean.
struct Readings {
    /// The path of the picture with this name.
    by_name: Option<String>,
    /// The path of the picture with this id.
    by_id: Option<String>,
}

/// Whether ids are names where they may also be ids: what the clear references of the file say. `None` if
/// they say nothing, or both.
fn are_names<'r>(readings: impl Iterator<Item = &'r Readings>) -> Option<bool> {
    let (mut has_names, mut has_ids) = (false, false);
    for Readings { by_name, by_id } in readings {
        has_names |= by_name.is_some() && by_id.is_none();
        has_ids |= by_id.is_some() && by_name.is_none();
    }
    (has_names != has_ids).then_some(has_names)
}

impl<'a> Finder<'a> {
    fn new(document: &'a Document, root: &'a Path) -> Self {
        let mut by_number: HashMap<u64, Vec<String>> = HashMap::new();
        for picture in document.pictures() {
            let stem = paths::without_extension(paths::file_name(&picture.path));
            let is_number = stem.bytes().all(|byte| byte.is_ascii_digit());
            if let Some(number) = stem.parse().ok().filter(|_| is_number) {
                by_number
                    .entry(number)
                    .or_default()
                    .push(picture.path.to_string());
            }
        }
        Self {
            document,
            matcher: Matcher::new(document, root),
            by_number,
        }
    }

    /// The paths of the pictures of all rows, as the project has them or as the rows write them. Many
    /// rows name the same picture, which is looked for once.
    fn pictures_of<'r>(
        &self,
        rows: &'r [ResultRow],
    ) -> HashMap<&'r PictureReference, Result<String, String>> {
        let mut readings = HashMap::new();
        for row in rows {
            let picture = &row.picture;
            let of_picture = readings.entry(picture);
            of_picture.or_insert_with(|| self.readings(picture));
        }
        let ids_are_names = are_names(readings.values().flatten());
        let readings = readings.into_iter();
        readings
            .map(|(picture, readings)| {
                let found = readings.and_then(|one| self.decide(picture, one, ids_are_names));
                (picture, found)
            })
            .collect()
    }

    fn decide(
        &self,
        picture: &PictureReference,
        Readings { by_name, by_id }: Readings,
        ids_are_names: Option<bool>,
    ) -> Result<String, String> {
        if let PictureReference::FileName(name) = picture {
            let names = PictureNames::written(name, self.matcher.root, &[String::new()]);
            let found = self.matcher.path_of(&names)?;
            return Ok(found.unwrap_or_else(|| name.clone()));
        }
        match (by_name, by_id) {
            (Some(name), Some(id)) if name != id => match ids_are_names {
                Some(true) => Ok(name),
                Some(false) => Ok(id),
                None => Err(format!(
                    "{} may be {name} by its name or {id} by its id, so neither gets its boxes; add file_name \
                     to the results",
                    shown(picture)
                )),
            },
            (Some(path), _) | (None, Some(path)) => Ok(path),
            (None, None) => Err(format!(
                "{} is neither the name nor the id of a picture of the project",
                shown(picture)
            )),
        }
    }

    /// The pictures that an `image_id` may mean. `Err` if several have its name.
    fn readings(&self, picture: &PictureReference) -> Result<Readings, String> {
        let (text, number) = match picture {
            PictureReference::FileName(_) => {
                return Ok(Readings {
                    by_name: None,
                    by_id: None,
                });
            }
            PictureReference::Number(number) => (None, Some(*number)),
            PictureReference::Text(text) => (Some(text.as_str()), text.parse().ok()),
        };
        let mut by_name = match text {
            Some(text) => self.matcher.path_of(&PictureNames::stem(text))?,
            None => None,
        };
        let numbered = number.and_then(|number| self.by_number.get(&number));
        if let Some(paths) = numbered.filter(|_| by_name.is_none()) {
            let [only] = paths.as_slice() else {
                return Err(format!(
                    "{} could be {}, so none of them gets its boxes; add file_name to the results",
                    shown(picture),
                    paths.join(" or ")
                ));
            };
            by_name = Some(only.clone());
        }
        let id = number.and_then(|number| u32::try_from(number).ok());
        let known = id.and_then(|id| self.document.picture(PictureId(id)));
        Ok(Readings {
            by_name,
            by_id: known.map(|picture| picture.path.to_string()),
        })
    }
}
