//! Reads COCO files into a project.
//!
//! Three kinds of keys go beyond the common ones:
//! - **Unknown keys** are kept as JSON text in the `extra` of the row that they belong to, and are
//!   written again by an export. An outline is kept as described in `outline`. `ignore` and scores of
//!   ground truth are dropped.
//! - **Flags** for which COCO has no key are `attributes`, as in CVAT: `occluded`, `truncated`,
//!   `difficult`.
//! - **`tsukami`** is our own key. On a picture it has the review state and the tags, so that
//!   "verified empty" and "not reviewed" can be told apart. In a file with provenance it has, on
//!   every row, what is needed to get the same document, and at the top the boxes that are not
//!   ground truth and the pictures that are taken out of the project.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::export::own_info;
use super::extension::{
    BoxExtension, CategoryExtension, EXTENSION_KEY, PictureExtension, SuggestedCategory,
    remove_extension,
};
use super::outline::{edges, keep_outline};
use super::reader::{self, AnnotationRow, CategoryRow, ImageRow, Row, RowId, check_mask};
use super::recognise::is_instances_file;
use crate::document::{Flag, Flags, Provenance, ReviewState};
use crate::files::folder_of;
use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::{ImportedBox, ImportedCategory, ImportedPicture, Repeats};
use crate::formats::json_flags::take_flags;
use crate::formats::numbers::{number_of, picture_size};
use crate::formats::{input, paths, unknown_fields};

/// Reads an instances file, or all of a folder.
pub(in crate::formats) fn import(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let mut is_found = false;
    import.read_files(
        path,
        "COCO",
        |file| input::has_extension(file, "json") && is_instances_file(file),
        |_| true,
        |file, index, import| {
            is_found = true;
            import_file(file, index, import)
        },
    )?;
    if is_found {
        Ok(())
    } else {
        let reason = "there is no COCO file in this folder";
        Err(FormatError::malformed(path, reason))
    }
}

fn import_file(
    path: &Path,
    index: usize,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let text = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    let first_picture = import.pictures.len();
    let mut file = FileImport::new(path, import);
    reader::read_rows(&text, |row| file.add(row))
        .map_err(|reason| FormatError::malformed(path, reason))?;
    file.finish();
    for imported in &mut import.pictures[first_picture..] {
        imported.repeats = Repeats::InOtherFiles(index);
    }
    let added = import.pictures[first_picture..].iter();
    let unreviewed = added
        .filter(|imported| imported.boxes.is_empty() && imported.review.is_none())
        .count();
    if unreviewed > 0 {
        let pictures = if unreviewed == 1 {
            "picture has"
        } else {
            "pictures have"
        };
        import.report_change(format!(
            "{unreviewed} {pictures} no box, and the file does not say whether a person has \
             reviewed them, so they are not marked as empty"
        ));
    }
    Ok(())
}

/// The import of one file. Rows may come in any order, so references are resolved at the end.
struct FileImport<'a, 'b> {
    import: &'a mut ImportBuilder<'b>,
    /// Folders below the root in which the pictures may be, the most likely first.
    folders: Vec<String>,
    /// The name of the file.
    name: String,
    pictures: Vec<(ImportedPicture, PictureExtension)>,
    picture_of: HashMap<RowId, usize>,
    /// The categories, which become those of the import only if the whole file can be read.
    categories: Vec<(RowId, ImportedCategory)>,
    category_of: HashMap<RowId, usize>,
    /// Ids of several categories, whose boxes need no separate message.
    ambiguous_categories: HashSet<RowId>,
    /// Further pictures of an id that several pictures have: it is unknown whose its boxes are.
    shared_ids: HashMap<RowId, Vec<usize>>,
    /// Pictures that were refused, whose boxes need no separate message.
    refused: HashSet<RowId>,
    boxes: Vec<UnresolvedBox>,
    /// Other keys at the top.
    top: Map<String, Value>,
}

/// A box whose references are not resolved yet.
struct UnresolvedBox {
    picture: RowId,
    category: RowId,
    imported: ImportedBox,
    /// Width and height of the mask that the box is from.
    mask_size: Option<[u32; 2]>,
    score: Option<Value>,
    extension: Option<BoxExtension>,
}

