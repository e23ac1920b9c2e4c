//! Embeddings of pictures as bytes for the cache.

use half::f16;

use crate::segment::Embedding;
use crate::segment::frame::Frame;

/// The version of the layout; embeddings of other versions are recomputed.
const VERSION: u8 = 1;

/// Encodes an embedding, little-endian: the version, the width and the height of the picture, then the
/// values.
pub fn encode(embedding: &Embedding) -> Vec<u8> {
    let (width, height) = embedding.frame.picture;
    let mut bytes = Vec::with_capacity(9 + 2 * embedding.values.len());
    bytes.push(VERSION);
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    let values = embedding.values.iter();
    bytes.extend(values.flat_map(|value| value.to_le_bytes()));
    bytes
}

/// Decodes an embedding; `None` if [`encode`] did not write the bytes.
pub fn decode(bytes: &[u8]) -> Option<Embedding> {
    let (&VERSION, rest) = bytes.split_first()? else {
        return None;
    };
    let (width, rest) = rest.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    let (values, rest) = rest.as_chunks();
    let values: Vec<f16> = values.iter().map(|two| f16::from_le_bytes(*two)).collect();
    let picture = (u32::from_le_bytes(*width), u32::from_le_bytes(*height));
    let is_whole = rest.is_empty()
        && values.len() == Embedding::LENGTH
        && values.iter().all(|value| value.is_finite());
    is_whole.then(|| Embedding {
        values,
        frame: Frame::new(picture),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeddings_come_back_as_they_were_and_other_bytes_do_not() {
        let values = (0..Embedding::LENGTH).map(|at| f16::from_f32(at as f32 % 97.0 - 48.0));
        let embedding = Embedding {
            values: values.collect(),
            frame: Frame::new((640, 480)),
        };
        let bytes = encode(&embedding);
        assert_eq!(decode(&bytes), Some(embedding));
        for end in [0, 1, 5, 9, bytes.len() - 2, bytes.len() - 1] {
            assert_eq!(decode(&bytes[..end]), None, "{end}");
        }
        let mut other = bytes.clone();
        other[0] = 0;
        assert_eq!(decode(&other), None);
        let mut infinite = bytes;
        infinite[9..11].copy_from_slice(&f16::INFINITY.to_le_bytes());
        assert_eq!(decode(&infinite), None);
    }
}
