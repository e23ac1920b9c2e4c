//! The thread that waits for the disk, so that the one that writes does not.
//!
//! In write-ahead mode a commit with `synchronous = NORMAL` is in the system's memory when it returns, and
//! a wait for the log's file makes it as safe as with `FULL`. This thread waits, and moves the log into the
//! project's file once it is long: SQLite would do that within a commit.

use std::fs::{self, File};
use std::mem;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::messages::{Part, Report};
use crate::store::access::Access;
use crate::store::connection::{commit_without_waiting, open_read_write, with_ending};
use crate::store::error::{Fault, StoreError, io_error};
use crate::store::project::Project;

/// The length at which the log is moved into the project's file, in bytes.
const MAX_LOG_BYTES: u64 = 4 << 20;

/// The time after which a failure is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// What the thread is to do.
#[derive(Default)]
struct Task {
    /// The last write that it has to wait for.
    written: u64,
    synced: u64,
    ends: bool,
}

/// The thread that waits for the disk.
pub(super) struct Syncer {
    task: Arc<(Mutex<Task>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// Starts it for a project, whose commits do not wait for the disk from then on. None without a
    /// write-ahead log, and if the log cannot be opened a second time: then commits wait.
    ///
    /// # Panics
    /// If the system cannot start a thread.
    pub(super) fn for_project(
        project: &mut Project,
        report: impl Fn(Report) + Send + 'static,
    ) -> Option<Self> {
        if project.access() == Access::View || project.is_draft() {
            return None;
        }
        // It stays open, so that it is the same file as that of the project, whatever becomes of the path.
        let connection = open_read_write(project.path()).ok()?;
        let is_set = commit_without_waiting(&project.connection);
        if !is_set.is_ok_and(|has_log| has_log) {
            return None;
        }
        let task = Arc::new((Mutex::new(Task::default()), Condvar::new()));
        let (shared, log) = (Arc::clone(&task), with_ending(project.path(), "-wal"));
        let thread = thread::spawn(move || run(&shared, &log, &connection, &report));
        Some(Self {
            task,
            thread: Some(thread),
        })
    }

    /// There is something to wait for: the write with this number.
    pub(super) fn request(&self, write: u64) {
        self.change(|task| task.written = write);
    }

    fn change(&self, change: impl FnOnce(&mut Task)) {
        let (task, changed) = &*self.task;
        change(&mut task.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_all();
    }
}

/// Ends the thread. What it waits for is finished before.
impl Drop for Syncer {
    fn drop(&mut self) {
        self.change(|task| task.ends = true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    shared: &(Mutex<Task>, Condvar),
    log: &Path,
    connection: &Connection,
    report: &impl Fn(Report),
) {
    let (task, changed) = shared;
    let lock = || task.lock().unwrap_or_else(PoisonError::into_inner);
    let mut has_failed = false;
    loop {
        let guard = changed.wait_while(lock(), |task| task.written == task.synced && !task.ends);
        let guard = guard.unwrap_or_else(PoisonError::into_inner);
        let (write, is_done, ends) = (guard.written, guard.written == guard.synced, guard.ends);
        drop(guard);
        if is_done {
            return;
        }
        if let Err(error) = sync(log) {
            report(Report::Failed(Part::Syncing, error));
            has_failed = true;
            if ends {
                return;
            }
            let _ = changed.wait_timeout_while(lock(), RETRY_INTERVAL, |task| !task.ends);
            continue;
        }
        if mem::take(&mut has_failed) {
            report(Report::Resumed(Part::Syncing));
        }
        lock().synced = write;
        report(Report::Synced { write });
        let is_long = fs::metadata(log).is_ok_and(|log| log.len() > MAX_LOG_BYTES);
        if is_long {
            // If it fails, the next attempt comes after the next write. What is in the log is safe there.
            let _ = move_log(connection);
        }
    }
}

/// Waits until the log is on the disk. It was written through other handles of the same file.
fn sync(log: &Path) -> Result<(), StoreError> {
    let file = match File::options().write(true).open(log) {
        // Another process has moved it into the project's file, and waited for the disk.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        file => file,
    };
    let synced = file.and_then(|file| file.sync_data());
    synced.map_err(io_error(log, "written"))
}

/// Moves the log into the project's file as far as no process is reading it. Others write meanwhile.
fn move_log(connection: &Connection) -> Result<(), Fault> {
    let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
    Ok(connection.query_row(checkpoint, [], |_| Ok(()))?)
}
