//! What can be said about a project file without changing it: `tsukami project check`.

use std::path::{Path, PathBuf};

use rusqlite::{Transaction, TransactionBehavior};

use super::backup::backups;
use super::connection::open_to_view;
use super::error::{Fault, StoreError, in_one_line};
use super::load::Loaded;
use super::schema::{self, MIGRATIONS};

/// What [`check`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The version of the file's format.
    pub version: i64,
    /// How many pictures it holds.
    pub pictures: usize,
    /// How many boxes it holds, in any state.
    pub boxes: usize,
    /// How many steps can be undone or redone.
    pub steps: usize,
    /// What is damaged; nothing if all is well. Twenty are named at most by each check.
    pub problems: Vec<String>,
    /// The automatic backups, newest first.
    pub backups: Vec<PathBuf>,
}

/// Checks a project file thoroughly, without changing it.
///
/// # Errors
/// If there is no project that could be checked. Damage is no error but reported.
pub fn check(path: &Path) -> Result<CheckReport, StoreError> {
    match read(path) {
        // So much of it is gone that nothing can be counted.
        Err(StoreError::Damaged { what, .. }) => Ok(CheckReport {
            problems: vec![what],
            backups: backups(path),
            ..CheckReport::default()
        }),
        read => read,
    }
}

fn read(path: &Path) -> Result<CheckReport, StoreError> {
    schema::check_header(path)?;
    let at = |fault: Fault| fault.at(path);
    let connection = open_to_view(path).map_err(at)?;
    let version = schema::version(&connection).map_err(|error| at(error.into()))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(StoreError::NewerFormat {
            path: path.to_path_buf(),
            version,
            known,
        });
    }
    let mut problems = Vec::new();
    if version < 1 {
        problems.push(format!("{version} is no format"));
    }
    let structure = connection
        .prepare("PRAGMA integrity_check(20)")
        .and_then(|mut check| {
            check
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()
        });
    match structure {
        Ok(lines) => {
            let told = lines.iter().filter(|line| *line != "ok");
            problems.extend(told.map(|line| in_one_line(line)));
        }
        Err(error) => problems.push(Fault::from(error).what()),
    }
    // A file of a former format is read only where it is brought up to date.
    let mut loaded = Loaded::default();
    if version == known {
        let read = Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)
            .map_err(Fault::from)
            .and_then(|transaction| Loaded::read(&transaction, true));
        match read {
            Ok(read) => loaded = read,
            Err(fault) => problems.push(fault.what()),
        }
    }
    problems.append(&mut loaded.problems);
    Ok(CheckReport {
        version,
        pictures: loaded.document.pictures().len(),
        boxes: loaded.document.annotation_count(),
        steps: loaded.steps.len(),
        problems,
        backups: backups(path),
    })
}
