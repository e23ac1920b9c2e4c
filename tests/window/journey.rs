//! The whole process from opening a folder to exporting it.

use egui::{Key, Modifiers};
use tsukami::document::{BoxState, ReviewState};
use tsukami::formats::coco::Instances;
use tsukami::geometry::BBox;

use crate::bench::Bench;

const CTRL: Modifiers = Modifiers::COMMAND;

#[test]
fn a_folder_is_opened_reviewed_exported_and_reopened() {
    let mut bench = Bench::open(&["cup/coffee.jpg", "cat/chelsea.jpg", "Pliers/008002.jpg"]);
    assert_eq!(bench.shown(), "008002.jpg");
    bench.choose_quality("fast");

    // Propose all. The first picture is processed first.
    bench.propose_all();
    assert!(bench.count(BoxState::Proposed) > 0);
    assert!(
        bench.says("object?, proposed"),
        "a box has a name for those who do not see it"
    );

    // Accept with Enter, undo, redo.
    bench.key(Key::Enter);
    assert_eq!(bench.count(BoxState::Accepted), 1);
    bench.keys(CTRL, Key::Z);
    assert_eq!(bench.count(BoxState::Accepted), 0);
    bench.keys(CTRL, Key::Y);
    assert_eq!(bench.count(BoxState::Accepted), 1);

    // Change its class: to a new one in the class picker, then by a class key.
    bench.key(Key::Tab);
    let id = bench.session().selection()[0];
    bench.keys(CTRL, Key::E);
    for character in "pliers".chars() {
        bench.type_char(character);
    }
    bench.key(Key::Enter);
    let class_of = |bench: &Bench| {
        let document = bench.session().document();
        let (_, row) = document.annotation(id).unwrap();
        document.class_of(row).unwrap().name.to_string()
    };
    assert_eq!(class_of(&bench), "pliers");
    bench.type_char('1');
    assert_eq!(class_of(&bench), "object");
    bench.type_char('2');
    assert_eq!(class_of(&bench), "pliers");

    // Mark as done, which shows the next picture. Edit its proposal by dragging the lower right corner.
    bench.key(Key::Space);
    assert_eq!(bench.shown(), "chelsea.jpg");
    let before = bench
        .boxes()
        .into_iter()
        .find(|row| row.state == BoxState::Proposed)
        .unwrap();
    bench.key(Key::Tab);
    assert_eq!(bench.session().selection(), [before.id]);
    let corner = bench.at(before.rect.x1, before.rect.y1);
    let to = bench.at(before.rect.x1 - 40.0, before.rect.y1 - 30.0);
    bench.drag(corner, to);
    let after = bench
        .boxes()
        .into_iter()
        .find(|row| row.id == before.id)
        .unwrap();
    assert_eq!(after.state, BoxState::Edited);
    assert!(
        (after.rect.x1 - (before.rect.x1 - 40.0)).abs() < 1.0,
        "{before:?} {after:?}"
    );
    assert_eq!(after.former.unwrap().rect, before.rect);
    // A drag is one undo step.
    bench.keys(CTRL, Key::Z);
    assert_eq!(bench.count(BoxState::Edited), 0);
    bench.keys(CTRL | Modifiers::SHIFT, Key::Z);
    assert_eq!(bench.count(BoxState::Edited), 1);

    // Reject it and draw a box by hand.
    bench.key(Key::X);
    assert_eq!(bench.count(BoxState::Rejected), 1);
    bench.draw(BBox::from_xywh(60.0, 40.0, 200.0, 150.0));
    let drawn = bench
        .boxes()
        .into_iter()
        .find(|row| row.state == BoxState::Drawn)
        .unwrap();
    assert!(
        drawn.rect.iou(&BBox::from_xywh(60.0, 40.0, 200.0, 150.0)) > 0.97,
        "{drawn:?}"
    );
    assert_eq!(bench.session().selection(), [drawn.id]);

    // Accept everything on the last picture. Now all are done.
    bench.key(Key::Space);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench.keys(Modifiers::SHIFT, Key::Enter);
    let summary = bench.session().document().summary();
    assert_eq!(summary.pictures.get(&ReviewState::Done), Some(&3));

    // Undo shows the picture that it changes.
    bench.key(Key::Home);
    assert_eq!(bench.shown(), "008002.jpg");
    bench.keys(CTRL, Key::Z);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench.keys(CTRL, Key::Y);

    // Filter.
    let is_listed = |bench: &Bench| bench.session().rows().len();
    bench.click("Search names");
    for character in "chel".chars() {
        bench.type_char(character);
    }
    assert_eq!(is_listed(&bench), 1);
    bench.click("Show all");
    assert_eq!(is_listed(&bench), 3);
    bench.click("State");
    bench.click("Verified empty");
    assert_eq!(is_listed(&bench), 0);
    bench.click("Show all");

    // Export.
    bench.keys(CTRL | Modifiers::SHIFT, Key::E);
    let out = bench.pictures().with_file_name("pictures-coco.json");
    assert!(!out.exists());
    bench.click_last("Export");
    bench.wait_window("the export", |_| out.exists());
    bench.wait("its end", |workspace| workspace.exchange.is_none());
    let written = Instances::read(&out).unwrap();
    written.validate().unwrap();
    assert_eq!(written.images.len(), 3);
    let truth: usize = bench
        .session()
        .document()
        .pictures()
        .flat_map(|row| bench.session().document().annotations(row.id))
        .filter(|row| row.is_ground_truth())
        .count();
    assert_eq!(written.annotations.len(), truth);
    assert!(truth >= 3);

    // After reopening, everything is still there, including the history and the current picture.
    let boxes = bench.session().document().clone();
    let mut bench = bench.reopen();
    assert_eq!(bench.session().document(), &boxes);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench.keys(CTRL, Key::Z);
    let done = bench
        .session()
        .document()
        .summary()
        .pictures
        .get(&ReviewState::Done)
        .copied();
    assert_eq!(done, Some(2));
}

