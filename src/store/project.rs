//! A project that is open: made, opened, asked and closed.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, MAIN_DB, OptionalExtension as _, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::connection::{checkpoint, enable_wal, open_read_only, open_read_write, open_to_view};
use super::error::{Fault, StoreError, io_error};
use super::load::Loaded;
use super::lock::{LockOutcome, WindowLock, claim};
use super::memory::{Memory, settle};
use super::moved::{self, FileIdentity};
use super::place::{RootPaths, aside, data_folder, default_path, fallback_path, normal};
use super::rows::{SETTINGS, text};
use super::schema::{self, MIGRATIONS};
use super::state::Counters;
use super::write::Writer;
use super::{backup, log};
use crate::document::{Document, History};

/// What somebody wants to do with a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Edit it, with undo and redo: a window, of which there can be one. Where that is not
    /// possible the project is opened to [view](Self::View) it, and a notice says why.
    Edit,
    /// Add to it, whether a window has it open or not: the command line.
    Add,
    /// Look at it.
    View,
}

/// What a person should know about how a project was opened.
#[derive(Debug)]
pub enum OpenNotice {
    /// Another window is editing it, so it is open for reading only.
    InUse,
    /// It cannot be written where it lies, so it is open for reading only.
    ReadOnlyLocation,
    /// The file system has no locks, so another window might edit it too; nothing gets lost by
    /// that, but they share one history.
    LockUnknown(io::Error),
    /// The folder cannot be written to, so the new project lies in the user's data folder.
    CreatedElsewhere {
        /// Where it should have been.
        wanted: PathBuf,
        /// Where it is.
        path: PathBuf,
    },
    /// The folder of the pictures is not there.
    FolderMissing(PathBuf),
    /// A file of a former format was brought up to date; it is kept as it was here.
    Migrated(PathBuf),
}

impl fmt::Display for OpenNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str(
                "Another window is editing this project, so here it is open for reading only: \
                 close that window and open the project again to edit it",
            ),
            Self::ReadOnlyLocation => f.write_str(
                "This project lies where nothing can be written, so it is open for reading only: \
                 save a copy elsewhere to edit it",
            ),
            Self::LockUnknown(error) => write!(
                f,
                "It cannot be told whether another window has this project open ({error}): \
                 see to it that none has",
            ),
            Self::CreatedElsewhere { wanted, path } => write!(
                f,
                "Nothing can be written to {}, so the project is kept in {}",
                wanted.parent().unwrap_or(wanted).display(),
                path.display()
            ),
            Self::FolderMissing(root) => write!(
                f,
                "The folder of the pictures, {}, is not there: connect its disk, or say where it \
                 is now",
                root.display()
            ),
            Self::Migrated(former) => write!(
                f,
                "This project was of an older format and was brought up to date; it is kept as it \
                 was in {}",
                former.display()
            ),
        }
    }
}

/// How a project was opened.
#[derive(Debug, Default)]
pub struct OpenReport {
    /// What a person should know.
    pub notifications: Vec<OpenNotice>,
}

/// An open project: a document in memory, and the file that says the same.
pub struct Project {
    /// Fields are dropped in order: whoever has the lock is the only one to make backups.
    backup: BackgroundBackup,
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) memory: Memory,
    /// Whether memory may not be what the file says, and the file cannot be read.
    pub(super) is_lost: bool,
    /// This process among those that write.
    pub(super) writer: i64,
    /// What SQLite counts when others have written.
    pub(super) data_version: i64,
    /// The file that was opened.
    pub(super) identity: Option<FileIdentity>,
    /// Where everything was written when that file was gone.
    pub(super) rescued: Option<Option<PathBuf>>,
    root: PathBuf,
    id: String,
    /// Comes last, so that it is let go when the file is closed.
    _lock: Option<WindowLock>,
}

impl Project {
    /// Makes an empty project at `path` for the pictures in `root`, and opens it to edit. A
    /// folder that cannot be written to is left for the user's data folder, with a notice.
    ///
    /// # Errors
    /// If there is a file already, or neither folder can be written to.
    pub fn create(path: &Path, root: &Path) -> Result<(Self, OpenReport), StoreError> {
        Self::create_in(path, root, data_folder().as_deref())
    }

