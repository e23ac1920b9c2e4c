//! JSON lists and objects whose entries are made while they are written, so that a file need not fit
//! into memory.

use serde::{Serialize, Serializer};

/// A list of what a closure's iterator gives.
pub(super) struct ListOf<F>(pub F);

impl<F, I> Serialize for ListOf<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// An object of the keys and values that a closure's iterator gives.
pub(super) struct ObjectOf<F>(pub F);

impl<F, I, K, V> Serialize for ObjectOf<F>
where
    F: Fn() -> I,
    I: Iterator<Item = (K, V)>,
    K: Serialize,
    V: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}
