//! How much memory one picture may need.

/// How much memory one picture may need. Both limits are checked before memory is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The maximum number of pixels. The default of 250 megapixels is more than any camera or phone
    /// takes in one shot (150 and 200 megapixels), and less than what would stall a laptop: such a
    /// picture needs 0.75 GB as RGB, and twice that while it is rotated.
    pub max_pixels: u64,
    /// The maximum number of bytes of the file, and of its decoded samples. The default of 2 GiB is enough
    /// for any picture of `max_pixels`, up to uncompressed 16-bit RGBA.
    pub max_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_pixels: 250_000_000,
            max_bytes: 2 << 30,
        }
    }
}
