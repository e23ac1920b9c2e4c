//! The model's classes with what is known about each: boxes, mapping and suggestion.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use crate::app::i18n::tr;
use crate::app::workspace::Workspace;
use crate::document::{Document, Origin};
use crate::naming::{
    self, ANY_OBJECT, Correction, MappedClass, Suggestion, SuggestionInput, SuggestionReason,
};

/// The model's classes as they were last counted.
#[derive(Default)]
pub struct Rows {
    /// The revision of the document that was counted.
    revision: Option<u64>,
    /// All classes: those with most boxes first, then in the order of the model.
    pub all: Vec<Row>,
}

/// A class of the model.
pub struct Row {
    /// Its name in the model.
    pub class: String,
    /// The same in lower case, for the search.
    pub lower: String,
    /// How many boxes were proposed as this class.
    pub boxes: usize,
    /// The class of the project that it is mapped to.
    pub target: Option<MappedClass>,
    /// The class that is suggested for it.
    pub suggestion: Option<Suggestion>,
}

impl Rows {
    /// Counts again if anything has changed.
    pub fn update(&mut self, workspace: &Workspace, class_names: &[String]) {
        let session = &workspace.session;
        if self.revision == Some(session.revision()) {
            return;
        }
        self.revision = Some(session.revision());
        let document = session.document();
        let naming = document.naming();
        let indices: HashMap<&str, usize> = {
            let mut indices = HashMap::new();
            for (index, name) in class_names.iter().enumerate() {
                if let Entry::Vacant(slot) = indices.entry(name.as_str()) {
                    slot.insert(index);
                }
            }
            indices
        };
        let counts = count(document, &indices);
        let names = document.categories().map(|row| &*row.name);
        let own: Vec<&str> = names.filter(|name| *name != ANY_OBJECT).collect();
        let name_of = |id| document.category(id).map(|row| &*row.name);
        let judgements = document.judgements();
        let corrections: Vec<Correction<'_>> = judgements
            .iter()
            .filter_map(|((before, after), times)| {
                Some(Correction {
                    class: Some(*before).filter(|name| indices.contains_key(name))?,
                    category: name_of(*after)?,
                    times: *times,
                })
            })
            .collect();
        let seen: Vec<usize> = counts.keys().copied().collect();
        let known = SuggestionInput {
            class_names,
            seen: &seen,
            categories: &own,
            corrections: &corrections,
        };
        let suggestions = naming::suggest(naming, &known).into_iter();
        let mut suggestions: HashMap<String, Suggestion> = suggestions
            .map(|suggestion| (suggestion.class.clone(), suggestion))
            .collect();
        let mut all: Vec<(usize, usize, &str)> = indices
            .iter()
            .map(|(name, index)| (counts.get(index).copied().unwrap_or(0), *index, *name))
            .collect();
        all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let row = |(boxes, _, class): (usize, usize, &str)| Row {
            class: class.to_owned(),
            lower: class.to_lowercase(),
            boxes,
            target: naming.mapped(class).cloned(),
            suggestion: suggestions.remove(class),
        };
        self.all = all.into_iter().map(row).collect();
    }

    /// The indices of the rows to show: without a search, those with boxes or a mapping, otherwise
    /// those whose name contains every word of the search. The search is exact because all rows
    /// that it finds can be mapped at once.
    pub fn matching(&self, search: &str) -> Vec<usize> {
        let search = search.to_lowercase();
        let words: Vec<&str> = search.split_whitespace().collect();
        let is_shown = |row: &Row| {
            if words.is_empty() {
                row.boxes > 0 || row.target.is_some()
            } else {
                words.iter().all(|word| row.lower.contains(word))
            }
        };
        let rows = self.all.iter().enumerate();
        rows.filter(|(_, row)| is_shown(row))
            .map(|(index, _)| index)
            .collect()
    }
}

/// The number of boxes by the index of the class that the model named them after.
fn count(document: &Document, indices: &HashMap<&str, usize>) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for picture in document.included_pictures() {
        for row in document.annotations(picture.id) {
            let name = row
                .suggestion
                .as_deref()
                .filter(|_| row.origin != Origin::Person);
            if let Some(index) = name.and_then(|name| indices.get(name)) {
                *counts.entry(*index).or_default() += 1;
            }
        }
    }
    counts
}

/// Why a class is suggested, in words.
pub fn reason_text(reason: &SuggestionReason) -> String {
    match reason {
        SuggestionReason::Corrected(times) => tr!("suggestion-corrected", count = *times),
        SuggestionReason::SameName => tr!("suggestion-same-name").to_owned(),
        SuggestionReason::Word => tr!("suggestion-word").to_owned(),
        SuggestionReason::InGroup(group) => tr!("suggestion-in-group", group = *group),
        SuggestionReason::Kinds(kinds, group) => {
            tr!("suggestion-kinds", count = *kinds, group = *group)
        }
    }
}
