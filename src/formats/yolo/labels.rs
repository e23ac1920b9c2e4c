//! The lines of a label file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::columns::{Columns, Evidence, Kind, Number, Verdict, verdict};
use super::description::Description;
use super::recognise::{class_number, words};
use crate::document::Provenance;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::rows::{ImportedBox, ImportedPicture, unknown_model};
use crate::formats::shapes::bounds;

/// A line with a class and enough numbers.
#[derive(Debug)]
struct Line {
    /// Counted from 1.
    number: usize,
    class: u64,
    numbers: Vec<Number>,
}

/// The lines of a file, before it is decided what their columns mean.
#[derive(Debug, Default)]
pub(super) struct LabelFile {
    /// The path in messages.
    name: String,
    lines: BTreeMap<Kind, Vec<Line>>,
    verdicts: BTreeMap<Kind, Verdict>,
    /// Number of lines whose keypoints were left out.
    keypoints: usize,
}

impl LabelFile {
    /// Reads the lines of a file. Those that cannot be read are reported, and the picture is partial
    /// then.
    pub(super) fn read(
        content: &str,
        name: &str,
        description: &Description,
        imported: &mut ImportedPicture,
        import: &mut ImportBuilder<'_>,
    ) -> Self {
        let mut file = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for (number, line) in (1..).zip(content.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            if let Err(reason) = file.add(line, number, description) {
                imported.is_partial = true;
                import.report_skipped(format!("{name} line {number}: {reason}"));
            }
        }
        for kind in Kind::ALL {
            let lines = file.numbers_of(kind);
            if !lines.is_empty() {
                let verdict = verdict(kind, &lines);
                file.verdicts.insert(kind, verdict);
            }
        }
        if file.lines.contains_key(&Kind::Even) && file.lines.contains_key(&Kind::Odd) {
            // All polygons of a file have the same columns, so some lines lack a number.
            file.verdicts.insert(Kind::Odd, Verdict::Contradictory);
        }
        file
    }

    fn add(&mut self, line: &str, number: usize, description: &Description) -> Result<(), String> {
        let mut words = words(line).into_iter();
        let class = words
            .next()
            .and_then(class_number)
            .ok_or("the line does not begin with the number of a class")?;
        let numbers: Option<Vec<Number>> = words.map(Number::parse).collect();
        let mut numbers = numbers.ok_or("a value is not a number")?;
        let count = numbers.len();
        if description.has_keypoints && count > 4 {
            self.keypoints += 1;
            let tail = description.keypoint_values.and_then(|values| {
                let tail = count.checked_sub(4)?.checked_sub(values)?;
                (tail <= 2).then_some(tail)
            });
            let tail = tail.unwrap_or_default();
            numbers.drain(4..count - tail);
        }
        let kind = Kind::of(numbers.len(), !description.has_keypoints);
        let kind = kind.ok_or_else(|| format!("the box has {count} values instead of 4"))?;
        self.lines.entry(kind).or_default().push(Line {
            number,
            class,
            numbers,
        });
        Ok(())
    }

    /// Adds what the file says about the columns of its set.
    pub(super) fn add_evidence(&self, evidence: &mut Evidence) {
        for (kind, verdict) in &self.verdicts {
            evidence.add(*kind, verdict, &self.numbers_of(*kind));
        }
    }

    /// The numbers of the lines of a kind.
    fn numbers_of(&self, kind: Kind) -> Vec<&[Number]> {
        let lines = self.lines.get(&kind).into_iter().flatten();
        lines.map(|line| line.numbers.as_slice()).collect()
    }

    /// Whether it needs the rest of its set.
    pub(super) fn is_open(&self) -> bool {
        let mut verdicts = self.verdicts.values();
        verdicts.any(|verdict| matches!(verdict, Verdict::Open(_)))
    }

