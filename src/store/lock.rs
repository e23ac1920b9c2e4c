//! The lock of the one window that edits a project.
//!
//! It is a lock of the operating system on a file in the side folder, so it ends with the process
//! that holds it, even after a crash. The project file itself is not locked: the command line may
//! add to it at the same time, and SQLite lets them take turns.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// How often a held lock is tried again. A process that a window starts shares the window's lock
/// until it runs its own program, so a released lock may seem to be held for a moment.
const MAX_LOCK_ATTEMPTS: u32 = 20;
/// The time between two attempts.
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(15);

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(super) struct WindowLock {
    _file: File,
}

/// The result of asking for the lock.
pub(super) enum LockOutcome {
    /// This process holds it now.
    Acquired(WindowLock),
    /// Another window holds it.
    HeldElsewhere,
    /// The file system does not support locks.
    Unknown(io::Error),
}

/// Asks for the lock of the project whose [side folder](crate::files::side_folder) this is.
pub(super) fn acquire(side_folder: &Path) -> LockOutcome {
    let file = std::fs::create_dir_all(side_folder).and_then(|()| {
        let mut options = File::options();
        let options = options.create(true).truncate(false).write(true);
        options.open(side_folder.join("window.lock"))
    });
    let file = match file {
        Ok(file) => file,
        Err(error) => return LockOutcome::Unknown(error),
    };
    for _ in 0..MAX_LOCK_ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return LockOutcome::Acquired(WindowLock { _file: file }),
            Err(TryLockError::Error(error)) => return LockOutcome::Unknown(error),
            Err(TryLockError::WouldBlock) => sleep(LOCK_RETRY_INTERVAL),
        }
    }
    LockOutcome::HeldElsewhere
}
