//! A project as COCO, and COCO as a project.
//!
//! What COCO has a word for is written in it: ids are the document's own, categories come in the
//! person's order, `iscrowd`, `area`, `info` and `segmentation` are always there. Boxes are
//! written with as few decimals as bring the same `f32` edges back.
//!
//! Three kinds of further fields:
//! - **Unknown fields** of an imported file are kept as JSON text in the `extra` of the row they
//!   belong to, and written again. An outline (`segmentation`, `keypoints`, `num_keypoints`, and
//!   the `area` of a mask) describes the object as it was, so the original `bbox` is kept with
//!   it: while the box is still where that says, the outline is written; once the box was moved
//!   it is left out, and the report says so. `ignore` and stray scores are dropped.
//! - **Flags** that COCO has no word for are `attributes`, as in CVAT: `occluded`, `truncated`,
//!   `difficult`.
//! - **`tsukami`** on a picture holds its review state and tags, so that 'verified empty' and 'not
//!   reviewed' are told apart; with provenance it also holds, on every row, what makes the
//!   document come back the same, and at the top the boxes that are not ground truth.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::coco::{self, Detection, Image, Instances};
use super::exchange::{Boxes, Files, FolderLayout};
use super::intake::{
    ImportBuilder, ImportedBox, ImportedCategory, ImportedPicture, ImportedProvenance, from_text,
    to_text,
};
use super::layout::{ExportWriter, ExportedPicture, Subset};
use super::{FormatError, text};
use crate::document::{
    Annotation, BoxState, Category, Flags, FormerProposal, Origin, Picture, PictureId, Provenance,
    ReviewState,
};
use crate::geometry::BBox;

/// Our own key.
const EXTENSION_KEY: &str = "tsukami";

/// What describes an object's shape, and holds only while its box stays.
const OUTLINE_KEYS: [&str; 4] = ["segmentation", "keypoints", "num_keypoints", "area"];

/// What a picture row says beyond COCO.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct PictureExtension {
    review: Option<ReviewState>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<Box<str>>,
}

/// What a category row says beyond COCO.
#[derive(Serialize, Deserialize)]
struct CategoryExtension {
    colour: [u8; 3],
    hotkey: Option<char>,
}

/// What a box says beyond COCO.
#[derive(Serialize, Deserialize)]
struct BoxExtension {
    state: BoxState,
    origin: Origin,
    score: Option<f32>,
    proposal: Option<Box<FormerProposal>>,
}

// ---- Export -----------------------------------------------------------------------------------

/// Writes an instances file, or one for each part.
pub(super) fn export(job: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let chosen = job.chosen.clone();
    for part in job.parts() {
        let of_part: Vec<_> = chosen.iter().filter(|one| one.part == part).collect();
        let (file, folder) = places(job, part);
        let instances = instances(job, &of_part);
        instances.write_valid(&job.place(&file)?)?;
        for one in of_part {
            job.put_picture(one, &text::join(&folder, &one.name))?;
        }
    }
    Ok(())
}

/// The instances file of a part, and the folder of its pictures.
fn places(job: &ExportWriter<'_>, part: Subset) -> (String, String) {
    let name = part.name(job.options.layout);
    match job.options.layout {
        FolderLayout::Roboflow => (format!("{name}/_annotations.coco.json"), name.to_owned()),
        FolderLayout::Standard if job.options.split.is_some() => (
            format!("annotations/instances_{name}.json"),
            name.to_owned(),
        ),
        FolderLayout::Standard => ("annotations/instances.json".to_owned(), "images".to_owned()),
    }
}

