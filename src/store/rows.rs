//! Rows of the document as rows of tables and back, each with a checksum.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use xxhash_rust::xxh3::xxh3_64;

use crate::document::{
    Annotation, AnnotationId, BoxState, Category, CategoryId, Flag, FormerProposal, Origin,
    Picture, PictureId, Provenance, ReviewState, Step,
};
use crate::geometry::BBox;

/// A value on its way into a table.
pub(super) type Cell<'a> = ToSqlOutput<'a>;

/// A table whose rows carry a checksum; its first column is the key.
pub(super) struct Table {
    tag: u8,
    /// The name of the table.
    pub name: &'static str,
    /// The number of columns, without the checksum.
    pub width: usize,
    /// The query for all rows in the order of their keys.
    pub all: String,
    /// The query for the checksum of the row with a key.
    pub checksum: String,
    /// The statement that writes a row, replacing one with the same key.
    pub put: String,
    /// The statement that deletes the row with a key and returns its checksum.
    pub delete: String,
}

impl Table {
    fn new(tag: u8, name: &'static str, columns: &[&str]) -> Self {
        let (key, list) = (columns[0], columns.join(", "));
        let slots = vec!["?"; columns.len()].join(", ");
        Self {
            tag,
            name,
            width: columns.len(),
            all: format!("SELECT {list}, checksum FROM {name} ORDER BY {key}"),
            checksum: format!("SELECT checksum FROM {name} WHERE {key} = ?"),
            put: format!("INSERT OR REPLACE INTO {name} ({list}, checksum) VALUES ({slots}, ?)"),
            delete: format!("DELETE FROM {name} WHERE {key} = ? RETURNING checksum"),
        }
    }

    /// The checksum of a row of this table.
    pub(super) fn checksum_of<'a>(
        &self,
        buffer: &mut Vec<u8>,
        cells: impl IntoIterator<Item = ValueRef<'a>>,
    ) -> i64 {
        checksum(buffer, self.tag, cells)
    }
}

macro_rules! tables {
    ($($tag:literal $table:ident $name:literal: $($column:ident)+;)+) => {
        $(
            pub(super) static $table: LazyLock<Table> =
                LazyLock::new(|| Table::new($tag, $name, &[$(stringify!($column)),+]));
        )+
    };
}

tables! {
    2 META "meta": key value;
    3 SETTINGS "settings": key value;
    4 CATEGORIES "categories": id place name colour hotkey extra;
    5 MODELS "models": id name version method threshold;
    6 PICTURES "pictures": id path width height tags review missing excluded content_hash extra;
    7 ANNOTATIONS "annotations": id picture category suggestion x0 y0 x1 y1 state flags model score
        was_category was_x0 was_y0 was_x1 was_y1 extra;
    8 STEPS "steps": seq label picture edit;
    9 CHANGES "changes": seq writer is_step label edit undo;
}

/// Settings that are part of the document: the names of models' classes, and what is labelled.
pub(super) const NAMING: &str = "naming";
pub(super) const LABELS: &str = "labels";

/// The checksum of values in order. The buffer saves an allocation for each row.
pub(super) fn checksum<'a>(
    buffer: &mut Vec<u8>,
    tag: u8,
    cells: impl IntoIterator<Item = ValueRef<'a>>,
) -> i64 {
    buffer.clear();
    buffer.push(tag);
    for cell in cells {
        match cell {
            ValueRef::Null => buffer.push(0),
            ValueRef::Integer(number) => {
                buffer.push(1);
                buffer.extend(number.to_le_bytes());
            }
            ValueRef::Real(number) => {
                buffer.push(2);
                // SQLite does not store the sign of zero.
                buffer.extend((number + 0.0).to_le_bytes());
            }
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                buffer.push(3);
                buffer.extend((bytes.len() as u64).to_le_bytes());
                buffer.extend(bytes);
            }
        }
    }
    i64::from_le_bytes(xxh3_64(buffer).to_le_bytes())
}

/// A value as SQLite sees it.
pub(super) fn borrowed<'a>(cell: &'a Cell<'_>) -> ValueRef<'a> {
    match cell {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => value.into(),
        _ => ValueRef::Null,
    }
}

pub(super) fn int(number: impl Into<i64>) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Integer(number.into()))
}

pub(super) fn text(text: &str) -> Cell<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
}

fn real(number: f32) -> Cell<'static> {
    ToSqlOutput::Owned(Value::Real(number.into()))
}

/// A value, or nothing.
pub(super) fn maybe<'a, T>(value: Option<T>, cell: impl FnOnce(T) -> Cell<'a>) -> Cell<'a> {
    value.map_or(ToSqlOutput::Owned(Value::Null), cell)
}

