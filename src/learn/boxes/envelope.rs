//! Stored values: a kind, a version, the value in postcard's format and a checksum.
//!
//! The layout is `kind [u8; 4] | version u32 | value | xxh3 of all before u64`, little-endian.

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of the checksum.
const CHECKSUM_BYTES: usize = 8;

/// Stores a value.
pub fn seal(kind: [u8; 4], version: u32, value: &impl Serialize) -> Vec<u8> {
    let mut bytes = kind.to_vec();
    bytes.extend(version.to_le_bytes());
    // Plain structs can always be written. If one could not, its bytes would read as damaged.
    let mut bytes = postcard::to_extend(value, bytes).unwrap_or_default();
    let checksum = xxh3_64(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// Opens what [`seal`] stored: the version and the bytes of the value. `None` if the bytes are damaged or
/// of another kind.
pub fn open(bytes: &[u8], kind: [u8; 4]) -> Option<(u32, &[u8])> {
    let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
    if checksum != xxh3_64(content).to_le_bytes() {
        return None;
    }
    let (found, content) = content.split_first_chunk::<4>()?;
    let (version, value) = content.split_first_chunk::<4>()?;
    (*found == kind).then_some((u32::from_le_bytes(*version), value))
}

/// Reads a value, which must take all of the bytes.
pub fn decode<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(value).ok()?;
    rest.is_empty().then_some(value)
}
