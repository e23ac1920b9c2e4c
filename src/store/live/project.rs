//! The project as a window uses it.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::messages::{Report, Request};
use super::mirror::Mirror;
use super::poll_report::PollReport;
use super::syncer::Syncer;
use super::writer::Writer;
use crate::document::{AffectedRows, Document, Edit, EditError, History};
use crate::store::access::Access;
use crate::store::commit::UndoneStep;
use crate::store::error::StoreError;
use crate::store::operation::{AppliedChange, Operation};
use crate::store::project::Project;

/// How long closing waits for one report before it looks again.
const CLOSING_STEP: Duration = Duration::from_millis(100);

/// Called when there is something to [poll](LiveProject::poll).
type Wake = Arc<Mutex<Box<dyn Fn() + Send>>>;

/// A project that is changed in memory at once, and written to its file by a thread.
///
/// It has the methods of a [`Project`], which return without waiting for the disk or for other processes.
/// What went wrong since, and what others have changed, [`poll`](Self::poll) returns.
///
/// ```
/// use tsukami::document::{Picture, PictureId, ops};
/// use tsukami::store::{Access, LiveProject, Project};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shop.tsukami");
/// let (project, _) = Project::create(&path, folder.path())?;
/// let mut project = LiveProject::new(project);
/// project.commit_with("add a class", None, |document| Ok(ops::add_category(document, "cup")))?;
/// assert!(project.document().category_named("cup").is_some());
/// project.close()?;
///
/// let (project, _) = Project::open(&path, Access::View)?;
/// assert!(project.document().category_named("cup").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LiveProject {
    pub(super) mirror: Mirror,
    /// All settings as JSON text.
    pub(super) settings: HashMap<String, String>,
    pub(super) path: PathBuf,
    pub(super) root: PathBuf,
    pub(super) id: String,
    pub(super) requests: Sender<Request>,
    pub(super) reports: Receiver<Report>,
    /// A report that has to wait until the window can catch up with other processes.
    pub(super) held: Option<Report>,
    pub(super) wake: Wake,
    pub(super) thread: Option<JoinHandle<Result<(), StoreError>>>,
    pub(super) generation: u64,
    pub(super) last_number: u64,
    /// What is not on the disk yet: the number, since when, and the write that it was.
    pub(super) unsaved: VecDeque<(u64, Instant, Option<u64>)>,
    /// What is in the way, by part of the work.
    pub(super) failures: [Option<String>; 2],
    pub(super) waits: Option<String>,
    /// If the file was deleted or replaced: the one that was rescued.
    pub(super) replaced: Option<Option<PathBuf>>,
    pub(super) is_back: bool,
    pub(super) is_draft: bool,
    pub(super) last_poll_request: u64,
    pub(super) last_poll: u64,
}

impl From<Project> for LiveProject {
    fn from(project: Project) -> Self {
        Self::new(project)
    }
}

impl LiveProject {
    /// Hands an open project over to a thread.
    ///
    /// # Panics
    /// If the system cannot start a thread.
    pub fn new(mut project: Project) -> Self {
        let settings = project.all_settings();
        let is_draft = project.is_draft();
        let memory = project.memory.copy();
        let (path, root) = (project.path().to_path_buf(), project.root().to_path_buf());
        let id = project.id().to_owned();
        let (requests, requested) = unbounded();
        let (reporter, reports) = unbounded();
        let wake: Wake = Arc::new(Mutex::new(Box::new(|| {})));
        let report = {
            let wake = Arc::clone(&wake);
            move |report| {
                let _ = reporter.send(report);
                wake.lock().unwrap_or_else(PoisonError::into_inner)();
            }
        };
        let syncer = Syncer::for_project(&mut project, report.clone());
        let writer = Writer::new(project, requested, report, syncer);
        let thread = thread::spawn(move || writer.run());
        Self {
            mirror: Mirror::new(memory),
            path,
            root,
            id,
            requests,
            reports,
            held: None,
            wake,
            thread: Some(thread),
            generation: 0,
            last_number: 0,
            unsaved: VecDeque::new(),
            failures: [settings.as_ref().err().map(ToString::to_string), None],
            settings: settings.unwrap_or_default(),
            waits: None,
            replaced: None,
            is_back: false,
            is_draft,
            last_poll_request: 0,
            last_poll: 0,
        }
    }

    /// What to call from another thread when there is something to [poll](Self::poll).
    pub fn set_wake(&self, wake: impl Fn() + Send + 'static) {
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(wake);
    }

    /// The document, ahead of the file by what is not written yet.
    pub fn document(&self) -> &Document {
        &self.mirror.memory.document
    }

