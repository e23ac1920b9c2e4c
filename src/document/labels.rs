//! What is labelled in a project.

use serde::{Deserialize, Serialize};

use super::annotation::BoxState;
use super::category::Category;
use super::content::Document;
use super::error::EditError;
use crate::naming::ANY_OBJECT;

/// What is labelled in a project, as a person has said. It decides what a model's boxes stand for.
///
/// Its JSON form is `"any"`, `{"one":"cat"}` or `"listed"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Labels {
    /// Whatever turns up: a name that a model suggests becomes a class when a person takes the box.
    #[default]
    Any,
    /// Objects of the category of this name, which need not exist yet. Every proposal stands for it,
    /// whatever the model calls it.
    One(Box<str>),
    /// Objects of the project's categories, and no others. A name that a model suggests and that is
    /// none of theirs does not become a class when a person takes the box.
    Listed,
}

impl Labels {
    /// The name of the only category, if there is one.
    pub fn only(&self) -> Option<&str> {
        match self {
            Self::One(name) => Some(name),
            Self::Any | Self::Listed => None,
        }
    }

    /// What a project stands for whose file says nothing about it, because an earlier version wrote it:
    /// a project with one category was about that class, unless the category was only the first
    /// suggestion that a person had taken.
    pub fn implied(document: &Document) -> Self {
        let mut categories = document.categories();
        match (categories.next(), categories.next()) {
            (Some(only), None) if &*only.name != ANY_OBJECT && !is_taken(document, only) => {
                Self::One(only.name.clone())
            }
            _ => Self::Any,
        }
    }

    /// Follows a category that becomes `to`, or no longer exists.
    pub(super) fn rename_category(&mut self, from: &str, to: Option<&str>) {
        if self.only() == Some(from) {
            *self = to.map_or(Self::Any, |to| Self::One(to.into()));
        }
    }

    pub(super) fn check(&self) -> Result<(), EditError> {
        match self.only() {
            Some(name) if name.is_empty() || name.trim() != name => {
                Err(EditError::BadName(name.into()))
            }
            _ => Ok(()),
        }
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