impl<'a, 'b> FileImport<'a, 'b> {
    fn new(path: &Path, import: &'a mut ImportBuilder<'b>) -> Self {
        Self {
            folders: picture_folders(path, import.root),
            name: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            import,
            pictures: Vec::new(),
            picture_of: HashMap::new(),
            categories: Vec::new(),
            category_of: HashMap::new(),
            ambiguous_categories: HashSet::new(),
            shared_ids: HashMap::new(),
            refused: HashSet::new(),
            boxes: Vec::new(),
            top: Map::new(),
        }
    }

    fn skip(&mut self, reason: impl fmt::Display) {
        self.import
            .report_skipped(format!("{}: {reason}", self.name));
    }

    fn report_change(&mut self, what: impl fmt::Display) {
        self.import.report_change(format!("{}: {what}", self.name));
    }

    fn add(&mut self, row: Row) {
        match row {
            Row::Images => {}
            Row::Image(row) => self.add_picture(row),
            Row::Category(row) => self.add_category(row),
            Row::Annotation(row) => self.add_box(row),
            Row::Other(key, value) => {
                self.top.insert(key, value);
            }
            Row::Unreadable(reason) => self.skip(reason),
        }
    }

    fn add_category(&mut self, row: CategoryRow) {
        let CategoryRow {
            id,
            name,
            mut extra,
        } = row;
        let name = name.unwrap_or_else(|| {
            let name = id.name_of_category();
            self.report_change(format!("category {id} has no name and was named {name:?}"));
            name
        });
        let suggested = extra.get(EXTENSION_KEY).cloned();
        let suggested: Option<SuggestedCategory> =
            suggested.and_then(|value| serde_json::from_value(value).ok());
        let extension: Option<CategoryExtension> = remove_extension(&mut extra);
        if extra.get("supercategory") == Some(&Value::String(String::new())) {
            extra.remove("supercategory");
        }
        let category = ImportedCategory {
            id: Some(id.number()),
            name,
            colour: extension.as_ref().map(|extension| extension.colour),
            hotkey: extension.map(|extension| extension.hotkey),
            is_suggested: suggested.is_some_and(|suggested| suggested.is_suggested),
            extra: unknown_fields::to_text(&extra),
        };
        self.categories.push((id, category));
    }

    /// Hands over the categories. An id that several have means none of them.
    fn hand_over_categories(&mut self) {
        let mut of_file = HashSet::new();
        for (id, category) in std::mem::take(&mut self.categories) {
            let name = category.name.clone();
            let Some(index) = self.import.add_category(category) else {
                continue;
            };
            if !of_file.insert(index) {
                self.report_change(format!(
                    "two categories are named {name:?}; they were combined"
                ));
            }
            match self.category_of.get(&id) {
                Some(other) if *other == index => {}
                Some(other) => {
                    let other = self.import.categories[*other].name.clone();
                    self.skip(format!(
                        "{other:?} and {name:?} have the same id {id}, so it is unknown which its boxes \
                         and tags are, and they were left out; give each category its own id"
                    ));
                    self.ambiguous_categories.insert(id);
                }
                None => {
                    self.category_of.insert(id, index);
                }
            }
        }
        for id in &self.ambiguous_categories {
            self.category_of.remove(id);
        }
    }

    fn add_picture(&mut self, row: ImageRow) {
        let ImageRow {
            id,
            file_name,
            width,
            height,
            mut extra,
        } = row;
        let Some(written) = file_name else {
            self.skip(format!("picture {id} has no file_name"));
            self.refused.insert(id);
            return;
        };
        let names = PictureNames::written(&written, self.import.root, &self.folders);
        let Some(name) = names.paths.first().cloned() else {
            self.skip(format!("picture {id} has the file_name {written:?}"));
            self.refused.insert(id);
            return;
        };
        let size = picture_size(width, height);
        if size.is_none() {
            self.report_change(format!("{name} has no width and height in the file"));
        }
        let extension: PictureExtension = remove_extension(&mut extra).unwrap_or_default();
        let imported = ImportedPicture {
            names,
            id: Some(id.number()),
            size,
            extra: unknown_fields::to_text(&extra),
            ..ImportedPicture::default()
        };
        if let Some(index) = self.picture_of.get(&id) {
            let first = &self.pictures[*index].0;
            if first.names.paths == imported.names.paths && first.size == imported.size {
                return self.report_change(format!("{name} is listed more than once"));
            }
            let shared = self.shared_ids.entry(id).or_default();
            shared.push(self.pictures.len());
            return self.pictures.push((imported, extension));
        }
        self.picture_of.insert(id, self.pictures.len());
        self.pictures.push((imported, extension));
    }