fn instances(job: &mut ExportWriter<'_>, chosen: &[&ExportedPicture<'_>]) -> Instances {
    let provenance = job.options.provenance;
    let mut extra = from_text(job.document.extra());
    let info = match extra.remove("info") {
        Some(Value::Object(info)) => info,
        _ => own_info(),
    };
    let licenses = match extra.remove("licenses") {
        Some(Value::Array(licenses)) => licenses,
        _ => Vec::new(),
    };
    let mut file = Instances {
        info,
        licenses,
        categories: job
            .document
            .categories()
            .map(|row| category(row, provenance))
            .collect(),
        extra,
        ..Instances::default()
    };
    let mut waiting = Vec::new();
    for one in chosen {
        file.images.push(image(one, job, provenance));
        let picture = one.picture.id;
        for row in job.document.annotations(picture) {
            let is_wanted = match job.options.boxes {
                Boxes::GroundTruth => row.is_ground_truth(),
                Boxes::Proposals => row.state == BoxState::Proposed,
            };
            if is_wanted {
                file.annotations.push(annotation(row, one.picture, job));
            } else if provenance && job.options.boxes == Boxes::GroundTruth {
                let row = annotation(row, one.picture, job);
                waiting.extend(serde_json::to_value(row).ok());
            }
        }
    }
    job.report.boxes += file.annotations.len();
    if !waiting.is_empty() {
        file.extra
            .insert(EXTENSION_KEY.to_owned(), json!({ "boxes": waiting }));
    }
    file
}

fn own_info() -> Map<String, Value> {
    let mut info = Map::new();
    info.insert("description".to_owned(), "Boxes reviewed in Tsukami".into());
    info.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
    info.insert("contributor".to_owned(), "Tsukami".into());
    info
}

fn category(row: &Category, provenance: bool) -> coco::Category {
    let mut extra = from_text(row.extra.as_deref());
    let supercategory = match extra.remove("supercategory") {
        Some(Value::String(name)) => name,
        _ => String::new(),
    };
    if provenance {
        let Category { colour, hotkey, .. } = *row;
        put_own(&mut extra, &CategoryExtension { colour, hotkey });
    }
    coco::Category {
        id: row.id.0.into(),
        name: row.name.to_string(),
        supercategory,
        extra,
    }
}

fn image(chosen: &ExportedPicture<'_>, job: &ExportWriter<'_>, provenance: bool) -> Image {
    let row = chosen.picture;
    let mut extra = from_text(row.extra.as_deref());
    let own = PictureExtension {
        review: Some(row.review),
        tags: row.tags.iter().map(|tag| tag.0.into()).collect(),
        missing: provenance.then_some(row.missing),
        content_hash: row.content_hash.clone().filter(|_| provenance),
    };
    put_own(&mut extra, &own);
    let is_moved = job.options.files != Files::Leave;
    Image {
        id: row.id.0.into(),
        width: row.width,
        height: row.height,
        file_name: if is_moved {
            chosen.name.clone()
        } else {
            row.path.to_string()
        },
        extra,
    }
}

fn annotation(row: &Annotation, picture: &Picture, job: &mut ExportWriter<'_>) -> coco::Annotation {
    let bbox = shortest(&row.rect);
    let mut extra = from_text(row.extra.as_deref());
    for reserved in [
        "id",
        "image_id",
        "category_id",
        "iscrowd",
        "score",
        "ignore",
        EXTENSION_KEY,
    ] {
        extra.remove(reserved);
    }
    let former = extra.remove("bbox").and_then(|value| corners(&value));
    let stays = former.is_some_and(|edges| {
        let [x0, y0, x1, y1] = edges.map(|edge| edge as f32);
        let rect = BBox { x0, y0, x1, y1 };
        rect.clipped(picture.width, picture.height) == Some(row.rect)
    });
    if !stays {
        let had = OUTLINE_KEYS
            .map(|key| extra.remove(key))
            .into_iter()
            .flatten()
            .count();
        if had > 0 {
            let (path, id) = (&picture.path, row.id);
            job.report.changed.add(format!(
                "{path}: box {id} was moved, so its former outline or keypoints are left out"
            ));
        }
    }
    let segmentation = extra.remove("segmentation").filter(is_outline);
    let own_area = bbox[2] * bbox[3];
    let mask_area = extra.remove("area").and_then(|area| area.as_f64());
    let area = mask_area.filter(|area| segmentation.is_some() && *area > 0.0 && *area <= own_area);
    let Flags {
        crowd,
        difficult,
        occluded,
        truncated,
    } = row.flags;
    let attributes = [
        ("difficult", difficult),
        ("occluded", occluded),
        ("truncated", truncated),
    ];
    if attributes.iter().any(|(_, is_set)| *is_set) {
        let kept = extra.entry("attributes").or_insert_with(|| json!({}));
        if !kept.is_object() {
            *kept = json!({});
        }
        for (name, _) in attributes.iter().filter(|(_, is_set)| *is_set) {
            kept[*name] = true.into();
        }
    }
    let is_plain = row.state == BoxState::Drawn && row.score.is_none();
    if job.options.provenance && !is_plain {
        put_own(
            &mut extra,
            &BoxExtension {
                state: row.state,
                origin: row.origin.clone(),
                score: row.score,
                proposal: row.former.clone(),
            },
        );
    }
    coco::Annotation {
        id: row.id.0.into(),
        image_id: picture.id.0.into(),
        category_id: row.category.0.into(),
        bbox,
        area: area.unwrap_or(own_area),
        iscrowd: u8::from(crowd),
        segmentation: segmentation.unwrap_or_else(|| json!([])),
        // Only a file of proposals tells scores.
        score: row
            .score
            .map(f64::from)
            .filter(|_| job.options.boxes == Boxes::Proposals),
        extra,
    }
}

