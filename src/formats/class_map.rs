//! A file that maps the classes of a model to the names of a project: CSV or JSON.
//!
//! CSV has a line `class,category` for each class, quoted where a name has a comma; a first line
//! with column names is skipped. JSON is one object, `{"tabby": "cat", "nail": null}`. No
//! category, or the category "object", means that boxes of the class stay unnamed.

use std::path::Path;

use serde_json::{Map, Value};

use super::error::FormatError;
use super::input;
use crate::naming::{MappedClass, Naming};

/// Names of a first column that are not a class.
const COLUMN_NAMES: [&str; 3] = ["class", "model class", "model_class"];

/// Reads a file, which is JSON if it begins with a brace.
///
/// # Errors
/// If the file cannot be read, is neither CSV nor JSON, or maps a class to two names.
pub fn read(path: &Path) -> Result<Naming, FormatError> {
    let content = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    if content.trim_start().starts_with('{') {
        read_json(path, &content)
    } else {
        read_csv(path, &content)
    }
}

fn read_json(path: &Path, content: &str) -> Result<Naming, FormatError> {
    let map: Map<String, Value> = serde_json::from_str(content)
        .map_err(|error| FormatError::malformed(path, format!("not JSON: {error}")))?;
    let mut naming = Naming::default();
    for (class, category) in map {
        let target = match category {
            Value::Null => MappedClass::Object,
            Value::String(name) => MappedClass::named(&name),
            other => {
                let reason = format!(
                    "{class:?} is mapped to {other}: write a name, or null to leave its boxes unnamed"
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
        let record =
            record.map_err(|error| FormatError::malformed(path, format!("not CSV: {error}")))?;
        let class = record.get(0).unwrap_or_default();
        let is_header = at == 0
            && COLUMN_NAMES
                .iter()
                .any(|name| class.eq_ignore_ascii_case(name));
        if is_header || (class.is_empty() && record.len() < 2) {
            continue;
        }
        let (2, Some(category)) = (record.len(), record.get(1)) else {
            let line = record.position().map_or(0, csv::Position::line);
            let reason = format!(
                "line {line} is not `class,category`: write both, and quote a name that has a comma"
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
            "the class column is empty for {name:?}: fill it in"
        ))
    } else {
        let former = naming.add(class, target);
        former.map(|former| {
            format!(
                "{class:?} is mapped to both {:?} and {name:?}: remove one of them",
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
    fn csv_and_json_give_the_same_map() {
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
    fn a_faulty_map_is_refused_with_its_name_and_a_remedy() {
        for (content, expected) in [
            ("tabby\n", "line 1 is not `class,category`"),
            (
                "a,b\ntabby, tabby cat, cat\n",
                "line 2 is not `class,category`",
            ),
            (
                "tabby,cat\ntabby,dog\n",
                r#""tabby" is mapped to both "cat" and "dog""#,
            ),
            (",cat\n", "the class column is empty"),
            (r#"{"tabby": 3}"#, r#""tabby" is mapped to 3"#),
            (r#"{"tabby": "#, "not JSON"),
        ] {
            let problem = check(content).unwrap_err();
            assert!(problem.contains("map.txt: "), "{problem}");
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
