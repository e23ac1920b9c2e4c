//! Which tokens boxes are learned from.

/// The block whose tokens boxes are learned from, counted from 0: at half of the depth, where tokens contain
/// most information about where objects end.
pub fn default_block(depth: usize) -> usize {
    depth / 2
}
