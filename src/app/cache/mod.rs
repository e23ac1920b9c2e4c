//! What can be made again and is kept so that it need not be: thumbnails, maps and features.
//!
//! `disk.rs` is the store, one disposable file a project; `maps_codec.rs` turns maps into bytes and
//! back.

pub mod disk;
pub mod maps_codec;

pub use self::disk::{Cache, CacheKind};