fn put_own(extra: &mut Map<String, Value>, own: &impl Serialize) {
    if let Ok(value) = serde_json::to_value(own) {
        extra.insert(EXTENSION_KEY.to_owned(), value);
    }
}

/// `[x, y, width, height]` in as few decimals as bring the same edges back, inside what the
/// edges enclose.
fn shortest(rect: &BBox) -> [f64; 4] {
    let decimal = |edge: f32| edge.to_string().parse().unwrap_or_else(|_| f64::from(edge));
    let side = |from: f64, to: f32| {
        let exact = f64::from(to) - from;
        let end: f64 = decimal(to);
        let rounded = (0..=9).map(|digits| {
            let unit = 10_f64.powi(digits);
            ((end - from) * unit).round() / unit
        });
        let mut good = rounded.filter(|side| {
            *side > 0.0 && from + side <= end && ((from + side) as f32).to_bits() == to.to_bits()
        });
        good.next().unwrap_or(exact)
    };
    let (x, y) = (decimal(rect.x0), decimal(rect.y0));
    [x, y, side(x, rect.x1), side(y, rect.y1)]
}

/// Writes the plain list of proposals, with the ids of the document.
pub(super) fn export_results(job: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let mut list = Vec::new();
    for one in job.chosen.clone() {
        for row in job.document.annotations(one.picture.id) {
            let Some(score) = row.score.filter(|_| row.state == BoxState::Proposed) else {
                continue;
            };
            list.push(Detection {
                image_id: one.picture.id.0.into(),
                category_id: row.category.0.into(),
                bbox: shortest(&row.rect),
                score: score.into(),
            });
        }
    }
    job.report.boxes = list.len();
    let path = job.place("")?;
    coco::write_detections(&path, &list)
}

// ---- Import -----------------------------------------------------------------------------------

/// A reference between rows: a number, or whatever else a program has for an id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum RowId {
    Number(u64),
    Text(Box<str>),
}

impl RowId {
    fn of(value: Option<Value>) -> Option<Self> {
        let text = match value? {
            Value::Number(number) => match number.as_f64() {
                // Some programs write 3.0 for 3.
                Some(float) if number.is_f64() && float.fract() == 0.0 && float >= 0.0 => {
                    return Some(Self::Number(float as u64));
                }
                _ => number.to_string(),
            },
            Value::String(text) => text,
            _ => return None,
        };
        Some(
            text.parse()
                .map_or_else(|_| Self::Text(text.into()), Self::Number),
        )
    }

    /// The number, to be kept as an id. Text is renumbered, so it asks for an impossible one.
    fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(_) => 0,
        }
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// A file while it is read. Rows may come in any order, so references are followed at the end.
struct Reading<'a, 'b> {
    intake: &'a mut ImportBuilder<'b>,
    /// The folder of the file below the root, with a `/`-separated guess where pictures are.
    folders: Vec<String>,
    file: String,
    pictures: Vec<(ImportedPicture, PictureExtension)>,
    picture_of: HashMap<RowId, usize>,
    category_of: HashMap<RowId, usize>,
    refused: HashSet<RowId>,
    boxes: Vec<UnresolvedBox>,
    top: Map<String, Value>,
}

/// A box whose references are not followed yet.
struct UnresolvedBox {
    picture: RowId,
    category: RowId,
    found: ImportedBox,
    score: Option<Value>,
    own: Option<BoxExtension>,
}

