//! The migration to version 2 of the format: a name that a model suggests is not a class.
//!
//! In version 1 every box had a category, so the names of models' classes filled the list of classes.
//! A category that only models have used becomes the [suggestion](crate::document::Annotation::suggestion)
//! of its boxes, in the tables and in the edits of the history, and is removed. A category counts as
//! a person's if
//! - a box that is or was ground truth has it, or a picture has or had it as a tag,
//! - a class of a model is mapped to it,
//! - it came from a file, or was made or changed by a step of its own, or
//! - no box by a model has it, so that it must have been made by a person.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::Transaction;
use rusqlite::types::Value as Cell;
use serde_json::Value;

use super::counters::Counters;
use super::error::Fault;
use super::migration::{
    CATEGORIES, CHANGES, META, MODELS, SETTINGS, STEPS, Table, TableWriter, damage, read_table,
};
use crate::naming::ANY_OBJECT;

/// The states of boxes in the table that are not ground truth: proposed and rejected.
const OPEN_STATES: [i64; 2] = [0, 4];
/// The same in an edit.
const OPEN_STATE_NAMES: [&str; 2] = ["proposed", "rejected"];

const PICTURES: Table = (
    6,
    "pictures",
    "id, path, width, height, tags, review, missing, content_hash, extra",
);
const ANNOTATIONS: Table = (
    7,
    "annotations",
    "id, picture, category, x0, y0, x1, y1, state, flags, model, score, was_category, was_x0, was_y0, \
     was_x1, was_y1, extra",
);

