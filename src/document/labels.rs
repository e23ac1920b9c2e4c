//! What is labelled in a project.

use serde::{Deserialize, Serialize};

use super::error::EditError;

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