/// Reads an instances file, or all of a folder.
pub(super) fn import(path: &Path, intake: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let is_coco = |file: &Path| {
        let is_json = text::has_extension(file, "json");
        is_json && super::exchange::detect_format(file) == Some(super::exchange::Format::Coco)
    };
    let files = text::files_below(path, is_coco)?;
    if files.is_empty() {
        return Err(FormatError::malformed(
            path,
            "no COCO file is in this folder",
        ));
    }
    for file in files {
        import_file(&file, intake)?;
    }
    Ok(())
}

fn import_file(path: &Path, intake: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let content = text::read(path, text::LARGE_FILE_BYTES)?;
    let first_picture = intake.pictures.len();
    let mut reading = Reading {
        folders: picture_folders(path, intake.root),
        file: path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        intake,
        pictures: Vec::new(),
        picture_of: HashMap::new(),
        category_of: HashMap::new(),
        refused: HashSet::new(),
        boxes: Vec::new(),
        top: Map::new(),
    };
    let mut reader = serde_json::Deserializer::from_str(&content);
    let read = reader
        .deserialize_map(&mut reading)
        .and_then(|()| reader.end());
    if let Err(error) = read {
        let hint = if error.to_string().contains("expected value") {
            " (NaN and Infinity are no JSON)"
        } else {
            ""
        };
        let reason = format!("it is no COCO JSON: {error}{hint}");
        return Err(FormatError::malformed(path, reason));
    }
    reading.finish();
    let empty = intake.pictures[first_picture..].iter();
    let unsaid = empty
        .filter(|found| found.boxes.is_empty() && found.review.is_none())
        .count();
    if unsaid > 0 {
        intake.report.changed.add(format!(
            "{unsaid} pictures have no box, and the file does not say whether they were reviewed; \
             they are not taken for empty"
        ));
    }
    Ok(())
}

/// Folders below the root where a file's pictures may lie, the likeliest first: the root itself,
/// the file's own folder, and beside `annotations` the folders that export tools make.
fn picture_folders(path: &Path, root: &Path) -> Vec<String> {
    let mut folders = vec![String::new()];
    let Some(own) = path.parent().and_then(|parent| {
        text::below(
            root,
            if parent.as_os_str().is_empty() {
                Path::new(".")
            } else {
                parent
            },
        )
    }) else {
        return folders;
    };
    folders.push(own.clone());
    if text::last_part(&own) == "annotations" {
        let base = own
            .strip_suffix("annotations")
            .map_or("", |base| base.trim_end_matches('/'));
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let part = stem.strip_prefix("instances_").unwrap_or(stem);
        let guesses = [
            part.to_owned(),
            "images".to_owned(),
            format!("images/{part}"),
        ];
        folders.extend(guesses.map(|guess| text::join(base, &guess)));
    }
    folders
}

impl<'de> Visitor<'de> for &mut Reading<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `images`, `annotations` and `categories`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "images" => map.next_value_seed(Each(|row| self.image(row)))?,
                "annotations" => map.next_value_seed(Each(|row| self.annotation(row)))?,
                "categories" => map.next_value_seed(Each(|row| self.category(row)))?,
                _ => {
                    let value = map.next_value()?;
                    self.top.insert(key, value);
                }
            }
        }
        Ok(())
    }
}

/// A list that is read row by row, so that only one row is in memory as JSON at a time.
struct Each<F>(F);

impl<'de, F: FnMut(Value)> DeserializeSeed<'de> for Each<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element()? {
            (self.0)(row);
        }
        Ok(())
    }
}

impl Reading<'_, '_> {
    fn unread(&mut self, sentence: impl fmt::Display) {
        let file = &self.file;
        self.intake.report.unread.add(format!("{file}: {sentence}"));
    }