/// Migrates a file of version 1.
pub(super) fn migrate(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let mut counters = Counters::read(transaction)?;
    let mut seal = Counters::default();
    let read = |table, seal: &mut Counters| read_table(transaction, table, seal);
    read(META, &mut seal)?;
    let settings = read(SETTINGS, &mut seal)?;
    let models = read(MODELS, &mut seal)?;
    let pictures = read(PICTURES, &mut seal)?;
    // These tables keep their rows; the seal is made anew over all others.
    let kept = seal;
    let categories = read(CATEGORIES, &mut seal)?;
    let annotations = read(ANNOTATIONS, &mut seal)?;
    let steps = read(STEPS, &mut seal)?;
    let changes = read(CHANGES, &mut seal)?;
    if (seal.rows, seal.sum) != (counters.rows, counters.sum) {
        return Err(damage());
    }

    let mut usage = Usage::default();
    usage.add_tables(&settings, &categories, &models, &pictures, &annotations)?;
    for step in &steps {
        usage.add_edit(&parsed(&step[3])?);
    }
    for change in &changes {
        for edit in change[4..6].iter().filter(|edit| **edit != Cell::Null) {
            usage.add_edit(&parsed(edit)?);
        }
    }
    let suggested = usage.suggested();

    transaction.execute_batch(
        "
        DROP TABLE annotations;
        CREATE TABLE annotations (
            id INTEGER PRIMARY KEY, picture INTEGER NOT NULL, category INTEGER, suggestion TEXT,
            x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
            state INTEGER NOT NULL, flags INTEGER NOT NULL, model INTEGER, score REAL,
            was_category INTEGER, was_x0 REAL, was_y0 REAL, was_x1 REAL, was_y1 REAL,
            extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
        ",
    )?;
    let mut writer = TableWriter {
        transaction,
        seal: kept,
    };
    writer.replace(CATEGORIES, categories, |row| {
        Ok(!suggested.contains_key(&int(&row[0])))
    })?;
    let with_suggestion = "id, picture, category, suggestion, x0, y0, x1, y1, state, flags, model, score, \
                           was_category, was_x0, was_y0, was_x1, was_y1, extra";
    let annotations = annotations
        .into_iter()
        .map(|row| with_suggested_name(row, &suggested));
    writer.replace((7, "annotations", with_suggestion), annotations, |_| {
        Ok(true)
    })?;
    let rewrite = |cell: &mut Cell| -> Result<(), Fault> {
        if *cell != Cell::Null {
            let edit = rewritten(parsed(cell)?, &suggested);
            *cell = Cell::Text(serde_json::to_string(&edit)?);
        }
        Ok(())
    };
    writer.replace(STEPS, steps, |row| rewrite(&mut row[3]).map(|()| true))?;
    writer.replace(CHANGES, changes, |row| {
        rewrite(&mut row[4])?;
        rewrite(&mut row[5]).map(|()| true)
    })?;
    (counters.rows, counters.sum) = (writer.seal.rows, writer.seal.sum);
    counters.write(transaction)
}

/// How categories are used.
#[derive(Default)]
struct Usage {
    names: HashMap<i64, String>,
    by_models: HashSet<i64>,
    by_people: HashSet<i64>,
}

impl Usage {
    fn add_tables(
        &mut self,
        settings: &[Vec<Cell>],
        categories: &[Vec<Cell>],
        models: &[Vec<Cell>],
        pictures: &[Vec<Cell>],
        annotations: &[Vec<Cell>],
    ) -> Result<(), Fault> {
        let mut targets: HashSet<String> = HashSet::new();
        for row in settings.iter().filter(|row| text(&row[0]) == "naming") {
            if let Value::Object(naming) = parsed(&row[1])? {
                targets.extend(naming.values().filter_map(Value::as_str).map(str::to_owned));
            }
        }
        for row in categories {
            let (id, name) = (int(&row[0]), text(&row[2]));
            self.names.insert(id, name.to_owned());
            if row[5] != Cell::Null || targets.contains(name) {
                self.by_people.insert(id);
            }
        }
        let of_files = models.iter().filter(|row| text(&row[3]) == "imported");
        let of_files: HashSet<i64> = of_files.map(|row| int(&row[0])).collect();
        for row in pictures {
            let tags = text(&row[4]).split_whitespace();
            self.by_people
                .extend(tags.filter_map(|tag| tag.parse::<i64>().ok()));
        }
        for row in annotations {
            let model = &row[9];
            let is_by_model = *model != Cell::Null && !of_files.contains(&int(model));
            let is_open = OPEN_STATES.contains(&int(&row[7]));
            self.add_box(int(&row[2]), is_open, is_by_model);
            if row[11] != Cell::Null {
                self.by_models.insert(int(&row[11]));
            }
        }
        Ok(())
    }

    /// Adds what an edit of the history says about who uses a category.
    fn add_edit(&mut self, edit: &Value) {
        let mut changed = BTreeSet::new();
        let has_boxes = self.add_part(edit, &mut changed);
        if !has_boxes {
            self.by_people.extend(changed);
        }
    }

    /// Adds a part of an edit, and the categories whose own row it changes to `changed`. Returns whether
    /// it changes a box.
    fn add_part(&mut self, edit: &Value, changed: &mut BTreeSet<i64>) -> bool {
        if let Some(parts) = edit["batch"].as_array() {
            let parts = parts.iter().map(|part| self.add_part(part, changed));
            return parts.fold(false, |has, part| has | part);
        }
        if let Some(change) = edit.get("category") {
            changed.extend(change["remove"].as_i64());
            changed.extend(change["insert"]["id"].as_i64());
            self.by_people.extend(change["update"]["id"].as_i64());
        }
        for row in rows_of(&edit["picture"]) {
            let tags = row["tags"].as_array().into_iter().flatten();
            self.by_people.extend(tags.filter_map(Value::as_i64));
        }
        let Some(annotation) = edit.get("annotation") else {
            return false;
        };
        for row in rows_of(&annotation["change"]) {
            let Some(category) = row["category"].as_i64() else {
                continue;
            };
            let method = row["origin"]["model"]["method"].as_str();
            let is_by_model = method.is_some_and(|method| method != "imported");
            let state = row["state"].as_str();
            let is_open = state.is_some_and(|state| OPEN_STATE_NAMES.contains(&state));
            self.add_box(category, is_open, is_by_model);
        }
        true
    }

    /// Adds a box of the tables or of the history. A box that was imported is not by a model.
    fn add_box(&mut self, category: i64, is_open: bool, is_by_model: bool) {
        if is_open && is_by_model {
            self.by_models.insert(category);
        } else {
            self.by_people.insert(category);
        }
    }

    /// The categories that only models use, with the names to suggest. There is none to suggest for boxes
    /// of no particular class.
    fn suggested(self) -> HashMap<i64, Option<String>> {
        let Self {
            names,
            by_models,
            by_people,
        } = self;
        let of_models = names
            .into_iter()
            .filter(|(id, _)| by_models.contains(id) && !by_people.contains(id));
        of_models
            .map(|(id, name)| (id, Some(name).filter(|name| name != ANY_OBJECT)))
            .collect()
    }
}

/// The rows that a change inserts or updates.
fn rows_of(change: &Value) -> impl Iterator<Item = &Value> {
    [change.get("insert"), change.get("update")]
        .into_iter()
        .flatten()
}

/// A row of the new table from one of the former table.
fn with_suggested_name(mut row: Vec<Cell>, suggested: &HashMap<i64, Option<String>>) -> Vec<Cell> {
    let mut name: Option<String> = None;
    // The former category first: it is what the model had said.
    for at in [11, 2] {
        if let Cell::Integer(id) = row[at]
            && let Some(of_category) = suggested.get(&id)
        {
            row[at] = Cell::Null;
            name = name.or_else(|| of_category.clone());
        }
    }
    row.insert(3, name.map_or(Cell::Null, Cell::Text));
    row
}

/// An edit without the suggested categories.
fn rewritten(mut edit: Value, suggested: &HashMap<i64, Option<String>>) -> Value {
    let is_suggested = |id: &Value| id.as_i64().is_some_and(|id| suggested.contains_key(&id));
    if let Some(parts) = edit.get_mut("batch").and_then(Value::as_array_mut) {
        for part in parts.iter_mut() {
            *part = rewritten(part.take(), suggested);
        }
        return edit;
    }
    if let Some(change) = edit.get("category") {
        let ids = [&change["remove"], &change["insert"]["id"]];
        if ids.into_iter().any(is_suggested) {
            return serde_json::json!({ "batch": [] });
        }
    }
    if let Some(order) = edit.get_mut("category_order").and_then(Value::as_array_mut) {
        order.retain(|id| !is_suggested(id));
    }
    for kind in ["insert", "update"] {
        let Some(row) = edit.pointer_mut(&format!("/annotation/change/{kind}")) else {
            continue;
        };
        let mut name: Option<String> = None;
        for pointer in ["/proposal/category", "/category"] {
            let Some(category) = row.pointer_mut(pointer) else {
                continue;
            };
            if let Some(of_category) = category.as_i64().and_then(|id| suggested.get(&id)) {
                *category = Value::Null;
                name = name.or_else(|| of_category.clone());
            }
        }
        if let Some(name) = name {
            row["suggestion"] = name.into();
        }
    }
    edit
}

fn parsed(cell: &Cell) -> Result<Value, Fault> {
    serde_json::from_str(text(cell)).map_err(|_| damage())
}

fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        _ => "",
    }
}

