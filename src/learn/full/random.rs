//! Chance that is a function of where it is asked for: nothing has to be kept to go on from a
//! checkpoint, and neither the order of the work nor the size of a micro-batch changes a draw.

/// The increment of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of random numbers.
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of one place: a seed, what the numbers are for, an epoch, a picture.
    pub fn at(place: &[u64]) -> Self {
        let state = place.iter().fold(0, |state: u64, part| mix(state ^ part));
        Self { state }
    }

    fn next(&mut self) -> u64 {
        let next = mix(self.state);
        self.state = self.state.wrapping_add(GOLDEN);
        next
    }

    /// A number from 0 to below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The product's upper half; its bias is below 2^-40 for any number of pictures.
        let wide = u128::from(self.next()) * end as u128;
        (wide >> 64) as usize
    }

    /// A number from 0 to below 1.
    pub fn unit(&mut self) -> f32 {
        // As many bits as a f32 holds exactly.
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// The numbers below `count` in random order.
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(GOLDEN);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
