//! `tsukami stats`: counts of a project's pictures and boxes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::console::print;
use super::project_access::open;
use crate::document::{BoxState, Document, ReviewState};
use crate::store::Access;

/// `tsukami stats`.
#[derive(Args)]
pub struct Arguments {
    /// The project file, or its folder
    project: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `tsukami stats`. Returns the exit code.
///
/// # Errors
/// If the project cannot be read.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let project = open(&arguments.project, Access::View)?;
    let document = project.document();
    let summary = document.summary();
    let pictures = |state| summary.pictures.get(&state).copied().unwrap_or(0);
    let boxes = |state| summary.annotations.get(&state).copied().unwrap_or(0);
    let by_category = ground_truth_by_category(document);
    let text = if arguments.json {
        let json = json!({
            "pictures": {
                "new": pictures(ReviewState::New),
                "proposed": pictures(ReviewState::Proposed),
                "in_review": pictures(ReviewState::InReview),
                "done": pictures(ReviewState::Done),
                "verified_empty": summary.verified_empty,
                "unlabelled": summary.unlabelled,
                "missing": summary.missing,
                "taken_out": summary.excluded,
            },
            "boxes": {
                "proposed": boxes(BoxState::Proposed),
                "accepted": boxes(BoxState::Accepted),
                "edited": boxes(BoxState::Edited),
                "drawn": boxes(BoxState::Drawn),
                "rejected": boxes(BoxState::Rejected),
            },
            "ground_truth_by_category": by_category
                .iter()
                .map(|(name, count)| json!({"name": name, "boxes": count}))
                .collect::<Vec<_>>(),
        });
        format!("{json:#}\n")
    } else {
        let taken_out = match summary.excluded {
            0 => String::new(),
            count => format!("; {count} taken out of the project"),
        };
        let mut text = format!(
            "pictures  {} new, {} proposed, {} in review, {} done ({} verified empty), {} missing{taken_out}\n\
             boxes     {} proposed, {} accepted, {} edited, {} drawn, {} rejected\n",
            pictures(ReviewState::New),
            pictures(ReviewState::Proposed),
            pictures(ReviewState::InReview),
            pictures(ReviewState::Done),
            summary.verified_empty,
            summary.missing,
            boxes(BoxState::Proposed),
            boxes(BoxState::Accepted),
            boxes(BoxState::Edited),
            boxes(BoxState::Drawn),
            boxes(BoxState::Rejected),
        );
        for (name, count) in by_category {
            text.push_str(&format!("{count:>8}  {name}\n"));
        }
        text
    };
    print(&text)?;
    Ok(0)
}

/// The number of confirmed boxes of each category, in the order of the categories. As in the summary,
/// pictures that are taken out of the project do not count.
fn ground_truth_by_category(document: &Document) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for picture in document.included_pictures() {
        for annotation in document.annotations(picture.id) {
            if let (true, Some(category)) = (annotation.is_ground_truth(), annotation.category) {
                *counts.entry(category).or_insert(0) += 1;
            }
        }
    }
    document
        .categories()
        .map(|category| {
            let count = counts.get(&category.id).copied().unwrap_or(0);
            (category.name.to_string(), count)
        })
        .collect()
}