/// A number. No category has the id 0.
fn int(cell: &Cell) -> i64 {
    match cell {
        Cell::Integer(number) => *number,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A box may have one suggested category now and another as a proposal. The latter is what the model
    /// had said, unless that was a box of no particular class.
    #[test]
    fn the_name_of_the_former_proposal_comes_first_and_no_name_erases_none() {
        let names = [(1, Some("hammer")), (2, Some("nail")), (3, None)];
        let names = names.map(|(id, name)| (id, name.map(str::to_owned)));
        let suggested = HashMap::from(names);
        let cell = |id: Option<i64>| id.map_or(Cell::Null, Cell::Integer);
        for (category, former, name) in [
            (Some(1), Some(2), Some("nail")),
            (Some(1), Some(3), Some("hammer")),
            (Some(3), Some(2), Some("nail")),
            (Some(1), None, Some("hammer")),
            (Some(9), Some(1), Some("hammer")),
            (Some(3), Some(3), None),
            (Some(9), None, None),
        ] {
            let kept = |id: Option<i64>| id.filter(|id| !suggested.contains_key(id));
            let mut row = vec![Cell::Null; 18];
            (row[2], row[11]) = (cell(category), cell(former));
            let row = with_suggested_name(row, &suggested);
            let name_cell = name.map_or(Cell::Null, |name| Cell::Text(name.to_owned()));
            assert_eq!(row[3], name_cell, "{category:?} {former:?}");
            assert_eq!(
                [&row[2], &row[12]],
                [&cell(kept(category)), &cell(kept(former))]
            );

            let proposal = former.map(|id| json!({ "category": id }));
            let row = json!({ "category": category, "proposal": proposal });
            let edit = json!({ "annotation": { "picture": 1, "change": { "insert": row } } });
            let edit = rewritten(edit, &suggested);
            let row = &edit["annotation"]["change"]["insert"];
            assert_eq!(row["suggestion"].as_str(), name, "{category:?} {former:?}");
            assert_eq!(row["category"].as_i64(), kept(category));
            assert_eq!(row["proposal"]["category"].as_i64(), kept(former));
        }
    }
}
