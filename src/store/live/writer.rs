//! The thread that has the project and writes to its file, one change after the other.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::change::{Digest, QueuedOperation};
use super::copy::{append_to, save_copy};
use super::messages::{Part, Report, Request, TheirChange};
use super::syncer::Syncer;
use crate::store::access::Access;
use crate::store::commit::Attempt;
use crate::store::error::{Fault, StoreError};
use crate::store::memory::FollowedChange;
use crate::store::project::Project;

/// How often it looks whether another process has written.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The time after which a failure is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// The time after which a locked file is tried again. The attempt itself waits as well.
const BUSY_INTERVAL: Duration = Duration::from_millis(20);

/// Something to be written.
enum Work {
    Change {
        number: u64,
        operation: QueuedOperation,
    },
    Setting {
        number: u64,
        key: String,
        value: Option<String>,
    },
}

/// What has become of an attempt.
enum Outcome {
    Done,
    /// What waits was dropped. It comes again.
    Dropped,
    TryAgain(Duration),
}

/// The state of the thread.
pub(super) struct Writer<R: Fn(Report)> {
    project: Project,
    requests: Receiver<Request>,
    report: R,
    /// None without a write-ahead log: commits wait for the disk by themselves.
    syncer: Option<Syncer>,
    queue: VecDeque<Work>,
    generation: u64,
    /// The number of writes so far.
    writes: u64,
    /// Whether the last attempt failed, and when to try again.
    retry_at: Option<Instant>,
    has_reported: bool,
    /// Whether the file of a path that led elsewhere is there again.
    is_back: bool,
    last_poll: Instant,
}

