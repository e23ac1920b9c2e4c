//! Checking a project file without changing it: `tsukami project check`.

use std::path::{Path, PathBuf};

use rusqlite::{Transaction, TransactionBehavior};

use super::connection::open_to_view;
use super::error::{Fault, StoreError, in_one_line};
use super::load::LoadedFile;
use super::schema::{self, MIGRATIONS};
use crate::files::backups;

/// The result of [`check`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The version of the file's format.
    pub version: i64,
    /// The number of pictures.
    pub pictures: usize,
    /// The number of boxes in any state.
    pub boxes: usize,
    /// The number of steps that can be undone or redone.
    pub steps: usize,
    /// What is damaged. Each check reports up to twenty problems.
    pub problems: Vec<String>,
    /// The automatic backups, newest first.
    pub backups: Vec<PathBuf>,
}

/// Checks a project file thoroughly, without changing it.
///
/// # Errors
/// If there is no project to check. Damage is not an error, it is reported.
pub fn check(path: &Path) -> Result<CheckReport, StoreError> {
    match read(path) {
        // Too much is damaged to count anything.
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
        problems.push(format!("{version} is not a format"));
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
            let problem_lines = lines.iter().filter(|line| *line != "ok");
            problems.extend(problem_lines.map(|line| in_one_line(line)));
        }
        Err(error) => problems.push(Fault::from(error).what()),
    }
    // A file of an older format can be read only after its migration.
    let mut loaded = LoadedFile::default();
    if version == known {
        let read = Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)
            .map_err(Fault::from)
            .and_then(|transaction| LoadedFile::read(&transaction, true));
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
