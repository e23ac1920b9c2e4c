//! The purposes of random numbers, each with its own stream.

/// The purpose of a stream of random numbers; part of the key of the stream.
#[derive(Clone, Copy)]
pub enum RandomPurpose {
    /// The order of the pictures in an epoch.
    Order,
    /// The crop of a picture.
    Augmentation,
    /// The blocks that are skipped for a picture.
    Depth,
    /// The initial weights of a head.
    Head,
}
