//! Reads the sizes of a network from the names and shapes of a checkpoint's tensors.

use std::collections::BTreeMap;

use candle_core::Tensor;

/// The name and shape of each tensor that a checkpoint must contain.
pub type TensorShapes = BTreeMap<String, Vec<usize>>;

/// The highest number that follows `prefix` in the name of a tensor. Blocks are numbered from 0.
pub fn highest_index(tensors: &BTreeMap<String, Tensor>, prefix: &str) -> Option<usize> {
    let index = |name: &String| {
        let (index, _) = name.strip_prefix(prefix)?.split_once('.')?;
        index.parse().ok()
    };
    let indices = tensors.keys().filter_map(index);
    // A checkpoint has more tensors than blocks, so a larger number is not the index of a block.
    indices.filter(|index| *index < tensors.len()).max()
}