    /// As [`create`](Self::create), at the [`default_path`] in the folder of the pictures.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn create_for(root: &Path) -> Result<(Self, OpenReport), StoreError> {
        Self::create(&default_path(root), root)
    }

    pub(super) fn create_in(
        path: &Path,
        root: &Path,
        data: Option<&Path>,
    ) -> Result<(Self, OpenReport), StoreError> {
        let path = normal(path);
        match (create_file(&path, root), data) {
            (Err(error), Some(data)) if is_denied(&error) => {
                let elsewhere = fallback_path(data, &path);
                fs::create_dir_all(data).map_err(io_error(data, "made"))?;
                create_file(&elsewhere, root)?;
                let (project, mut opened) = Self::open(&elsewhere, Access::Edit)?;
                opened.notifications.push(OpenNotice::CreatedElsewhere {
                    wanted: path,
                    path: elsewhere,
                });
                Ok((project, opened))
            }
            (made, _) => {
                made?;
                Self::open(&path, Access::Edit)
            }
        }
    }

    /// Opens a project, after checking all of it.
    ///
    /// # Errors
    /// If there is none, it is of a newer program, or it is damaged, which names the newest
    /// backup. Nothing is changed in a file that is refused.
    pub fn open(path: &Path, access: Access) -> Result<(Self, OpenReport), StoreError> {
        let path = normal(path);
        schema::check_header(&path)?;
        let mut notifications = Vec::new();
        let (mut access, lock) = claimed(&path, access, &mut notifications);
        let at = |fault: Fault| fault.at(&path);

        let identity = FileIdentity::of(&path);
        let connection = match access {
            Access::View => open_to_view(&path),
            Access::Edit | Access::Add => open_read_write(&path),
        }
        .map_err(at)?;
        let is_readonly = |connection: &Connection| connection.is_readonly(MAIN_DB);
        if access != Access::View && is_readonly(&connection).map_err(|error| at(error.into()))? {
            access = Access::View;
            notifications.push(OpenNotice::ReadOnlyLocation);
        }
        check_version(&path, &connection, access, &mut notifications)?;

        let loaded = checked(&path, &connection, access).map_err(at)?;
        if access != Access::View {
            enable_wal(&connection, &path).map_err(at)?;
        }
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let writer = number("SELECT random()").map_err(|error| at(error.into()))?;
        let data_version = number("PRAGMA data_version").map_err(|error| at(error.into()))?;

        let root = root_of(&path, &loaded);
        if !root.is_dir() {
            notifications.push(OpenNotice::FolderMissing(root.clone()));
        }
        let id = loaded.meta.get("id").cloned().unwrap_or_default();
        let backup = (access == Access::Edit).then(|| {
            let (path, head) = (path.clone(), loaded.state.head);
            thread::spawn(move || backup::make(&path, head))
        });
        let project = Self {
            memory: Memory::new(access, loaded),
            path,
            connection,
            is_lost: false,
            identity,
            rescued: None,
            writer,
            data_version,
            root,
            id,
            backup: BackgroundBackup(backup),
            _lock: lock,
        };
        Ok((project, OpenReport { notifications }))
    }

    /// The document, as the file says it.
    pub fn document(&self) -> &Document {
        &self.memory.document
    }

    /// The steps that can be undone and redone; none but with [`Access::Edit`].
    pub fn history(&self) -> &History {
        &self.memory.history
    }

    /// What can be done with the project, which may be less than was asked for.
    pub fn access(&self) -> Access {
        self.memory.access
    }

    /// Where the project file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the pictures, to which their paths are relative. It need not exist.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A name that no other project has, for caches.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says where the pictures are now.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_root(&mut self, root: &Path) -> Result<(), StoreError> {
        let names = RootPaths::new(&self.path, root)?;
        self.write(|writer| write_root(writer, &names))?;
        self.root = normal(root);
        Ok(())
    }

    /// A setting, such as the picture that was shown last; nothing if it was never set.
    ///
    /// # Errors
    /// If the file cannot be read, or the setting is of another kind.
    pub fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let select = "SELECT value FROM settings WHERE key = ?";
        let value: Option<String> = self
            .connection
            .prepare_cached(select)
            .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
            .map_err(|error| Fault::from(error).at(&self.path))?;
        let value = value.map(|value| serde_json::from_str(&value));
        value
            .transpose()
            .map_err(|source| self.bad_setting(key, source))
    }

    /// Keeps a setting in the project. It is no edit, and is not undone.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_setting<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        let value = serde_json::to_string(value);
        let value = value.map_err(|source| self.bad_setting(key, source))?;
        self.write(|writer| writer.put(&SETTINGS, &[text(key), text(&value)]))
    }

    /// Forgets a setting.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove_setting(&mut self, key: &str) -> Result<(), StoreError> {
        self.write(|writer| writer.delete(&SETTINGS, &text(key)))
    }

    /// Saves a copy of the project under a new name, for pictures in the same place.
    ///
    /// # Errors
    /// If there is a file already, or it cannot be written.
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let target = normal(target);
        if target.exists() {
            return Err(StoreError::Exists { path: target });
        }
        let names = RootPaths::new(&target, &self.root)?;
        backup::copy(&self.path, &target)?;
        let at = |fault: Fault| fault.at(&target);
        let connection = open_read_write(&target).map_err(at)?;
        write(&connection, |writer| write_root(writer, &names)).map_err(at)
    }

    /// Makes an automatic backup now, beside those made on opening and closing; nothing if there
    /// is one of this very state.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn back_up(&mut self) -> Result<(), StoreError> {
        self.backup.finish()?;
        // Others may have written since this one last looked.
        let state = Counters::read(&self.connection).map_err(|fault| fault.at(&self.path))?;
        backup::make(&self.path, state.head)
    }

    /// Brings everything into the one file, and makes a backup if anything has changed. Where a
    /// window has the project open, the backup is left to it. What was committed is safe even if
    /// this fails or never happens.
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
            // Whoever has it open still reads it anew instead.
            let seen = self.memory.seen;
            let _ = self.write(|writer| log::forget(writer, seen));
        }
        checkpoint(&self.connection).map_err(|fault| fault.at(&self.path))?;
        // Whoever has the lock is the only one to make backups.
        let (access, lock) = match self.access() {
            Access::Add => claimed(&self.path, Access::Edit, &mut Vec::new()),
            access => (access, None),
        };
        if access == Access::Edit {
            self.back_up()?;
        }
        drop(lock);
        backed_up
    }

    /// Writes something beside the document.
    pub(super) fn write(
        &mut self,
        what: impl FnOnce(&mut Writer<'_>) -> Result<(), Fault>,
    ) -> Result<(), StoreError> {
        self.check_usable()?;
        if self.access() == Access::View {
            let path = self.path.clone();
            return Err(StoreError::ReadOnly { path });
        }
        self.check_in_place()?;
        write(&self.connection, what).map_err(|fault| fault.at(&self.path))
    }

    /// Sees to it that the path still leads to the file that is open; if it does not, everything
    /// is written to another one, once.
    ///
    /// # Errors
    /// If it does not.
    pub(super) fn check_in_place(&mut self) -> Result<(), StoreError> {
        if self.rescued.is_none() {
            if FileIdentity::of(&self.path) == self.identity {
                return Ok(());
            }
            let error = moved::rescue(&self.connection, &self.path);
            if let StoreError::Replaced { rescued, .. } = &error {
                self.rescued = Some(rescued.clone());
            }
            return Err(error);
        }
        Err(StoreError::Replaced {
            path: self.path.clone(),
            rescued: self.rescued.clone().flatten(),
        })
    }

    pub(super) fn check_usable(&self) -> Result<(), StoreError> {
        if self.is_lost {
            let path = self.path.clone();
            return Err(StoreError::OutOfSync { path });
        }
        Ok(())
    }

    fn bad_setting(&self, key: &str, source: serde_json::Error) -> StoreError {
        StoreError::Setting {
            path: self.path.clone(),
            key: key.to_owned(),
            source,
        }
    }
}

