//! The lock of the one window that edits a project.
//!
//! It is a lock of the operating system on a file beside the project, so it ends with the process
//! that holds it, however that ends. The project file itself is not locked: the command line may
//! add to it meanwhile, and SQLite sees to it that they take turns.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// A process that a window starts shares its lock until it has become another program, so a lock
/// that was just let go may seem to be held for a moment.
const MAX_LOCK_ATTEMPTS: u32 = 20;
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(15);

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(super) struct WindowLock {
    _file: File,
}

/// What came of asking for the lock.
pub(super) enum LockOutcome {
    /// It is ours.
    Acquired(WindowLock),
    /// Another window has it.
    HeldElsewhere,
    /// The file system cannot tell.
    Unknown(io::Error),
}

/// Asks for the lock of the project whose [folder](super::place::aside) is `aside`.
pub(super) fn claim(aside: &Path) -> LockOutcome {
    let file = std::fs::create_dir_all(aside).and_then(|()| {
        let mut options = File::options();
        let options = options.create(true).truncate(false).write(true);
        options.open(aside.join("window.lock"))
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
