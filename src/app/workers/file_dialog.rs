//! Asks the system for a file or folder without blocking the window.

use std::path::Path;
use std::time::{Duration, Instant};

use rfd::AsyncFileDialog;

use super::crash::Worker;
use super::events::{EventSender, FileChoice, FilePurpose, WorkerEvent};
use super::spawn::spawn_task;
use crate::app::i18n::tr;

/// A person cannot cancel a dialog faster than this, so it was not shown.
const MIN_SHOWN: Duration = Duration::from_millis(400);

/// The name of the file for the report of a crash, unless a person chooses another.
pub const CRASH_REPORT_NAME: &str = "tsukami-report.txt";

/// Shows the system's dialog, which begins in a folder. If there is none, or no such folder any more, the
/// system chooses one. The choice is reported as [`WorkerEvent::FileChosen`]. This must be called
/// on the thread of the window.
pub fn show(purpose: FilePurpose, folder: Option<&Path>, events: EventSender) {
    let mut dialog = AsyncFileDialog::new().set_title(purpose.title());
    if let Some(folder) = folder {
        dialog = dialog.set_directory(folder);
    }
    let shown_at = Instant::now();
    let project = [crate::store::EXTENSION];
    let pick = async move {
        match purpose {
            FilePurpose::OpenFolder
            | FilePurpose::ImportFolder
            | FilePurpose::CompareFolder
            | FilePurpose::ExportFolder => dialog.pick_folder().await,
            FilePurpose::OpenProject => {
                dialog
                    .add_filter(tr!("file-type-project"), &project)
                    .pick_file()
                    .await
            }
            FilePurpose::Model => {
                dialog
                    .add_filter(tr!("file-type-model"), &["safetensors", "pth"])
                    .pick_file()
                    .await
            }
            FilePurpose::ImportFile | FilePurpose::CompareFile | FilePurpose::ClassList => {
                dialog.pick_file().await
            }
            FilePurpose::ExportFile => dialog.save_file().await,
            FilePurpose::ProjectCopy => {
                dialog
                    .add_filter(tr!("file-type-project"), &project)
                    .save_file()
                    .await
            }
            FilePurpose::CrashReport => dialog.set_file_name(CRASH_REPORT_NAME).save_file().await,
        }
    };
    let sender = events.clone();
    let work = move || {
        let chosen = pollster::block_on(pick);
        let choice = match chosen {
            Some(file) => FileChoice::Path(file.path().to_owned()),
            None if shown_at.elapsed() < MIN_SHOWN => FileChoice::NoDialog,
            None => FileChoice::Cancelled,
        };
        events.send(WorkerEvent::FileChosen(purpose, choice));
    };
    spawn_task(Worker::FileDialog, &sender, work, move |events, _| {
        events.send(WorkerEvent::FileChosen(purpose, FileChoice::NoDialog));
    });
}
