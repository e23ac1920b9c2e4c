//! Text as XML 1.0 may have it, in elements and in attributes.

use std::fmt::Write as _;

use quick_xml::escape::{escape, unescape};
use quick_xml::events::BytesRef;

/// Text with everything escaped that readers would otherwise change: line breaks and tabs, which they
/// turn into spaces, too. Control characters that XML cannot express become spaces.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in escape(text).chars() {
        match character {
            '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            other if is_char(other) => escaped.push(other),
            _ => escaped.push(' '),
        }
    }
    escaped
}

/// The text that a reference such as `&amp;` stands for.
///
/// # Errors
/// If it is one that a file defines itself, which is not supported.
pub(super) fn resolved_entity(entity: &BytesRef<'_>) -> Result<String, String> {
    let name = entity.xml10_content();
    match unescape(&format!("&{name};")) {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(format!("the entity &{name}; is not supported")),
    }
}

/// Whether XML 1.0 can express all characters of a text.
pub(super) fn is_expressible(text: &str) -> bool {
    text.chars().all(is_char)
}

/// What the specification calls `Char`.
fn is_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}