    /// Adds the boxes to their picture.
    pub(super) fn add_boxes(
        self,
        evidence: &Evidence,
        description: &Description,
        imported: &mut ImportedPicture,
        import: &mut ImportBuilder<'_>,
    ) {
        let Self {
            name,
            lines,
            verdicts,
            keypoints,
        } = self;
        if keypoints > 0 {
            import.report_change(format!("{name}: the keypoints were left out"));
        }
        let model = unknown_model("YOLO labels");
        let mut polygons = 0;
        let mut boxes = Vec::new();
        for (kind, lines) in lines {
            let columns = match verdicts.get(&kind) {
                Some(Verdict::Clear(columns)) => Some(*columns),
                Some(Verdict::Open(open)) => evidence.decide(kind, open),
                Some(Verdict::Contradictory) | None => None,
            };
            let Some(columns) = columns else {
                imported.is_partial = true;
                let is_open = matches!(verdicts.get(&kind), Some(Verdict::Open(_)));
                import.report_skipped(format!("{name}: {}", refusal(kind, is_open, lines.len())));
                continue;
            };
            for line in lines {
                match read_line(&line, columns, description, &model, import) {
                    Ok(one) => {
                        polygons += usize::from(columns.is_polygon);
                        boxes.push((line.number, one));
                    }
                    Err(reason) => {
                        imported.is_partial = true;
                        import.report_skipped(format!("{name} line {}: {reason}", line.number));
                    }
                }
            }
        }
        if polygons > 0 {
            let what = if polygons == 1 {
                "a polygon was reduced to its bounding box".to_owned()
            } else {
                format!("{polygons} polygons were reduced to their bounding boxes")
            };
            import.report_change(format!("{name}: {what}"));
        }
        boxes.sort_by_key(|(number, _)| *number);
        imported.boxes.extend(boxes.into_iter().map(|(_, one)| one));
    }
}

/// Why lines of a kind were refused.
fn refusal(kind: Kind, is_open: bool, count: usize) -> String {
    let lines = if count == 1 {
        "1 line was".to_owned()
    } else {
        format!("{count} lines were")
    };
    let reason = match (kind, is_open) {
        (Kind::Five, true) => {
            "the number after the box may be a confidence or a track; write a confidence as 1.0"
        }
        (Kind::Five, false) => {
            "the numbers after the boxes are neither all confidences from 0 to 1 nor all tracks"
        }
        (Kind::Six | Kind::SixWithoutPolygon, true) => {
            "the 6 numbers may be a box with a confidence and a track, or a triangle; remove the last two, \
             or repeat a corner"
        }
        (Kind::Six | Kind::SixWithoutPolygon, false) => {
            "the 6 numbers are neither a box with a confidence and a track, nor a triangle"
        }
        (Kind::Odd, true) => {
            "the number after the polygon may be a confidence or a track; write a confidence as 1.0"
        }
        _ => {
            "the numbers of a polygon are neither pairs alone nor pairs with a confidence or a track"
        }
    };
    format!("{lines} refused: {reason}")
}

fn read_line(
    line: &Line,
    columns: Columns,
    description: &Description,
    model: &Arc<Provenance>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let class = line.class;
    let name = match description.names.get(&class) {
        Some(name) => name.clone(),
        None if description.names.is_empty() => format!("class {class}"),
        None => {
            let file = description.file.file_name().unwrap_or_default();
            return Err(format!(
                "class {class} is not in {}",
                file.to_string_lossy()
            ));
        }
    };
    let category = import
        .category_by_name(&name)
        .ok_or("the class has no name")?;
    let numbers: Vec<f64> = line.numbers.iter().map(|number| number.value).collect();
    let (place, tail) = numbers.split_at(numbers.len() - columns.tail());
    let edges = match place {
        [x, y, w, h] if !columns.is_polygon => [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0],
        corners if corners.iter().all(|number| number.is_finite()) => {
            bounds(corners.as_chunks().0.iter().copied())
        }
        _ => return Err("a corner is not a number".to_owned()),
    };
    let one = ImportedBox::drawn(category, edges);
    match tail {
        [confidence, ..] if columns.has_confidence => {
            let proposed = one.proposed(model, *confidence);
            proposed.ok_or_else(|| "the confidence is not a number".to_owned())
        }
        _ => Ok(one),
    }
}
