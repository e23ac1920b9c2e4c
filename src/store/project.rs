//! An open project: its fields, and what concerns the file as a whole.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::access::{Access, lock_for};
use super::backup;
use super::connection::{checkpoint, empty_log, open_read_write};
use super::counters::Counters;
use super::error::{Fault, StoreError};
use super::lock::WindowLock;
use super::log;
use super::memory::ProjectState;
use super::new_file::{place, temporary_file};
use super::paths::RootPaths;
use super::replaced::{self, FileIdentity, Replaced};
use super::schema::empty_project;
use super::write::{Writer, in_transaction};
use crate::document::{Document, History};
use crate::files::normal;

/// An open project: a document in memory and a file with the same content.
pub struct Project {
    /// Comes first, because fields are dropped in order and only the process with the lock may make
    /// backups.
    pub(super) backup: BackgroundBackup,
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) memory: ProjectState,
    /// Whether the document may differ from the file and the file cannot be read.
    pub(super) is_lost: bool,
    /// A random number for this process among those that write.
    pub(super) writer: i64,
    /// SQLite's counter of writes by others, at the last check.
    pub(super) data_version: i64,
    /// The file that was opened. `None` while the project is being created and has no file.
    pub(super) identity: Option<FileIdentity>,
    /// If that file was deleted or replaced. The project can then only be viewed.
    pub(super) replaced: Option<Replaced>,
    pub(super) root: PathBuf,
    pub(super) id: String,
    /// Comes last, so that it is released after the file is closed.
    pub(super) lock: Option<WindowLock>,
}

impl Project {
    /// The document, with the same content as the file.
    pub fn document(&self) -> &Document {
        &self.memory.document
    }

    /// The steps that can be undone and redone. Empty unless the access is [`Access::Edit`].
    pub fn history(&self) -> &History {
        &self.memory.history
    }

    /// What can be done with the project, which may be less than was requested.
    pub fn access(&self) -> Access {
        self.memory.access
    }

    /// The path of the project file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the pictures, to which their paths are relative. It may be missing.
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

    /// Changes the folder of the pictures.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_root(&mut self, root: &Path) -> Result<(), StoreError> {
        let names = RootPaths::new(&self.path, root)?;
        self.write(|writer| writer.root(&names))?;
        self.root = normal(root);
        Ok(())
    }

    /// Saves a copy of the project under a new name, for pictures in the same place.
    ///
    /// # Errors
    /// If there is a file already, or it cannot be written.
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let target = normal(target);
        let names = RootPaths::new(&target, &self.root)?;
        let temporary = temporary_file(&target)?;
        backup::copy(&self.path, &temporary)?;
        let at = |fault: Fault| fault.at(&target);
        let connection = open_read_write(&temporary).map_err(at)?;
        in_transaction(&connection, |writer| writer.root(&names)).map_err(at)?;
        drop(connection);
        place(temporary, &target)
    }

    /// Makes an automatic backup now, in addition to those made on opening and closing. Does nothing
    /// if the newest backup has this state.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn back_up(&mut self) -> Result<(), StoreError> {
        self.backup.finish()?;
        // Others may have written since this process last looked.
        let counters = Counters::read(&self.connection)
            .map_err(|fault| backup::error_at(&self.path, fault))?;
        backup::make(&self.path, counters.head)
    }

    /// Moves everything into the single file, and makes a backup if anything has changed. If a window
    /// has the project open, that window makes the backup. What was committed is safe even if this
    /// fails or never happens.
    ///
    /// # Errors
    /// If the file or its backup cannot be written.
    pub fn close(mut self) -> Result<(), StoreError> {
        let backed_up = self.backup.finish();
        if self.access() == Access::View {
            return backed_up;
        }
        self.check_in_place()?;
        if self.memory.is_editor() {
            // Other processes that have it open read the whole file again instead.
            let last_change = self.memory.last_change;
            let _ = self.write(|writer| log::delete_up_to(writer, last_change));
        }
        checkpoint(&self.connection).map_err(|fault| backup::error_at(&self.path, fault))?;
        // Only the process with the lock may make backups.
        let (access, lock) = match self.access() {
            Access::Add => lock_for(&self.path, Access::Edit, &mut Vec::new()),
            access => (access, None),
        };
        if access == Access::Edit {
            self.back_up()?;
        }
        drop(lock);
        backed_up
    }

    /// Writes something outside the document, in a separate transaction.
    pub(super) fn write(
        &mut self,
        what: impl FnOnce(&mut Writer<'_>) -> Result<(), Fault>,
    ) -> Result<(), StoreError> {
        self.check_writable()?;
        in_transaction(&self.connection, what).map_err(|fault| backup::error_at(&self.path, fault))
    }

    /// Checks that the project can be written, and that its path still leads to the open file.
    ///
    /// # Errors
    /// If it is open read-only, or the path leads elsewhere.
    pub fn check_writable(&mut self) -> Result<(), StoreError> {
        self.check_usable()?;
        if self.access() == Access::View && self.replaced.is_none() {
            let path = self.path.clone();
            return Err(StoreError::ReadOnly { path });
        }
        self.check_in_place()
    }

    /// Checks that the path still leads to the open file. If it does not, everything is written to
    /// a new file, once, and the project can only be viewed from then on.
    ///
    /// # Errors
    /// If the path leads elsewhere.
    pub(super) fn check_in_place(&mut self) -> Result<(), StoreError> {
        if let Some(replaced) = &self.replaced {
            return Err(replaced.error(&self.path));
        }
        if self.identity.is_none() || FileIdentity::of(&self.path) == self.identity {
            return Ok(());
        }
        let replaced = if self.access() == Access::View {
            Replaced::Viewed
        } else {
            Replaced::Rescued(replaced::rescue(&self.connection, &self.path))
        };
        let error = replaced.error(&self.path);
        if !matches!(replaced, Replaced::Rescued(None))
            && let Ok(nothing) = empty_project()
        {
            // Nobody finds this file any more, but its log must not be taken for that of another file.
            let _ = empty_log(&self.connection);
            self.connection = nothing;
        }
        self.replaced = Some(replaced);
        self.memory.access = Access::View;
        // The file that is there now may be opened for editing.
        self.lock = None;
        Err(error)
    }

    /// Whether the path leads to the file again that was opened, after it had led elsewhere: its folder was
    /// renamed and renamed back, or its disk is connected again.
    pub fn is_back(&self) -> bool {
        self.replaced.is_some()
            && self.identity.is_some()
            && FileIdentity::of(&self.path) == self.identity
    }

    pub(super) fn check_usable(&self) -> Result<(), StoreError> {
        if self.is_lost {
            let path = self.path.clone();
            return Err(StoreError::OutOfSync { path });
        }
        Ok(())
    }
}

/// A backup that is being made on a thread, and awaited on drop.
pub(super) struct BackgroundBackup(pub(super) Option<JoinHandle<Result<(), StoreError>>>);

impl BackgroundBackup {
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        match self.0.take().map(JoinHandle::join) {
            Some(Ok(made)) => made,
            Some(Err(_)) | None => Ok(()),
        }
    }
}

impl Drop for BackgroundBackup {
    fn drop(&mut self) {
        // Nobody is left to handle the error.
        let _ = self.finish();
    }
}