    /// The steps that can be undone and redone.
    pub fn history(&self) -> &History {
        &self.mirror.memory.history
    }

    /// What can be done with the project, which may be less than was requested.
    pub fn access(&self) -> Access {
        self.mirror.memory.access
    }

    /// The path of the project file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the pictures. It may be missing.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A unique name of the project, for caches.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the project file was deleted or replaced by another program, as far as was noticed.
    pub fn is_replaced(&self) -> bool {
        self.replaced.is_some()
    }

    /// Whether the project has no file yet. It gets one with the first change.
    pub fn is_draft(&self) -> bool {
        self.is_draft
    }

    /// Makes the file of a draft, before a worker is to open it. [`is_draft`](Self::is_draft) tells when.
    pub fn create_file(&self) {
        self.send(Request::Create);
    }

    /// As [`Project::is_back`], as far as was noticed, and once the file has what had not been written.
    pub fn is_back(&self) -> bool {
        self.is_back
    }

    /// Since when something waits to be on the disk; none if everything is.
    pub fn saving_since(&self) -> Option<Instant> {
        self.unsaved.front().map(|(_, since, _)| *since)
    }

    /// Whether the file lacks something that is in memory, so that who reads it would miss it.
    pub fn has_unwritten(&self) -> bool {
        self.mirror.pending().len() > 0
    }

    /// Why nothing can be changed at present, with the remedy: what was changed before cannot be written.
    pub fn paused(&self) -> Option<&str> {
        self.failures.iter().flatten().next().map(String::as_str)
    }

    /// Why changes are not written yet, though nothing is wrong: another program is writing.
    pub fn waits(&self) -> Option<&str> {
        self.waits.as_deref()
    }

    /// As [`Project::commit_with`], without waiting.
    ///
    /// # Errors
    /// If the document refuses the edit, or nothing can be changed. Nothing has changed then.
    pub fn commit_with(
        &mut self,
        label: &str,
        gesture: Option<u64>,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<AffectedRows, StoreError> {
        self.check_writable()?;
        let edit = make(self.document())?;
        self.apply(&Operation::Step(label, &edit, gesture))?;
        Ok(edit.affected())
    }

    /// As [`Project::commit_untracked_with`], without waiting.
    ///
    /// # Errors
    /// As for [`commit_with`](Self::commit_with).
    pub fn commit_untracked_with(
        &mut self,
        label: &str,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<AffectedRows, StoreError> {
        self.check_writable()?;
        let edit = make(self.document())?;
        self.apply(&Operation::Untracked(label, &edit))?;
        Ok(edit.affected())
    }

    /// Undoes the last step, if there is one.
    ///
    /// # Errors
    /// If nothing can be changed.
    pub fn undo(&mut self) -> Result<Option<UndoneStep>, StoreError> {
        self.undo_or_redo(&Operation::Undo)
    }

    /// As [`Project::undo_past`], without waiting.
    ///
    /// # Errors
    /// If nothing can be changed.
    pub fn undo_past(&mut self, label: &str) -> Result<Option<UndoneStep>, StoreError> {
        self.undo_or_redo(&Operation::UndoPast(label))
    }

    /// Redoes the step that was undone last, if there is one.
    ///
    /// # Errors
    /// If nothing can be changed.
    pub fn redo(&mut self) -> Result<Option<UndoneStep>, StoreError> {
        self.undo_or_redo(&Operation::Redo)
    }

    fn undo_or_redo(
        &mut self,
        operation: &Operation<'_>,
    ) -> Result<Option<UndoneStep>, StoreError> {
        self.check_writable()?;
        Ok(self.apply(operation)?.map(UndoneStep::from))
    }

    fn apply(&mut self, operation: &Operation<'_>) -> Result<Option<AppliedChange>, StoreError> {
        let number = self.last_number + 1;
        let applied = self.mirror.apply(number, operation)?;
        Ok(applied.map(|(operation, applied)| {
            self.last_number = number;
            self.unsaved.push_back((number, Instant::now(), None));
            self.send(Request::Change {
                generation: self.generation,
                number,
                operation,
            });
            applied
        }))
    }

    /// A setting, such as the picture that was shown last. `None` if it was never set.
    ///
    /// # Errors
    /// If the setting is not a valid `T`.
    pub fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let value = self.settings.get(key);
        let value = value.map(|value| serde_json::from_str(value)).transpose();
        value.map_err(|source| self.bad_setting(key, source))
    }

    /// Stores a setting in the project. This is not an edit and cannot be undone.
    ///
    /// # Errors
    /// If nothing can be changed.
    pub fn set_setting<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        let value = serde_json::to_string(value);
        let value = value.map_err(|source| self.bad_setting(key, source))?;
        self.write_setting(key, Some(value))
    }

