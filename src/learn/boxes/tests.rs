use std::sync::Arc;

use half::f16;

use super::*;
use crate::geometry::{BBox, Grid};
use crate::learn::random::Random;

const SIDE: usize = 10;
const WIDTH: usize = 8;
const PIXELS: u32 = 100;

fn square(x: f32, y: f32, side: f32) -> BBox {
    BBox::from_xywh(x, y, side, side)
}

/// A picture whose tokens say, with noise, how much of each patch lies in an object, and whose map
/// knows about where it is: the program proposes a box that is off by a third.
fn sight_of(objects: &[BBox], random: &mut Random) -> PictureFeatures {
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
    let wrong = objects.iter().filter_map(|bbox| {
        let side = bbox.width();
        square(bbox.x0 - side / 3.0, bbox.y0 - side / 4.0, side).clipped(PIXELS, PIXELS)
    });
    let wrong: Vec<BBox> = wrong.collect();
    PictureFeatures {
        size: (PIXELS, PIXELS),
        grid,
        width: WIDTH,
        tokens,
        maps: [map.clone(), map.clone(), map],
        candidates: wrong
            .iter()
            .map(|bbox| MapCandidate {
                bbox: *bbox,
                score: 0.8,
                threshold: 0.5,
            })
            .collect(),
        proposals: wrong,
    }
}

/// A picture with one square somewhere, or with none.
fn scene(random: &mut Random, has_object: bool) -> (Arc<PictureFeatures>, Vec<(BBox, u32)>) {
    let side = 20.0 + 30.0 * random.uniform();
    let mut place = || (PIXELS as f32 - side) * random.uniform();
    let objects = vec![square(place(), place(), side)];
    let objects = if has_object { objects } else { Vec::new() };
    let sight = sight_of(&objects, random);
    let truth = objects.into_iter().map(|bbox| (bbox, 7)).collect();
    (Arc::new(sight), truth)
}

/// One picture in five is empty.
fn learner_of(count: u64) -> BoxLearner {
    let mut random = Random::new(1);
    let mut learner = BoxLearner::new(3);
    for id in 0..count {
        let (sight, truth) = scene(&mut random, id % 5 != 4);
        learner.add(id, sight, &truth);
    }
    learner
}

fn solved(learner: &BoxLearner) -> LearnedProposer {
    learner.solve(&|| false).unwrap()
}

#[test]
fn what_is_learnt_is_better_on_pictures_that_it_has_not_seen() {
    let learned = solved(&learner_of(40));
    let GateMetrics {
        held_out, objects, ..
    } = learned.quality;
    assert!(held_out >= 4 && objects > 0, "{:?}", learned.quality);
    assert!(learned.is_better, "{:?}", learned.quality);
    assert!(learned.quality.effort_after() < learned.quality.effort_before());

    let mut random = Random::new(2);
    let mut right = 0;
    for _ in 0..10 {
        let (sight, truth) = scene(&mut random, true);
        let proposed = learned.propose(&sight);
        right += usize::from(proposed.iter().any(|p| p.bbox.iou(&truth[0].0) >= 0.75));
        assert!(proposed.iter().all(|p| (0.0..=1.0).contains(&p.score)));
        assert!(proposed.iter().all(|p| p.category == Some(7)));
        assert!(sight.proposals()[0].iou(&truth[0].0) < 0.75);
    }
    assert!(right >= 8, "{right} of 10");
    let (empty, _) = scene(&mut random, false);
    assert_eq!(learned.propose(&empty), [], "nothing is there");
}