/// A backup in the making, which is waited for.
struct BackgroundBackup(Option<JoinHandle<Result<(), StoreError>>>);

impl BackgroundBackup {
    fn finish(&mut self) -> Result<(), StoreError> {
        match self.0.take().map(JoinHandle::join) {
            Some(Ok(made)) => made,
            Some(Err(_)) | None => Ok(()),
        }
    }
}

impl Drop for BackgroundBackup {
    fn drop(&mut self) {
        // There is nobody left to be told.
        let _ = self.finish();
    }
}

/// Asks for the lock that the access needs, and tells what access there is.
fn claimed(
    path: &Path,
    access: Access,
    notifications: &mut Vec<OpenNotice>,
) -> (Access, Option<WindowLock>) {
    if access != Access::Edit {
        return (access, None);
    }
    match claim(&aside(path)) {
        LockOutcome::Acquired(lock) => (Access::Edit, Some(lock)),
        LockOutcome::HeldElsewhere => {
            notifications.push(OpenNotice::InUse);
            (Access::View, None)
        }
        LockOutcome::Unknown(error) if is_denied_kind(error.kind()) => {
            notifications.push(OpenNotice::ReadOnlyLocation);
            (Access::View, None)
        }
        LockOutcome::Unknown(error) => {
            notifications.push(OpenNotice::LockUnknown(error));
            (Access::Edit, None)
        }
    }
}

