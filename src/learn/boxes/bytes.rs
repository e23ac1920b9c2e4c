//! Plain values as bytes and back: little-endian, versioned, with a checksum at the end.

use half::f16;
use xxhash_rust::xxh3::xxh3_64;

use crate::geometry::BBox;

/// Bytes of the checksum.
const CHECKSUM: usize = 8;

/// Writes values one after another.
pub struct Writer(Vec<u8>);

impl Writer {
    /// Begins with the four letters and the version by which the kind is known.
    pub fn new(kind: [u8; 4], version: u32) -> Self {
        let mut writer = Self(kind.to_vec());
        writer.u32(version);
        writer
    }

    pub fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn f32(&mut self, value: f32) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn f64(&mut self, value: f64) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn bbox(&mut self, bbox: &BBox) {
        for edge in [bbox.x0, bbox.y0, bbox.x1, bbox.y1] {
            self.f32(edge);
        }
    }

    /// A list with its length.
    pub fn list<T>(&mut self, values: &[T], write: impl Fn(&mut Self, &T)) {
        self.u64(values.len() as u64);
        for value in values {
            write(self, value);
        }
    }

    pub fn floats(&mut self, values: &[f32]) {
        self.list(values, |writer, value| writer.f32(*value));
    }

    pub fn halves(&mut self, values: &[f16]) {
        self.list(values, |writer, value| writer.0.extend(value.to_le_bytes()));
    }

    pub fn text(&mut self, text: &str) {
        self.list(text.as_bytes(), |writer, byte| writer.0.push(*byte));
    }

    /// The bytes with their checksum.
    pub fn finish(mut self) -> Vec<u8> {
        let checksum = xxh3_64(&self.0);
        self.u64(checksum);
        self.0
    }
}

/// Reads what a [`Writer`] wrote; nothing where that is not there.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Of bytes of this kind, version and checksum.
    pub fn new(bytes: &'a [u8], kind: [u8; 4], version: u32) -> Option<Self> {
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
        if checksum != xxh3_64(content).to_le_bytes() {
            return None;
        }
        let mut reader = Self(content);
        (reader.take::<4>()? == kind && reader.u32()? == version).then_some(reader)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub fn size(&mut self) -> Option<usize> {
        self.u64()?.try_into().ok()
    }

    /// A finite number.
    pub fn f32(&mut self) -> Option<f32> {
        self.take()
            .map(f32::from_le_bytes)
            .filter(|x| x.is_finite())
    }

    /// A finite number.
    pub fn f64(&mut self) -> Option<f64> {
        self.take()
            .map(f64::from_le_bytes)
            .filter(|x| x.is_finite())
    }

    /// A box with an area.
    pub fn bbox(&mut self) -> Option<BBox> {
        let bbox = BBox {
            x0: self.f32()?,
            y0: self.f32()?,
            x1: self.f32()?,
            y1: self.f32()?,
        };
        bbox.is_valid().then_some(bbox)
    }

    pub fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.size()?;
        // Each takes a byte at least: a length that lies reserves no memory.
        (count <= self.0.len()).then(|| (0..count).map(|_| read(self)).collect())?
    }

    pub fn floats(&mut self) -> Option<Vec<f32>> {
        self.list(Self::f32)
    }

    pub fn halves(&mut self) -> Option<Vec<f16>> {
        self.list(|reader| {
            let half = f16::from_le_bytes(reader.take()?);
            half.is_finite().then_some(half)
        })
    }

    pub fn text(&mut self) -> Option<String> {
        let bytes = self.list(|reader| reader.take::<1>().map(|[byte]| byte))?;
        String::from_utf8(bytes).ok()
    }

    /// Whether all was read.
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