    fn add_box(&mut self, row: AnnotationRow) {
        let AnnotationRow {
            id,
            image_id,
            category_id,
            bbox,
            mask_size,
            is_crowd,
            score,
            mut extra,
            changes,
        } = row;
        for change in changes {
            self.report_change(change);
        }
        // The category is resolved at the end.
        let mut imported = ImportedBox::drawn(0, edges(bbox));
        imported.id = Some(id.as_ref().map_or(0, RowId::number));
        imported.flags = take_attributes(&mut extra);
        imported.flags.crowd = is_crowd;
        let extension = remove_extension(&mut extra);
        let ignore = extra.remove("ignore");
        if ignore.is_some_and(|value| value != json!(0) && value != json!(false)) {
            let name = id.map_or_else(|| "without an id".to_owned(), |id| id.to_string());
            self.report_change(format!(
                "the flag `ignore` of annotation {name} was dropped"
            ));
        }
        keep_outline(&mut extra, bbox);
        imported.extra = unknown_fields::to_text(&extra);
        self.boxes.push(UnresolvedBox {
            picture: image_id,
            category: category_id,
            imported,
            mask_size,
            score,
            extension,
        });
    }

    /// Resolves the references and hands everything over.
    fn finish(mut self) {
        if let Some(Value::Object(mut own)) = self.top.remove(EXTENSION_KEY) {
            for (key, parse) in [
                (
                    "images",
                    reader::parse_image as fn(Value) -> Result<Row, String>,
                ),
                ("boxes", reader::parse_annotation),
            ] {
                let Some(Value::Array(rows)) = own.remove(key) else {
                    continue;
                };
                for row in rows {
                    self.add(parse(row).unwrap_or_else(Row::Unreadable));
                }
            }
        }
        self.hand_over_categories();
        let model = Arc::new(self.model());
        let has_scores = self
            .boxes
            .iter()
            .any(|unresolved| unresolved.score.is_some());
        for (imported, extension) in &mut self.pictures {
            let tags = extension
                .tags
                .iter()
                .map(|tag| self.category_of.get(&RowId::Number(*tag)));
            imported.tags = tags.flatten().copied().collect();
            let proposed = has_scores.then_some(ReviewState::Proposed);
            imported.review = extension.review.or(proposed);
            imported.missing = extension.missing;
            imported.is_excluded = extension.is_excluded;
            imported.content_hash = extension.content_hash.take();
        }
        self.leave_out_shared_ids();
        for unresolved in std::mem::take(&mut self.boxes) {
            self.resolve(unresolved, &model);
        }
        self.hand_over_top(has_scores);
        let pictures = self.pictures.into_iter().map(|(imported, _)| imported);
        self.import.pictures.extend(pictures);
    }

    /// Leaves out the boxes of ids that several pictures have.
    fn leave_out_shared_ids(&mut self) {
        let mut shared: Vec<(RowId, Vec<usize>)> = self.shared_ids.drain().collect();
        shared.sort_by_key(|(_, others)| others.first().copied());
        for (id, others) in shared {
            let first = self.picture_of.get(&id).copied();
            let mut names = Vec::new();
            for at in first.into_iter().chain(others) {
                let picture = &mut self.pictures[at].0;
                picture.is_partial = true;
                picture.review = None;
                names.extend(picture.names.paths.first().cloned());
            }
            let count = self.boxes.iter().filter(|one| one.picture == id).count();
            self.skip(format!(
                "{} have the same id {id}, so it is unknown whose its boxes are, and {count} were left \
                 out; give each picture its own id",
                names.join(" and ")
            ));
            self.picture_of.remove(&id);
            self.refused.insert(id);
        }
    }

