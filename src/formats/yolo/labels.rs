//! The lines of a label file.

use std::sync::Arc;

use super::description::Description;
use crate::document::Provenance;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::rows::{ImportedBox, ImportedPicture};

/// Whether a text begins with a line of a label file.
pub(in crate::formats) fn is_label_text(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| {
            let mut words = line.split_whitespace();
            let has_class = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
            let mut count = 0;
            has_class
                && words.all(|word| {
                    count += 1;
                    word.parse::<f64>().is_ok()
                })
                && count >= 4
        })
}

/// Reads the lines of a label file into the boxes of its picture.
pub(super) fn read_lines(
    content: &str,
    file: &str,
    description: &Description,
    imported: &mut ImportedPicture,
    import: &mut ImportBuilder<'_>,
) {
    let model = Arc::new(Provenance {
        name: "YOLO labels".into(),
        version: "".into(),
        method: "imported".into(),
        threshold: 0.0,
    });
    for (at, line) in content.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let location = format!("{file} line {}", at + 1);
        match read_line(line, &location, description, &model, import) {
            Ok(one) => imported.boxes.push(one),
            Err(reason) => {
                imported.is_partial = true;
                import.report_skipped(format!("{location}: {reason}"));
            }
        }
    }
}

fn read_line(
    line: &str,
    location: &str,
    description: &Description,
    model: &Arc<Provenance>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let mut words = line.split_whitespace();
    let class: u64 = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or("the line does not begin with the number of a class")?;
    let words: Vec<&str> = words.collect();
    let numbers: Option<Vec<f64>> = words.iter().map(|word| word.parse().ok()).collect();
    let numbers = numbers.ok_or("a value is not a number")?;
    let name = match description.names.get(&class) {
        Some(name) => name.clone(),
        None if description.names.is_empty() => format!("class {class}"),
        None => return Err(format!("class {class} is not in data.yaml")),
    };
    let category = import
        .category_by_name(&name)
        .ok_or("the class has no name")?;
    let from_centre = |[x, y, w, h]: [f64; 4]| {
        let edges = [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0];
        ImportedBox::drawn(category, edges)
    };
    match numbers[..] {
        [x, y, w, h] => Ok(from_centre([x, y, w, h])),
        [x, y, w, h, score] => {
            let one = from_centre([x, y, w, h]);
            // A whole number is the number of a track.
            if words[4].contains(['.', 'e', 'E']) {
                let proposed = one.proposed(model, score);
                proposed.ok_or_else(|| "the confidence is not a number".to_owned())
            } else {
                Ok(one)
            }
        }
        [x, y, w, h, ..] if description.has_keypoints => {
            import.report_change(format!("{location}: the keypoints were left out"));
            Ok(from_centre([x, y, w, h]))
        }
        _ if numbers.len() >= 6 && numbers.len().is_multiple_of(2) => {
            if numbers.iter().any(|number| !number.is_finite()) {
                return Err("a corner is not a number".to_owned());
            }
            import.report_change(format!(
                "{location}: a polygon was reduced to its bounding box"
            ));
            Ok(ImportedBox::drawn(category, bounds(&numbers)))
        }
        _ => Err(format!("the box has {} values instead of 4", numbers.len())),
    }
}

/// Left, top, right and bottom edge of a polygon, given as x and y of its corners in turn.
fn bounds(corners: &[f64]) -> [f64; 4] {
    let coordinates = |first: usize| corners[first..].iter().step_by(2).copied();
    let min = |first| coordinates(first).fold(f64::INFINITY, f64::min);
    let max = |first| coordinates(first).fold(f64::NEG_INFINITY, f64::max);
    [min(0), min(1), max(0), max(1)]
}
