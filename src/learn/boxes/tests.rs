use std::sync::Arc;

use half::f16;

use super::*;
use crate::geometry::{BBox, Grid};
use crate::learn::calibration::Calibration;
use crate::learn::judge::CandidateSource;
use crate::learn::random::Random;
use crate::learn::select::select;

const SIDE: usize = 10;
const WIDTH: usize = 8;
const PIXELS: u32 = 100;

fn square(x: f32, y: f32, side: f32) -> BBox {
    BBox::from_xywh(x, y, side, side)
}

/// A picture whose tokens encode, with noise, how much of each patch lies in an object, and whose map shows
/// roughly where that is: the program proposes a box that is off by a third.
fn features_of(objects: &[BBox], random: &mut Random) -> PictureFeatures {
    let grid = Grid {
        rows: SIDE,
        columns: SIDE,
    };
    let patch = PIXELS as f32 / SIDE as f32;
    let mut tokens = Vec::new();
    let mut map = Vec::new();
    for at in 0..grid.patches() {
        let (column, row) = ((at % SIDE) as f32, (at / SIDE) as f32);
        let own = square(column * patch, row * patch, patch);
        let covered = |bbox: &BBox| own.intersection(bbox).area() / own.area();
        let inside = objects.iter().map(covered).fold(0.0, f32::max);
        map.push(inside);
        for channel in 0..WIDTH {
            let signal = match channel {
                0 => 3.0 * inside,
                1 => 3.0 * (1.0 - inside),
                _ => 1.0,
            };
            tokens.push(f16::from_f32(signal + 0.3 * random.normal()));
        }
    }
    let displaced = objects.iter().filter_map(|bbox| {
        let side = bbox.width();
        square(bbox.x0 - side / 3.0, bbox.y0 - side / 4.0, side).clipped(PIXELS, PIXELS)
    });
    let displaced: Vec<BBox> = displaced.collect();
    PictureFeatures {
        size: (PIXELS, PIXELS),
        grid,
        width: WIDTH,
        tokens,
        maps: [map.clone(), map.clone(), map],
        candidates: displaced
            .iter()
            .map(|bbox| PictureCandidate {
                bbox: *bbox,
                source: CandidateSource::Map,
                score: 0.8,
                threshold: 0.5,
                prior: 0.0,
                classes: Vec::new(),
            })
            .collect(),
        has_detector: false,
        proposals: displaced,
    }
}

/// A picture with one square somewhere, or with none.
fn scene(random: &mut Random, has_object: bool) -> (Arc<PictureFeatures>, Vec<(BBox, u32)>) {
    let side = 20.0 + 30.0 * random.uniform();
    let mut place = || (PIXELS as f32 - side) * random.uniform();
    let objects = vec![square(place(), place(), side)];
    let objects = if has_object { objects } else { Vec::new() };
    let features = features_of(&objects, random);
    let truth = objects.into_iter().map(|bbox| (bbox, 7)).collect();
    (Arc::new(features), truth)
}

/// One picture in five is empty.
fn learner_of(count: u64) -> BoxLearner {
    let mut random = Random::new(1);
    let mut learner = BoxLearner::new(3);
    for id in 0..count {
        let (features, truth) = scene(&mut random, id % 5 != 4);
        learner.add(id, features, &truth);
    }
    learner
}

fn solved(learner: &BoxLearner) -> LearnedProposer {
    learner.solve(&|| false).unwrap()
}

#[test]
fn learned_boxes_are_better_on_new_pictures() {
    let learned = solved(&learner_of(40));
    let GateMetrics {
        held_out, objects, ..
    } = learned.metrics;
    assert!(held_out == 40 && objects == 32, "{:?}", learned.metrics);
    assert!(learned.is_better, "{:?}", learned.metrics);
    assert!(learned.metrics.effort_after() < learned.metrics.effort_before());

    let mut random = Random::new(2);
    let mut right = 0;
    for _ in 0..10 {
        let (features, truth) = scene(&mut random, true);
        let proposed = learned.propose(&features);
        right += usize::from(proposed.iter().any(|p| p.bbox.iou(&truth[0].0) >= 0.75));
        assert!(proposed.iter().all(|p| (0.0..=1.0).contains(&p.score)));
        assert!(proposed.iter().all(|p| p.category == Some(7)));
        assert!(features.proposals()[0].iou(&truth[0].0) < 0.75);
    }
    assert!(right >= 8, "{right} of 10");
    let (empty, _) = scene(&mut random, false);
    assert_eq!(learned.propose(&empty), [], "nothing is there");
}

