//! Learning from what people say of pictures.
//!
//! | module | its one idea |
//! |---|---|
//! | [`pooled`] | a picture's tokens, pooled to the vector that a class head is trained on |
//! | [`logistic`] | the convex problem, solved |
//! | [`class_head`] | image-level tags -> a class head |
//! | [`tags`] | which picture shows which classes |
//! | [`boxes`] | corrected boxes -> better boxes |

pub mod boxes;
pub mod class_head;
pub mod logistic;
pub mod pooled;
pub mod tags;

use std::collections::BTreeMap;

use safetensors::SafeTensorError;
use safetensors::tensor::TensorView;

/// The block whose tokens are learnt from unless told otherwise, counted from 0: two thirds of the
/// way up, where tokens know most of classes and of edges. The last ones of the embedded,
/// saliency-pretrained backbone have lost much of both.
pub fn default_block(depth: usize) -> usize {
    (2 * depth / 3).min(depth.saturating_sub(1))
}

/// A safetensors file of named tensors. The metadata stands in the order of its keys, where the
/// crate's own hash map would have another order, and so other bytes, every time.
fn to_safetensors<'a>(
    tensors: impl IntoIterator<Item = (&'a str, TensorView<'a>)>,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, SafeTensorError> {
    /// Bytes of the header's length.
    const LENGTH: usize = 8;
    let plain = safetensors::serialize(tensors, None)?;
    let mut length = [0; LENGTH];
    length.copy_from_slice(&plain[..LENGTH]);
    let (header, values) = plain[LENGTH..].split_at(u64::from_le_bytes(length) as usize);
    let mut with = format!("{{\"__metadata__\":{},", serde_json::to_string(metadata)?).into_bytes();
    // Without its opening brace.
    with.extend_from_slice(&header[1..]);
    // Values stay aligned.
    with.resize(with.len().next_multiple_of(LENGTH), b' ');
    let mut file = (with.len() as u64).to_le_bytes().to_vec();
    file.append(&mut with);
    file.extend_from_slice(values);
    Ok(file)
}
