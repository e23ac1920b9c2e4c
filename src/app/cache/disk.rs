//! One disposable SQLite file per project in the user's cache folder, with a size limit.
//!
//! Everything in it can be recomputed. A cache that cannot be opened, read or written is treated as an
//! empty one, so no function returns an error.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, params};

/// The maximum size of the cache of a project, in bytes.
const MAX_BYTES: i64 = 512 << 20;
/// The share of the limit that is left after the oldest entries were removed.
const SHARE_AFTER_EVICTION: f64 = 0.8;

/// The kind of an entry; the numbers are stored in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// A thumbnail as a JPEG file.
    Thumbnail = 1,
    /// The maps of a picture.
    PictureMaps = 2,
    /// The features of a picture for learning.
    PictureFeatures = 3,
    /// The embedding of a picture for fitting boxes.
    PictureEmbedding = 4,
}

impl CacheKind {
    /// The share of the size limit that entries of this kind may take. Embeddings are large, and must
    /// not crowd out what every picture of a project needs.
    fn max_share(self) -> f64 {
        match self {
            Self::PictureEmbedding => 0.4,
            Self::Thumbnail | Self::PictureMaps | Self::PictureFeatures => 1.0,
        }
    }
}

/// The cache of one project, shared by the window's workers.
pub struct Cache {
    state: Mutex<CacheState>,
    max_bytes: i64,
}

/// Whether the file is open.
enum CacheState {
    /// It is opened on first use, by the worker that uses it.
    Unopened(PathBuf),
    Open(Open),
    /// There is none, or it cannot be used.
    Without,
}

struct Open {
    connection: Connection,
    /// The size of all entries.
    bytes: i64,
    /// The size of embeddings.
    embedding_bytes: i64,
    /// Counts uses, so that the least recently used entries are removed first.
    clock: i64,
}