#[test]
fn a_removed_picture_leaves_no_trace() {
    let (mut learner, plain) = (learner_of(20), solved(&learner_of(20)));
    let mut random = Random::new(9);
    for id in 100..104 {
        let (features, truth) = scene(&mut random, true);
        learner.add(id, features, &truth);
    }
    assert_eq!(learner.len(), 24);
    (100..104).for_each(|id| learner.remove(id));
    let after = solved(&learner);
    assert_eq!(after.reviewed, 20);
    let (features, _) = scene(&mut random, true);
    let (plain, after) = (plain.propose(&features), after.propose(&features));
    assert!(!plain.is_empty());
    assert_eq!(plain.len(), after.len());
    for (a, b) in plain.iter().zip(&after) {
        assert!((a.score - b.score).abs() < 1e-6, "{a:?} {b:?}");
        let edges = |bbox: &BBox| [bbox.x0, bbox.y0, bbox.x1, bbox.y1];
        for (a, b) in edges(&a.bbox).into_iter().zip(edges(&b.bbox)) {
            assert!((a - b).abs() < 1e-6 * PIXELS as f32, "{a} {b}");
        }
    }
}

#[test]
fn a_picture_with_the_same_id_is_replaced() {
    let mut learner = learner_of(12);
    let (features, truth) = scene(&mut Random::new(5), true);
    learner.add(3, features, &truth);
    assert_eq!(learner.len(), 12);
}