/// Refuses a newer format, and brings a former one up to date, of which a copy is kept.
fn check_version(
    path: &Path,
    connection: &Connection,
    access: Access,
    notifications: &mut Vec<OpenNotice>,
) -> Result<(), StoreError> {
    let at = |fault: Fault| fault.at(path);
    let version = schema::version(connection).map_err(|error| at(error.into()))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(StoreError::NewerFormat {
            path: path.to_path_buf(),
            version,
            known,
        });
    }
    if version < 1 {
        return Err(at(Fault::Damage(format!("{version} is no format"))));
    }
    if version < known {
        if access == Access::View {
            let path = path.to_path_buf();
            return Err(StoreError::ReadOnly { path });
        }
        let folder = aside(path);
        fs::create_dir_all(&folder).map_err(io_error(&folder, "made"))?;
        let former = folder.join(format!("format-{version}.{}", super::place::EXTENSION));
        backup::copy(path, &former)?;
        schema::migrate(connection, version, MIGRATIONS).map_err(at)?;
        notifications.push(OpenNotice::Migrated(former));
    }
    Ok(())
}

/// Reads a file, and refuses one that is not as it was written. What others have added meanwhile
/// becomes part of the history of the window that edits.
fn checked(path: &Path, connection: &Connection, access: Access) -> Result<Loaded, Fault> {
    let is_editor = access == Access::Edit;
    let behaviour = if is_editor {
        TransactionBehavior::Immediate
    } else {
        TransactionBehavior::Deferred
    };
    // Rows and structure are checked side by side. SQLite first recovers what a crash has left.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    thread::scope(|scope| {
        let structure = scope.spawn(|| {
            let connection = open_read_only(path)?;
            let check = "PRAGMA quick_check(1)";
            Ok(connection.query_row(check, [], |row| row.get::<_, String>(0))?)
        });
        let transaction = Transaction::new_unchecked(connection, behaviour)?;
        let loaded = Loaded::read(&transaction, is_editor);
        let structure = structure.join().unwrap_or_else(|_| {
            Err(Fault::Damage(
                "its structure could not be checked".to_owned(),
            ))
        })?;
        if structure != "ok" {
            return Err(Fault::Damage(structure));
        }
        let mut loaded = loaded?;
        if loaded.problems.is_empty() {
            if is_editor {
                settle(&transaction, &mut loaded)?;
            }
            transaction.commit()?;
            Ok(loaded)
        } else {
            Err(Fault::Damage(loaded.problems.swap_remove(0)))
        }
    })
}

/// The folder of the pictures of a project that was read.
fn root_of(path: &Path, loaded: &Loaded) -> PathBuf {
    let names = RootPaths {
        relative: loaded.meta.get("root").cloned(),
        absolute: loaded.meta.get("root_absolute").cloned(),
    };
    let there = loaded.document.pictures().filter(|row| !row.missing);
    let some: Vec<&str> = there.take(8).map(|row| &*row.path).collect();
    names.resolve(path, &some)
}

fn write_root(writer: &mut Writer<'_>, names: &RootPaths) -> Result<(), Fault> {
    writer.meta("root", names.relative.as_deref())?;
    writer.meta("root_absolute", names.absolute.as_deref())
}

/// One transaction of something beside the document.
fn write(
    connection: &Connection,
    what: impl FnOnce(&mut Writer<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let mut writer = Writer::new(&transaction, Counters::read(&transaction)?);
    what(&mut writer)?;
    writer.finish()?;
    Ok(transaction.commit()?)
}

/// Makes the file of an empty project, wholly or not at all.
fn create_file(path: &Path, root: &Path) -> Result<(), StoreError> {
    let names = RootPaths::new(path, root)?;
    match File::create_new(path) {
        // What a crash has left of a creation is empty, for all of it is one transaction.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_empty = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0);
            if !is_empty {
                let path = path.to_path_buf();
                return Err(StoreError::Exists { path });
            }
        }
        created => {
            created.map_err(io_error(path, "made"))?;
        }
    }
    let filled = open_read_write(path).and_then(|connection| {
        schema::create(&connection, MIGRATIONS)?;
        let id = "SELECT lower(hex(randomblob(16)))";
        let id: String = connection.query_row(id, [], |row| row.get(0))?;
        write(&connection, |writer| {
            writer.meta("id", Some(&id))?;
            write_root(writer, &names)
        })
    });
    if filled.is_err() {
        let _ = fs::remove_file(path);
    }
    filled.map_err(|fault| fault.at(path))
}

fn is_denied(error: &StoreError) -> bool {
    match error {
        StoreError::Io { source, path, .. } => {
            let folder_is_there = path.parent().is_some_and(Path::is_dir);
            is_denied_kind(source.kind())
                || (source.kind() == io::ErrorKind::NotFound && folder_is_there)
        }
        StoreError::ReadOnly { .. } => true,
        StoreError::Sql { source, .. } => {
            source.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
        }
        _ => false,
    }
}

fn is_denied_kind(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}