impl Cache {
    /// The cache of the project with this id in the folder of caches, if there is one. It is opened on first
    /// use.
    pub fn for_project(id: &str, folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join(format!("{id}.cache")));
        Self::open(path, MAX_BYTES)
    }

    /// The cache in this file. Without a file, or if it cannot be opened, the cache stays empty.
    pub fn open(path: Option<PathBuf>, max_bytes: i64) -> Self {
        let state = path.map_or(CacheState::Without, CacheState::Unopened);
        Self {
            state: Mutex::new(state),
            max_bytes,
        }
    }

    /// The bytes under this key.
    pub fn get(&self, kind: CacheKind, key: &str) -> Option<Vec<u8>> {
        let mut state = self.lock();
        state.opened()?.get(kind, key).ok().flatten()
    }

    /// Stores bytes under this key, replacing earlier ones.
    pub fn put(&self, kind: CacheKind, key: &str, bytes: &[u8]) {
        let mut state = self.lock();
        let Some(open) = state.opened() else { return };
        if open.put(kind, key, bytes, self.max_bytes).is_err() {
            // The disk is full or disconnected: go on without a cache.
            *state = CacheState::Without;
        }
    }

    fn lock(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheState {
    /// The open file, if there is one.
    fn opened(&mut self) -> Option<&mut Open> {
        if let Self::Unopened(path) = self {
            let opened = Open::new(path).or_else(|_| {
                // The file is damaged or not a cache; it is replaced.
                let _ = fs::remove_file(&*path);
                Open::new(path)
            });
            *self = opened.map_or(Self::Without, Self::Open);
        }
        match self {
            Self::Open(open) => Some(open),
            Self::Unopened(_) | Self::Without => None,
        }
    }
}

impl Open {
    fn new(path: &Path) -> rusqlite::Result<Self> {
        if let Some(folder) = path.parent() {
            let _ = fs::create_dir_all(folder);
        }
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
             CREATE TABLE IF NOT EXISTS items (
                 kind INTEGER NOT NULL, key TEXT NOT NULL, used INTEGER NOT NULL,
                 bytes BLOB NOT NULL, PRIMARY KEY (kind, key)
             ) STRICT;
             CREATE INDEX IF NOT EXISTS by_use ON items (used);",
        )?;
        let select = "SELECT coalesce(sum(length(bytes)), 0), coalesce(max(used), 0),
             coalesce(sum(length(bytes)) FILTER (WHERE kind = ?), 0) FROM items";
        let (bytes, clock, embedding_bytes) =
            connection.query_row(select, [CacheKind::PictureEmbedding as i64], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        Ok(Self {
            connection,
            bytes,
            embedding_bytes,
            clock,
        })
    }

    fn get(&mut self, kind: CacheKind, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
        self.clock += 1;
        let update = "UPDATE items SET used = ? WHERE kind = ? AND key = ? RETURNING bytes";
        self.connection
            .prepare_cached(update)?
            .query_row(params![self.clock, kind as i64, key], |row| row.get(0))
            .optional()
    }

    fn put(&mut self, kind: CacheKind, key: &str, bytes: &[u8], most: i64) -> rusqlite::Result<()> {
        self.clock += 1;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let replace = "INSERT OR REPLACE INTO items (kind, key, used, bytes) VALUES (?, ?, ?, ?)";
        let former = "SELECT length(bytes) FROM items WHERE kind = ? AND key = ?";
        let former: Option<i64> = self
            .connection
            .prepare_cached(former)?
            .query_row(params![kind as i64, key], |row| row.get(0))
            .optional()?;
        self.connection.prepare_cached(replace)?.execute(params![
            kind as i64,
            key,
            self.clock,
            bytes
        ])?;
        let added = size - former.unwrap_or(0);
        self.bytes += added;
        if kind == CacheKind::PictureEmbedding {
            self.embedding_bytes += added;
            let most = (most as f64 * kind.max_share()) as i64;
            let target = (most as f64 * SHARE_AFTER_EVICTION) as i64;
            while self.embedding_bytes > most && self.evict(Some(kind), target)? {}
        }
        let target = (most as f64 * SHARE_AFTER_EVICTION) as i64;
        while self.bytes > most && self.evict(None, target)? {}
        Ok(())
    }

    /// Deletes some of the least recently used entries, of one kind or of all, until no more than
    /// `target` bytes of them are left. Returns whether there were any.
    fn evict(&mut self, kind: Option<CacheKind>, target: i64) -> rusqlite::Result<bool> {
        let select = "SELECT rowid, kind, length(bytes) FROM items
             WHERE ?1 IS NULL OR kind = ?1 ORDER BY used LIMIT 256";
        let oldest: Vec<(i64, i64, i64)> = self
            .connection
            .prepare_cached(select)?
            .query_map([kind.map(|kind| kind as i64)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        for (row, of_kind, size) in &oldest {
            let left = match kind {
                Some(_) => self.embedding_bytes,
                None => self.bytes,
            };
            if left <= target {
                break;
            }
            let delete = "DELETE FROM items WHERE rowid = ?";
            self.connection.prepare_cached(delete)?.execute([row])?;
            self.bytes -= size;
            if *of_kind == CacheKind::PictureEmbedding as i64 {
                self.embedding_bytes -= size;
            }
        }
        Ok(!oldest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_still_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("project.cache");
        let cache = Cache::open(Some(path.clone()), 1000);
        cache.put(CacheKind::PictureMaps, "a", b"maps");
        cache.put(CacheKind::Thumbnail, "a", b"thumbnail");
        cache.put(CacheKind::PictureMaps, "a", b"other maps");
        drop(cache);
        let cache = Cache::open(Some(path), 1000);
        assert_eq!(
            cache.get(CacheKind::PictureMaps, "a").as_deref(),
            Some(&b"other maps"[..])
        );
        assert_eq!(
            cache.get(CacheKind::Thumbnail, "a").as_deref(),
            Some(&b"thumbnail"[..])
        );
        assert_eq!(cache.get(CacheKind::PictureMaps, "b"), None);
    }

    #[test]
    fn least_recently_used_entries_are_removed_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path().join("cache")), 1000);
        for key in ["a", "b", "c"] {
            cache.put(CacheKind::PictureMaps, key, &[0; 300]);
        }
        assert!(cache.get(CacheKind::PictureMaps, "a").is_some());
        cache.put(CacheKind::PictureMaps, "d", &[0; 300]);
        let is_there = |key| cache.get(CacheKind::PictureMaps, key).is_some();
        assert_eq!(
            ["a", "b", "c", "d"].map(is_there),
            [true, false, false, true]
        );
    }

    #[test]
    fn embeddings_do_not_crowd_out_other_entries() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let cache = Cache::open(Some(path.clone()), 1000);
        cache.put(CacheKind::PictureMaps, "a", &[0; 300]);
        let put = |cache: &Cache, keys: &[&str]| {
            for key in keys {
                cache.put(CacheKind::PictureEmbedding, key, &[0; 150]);
            }
        };
        put(&cache, &["1", "2"]);
        drop(cache);
        let cache = Cache::open(Some(path), 1000);
        put(&cache, &["3", "4", "5"]);
        let is_there = |kind, key| cache.get(kind, key).is_some();
        assert!(is_there(CacheKind::PictureMaps, "a"));
        let kept = ["1", "2", "3", "4", "5"];
        assert_eq!(
            kept.map(|key| is_there(CacheKind::PictureEmbedding, key)),
            [false, false, false, true, true]
        );
    }

    #[test]
    fn a_damaged_cache_is_replaced_and_an_impossible_one_stays_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        fs::write(
            &path,
            "this is not a database, although it is long enough to be read as one",
        )
        .unwrap();
        let cache = Cache::open(Some(path), 1000);
        cache.put(CacheKind::PictureMaps, "a", b"maps");
        assert!(cache.get(CacheKind::PictureMaps, "a").is_some());

        let cache = Cache::open(Some(folder.path().to_path_buf()), 1000);
        cache.put(CacheKind::PictureMaps, "a", b"maps");
        assert_eq!(cache.get(CacheKind::PictureMaps, "a"), None);
        assert_eq!(
            Cache::open(None, 1000).get(CacheKind::PictureMaps, "a"),
            None
        );
    }
}
