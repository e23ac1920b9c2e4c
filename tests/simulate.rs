//! `tsukami simulate`: what it measures, and what it refuses.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Place, Run, repository};
use serde_json::Value;

#[test]
fn the_sample_set_is_simulated() {
    let place = Place::new();
    let options = "--json figures.json --plot effort.svg --reliability accepted.svg --seeds 2";
    let run: Run = place
        .command(&format!("simulate {options}"))
        .arg(repository("assets/sample"))
        .output()
        .unwrap()
        .into();
    let run = run.exits(0);
    assert!(run.stdout.starts_with("12 pictures\n"), "{}", run.stdout);
    let figures = place.json("figures.json");
    assert_eq!(figures["seeds"].as_array().unwrap().len(), 2);
    let all = &figures["mean"]["all"];
    let effort = |figures: &Value| figures["effort"].as_f64().unwrap();
    assert!((0.3..1.5).contains(&effort(&all["off"])), "{all}");
    assert!((0.3..1.5).contains(&effort(&all["on"])), "{all}");
    // Without learning the order makes no difference.
    let off = |seed: usize| effort(&figures["seeds"][seed]["all"]["off"]);
    assert_eq!(off(0), off(1));
    for plot in ["effort.svg", "accepted.svg"] {
        assert!(place.path(plot).exists(), "no {plot}");
    }
}

/// At this threshold the program's own boxes are much too small. Corrections teach it better ones.
#[test]
fn learning_saves_work() {
    let place = Place::new();
    let options = "--quality fast --patches 100 --threshold 0.85 --seeds 1 --json report.json";
    let run: Run = place
        .command(&format!("simulate {options}"))
        .arg(repository("tests/fixtures/runway-debris"))
        .output()
        .unwrap()
        .into();
    run.exits(0);
    let report = place.json("report.json");
    let last = &report["mean"]["last_third"];
    let number = |learning: &str, key: &str| last[learning][key].as_f64().unwrap();
    assert!(last["in_use"].as_f64().unwrap() > 0.8, "{last}");
    assert!(
        number("on", "effort") < 0.75 * number("off", "effort"),
        "{last}"
    );
    assert!(number("on", "ap50") > number("off", "ap50") + 0.2, "{last}");
    assert!(number("on", "at75") > number("off", "at75") + 0.3, "{last}");
}

#[test]
fn effort_with_fit_is_a_column_of_its_own() {
    let place = Place::new();
    place.sample("images");
    let truth = std::fs::read(repository("assets/sample/truth.json")).unwrap();
    let mut truth: Value = serde_json::from_slice(&truth).unwrap();
    // One picture: without optimisation the network is slow.
    truth["images"].as_array_mut().unwrap().truncate(1);
    let annotations = truth["annotations"].as_array_mut().unwrap();
    annotations.retain(|annotation| annotation["image_id"] == 1);
    place.write("truth.json", truth.to_string());
    let options = "--quality fast --patches 64 --threshold 0.95 --seeds 2 --json report.json";
    let run: Run = place
        .command(&format!("simulate . --fit {options} --models"))
        .arg(repository("models"))
        .output()
        .unwrap()
        .into();
    run.exits(0).prints("false  with fit");
    let report = place.json("report.json");
    let figures = |seed: usize, learning: &str| report["seeds"][seed]["all"][learning].clone();
    // The object is drawn at this threshold, which fitting makes cheaper or dearer.
    let off = figures(0, "off");
    let number = |key: &str| off[key].as_f64().unwrap();
    assert!(
        (number("effort_with_fit") - number("effort")).abs() > 0.05,
        "{off}"
    );
    assert_eq!(off, figures(1, "off"));
    assert_eq!(
        off,
        figures(0, "on"),
        "one picture is too few to learn from"
    );
}

#[test]
fn a_plot_of_another_kind_and_a_missing_truth_are_refused() {
    let place = Place::new();
    place.sample("images");
    let run = place.run("simulate images --truth none.json").exits(2);
    assert!(run.stderr.contains("none.json"), "{}", run.stderr);
    let sample = repository("assets/sample");
    let run: Run = place
        .command("simulate --reliability plot.jpg")
        .arg(sample)
        .output()
        .unwrap()
        .into();
    let run = run.exits(2);
    assert!(run.stderr.contains(".svg or .png"), "{}", run.stderr);
}
