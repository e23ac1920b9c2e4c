//! Which network took part in something: its part and the hash of its file.

use serde::{Deserialize, Serialize};

/// A network, or a table of weights, that took part in making boxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkIdentity {
    /// Its part, such as `backbone` or `companion`; the same for every network that can take it.
    pub name: String,
    /// The SHA-256 of its file in hexadecimal.
    pub sha256: String,
}

impl NetworkIdentity {
    /// A network by its part and the SHA-256 of its file.
    pub fn new(name: &str, sha256: &str) -> Self {
        Self {
            name: name.to_owned(),
            sha256: sha256.to_owned(),
        }
    }
}
