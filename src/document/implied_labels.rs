//! What is labelled in a project whose file does not say it.

use super::annotation::BoxState;
use super::category::Category;
use super::content::Document;
use super::labels::Labels;
use crate::naming::ANY_OBJECT;

/// What a project stands for whose file says nothing about it, because an earlier version wrote it:
/// a project with one category was about that class, unless the category was only the first
/// suggestion that a person had taken.
pub fn implied_labels(document: &Document) -> Labels {
    let mut categories = document.categories();
    match (categories.next(), categories.next()) {
        (Some(only), None) if &*only.name != ANY_OBJECT && !is_taken(document, only) => {
            Labels::One(only.name.clone())
        }
        _ => Labels::Any,
    }
}

/// Whether a category is a suggestion that a person has taken, and not one that they made: models suggest
/// its name, and have proposed no box of it that they call something else.
fn is_taken(document: &Document, category: &Category) -> bool {
    let pictures = document.pictures();
    let rows = pictures.flat_map(|picture| document.annotations(picture.id));
    let mut is_suggested = false;
    for row in rows {
        let Some(name) = &row.suggestion else {
            continue;
        };
        if document.naming().name_of(name) == &*category.name {
            is_suggested = true;
        } else if row.category == Some(category.id) && row.state != BoxState::Edited {
            return false;
        }
    }
    is_suggested
}