#[test]
fn the_same_pictures_give_the_same_bytes() {
    let bytes = || solved(&learner_of(16)).to_bytes("model");
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_picture_verified_to_be_empty_shows_what_is_not_an_object() {
    let mut random = Random::new(11);
    // A square in the left half, of one colour, and one in the right half, of another.
    let mut scene = |has_left: bool| {
        let objects = [
            square(60.0 + 10.0 * random.uniform(), 10.0, 25.0),
            square(5.0 + 10.0 * random.uniform(), 40.0, 25.0),
        ];
        let shown = if has_left {
            &objects[..]
        } else {
            &objects[..1]
        };
        let mut features = features_of(shown, &mut random);
        for patch in 0..SIDE * SIDE {
            let is_right = patch % SIDE >= SIDE / 2;
            features.tokens[patch * WIDTH + 2] = f16::from_f32(if is_right { 3.0 } else { 0.0 });
        }
        (Arc::new(features), objects)
    };
    let mut learner = BoxLearner::new(0);
    for id in 0..24 {
        // A picture with only the square on the right is marked as empty.
        let is_empty = id % 2 == 0;
        let (features, [_, left]) = scene(!is_empty);
        let truth = if is_empty { vec![] } else { vec![(left, 1)] };
        learner.add(id, features, &truth);
    }
    let learned = solved(&learner);
    assert_eq!(learned.propose(&scene(false).0), []);
    let (features, [right, left]) = scene(true);
    let proposed = learned.propose(&features);
    assert!(
        proposed.iter().any(|p| p.bbox.iou(&left) > 0.5),
        "{proposed:?}"
    );
    assert!(
        proposed.iter().all(|p| p.bbox.iou(&right) < 0.3),
        "{proposed:?}"
    );
    // If nothing is ever an object, no boxes can be learned.
    let mut learner = BoxLearner::new(0);
    (0..24).for_each(|id| learner.add(id, scene(false).0, &[]));
    assert!(learner.solve(&|| false).is_none());
}

/// A picture with two squares that look alike. A detector knows both boxes, and only its classes tell the
/// object, of class 3, from the other one.
fn detected_scene(random: &mut Random) -> (Arc<PictureFeatures>, BBox) {
    let side = 20.0 + 20.0 * random.uniform();
    let mut place = || (50.0 - side) * random.uniform();
    let mut squares = [
        square(place(), place(), side),
        square(50.0 + place(), place(), side),
    ];
    let object = usize::from(random.uniform() > 0.5);
    squares[object].y0 += 40.0;
    squares[object].y1 += 40.0;
    let mut features = features_of(&squares, random);
    features.has_detector = true;
    let detected = squares.iter().enumerate().map(|(at, bbox)| {
        let class = if at == object { 3 } else { 7 };
        PictureCandidate {
            bbox: *bbox,
            source: CandidateSource::Detector,
            score: 0.6,
            threshold: 0.0,
            prior: 0.5,
            classes: vec![(class, 0.6), (20, 0.1)],
        }
    });
    features.candidates.extend(detected);
    (Arc::new(features), squares[object])
}

#[test]
fn classes_and_sides_of_detected_boxes_are_learned_from() {
    let mut random = Random::new(41);
    let mut learner = BoxLearner::new(3);
    for id in 0..24 {
        let (features, object) = detected_scene(&mut random);
        learner.add(id, features, &[(object, 1)]);
    }
    let learned = solved(&learner);
    assert!(learned.is_better, "{:?}", learned.metrics);
    let mut right = 0;
    for _ in 0..10 {
        let (features, object) = detected_scene(&mut random);
        let proposed = learned.propose(&features);
        right += usize::from(proposed.len() == 1 && proposed[0].bbox.iou(&object) >= 0.8);
    }
    assert!(right >= 9, "{right} of 10");
    let (features, _) = detected_scene(&mut random);
    let back = LearnedProposer::from_bytes(&learned.to_bytes("model"), "model").unwrap();
    assert_eq!(back.propose(&features), learned.propose(&features));
    let stored = PictureFeatures::from_bytes(&features.to_bytes());
    assert_eq!(stored.as_ref(), Some(&*features));
    // A class that no detector has.
    let mut flawed = PictureFeatures::clone(&features);
    flawed.candidates[2].classes[0].0 = 80;
    assert!(PictureFeatures::from_bytes(&flawed.to_bytes()).is_none());
    // A picture that no detector saw.
    let (other, _) = scene(&mut random, true);
    assert_eq!(learned.propose(&other), []);
}

#[test]
fn with_few_pictures_it_is_too_early_to_tell() {
    assert!(!solved(&learner_of(7)).is_better);
    assert!(solved(&learner_of(12)).is_better);
}

#[test]
fn boxes_learned_from_random_labels_are_not_better() {
    let mut random = Random::new(21);
    let mut learner = BoxLearner::new(3);
    for id in 0..32 {
        let (features, _) = scene(&mut random, true);
        let mut features = Arc::unwrap_or_clone(features);
        // Nothing in the picture shows where the true box is, and the program has it by chance.
        let side = 20.0 + 30.0 * random.uniform();
        let mut place = || (PIXELS as f32 - side) * random.uniform();
        let truth = square(place(), place(), side);
        features.proposals = vec![truth];
        learner.add(id, Arc::new(features), &[(truth, 1)]);
    }
    let learned = solved(&learner);
    assert!(!learned.is_better, "{:?}", learned.metrics);
}

#[test]
fn two_categories_are_distinguished() {
    let mut random = Random::new(31);
    let mut learner = BoxLearner::new(3);
    let mut coloured = |id: u64, category: u32| {
        let (features, truth) = scene(&mut Random::new(1000 + id), true);
        let mut features = Arc::unwrap_or_clone(features);
        for token in features.tokens.chunks_exact_mut(WIDTH) {
            let colour = if category == 4 { 2.0 } else { -2.0 };
            token[5] = f16::from_f32(colour + 0.1 * random.normal());
        }
        (Arc::new(features), vec![(truth[0].0, category)])
    };
    for id in 0..24 {
        let (features, truth) = coloured(id, [4, 9][id as usize % 2]);
        learner.add(id, features, &truth);
    }
    let learned = solved(&learner);
    for category in [4, 9] {
        let (features, _) = coloured(500 + u64::from(category), category);
        let proposed = learned.propose(&features);
        assert!(!proposed.is_empty());
        assert!(
            proposed.iter().all(|p| p.category == Some(category)),
            "{proposed:?}"
        );
    }
}

#[test]
fn learning_can_be_cancelled() {
    let learner = learner_of(16);
    assert!(learner.solve(&|| true).is_none());
    let asked = std::cell::Cell::new(0);
    let after_some = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    assert!(learner.solve(&after_some).is_none());
}

#[test]
fn nothing_is_learned_from_too_few_pictures() {
    assert!(BoxLearner::new(0).solve(&|| false).is_none());
    assert!(learner_of(2).solve(&|| false).is_none());
    assert!(BoxLearner::new(0).is_empty() && !BoxLearner::new(0).is_due(0));
}

#[test]
fn odd_boxes_and_pictures_do_not_panic() {
    let mut learner = learner_of(12);
    let mut random = Random::new(4);
    let odd = [
        BBox::from_xywh(f32::NAN, 0.0, 5.0, 5.0),
        BBox::from_xywh(10.0, 10.0, 0.0, 5.0),
        BBox::from_xywh(500.0, 500.0, 5.0, 5.0),
        BBox::from_xywh(-1e30, 0.0, f32::INFINITY, 5.0),
        BBox::from_xywh(50.0, 50.0, 1e-3, 1e-3),
        BBox::from_xywh(-5.0, -5.0, 500.0, 500.0),
    ];
    for id in 50..60 {
        let (features, _) = scene(&mut random, true);
        learner.add(id, features, &odd.map(|bbox| (bbox, 1)));
    }
    let one = PictureFeatures {
        size: (1, 1),
        grid: Grid {
            rows: 1,
            columns: 1,
        },
        width: WIDTH,
        tokens: vec![f16::ZERO; WIDTH],
        maps: [vec![0.0], vec![0.0], vec![0.0]],
        has_detector: false,
        candidates: Vec::new(),
        proposals: Vec::new(),
    };
    for id in 60..64 {
        learner.add(id, Arc::new(one.clone()), &[(square(0.0, 0.0, 1.0), 1)]);
    }
    let learned = solved(&learner);
    learned.propose(&one);
    // From another model.
    let wider = PictureFeatures {
        width: 1,
        tokens: vec![f16::ZERO],
        ..one.clone()
    };
    assert_eq!(learned.propose(&wider), []);
    learner.add(70, Arc::new(wider.clone()), &[]);
    assert_eq!(learner.len(), 26);
    for bbox in odd {
        find_similar(&one, (&one, bbox));
        find_similar(&wider, (&one, bbox));
    }
}

#[test]
fn damaged_bytes_are_refused() {
    let (features, _) = scene(&mut Random::new(6), true);
    let learned = solved(&learner_of(16));
    let (of_features, of_learned) = (features.to_bytes(), learned.to_bytes("model"));
    assert_eq!(
        PictureFeatures::from_bytes(&of_features).as_ref(),
        Some(&*features)
    );
    let back = LearnedProposer::from_bytes(&of_learned, "model").unwrap();
    assert_eq!(back, learned);
    assert_eq!(back.propose(&features), learned.propose(&features));
    assert!(LearnedProposer::from_bytes(&of_learned, "another").is_none());
    assert!(PictureFeatures::from_bytes(&of_learned).is_none());
    for bytes in [&of_features, &of_learned] {
        let step = bytes.len() / 50 + 1;
        for at in (0..bytes.len()).step_by(step) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x40;
            for damaged in [&bytes[..at], &flipped] {
                assert!(PictureFeatures::from_bytes(damaged).is_none());
                assert!(LearnedProposer::from_bytes(damaged, "model").is_none());
            }
        }
    }
}

