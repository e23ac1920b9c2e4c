//! Learning from reviewed pictures: better boxes for the next ones, saved states, and switching
//! between them.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use egui::{Key, Modifiers};
use image::{Rgb, RgbImage};
use tempfile::TempDir;
use tsukami::app::preferences::Theme;
use tsukami::app::workspace::ProposalSource;
use tsukami::document::ops;
use tsukami::document::{BoxState, Document, Origin, PictureId};
use tsukami::geometry::BBox;
use tsukami::store::{self, Access, Project};

use crate::bench::Bench;

const SIZE: u32 = 224;
/// In seconds, and an hour more, so that midnight makes no difference.
const THREE_DAYS: u64 = 3 * 86_400 + 3_600;
/// Numbers of pictures that are done, and of other pictures.
const DONE: [u32; 11] = [1, 2, 4, 5, 7, 8, 10, 11, 13, 15, 16];
const LEFT: [u32; 6] = [0, 3, 6, 9, 12, 14];

/// A pseudo-random number for a seed.
fn random(seed: u32) -> u32 {
    let mut x = seed.wrapping_mul(0x9e37_79b9) ^ 0x85eb_ca6b;
    for _ in 0..3 {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
    }
    x
}

/// The rectangles of a picture's object and of its distractor.
fn places(number: u32) -> [BBox; 2] {
    let side = 56 + random(number) % 24;
    let x = random(number + 1000) % (SIZE / 2 - side);
    let y = random(number + 2000) % (SIZE - side);
    let other = random(number + 3000) % (SIZE - side);
    let square = |x: u32, y: u32| BBox::from_xywh(x as f32, y as f32, side as f32, side as f32);
    let [left, right] = [x, SIZE / 2 + x];
    if number.is_multiple_of(2) {
        [square(left, y), square(right, other)]
    } else {
        [square(right, y), square(left, other)]
    }
}

/// A yellow ball, the object, and a blue block, the distractor, on a grey background.
fn picture(number: u32) -> RgbImage {
    let [ball, block] = places(number);
    let middle = |bbox: &BBox| ((bbox.x0 + bbox.x1) / 2.0, (bbox.y0 + bbox.y1) / 2.0);
    let (bx, by) = middle(&ball);
    let radius = ball.width() / 2.0;
    RgbImage::from_fn(SIZE, SIZE, |x, y| {
        let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
        let grain = (random(x * 977 + y * 131 + number) % 24) as u8;
        let from_middle = (px - bx).hypot(py - by);
        if from_middle <= radius {
            let shade = (40.0 * from_middle / radius) as u8;
            Rgb([245 - shade, 205 - shade, 30 + grain])
        } else if px > block.x0 && px < block.x1 && py > block.y0 && py < block.y1 {
            Rgb([20 + grain, 60 + grain, 190])
        } else {
            Rgb([120 + grain, 125 + grain, 118 + grain])
        }
    })
}

/// A folder of such pictures. In those that are done, the ball has a box.
fn folder(pictures: u32, done: &[u32]) -> TempDir {
    let folder = Bench::folder_of(&[]);
    let path = folder.path().join("pictures");
    for number in 0..pictures {
        let file = path.join(format!("{number:02}.png"));
        picture(number).save(file).unwrap();
    }
    let (mut project, _) = Project::create_for(&path).unwrap();
    store::rescan(&mut project).unwrap();
    project
        .commit_with("add a class", None, |document| {
            Ok(ops::add_category(document, "ball"))
        })
        .unwrap();
    for number in done {
        finish(&mut project, *number);
    }
    let place = serde_json::json!({ "proposing": { "quality": "fast" } });
    project.set_setting("window", &place).unwrap();
    project.close().unwrap();
    folder
}

fn id(document: &Document, number: u32) -> PictureId {
    let row = document.picture_at(&format!("{number:02}.png"));
    row.unwrap().id
}