    fn category(&mut self, row: Value) {
        let Value::Object(mut row) = row else {
            return self.unread("a category is no object");
        };
        let Some(key) = RowId::of(row.remove("id")) else {
            return self.unread("a category has no id");
        };
        let name = match row.remove("name") {
            Some(Value::String(name)) if !name.trim().is_empty() => name,
            Some(Value::Number(number)) => number.to_string(),
            _ => {
                let name = format!("class {key}");
                let file = &self.file;
                let sentence = format!("{file}: category {key} has no name and is called {name}");
                self.intake.report.changed.add(sentence);
                name
            }
        };
        let own: Option<CategoryExtension> = take_own(&mut row);
        if row.get("supercategory") == Some(&Value::String(String::new())) {
            row.remove("supercategory");
        }
        let places_before = self.intake.categories.len();
        let place = self.intake.category(ImportedCategory {
            id: Some(key.number()),
            name: name.clone(),
            colour: own.as_ref().map(|own| own.colour),
            hotkey: own.map(|own| own.hotkey),
            extra: to_text(&row),
        });
        let Some(place) = place else { return };
        let is_new = self.intake.categories.len() > places_before;
        let is_doubled = !is_new && self.category_of.values().any(|other| *other == place);
        if is_doubled {
            let file = &self.file;
            let sentence = format!("{file}: two categories are called {name:?}; they become one");
            self.intake.report.changed.add(sentence);
        }
        if self.category_of.contains_key(&key) {
            return self.unread(format!(
                "two categories have the id {key}; {name:?} has no boxes"
            ));
        }
        self.category_of.insert(key, place);
    }

    fn image(&mut self, row: Value) {
        let Value::Object(mut row) = row else {
            return self.unread("a picture is no object");
        };
        let Some(key) = RowId::of(row.remove("id")) else {
            return self.unread("a picture has no id");
        };
        let Some(Value::String(written)) = row.remove("file_name") else {
            self.refused.insert(key.clone());
            return self.unread(format!("picture {key} has no file_name"));
        };
        let Some(name) = text::safe_path(&written) else {
            self.refused.insert(key);
            let sentence = format!("{written:?} is refused: it may lead out of the folder");
            return self.unread(sentence);
        };
        let side = |value: Option<Value>| {
            let side = value.and_then(|value| value.as_f64())?;
            (side >= 1.0 && side < f64::from(u32::MAX)).then_some(side as u32)
        };
        let size = side(row.remove("width")).zip(side(row.remove("height")));
        if size.is_none() {
            let file = &self.file;
            let sentence = format!("{file}: {name} has no width and height in the file");
            self.intake.report.changed.add(sentence);
        }
        let own: PictureExtension = take_own(&mut row).unwrap_or_default();
        let mut names: Vec<String> = self
            .folders
            .iter()
            .map(|folder| text::join(folder, &name))
            .collect();
        names.dedup();
        let found = ImportedPicture {
            names,
            id: Some(key.number()),
            size: size.map(|(width, height)| [width, height]),
            extra: to_text(&row),
            ..ImportedPicture::default()
        };
        if self.picture_of.contains_key(&key) {
            let sentence = format!("two pictures have the id {key}; {name} gets no boxes");
            return self.unread(sentence);
        }
        self.picture_of.insert(key, self.pictures.len());
        self.pictures.push((found, own));
    }

    fn annotation(&mut self, row: Value) {
        let Value::Object(mut row) = row else {
            return self.unread("an annotation is no object");
        };
        let id = RowId::of(row.remove("id"));
        let name = id
            .as_ref()
            .map_or_else(|| "without an id".to_owned(), RowId::to_string);
        let references = (
            RowId::of(row.remove("image_id")),
            RowId::of(row.remove("category_id")),
        );
        let (Some(picture), Some(category)) = references else {
            return self.unread(format!("annotation {name} names no picture or no category"));
        };
        let bbox = row.remove("bbox").unwrap_or(Value::Null);
        let Some(edges) = corners(&bbox) else {
            return self.unread(format!("annotation {name} has no bbox of four numbers"));
        };
        let crowd = row.remove("iscrowd");
        let crowd = crowd.is_some_and(|value| value == json!(1) || value == json!(true));
        let mut found = ImportedBox::new(0, edges);
        found.id = Some(id.map_or(0, |id| id.number()));
        found.flags = take_flags(&mut row);
        found.flags.crowd = crowd;
        let score = row.remove("score");
        let own = take_own(&mut row);
        if row
            .remove("ignore")
            .is_some_and(|value| value != json!(0) && value != json!(false))
        {
            let file = &self.file;
            let sentence = format!("{file}: annotation {name} is marked `ignore`; that is dropped");
            self.intake.report.changed.add(sentence);
        }
        remove_plain_outline(&mut row, &edges);
        if OUTLINE_KEYS.iter().any(|key| row.contains_key(*key)) {
            row.insert("bbox".to_owned(), bbox);
        }
        found.extra = to_text(&row);
        self.boxes.push(UnresolvedBox {
            picture,
            category,
            found,
            score,
            own,
        });
    }

