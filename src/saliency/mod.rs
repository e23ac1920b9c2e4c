//! What stands out in a picture: a map finer than the patches of a transformer, and its regions.
//!
//! | file | its one idea |
//! |---|---|
//! | `saliency_map` | a map of values in 0..=1, cut into connected regions |
//! | `focus_decoder` | the final patch tokens of the embedded backbone -> a map with 8 x 8 values per patch |
//! | `u2net` | a picture -> a map as large as the network's input |
//!
//! Both networks were trained with masks. Neither knows classes.

mod focus_decoder;
mod saliency_map;
mod u2net;

pub use focus_decoder::FocusDecoder;
pub use saliency_map::{SaliencyMap, SalientRegion};
pub use u2net::U2Net;
