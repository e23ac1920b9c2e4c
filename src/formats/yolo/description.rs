//! The classes of a data set: from `data.yaml`, or from a list that labelImg or darknet wrote.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::formats::error::FormatError;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::input;

/// Files that list the classes, one name per line, in the order of their numbers.
const CLASS_LIST_FILES: [&str; 3] = ["classes.txt", "obj.names", "_darknet.labels"];

/// The classes of a data set.
#[derive(Default)]
pub(super) struct Description {
    /// Names by the number of the class.
    pub names: BTreeMap<u64, String>,
    /// Whether lines have keypoints after the box.
    pub has_keypoints: bool,
}

/// Whether a file is a `data.yaml`.
pub(in crate::formats) fn is_description(path: &Path) -> bool {
    let is_yaml = input::has_extension(path, "yaml") || input::has_extension(path, "yml");
    is_yaml
        && input::head(path)
            .lines()
            .any(|line| line.starts_with("names:"))
}

/// Whether a file is a list of classes.
pub(super) fn is_class_list(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| CLASS_LIST_FILES.contains(&name))
}

/// Reads the description at `path`, or looks for one below `folder`. All of its classes become
/// categories, in the order of their numbers, whether they have boxes or not.
///
/// # Errors
/// If the description cannot be read.
pub(super) fn read_description(
    folder: &Path,
    path: Option<&Path>,
    import: &mut ImportBuilder<'_>,
) -> Result<Description, FormatError> {
    let mut files = match path {
        Some(path) => vec![path.to_owned()],
        None => input::files_below(folder, |file| is_description(file) || is_class_list(file))?,
    };
    files.sort_by_key(|file| (!is_description(file), file.components().count()));
    let Some(file) = files.first() else {
        import.report_change(
            "the classes are numbered, because no data.yaml or classes.txt names them",
        );
        return Ok(Description::default());
    };
    let content = input::read_text(file, input::MAX_PICTURE_FILE_BYTES)?;
    if is_class_list(file) {
        let names = content.lines().map(|line| line.trim().to_owned());
        let names = (0..)
            .zip(names)
            .filter(|(_, name)| !name.is_empty())
            .collect();
        return Ok(Description {
            names,
            has_keypoints: false,
        });
    }
    let description = parse(&content).map_err(|reason| FormatError::malformed(file, reason))?;
    for name in description.names.values() {
        if import.category_by_name(name).is_none() {
            import.report_skipped(format!("{}: a class has no name", file.display()));
        }
    }
    Ok(description)
}

/// Reads the text of a `data.yaml`.
fn parse(content: &str) -> Result<Description, String> {
    // With strict booleans, a class may be called `no` or `on`.
    let options = serde_saphyr::options! { strict_booleans: true };
    let yaml: Value = serde_saphyr::from_str_with_options(content, options)
        .map_err(|error| format!("not YAML: {error}"))?;
    let name_of = |value: &Value| match value {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    let names = match &yaml["names"] {
        Value::Array(names) => (0..).zip(names.iter().map(name_of)).collect(),
        Value::Object(names) => names
            .iter()
            .map(|(class, name)| Some((class.parse().ok()?, name_of(name))))
            .collect::<Option<_>>()
            .ok_or("the keys of `names` are not numbers")?,
        _ => return Err("`names` is neither a list nor a map".to_owned()),
    };
    Ok(Description {
        names,
        has_keypoints: !yaml["kpt_shape"].is_null(),
    })
}