    /// Keeps the unknown keys at the top. `info` is dropped where it is our own or describes the
    /// model, which is the provenance of the boxes.
    fn hand_over_top(&mut self, has_scores: bool) {
        let is_own_or_empty = |value: &Value| match value {
            Value::Object(info) => info.is_empty() || info == &own_info(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        for (key, value) in std::mem::take(&mut self.top) {
            let is_known = ["info", "licenses"].contains(&key.as_str());
            if !(is_known && (has_scores || is_own_or_empty(&value))) {
                self.import.extra.entry(key).or_insert(value);
            }
        }
    }

    fn resolve(&mut self, unresolved: UnresolvedBox, model: &Arc<Provenance>) {
        let id = unresolved.imported.id.unwrap_or_default();
        let picture = &unresolved.picture;
        let Some(index) = self.picture_of.get(picture).copied() else {
            if !self.refused.contains(picture) {
                self.skip(format!(
                    "annotation {id} refers to picture {picture}, which is not in the file"
                ));
            }
            return;
        };
        if self.ambiguous_categories.contains(&unresolved.category) {
            self.pictures[index].0.is_partial = true;
            return;
        }
        let fits = check_mask(unresolved.mask_size, self.pictures[index].0.size);
        match fits.and_then(|()| self.resolved_box(unresolved, model)) {
            Ok(imported) => self.pictures[index].0.boxes.push(imported),
            Err(reason) => {
                self.pictures[index].0.is_partial = true;
                self.skip(format!("annotation {id} {reason}"));
            }
        }
    }

    fn resolved_box(
        &self,
        unresolved: UnresolvedBox,
        model: &Arc<Provenance>,
    ) -> Result<ImportedBox, String> {
        let UnresolvedBox {
            category,
            mut imported,
            score,
            extension,
            ..
        } = unresolved;
        let index = self
            .category_of
            .get(&category)
            .ok_or_else(|| format!("refers to category {category}, which is not in the file"))?;
        imported.category = *index;
        if let Some(own) = extension.and_then(|own| self.with_extension(&imported, own)) {
            return Ok(own);
        }
        let Some(score) = score else {
            return Ok(imported);
        };
        let score = number_of(&score).ok();
        let proposed = score.and_then(|score| imported.proposed(model, score));
        proposed.ok_or_else(|| "has a score that is not a number".to_owned())
    }

    /// The box as its extension describes it, if the document's own rules allow that.
    fn with_extension(&self, imported: &ImportedBox, own: BoxExtension) -> Option<ImportedBox> {
        let former = own.proposal.map(|former| {
            // The class may have been deleted since, and the box is still one that was edited.
            let id = former.category.map(|id| RowId::Number(id.0.into()));
            let category = id.and_then(|id| self.category_of.get(&id).copied());
            (former.rect, category)
        });
        let imported = ImportedBox {
            state: own.state,
            origin: own.origin,
            score: own.score,
            suggestion: own.suggestion,
            is_suggested: own.is_suggested,
            former,
            ..imported.clone()
        };
        imported.is_consistent().then_some(imported)
    }

    /// The model that made the boxes with scores, as `tsukami propose` describes it in `info`.
    fn model(&self) -> Provenance {
        let info = self.top.get("info");
        let text = |key: &str| info.and_then(|info| info.get(key)).and_then(Value::as_str);
        let threshold = info
            .and_then(|info| info.get("threshold"))
            .and_then(Value::as_f64);
        Provenance {
            name: text("model").unwrap_or(&self.name).into(),
            version: text("model_sha256")
                .or_else(|| text("version"))
                .unwrap_or_default()
                .into(),
            method: text("method").unwrap_or("imported").into(),
            threshold: threshold.map_or(0.0, |threshold| threshold as f32),
        }
    }
}

/// Folders below the root in which the pictures of a file may be, the most likely first: the root
/// itself, the file's own folder, and next to `annotations` the folders that export tools make.
fn picture_folders(path: &Path, root: &Path) -> Vec<String> {
    let mut folders = vec![String::new()];
    let Some(own) = paths::relative_to(root, folder_of(path)) else {
        return folders;
    };
    folders.push(own.clone());
    if paths::file_name(&own) == "annotations" {
        let base = own
            .strip_suffix("annotations")
            .map_or("", |base| base.trim_end_matches('/'));
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let subset = stem.strip_prefix("instances_").unwrap_or(stem);
        let guesses = [
            subset.to_owned(),
            "images".to_owned(),
            format!("images/{subset}"),
        ];
        folders.extend(guesses.map(|guess| paths::join(base, &guess)));
    }
    folders
}

/// Takes the flags that are set out of the attributes. Other attributes stay.
fn take_attributes(row: &mut Map<String, Value>) -> Flags {
    let Some(Value::Object(attributes)) = row.get_mut("attributes") else {
        return Flags::default();
    };
    let without_crowd = Flag::ALL.into_iter().filter(|flag| *flag != Flag::Crowd);
    let flags = take_flags(attributes, without_crowd);
    if attributes.is_empty() && flags != Flags::default() {
        row.remove("attributes");
    }
    flags
}
