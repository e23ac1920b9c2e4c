//! Pseudorandom numbers that are the same on every platform.
//!
//! The numbers for a picture are a function of a key (seed, purpose, epoch, picture), so a checkpoint
//! needs no generator state, and neither the order of the work nor the batch size changes them.

/// A generator: splitmix64 (Steele, Lea & Flood 2014, 'Fast splittable pseudorandom number
/// generators').
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The sequence of a key, for example a seed, a purpose, an epoch and a picture.
    pub fn from_key(key: &[u64]) -> Self {
        Self(
            key.iter()
                .fold(0, |state, part| Self(state ^ part).next_u64()),
        )
    }

    /// Any 64-bit number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in 0..1.
    pub fn uniform(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// An integer from 0 to below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The upper half of the product. The bias is below 2^-40 for any number of pictures.
        let wide = u128::from(self.next_u64()) * end as u128;
        (wide >> 64) as usize
    }

    /// Approximately normal with mean 0 and standard deviation 1: the sum of twelve uniform numbers,
    /// which does not depend on the platform's logarithm.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }

    /// A permutation of `0..count`.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            order.swap(at, (self.next_u64() % (at as u64 + 1)) as usize);
        }
        order
    }
}

/// Mixes two numbers into one.
pub fn mix(a: u64, b: u64) -> u64 {
    Random::new(Random::new(a).next_u64() ^ b).next_u64()
}
