//! Creating a project, whole or not at all.
//!
//! A project is made in memory, with its tables and its first pictures, and then written to a
//! temporary file, which gets the name of the project as its last act. So a process that is killed
//! leaves no project or a whole one, and of two that create the same project only one succeeds.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ffi};

use super::access::{Access, OpenNotice, OpenReport, is_denied};
use super::error::{Fault, StoreError, io_error};
use super::load::LoadedFile;
use super::memory::ProjectState;
use super::new_file::{place, temporary_file, write_copy};
use super::paths::{RootPaths, data_folder, default_path, fallback_path};
use super::project::{BackgroundBackup, Project};
use super::schema::empty_project;
use super::write::in_transaction;
use crate::document::Labels;
use crate::files::{normal, side_folder};

impl Project {
    /// Creates an empty project at `path` for the pictures in `root`, and opens it for editing. If
    /// the folder cannot be written to, the project is created in the user's data folder, and a
    /// notice says so.
    ///
    /// ```
    /// use tsukami::document::{Picture, PictureId, ops};
    /// use tsukami::store::{Access, Project};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("shop.tsukami");
    /// let (mut project, _) = Project::create(&path, folder.path())?;
    /// let picture = Picture::new(PictureId(1), "cup.jpg", 600, 400);
    /// project.commit("add a picture", &ops::add_pictures(project.document(), vec![picture]), None)?;
    /// project.close()?;
    ///
    /// let (project, _) = Project::open(&path, Access::View)?;
    /// assert!(project.document().picture_at("cup.jpg").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file exists already, or neither folder can be written to.
    pub fn create(path: &Path, root: &Path) -> Result<(Self, OpenReport), StoreError> {
        let (project, opened, ()) = Self::create_filled(path, root, |_| Ok(()))?;
        Ok((project, opened))
    }

    /// As [`create`](Self::create), at the [`default_path`] in the folder of the pictures.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn create_for(root: &Path) -> Result<(Self, OpenReport), StoreError> {
        Self::create(&default_path(root), root)
    }

    /// As [`create`](Self::create), after `fill` has added to the project. The file appears with all
    /// that `fill` has added, and not at all if `fill` fails. Returns what `fill` returned as well.
    ///
    /// # Errors
    /// As for [`create`](Self::create), and those of `fill`.
    pub fn create_filled<T>(
        path: &Path,
        root: &Path,
        fill: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<(Self, OpenReport, T), StoreError> {
        Self::create_in(path, root, data_folder().as_deref(), fill)
    }

    /// A project for the pictures in `root` that has no file yet: the window's thread
    /// [makes it](super::LiveProject) with the first change. It would be at the [`default_path`].
    ///
    /// # Errors
    /// If the path of the folder cannot be stored.
    pub fn draft_for(root: &Path) -> Result<Self, StoreError> {
        Self::draft(&normal(&default_path(root)), root)
    }

    /// Whether the project has no file yet.
    pub fn is_draft(&self) -> bool {
        self.identity.is_none()
    }

    /// Writes a draft to a file, and opens it for editing.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub(super) fn opened_from_draft(&self) -> Result<(Self, OpenReport), StoreError> {
        let root = self.root().to_path_buf();
        let all = |draft: &mut Self| {
            // The other draft has nothing but its id and its folder.
            let names = RootPaths::new(draft.path(), &root)?;
            let copied = copy_in(&self.connection, &mut draft.connection);
            copied.map_err(|fault| fault.at(draft.path()))?;
            draft.write(|writer| writer.root(&names))
        };
        let (project, opened, ()) = Self::create_filled(self.path(), &root, all)?;
        Ok((project, opened))
    }

    pub(super) fn create_in<T>(
        path: &Path,
        root: &Path,
        data: Option<&Path>,
        fill: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<(Self, OpenReport, T), StoreError> {
        let requested = normal(path);
        let (path, temporary) = match (temporary_file(&requested), data) {
            (Err(error), Some(data)) if is_write_denied(&error) => {
                let elsewhere = fallback_path(data, &requested);
                fs::create_dir_all(data).map_err(io_error(data, "created"))?;
                let temporary = temporary_file(&elsewhere)?;
                (elsewhere, temporary)
            }
            (temporary, _) => (requested.clone(), temporary?),
        };
        let filled = Self::draft(&path, root).and_then(|mut draft| {
            let filled = fill(&mut draft)?;
            write_copy(&draft.connection, &path, &temporary)?;
            place(temporary, &path)?;
            Ok(filled)
        });
        let filled = filled.inspect_err(|_| {
            // It stays if it is not empty, because it is the one of another process then.
            let _ = fs::remove_dir(side_folder(&path));
        })?;
        let (project, mut opened) = Self::open(&path, Access::Edit)?;
        if path != requested {
            opened
                .notices
                .push(OpenNotice::CreatedElsewhere { requested, path });
        }
        Ok((project, opened, filled))
    }

    /// An empty project in memory, for a file that does not exist yet.
    fn draft(path: &Path, root: &Path) -> Result<Self, StoreError> {
        let names = RootPaths::new(path, root)?;
        let in_memory = Self::draft_in_memory(path, root, &names);
        in_memory.map_err(|fault| fault.at(path))
    }

    fn draft_in_memory(path: &Path, root: &Path, names: &RootPaths) -> Result<Self, Fault> {
        let connection = empty_project()?;
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let (writer, data_version) = (number("SELECT random()")?, number("PRAGMA data_version")?);
        let id = "SELECT lower(hex(randomblob(16)))";
        let id: String = connection.query_row(id, [], |row| row.get(0))?;
        in_transaction(&connection, |writer| {
            writer.meta("id", Some(&id))?;
            writer.root(names)?;
            // A file without it was written by an earlier version.
            writer.labels(&Labels::default())
        })?;
        let loaded = LoadedFile::read(&connection, true)?;
        Ok(Self {
            memory: ProjectState::new(Access::Edit, loaded),
            path: path.to_path_buf(),
            connection,
            is_lost: false,
            identity: None,
            replaced: None,
            writer,
            data_version,
            root: normal(root),
            id,
            backup: BackgroundBackup(None),
            lock: None,
        })
    }
}

/// Whether the project cannot be created because the system refuses to write in this place.
fn is_write_denied(error: &StoreError) -> bool {
    let StoreError::Io { source, path, .. } = error else {
        return false;
    };
    // Some systems say of a folder of their own that it does not exist.
    let folder_exists = path.parent().is_some_and(Path::is_dir);
    is_denied(source.kind()) || (source.kind() == io::ErrorKind::NotFound && folder_exists)
}

/// Replaces the content of a database in memory by that of another one.
fn copy_in(from: &Connection, to: &mut Connection) -> Result<(), Fault> {
    if Backup::new(from, to)?.step(-1)? == StepResult::Done {
        return Ok(());
    }
    let busy = ffi::Error::new(ffi::SQLITE_BUSY);
    Err(rusqlite::Error::SqliteFailure(busy, None).into())
}