#[test]
fn a_picture_that_is_taken_out_leaves_no_trace() {
    let (mut learner, plain) = (learner_of(20), solved(&learner_of(20)));
    let mut random = Random::new(9);
    for id in 100..104 {
        let (sight, truth) = scene(&mut random, true);
        learner.add(id, sight, &truth);
    }
    assert_eq!(learner.len(), 24);
    (100..104).for_each(|id| learner.remove(id));
    let after = solved(&learner);
    assert_eq!(after.reviewed, 20);
    let (sight, _) = scene(&mut random, true);
    let (plain, after) = (plain.propose(&sight), after.propose(&sight));
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
fn a_picture_that_comes_again_takes_its_own_place() {
    let mut learner = learner_of(12);
    let (sight, truth) = scene(&mut Random::new(5), true);
    learner.add(3, sight, &truth);
    assert_eq!(learner.len(), 12);
}

#[test]
fn the_same_pictures_give_the_same_bytes() {
    let bytes = || solved(&learner_of(16)).to_bytes("model");
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_picture_verified_to_be_empty_teaches_what_is_no_object() {
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
        let mut sight = sight_of(shown, &mut random);
        for patch in 0..SIDE * SIDE {
            let is_right = patch % SIDE >= SIDE / 2;
            sight.tokens[patch * WIDTH + 2] = f16::from_f32(if is_right { 3.0 } else { 0.0 });
        }
        (Arc::new(sight), objects)
    };
    let mut learner = BoxLearner::new(0);
    for id in 0..24 {
        // Where there is only the one on the right, a person says that there is nothing.
        let is_empty = id % 2 == 0;
        let (sight, [_, left]) = scene(!is_empty);
        let truth = if is_empty { vec![] } else { vec![(left, 1)] };
        learner.add(id, sight, &truth);
    }
    let learned = solved(&learner);
    assert_eq!(learned.propose(&scene(false).0), []);
    let (sight, [right, left]) = scene(true);
    let proposed = learned.propose(&sight);
    assert!(
        proposed.iter().any(|p| p.bbox.iou(&left) > 0.5),
        "{proposed:?}"
    );
    assert!(
        proposed.iter().all(|p| p.bbox.iou(&right) < 0.3),
        "{proposed:?}"
    );
    // And where nothing is ever an object, there is nothing to learn a box from.
    let mut learner = BoxLearner::new(0);
    (0..24).for_each(|id| learner.add(id, scene(false).0, &[]));
    assert!(learner.solve(&|| false).is_none());
}

#[test]
fn labels_at_random_are_not_used() {
    let mut random = Random::new(21);
    let mut learner = BoxLearner::new(3);
    for id in 0..32 {
        let (sight, _) = scene(&mut random, true);
        let mut sight = Arc::unwrap_or_clone(sight);
        // Nothing in the picture tells where the truth will be, and the program has it by chance.
        let side = 20.0 + 30.0 * random.uniform();
        let mut place = || (PIXELS as f32 - side) * random.uniform();
        let truth = square(place(), place(), side);
        sight.proposals = vec![truth];
        learner.add(id, Arc::new(sight), &[(truth, 1)]);
    }
    let learned = solved(&learner);
    assert!(!learned.is_better, "{:?}", learned.quality);
}

#[test]
fn two_categories_are_told_apart() {
    let mut random = Random::new(31);
    let mut learner = BoxLearner::new(3);
    let mut coloured = |id: u64, category: u32| {
        let (sight, truth) = scene(&mut Random::new(1000 + id), true);
        let mut sight = Arc::unwrap_or_clone(sight);
        for token in sight.tokens.chunks_exact_mut(WIDTH) {
            let colour = if category == 4 { 2.0 } else { -2.0 };
            token[5] = f16::from_f32(colour + 0.1 * random.normal());
        }
        (Arc::new(sight), vec![(truth[0].0, category)])
    };
    for id in 0..24 {
        let (sight, truth) = coloured(id, [4, 9][id as usize % 2]);
        learner.add(id, sight, &truth);
    }
    let learned = solved(&learner);
    for category in [4, 9] {
        let (sight, _) = coloured(500 + u64::from(category), category);
        let proposed = learned.propose(&sight);
        assert!(!proposed.is_empty());
        assert!(
            proposed.iter().all(|p| p.category == Some(category)),
            "{proposed:?}"
        );
    }
}

#[test]
fn it_can_be_cancelled() {
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
fn too_few_pictures_teach_nothing() {
    assert!(BoxLearner::new(0).solve(&|| false).is_none());
    assert!(learner_of(2).solve(&|| false).is_none());
    assert!(BoxLearner::new(0).is_empty() && !BoxLearner::new(0).is_due(0));
}

#[test]
fn odd_boxes_and_pictures_are_no_panic() {
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
        let (sight, _) = scene(&mut random, true);
        learner.add(id, sight, &odd.map(|bbox| (bbox, 1)));
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
        candidates: Vec::new(),
        proposals: Vec::new(),
    };
    for id in 60..64 {
        learner.add(id, Arc::new(one.clone()), &[(square(0.0, 0.0, 1.0), 1)]);
    }
    let learned = solved(&learner);
    learned.propose(&one);
    // Of another model.
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
fn damaged_bytes_give_nothing() {
    let (sight, _) = scene(&mut Random::new(6), true);
    let learned = solved(&learner_of(16));
    let (of_sight, of_learned) = (sight.to_bytes(), learned.to_bytes("model"));
    assert_eq!(
        PictureFeatures::from_bytes(&of_sight).as_ref(),
        Some(&*sight)
    );
    let back = LearnedProposer::from_bytes(&of_learned, "model").unwrap();
    assert_eq!(back, learned);
    assert_eq!(back.propose(&sight), learned.propose(&sight));
    assert!(LearnedProposer::from_bytes(&of_learned, "another").is_none());
    assert!(PictureFeatures::from_bytes(&of_learned).is_none());
    for bytes in [&of_sight, &of_learned] {
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
fn bytes_that_lie_give_nothing() {
    // Their checksum is right, and what they say is not.
    let (sight, _) = scene(&mut Random::new(6), true);
    let lies: [fn(&mut PictureFeatures); 5] = [
        |sight| sight.grid.rows += 1,
        |sight| sight.grid.rows = usize::MAX,
        |sight| sight.width = 0,
        |sight| sight.maps[1].clear(),
        |sight| sight.proposals.push(BBox::from_xywh(0.0, 0.0, 900.0, 5.0)),
    ];
    for lie in lies {
        let mut lying = PictureFeatures::clone(&sight);
        lie(&mut lying);
        assert!(PictureFeatures::from_bytes(&lying.to_bytes()).is_none());
    }
}

#[test]
fn more_like_one_square_finds_the_others() {
    let objects = [square(5.0, 10.0, 25.0), square(60.0, 55.0, 30.0)];
    let sight = sight_of(&objects, &mut Random::new(8));
    let (example, truth) = scene(&mut Random::new(13), true);
    let found = find_similar(&sight, (&example, truth[0].0));
    for object in objects {
        let best = found.iter().map(|found| found.bbox.iou(&object));
        assert!(best.fold(0.0, f32::max) > 0.5, "{found:?}");
    }
    let nothing = sight_of(&[], &mut Random::new(14));
    assert!(find_similar(&nothing, (&example, truth[0].0)).len() <= 1);
}

#[test]
fn probabilities_are_those_that_are_observed() {
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
    let fitted = calibration::Calibration::fit(&observed);
    assert!((fitted.probability(1.2) - 0.5).abs() < 0.05, "{fitted:?}");
    assert!(fitted.probability(1.8) > 0.75 && fitted.probability(0.4) < 0.2);
    // What cannot be true is not believed.
    let upside_down = [(0.0, true), (2.0, false)].repeat(200);
    let fitted = calibration::Calibration::fit(&upside_down);
    assert!(fitted.probability(2.0) > fitted.probability(0.0));
}

#[test]
fn one_box_stays_of_each_object() {
    let near = |d: f32| square(10.0 + d, 10.0, 40.0);
    let boxes = [
        near(0.0),
        near(2.0),
        square(60.0, 60.0, 30.0),
        near(15.0),
        square(80.0, 5.0, 9.0),
    ];
    let selected = select::select(&boxes, &[1.0, 0.9, 0.5, 0.8, 0.05]);
    assert_eq!(selected.len(), 2, "{selected:?}");
    // Between the two that agree, nearer the better one.
    assert!((10.5..11.0).contains(&selected[0].bbox.x0), "{selected:?}");
    assert_eq!(selected[1].bbox, boxes[2]);
}
