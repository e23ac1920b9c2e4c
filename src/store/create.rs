//! Creating a project.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::access::{Access, OpenNotice, OpenReport, is_denied};
use super::connection::open_read_write;
use super::error::{StoreError, io_error};
use super::paths::{RootPaths, data_folder, default_path, fallback_path};
use super::project::Project;
use super::schema::{self, MIGRATIONS};
use super::write::in_transaction;
use crate::files::normal;

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
            (Err(error), Some(data)) if is_write_denied(&error) => {
                let elsewhere = fallback_path(data, &path);
                fs::create_dir_all(data).map_err(io_error(data, "created"))?;
                create_file(&elsewhere, root)?;
                let (project, mut opened) = Self::open(&elsewhere, Access::Edit)?;
                opened.notices.push(OpenNotice::CreatedElsewhere {
                    requested: path,
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
}

/// Creates the file of an empty project, whole or not at all.
fn create_file(path: &Path, root: &Path) -> Result<(), StoreError> {
    let names = RootPaths::new(path, root)?;
    match File::create_new(path) {
        // A creation that crashed leaves an empty file, because it is a single transaction.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_empty = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0);
            if !is_empty {
                let path = path.to_path_buf();
                return Err(StoreError::Exists { path });
            }
        }
        created => {
            created.map_err(io_error(path, "created"))?;
        }
    }
    let filled = open_read_write(path).and_then(|connection| {
        schema::create(&connection, MIGRATIONS)?;
        let id = "SELECT lower(hex(randomblob(16)))";
        let id: String = connection.query_row(id, [], |row| row.get(0))?;
        in_transaction(&connection, |writer| {
            writer.meta("id", Some(&id))?;
            writer.root(&names)
        })
    });
    if filled.is_err() {
        let _ = fs::remove_file(path);
    }
    filled.map_err(|fault| fault.at(path))
}

/// Whether the project cannot be created because the system refuses to write in this place.
fn is_write_denied(error: &StoreError) -> bool {
    match error {
        StoreError::Io { source, path, .. } => {
            let folder_exists = path.parent().is_some_and(Path::is_dir);
            is_denied(source.kind()) || (source.kind() == io::ErrorKind::NotFound && folder_exists)
        }
        StoreError::ReadOnly { .. } => true,
        StoreError::Sql { source, .. } => {
            source.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
        }
        _ => false,
    }
}
