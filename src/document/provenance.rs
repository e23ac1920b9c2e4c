//! Who made a box, and what it was before a person changed it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::CategoryId;
use crate::geometry::BBox;

/// The model that proposed a box, and the settings that it ran with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The name of the model.
    pub name: Box<str>,
    /// The version of the model.
    pub version: Box<str>,
    /// The localisation method.
    pub method: Box<str>,
    /// The threshold applied to the map, finite.
    pub threshold: f32,
}

// A document contains only finite thresholds, for which equality is total.
impl Eq for Provenance {}

impl Hash for Provenance {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.version.hash(state);
        self.method.hash(state);
        // Adding zero makes -0.0, which equals 0.0, hash like it.
        (self.threshold + 0.0).to_bits().hash(state);
    }
}

/// Who made a box.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person.
    Person,
    /// A model. All boxes of a document with the same provenance share one value.
    Model(#[serde(with = "shared")] Arc<Provenance>),
}

/// An `Arc` as the value it points to.
mod shared {
    use super::{Arc, Deserialize, Provenance, Serialize};

    pub fn serialize<S: serde::Serializer>(
        model: &Arc<Provenance>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        model.as_ref().serialize(to)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<Provenance>, D::Error> {
        Provenance::deserialize(from).map(Arc::new)
    }
}

/// What a model had proposed before a person changed it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormerProposal {
    /// The rectangle in upright pixels of the picture as it was then.
    pub rect: BBox,
    /// The category, which may have been deleted since. None if the model only suggested a name.
    pub category: Option<CategoryId>,
}
