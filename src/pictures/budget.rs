//! How many bytes of decoded pictures wait at a time.
//!
//! A queue that is limited by its length holds gigabytes if the pictures are large. So whoever decodes
//! into a queue reserves the bytes first, and waits until others have been handled.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::limits::DecodeLimits;
use super::probe::probe;

/// The bytes of the decoded pictures of a queue: a hundred of 1600 x 1000 pixels, or one of 170
/// megapixels.
const DEFAULT_BYTES: u64 = 512 << 20;

/// A number of bytes that pictures share.
#[derive(Clone, Debug)]
pub struct MemoryBudget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max: u64,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    reserved: u64,
    is_closed: bool,
}

/// Bytes that are reserved until this is dropped.
#[derive(Debug)]
pub struct Reservation {
    shared: Arc<Shared>,
    bytes: u64,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self::new(DEFAULT_BYTES)
    }
}

impl MemoryBudget {
    /// A budget of `max` bytes.
    pub fn new(max: u64) -> Self {
        let (state, freed) = Default::default();
        Self(Arc::new(Shared { max, state, freed }))
    }

    /// Waits until there is room for these bytes and reserves them. More than the whole budget is
    /// reserved when nothing else is. `None` once the budget is [closed](Self::close).
    pub fn reserve(&self, bytes: u64) -> Option<Reservation> {
        let is_full = |state: &mut State| {
            let fits = state.reserved.saturating_add(bytes) <= self.0.max;
            !state.is_closed && !fits && state.reserved > 0
        };
        let waited = self.0.freed.wait_while(self.0.lock(), is_full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_closed {
            return None;
        }
        state.reserved += bytes;
        let shared = Arc::clone(&self.0);
        Some(Reservation { shared, bytes })
    }

    /// As [`reserve`](Self::reserve), for the pixels of the picture in a file, 3 bytes each. Nothing is
    /// reserved for a file that is not a picture, or one of more pixels than the default
    /// [limits](DecodeLimits) allow, because decoding refuses them at once.
    pub fn reserve_for(&self, path: &Path) -> Option<Reservation> {
        let (width, height) = probe(path).unwrap_or_default();
        let pixels = u64::from(width) * u64::from(height);
        let is_refused = pixels > DecodeLimits::default().max_pixels;
        self.reserve(if is_refused { 0 } else { 3 * pixels })
    }

    /// Ends all waiting: nobody handles pictures any more.
    pub fn close(&self) {
        self.0.lock().is_closed = true;
        self.0.freed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shared.lock().reserved -= self.bytes;
        self.shared.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    /// A grey TIFF without pixels.
    fn tiff(width: u32, height: u32) -> Vec<u8> {
        let long = |tag: u16, value: u32| {
            let (kind, count) = (4_u16, 1_u32);
            [
                &tag.to_le_bytes()[..],
                &kind.to_le_bytes(),
                &count.to_le_bytes(),
                &value.to_le_bytes(),
            ]
            .concat()
        };
        let tags = [
            (256, width),
            (257, height),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, 8),
            (277, 1),
            (278, height),
            (279, 1),
        ];
        let mut bytes = b"II*\0\x08\0\0\0\x09\0".to_vec();
        bytes.extend(tags.into_iter().flat_map(|(tag, value)| long(tag, value)));
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn nothing_is_reserved_for_a_picture_that_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        for (size, bytes) in [
            ((20_000, 10_000), 600_000_000),
            ((100_000, 100_000), 0),
            ((u32::MAX, u32::MAX), 0),
        ] {
            fs::write(&path, tiff(size.0, size.1)).unwrap();
            let probed = probe(&path);
            assert!(probed.is_ok_and(|probed| probed == size), "{size:?}");
            let reserved = MemoryBudget::default().reserve_for(&path);
            assert_eq!(reserved.map(|reserved| reserved.bytes), Some(bytes));
        }
    }

    #[test]
    fn no_more_is_reserved_than_the_budget_or_one_picture() {
        for (bytes, most) in [(30, 90), (100, 100), (250, 250)] {
            let budget = MemoryBudget::new(100);
            let (held, max) = (AtomicU64::new(0), AtomicU64::new(0));
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        for _ in 0..50 {
                            let reserved = budget.reserve(bytes);
                            let now = held.fetch_add(bytes, Ordering::SeqCst) + bytes;
                            max.fetch_max(now, Ordering::SeqCst);
                            thread::yield_now();
                            held.fetch_sub(bytes, Ordering::SeqCst);
                            drop(reserved);
                        }
                    });
                }
            });
            assert!(max.into_inner() <= most, "{bytes}");
        }
    }

    #[test]
    fn closing_ends_the_waiting() {
        let budget = MemoryBudget::new(10);
        let held = budget.reserve(10);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| budget.reserve(10).is_none());
            budget.close();
            assert!(waiting.join().is_ok_and(|ended| ended));
        });
        drop(held);
        assert!(budget.reserve(1).is_none());
    }
}
