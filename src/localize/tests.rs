use super::*;
use crate::geometry::{BBox, Grid};

fn evidence(rows: usize, columns: usize, attention: Vec<f32>) -> Evidence {
    let patches = rows * columns;
    // Each patch is similar only to itself, so that propagation changes little.
    let similarity = |i: usize, j: usize| if i == j { 1.0 } else { -1.0 };
    Evidence {
        grid: Grid { rows, columns },
        patch_size: 14,
        attention: vec![attention],
        key_similarity: (0..patches * patches)
            .map(|at| similarity(at / patches, at % patches))
            .collect(),
        instance_similarity: vec![0.0; patches * patches],
        head: None,
        companion: None,
        zoomed: Vec::new(),
        detections: None,
        tokens: None,
    }
}

/// One row of pixels with these levels.
fn levels(levels: &[u8]) -> LevelMap {
    LevelMap {
        width: levels.len(),
        height: 1,
        levels: levels.to_vec(),
    }
}

#[test]
fn even_attention_leads_to_no_box() {
    let even = evidence(4, 5, vec![0.05; 20]);
    let localizer =
        Localizer::new(&PictureMaps::new(&even, &[], &[]), Method::Affinity, None).unwrap();
    assert_eq!(localizer.boxes(&BoxOptions::default(), (100, 80)), []);
}

#[test]
fn a_single_patch_leads_to_no_box() {
    for method in [Method::Affinity, Method::Attention] {
        let one = evidence(1, 1, vec![1.0]);
        let localizer = Localizer::new(&PictureMaps::new(&one, &[], &[]), method, None).unwrap();
        assert_eq!(localizer.boxes(&BoxOptions::default(), (1, 1)), []);
    }
}

#[test]
fn the_papers_method_needs_a_class() {
    let maps = PictureMaps::new(&evidence(2, 2, vec![0.25; 4]), &[], &[]);
    assert!(maps.map(Method::TsCam, None).is_none());
}

#[test]
fn attention_on_one_side_leads_to_a_box_with_a_high_score_there() {
    let attention = (0..64).map(|at| if at % 8 < 4 { 0.03 } else { 0.0002 });
    let sided = evidence(8, 8, attention.collect());
    let localizer =
        Localizer::new(&PictureMaps::new(&sided, &[], &[]), Method::Affinity, None).unwrap();
    let boxes = localizer.boxes(&BoxOptions::default(), (80, 80));
    let [found] = &boxes[..] else {
        panic!("{boxes:?}")
    };
    assert!(found.bbox.iou(&BBox::from_xywh(0.0, 0.0, 40.0, 80.0)) > 0.9);
    assert!(found.score > 0.9, "{}", found.score);
}

/// A picture of 8 x 16 patches with attention on the middle rows. The token of each patch encodes its
/// position in its object, where the objects end at these columns.
fn row_of_objects(ends: &[usize]) -> Evidence {
    let (rows, columns) = (8, 16);
    let is_inside = |at: usize| (2..6).contains(&(at / columns));
    let attention = (0..rows * columns).map(|at| if is_inside(at) { 0.05 } else { 0.0 });
    let token = |at: usize| {
        let column = at % columns;
        let start = ends
            .iter()
            .copied()
            .rfind(|end| *end <= column)
            .unwrap_or(0);
        let end = ends
            .iter()
            .copied()
            .find(|end| *end > column)
            .unwrap_or(columns);
        let along = (column - start) as f32 / (end - start - 1) as f32;
        let angle = std::f32::consts::PI * along;
        [angle.cos(), angle.sin()]
    };
    let place = |at: usize| {
        token(at / (rows * columns))
            .into_iter()
            .zip(token(at % (rows * columns)))
    };
    Evidence {
        instance_similarity: (0..(rows * columns).pow(2))
            .map(|at| place(at).map(|(a, b)| a * b).sum())
            .collect(),
        ..evidence(rows, columns, attention.collect())
    }
}

fn boxes_of(evidence: &Evidence) -> Vec<BBox> {
    let localizer = Localizer::new(
        &PictureMaps::new(evidence, &[], &[]),
        Method::Affinity,
        None,
    );
    let mut boxes = localizer.unwrap().largest_and_all(0.5, (160, 80)).1;
    boxes.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    boxes
}

#[test]
fn objects_that_touch_are_separated_where_their_tokens_change_abruptly() {
    assert_eq!(boxes_of(&row_of_objects(&[16])).len(), 1);
    let two = boxes_of(&row_of_objects(&[8, 16]));
    assert_eq!(two.len(), 2, "{two:?}");
    assert_eq!(
        (two[0].x1, two[1].x0),
        (80.0, 80.0),
        "they touch where the tokens change"
    );
    assert_eq!(boxes_of(&row_of_objects(&[6, 11, 16])).len(), 3);
}

