//! The keys at the top of a JSON file, from which a format recognises its files without reading
//! them as a whole.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::de::StrRead;

use super::input;

/// The keys of an object, or those of the first object in a list.
#[derive(Debug, Default)]
pub(super) struct JsonKeys {
    names: Vec<String>,
    /// Whether the file is a list.
    pub is_list: bool,
}

impl JsonKeys {
    /// The keys in the first part of a file, or `None` if the file does not look like JSON.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        Self::of_text(&input::head(path))
    }

    /// The keys in the beginning of a file's text.
    pub(super) fn of_text(head: &str) -> Option<Self> {
        if !head.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let mut keys = Self::default();
        let mut reader = serde_json::Deserializer::new(StrRead::new(head));
        // The text may be cut off anywhere, so an error is expected. The keys read so far count.
        let _cut_off = (&mut keys).deserialize(&mut reader);
        Some(keys)
    }

    /// Whether one of these keys is present.
    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        self.names.iter().any(|name| keys.contains(&name.as_str()))
    }
}

impl<'de> DeserializeSeed<'de> for &mut JsonKeys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut JsonKeys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key()? {
            self.names.push(name);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.is_list = true;
        list.next_element_seed(self).map(|_| ())
    }
}
