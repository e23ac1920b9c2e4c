//! The table of `tsukami judge`.

use std::fmt::Write as _;

use super::example::Example;
use super::fitting::ExampleSet;
use crate::evaluate::{
    AnnotationEffort, ClassMatching, EvaluationCase, annotation_effort, coco_metrics,
};
use crate::learn::judge::Judge;
use crate::localize::Method;

/// The minimum scores of the table.
const MIN_SCORES: [f32; 7] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35];

/// The table of all sets: the maps alone, then the judge of each set at several minimum scores.
pub fn table(sets: &[ExampleSet], judges: &[Judge]) -> String {
    let mut text = String::from("set                 pictures objects   maps |");
    for score in MIN_SCORES {
        let _ = write!(text, "  {score:.2}");
    }
    text.push_str(" | AP50 recall false\n");
    for (set, judge) in sets.iter().zip(judges) {
        let _ = writeln!(text, "{}", row(set, judge));
    }
    text
}

fn row(set: &ExampleSet, judge: &Judge) -> String {
    let cases = set.pictures.iter();
    let from_maps: Vec<EvaluationCase> = cases
        .map(|example| example.case(example.from_maps.iter().map(|bbox| (*bbox, 1.0))))
        .collect();
    let from_maps = effort(&from_maps);
    let mut text = format!(
        "{:20} {:7} {:7} {} |",
        set.name,
        set.pictures.len(),
        from_maps.objects,
        number(from_maps.effort)
    );
    for score in MIN_SCORES {
        let _ = write!(
            text,
            " {}",
            number(effort(&cases_at(set, judge, score)).effort)
        );
    }
    let cases = cases_at(set, judge, Method::Pool.default_min_score());
    let found = effort(&cases);
    let recall = (found.accepts + found.edits) as f64 / found.objects.max(1) as f64;
    let ap50 = coco_metrics(&cases, ClassMatching::Agnostic).map(|metrics| metrics.ap50);
    let _ = write!(
        text,
        " | {} {} {}",
        number(ap50),
        number(Some(recall)),
        number(found.false_boxes_per_empty_picture)
    );
    text
}

fn cases_at(set: &ExampleSet, judge: &Judge, min_score: f32) -> Vec<EvaluationCase> {
    let case = |example: &Example| {
        let judged = example.judged(judge).into_iter();
        let shown = judged.filter(|found| found.score >= min_score);
        example.case(shown.map(|found| (found.bbox, found.score)))
    };
    set.pictures.iter().map(case).collect()
}

fn effort(cases: &[EvaluationCase]) -> AnnotationEffort {
    annotation_effort(cases, ClassMatching::Agnostic)
}

fn number(number: Option<f64>) -> String {
    number.map_or("    -".to_owned(), |number| format!("{number:5.3}"))
}