fn finish(project: &mut Project, number: u32) {
    let [ball, _] = places(number);
    let draw = |document: &Document| {
        let class = document.categories().next().unwrap().id;
        ops::draw(document, id(document, number), ball, class)
    };
    project.commit_with("draw", None, draw).unwrap();
    let done = |document: &Document| ops::set_done(document, &[id(document, number)], true);
    project.commit_with("done", None, done).unwrap();
}

/// The methods of the proposals on a picture.
fn methods(bench: &Bench, number: u32) -> Vec<String> {
    let document = bench.session().document();
    let rows = document.annotations(id(document, number)).iter();
    let rows = rows.filter(|row| row.state == BoxState::Proposed);
    let method = |origin: &Origin| match origin {
        Origin::Model(model) => model.method.to_string(),
        Origin::Person => "person".to_owned(),
    };
    rows.map(|row| method(&row.origin)).collect()
}

fn settled(bench: &mut Bench) {
    bench.wait("what follows", |workspace| {
        workspace.learning.remaining == 0
            && workspace.learning_step().is_none()
            && workspace.relocalizing.remaining == 0
            && !workspace.has_unwritten()
    });
    bench.frames(30);
}

#[test]
fn learned_boxes_are_better_and_can_be_switched_off() {
    let mut bench = Bench::on(folder(17, &DONE), Theme::Dark, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    assert!(bench.has("11 reviewed"));
    assert!(bench.says("Nothing learned yet"));
    bench.keys(Modifiers::COMMAND, Key::B);
    bench.wait("proposals", |workspace| {
        workspace.proposing.job.is_none() && !workspace.has_unwritten()
    });
    let old_way = methods(&bench, 14);
    assert!(!old_way.contains(&"learned".to_owned()), "{old_way:?}");

    let document = bench.session().document();
    let unlearned = LEFT.map(|number| {
        let rows = document.annotations(id(document, number)).iter();
        let boxes = rows.map(|row| (row.rect, document.class_name(row).to_owned()));
        boxes.collect::<Vec<_>>()
    });

    let begun = std::time::Instant::now();
    bench.click("Learn now");
    bench.wait("a learned state", |workspace| {
        !workspace.learning.saved.states.is_empty()
    });
    eprintln!("learnt in {:?}", begun.elapsed());
    settled(&mut bench);
    let state = bench.workspace().learning.saved.states[0].clone();
    eprintln!("{state:?}");
    assert_eq!(state.reviewed, 11);
    assert!(state.is_better, "{state:?}");
    assert!(bench.says("Learned boxes are in use, learned from 11 pictures"));
    assert_eq!(bench.workspace().learning.active_state(), Some(state.id));
    for number in LEFT {
        let methods = methods(&bench, number);
        assert!(
            methods.iter().all(|method| method == "learned"),
            "{methods:?}"
        );
    }
    // Now only the balls are proposed.
    let document = bench.session().document();
    let right = LEFT.iter().filter(|number| {
        let [ball, _] = places(**number);
        let rows = document.annotations(id(document, **number)).iter();
        let mut rows = rows.filter(|row| row.state == BoxState::Proposed);
        rows.any(|row| row.rect.iou(&ball) >= 0.75)
    });
    let right = right.count();
    assert!(right >= 4, "{right} of 6 balls are found");

    // Beside them is what was proposed before, and nothing changes by that.
    let learned = bench.session().document().clone();
    bench.key(Key::V);
    bench.click("With proposals without what was learned");
    bench.click("Compare");
    bench.wait("the boxes of all pictures", |workspace| {
        let comparing = workspace.comparing.as_ref();
        comparing.is_some_and(|comparing| !comparing.is_incomplete())
    });
    assert!(bench.says("without learning · "));
    // That they are of any object contradicts no class.
    assert!(!bench.says("of another class"));
    for (number, before) in LEFT.iter().zip(&unlearned) {
        let other = bench.workspace().comparing.as_ref().unwrap().other();
        let other = other.of(id(&learned, *number)).unwrap();
        let boxes = other
            .iter()
            .map(|one| (one.row.rect, one.class.to_string()));
        assert_eq!(boxes.collect::<Vec<_>>(), *before, "{number}");
    }
    assert_eq!(*bench.session().document(), learned);
    bench.key(Key::Escape);
    assert!(bench.workspace().comparing.is_none());

    // A picture marked as done is learned from automatically.
    assert_eq!(bench.shown(), "00.png");
    bench.keys(Modifiers::SHIFT, Key::Enter);
    bench.wait("the picture", |workspace| {
        workspace.learning.reviewed() == 12
    });
    bench.wait("learning from it", |workspace| {
        workspace.learning.saved.states.last().unwrap().reviewed == 12
    });
    settled(&mut bench);

    // Switch learning off and on again.
    bench.scroll_and_click("Learned states (2)");
    bench.scroll_and_click("Without learning");
    settled(&mut bench);
    assert_eq!(bench.workspace().learning.active_state(), None);
    assert!(!methods(&bench, 14).contains(&"learned".to_owned()));
    let name = format!("Use state {}", state.id);
    bench.scroll_and_click(&name);
    settled(&mut bench);
    assert_eq!(bench.workspace().learning.active_state(), Some(state.id));
    assert!(methods(&bench, 14).iter().all(|method| method == "learned"));

    // All of this survives a restart.
    let kept = bench.workspace().learning.saved.clone();
    assert_eq!(kept.source, ProposalSource::State(state.id));
    let mut bench = bench.reopen();
    bench.wait("what was learnt", |workspace| {
        workspace.learning.active_state().is_some()
    });
    assert_eq!(bench.workspace().learning.saved, kept);
    assert!(bench.says("Learned boxes of state"));
    // A state learned at one quality is not used at another, and is used again at its own.
    bench.choose_quality("balanced");
    bench.frames(10);
    assert_eq!(bench.workspace().learning.active_state(), None);
    assert!(bench.says("belongs to another model or quality"));
    bench.choose_quality("fast");
    bench.wait("what was learnt", |workspace| {
        workspace.learning.active_state().is_some()
    });
    bench.frames(5);
    assert!(methods(&bench, 14).iter().all(|method| method == "learned"));
}

#[test]
fn too_few_reviewed_pictures_are_reported_in_a_sentence() {
    let mut bench = Bench::on(folder(3, &[0]), Theme::Dark, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.key(Key::F9);
    bench.wait("an answer", |workspace| {
        workspace.learning.trouble.is_some()
    });
    assert!(bench.says("Too few examples to learn from: 1 picture is done"));
    bench.click("after every picture");
    assert!(bench.workspace().learning.saved.is_manual);
    // A reopened picture is not learned from.
    bench.keys(Modifiers::SHIFT, Key::Space);
    bench.wait("the reviewed pictures", |workspace| {
        workspace.learning.reviewed() == 0
    });
    bench.keys(Modifiers::COMMAND, Key::Z);
    bench.wait("the reviewed pictures", |workspace| {
        workspace.learning.reviewed() == 1
    });
    let bench = bench.reopen();
    assert!(bench.workspace().learning.saved.is_manual);
}

#[test]
fn learning_can_be_cancelled() {
    let folder = folder(17, &DONE);
    // It learns only on request, so that nothing is learned on its own after the cancellation.
    keep(folder.path(), &serde_json::json!({ "is_manual": true }));
    let mut bench = Bench::on(folder, Theme::Dark, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    assert!(!bench.workspace().learning.is_waiting());
    bench.key(Key::F9);
    bench.wait("pictures to be processed", |workspace| {
        workspace.learning.is_waiting() && workspace.learning.waiting_for_features() > 0
    });
    bench.click("Cancel");
    assert!(!bench.workspace().learning.is_waiting());
    bench.wait("the pictures", |workspace| {
        workspace.learning.waiting_for_features() == 0 && workspace.learning_step().is_none()
    });
    bench.frames(30);
    assert!(bench.workspace().learning.saved.states.is_empty());
    assert!(bench.workspace().learning.active_state().is_none());
    // The same request without a cancellation leads to a state.
    bench.key(Key::F9);
    bench.wait("a learned state", |workspace| {
        !workspace.learning.saved.states.is_empty()
    });
}

#[test]
fn similar_objects_are_proposed_from_one_box() {
    let mut bench = Bench::on(folder(4, &[0]), Theme::Dark, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.key(Key::S);
    assert!(
        bench
            .session()
            .boxes()
            .iter()
            .all(|row| row.state != BoxState::Proposed)
    );
    // The box of the first picture, which is done. No picture has been processed yet.
    bench.key(Key::Tab);
    assert_eq!(bench.session().selection().len(), 1);
    bench.key(Key::S);
    bench.wait_for_words("in this picture and the next 3");
    bench.wait("the last one", |workspace| !workspace.is_searching());
    assert_eq!(
        bench.session().undo_redo_labels()[0],
        Some("more like this")
    );
    assert!(proposed(&bench) > 0);
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(proposed(&bench), 0, "one step");
}

fn proposed(bench: &Bench) -> usize {
    let document = bench.session().document();
    let rows = document
        .pictures()
        .flat_map(|row| document.annotations(row.id));
    rows.filter(|row| row.state == BoxState::Proposed).count()
}

#[test]
fn looks_dark() {
    looks(Theme::Dark, "dark");
}

#[test]
fn looks_light() {
    looks(Theme::Light, "light");
}

/// The folder with these saved states, which were measured on so many objects. The numbers do not depend
/// on the processor.
fn with_states(theme: Theme, states: &[(u32, usize, [f64; 2], [f64; 2])]) -> Bench {
    let folder = folder(4, &[0, 1]);
    let mut bench = Bench::on(folder, theme, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    // So that they need not be processed again.
    bench.key(Key::F9);
    bench.wait("an answer", |workspace| {
        workspace.learning.trouble.is_some()
    });
    let kind = bench.workspace().model_info().unwrap().model_key();
    bench.harness.state_mut().close();
    let folder = bench.folder;
    drop(bench.harness);
    let now = UNIX_EPOCH.elapsed().unwrap();
    let state = |(id, objects, before, after): &(u32, usize, [f64; 2], [f64; 2])| {
        serde_json::json!({
            "id": id, "at": now.as_secs() - THREE_DAYS, "model": "dinov2-vits14", "kind": kind, "reviewed": objects,
            "measured": {
                "pictures": objects / 4, "objects": objects,
                "effort": [before[0], after[0]], "right": [before[1], after[1]],
            },
            "is_better": after[0] < before[0], "is_asked": true,
        })
    };
    let last = states.last().unwrap().0;
    let states: Vec<_> = states.iter().map(state).collect();
    let kept = serde_json::json!({ "states": states, "last_id": last });
    keep(folder.path(), &kept);
    let mut bench = Bench::on(folder, theme, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench
}

/// The panel with saved states.
fn looks(theme: Theme, name: &str) {
    let states = [
        (1, 12, [0.81, 0.32], [0.86, 0.28]),
        (2, 60, [0.79, 0.33], [0.58, 0.52]),
        (3, 124, [0.80, 0.31], [0.83, 0.29]),
    ];
    let mut bench = with_states(theme, &states);
    bench.click("Learned states (3)");
    bench.wait("the thumbnails", |workspace| {
        let mut rows = workspace.session.rows().iter();
        rows.all(|id| workspace.view.textures.has_thumbnail(*id))
            && workspace.learning.reviewed() == 2
    });
    bench.hush();
    bench.harness.snapshot(format!("learning_{name}"));
}

fn keep(folder: &Path, kept: &serde_json::Value) {
    let pictures = folder.join("pictures");
    let file = store::find_project(&pictures).unwrap();
    assert!(fs::exists(&file).unwrap());
    let (mut project, _) = Project::open(&file, Access::Edit).unwrap();
    project.set_setting("learning", kept).unwrap();
    project.close().unwrap();
}

#[test]
fn a_head_trained_on_tags_names_the_proposals() {
    let folder = Bench::folder_of(&[]);
    let path = folder.path().join("pictures");
    // Half of each picture: the half with the ball or the half with the block.
    for number in 0..12 {
        let whole = picture(number);
        let ball_is_left = !number.is_multiple_of(2);
        let has_ball = number < 6;
        let x = if has_ball == ball_is_left {
            0
        } else {
            SIZE / 2
        };
        let half = image::imageops::crop_imm(&whole, x, 0, SIZE / 2, SIZE).to_image();
        half.save(path.join(format!("{number:02}.png"))).unwrap();
    }
    let (mut project, _) = Project::create_for(&path).unwrap();
    store::rescan(&mut project).unwrap();
    for (name, numbers) in [("ball", 0..5), ("block", 6..11)] {
        project
            .commit_with("add a class", None, |document| {
                Ok(ops::add_category(document, name))
            })
            .unwrap();
        let tag = |document: &Document| {
            let ids: Vec<PictureId> = numbers.clone().map(|at| id(document, at)).collect();
            let class = document.category_named(name).unwrap().id;
            ops::set_tag(document, &ids, class, true)
        };
        project.commit_with("tag", None, tag).unwrap();
    }
    let place = serde_json::json!({ "proposing": { "quality": "fast" } });
    project.set_setting("window", &place).unwrap();
    project.close().unwrap();

    let mut bench = Bench::on(folder, Theme::Dark, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    assert!(bench.has("10 tagged"));
    bench.click("Learn classes from tags");
    let knows = |workspace: &tsukami::app::workspace::Workspace| {
        workspace
            .model_info()
            .is_some_and(|model_info| *model_info.classes == ["ball", "block"])
    };
    bench.wait_for_words("Learned 2 classes from 10 tagged pictures");
    bench.wait("a model that knows the classes", knows);
    bench.propose_all();
    let document = bench.session().document();
    for (number, class) in [(5, "ball"), (11, "block")] {
        let rows = document.annotations(id(document, number));
        let named = |row: &tsukami::document::Annotation| {
            document
                .class_of(row)
                .is_some_and(|row| &*row.name == class)
        };
        let best = rows
            .iter()
            .max_by(|a, b| a.score.partial_cmp(&b.score).unwrap());
        assert!(best.is_some_and(named), "{number}: {rows:?}");
    }
    // The head is saved with the project.
    let mut bench = bench.reopen();
    bench.wait("a model that knows the classes", knows);
}

#[test]
fn figures_are_shown_from_twenty_held_out_objects_on() {
    for (objects, are_shown) in [(19, false), (20, true)] {
        let states = [(1, objects, [0.80, 0.40], [0.50, 0.70])];
        let mut bench = with_states(Theme::Dark, &states);
        bench.frames(5);
        let text = "Figures from 20 held-out objects on, 19 so far";
        assert_eq!(bench.has(text), !are_shown, "{objects}");
        for figure in ["correct boxes", "work saved", "70 %"] {
            assert_eq!(bench.has(figure), are_shown, "{objects}: {figure}");
        }
        assert_eq!(bench.says("5 pictures held out"), are_shown, "{objects}");
        // Nor does the list of states show what is not told above it.
        bench.scroll_and_click("Learned states (1)");
        bench.frames(20);
        assert_eq!(bench.says("70 % correct"), are_shown, "{objects}");
        assert!(bench.says(&format!("{objects} pictures")));
    }
}

#[test]
fn a_class_head_of_one_class_does_not_boast_of_its_accuracy() {
    let folder = folder(8, &[]);
    let file = store::find_project(&folder.path().join("pictures")).unwrap();
    let (mut project, _) = Project::open(&file, Access::Edit).unwrap();
    let tag = |document: &Document| {
        let ids: Vec<PictureId> = (0..8).map(|number| id(document, number)).collect();
        let class = document.categories().next().unwrap().id;
        ops::set_tag(document, &ids, class, true)
    };
    project.commit_with("tag", None, tag).unwrap();
    project.close().unwrap();
    let mut bench = Bench::on(folder, Theme::Dark, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.click("Learn classes from tags");
    let text = "Learned 1 class from 8 tagged pictures, whose accuracy cannot be told, because there is no other class";
    bench.wait_for_words(text);
    assert!(!bench.says("% correct on held-out pictures"));
}
