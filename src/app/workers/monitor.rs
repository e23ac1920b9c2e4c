//! A value that the window changes and a worker waits for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The value, with a signal for its changes.
#[derive(Default)]
pub struct Monitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> {
    /// Shares a value.
    pub fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            changed: Condvar::new(),
        }
    }

    /// Locks the value. A thread that panicked has left it consistent, because every change is a single
    /// operation.
    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes or reads the value, and wakes the threads that wait for it.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// As [`wait_for`](Self::wait_for), but no longer than `limit`.
    pub fn wait_at_most<R>(
        &self,
        limit: Duration,
        mut take: impl FnMut(&mut T) -> Option<R>,
    ) -> Option<R> {
        let until = Instant::now() + limit;
        let mut value = self.lock();
        loop {
            if let Some(taken) = take(&mut value) {
                return Some(taken);
            }
            let left = until.checked_duration_since(Instant::now())?;
            let waited = self.changed.wait_timeout(value, left);
            value = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until `take` returns something.
    pub fn wait_for<R>(&self, mut take: impl FnMut(&mut T) -> Option<R>) -> R {
        let mut value = self.lock();
        loop {
            if let Some(taken) = take(&mut value) {
                return taken;
            }
            let waited = self.changed.wait(value);
            value = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
