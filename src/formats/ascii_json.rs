//! JSON that consists of ASCII characters only. pycocotools and others open a file in the encoding
//! of the system, and ASCII is the same in all of them.

use std::io::{self, Write};

use serde::Serialize;

/// The compact JSON text of a value, with everything beyond ASCII as `\uXXXX` and a newline at
/// the end.
///
/// # Errors
/// If the value cannot be written as JSON, for example because a key is not a string.
pub(super) fn to_ascii_json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_ascii_json(&mut bytes, value)?;
    Ok(bytes)
}

/// As [`to_ascii_json`], into a file that need not fit into memory.
///
/// # Errors
/// As for [`to_ascii_json`], and if the text cannot be written.
pub(super) fn write_ascii_json<W>(mut out: W, value: &impl Serialize) -> io::Result<()>
where
    W: Write,
{
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, AsciiFormatter);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// serde_json's compact form with everything beyond ASCII escaped.
struct AsciiFormatter;

impl serde_json::ser::Formatter for AsciiFormatter {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if character.is_ascii() {
                write!(writer, "{character}")?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}
