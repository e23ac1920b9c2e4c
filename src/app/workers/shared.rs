//! A value that the window changes and workers wait for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The value, and the sign that it has changed.
#[derive(Default)]
pub struct Shared<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Shared<T> {
    /// A value to share.
    pub fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            changed: Condvar::new(),
        }
    }

    /// The value. A worker that panicked has left it whole: nothing changes it in more than one
    /// breath.
    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes or reads the value, and wakes those who wait for it.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until `take` finds in the value what it wants.
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
