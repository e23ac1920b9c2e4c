//! Text as XML 1.0 may have it, in elements and in attributes.

use quick_xml::escape::escape;

/// Text with everything escaped that readers would otherwise change: line breaks and tabs, which they
/// turn into spaces, too. Other control characters, which XML cannot express, become spaces.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in escape(text).chars() {
        match character {
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            other if is_allowed(other) => escaped.push(other),
            _ => escaped.push(' '),
        }
    }
    escaped
}

/// Whether XML 1.0 can express all characters of a text.
pub(super) fn is_expressible(text: &str) -> bool {
    text.chars()
        .all(|character| matches!(character, '\t' | '\n' | '\r') || is_allowed(character))
}

fn is_allowed(character: char) -> bool {
    // Of the control characters, those from U+0080 on are allowed but may be normalised away.
    !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
}
