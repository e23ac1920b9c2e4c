//! What can be made again, kept so that it need not be: thumbnails and maps, one disposable SQLite
//! file a project in the user's cache folder, with a limit to its size.
//!
//! Nothing here is ever missed. A cache that cannot be opened, read or written is as good as an
//! empty one, so no error leaves this module.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, params};

/// Bytes of content that a project's cache holds at the most.
const MAX_BYTES: i64 = 512 << 20;
/// The share of the limit that is left when the oldest entries have made room.
const SHARE_AFTER_EVICTION: f64 = 0.8;

/// A kind of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// A thumbnail as a JPEG file.
    Thumbnail = 1,
    /// The maps of a picture.
    Maps = 2,
    /// What learning needs of a picture.
    PictureFeatures = 3,
}

/// The cache of one project, shared by the window's workers.
pub struct Cache {
    open: Mutex<Option<Open>>,
    max_bytes: i64,
}

struct Open {
    connection: Connection,
    bytes: i64,
    /// Counts uses, so that the entries which were not used longest go first.
    clock: i64,
}

impl Cache {
    /// The cache of the project with this id, in the folder of caches if there is one.
    pub fn for_project(id: &str, folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join(format!("{id}.cache")));
        Self::open(path, MAX_BYTES)
    }

    /// The cache in this file; one that holds nothing if there is no file or it cannot be opened.
    pub fn open(path: Option<PathBuf>, max_bytes: i64) -> Self {
        let opened = path.and_then(|path| {
            Open::new(&path)
                .or_else(|_| {
                    // Whatever it is, it is not wanted: it is a cache.
                    let _ = fs::remove_file(&path);
                    Open::new(&path)
                })
                .ok()
        });
        Self {
            open: Mutex::new(opened),
            max_bytes,
        }
    }

    /// What was kept under this key.
    pub fn get(&self, kind: CacheKind, key: &str) -> Option<Vec<u8>> {
        let mut guard = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        guard.as_mut()?.get(kind, key).ok().flatten()
    }

    /// Keeps something, in the place of what was there.
    pub fn put(&self, kind: CacheKind, key: &str, bytes: &[u8]) {
        let mut guard = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = guard.as_mut() else { return };
        if open.put(kind, key, bytes, self.max_bytes).is_err() {
            // A disk that is full or gone: go on without.
            *guard = None;
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
        let select = "SELECT coalesce(sum(length(bytes)), 0), coalesce(max(used), 0) FROM items";
        let (bytes, clock) =
            connection.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            connection,
            bytes,
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
        self.bytes += size - former.unwrap_or(0);
        while self.bytes > most && self.evict((most as f64 * SHARE_AFTER_EVICTION) as i64)? {}
        Ok(())
    }

    /// Deletes some of the oldest entries; whether there were any.
    fn evict(&mut self, target: i64) -> rusqlite::Result<bool> {
        let select = "SELECT rowid, length(bytes) FROM items ORDER BY used LIMIT 256";
        let oldest: Vec<(i64, i64)> = self
            .connection
            .prepare_cached(select)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (row, size) in &oldest {
            if self.bytes <= target {
                break;
            }
            let delete = "DELETE FROM items WHERE rowid = ?";
            self.connection.prepare_cached(delete)?.execute([row])?;
            self.bytes -= size;
        }
        Ok(!oldest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("project.cache");
        let cache = Cache::open(Some(path.clone()), 1000);
        cache.put(CacheKind::Maps, "a", b"maps");
        cache.put(CacheKind::Thumbnail, "a", b"thumbnail");
        cache.put(CacheKind::Maps, "a", b"other maps");
        drop(cache);
        let cache = Cache::open(Some(path), 1000);
        assert_eq!(
            cache.get(CacheKind::Maps, "a").as_deref(),
            Some(&b"other maps"[..])
        );
        assert_eq!(
            cache.get(CacheKind::Thumbnail, "a").as_deref(),
            Some(&b"thumbnail"[..])
        );
        assert_eq!(cache.get(CacheKind::Maps, "b"), None);
    }

    #[test]
    fn the_entries_that_were_used_longest_ago_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path().join("cache")), 1000);
        for key in ["a", "b", "c"] {
            cache.put(CacheKind::Maps, key, &[0; 300]);
        }
        assert!(cache.get(CacheKind::Maps, "a").is_some());
        cache.put(CacheKind::Maps, "d", &[0; 300]);
        let is_there = |key| cache.get(CacheKind::Maps, key).is_some();
        assert_eq!(
            ["a", "b", "c", "d"].map(is_there),
            [true, false, false, true]
        );
    }

    #[test]
    fn what_is_no_cache_is_made_one_and_what_cannot_be_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        fs::write(
            &path,
            "this is no database, however long it may be read as one",
        )
        .unwrap();
        let cache = Cache::open(Some(path), 1000);
        cache.put(CacheKind::Maps, "a", b"maps");
        assert!(cache.get(CacheKind::Maps, "a").is_some());

        let cache = Cache::open(Some(folder.path().to_path_buf()), 1000);
        cache.put(CacheKind::Maps, "a", b"maps");
        assert_eq!(cache.get(CacheKind::Maps, "a"), None);
        assert_eq!(Cache::open(None, 1000).get(CacheKind::Maps, "a"), None);
    }
}
