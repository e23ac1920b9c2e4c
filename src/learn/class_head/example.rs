//! What a class head is trained on.

use super::pooled::PooledTokens;

/// A tagged picture.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadExample {
    /// Its pooled tokens.
    pub pooled: PooledTokens,
    /// The classes that it shows, each once, ascending.
    pub classes: Vec<usize>,
}
