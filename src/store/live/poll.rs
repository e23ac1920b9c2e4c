//! Taking in what the thread reports: what is written, what others have changed, and what went wrong.

use std::path::PathBuf;
use std::thread::JoinHandle;

use crossbeam_channel::TryRecvError;

use super::messages::{Part, Report, Request};
use super::poll_report::PollReport;
use super::project::LiveProject;
use crate::store::access::Access;
use crate::store::error::StoreError;

impl LiveProject {
    /// Takes in what has happened since the last call. Returns at once.
    ///
    /// What other processes have changed waits if `can_catch_up` is false, while a person is dragging a
    /// box that could be another one afterwards. Nothing is written meanwhile.
    pub fn poll(&mut self, can_catch_up: bool) -> PollReport {
        let mut found = PollReport::default();
        loop {
            let next = match self.held.take() {
                Some(held) => Ok(held),
                None => self.reports.try_recv(),
            };
            match next {
                Ok(report @ Report::Followed { .. }) if !can_catch_up => {
                    self.held = Some(report);
                    return found;
                }
                Ok(report) => self.on_report(report, &mut found),
                Err(TryRecvError::Empty) => return found,
                Err(TryRecvError::Disconnected) => {
                    self.on_end();
                    return found;
                }
            }
        }
    }

    pub(super) fn on_report(&mut self, report: Report, found: &mut PollReport) {
        match report {
            Report::Written {
                number,
                write,
                digest,
            } => {
                let saved = self.unsaved.iter_mut();
                for (_, _, of) in saved.filter(|(other, ..)| *other == number) {
                    *of = Some(write);
                }
                let agrees = digest.is_none_or(|digest| self.mirror.on_written(number, digest));
                if !agrees {
                    self.send(Request::Resync);
                }
            }
            Report::Synced { write } => {
                let is_open = |of: Option<u64>| of.is_none_or(|of| of > write);
                self.unsaved.retain(|(.., of)| is_open(*of));
            }
            Report::Followed {
                generation,
                changes,
                next_ids,
            } => {
                self.generation = generation;
                let rebased = self.mirror.rebase(changes, next_ids);
                for (number, operation) in rebased.again {
                    self.send(Request::Change {
                        generation,
                        number,
                        operation,
                    });
                }
                let is_dropped =
                    |number: u64| rebased.dropped.iter().any(|one| one.number == number);
                self.unsaved.retain(|(number, ..)| !is_dropped(*number));
                if !rebased.discarded.is_empty() {
                    self.send(Request::Discard(rebased.discarded));
                }
                found.changes.extend(rebased.changes);
                if !rebased.shift.is_identity() {
                    found.shifts.push(rebased.shift);
                }
                let dropped = rebased.dropped.into_iter();
                found
                    .dropped
                    .extend(dropped.filter(|one| !one.label.is_empty()));
            }
            Report::Polled(number) => self.last_poll = number,
            Report::Waits(error) => self.waits = Some(error.to_string()),
            Report::Failed(part, error) => {
                self.failures[part as usize] = Some(error.to_string());
                found.errors.push(error);
            }
            Report::Resumed(part) => {
                self.waits = None;
                self.failures[part as usize] = None;
            }
            Report::Replaced {
                error,
                rescued,
                number,
            } => {
                self.replaced = Some(rescued.clone());
                self.mirror.memory.access = Access::View;
                if let Some(number) = number {
                    self.mirror.forget_up_to(number);
                }
                if let Some(rescued) = rescued
                    && self.has_unwritten()
                {
                    self.append_to(rescued);
                }
                self.unsaved.clear();
                found.errors.push(error);
            }
            Report::Created(path, notices) => {
                self.path = path;
                self.is_draft = false;
                found.created = Some(self.path.clone());
                found.notices.extend(notices);
            }
            // Nothing was rescued while the folder was away, so the file lacks what was waiting.
            Report::IsBack if self.replaced == Some(None) && self.has_unwritten() => {
                self.append_to(self.path.clone());
            }
            Report::IsBack => self.is_back = true,
            Report::Copied(Ok(path)) if path == self.path => self.is_back = true,
            Report::Copied(Ok(path)) => found.copies.push(path),
            Report::Copied(Err(error)) => found.errors.push(error),
        }
    }

    /// Adds what is not written to another file, or to the own one that is back.
    fn append_to(&self, path: PathBuf) {
        let changes = self.mirror.pending().collect();
        self.send(Request::Append { path, changes });
    }

    /// The thread has ended by itself, which it does not.
    fn on_end(&mut self) {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            let ended = StoreError::OutOfSync {
                path: self.path.clone(),
            };
            self.failures[Part::Writing as usize].get_or_insert(ended.to_string());
        }
    }
}