impl<R: Fn(Report) + Clone + Send + 'static> Writer<R> {
    pub(super) fn new(
        mut project: Project,
        requests: Receiver<Request>,
        report: R,
        syncer: Option<Syncer>,
    ) -> Self {
        project.memory.followed = Some(Vec::new());
        Self {
            project,
            requests,
            report,
            syncer,
            queue: VecDeque::new(),
            generation: 0,
            writes: 0,
            retry_at: None,
            has_reported: false,
            is_back: false,
            last_poll: Instant::now(),
        }
    }

    /// Works until it is asked to close, or the window's side is gone. Then it closes the project.
    ///
    /// # Errors
    /// If something could not be written, or as for [`Project::close`].
    pub(super) fn run(mut self) -> Result<(), StoreError> {
        loop {
            let now = Instant::now();
            let next = match self.retry_at {
                _ if self.queue.is_empty() => self.last_poll + POLL_INTERVAL,
                Some(at) => at,
                None => now,
            };
            let received = if next <= now {
                self.requests
                    .try_recv()
                    .map_err(|error| match error.is_empty() {
                        true => RecvTimeoutError::Timeout,
                        false => RecvTimeoutError::Disconnected,
                    })
            } else {
                self.requests.recv_timeout(next - now)
            };
            match received {
                Ok(Request::Close) | Err(RecvTimeoutError::Disconnected) => return self.close(),
                // More may have come in the meantime: a poll is only worth its while when nothing has.
                Ok(request) => self.on_request(request),
                Err(RecvTimeoutError::Timeout) if self.queue.is_empty() => self.poll(),
                Err(RecvTimeoutError::Timeout) => self.write_next(),
            }
        }
    }

    fn on_request(&mut self, request: Request) {
        match request {
            Request::Change {
                generation,
                number,
                operation,
            } => {
                if generation == self.generation {
                    self.queue.push_back(Work::Change { number, operation });
                }
            }
            Request::Setting { number, key, value } => {
                self.queue.push_back(Work::Setting { number, key, value });
            }
            Request::Poll(number) => {
                self.poll();
                (self.report)(Report::Polled(number));
            }
            Request::Create => self.create(),
            Request::Retry => self.retry_at = None,
            Request::Resync => {
                self.project.memory.is_behind = true;
                self.poll();
            }
            Request::Copy { target, changes } => {
                let saved = save_copy(&self.project, &target, &changes);
                (self.report)(Report::Copied(saved.map(|()| target)));
            }
            Request::Append { path, changes } => {
                let added = append_to(&path, &changes);
                (self.report)(Report::Copied(added.map(|()| path)));
            }
            Request::Discard(discarded) => drop(discarded),
            #[cfg(test)]
            Request::Run(run) => run(&mut self.project),
            // The loop ends with it.
            Request::Close => {}
        }
    }

    /// Catches up with other processes.
    fn poll(&mut self) {
        self.last_poll = Instant::now();
        let polled = self.project.poll();
        self.report_followed();
        if self.project.is_back() && !mem::replace(&mut self.is_back, true) {
            (self.report)(Report::IsBack);
        }
        match polled {
            Err(error) => drop(self.on_error(error, None)),
            Ok(_) if self.queue.is_empty() => self.resume(),
            Ok(_) => {}
        }
    }

    /// Nothing fails any more.
    fn resume(&mut self) {
        self.retry_at = None;
        if mem::take(&mut self.has_reported) {
            (self.report)(Report::Resumed(Part::Writing));
        }
    }

    /// Reports what other processes have changed, if they have. What waits is dropped then: it comes again.
    fn report_followed(&mut self) -> bool {
        let memory = &mut self.project.memory;
        let followed = memory.followed.replace(Vec::new()).unwrap_or_default();
        if followed.is_empty() {
            return false;
        }
        let is_all = |change: &FollowedChange| matches!(change, FollowedChange::Everything);
        let changes = if followed.iter().any(is_all) {
            // That is what memory is now, with what came before and after.
            vec![TheirChange::Everything {
                document: Box::new(memory.document.clone()),
                history: Box::new(memory.history.clone()),
            }]
        } else {
            let edits = followed.into_iter().filter_map(|change| match change {
                FollowedChange::Edit {
                    label,
                    edit,
                    is_step,
                } => Some(TheirChange::Edit {
                    label,
                    edit,
                    is_step,
                }),
                FollowedChange::Everything => None,
            });
            edits.collect()
        };
        self.generation += 1;
        self.queue
            .retain(|work| matches!(work, Work::Setting { .. }));
        (self.report)(Report::Followed {
            generation: self.generation,
            changes,
            next_ids: self.project.memory.document.next_ids(),
        });
        true
    }

    /// Something could not be written or read. `number` is that of a change that is in the file
    /// nevertheless.
    fn on_error(&mut self, error: StoreError, number: Option<u64>) -> Outcome {
        let is_new = !mem::replace(&mut self.has_reported, true);
        let rescued = match &error {
            StoreError::Busy { .. } => {
                if is_new {
                    (self.report)(Report::Waits(error));
                }
                return Outcome::TryAgain(BUSY_INTERVAL);
            }
            StoreError::Replaced { rescued, .. } => rescued.clone(),
            StoreError::ViewReplaced { .. } => None,
            _ => {
                if is_new {
                    (self.report)(Report::Failed(Part::Writing, error));
                }
                return Outcome::TryAgain(RETRY_INTERVAL);
            }
        };
        // Nothing can be written any more.
        self.queue.clear();
        if is_new {
            (self.report)(Report::Replaced {
                error,
                rescued,
                number,
            });
        }
        Outcome::Dropped
    }

    /// Writes what is left, and closes the project.
    fn close(mut self) -> Result<(), StoreError> {
        while let Some(work) = self.queue.pop_front() {
            self.has_reported = false;
            match self.write(&work) {
                Outcome::TryAgain(after) if after == RETRY_INTERVAL => {
                    let path = self.project.path().to_path_buf();
                    return Err(StoreError::Unsaved { path });
                }
                Outcome::TryAgain(_) => self.queue.push_front(work),
                Outcome::Done | Outcome::Dropped => {}
            }
        }
        let path = self.project.path().to_path_buf();
        // It waits for the disk, and would be in the way of the last move of the log.
        drop(self.syncer.take());
        let full = self
            .project
            .connection
            .pragma_update(None, "synchronous", "FULL");
        full.map_err(|error| Fault::from(error).at(&path))?;
        self.project.close()
    }

    /// Makes the file of a draft.
    fn create(&mut self) {
        if self.project.is_draft()
            && let Err(error) = self.create_file()
        {
            // It is tried again with the next change.
            (self.report)(Report::Failed(Part::Writing, error));
            self.has_reported = true;
        }
    }

    /// Makes the file of a draft. If another process has made it in the meantime, that one is opened.
    fn create_file(&mut self) -> Result<(), StoreError> {
        let is_ours;
        let (mut project, opened) = match self.project.opened_from_draft() {
            Err(StoreError::Exists { path }) => {
                is_ours = false;
                Project::open(&path, Access::Edit)?
            }
            created => {
                is_ours = true;
                created?
            }
        };
        project.memory.followed = Some(match is_ours {
            true => Vec::new(),
            false => vec![FollowedChange::Everything],
        });
        self.syncer = Syncer::for_project(&mut project, self.report.clone());
        let path = project.path().to_path_buf();
        self.project = project;
        (self.report)(Report::Created(path, opened.notices));
        Ok(())
    }

    /// Writes the next change or setting.
    fn write_next(&mut self) {
        let Some(work) = self.queue.pop_front() else {
            return;
        };
        match self.write(&work) {
            Outcome::Done => self.resume(),
            Outcome::Dropped => self.retry_at = None,
            Outcome::TryAgain(after) => {
                self.queue.push_front(work);
                self.retry_at = Some(Instant::now() + after);
            }
        }
    }

    fn write(&mut self, work: &Work) -> Outcome {
        if matches!(work, Work::Change { .. }) && self.project.is_draft() {
            if let Err(error) = self.create_file() {
                return self.on_error(error, None);
            }
            if self.report_followed() {
                return Outcome::Dropped;
            }
        }
        let head = self.project.memory.last_change;
        let (number, written) = match work {
            Work::Change { number, operation } => {
                (*number, self.project.attempt(&operation.operation()))
            }
            Work::Setting { number, key, value } => {
                let written = self.project.write_setting(key, value.as_deref());
                (*number, written.map(|()| Attempt::Unchanged))
            }
        };
        match written {
            Ok(Attempt::Behind) => {
                let caught_up = self.project.catch_up();
                match (caught_up, self.report_followed()) {
                    (_, true) => Outcome::Dropped,
                    (Ok(()), false) => Outcome::TryAgain(Duration::ZERO),
                    (Err(error), false) => self.on_error(error, None),
                }
            }
            Ok(Attempt::Unchanged | Attempt::Applied(_)) => {
                self.writes += 1;
                let digest = Digest::of(&self.project.memory);
                let is_change = matches!(work, Work::Change { .. });
                (self.report)(Report::Written {
                    number,
                    write: self.writes,
                    digest: is_change.then_some(digest),
                });
                match &self.syncer {
                    Some(syncer) => syncer.request(self.writes),
                    None => (self.report)(Report::Synced { write: self.writes }),
                }
                Outcome::Done
            }
            // Memory and file disagree about what is possible.
            Err(StoreError::Refused(_)) => {
                self.project.memory.is_behind = true;
                self.poll();
                Outcome::Dropped
            }
            Err(error) => {
                let is_written = self.project.memory.last_change != head;
                self.on_error(error, is_written.then_some(number))
            }
        }
    }
}