/// A row of [`CATEGORIES`].
pub(super) fn category_cells(row: &Category, place: u32) -> [Cell<'_>; 6] {
    let [red, green, blue] = row.colour;
    let hotkey = row.hotkey.map(|key| Value::Text(key.to_string()));
    [
        int(row.id.0),
        int(place),
        text(&row.name),
        int(u32::from_be_bytes([0, red, green, blue])),
        maybe(hotkey, ToSqlOutput::Owned),
        maybe(row.extra.as_deref(), text),
    ]
}

/// A row of [`MODELS`].
pub(super) fn provenance_cells(id: i64, provenance: &Provenance) -> [Cell<'_>; 5] {
    [
        int(id),
        text(&provenance.name),
        text(&provenance.version),
        text(&provenance.method),
        real(provenance.threshold),
    ]
}

/// A row of [`PICTURES`].
pub(super) fn picture_cells(row: &Picture) -> [Cell<'_>; 10] {
    let mut tags = String::new();
    for tag in &row.tags {
        let gap = if tags.is_empty() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = write!(tags, "{gap}{tag}");
    }
    let review = match row.review {
        ReviewState::New => 0,
        ReviewState::Proposed => 1,
        ReviewState::InReview => 2,
        ReviewState::Done => 3,
    };
    [
        int(row.id.0),
        text(&row.path),
        int(row.width),
        int(row.height),
        ToSqlOutput::Owned(Value::Text(tags)),
        int(review),
        int(row.missing),
        int(row.is_excluded),
        maybe(row.content_hash.as_deref(), text),
        maybe(row.extra.as_deref(), text),
    ]
}

/// A row of [`ANNOTATIONS`]. `provenance` is the key of its origin in [`MODELS`].
pub(super) fn annotation_cells(
    picture: PictureId,
    row: &Annotation,
    provenance: Option<i64>,
) -> [Cell<'_>; 18] {
    let state = match row.state {
        BoxState::Proposed => 0,
        BoxState::Accepted => 1,
        BoxState::Edited => 2,
        BoxState::Drawn => 3,
        BoxState::Rejected => 4,
    };
    let bits = row.flags.iter().map(flag_bit);
    let former = row.former.as_deref();
    let edge = |edge: fn(&BBox) -> f32| maybe(former.map(|former| edge(&former.rect)), real);
    [
        int(row.id.0),
        int(picture.0),
        maybe(row.category.map(|id| id.0), int),
        maybe(row.suggestion.as_deref(), text),
        real(row.rect.x0),
        real(row.rect.y0),
        real(row.rect.x1),
        real(row.rect.y1),
        int(state),
        int(bits.sum::<i64>()),
        maybe(provenance, int),
        maybe(row.score, real),
        maybe(
            former.and_then(|former| former.category).map(|id| id.0),
            int,
        ),
        edge(|rect| rect.x0),
        edge(|rect| rect.y0),
        edge(|rect| rect.x1),
        edge(|rect| rect.y1),
        maybe(row.extra.as_deref(), text),
    ]
}

/// The bit of a flag in the column `flags`.
fn flag_bit(flag: Flag) -> i64 {
    match flag {
        Flag::Crowd => 1,
        Flag::Difficult => 1 << 1,
        Flag::Occluded => 1 << 2,
        Flag::Truncated => 1 << 3,
    }
}

/// A row of [`STEPS`]. `edit` is the edit of the step as JSON.
pub(super) fn step_cells<'a>(seq: i64, step: &'a Step, edit: &'a str) -> [Cell<'a>; 4] {
    [
        int(seq),
        text(&step.label),
        maybe(step.picture.map(|id| id.0), int),
        text(edit),
    ]
}

