//! Opening a folder or a project file, and reading the folder for what has changed.

use std::path::{Path, PathBuf};
use std::thread;

use super::events::{EventSender, OpeningEvent, WorkerEvent};
use crate::pictures;
use crate::store::{self, Access, Project, StoreError};

/// Opens a folder of pictures, whose project is found or made, or a project file; then reads the
/// folder.
pub fn open(path: PathBuf, post: EventSender) {
    thread::spawn(move || match opened(&path) {
        Ok((project, notices)) => {
            let (file, access) = (project.path().to_owned(), project.access());
            let project = Box::new(project);
            post.send(WorkerEvent::Opening(OpeningEvent::Opened {
                project,
                notices,
            }));
            if access != Access::View {
                read(&file, &post);
            }
        }
        Err(reason) => post.send(WorkerEvent::Opening(OpeningEvent::Failed(reason))),
    });
}

/// Reads the folder of a project that is open for what has changed.
pub fn rescan(project: PathBuf, post: EventSender) {
    thread::spawn(move || read(&project, &post));
}

fn opened(path: &Path) -> Result<(Project, Vec<String>), String> {
    if !path.exists() {
        return Err(format!(
            "{} is not there: see that its disk is connected, or open another folder",
            path.display()
        ));
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
        // The file is gone, but not what it held.
        (None, Some(backup)) => {
            store::restore(&at, &backup).map_err(sentence)?;
            restored = Some(format!(
                "The project file of this folder was gone; it is restored from its backup {}",
                backup.display()
            ));
            Project::open(&at, Access::Edit).map_err(sentence)?
        }
        (None, None) => Project::create_for(folder).map_err(sentence)?,
    };
    let notices = opened.notices.iter().map(ToString::to_string);
    let notices = restored.into_iter().chain(notices).collect();
    Ok((project, notices))
}

/// The window holds the project, so the folder is read by way of a second connection, as the
/// command line would; the window takes in what that has written.
fn read(file: &Path, post: &EventSender) {
    let outcome = Project::open(file, Access::Add).and_then(|(mut project, _)| {
        let report = store::rescan_with(&mut project, || {
            post.send(WorkerEvent::Opening(OpeningEvent::FirstPictures));
        })?;
        project.close()?;
        Ok(report)
    });
    post.send(WorkerEvent::Opening(match outcome {
        Ok(report) => OpeningEvent::Scanned(report),
        Err(error) => OpeningEvent::Failed(error.to_string()),
    }));
}
