//! Workers that die: the window says so, whoever waited gets an answer, and the next request works.

use std::fs;

use egui::{Key, Modifiers};
use tsukami::app::action::Action;
use tsukami::app::preferences::Theme;
use tsukami::app::session::SelectionChange;
use tsukami::app::window::Window;
use tsukami::app::workers::crash::Worker;
use tsukami::app::workspace::ModelState;
use tsukami::document::BoxState;
use tsukami::formats::{ExportOptions, Format, ImportMode};
use tsukami::geometry::BBox;
use tsukami::localize::Quality;

use crate::bench::{Bench, sample};

const TWO: [&str; 2] = ["cat/chelsea.jpg", "cup/coffee.jpg"];

fn perform(bench: &mut Bench, action: Action) {
    let context = bench.harness.ctx.clone();
    bench.harness.state_mut().perform_for_test(&context, action);
    bench.frames(2);
}

fn has_problem(window: &Window, part: &str) -> bool {
    let mut problems = window.notifications().all_problems();
    problems.any(|text| text.contains(part))
}

/// Makes the next task of a worker panic.
fn doom(bench: &Bench, worker: Worker) {
    bench.harness.state().doom(worker);
}

/// Waits until the window tells that this work has stopped.
fn wait_for_news(bench: &mut Bench, part: &str) {
    let text = format!("{part} stopped because of an error in the program");
    bench.wait_window(part, |window| has_problem(window, &text));
}

fn current(bench: &Bench) -> tsukami::document::PictureId {
    bench.session().current().unwrap()
}

#[test]
fn pictures_and_thumbnails_are_made_again_after_their_workers_died() {
    let mut bench = Bench::open(&TWO);
    let picture = current(&bench);
    doom(&bench, Worker::Decoder);
    perform(&mut bench, Action::Reload(picture));
    wait_for_news(&mut bench, "Decoding a picture");
    bench.wait("the reason", |workspace| {
        workspace.session.unreadable(picture).is_some()
    });
    let reason = bench.session().unreadable(picture).unwrap().to_owned();
    assert!(reason.contains("chelsea.jpg"), "{reason}");
    // The model has nothing to do with it.
    assert_eq!(bench.workspace().proposing.failure(picture), None);
    bench.click("Try again");
    bench.wait("the picture", |workspace| {
        workspace.view.textures.has(picture)
    });
    assert!(!bench.has("Try again"));

    bench.wait("the thumbnail", |workspace| {
        matches!(workspace.view.textures.thumbnail(picture), Some(Some(_)))
    });
    doom(&bench, Worker::Thumbnailer);
    perform(&mut bench, Action::Reload(picture));
    wait_for_news(&mut bench, "Making a thumbnail");
    perform(&mut bench, Action::Reload(picture));
    bench.wait("the thumbnail", |workspace| {
        matches!(workspace.view.textures.thumbnail(picture), Some(Some(_)))
    });

    // The report is a file with message, place and version.
    let report = bench.folder.path().join("user/tsukami-report.txt");
    bench.key(Key::F7);
    assert!(bench.has("Save a report…"));
    let window = bench.harness.state_mut();
    window.save_report_for_test(report.clone());
    bench.wait_window("the report", |_| report.exists());
    let text = fs::read_to_string(report).unwrap();
    for part in [
        "Tsukami ",
        "Worker: decoder",
        "Worker: thumbnailer",
        "src/app/workers/",
        "asked",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains(bench.folder.path().to_str().unwrap()),
        "{text}"
    );
}

#[test]
fn opening_scanning_and_closing_go_on_after_their_workers_died() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    doom(&bench, Worker::Opener);
    bench.key(Key::F5);
    wait_for_news(&mut bench, "Opening");
    assert!(!bench.workspace().is_scanning);
    fs::copy(
        sample("cup/coffee.jpg"),
        bench.pictures().join("coffee.jpg"),
    )
    .unwrap();
    bench.key(Key::F5);
    bench.wait("the new picture", |workspace| {
        !workspace.is_scanning && workspace.session.rows().len() == 2
    });
    // What cannot be opened leaves the former project open.
    let other = bench.folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::copy(sample("cup/coffee.jpg"), other.join("only.jpg")).unwrap();
    doom(&bench, Worker::Opener);
    perform(&mut bench, Action::Open(other.clone()));
    bench.frames(20);
    assert_eq!(bench.session().rows().len(), 2);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    doom(&bench, Worker::Closer);
    perform(&mut bench, Action::Open(other));
    wait_for_news(&mut bench, "Closing a project");
    bench.wait("the other", |workspace| {
        let document = workspace.session.document();
        document.picture_at("only.jpg").is_some()
    });
    let here = bench.pictures();
    perform(&mut bench, Action::Open(here));
    bench.wait("the first again", |workspace| {
        workspace.session.rows().len() == 2
    });
    assert_eq!(bench.boxes().len(), 1, "every edit was safe before");
}