/// The values of a row that was read, without its checksum.
pub(super) struct Cells<'a>(pub &'a [ValueRef<'a>]);

/// A value is of another type than its column, or out of range.
#[derive(Debug)]
pub(super) struct BadCell;

impl Cells<'_> {
    /// The number in a column.
    pub(super) fn int(&self, at: usize) -> Result<i64, BadCell> {
        self.0[at].as_i64().map_err(|_| BadCell)
    }

    /// The text in a column.
    pub(super) fn text(&self, at: usize) -> Result<&str, BadCell> {
        self.0[at].as_str().map_err(|_| BadCell)
    }

    /// The text in a column, if there is any.
    pub(super) fn maybe_text(&self, at: usize) -> Result<Option<&str>, BadCell> {
        self.0[at].as_str_or_null().map_err(|_| BadCell)
    }

    fn uint(&self, at: usize) -> Result<u32, BadCell> {
        self.int(at)?.try_into().map_err(|_| BadCell)
    }

    fn maybe_int(&self, at: usize) -> Result<Option<i64>, BadCell> {
        self.0[at].as_i64_or_null().map_err(|_| BadCell)
    }

    fn maybe_category(&self, at: usize) -> Result<Option<CategoryId>, BadCell> {
        let id = self.maybe_int(at)?;
        let id = id.map(|id| id.try_into().map(CategoryId).map_err(|_| BadCell));
        id.transpose()
    }

    fn real(&self, at: usize) -> Result<f32, BadCell> {
        // It was an f32 when it was written, so nothing is lost.
        self.0[at]
            .as_f64()
            .map(|real| real as f32)
            .map_err(|_| BadCell)
    }

    fn rect(&self, at: usize) -> Result<BBox, BadCell> {
        Ok(BBox {
            x0: self.real(at)?,
            y0: self.real(at + 1)?,
            x1: self.real(at + 2)?,
            y1: self.real(at + 3)?,
        })
    }

    /// A row of [`CATEGORIES`], with its place in the order.
    pub(super) fn category(&self) -> Result<(i64, Category), BadCell> {
        let [_, red, green, blue] = self.uint(3)?.to_be_bytes();
        let mut key = self.maybe_text(4)?.unwrap_or_default().chars();
        let category = Category {
            id: CategoryId(self.uint(0)?),
            name: self.text(2)?.into(),
            colour: [red, green, blue],
            hotkey: key.next(),
            extra: self.maybe_text(5)?.map(Into::into),
        };
        Ok((self.int(1)?, category))
    }

    /// A row of [`MODELS`], with its key.
    pub(super) fn provenance(&self) -> Result<(i64, Arc<Provenance>), BadCell> {
        let provenance = Provenance {
            name: self.text(1)?.into(),
            version: self.text(2)?.into(),
            method: self.text(3)?.into(),
            threshold: self.real(4)?,
        };
        Ok((self.int(0)?, Arc::new(provenance)))
    }

    /// A row of [`PICTURES`].
    pub(super) fn picture(&self) -> Result<Picture, BadCell> {
        let tags = self.text(4)?.split_whitespace();
        let tags = tags.map(|tag| tag.parse().map(CategoryId).map_err(|_| BadCell));
        Ok(Picture {
            id: PictureId(self.uint(0)?),
            path: self.text(1)?.into(),
            width: self.uint(2)?,
            height: self.uint(3)?,
            tags: tags.collect::<Result<_, _>>()?,
            review: match self.int(5)? {
                0 => ReviewState::New,
                1 => ReviewState::Proposed,
                2 => ReviewState::InReview,
                3 => ReviewState::Done,
                _ => return Err(BadCell),
            },
            missing: self.int(6)? != 0,
            is_excluded: self.int(7)? != 0,
            content_hash: self.maybe_text(8)?.map(Into::into),
            extra: self.maybe_text(9)?.map(Into::into),
        })
    }

    /// A row of [`ANNOTATIONS`], with the picture that it is on.
    pub(super) fn annotation(
        &self,
        provenances: &HashMap<i64, Arc<Provenance>>,
    ) -> Result<(PictureId, Annotation), BadCell> {
        let flags = self.int(9)?;
        let is_set = |flag: &Flag| flags & flag_bit(*flag) != 0;
        let former = match self.0[13] {
            ValueRef::Null => None,
            _ => Some(Box::new(FormerProposal {
                category: self.maybe_category(12)?,
                rect: self.rect(13)?,
            })),
        };
        let score = match self.0[11] {
            ValueRef::Null => None,
            _ => Some(self.real(11)?),
        };
        let annotation = Annotation {
            id: AnnotationId(self.uint(0)?),
            category: self.maybe_category(2)?,
            suggestion: self.maybe_text(3)?.map(Into::into),
            rect: self.rect(4)?,
            state: match self.int(8)? {
                0 => BoxState::Proposed,
                1 => BoxState::Accepted,
                2 => BoxState::Edited,
                3 => BoxState::Drawn,
                4 => BoxState::Rejected,
                _ => return Err(BadCell),
            },
            flags: Flag::ALL.into_iter().filter(is_set).collect(),
            origin: match self.maybe_int(10)? {
                None => Origin::Person,
                Some(key) => Origin::Model(Arc::clone(provenances.get(&key).ok_or(BadCell)?)),
            },
            score,
            former,
            extra: self.maybe_text(17)?.map(Into::into),
        };
        Ok((PictureId(self.uint(1)?), annotation))
    }

    /// A row of [`STEPS`], with its number in the history.
    pub(super) fn step(&self) -> Result<(i64, Step), BadCell> {
        let picture = match self.maybe_int(2)? {
            None => None,
            Some(id) => Some(PictureId(id.try_into().map_err(|_| BadCell)?)),
        };
        let step = Step {
            label: self.text(1)?.to_owned(),
            picture,
            edit: serde_json::from_str(self.text(3)?).map_err(|_| BadCell)?,
        };
        Ok((self.int(0)?, step))
    }
}