#[test]
fn a_new_threshold_updates_unreviewed_boxes_without_running_the_model() {
    let mut bench = Bench::open(&["cup/coffee.jpg", "cat/chelsea.jpg"]);
    // Only regions of maps have a threshold.
    bench.use_ts_cam_only();
    bench.propose_all();
    // The box of the first picture is accepted, that of the second is not.
    bench.key(Key::Enter);
    let accepted = bench.boxes();
    let other = bench.session().neighbour(1).unwrap();
    let proposed = bench.session().document().annotations(other).to_vec();
    for _ in 0..8 {
        bench.key(Key::CloseBracket);
    }
    bench.wait("the other picture", |workspace| {
        workspace.relocalizing.remaining == 0
    });
    let now = bench.boxes();
    let kept = now.iter().find(|row| row.id == accepted[0].id).unwrap();
    assert_eq!(
        (kept.state, kept.rect),
        (BoxState::Accepted, accepted[0].rect)
    );
    let derived = bench.session().document().annotations(other);
    assert_ne!(derived[0].rect, proposed[0].rect);
    // Undo reverts the edit, not the change of threshold.
    bench.keys(CTRL, Key::Z);
    assert_eq!(bench.count(BoxState::Accepted), 0);
    bench.keys(CTRL, Key::Y);
    assert_eq!(bench.count(BoxState::Accepted), 1);
    let derived = bench.session().document().annotations(other);
    let tsukami::document::Origin::Model(model) = &derived[0].origin else {
        panic!("a model made it");
    };
    assert!((model.threshold - 0.69).abs() < 1e-4, "{}", model.threshold);
    // The heat map of a processed picture appears at once.
    bench.key(Key::H);
    assert!(bench.workspace().view.shows_heat_map);
    assert!(bench.says("Opacity"));
}

#[test]
fn proposing_one_picture_and_then_all_ends() {
    let mut bench = Bench::open(&["cup/coffee.jpg", "cat/chelsea.jpg"]);
    bench.choose_quality("fast");
    bench.key(Key::I);
    bench.wait("the one picture", |workspace| {
        !workspace.session.boxes().is_empty()
    });
    let steps = bench.session().project().history().steps().len();
    assert_eq!(steps, 1, "what a person asks for is their step");
    bench.keys(CTRL, Key::B);
    bench.wait("all pictures", |workspace| {
        workspace.proposing.job.is_none()
            && workspace
                .session
                .document()
                .pictures()
                .all(|row| row.review != ReviewState::New)
    });
    let steps = bench.session().project().history().steps();
    assert_eq!(steps.len(), 1, "the run is not: {:?}", steps.last());
}

#[test]
fn a_first_time_user_sees_class_names() {
    let mut bench = Bench::open(&["cup/coffee.jpg", "cat/chelsea.jpg"]);
    bench.propose_all();
    let document = bench.session().document();
    let rows = document
        .pictures()
        .flat_map(|row| document.annotations(row.id));
    let mut names: Vec<_> = rows.filter_map(|row| document.name_of(row)).collect();
    names.sort_unstable();
    // The detector's name for the Egyptian cat, and the companion's.
    assert_eq!(names, ["cat", "espresso"]);
    assert!(bench.says("cat?, proposed"));
    // They are no classes before a person takes them.
    assert_eq!(document.categories().count(), 0);
    bench.key(Key::Enter);
    assert_eq!(bench.session().document().categories().count(), 1);
    bench.keys(CTRL, Key::Z);
    assert_eq!(bench.session().document().categories().count(), 0);
}

#[test]
fn a_project_with_classes_gets_no_new_ones() {
    let mut bench = Bench::open(&["cup/coffee.jpg", "cat/chelsea.jpg"]);
    for name in ["cat", "cup"] {
        bench.click("New class");
        name.chars().for_each(|letter| bench.type_char(letter));
        bench.key(Key::Enter);
    }
    bench.propose_all();
    let document = bench.session().document();
    let names: Vec<String> = document
        .categories()
        .map(|row| row.name.to_string())
        .collect();
    assert_eq!(
        names,
        ["cat", "cup"],
        "the models' names are not a person's"
    );
}

#[test]
fn nothing_is_accepted_before_the_model_has_processed_the_picture() {
    let mut bench = Bench::open(&["cup/coffee.jpg", "cat/chelsea.jpg"]);
    bench.key(Key::I);
    bench.keys(Modifiers::SHIFT, Key::Enter);
    let document = bench.session().document();
    let is_done = document
        .pictures()
        .any(|row| row.review == ReviewState::Done);
    // The model may have been faster than the key.
    assert!(
        !is_done
            || document
                .pictures()
                .all(|row| !document.is_verified_empty(row.id))
    );
}
