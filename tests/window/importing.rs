//! Importing labels: what a person chooses in the dialog.

use std::fs;

use egui::{Event, Key, Modifiers};
use tsukami::document::{BoxState, ReviewState};

use crate::bench::Bench;

const CTRL: Modifiers = Modifiers::COMMAND;

/// A window on one picture of 451 x 300 pixels, after the import of a box with these choices. The file
/// states this size of the picture.
fn import(stated: [u32; 2], choices: &[&str]) -> Bench {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    let labels = bench.pictures().with_file_name("labels.json");
    let [width, height] = stated;
    let text = format!(
        "{{\"imageWidth\": {width}, \"imageHeight\": {height}, \"imagePath\": \"chelsea.jpg\", \
         \"shapes\": [{{\"label\": \"cat\", \"shape_type\": \"rectangle\", \
         \"points\": [[10, 20], [110, 70]]}}]}}"
    );
    fs::write(&labels, text).unwrap();
    bench.keys(CTRL | Modifiers::SHIFT, Key::I);
    bench.at_once(vec![Event::Text(labels.to_str().unwrap().to_owned())]);
    for choice in choices {
        bench.click(choice);
    }
    bench.click_last("Import");
    bench.wait("the import", |workspace| {
        workspace.exchange.is_none() && !workspace.session.boxes().is_empty()
    });
    bench
}

#[test]
fn a_person_chooses_whether_imported_boxes_are_to_be_reviewed() {
    let bench = import([451, 300], &[]);
    assert_eq!(bench.count(BoxState::Drawn), 1);
    let bench = import([451, 300], &["Proposals, to be reviewed"]);
    assert_eq!(
        (
            bench.count(BoxState::Drawn),
            bench.count(BoxState::Proposed)
        ),
        (0, 1)
    );
    let review = bench.session().document().pictures().next().unwrap().review;
    assert_eq!(review, ReviewState::Proposed);
}

#[test]
fn boxes_of_a_resized_copy_are_proposals_unless_a_person_has_them_scaled() {
    let bench = import([902, 600], &[]);
    assert_eq!(
        (
            bench.count(BoxState::Drawn),
            bench.count(BoxState::Proposed)
        ),
        (0, 1)
    );
    let scale = "Scale its boxes if the aspect ratio agrees, otherwise review them";
    let bench = import([902, 600], &[scale]);
    let rect = bench.boxes()[0].rect;
    assert_eq!(
        (bench.count(BoxState::Drawn), rect.x0, rect.y1),
        (1, 5.0, 35.0)
    );
}
