//! The cache of expensive results: thumbnails, maps, features and embeddings of pictures.
//!
//! `disk.rs` is the cache itself, one disposable file per project. `maps_codec.rs` encodes maps,
//! `embedding_codec.rs` embeddings.

pub mod disk;
pub mod embedding_codec;
pub mod maps_codec;

pub use self::disk::{Cache, CacheKind};