#[test]
fn inconsistent_bytes_are_refused() {
    // The checksum is right, but the contents do not fit together.
    let (features, _) = scene(&mut Random::new(6), true);
    let flaws: [fn(&mut PictureFeatures); 5] = [
        |features| features.grid.rows += 1,
        |features| features.grid.rows = usize::MAX,
        |features| features.width = 0,
        |features| features.maps[1].clear(),
        |features| {
            features
                .proposals
                .push(BBox::from_xywh(0.0, 0.0, 900.0, 5.0));
        },
    ];
    for flaw in flaws {
        let mut flawed = PictureFeatures::clone(&features);
        flaw(&mut flawed);
        assert!(PictureFeatures::from_bytes(&flawed.to_bytes()).is_none());
    }
}

#[test]
fn boxes_similar_to_one_square_are_the_other_squares() {
    let objects = [square(5.0, 10.0, 25.0), square(60.0, 55.0, 30.0)];
    let features = features_of(&objects, &mut Random::new(8));
    let (example, truth) = scene(&mut Random::new(13), true);
    let found = find_similar(&features, (&example, truth[0].0));
    for object in objects {
        let best = found.iter().map(|found| found.bbox.iou(&object));
        assert!(best.fold(0.0, f32::max) > 0.5, "{found:?}");
    }
    let nothing = features_of(&[], &mut Random::new(14));
    assert!(find_similar(&nothing, (&example, truth[0].0)).len() <= 1);
}

