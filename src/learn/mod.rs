//! Learning from what a person told: a model's weights out of pictures and their tags.
//!
//! [`full`] trains backbone and head together, as the paper does. candle is allowed here as it is
//! in [`crate::tscam`].

pub mod full;
