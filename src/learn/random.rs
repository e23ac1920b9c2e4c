//! Numbers that look random and are the same everywhere and always.
//!
//! What is random about a picture is a function of where it is asked for, so nothing has to be kept
//! to go on from a checkpoint, and neither the order of the work nor the size of a batch changes it.

/// The next of a sequence of numbers, and of what any number is mixed to: splitmix64 (Steele, Lea &
/// Flood 2014, 'Fast splittable pseudorandom number generators').
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The sequence of one place: a seed, what the numbers are for, an epoch, a picture.
    pub fn at(place: &[u64]) -> Self {
        Self(
            place
                .iter()
                .fold(0, |state, part| Self(state ^ part).bits()),
        )
    }

    /// Any number of 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Even in 0..1.
    pub fn even(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// A number from 0 to below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The product's upper half; its bias is below 2^-40 for any number of pictures.
        let wide = u128::from(self.bits()) * end as u128;
        (wide >> 64) as usize
    }

    /// About normal, of mean 0 and deviation 1: the sum of twelve even ones, which no platform's
    /// logarithm has a part in.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.even()).sum::<f32>() - 6.0
    }

    /// An order of `count` things.
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            order.swap(at, (self.bits() % (at as u64 + 1)) as usize);
        }
        order
    }
}

/// One number of two.
pub fn mixed(a: u64, b: u64) -> u64 {
    Random::new(Random::new(a).bits() ^ b).bits()
}