    /// Follows the references and hands everything over.
    fn finish(mut self) {
        if let Some(Value::Object(mut own)) = self.top.remove(EXTENSION_KEY)
            && let Some(Value::Array(rows)) = own.remove("boxes")
        {
            rows.into_iter().for_each(|row| self.annotation(row));
        }
        let model = Arc::new(self.model());
        let has_scores = self.boxes.iter().any(|raw| raw.score.is_some());
        for (found, own) in &mut self.pictures {
            let tags = own
                .tags
                .iter()
                .map(|tag| self.category_of.get(&RowId::Number(*tag)));
            found.tags = tags.flatten().copied().collect();
            found.review = own.review.or(has_scores.then_some(ReviewState::Proposed));
            found.missing = own.missing;
            found.content_hash = own.content_hash.take();
        }
        for raw in std::mem::take(&mut self.boxes) {
            self.place(raw, &model);
        }
        let mut top = std::mem::take(&mut self.top);
        let is_own_or_empty = |value: &Value| match value {
            Value::Object(info) => info.is_empty() || info == &own_info(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        // The provenance of proposals is in the boxes.
        for key in ["info", "licenses"] {
            if top
                .get(key)
                .is_some_and(|value| has_scores || is_own_or_empty(value))
            {
                top.remove(key);
            }
        }
        for (key, value) in top {
            self.intake.extra.entry(key).or_insert(value);
        }
        self.intake
            .pictures
            .extend(self.pictures.into_iter().map(|(found, _)| found));
    }

    fn place(&mut self, raw: UnresolvedBox, model: &Arc<Provenance>) {
        let UnresolvedBox {
            picture,
            category,
            mut found,
            score,
            own,
        } = raw;
        let id = found.id.unwrap_or_default();
        let Some(place) = self.picture_of.get(&picture).copied() else {
            if !self.refused.contains(&picture) {
                self.unread(format!(
                    "annotation {id} refers to picture {picture}, which is absent"
                ));
            }
            return;
        };
        let fault = 'fault: {
            let Some(category) = self.category_of.get(&category) else {
                break 'fault format!("refers to category {category}, which is absent");
            };
            found.category = *category;
            if let Some(own) = own.and_then(|own| self.provenance(own)) {
                found.provenance = Some(Box::new(own));
            } else if let Some(score) = score {
                let score = score.as_f64();
                let Some(proposed) = score.and_then(|score| found.proposed(model, score)) else {
                    break 'fault "has a score that is no number".to_owned();
                };
                found = proposed;
            }
            self.pictures[place].0.boxes.push(found);
            return;
        };
        self.pictures[place].0.is_partial = true;
        self.unread(format!("annotation {id} {fault}"));
    }

    fn provenance(&self, own: BoxExtension) -> Option<ImportedProvenance> {
        let former = match own.proposal {
            None => None,
            Some(former) => {
                let category = RowId::Number(former.category.0.into());
                Some((former.rect, *self.category_of.get(&category)?))
            }
        };
        let made = ImportedProvenance {
            state: own.state,
            origin: own.origin,
            score: own.score,
            former,
        };
        made.is_consistent().then_some(made)
    }

    /// The model that made scored boxes, as `tsukami propose` describes it in `info`.
    fn model(&self) -> Provenance {
        let info = self.top.get("info");
        let text = |key: &str| info.and_then(|info| info.get(key)).and_then(Value::as_str);
        let threshold = info
            .and_then(|info| info.get("threshold"))
            .and_then(Value::as_f64);
        Provenance {
            name: text("model").unwrap_or(&self.file).into(),
            version: text("model_sha256")
                .or_else(|| text("version"))
                .unwrap_or_default()
                .into(),
            method: text("method").unwrap_or("imported").into(),
            threshold: threshold.map_or(0.0, |threshold| threshold as f32),
        }
    }
}

fn take_own<T: for<'de> Deserialize<'de>>(row: &mut Map<String, Value>) -> Option<T> {
    row.remove(EXTENSION_KEY)
        .and_then(|own| serde_json::from_value(own).ok())
}

/// Left, top, right and bottom of `[x, y, width, height]`.
fn corners(bbox: &Value) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = bbox
        .as_array()?
        .iter()
        .map(Value::as_f64)
        .collect::<Option<_>>()?;
    let [x, y, width, height] = numbers.try_into().ok()?;
    Some([x, y, x + width, y + height])
}

