//! What a model's classes are called, as a file that people write: CSV or JSON.
//!
//! CSV has a line `class,category` for each class, quoted where a name holds a comma; a first line
//! of column names is passed over. JSON is one object, `{"tabby": "cat", "nail": null}`. No
//! category, or the category "object", means no class.

use std::path::Path;

use serde_json::{Map, Value};

use super::{FormatError, text};
use crate::naming::{MappedClass, Naming};

/// Names of a first column that is no class.
const HEADERS: [&str; 3] = ["class", "model class", "model_class"];

/// Reads a file, JSON if it begins with a brace.
///
/// # Errors
/// If it cannot be read, is neither, or says two things of one class.
pub fn read(path: &Path) -> Result<Naming, FormatError> {
    let content = text::read(path, text::LARGE_FILE_BYTES)?;
    if content.trim_start().starts_with('{') {
        read_json(path, &content)
    } else {
        read_csv(path, &content)
    }
}

fn read_json(path: &Path, content: &str) -> Result<Naming, FormatError> {
    let map: Map<String, Value> = serde_json::from_str(content)
        .map_err(|error| FormatError::malformed(path, format!("it is no JSON: {error}")))?;
    let mut naming = Naming::default();
    for (class, category) in map {
        let target = match category {
            Value::Null => MappedClass::Object,
            Value::String(name) => MappedClass::named(&name),
            other => {
                let reason = format!(
                    "{class:?} stands for {other}: write the name of a category, or null for no class"
                );
                return Err(FormatError::malformed(path, reason));
            }
        };
        add(path, &mut naming, &class, target)?;
    }
    Ok(naming)
}

fn read_csv(path: &Path, content: &str) -> Result<Naming, FormatError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    let mut naming = Naming::default();
    for (at, record) in reader.records().enumerate() {
        let record = record
            .map_err(|error| FormatError::malformed(path, format!("it is no CSV: {error}")))?;
        let class = record.get(0).unwrap_or_default();
        let is_header = at == 0 && HEADERS.iter().any(|name| class.eq_ignore_ascii_case(name));
        if is_header || (class.is_empty() && record.len() < 2) {
            continue;
        }
        let (2, Some(category)) = (record.len(), record.get(1)) else {
            let line = record.position().map_or(0, csv::Position::line);
            let reason = format!(
                "line {line} is not `class,category`: write both, and quote a name that holds a comma"
            );
            return Err(FormatError::malformed(path, reason));
        };
        add(path, &mut naming, class, MappedClass::named(category))?;
    }
    Ok(naming)
}

fn add(
    path: &Path,
    naming: &mut Naming,
    class: &str,
    target: MappedClass,
) -> Result<(), FormatError> {
    let class = class.trim();
    let name = target.name().to_owned();
    let problem = if class.is_empty() {
        Some(format!(
            "{name:?} has no class that stands for it: name one"
        ))
    } else {
        let former = naming.add(class, target);
        former.map(|former| {
            format!(
                "{class:?} stands for both {:?} and {name:?}: leave one of them",
                former.name()
            )
        })
    };
    problem.map_or(Ok(()), |problem| Err(FormatError::malformed(path, problem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("map.txt");
        std::fs::write(&path, content).unwrap();
        let read = read(&path).map_err(|error| error.to_string())?;
        Ok(serde_json::to_string(&read).unwrap())
    }

    #[test]
    fn csv_and_json_say_the_same() {
        let expected = r#"{"nail":null,"screw":null,"tabby, tabby cat":"cat"}"#;
        for content in [
            "Class,category\n\"tabby, tabby cat\", cat \nnail,object\n\nscrew,\n",
            "\u{feff}\"tabby, tabby cat\",cat\r\nnail,\r\nscrew,object\r\nscrew,\r\n",
            r#" {"tabby, tabby cat": "cat", "nail": null, "screw": "object"}"#,
        ] {
            assert_eq!(check(content).as_deref(), Ok(expected), "{content}");
        }
        assert_eq!(check("").as_deref(), Ok("{}"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_file_and_a_remedy() {
        for (content, says) in [
            ("tabby\n", "line 1 is not `class,category`"),
            (
                "a,b\ntabby, tabby cat, cat\n",
                "line 2 is not `class,category`",
            ),
            (
                "tabby,cat\ntabby,dog\n",
                r#""tabby" stands for both "cat" and "dog""#,
            ),
            (",cat\n", "has no class that stands for it"),
            (r#"{"tabby": 3}"#, r#""tabby" stands for 3"#),
            (r#"{"tabby": "#, "it is no JSON"),
        ] {
            let problem = check(content).unwrap_err();
            assert!(problem.contains("map.txt: "), "{problem}");
            assert!(problem.contains(says), "{problem}");
        }
    }
}
