//! The ids of rows.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Ids start at 1, never change and are never reused.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The id after this one. The last id is its own successor, and no row may have it.
            pub(super) fn successor(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// Whether a row may have this id.
            pub(super) fn is_usable(self) -> bool {
                (1..u32::MAX).contains(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// Identifies a picture.
    PictureId
);
id!(
    /// Identifies a category.
    CategoryId
);
id!(
    /// Identifies an annotation among those of all pictures.
    AnnotationId
);

/// The ids of the next new rows. They only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextIds {
    /// Of the next picture.
    pub picture: PictureId,
    /// Of the next category.
    pub category: CategoryId,
    /// Of the next annotation.
    pub annotation: AnnotationId,
}

impl Default for NextIds {
    fn default() -> Self {
        Self {
            picture: PictureId(1),
            category: CategoryId(1),
            annotation: AnnotationId(1),
        }
    }
}