#[test]
fn the_papers_methods_do_not_separate_objects_that_touch() {
    let maps = PictureMaps::new(&row_of_objects(&[8, 16]), &[], &[]);
    assert!(maps.instance_labels.is_some());
    let localizer = Localizer::new(&maps, Method::Attention, None).unwrap();
    assert_eq!(localizer.largest_and_all(0.5, (160, 80)).1.len(), 1);
}

#[test]
fn a_map_is_steepest_where_its_levels_change_most() {
    // It falls slowly from 255 to 140 and rapidly from there to 100.
    let slow = (0..24).map(|at| 255 - 5 * at);
    let rapid = [120, 100].into_iter();
    let rest = (0..11).map(|at| 98 - 8 * at);
    let all: Vec<u8> = slow
        .chain(rapid)
        .chain(rest)
        .map(|level| level as u8)
        .collect();
    let steepest = levels(&all).steepest();
    assert!((0.42..=0.54).contains(&steepest), "{steepest}");
}

#[test]
fn regions_lie_strictly_above_the_threshold() {
    let regions = levels(&[50, 100, 49, 51, 100]).regions(0.5);
    let bounds: Vec<_> = regions
        .iter()
        .map(|region| (region.x0, region.x1))
        .collect();
    assert_eq!(bounds, [(1, 2), (3, 5)]);
}

#[test]
fn a_hole_is_boxed_with_the_ring_around_it() {
    // A ring around the hole (2, 1), one that only meets the edge, and a diagonal step through
    // which no hole leaks.
    let map = LevelMap {
        width: 6,
        height: 4,
        levels: vec![
            0, 9, 9, 9, 0, 0, //
            0, 9, 0, 9, 0, 9, //
            0, 9, 9, 0, 0, 9, //
            9, 0, 0, 0, 9, 9,
        ],
    };
    let bounds: Vec<_> = map
        .holes(0.5)
        .iter()
        .map(|hole| (hole.x0, hole.y0, hole.x1, hole.y1))
        .collect();
    assert_eq!(bounds, [(1, 0, 4, 3)]);
    assert_eq!(map.regions(0.5).len(), 2);
}

#[test]
fn a_contour_area_is_that_of_the_polygon_through_pixel_centres() {
    // A diamond of four pixels around a hole: OpenCV gives 2.
    let map = LevelMap {
        width: 3,
        height: 3,
        levels: vec![0, 9, 0, 9, 0, 9, 0, 9, 0],
    };
    let regions = map.regions(0.5);
    assert_eq!(regions.len(), 1);
    assert_eq!(regions[0].doubled_contour_area(), 4);
}

/// A classifier of three classes on a grid of one row and two columns.
fn classifier() -> ClassEvidence {
    ClassEvidence {
        grid: Grid {
            rows: 1,
            columns: 2,
        },
        logits: vec![3.0, 1.0, 0.0],
        maps: vec![vec![6.0, 0.0], vec![0.0, 2.0], vec![0.0, 0.0]],
        is_multi_label: false,
    }
}

#[test]
fn a_region_gets_its_class_from_its_own_logits() {
    let companion = Evidence {
        companion: Some(classifier()),
        ..evidence(1, 2, vec![0.5; 2])
    };
    let names = |weights: &[f32]| {
        let maps = PictureMaps::new(&companion, &[], &[0, 1]);
        maps.names.unwrap().of_region(weights)
    };
    let (e2, e6) = (2f32.exp(), 6f32.exp());
    let left = names(&[5.0, 0.0]);
    assert_eq!(left[0].0, 0);
    assert!((left[0].1 - e6 / (e6 + 2.0)).abs() < 1e-5, "{left:?}");
    let right = names(&[0.0, 1.0]);
    assert_eq!(right[0].0, 1);
    assert!((right[0].1 - e2 / (e2 + 2.0)).abs() < 1e-5, "{right:?}");
    let total: f32 = right.iter().map(|(_, probability)| probability).sum();
    assert!(
        (total - (e2 + 1.0) / (e2 + 2.0)).abs() < 1e-5,
        "the third class is among the others"
    );
}

#[test]
fn the_map_of_any_class_weights_classes_by_the_root_of_their_probability() {
    let any = classifier().any_class_map(classifier().grid);
    let probabilities = classifier().probabilities();
    let expected = [6.0 * probabilities[0].sqrt(), 2.0 * probabilities[1].sqrt()];
    for (found, expected) in any.values.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{any:?}");
    }
}

#[test]
fn a_mirror_image_counts_as_much_as_the_picture() {
    let mirrored = ClassEvidence {
        logits: vec![1.0, 1.0, 2.0],
        maps: vec![vec![2.0, 8.0], vec![2.0, 0.0], vec![0.0; 2]],
        ..classifier()
    };
    let both = classifier().averaged_with_mirrored(&mirrored);
    assert_eq!(both.logits, [2.0, 1.0, 1.0]);
    assert_eq!(both.maps, [[7.0, 1.0], [0.0, 2.0], [0.0, 0.0]]);
}

