//! A list of class names: one on each line, as in `classes.txt` and `obj.names`, or with commas between
//! them on a single line.

use std::collections::HashSet;
use std::path::Path;

use super::error::FormatError;
use super::input;

/// Reads a file.
///
/// # Errors
/// If the file cannot be read, is too large, or has no name.
pub fn read(path: &Path) -> Result<Vec<String>, FormatError> {
    let content = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    let names = parse(&content);
    if names.is_empty() || names.iter().any(|name| name.contains(char::is_control)) {
        let reason = "it is not a list of names, one on each line".to_owned();
        return Err(FormatError::malformed(path, reason));
    }
    Ok(names)
}

/// The names of a list, each once, without space around them.
pub fn parse(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let parts: Vec<&str> = if text.contains('\n') {
        // A name may have a comma: "great white shark, white shark".
        text.lines().collect()
    } else {
        text.split([',', ';']).collect()
    };
    let mut seen = HashSet::new();
    let names = parts.into_iter().map(str::trim);
    let names = names.filter(|name| !name.is_empty() && seen.insert(*name));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_on_lines_or_between_commas() {
        assert_eq!(parse("cat, dog ;cat,,"), ["cat", "dog"]);
        assert_eq!(
            parse("\u{feff}cat\r\nwhite shark, shark\r\n\r\ncat\n"),
            ["cat", "white shark, shark"]
        );
        assert_eq!(parse(" \n"), [""; 0]);
    }

    #[test]
    fn a_file_that_is_no_list_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("classes.txt");
        std::fs::write(&path, "cat\ndog\n").unwrap();
        assert_eq!(read(&path).unwrap(), ["cat", "dog"]);
        for content in [&b""[..], b"\n \n", b"cat\x01\n"] {
            std::fs::write(&path, content).unwrap();
            assert!(read(&path).is_err(), "{content:?}");
        }
    }
}