#[test]
fn imports_exports_and_class_heads_end_when_their_workers_die() {
    let mut bench = Bench::open(&TWO);
    let labels = bench.folder.path().join("labels.json");
    let text = r#"{"imageWidth": 451, "imageHeight": 300, "imagePath": "chelsea.jpg", "shapes": [
        {"label": "cat", "shape_type": "rectangle", "points": [[10, 20], [110, 70]]}]}"#;
    fs::write(&labels, text).unwrap();
    let import = Action::Import(vec![labels], ImportMode::Merge.into());
    doom(&bench, Worker::Importer);
    perform(&mut bench, import.clone());
    wait_for_news(&mut bench, "The import");
    bench.wait("its end", |workspace| workspace.exchange.is_none());
    assert!(!bench.workspace().exchange.defers_writes());
    perform(&mut bench, import);
    bench.wait("the import", |workspace| {
        workspace.exchange.is_none() && !workspace.session.boxes().is_empty()
    });

    doom(&bench, Worker::ExportPlanner);
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    wait_for_news(&mut bench, "The preview of the export");
    assert!(bench.has("What is written"));
    bench.click_last("Only those that are done");
    bench.wait_for_words("2 pictures, 1 box");
    bench.key(Key::Escape);

    let out = bench.folder.path().join("boxes.json");
    let options = ExportOptions::new(Format::Coco);
    let export = Action::Export(Box::new(options), out.clone());
    doom(&bench, Worker::Exporter);
    perform(&mut bench, export.clone());
    wait_for_news(&mut bench, "The export");
    bench.wait("its end", |workspace| workspace.exchange.is_none());
    perform(&mut bench, export);
    bench.wait_window("the export", |_| out.exists());

    perform(&mut bench, Action::SelectPictures(SelectionChange::All));
    perform(&mut bench, Action::TagByName("cat".to_owned()));
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    doom(&bench, Worker::ClassHeadTrainer);
    bench.keys(Modifiers::SHIFT, Key::F9);
    wait_for_news(&mut bench, "Learning classes");
    assert!(bench.workspace().class_head_training.is_none());
}

#[test]
fn the_model_is_loaded_again_and_a_picture_that_it_fails_on_is_not_unreadable() {
    let folder = Bench::folder_of(&TWO);
    let pictures = folder.path().join("pictures");
    let mut bench = Bench::start(folder, None, Theme::Dark);
    doom(&bench, Worker::Proposer);
    perform(&mut bench, Action::Open(pictures));
    wait_for_news(&mut bench, "The model");
    bench.wait("the pictures", |workspace| {
        !workspace.is_scanning && workspace.session.rows().len() == 2
    });
    bench.see();
    let has_failed = |bench: &Bench| {
        let model = &bench.workspace().proposing.model;
        matches!(model, ModelState::Failed(_))
    };
    assert!(has_failed(&bench));
    assert!(bench.workspace().proposing.job.is_none());
    perform(&mut bench, Action::UseQuality(Quality::Fast));
    bench.wait("the model", |workspace| workspace.model_info().is_some());

    // It dies on one picture.
    let picture = current(&bench);
    doom(&bench, Worker::Proposer);
    bench.key(Key::I);
    bench.wait("the failure", |workspace| {
        workspace.proposing.failure(picture).is_some()
    });
    assert!(bench.session().unreadable(picture).is_none());
    assert!(!bench.workspace().is_current_pending());
    assert!(bench.says("The model has failed here"));
    bench.click("Try again");
    bench.wait("its boxes", |workspace| {
        workspace.proposing.failure(picture).is_none() && !workspace.session.boxes().is_empty()
    });
    bench.propose_all();

    // The other pictures' boxes are derived again, also after a death.
    doom(&bench, Worker::Relocalizer);
    bench.key(Key::CloseBracket);
    wait_for_news(&mut bench, "Updating proposals");
    bench.wait("no more to come", |workspace| {
        workspace.relocalizing.remaining == 0
    });
    bench.key(Key::OpenBracket);
    bench.wait("the boxes", |workspace| {
        workspace.relocalizing.remaining == 0 && !workspace.has_unwritten()
    });
}

#[test]
fn a_model_that_cannot_be_loaded_is_loaded_at_the_next_request() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    doom(&bench, Worker::Proposer);
    perform(&mut bench, Action::UseQuality(Quality::Fast));
    wait_for_news(&mut bench, "The model");
    bench.wait("the failure", |workspace| {
        matches!(workspace.proposing.model, ModelState::Failed(_))
    });
    bench.key(Key::I);
    bench.wait("its boxes", |workspace| {
        let mut boxes = workspace.session.boxes().iter();
        boxes.any(|row| row.state == BoxState::Proposed)
    });
}

#[test]
fn learning_starts_again_when_a_person_asks() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    perform(&mut bench, Action::UseQuality(Quality::Fast));
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    doom(&bench, Worker::Learner);
    bench.keys(Modifiers::NONE, Key::Space);
    wait_for_news(&mut bench, "Learning");
    let is_idle = |bench: &Bench| {
        let learning = &bench.workspace().learning;
        bench.workspace().learning_step().is_none() && !learning.is_waiting()
    };
    assert!(is_idle(&bench));
    bench.key(Key::F9);
    bench.wait("an answer", |workspace| {
        let trouble = workspace.learning.trouble.as_deref();
        trouble.is_some_and(|text| !text.contains("stopped"))
    });
    assert!(is_idle(&bench));
    assert_eq!(bench.workspace().learning.reviewed(), 1);
}

#[test]
fn fitting_works_again_after_its_worker_died() {
    let mut bench = Bench::open(&["cup/coffee.jpg"]);
    bench.draw(BBox::from_corners(166.0, 43.0, 462.0, 352.0));
    let drawn = bench.boxes()[0].rect;
    doom(&bench, Worker::Segmenter);
    bench.key(Key::E);
    wait_for_news(&mut bench, "Fitting boxes");
    bench.wait("an answer", |workspace| !workspace.fitting.has_pending());
    assert!(!bench.workspace().fitting.is_waiting());
    assert_eq!(bench.boxes()[0].rect, drawn);
    bench.key(Key::E);
    bench.wait("the fit", |workspace| !workspace.fitting.has_pending());
    assert_ne!(bench.boxes()[0].rect, drawn);
}
