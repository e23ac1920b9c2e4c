//! Saying what is labelled in a project.

use super::builder::EditBuilder;
use super::categories::add_categories;
use super::class_names::remove_duplicates;
use crate::document::content::Document;
use crate::document::edit::Edit;
use crate::document::error::EditError;
use crate::document::labels::Labels;

/// Says what is labelled, and adds the categories of these names that do not exist yet. The category of
/// [`Labels::One`] is added as well. Space around names is dropped, and empty names are left out.
///
/// Proposals follow by themselves, because they store the model's own name. Of proposals on pictures that
/// are not done which become the same box, the one with the highest score stays.
///
/// # Errors
/// If the name of the only category is empty.
pub fn set_labels(document: &Document, labels: Labels, names: &[&str]) -> Result<Edit, EditError> {
    let labels = match labels {
        Labels::One(name) => Labels::One(name.trim().into()),
        labels => labels,
    };
    labels.check()?;
    let names = labels.only().into_iter().chain(names.iter().copied());
    let mut edits = vec![add_categories(document, names)];
    if labels != *document.labels() {
        let mut builder = EditBuilder::new(document);
        if let Some(only) = labels.only() {
            for picture in document.pictures() {
                remove_duplicates(document, |_| only, picture, &mut builder);
            }
        }
        edits.push(Edit::Labels(labels));
        edits.push(builder.finish());
    }
    edits.retain(|edit| !edit.is_empty());
    Ok(Edit::batch(edits))
}
