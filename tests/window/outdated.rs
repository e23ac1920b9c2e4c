//! Proposals of a former model or quality: what a change says, and proposing again.

use egui::{Key, Modifiers};
use tsukami::app::action::Action;
use tsukami::app::preferences::{PanelOptions, Theme};
use tsukami::document::{AnnotationId, BoxState, Origin};
use tsukami::localize::Quality;

use crate::bench::Bench;
use crate::looks::prepared;

const OFFER: &str = "Propose again";
const OUTDATED: &str = "2 pictures have proposals of the former model or quality.";

/// The open proposals, and what made each of them.
fn open_proposals(bench: &Bench) -> Vec<(AnnotationId, String)> {
    let document = bench.session().document();
    let pictures = document.pictures();
    let rows = pictures.flat_map(|row| document.annotations(row.id));
    let open = rows.filter(|row| row.state == BoxState::Proposed);
    let origin = |origin: &Origin| format!("{origin:?}");
    open.map(|row| (row.id, origin(&row.origin))).collect()
}

/// After a change of what proposes: it is said and offered what is to be done again, which is then done.
fn check(change: impl Fn(&mut Bench)) {
    let mut bench = prepared(Theme::Dark);
    bench.act(Action::SetPanelOptions(PanelOptions {
        proposals: true,
        ..PanelOptions::default()
    }));
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.frames(5);
    // One picture is done, two have proposals, two are new.
    assert!(!bench.has(OFFER) && !bench.says("former model or quality"));
    let before = open_proposals(&bench);
    assert_eq!(before.len(), 3);

    change(&mut bench);
    assert!(bench.says("the Proposals panel offers to propose again"));
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.frames(5);
    assert!(bench.has(OUTDATED));
    assert_eq!(open_proposals(&bench), before, "nothing happens unasked");

    bench.click(OFFER);
    bench.frames(2);
    assert!(!bench.has(OFFER), "not twice");
    bench.wait("the new proposals", |workspace| {
        workspace.proposing.job.is_none() && !workspace.has_unwritten()
    });
    bench.frames(5);
    assert!(!bench.has(OFFER) && !bench.has(OUTDATED));
    let after = open_proposals(&bench);
    let former: Vec<&String> = before.iter().map(|(_, origin)| origin).collect();
    assert!(!after.is_empty());
    for (_, origin) in &after {
        assert!(!former.contains(&origin), "{origin}");
    }
    // The picture that is done was left alone, and so were those without proposals.
    let document = bench.session().document();
    let new = document.pictures().filter(|row| {
        let rows = document.annotations(row.id);
        rows.is_empty()
    });
    assert_eq!(new.count(), 2);
}

#[test]
fn a_change_of_quality_says_what_is_done_again_and_offers_it() {
    check(|bench| bench.act(Action::UseQuality(Quality::Fast)));
}

#[test]
fn a_change_of_the_model_says_what_is_done_again_and_offers_it() {
    check(|bench| bench.click("TS-CAM only"));
}

#[test]
fn a_picture_that_is_done_meanwhile_is_not_offered_again() {
    let mut bench = prepared(Theme::Dark);
    bench.act(Action::SetPanelOptions(PanelOptions {
        proposals: true,
        ..PanelOptions::default()
    }));
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.choose_quality("fast");
    assert!(bench.has(OUTDATED));
    let chelsea = bench.session().document().picture_at("chelsea.jpg");
    let chelsea = chelsea.unwrap().id;
    bench.act(Action::Show(chelsea));
    bench.see();
    bench.keys(Modifiers::SHIFT, Key::Enter);
    bench.wait_for_words("1 picture has proposals of the former model or quality.");
    assert!(!bench.has(OUTDATED) && bench.has(OFFER));
}
