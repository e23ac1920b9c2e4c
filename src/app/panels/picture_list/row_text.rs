//! The texts of a picture in the list: its boxes, its tags, and as much of its path as fits.

use egui::{Color32, FontId, Ui};

use crate::app::i18n::tr;
use crate::app::workspace::Workspace;
use crate::document::{Annotation, BoxState, CategoryId, Document, Picture, ReviewState};

/// The names of a picture's tags.
pub fn tag_names(workspace: &Workspace, picture: &Picture) -> String {
    let document = workspace.session.document();
    let names = picture
        .tags
        .iter()
        .filter_map(|tag| document.category(*tag));
    let names: Vec<&str> = names.map(|category| &*category.name).collect();
    names.join(", ")
}

/// The boxes of a picture, counted.
pub struct BoxCounts {
    ground_truth: usize,
    proposed: usize,
    /// The classes of its boxes, rejected ones excepted.
    pub categories: Vec<CategoryId>,
}

impl BoxCounts {
    /// Counts boxes.
    pub fn of(document: &Document, boxes: &[Annotation]) -> Self {
        let mut categories: Vec<_> = boxes
            .iter()
            .filter(|row| row.state != BoxState::Rejected)
            .filter_map(|row| Some(document.class_of(row)?.id))
            .collect();
        categories.sort_unstable();
        categories.dedup();
        let proposed = boxes.iter().filter(|row| row.state == BoxState::Proposed);
        Self {
            ground_truth: boxes.iter().filter(|row| row.is_ground_truth()).count(),
            proposed: proposed.count(),
            categories,
        }
    }

    /// The counts in words.
    pub fn text(&self, review: ReviewState) -> String {
        match (self.ground_truth, self.proposed) {
            (0, 0) => match review {
                ReviewState::Done => tr!("picture-empty").to_owned(),
                ReviewState::New => String::new(),
                ReviewState::Proposed | ReviewState::InReview => tr!("picture-no-boxes").to_owned(),
            },
            (boxes, 0) => tr!("boxes", count = boxes),
            (0, proposed) => tr!("picture-proposed", count = proposed),
            (boxes, proposed) => tr!(
                "picture-boxes-and-proposed",
                boxes = boxes,
                proposed = proposed
            ),
        }
    }
}

/// Elides the start of a path to fit the given width in points, since the end is more informative.
pub fn elided(ui: &Ui, path: &str, font: &FontId, width: f32) -> String {
    let fits = |text: &str| {
        let painter = ui.painter();
        let galley = painter.layout_no_wrap(text.to_owned(), font.clone(), Color32::WHITE);
        galley.size().x <= width
    };
    let path = path.replace(char::is_control, " ");
    if fits(&path) {
        return path;
    }
    let starts: Vec<usize> = path.char_indices().map(|(at, _)| at).skip(1).collect();
    let at = starts.partition_point(|at| !fits(&format!("…{}", &path[*at..])));
    let start = starts.get(at).copied().unwrap_or(path.len());
    format!("…{}", &path[start..])
}
