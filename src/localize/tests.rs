use super::*;
use crate::geometry::{BBox, Grid};

fn evidence(rows: usize, columns: usize, attention: Vec<f32>) -> Evidence {
    let patches = rows * columns;
    // Each patch is like itself alone, so that carrying changes little.
    let similarity = |i: usize, j: usize| if i == j { 1.0 } else { -1.0 };
    Evidence {
        grid: Grid { rows, columns },
        patch_size: 14,
        attention: vec![attention],
        key_similarity: (0..patches * patches)
            .map(|at| similarity(at / patches, at % patches))
            .collect(),
        head: None,
        companion: None,
        closer: Vec::new(),
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
fn even_attention_gives_no_box() {
    let even = evidence(4, 5, vec![0.05; 20]);
    let localizer = Localizer::new(&Maps::new(&even, &[], &[]), Method::Affinity, None).unwrap();
    assert_eq!(localizer.boxes(&BoxOptions::default(), (100, 80)), []);
}

#[test]
fn a_single_patch_is_no_panic() {
    for method in [Method::Affinity, Method::Attention] {
        let one = evidence(1, 1, vec![1.0]);
        let localizer = Localizer::new(&Maps::new(&one, &[], &[]), method, None).unwrap();
        assert_eq!(localizer.boxes(&BoxOptions::default(), (1, 1)), []);
    }
}

#[test]
fn the_method_of_the_paper_needs_a_class() {
    let maps = Maps::new(&evidence(2, 2, vec![0.25; 4]), &[], &[]);
    assert!(maps.map(Method::TsCam, None).is_none());
}

#[test]
fn attention_on_one_side_gives_a_sure_box_there() {
    let attention = (0..64).map(|at| if at % 8 < 4 { 0.03 } else { 0.0002 });
    let sided = evidence(8, 8, attention.collect());
    let localizer = Localizer::new(&Maps::new(&sided, &[], &[]), Method::Affinity, None).unwrap();
    let boxes = localizer.boxes(&BoxOptions::default(), (80, 80));
    let [found] = &boxes[..] else {
        panic!("{boxes:?}")
    };
    assert!(found.bbox.iou(&BBox::from_xywh(0.0, 0.0, 40.0, 80.0)) > 0.9);
    assert!(found.score > 0.9, "{}", found.score);
}

#[test]
fn peaks_part_only_where_the_valley_is_deep_and_both_are_large() {
    let split = |depth, min_area| Split { depth, min_area };
    let map = levels(&[200, 210, 200, 150, 200, 205, 200]);
    let count = |split: Option<&Split>| map.regions(0.1, split).len();
    assert_eq!(count(None), 1);
    assert_eq!(count(Some(&split(55, 3))), 2);
    assert_eq!(
        count(Some(&split(56, 3))),
        1,
        "the lesser peak rises 55 levels"
    );
    assert_eq!(
        count(Some(&split(55, 4))),
        1,
        "the lesser region has 3 pixels"
    );
}

#[test]
fn filling_finds_the_regions_that_climbing_down_finds() {
    // Noise, from a linear congruential generator.
    let mut state = 7u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let map = LevelMap {
        width: 31,
        height: 23,
        levels: (0..31 * 23).map(|_| noise()).collect(),
    };
    // Peaks never rise 255 levels above a saddle.
    let never = Split {
        depth: u8::MAX,
        min_area: 0,
    };
    for threshold in [0.0, 0.3, 0.5, 0.6, 0.9] {
        let sorted = |mut regions: Vec<Region>| {
            for region in &mut regions {
                region.pixels.sort_unstable();
            }
            regions
        };
        let filled = sorted(map.regions(threshold, None));
        assert_eq!(filled, sorted(map.regions(threshold, Some(&never))));
        assert!(!filled.is_empty());
    }
}

#[test]
fn regions_lie_strictly_above_the_threshold() {
    let regions = levels(&[50, 100, 49, 51, 100]).regions(0.5, None);
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
    assert_eq!(map.regions(0.5, None).len(), 2);
}

#[test]
fn a_contour_area_is_that_of_the_polygon_through_pixel_centres() {
    // A diamond of four pixels around a hole: OpenCV gives 2.
    let map = LevelMap {
        width: 3,
        height: 3,
        levels: vec![0, 9, 0, 9, 0, 9, 0, 9, 0],
    };
    let regions = map.regions(0.5, None);
    assert_eq!(regions.len(), 1);
    assert_eq!(regions[0].doubled_contour_area(), 4);
}
