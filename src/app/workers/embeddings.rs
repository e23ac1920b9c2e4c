//! The embeddings of pictures: the last used ones in memory, more of them in the cache on disk.

use std::sync::Arc;

use lru::LruCache;

use crate::app::cache::{Cache, CacheKind, embedding_codec};
use crate::segment::Embedding;

/// The most bytes of embeddings in memory: about 45 of them.
const MAX_BYTES: usize = 96 << 20;

/// The embeddings of one network.
pub struct Embeddings {
    memory: LruCache<String, Arc<Embedding>>,
    bytes: usize,
    max_bytes: usize,
    disk: Arc<Cache>,
}

impl Embeddings {
    /// None in memory yet.
    pub fn new(disk: Arc<Cache>) -> Self {
        Self::with_limit(disk, MAX_BYTES)
    }

    fn with_limit(disk: Arc<Cache>, max_bytes: usize) -> Self {
        Self {
            memory: LruCache::unbounded(),
            bytes: 0,
            max_bytes,
            disk,
        }
    }

    /// Whether an embedding is in memory.
    pub fn is_in_memory(&self, key: &str) -> bool {
        self.memory.contains(key)
    }

    /// An embedding from memory or from the disk.
    pub fn get(&mut self, key: &str) -> Option<Arc<Embedding>> {
        if let Some(embedding) = self.memory.get(key) {
            return Some(Arc::clone(embedding));
        }
        let bytes = self.disk.get(CacheKind::PictureEmbedding, key)?;
        let embedding = Arc::new(embedding_codec::decode(&bytes)?);
        self.keep(key, &embedding);
        Some(embedding)
    }

    /// Keeps an embedding in memory and on the disk.
    pub fn put(&mut self, key: &str, embedding: Embedding) -> Arc<Embedding> {
        let bytes = embedding_codec::encode(&embedding);
        self.disk.put(CacheKind::PictureEmbedding, key, &bytes);
        let embedding = Arc::new(embedding);
        self.keep(key, &embedding);
        embedding
    }

    fn keep(&mut self, key: &str, embedding: &Arc<Embedding>) {
        self.bytes += size(embedding);
        let former = self.memory.put(key.to_owned(), Arc::clone(embedding));
        self.bytes -= former.map_or(0, |former| size(&former));
        while self.bytes > self.max_bytes
            && self.memory.len() > 1
            && let Some((_, oldest)) = self.memory.pop_lru()
        {
            self.bytes -= size(&oldest);
        }
    }
}

fn size(embedding: &Embedding) -> usize {
    size_of_val(&embedding.values[..])
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;
    use crate::segment::frame::Frame;

    fn embedding(value: f32) -> Embedding {
        Embedding {
            values: vec![f16::from_f32(value); Embedding::LENGTH],
            frame: Frame::new((10, 10)),
        }
    }

    #[test]
    fn the_least_recently_used_embeddings_leave_memory_and_stay_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Cache::open(Some(folder.path().join("cache")), 64 << 20);
        let mut embeddings = Embeddings::with_limit(Arc::new(disk), 2 * 2 * Embedding::LENGTH);
        embeddings.put("a", embedding(1.0));
        embeddings.put("b", embedding(2.0));
        embeddings.put("b", embedding(2.5));
        assert!(embeddings.get("a").is_some());
        embeddings.put("c", embedding(3.0));
        let in_memory = ["a", "b", "c"].map(|key| embeddings.is_in_memory(key));
        assert_eq!(in_memory, [true, false, true]);
        assert_eq!(*embeddings.get("b").unwrap(), embedding(2.5));
        assert!(embeddings.get("d").is_none());
    }

    #[test]
    fn a_picture_that_exceeds_the_limit_is_kept_alone() {
        let disk = Arc::new(Cache::open(None, 0));
        let mut embeddings = Embeddings::with_limit(disk, 1);
        embeddings.put("a", embedding(1.0));
        embeddings.put("b", embedding(1.0));
        assert!(!embeddings.is_in_memory("a") && embeddings.is_in_memory("b"));
    }
}