fn is_outline(segmentation: &Value) -> bool {
    match segmentation {
        Value::Array(polygons) => !polygons.is_empty(),
        Value::Object(_) => true,
        _ => false,
    }
}

/// Drops an outline that says no more than the box: an empty one, and the area of the box.
fn remove_plain_outline(row: &mut Map<String, Value>, [x0, y0, x1, y1]: &[f64; 4]) {
    if !row.get("segmentation").is_some_and(is_outline) {
        row.remove("segmentation");
    }
    let of_box = (x1 - x0) * (y1 - y0);
    let area = row.get("area").and_then(Value::as_f64);
    let is_mask = area.is_some_and(|area| (area - of_box).abs() > 1e-3 * of_box.abs());
    if !is_mask || !row.contains_key("segmentation") {
        row.remove("area");
    }
}

/// Flags that are set among the attributes become flags; the other attributes stay.
fn take_flags(row: &mut Map<String, Value>) -> Flags {
    let mut flags = Flags::default();
    if let Some(Value::Object(attributes)) = row.get_mut("attributes") {
        let mut take = |name: &str, flag: &mut bool| {
            *flag = attributes.get(name) == Some(&Value::Bool(true));
            if *flag {
                attributes.remove(name);
            }
        };
        take("difficult", &mut flags.difficult);
        take("occluded", &mut flags.occluded);
        take("truncated", &mut flags.truncated);
        if attributes.is_empty() && flags != Flags::default() {
            row.remove("attributes");
        }
    }
    flags
}

/// Reads a plain results list, whose ids are those of the document.
pub(super) fn import_results(
    path: &Path,
    intake: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let content = text::read(path, text::LARGE_FILE_BYTES)?;
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
    let mut place_of = HashMap::new();
    let mut reader = serde_json::Deserializer::from_str(&content);
    let each = Each(|row: Value| {
        if let Err(reason) = detection(&row, &model, intake, &mut place_of) {
            intake.report.unread.add(format!("{file}: {reason}"));
        }
    });
    let read = each.deserialize(&mut reader).and_then(|()| reader.end());
    read.map_err(|error| FormatError::malformed(path, format!("it is no results list: {error}")))
}

fn detection(
    row: &Value,
    model: &Arc<Provenance>,
    intake: &mut ImportBuilder<'_>,
    place_of: &mut HashMap<PictureId, usize>,
) -> Result<(), String> {
    let id = |key: &str| {
        let id = row
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(|| format!("a result has no usable {key}"))
    };
    let (picture, category) = (id("image_id")?, id("category_id")?);
    let document = intake.document;
    let row_of = document.picture(PictureId(picture));
    let known = row_of.ok_or_else(|| format!("picture {picture} is not in the project"))?;
    let category = document
        .category(crate::document::CategoryId(category))
        .ok_or_else(|| format!("category {category} is not in the project"))?;
    let edges = row.get("bbox").and_then(corners);
    let edges = edges.ok_or_else(|| format!("{}: a result has no bbox", known.path))?;
    let place = intake.category_by_name(&category.name).unwrap_or_default();
    let score = row.get("score").and_then(Value::as_f64);
    let found = score.and_then(|score| ImportedBox::new(place, edges).proposed(model, score));
    let found = found.ok_or_else(|| format!("{}: a result has no score", known.path))?;
    let at = *place_of.entry(known.id).or_insert_with(|| {
        intake.pictures.push(ImportedPicture {
            names: vec![known.path.to_string()],
            ..ImportedPicture::default()
        });
        intake.pictures.len() - 1
    });
    intake.pictures[at].boxes.push(found);
    Ok(())
}
