//! The tour at the first start.

use std::fs;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use tsukami::app::action::Action;
use tsukami::app::command::Command;
use tsukami::app::preferences::{Preferences, Theme};
use tsukami::app::tour::Step;
use tsukami::document::BoxState;
use tsukami::geometry::BBox;

use crate::bench::Bench;
use crate::looks::settle;
use crate::screens::{SIZES, project};

/// A window on pictures with proposals, with the tour.
fn bench() -> Bench {
    let mut bench = project(Theme::Dark);
    bench.key(Key::N);
    bench.act(Action::Command(Command::Tour));
    bench
}

fn step(bench: &Bench) -> Option<Step> {
    bench.harness.state().tour_step()
}

fn settings(bench: &Bench) -> Preferences {
    Preferences::load(&bench.folder.path().join("user/settings.json"))
}

#[test]
fn five_steps_by_keys_and_what_they_are_about_works_meanwhile() {
    let mut bench = bench();
    assert!(bench.says("Skip the tour"));
    assert_eq!(step(&bench), Some(Step::Pictures));
    bench.key(Key::Enter);
    assert_eq!(step(&bench), Some(Step::Proposal));
    assert_eq!(bench.count(BoxState::Accepted), 0, "Enter was for the card");
    bench.key(Key::Enter);
    assert_eq!(step(&bench), Some(Step::Judge));
    // Here it is tried out, and whoever has done it goes on.
    bench.key(Key::Enter);
    assert_eq!(bench.count(BoxState::Accepted), 1);
    assert_eq!(step(&bench), Some(Step::Draw));
    bench.key(Key::X);
    assert_eq!(
        bench.count(BoxState::Rejected),
        1,
        "the canvas has the keys"
    );
    bench.draw(BBox::from_xywh(60.0, 235.0, 60.0, 30.0));
    assert_eq!(bench.count(BoxState::Drawn), 1);
    assert_eq!(step(&bench), Some(Step::Draw));
    bench.click("Next");
    assert_eq!(step(&bench), Some(Step::Export));
    bench.click_last("Done");
    assert_eq!(step(&bench), None);
    assert!(!bench.says("Export your boxes"));
}

#[test]
fn it_begins_with_the_first_project_and_what_was_skipped_does_not_come_back() {
    let folder = Bench::folder_of(&["cat/chelsea.jpg"]);
    let path = folder.path().join("pictures");
    let mut bench = Bench::start_with(folder, None, Theme::Dark, |window| {
        window.set_tour_waits_for_test();
    });
    bench.frames(3);
    assert_eq!(step(&bench), None, "there is nothing to point at");
    bench.act(Action::SetProposeOnOpen(false));
    bench.act(Action::Open(path.clone()));
    bench.wait_window("the tour", |window| window.tour_step().is_some());
    bench.key(Key::Escape);
    assert_eq!(step(&bench), None);
    // From Help it comes at any time.
    bench.click("Help");
    bench.harness.get_by_label_contains("Tour").click();
    bench.frames(3);
    assert_eq!(step(&bench), Some(Step::Pictures));
    bench.click("Skip the tour");
    assert_eq!(step(&bench), None);
    let Bench { harness, folder } = bench;
    harness.into_state().close();
    let bench = Bench::start(folder, Some(path), Theme::Dark);
    assert!(!settings(&bench).tour_waits);
}

#[test]
fn an_unfinished_tour_comes_again() {
    let folder = Bench::folder_of(&[]);
    let settings = folder.path().join("user/settings.json");
    assert!(Preferences::load(&settings).tour_waits, "the first start");
    fs::write(&settings, r#"{"tour_waits": true}"#).unwrap();
    assert!(Preferences::load(&settings).tour_waits);
    fs::write(&settings, r#"{"theme": "dark"}"#).unwrap();
    let known = Preferences::load(&settings);
    assert!(!known.tour_waits, "a user of a former version");
}

#[test]
fn it_blocks_nothing_and_waits_behind_dialogs() {
    let mut bench = bench();
    let first = bench.shown();
    bench.key(Key::D);
    assert_ne!(bench.shown(), first);
    assert!(bench.says("Skip the tour"));
    bench.keys(Modifiers::COMMAND, Key::G);
    assert!(!bench.says("Skip the tour"));
    bench.key(Key::Escape);
    assert!(bench.says("Skip the tour"));
    assert_eq!(step(&bench), Some(Step::Pictures));
    // A click on the picture gives the keys to the canvas, and F6 gives them back.
    let at = bench.at(5.0, 5.0);
    bench.click_at(at);
    bench.key(Key::Escape);
    assert_eq!(step(&bench), Some(Step::Pictures));
    for _ in 0..4 {
        bench.key(Key::F6);
    }
    bench.key(Key::Enter);
    assert_eq!(step(&bench), Some(Step::Proposal));
}

#[test]
fn without_a_project_it_is_shown_on_the_sample_pictures() {
    let mut bench = Bench::start(Bench::folder_of(&[]), None, Theme::Dark);
    bench.act(Action::SetProposeOnOpen(false));
    bench.act(Action::Command(Command::Tour));
    bench.wait_window("the tour", |window| window.tour_step().is_some());
    let root = bench.session().project().root().to_owned();
    assert!(root.ends_with("Sample pictures"), "{}", root.display());
}

fn looks(theme: Theme, theme_name: &str) {
    let mut bench = project(theme);
    bench.key(Key::N);
    let shown = [Step::Proposal, Step::Judge, Step::Export];
    for ((size, scale, name), kept) in SIZES.into_iter().zip(shown) {
        bench.resize(size, scale);
        settle(&mut bench);
        bench.act(Action::Command(Command::Tour));
        while let Some(now) = step(&bench) {
            bench.hush();
            if now == kept {
                bench.harness.snapshot(format!("tour_{theme_name}_{name}"));
            }
            bench.act(Action::AdvanceTour);
        }
    }
}

#[test]
fn dark() {
    looks(Theme::Dark, "dark");
}

#[test]
fn light() {
    looks(Theme::Light, "light");
}
