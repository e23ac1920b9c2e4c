//! Numbers as other programs write them: as JSON numbers or as text, with an exponent or without.

use serde_json::Value;

/// The number that a text is. A decimal comma is not guessed at, since `1,5` may also be two numbers.
///
/// # Errors
/// Why it is not one finite number.
pub(super) fn parse_number(text: &str) -> Result<f64, String> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ if text.contains(',') => Err(format!(
            "{text:?} is not a number; write decimals with a point"
        )),
        _ => Err(format!("{text:?} is not a number")),
    }
}

/// The number that a JSON value is: a number, or a text that is one.
///
/// # Errors
/// Why it is not one finite number.
pub(super) fn number_of(value: &Value) -> Result<f64, String> {
    match value {
        Value::String(text) => parse_number(text),
        other => other
            .as_f64()
            .ok_or_else(|| format!("{other} is not a number")),
    }
}

/// The numbers of a JSON list.
///
/// # Errors
/// Why it is not a list of numbers.
pub(super) fn numbers_of(list: &Value) -> Result<Vec<f64>, String> {
    let list = list
        .as_array()
        .ok_or_else(|| format!("{list} is not a list of numbers"))?;
    list.iter().map(number_of).collect()
}

/// Width and height of a picture, if both are known: above 0, as a number or as text, and possibly
/// with decimals.
pub(super) fn picture_size(width: Option<f64>, height: Option<f64>) -> Option<[u32; 2]> {
    let side = |side: Option<f64>| {
        let side = side?.round();
        (side >= 1.0 && side < f64::from(u32::MAX)).then_some(side as u32)
    };
    Some([side(width)?, side(height)?])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_as_programs_write_them() {
        for (text, number) in [("10", 10.0), (" 1.5 ", 1.5), ("1.0e+1", 10.0), ("-3", -3.0)] {
            assert_eq!(parse_number(text), Ok(number));
            assert_eq!(number_of(&json!(text)), Ok(number));
        }
        for text in ["", "ten", "nan", "inf", "1 2", "0x10"] {
            assert!(parse_number(text).is_err(), "{text}");
        }
        assert!(parse_number("10,5").unwrap_err().contains("point"));
        assert!(number_of(&json!(null)).is_err() && number_of(&json!(true)).is_err());
    }

    #[test]
    fn sizes_are_known_only_if_both_sides_are() {
        assert_eq!(picture_size(Some(451.0), Some(299.6)), Some([451, 300]));
        for (width, height) in [(0.0, 300.0), (451.0, 0.2), (-1.0, 300.0), (1e30, 1.0)] {
            assert_eq!(picture_size(Some(width), Some(height)), None);
        }
        assert_eq!(picture_size(None, Some(1.0)), None);
    }
}
