//! Learned proposers in the bytes of version 1, which older project files contain: little-endian numbers,
//! lists after their length as u64.

use super::stored_proposer::{StoredMetrics, StoredProposer};

/// Reads numbers one after another; `None` at the end of the bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn size(&mut self) -> Option<usize> {
        self.u64()?.try_into().ok()
    }

    fn f64(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.size()?;
        // Each value takes at least a byte, so a wrong length reserves no memory.
        (count <= self.0.len()).then(|| (0..count).map(|_| read(self)).collect())?
    }

    fn floats(&mut self) -> Option<Vec<f32>> {
        self.list(|reader| reader.take().map(f32::from_le_bytes))
    }

    fn text(&mut self) -> Option<String> {
        let bytes = self.list(|reader| reader.take::<1>().map(|[byte]| byte))?;
        String::from_utf8(bytes).ok()
    }
}

/// Reads a proposer, which must take all of the bytes.
pub fn read(value: &[u8]) -> Option<StoredProposer> {
    let mut reader = Reader(value);
    let (fingerprint, width, reviewed) = (reader.text()?, reader.size()?, reader.size()?);
    let (seed, is_better) = (reader.u64()?, reader.u32()? != 0);
    let (held_out, objects) = (reader.size()?, reader.size()?);
    let [actions_before, accepts_before] = [reader.size()?, reader.size()?];
    let [actions_after, accepts_after] = [reader.size()?, reader.size()?];
    let stored = StoredProposer {
        fingerprint,
        width,
        reviewed,
        seed,
        is_better,
        metrics: StoredMetrics {
            held_out,
            objects,
            actions: [actions_before, actions_after],
            accepts: [accepts_before, accepts_after],
        },
        calibration: [reader.f64()?, reader.f64()?],
        basis_mean: reader.floats()?,
        basis_axes: reader.floats()?,
        centre: reader.floats()?,
        reach: reader.floats()?,
        sides: reader.floats()?,
        expansion_mean: reader.floats()?,
        expansion_scale: reader.floats()?,
        gain: reader.floats()?,
        categories: reader.list(Reader::u32)?,
        category_weights: reader.floats()?,
    };
    reader.0.is_empty().then_some(stored)
}
