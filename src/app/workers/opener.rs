//! Opens a folder or a project file, and scans the folder for changes.

use std::path::{Path, PathBuf};

use super::crash::Worker;
use super::events::{EventSender, OpeningEvent, WorkerEvent};
use super::spawn::spawn_task;
use crate::app::i18n::tr;
use crate::app::sample_pictures;
use crate::pictures;
use crate::store::{self, Access, LiveProject, OpenReport, Project, RescanReport, StoreError};

/// Opens a folder of pictures, whose project is found or created, or a project file. Then the folder
/// is scanned.
pub fn open(path: PathBuf, events: EventSender) {
    let sender = events.clone();
    let work = move || open_and_scan(&path, &events);
    spawn_task(Worker::Opener, &sender, work, fail);
}

fn open_and_scan(path: &Path, events: &EventSender) {
    match open_project(path) {
        Ok((project, notices)) => {
            let (file, access) = (project.path().to_owned(), project.access());
            let is_draft = project.is_draft();
            let folder = project.root().to_owned();
            // Its settings are read here, and not in a frame.
            let project = Box::new(LiveProject::new(project));
            events.send(WorkerEvent::Opening(OpeningEvent::Opened {
                project,
                notices,
            }));
            if is_draft {
                let found = pictures::scan(&[folder]);
                let report = RescanReport {
                    problems: found.problems.iter().map(ToString::to_string).collect(),
                    skipped_exports: found.skipped_exports_note(),
                    ..RescanReport::default()
                };
                events.send(WorkerEvent::Opening(OpeningEvent::Scanned(Box::new(
                    report,
                ))));
            } else if access != Access::View {
                scan(&file, events);
            }
        }
        Err(reason) => fail(events, reason),
    }
}

/// As [`open`], for the folder of the sample pictures, which are written to it first.
pub fn open_sample(folder: PathBuf, events: EventSender) {
    let sender = events.clone();
    let work = move || match sample_pictures::unpack(&folder) {
        Ok(()) => open_and_scan(&folder, &events),
        Err(error) => {
            let path = folder.display().to_string();
            let text = tr!("sample-not-written", path = path, error = error.to_string());
            fail(&events, text);
        }
    };
    spawn_task(Worker::Opener, &sender, work, fail);
}

/// Scans the folder of an open project for changes.
pub fn rescan(project: PathBuf, events: EventSender) {
    let sender = events.clone();
    let work = move || scan(&project, &events);
    spawn_task(Worker::Opener, &sender, work, fail);
}

/// The project cannot be opened or its folder scanned, for this reason.
fn fail(events: &EventSender, reason: String) {
    events.send(WorkerEvent::Opening(OpeningEvent::Failed(reason)));
}

/// Opens or creates the project of a path; returns it with notices for the person.
fn open_project(path: &Path) -> Result<(Project, Vec<String>), String> {
    if !path.exists() {
        return Err(tr!("path-missing", path = path.display().to_string()));
    }
    let sentence = |error: StoreError| error.to_string();
    let is_project = path
        .extension()
        .is_some_and(|extension| extension == store::EXTENSION);
    // A single picture stands for its folder.
    let folder = match path.parent() {
        Some(folder) if path.is_file() && !is_project => {
            pictures::probe(path).map_err(|error| error.to_string())?;
            folder
        }
        _ => path,
    };
    let existing = if folder.is_dir() {
        store::find_project(folder)
    } else {
        Some(path.to_owned())
    };
    let at = store::default_path(folder);
    let newest = store::backups(&at).into_iter().next();
    let mut restored = None;
    let (project, opened) = match (existing, newest) {
        (Some(file), _) => Project::open(&file, Access::Edit).map_err(sentence)?,
        // The file is missing, but it has a backup.
        (None, Some(backup)) => {
            if store::restore_missing(&at, &backup).map_err(sentence)? {
                restored = Some(tr!(
                    "restored-from-backup",
                    backup = backup.display().to_string()
                ));
            }
            Project::open(&at, Access::Edit).map_err(sentence)?
        }
        // A folder without pictures gets no file until something is made there.
        (None, None) if pictures::scan(&[folder.to_owned()]).entries.is_empty() => {
            let draft = Project::draft_for(folder).map_err(sentence)?;
            (draft, OpenReport::default())
        }
        (None, None) => match Project::create_for(folder) {
            // Another process has just created it.
            Err(StoreError::Exists { path }) => Project::open(&path, Access::Edit),
            created => created,
        }
        .map_err(sentence)?,
    };
    let notices = opened.notices.iter().map(ToString::to_string);
    let notices = restored.into_iter().chain(notices).collect();
    Ok((project, notices))
}

/// Scans the folder. The window has the project open, so this uses a second connection, as the command
/// line would; the window then reads what was written.
fn scan(file: &Path, events: &EventSender) {
    let outcome = Project::open(file, Access::Add).and_then(|(mut project, _)| {
        let report = store::rescan_with(&mut project, || {
            events.send(WorkerEvent::Opening(OpeningEvent::FirstPictures));
        })?;
        project.close()?;
        Ok(report)
    });
    events.send(WorkerEvent::Opening(match outcome {
        Ok(report) => OpeningEvent::Scanned(Box::new(report)),
        Err(error) => OpeningEvent::Failed(error.to_string()),
    }));
}
