//! The text of a file in the encoding that it states: by a byte order mark, by an XML declaration, or, for
//! UTF-16, by the zeros between its first characters. Everything else is UTF-8.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The longest XML declaration that is searched for an encoding.
const MAX_DECLARATION_BYTES: usize = 256;

/// The text of a whole file.
///
/// # Errors
/// If the bytes are not text in the stated encoding, or that is not known.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let (encoding, mark) = encoding_of(&bytes)?;
    if encoding == UTF_8 {
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("the text is not valid UTF-8 (byte {at}); save it as UTF-8")
        })?;
        text.drain(..mark);
        return Ok(text);
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    let text = text.ok_or_else(|| {
        let name = encoding.name();
        format!("the text is invalid {name}; save it as UTF-8")
    })?;
    Ok(text.into_owned())
}

/// The text of the beginning of a file, whose last character may be cut. Broken characters are replaced.
pub(super) fn decode_head(bytes: &[u8]) -> String {
    let (encoding, mark) = encoding_of(bytes).unwrap_or((UTF_8, 0));
    let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
    text.into_owned()
}

/// The encoding of a text, and the length of its byte order mark.
fn encoding_of(bytes: &[u8]) -> Result<(&'static Encoding, usize), String> {
    if let Some(found) = Encoding::for_bom(bytes) {
        return Ok(found);
    }
    match bytes {
        [0, second, ..] if *second != 0 => return Ok((UTF_16BE, 0)),
        [first, 0, ..] if *first != 0 => return Ok((UTF_16LE, 0)),
        _ => {}
    }
    let Some(label) = declared_encoding(bytes) else {
        return Ok((UTF_8, 0));
    };
    let encoding = Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        format!("the text states the encoding {label:?}, which is not known; save it as UTF-8")
    })?;
    // Without zeros it is no UTF-16, whatever it states; .NET writes such files.
    let is_utf16 = encoding == UTF_16LE || encoding == UTF_16BE;
    Ok((if is_utf16 { UTF_8 } else { encoding }, 0))
}

/// The encoding that an XML declaration states.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let start = &bytes[..bytes.len().min(MAX_DECLARATION_BYTES)];
    let start = String::from_utf8_lossy(start);
    let declaration = start.trim_start().strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (label, _) = value[1..].split_once(quote)?;
    Some(label.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use encoding_rs::{GB18030, GBK, SHIFT_JIS, WINDOWS_1252};

    use super::*;

    #[test]
    fn declared_encodings_are_obeyed() {
        for (label, encoding, text) in [
            ("GB2312", GBK, "猫"),
            ("gbk", GBK, "猫"),
            ("GB18030", GB18030, "猫🐈"),
            ("Shift-JIS", SHIFT_JIS, "ネコ"),
            ("Shift_JIS", SHIFT_JIS, "ネコ"),
            ("ISO-8859-1", WINDOWS_1252, "Gerät"),
            ("latin1", WINDOWS_1252, "Gerät"),
            ("utf-8", UTF_8, "猫"),
            ("UTF-16", UTF_8, "a file of .NET, 猫"),
        ] {
            for quote in ['"', '\''] {
                let text = format!(
                    "<?xml version='1.0' encoding = {quote}{label}{quote} ?>\n<a>{text}</a>"
                );
                let (bytes, _, has_errors) = encoding.encode(&text);
                assert!(!has_errors, "{label}");
                assert_eq!(decode(bytes.to_vec()), Ok(text.clone()), "{label}");
                assert_eq!(decode_head(&bytes), text, "{label}");
            }
        }
    }

    #[test]
    fn utf_16_needs_no_mark() {
        let text = "{\"a\": \"猫🐈\"}";
        for mark in ["", "\u{feff}"] {
            let units: Vec<u16> = mark.encode_utf16().chain(text.encode_utf16()).collect();
            for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let bytes: Vec<u8> = units.iter().copied().flat_map(to_bytes).collect();
                assert_eq!(decode(bytes.clone()).as_deref(), Ok(text));
                // Cut within the last characters.
                let head = decode_head(&bytes[..bytes.len() - 7]);
                assert!(head.starts_with("{\"a\": \"猫"), "{head}");
            }
        }
    }

    #[test]
    fn what_is_not_text_is_refused_by_name() {
        let fault = |bytes: &[u8]| decode(bytes.to_vec()).unwrap_err();
        assert!(fault(b"a\xffb").contains("not valid UTF-8 (byte 1)"));
        assert!(fault(b"\xff\xfe\x00\xd8").contains("invalid UTF-16"));
        let unknown = b"<?xml version=\"1.0\" encoding=\"klingon\"?><a/>";
        assert!(fault(unknown).contains("\"klingon\", which is not known"));
        let wrong = b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><a>\x81</a>";
        assert!(
            fault(wrong).contains("invalid Shift_JIS"),
            "{}",
            fault(wrong)
        );
        assert_eq!(decode_head(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(decode(Vec::new()).as_deref(), Ok(""));
    }
}