#[test]
fn predicted_probabilities_agree_with_observed_ones() {
    let mut random = Random::new(17);
    let observed: Vec<(f32, bool)> = (0..2000)
        .map(|_| {
            let gain = 2.0 * random.uniform();
            (
                gain,
                random.uniform() < 1.0 / (1.0 + (3.0 - 2.5 * gain).exp()),
            )
        })
        .collect();
    let fitted = Calibration::fit(&observed);
    assert!((fitted.probability(1.2) - 0.5).abs() < 0.05, "{fitted:?}");
    assert!(fitted.probability(1.8) > 0.75 && fitted.probability(0.4) < 0.2);
    // A larger gain is never less probable, regardless of the observations.
    let upside_down = [(0.0, true), (2.0, false)].repeat(200);
    let fitted = Calibration::fit(&upside_down);
    assert!(fitted.probability(2.0) > fitted.probability(0.0));
}

#[test]
fn one_box_is_selected_per_object() {
    let near = |d: f32| square(10.0 + d, 10.0, 40.0);
    let boxes = [
        near(0.0),
        near(2.0),
        square(60.0, 60.0, 30.0),
        near(15.0),
        square(80.0, 5.0, 9.0),
    ];
    let selected = select(&boxes, &[1.0, 0.9, 0.5, 0.8, 0.05], gain::SELECTION);
    assert_eq!(selected.len(), 2, "{selected:?}");
    // Between the two that agree, nearer to the better one.
    assert!((10.5..11.0).contains(&selected[0].bbox.x0), "{selected:?}");
    assert_eq!(selected[1].bbox, boxes[2]);
}

#[test]
fn a_proposer_in_the_bytes_of_version_1_still_opens() {
    let bytes = include_bytes!("../../../tests/fixtures/learned_v1/learned.bin");
    let expected = include_str!("../../../tests/fixtures/learned_v1/proposed.json");
    let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
    assert!(LearnedProposer::from_bytes(bytes, "another").is_none());
    let proposer = LearnedProposer::from_bytes(bytes, "model").unwrap();
    assert_eq!((proposer.reviewed, proposer.seed), (16, 3));
    let (features, _) = scene(&mut Random::new(6), true);
    let proposed = proposer.propose(&features);
    assert_eq!(proposed.len(), expected.as_array().unwrap().len());
    for (found, expected) in proposed.iter().zip(expected.as_array().unwrap()) {
        let near = |found: f32, expected: &serde_json::Value| {
            (f64::from(found) - expected.as_f64().unwrap()).abs() < 1e-3
        };
        let BBox { x0, y0, x1, y1 } = found.bbox;
        let edges = [x0, y0, x1, y1].into_iter();
        let are_near = edges.zip(expected["bbox"].as_array().unwrap());
        assert!(
            are_near
                .into_iter()
                .all(|(found, expected)| near(found, expected))
        );
        assert!(near(found.score, &expected["score"]));
        assert_eq!(
            found.category,
            expected["category"].as_u64().map(|id| id as u32)
        );
    }
    // Written again, it is in the current format.
    let again = LearnedProposer::from_bytes(&proposer.to_bytes("model"), "model");
    assert_eq!(again, Some(proposer));
}
