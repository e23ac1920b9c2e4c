//! Failures are reported, and everything else continues.

use std::fs;

use egui::{Key, Modifiers};
use tsukami::app::action::Action;
use tsukami::app::preferences::Theme;
use tsukami::document::ReviewState;
use tsukami::geometry::BBox;
use tsukami::store::{Access, Project, find_project};

use crate::bench::{Bench, sample};

#[test]
fn an_unreadable_picture_is_reported_and_the_others_are_proposed() {
    let folder = Bench::folder_of(&["cat/chelsea.jpg"]);
    let pictures = folder.path().join("pictures");
    fs::write(pictures.join("a zero.jpg"), "").unwrap();
    fs::write(pictures.join("b ünï.png"), "no picture").unwrap();
    let mut bench = Bench::on(folder, Theme::Dark, true);
    bench.wait("the good picture", |workspace| {
        let document = workspace.session.document();
        document
            .picture_at("chelsea.jpg")
            .is_some_and(|row| row.review == ReviewState::Proposed)
    });
    let problems: Vec<&String> = bench
        .harness
        .state()
        .notifications()
        .all_problems()
        .collect();
    for name in ["a zero.jpg", "b ünï.png"] {
        assert!(
            problems.iter().any(|text| text.contains(name)),
            "{name}: {problems:?}"
        );
    }
    bench.key(Key::F7);
    assert!(bench.says("a zero.jpg"));
}

#[test]
fn a_deleted_picture_is_marked_missing_and_keeps_its_boxes() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    let file = bench.pictures().join("chelsea.jpg");
    fs::remove_file(&file).unwrap();
    bench.key(Key::F5);
    bench.wait("the folder", |workspace| !workspace.is_scanning);
    let is_missing = |bench: &Bench| {
        let document = bench.session().document();
        document.picture_at("chelsea.jpg").unwrap().missing
    };
    assert!(is_missing(&bench));
    assert_eq!(bench.boxes().len(), 1);
    fs::copy(sample("cat/chelsea.jpg"), &file).unwrap();
    bench.key(Key::F5);
    bench.wait("the folder", |workspace| !workspace.is_scanning);
    assert!(!is_missing(&bench));
}

#[test]
fn a_second_window_is_read_only_with_a_notice() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    let other = tempfile::tempdir().unwrap();
    let second = Bench::start(other, Some(bench.pictures()), Theme::Light);
    let mut second = second;
    second.wait("the second window", |workspace| {
        workspace.session.current().is_some()
    });
    assert!(!second.session().is_editable());
    assert_eq!(second.session().boxes().len(), 1);
    second.key(Key::W);
    second.key(Key::Delete);
    assert_eq!(second.session().boxes().len(), 1);
    assert!(second.says("read-only"));
    // The second window shows the changes of the first.
    bench.draw(BBox::from_xywh(150.0, 30.0, 100.0, 100.0));
    second.wait("the other's box", |workspace| {
        workspace.session.boxes().len() == 2
    });
}

#[test]
fn boxes_from_the_command_line_appear_in_the_window() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    let file = find_project(&bench.pictures()).unwrap();
    let (mut project, _) = Project::open(&file, Access::Add).unwrap();
    let add = tsukami::document::ops::add_category(project.document(), "from outside");
    project.commit("add a class", &add, None).unwrap();
    project.close().unwrap();
    bench.wait("the class", |workspace| {
        workspace
            .session
            .document()
            .category_named("from outside")
            .is_some()
    });
}

#[test]
fn a_path_that_cannot_be_opened_is_reported_in_one_sentence() {
    let folder = Bench::folder_of(&[]);
    let nowhere = folder.path().join("nowhere");
    let mut bench = Bench::start(folder, Some(nowhere), Theme::Dark);
    bench.wait_window("the answer", |window| window.notifications().unread() == 1);
    assert!(bench.says("Tsukami"), "the welcome screen");
    let problem = bench
        .harness
        .state()
        .notifications()
        .all_problems()
        .next()
        .unwrap();
    assert!(problem.contains("nowhere"), "{problem}");

    let model = bench.folder.path().join("model.pth");
    fs::write(&model, "no zip").unwrap();
    let empty = bench.pictures();
    let context = bench.harness.ctx.clone();
    bench
        .harness
        .state_mut()
        .perform_for_test(&context, Action::Open(empty));
    bench.wait("the empty folder", |workspace| !workspace.is_scanning);
    assert!(bench.says("contains no readable pictures"));
    bench
        .harness
        .state_mut()
        .perform_for_test(&context, Action::UseModel(Some(model)));
    bench.wait_window("the answer", |window| {
        window
            .notifications()
            .all_problems()
            .any(|text| text.contains("model.pth"))
    });
    bench.keys(Modifiers::NONE, Key::F7);
    bench.key(Key::Escape);
    if !bench.has("Use the embedded model") {
        bench.click_last("Proposals");
    }
    bench.click("Use the embedded model");
    bench.wait("the model", |workspace| workspace.model_info().is_some());
}

#[test]
fn deleting_the_open_project_file_loses_nothing() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    let file = find_project(&bench.pictures()).unwrap();
    fs::remove_file(&file).unwrap();
    bench.wait_window("the word", |window| {
        window
            .notifications()
            .all_problems()
            .any(|text| text.contains("deleted or replaced"))
    });
    let rescued = bench.pictures().join("pictures rescued 1.tsukami");
    // What was not in the file yet is added to the copy.
    bench.wait("the box in the copy", |_| {
        let copy = Project::open(&rescued, Access::View);
        copy.is_ok_and(|(copy, _)| copy.document().annotation_count() == 1)
    });
}

#[test]
fn a_folder_without_its_project_file_is_restored_from_the_backup() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    let file = find_project(&bench.pictures()).unwrap();
    bench.harness.state_mut().close();
    fs::remove_file(file).unwrap();
    let bench = bench.reopen();
    assert_eq!(bench.boxes().len(), 1);
    let problems: Vec<_> = bench
        .harness
        .state()
        .notifications()
        .all_problems()
        .collect();
    assert!(
        problems[0].contains("restored from its backup"),
        "{problems:?}"
    );
}