    /// Removes a setting.
    ///
    /// # Errors
    /// If nothing can be changed.
    pub fn remove_setting(&mut self, key: &str) -> Result<(), StoreError> {
        self.write_setting(key, None)
    }

    fn write_setting(&mut self, key: &str, value: Option<String>) -> Result<(), StoreError> {
        self.check_writable()?;
        if self.settings.get(key) == value.as_ref() {
            return Ok(());
        }
        match &value {
            Some(value) => drop(self.settings.insert(key.to_owned(), value.clone())),
            None => drop(self.settings.remove(key)),
        }
        self.last_number += 1;
        let number = self.last_number;
        self.unsaved.push_back((number, Instant::now(), None));
        self.send(Request::Setting {
            number,
            key: key.to_owned(),
            value,
        });
        Ok(())
    }

    fn bad_setting(&self, key: &str, source: serde_json::Error) -> StoreError {
        StoreError::Setting {
            path: self.path.clone(),
            key: key.to_owned(),
            source,
        }
    }

    /// Checks that the project can be changed, as far as is known.
    ///
    /// # Errors
    /// If it is open read-only, its file was deleted or replaced, or changes cannot be written.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        let path = self.path.clone();
        if let Some(rescued) = self.replaced.clone() {
            return Err(StoreError::Replaced { path, rescued });
        }
        if self.access() == Access::View {
            return Err(StoreError::ReadOnly { path });
        }
        match self.paused() {
            Some(reason) => Err(StoreError::Paused {
                reason: reason.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Asks for a look at the file. When [`polled`](Self::polled) has reached the number that is returned,
    /// the document has what was in the file now.
    pub fn request_poll(&mut self) -> u64 {
        self.last_poll_request += 1;
        self.send(Request::Poll(self.last_poll_request));
        self.last_poll_request
    }

    /// The number of the last look at the file that was asked for and is done.
    pub fn polled(&self) -> u64 {
        self.last_poll
    }

    /// Tries again at once what could not be written.
    pub fn retry(&self) {
        self.send(Request::Retry);
    }

    /// Saves a copy of the project under a new name, with what could not be written. The copy, or what
    /// prevents it, is in a later [`PollReport`].
    pub fn save_copy(&self, target: &Path) {
        self.send(Request::Copy {
            target: target.to_path_buf(),
            changes: self.mirror.pending().collect(),
        });
    }

    /// Runs something on the thread, after what was sent before.
    #[cfg(test)]
    pub(in crate::store) fn run_on_thread(&self, run: impl FnOnce(&mut Project) + Send + 'static) {
        self.send(Request::Run(Box::new(run)));
    }

    pub(super) fn send(&self, request: Request) {
        // Without the thread, `on_end` has been called or will be.
        let _ = self.requests.send(request);
    }

    /// Waits until everything is on the disk, closes the project and makes a backup.
    ///
    /// # Errors
    /// If something could not be written: the first reason. The other changes may be lost then, so a window
    /// asks before.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.shut_down()
    }

    /// As [`close`](Self::close). Does nothing the second time.
    fn shut_down(&mut self) -> Result<(), StoreError> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let mut found = PollReport::default();
        // What another process has changed has to be taken in before the last changes can be written.
        while (self.mirror.pending().len() > 0 || self.held.is_some())
            && self.paused().is_none()
            && self.replaced.is_none()
        {
            let report = self.held.take();
            let report = report.map_or_else(|| self.reports.recv_timeout(CLOSING_STEP), Ok);
            match report {
                Ok(report) => self.on_report(report, &mut found),
                Err(error) if error.is_timeout() => {}
                Err(_) => break,
            }
        }
        self.send(Request::Close);
        let closed = thread.join().unwrap_or_else(|_| {
            let path = self.path.clone();
            Err(StoreError::OutOfSync { path })
        });
        while let Ok(report) = self.reports.try_recv() {
            self.on_report(report, &mut found);
        }
        let conflicts = found.dropped.into_iter().map(|dropped| {
            let label = dropped.label;
            StoreError::Conflict { label }
        });
        let mut errors = found.errors.into_iter().chain(conflicts);
        match errors.next() {
            Some(error) => Err(error),
            None => closed,
        }
    }
}

/// Writes what is left, as far as that is possible.
impl Drop for LiveProject {
    fn drop(&mut self) {
        // Nobody is left to handle the error.
        let _ = self.shut_down();
    }
}
