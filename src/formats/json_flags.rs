//! The flags of a box as JSON: a key with the name of each flag that is set, and the value `true`.

use serde_json::{Map, Value, json};

use crate::document::{Flag, Flags};

/// Sets the flags in the object `row[key]`, which is made if there is none.
pub(super) fn insert_flags(
    row: &mut Map<String, Value>,
    key: &str,
    set: impl Iterator<Item = Flag>,
) {
    let flags = row.entry(key).or_insert_with(|| json!({}));
    if !flags.is_object() {
        *flags = json!({});
    }
    for flag in set {
        flags[flag.name()] = true.into();
    }
}

/// Removes those of the given flags that are set in an object, and returns them. Other keys stay.
pub(super) fn take_flags(
    object: &mut Map<String, Value>,
    flags: impl IntoIterator<Item = Flag>,
) -> Flags {
    let mut is_set = |flag: &Flag| {
        let is_set = object.get(flag.name()) == Some(&Value::Bool(true));
        if is_set {
            object.remove(flag.name());
        }
        is_set
    };
    flags.into_iter().filter(|flag| is_set(flag)).collect()
}