#[test]
fn only_the_papers_methods_cut_at_the_threshold_itself() {
    for method in Method::ALL {
        let cut = method.cut(0.5, 0.6);
        if method.of_maps() == Method::Affinity {
            assert!((cut - 0.52).abs() < 1e-6, "{cut}");
        } else {
            assert_eq!(cut, 0.5, "{method}");
        }
    }
}

#[test]
fn a_companion_adds_to_the_attention_unless_its_class_is_given() {
    let attention = |at: usize| if at % 8 < 4 { 0.03 } else { 0.0002 };
    let alone = evidence(8, 8, (0..64).map(attention).collect());
    let both = Evidence {
        companion: Some(ClassEvidence {
            maps: vec![vec![0.0, 6.0], vec![0.0; 2], vec![0.0; 2]],
            ..classifier()
        }),
        ..alone.clone()
    };
    let maps = PictureMaps::new(&both, &[(0, 0.9)], &[]);
    let sides = |class: Option<usize>| {
        let propagated = maps.map(Method::Affinity, class).unwrap();
        (propagated.values[0], propagated.values[7])
    };
    let (left, right) = sides(None);
    assert!(
        (left - right).abs() < 0.1,
        "each has one of two maps: {left} {right}"
    );
    let (left, right) = sides(Some(0));
    assert!(
        left < right - 1.0,
        "the attention has no part in a given class: {left} {right}"
    );
    assert_eq!(maps.map(Method::Cam, Some(0)).unwrap().values[7], 6.0);
    assert_eq!(
        PictureMaps::new(&both.with_source(None), &[], &[]),
        PictureMaps::new(&alone, &[], &[])
    );
    let head = Evidence {
        head: Some(classifier()),
        ..both
    };
    let source = |of: Option<ClassSource>| head.with_source(of).classes().map(|(source, _)| source);
    for of in [None, Some(ClassSource::Head), Some(ClassSource::Companion)] {
        assert_eq!(source(of), of);
    }
}

#[test]
fn a_small_box_is_the_mean_of_both_scales() {
    // Four of 256 patches in the whole picture; in the enlarged part, their left half.
    let is_inside = |at: usize| (7..9).contains(&(at / 16)) && (7..9).contains(&(at % 16));
    let first = evidence(
        16,
        16,
        (0..256)
            .map(|at| if is_inside(at) { 0.1 } else { 0.0 })
            .collect(),
    );
    let frame = BBox::from_corners(0.40625, 0.40625, 0.59375, 0.59375);
    let is_left = |at: usize| (1..7).contains(&(at / 8)) && (1..5).contains(&(at % 8));
    let second = evidence(
        8,
        8,
        (0..64)
            .map(|at| if is_left(at) { 0.1 } else { 0.0 })
            .collect(),
    );
    let boxes = |evidence: &Evidence| {
        let localizer = Localizer::new(
            &PictureMaps::new(evidence, &[], &[]),
            Method::Affinity,
            None,
        );
        localizer
            .unwrap()
            .largest_and_all(0.5, (160, 160))
            .0
            .unwrap()
    };
    let once = boxes(&first);
    let with_zoom = Evidence {
        zoomed: vec![ZoomedEvidence {
            frame,
            evidence: second.clone(),
        }],
        ..first.clone()
    };
    let twice = boxes(&with_zoom);
    let is_same = |a: f32, b: f32| (a - b).abs() < 1.5;
    assert!(is_same(once.x0, twice.x0) && is_same(once.y0, twice.y0) && is_same(once.y1, twice.y1));
    // At 83.75 in the enlarged part, at 90 in the whole picture.
    assert!(
        is_same(twice.x1, (once.x1 + 83.75) / 2.0),
        "{once:?} {twice:?}"
    );
    assert!(twice.x1 < once.x1 - 2.0, "{once:?} {twice:?}");
    let elsewhere = Evidence {
        zoomed: vec![ZoomedEvidence {
            frame: BBox::from_corners(0.0, 0.0, 0.2, 0.2),
            evidence: second,
        }],
        ..first
    };
    assert_eq!(boxes(&elsewhere), once, "another part was enlarged");
}

#[test]
fn boxes_that_overlap_give_their_classes_weighted_by_how_much() {
    let found = |width: f32, classes: &[(usize, f32)]| DetectedBox {
        bbox: BBox::from_xywh(0.0, 0.0, width, 10.0),
        score: classes[0].1,
        classes: classes.to_vec(),
    };
    let detected = [
        found(8.0, &[(0, 0.5), (1, 0.25)]),
        found(10.0, &[(1, 0.125)]),
        found(6.0, &[(1, 0.5)]),
        found(4.0, &[(2, 0.9)]),
    ];
    let bbox = BBox::from_xywh(0.0, 0.0, 10.0, 10.0);
    let classes = detected_classes(&bbox, detected.iter().map(DetectedBox::with_classes));
    let places: Vec<usize> = classes.iter().map(|(class, _)| *class).collect();
    assert_eq!(places, [0, 1], "one box in four does not overlap by half");
    assert!((classes[0].1 - 0.4).abs() < 1e-6 && (classes[1].1 - 0.3).abs() < 1e-6);
}
