//! Metrics of boxes from a COCO results list.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use super::report::EvaluationReport;
use crate::cli::ground_truth::truth_boxes;
use crate::evaluate::{ClassMatching, EvaluationCase, Prediction, annotation_effort, coco_metrics};
use crate::formats::coco::{self, Instances};
use crate::geometry::BBox;

/// The metrics of the boxes in the file `results`.
///
/// # Errors
/// If the file cannot be read or refers to a picture that the ground truth lacks.
pub fn measure_results(
    instances: &Instances,
    results: &Path,
    class_agnostic: bool,
) -> anyhow::Result<EvaluationReport> {
    let mut cases: BTreeMap<u64, EvaluationCase> = truth_boxes(instances)
        .into_iter()
        .map(|(id, truth)| {
            let predictions = Vec::new();
            (id, EvaluationCase { truth, predictions })
        })
        .collect();
    for detection in coco::read_detections(results)? {
        let id = detection.image_id;
        let case = cases.get_mut(&id);
        let case = case.with_context(|| {
            format!("a result refers to picture {id}, which is not in the ground truth")
        })?;
        let [x, y, width, height] = detection.bbox;
        case.predictions.push(Prediction {
            bbox: BBox {
                x0: x as f32,
                y0: y as f32,
                x1: (x + width) as f32,
                y1: (y + height) as f32,
            },
            category: detection.category_id as u32,
            score: detection.score as f32,
        });
    }
    let cases: Vec<EvaluationCase> = cases.into_values().collect();
    let classes = if class_agnostic {
        ClassMatching::Agnostic
    } else {
        ClassMatching::Required
    };
    Ok(EvaluationReport {
        pictures: cases.len(),
        failed: Vec::new(),
        localization: None,
        classification: None,
        detection: coco_metrics(&cases, classes),
        effort: annotation_effort(&cases, classes),
        effort_with_fit: None,
    })
}
