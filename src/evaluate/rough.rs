//! A true box -> the box that a person draws in a hurry, for measuring what fitting it is worth.

use crate::geometry::BBox;

/// How far a side may be off, as a share of the width or the height.
const MAX_SHIFT: f32 = 0.15;

/// A box with every side moved by up to 15 % of the width or the height, inwards or outwards, and
/// clipped to the picture of `size` pixels (width and height).
///
/// The result depends on the `seed` and the box alone and is the same on every platform. `None` if no
/// part of the box is inside the picture.
pub fn rough_box(truth: &BBox, size: (u32, u32), seed: u64) -> Option<BBox> {
    let mut state = seed;
    // Uniform in -0.15..0.15.
    let mut share = || {
        let unit = (splitmix64(&mut state) >> 40) as f32 / (1u32 << 24) as f32;
        (2.0 * unit - 1.0) * MAX_SHIFT
    };
    let (width, height) = (truth.width(), truth.height());
    BBox {
        x0: truth.x0 + share() * width,
        y0: truth.y0 + share() * height,
        x1: truth.x1 + share() * width,
        y1: truth.y1 + share() * height,
    }
    .clipped(size.0, size.1)
}

/// The next number of the generator of Steele, Lea & Flood 2014.
fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (1000, 800);

    #[test]
    fn each_side_moves_by_at_most_fifteen_percent_in_both_directions() {
        let truth = BBox::from_xywh(300.0, 200.0, 200.0, 100.0);
        let mut shifts: [Vec<f32>; 4] = Default::default();
        for seed in 0..1000 {
            let rough = rough_box(&truth, SIZE, seed).unwrap();
            shifts[0].push((rough.x0 - truth.x0) / 200.0);
            shifts[1].push((rough.y0 - truth.y0) / 100.0);
            shifts[2].push((rough.x1 - truth.x1) / 200.0);
            shifts[3].push((rough.y1 - truth.y1) / 100.0);
        }
        for side in shifts {
            let (min, max) = side.iter().fold((f32::MAX, f32::MIN), |(min, max), shift| {
                (min.min(*shift), max.max(*shift))
            });
            let mean = side.iter().sum::<f32>() / side.len() as f32;
            assert!((-0.1501..-0.14).contains(&min), "{min}");
            assert!((0.14..0.1501).contains(&max), "{max}");
            assert!(mean.abs() < 0.01, "{mean}");
        }
    }

    #[test]
    fn a_seed_always_gives_the_same_box() {
        let truth = BBox::from_xywh(300.0, 200.0, 200.0, 100.0);
        assert_eq!(rough_box(&truth, SIZE, 7), rough_box(&truth, SIZE, 7));
        assert_ne!(rough_box(&truth, SIZE, 7), rough_box(&truth, SIZE, 8));
    }

    #[test]
    fn the_box_stays_inside_the_picture() {
        let whole = BBox::from_xywh(0.0, 0.0, 1000.0, 800.0);
        for seed in 0..100 {
            let rough = rough_box(&whole, SIZE, seed).unwrap();
            assert_eq!(rough.clipped(SIZE.0, SIZE.1), Some(rough));
        }
        let outside = BBox::from_xywh(2000.0, 0.0, 10.0, 10.0);
        assert_eq!(rough_box(&outside, SIZE, 0), None);
    }
}
