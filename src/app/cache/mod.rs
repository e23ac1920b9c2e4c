//! The cache of expensive results: thumbnails, maps and features of pictures.
//!
//! `disk.rs` is the cache itself, one disposable file per project. `maps_codec.rs` encodes maps.

pub mod disk;
pub mod maps_codec;

pub use self::disk::{Cache, CacheKind};
