//! Faults that people have met: each of these tests failed once.

use std::fs;
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, PointerButton, Vec2};
use tsukami::app::action::Action;
use tsukami::app::i18n;
use tsukami::app::preferences::Theme;
use tsukami::geometry::BBox;
use tsukami::localize::Quality;

use crate::bench::{Bench, sample};

fn perform(bench: &mut Bench, action: Action) {
    let context = bench.harness.ctx.clone();
    bench.harness.state_mut().perform_for_test(&context, action);
    bench.frames(2);
}

fn button(pos: egui::Pos2, pressed: bool) -> Event {
    Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    }
}

#[test]
fn resetting_the_sliders_leaves_quality_and_model_in_step() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    perform(&mut bench, Action::UseQuality(Quality::Fast));
    let is_in_step = |bench: &Bench| {
        let settings = bench.session().proposal_settings().clone();
        let shown = bench.workspace().model_settings();
        assert_eq!(
            (shown.quality, shown.model),
            (settings.quality(), settings.model.clone())
        );
        settings
    };
    let mut settings = is_in_step(&bench);
    settings.min_score = Some(0.5);
    perform(
        &mut bench,
        Action::SetProposalSettings(settings.clone(), true),
    );
    let reset = is_in_step(&bench).with_default_sliders();
    perform(&mut bench, Action::SetProposalSettings(reset, true));
    let settings = is_in_step(&bench);
    assert_eq!(
        (settings.quality(), settings.min_score),
        (Quality::Fast, None)
    );
    // Settings from elsewhere take the model with them.
    let other = tsukami::app::session::ProposalSettings::default();
    perform(&mut bench, Action::SetProposalSettings(other, true));
    assert_ne!(is_in_step(&bench).quality(), Quality::Fast);
    bench.wait("the model", |workspace| {
        let quality = workspace.session.proposal_settings().quality();
        workspace
            .model_info()
            .is_some_and(|info| info.quality == quality)
    });
}

#[test]
fn a_click_while_drawing_and_a_drag_under_the_dashboard_hold_nothing_back() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    let rect = BBox::from_xywh(60.0, 60.0, 120.0, 90.0);
    bench.draw(rect);
    let rect = bench.boxes()[0].rect;
    // One corner is set, and the other never is.
    bench.key(Key::W);
    let corner = bench.at(300.0, 200.0);
    bench.click_at(corner);
    assert!(!bench.workspace().view.canvas.holds_boxes());
    bench.key(Key::Escape);
    // A drag moves a box when the dashboard covers the canvas.
    let (from, to) = (bench.at(120.0, 100.0), bench.at(160.0, 140.0));
    bench.click_at(from);
    for event in [
        Event::PointerMoved(from),
        button(from, true),
        Event::PointerMoved(to),
    ] {
        bench.harness.event(event);
        bench.frames(1);
    }
    assert!(bench.workspace().view.canvas.holds_boxes());
    bench.key(Key::F8);
    bench.harness.event(button(to, false));
    bench.frames(2);
    assert!(!bench.workspace().view.canvas.holds_boxes());
    bench.key(Key::F8);
    assert!(!bench.workspace().view.canvas.is_busy());
    assert_eq!(bench.boxes()[0].rect, rect, "nothing was moved unseen");
}

#[test]
fn problems_of_a_project_end_with_it() {
    let folder = Bench::folder_of(&["cat/chelsea.jpg"]);
    let pictures = folder.path().join("pictures");
    fs::write(pictures.join("a zero.jpg"), "").unwrap();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::copy(sample("cup/coffee.jpg"), other.join("coffee.jpg")).unwrap();
    let mut bench = Bench::on(folder, Theme::Dark, false);
    bench.wait_window("the problem", |window| window.notifications().unread() > 0);
    perform(&mut bench, Action::Open(other));
    bench.wait("the other project", |workspace| {
        let document = workspace.session.document();
        !workspace.is_scanning && document.picture_at("coffee.jpg").is_some()
    });
    let notifications = bench.harness.state().notifications();
    let problems: Vec<&String> = notifications.all_problems().collect();
    assert!(
        problems.is_empty() && notifications.unread() == 0,
        "{problems:?}"
    );
    assert!(!bench.says("a zero.jpg"));
}

#[test]
fn the_zoom_in_the_status_line_follows_the_window() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    // Until then a spinner asks for frames.
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.hush();
    bench.harness.set_size(Vec2::new(900.0, 600.0));
    bench.settle();
    let canvas = &bench.workspace().view.canvas;
    let zoom = i18n::percent(canvas.scale() * bench.harness.ctx.pixels_per_point());
    assert!(bench.has(&zoom), "{zoom}");
}

#[test]
fn boxes_that_are_hidden_cannot_be_deleted() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(BBox::from_xywh(60.0, 60.0, 120.0, 90.0));
    let id = bench.boxes()[0].id;
    let number = |bench: &Bench| bench.session().visible().count();
    bench.keys(Modifiers::COMMAND, Key::H);
    // As Ctrl+click on its row in the list of boxes.
    perform(&mut bench, Action::ToggleInSelection(vec![id]));
    bench.key(Key::Delete);
    assert_eq!(number(&bench), 1);
    // Undo and redo show what they change.
    bench.keys(Modifiers::COMMAND, Key::H);
    perform(&mut bench, Action::Select(vec![id]));
    bench.key(Key::Delete);
    bench.keys(Modifiers::COMMAND, Key::H);
    bench.keys_at_once(&[(Modifiers::COMMAND, Key::Z), (Modifiers::NONE, Key::Delete)]);
    assert_eq!(number(&bench), 1);
    bench.key(Key::Delete);
    assert_eq!(number(&bench), 1);
}

#[cfg(unix)]
#[test]
fn a_folder_that_was_renamed_and_renamed_back_can_be_edited_again() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(BBox::from_xywh(60.0, 60.0, 120.0, 90.0));
    let (here, away) = (bench.pictures(), bench.folder.path().join("away"));
    fs::rename(&here, &away).unwrap();
    bench.wait("the loss", |workspace| !workspace.session.is_editable());
    fs::rename(&away, &here).unwrap();
    bench.wait_for_words("is back where it was");
    bench.wait("the return", |workspace| {
        workspace.session.is_editable() && !workspace.is_scanning
    });
    assert_eq!(bench.boxes().len(), 1);
    bench.draw(BBox::from_xywh(10.0, 10.0, 40.0, 40.0));
    assert_eq!(bench.boxes().len(), 2);
    let strays = fs::read_dir(&here).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("rescued")
    });
    assert_eq!(strays.count(), 0);
}

#[test]
fn an_idle_window_draws_no_frames() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.draw(BBox::from_xywh(60.0, 60.0, 120.0, 90.0));
    bench.hush();
    let begun = Instant::now();
    let mut wakes = 0;
    // As the system would: it draws when the window wants it, and not before.
    while begun.elapsed() < Duration::from_secs(10) {
        bench.settle();
        wakes += 1;
        std::thread::sleep(bench.next_frame_in().min(Duration::from_secs(10)));
    }
    eprintln!("{wakes} wake-ups of an idle window in 10 s");
    // One of them saves what has changed in the session.
    assert!(wakes <= 4, "{wakes} in 10 s");
}
