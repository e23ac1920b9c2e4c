//! `tsukami simulate`: its figures on the sample set, and what it refuses.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Place, Run, repository};
use serde_json::Value;

#[test]
fn the_sample_is_gone_through() {
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
    // In either order without learning it is the same.
    let off = |seed: usize| effort(&figures["seeds"][seed]["all"]["off"]);
    assert_eq!(off(0), off(1));
    for plot in ["effort.svg", "accepted.svg"] {
        assert!(place.path(plot).exists(), "no {plot}");
    }
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
