//! Asking the system for files and folders, without holding up the window.

use std::thread;
use std::time::{Duration, Instant};

use rfd::AsyncFileDialog;

use super::events::{EventSender, FileChoice, FilePurpose, WorkerEvent};

/// A person cannot give up a dialog faster than this: it was not shown.
const FASTEST: Duration = Duration::from_millis(400);

/// Shows the system's dialog; what is chosen comes as [`WorkerEvent::FileChosen`]. To be called on the thread
/// of the window.
pub fn show(purpose: FilePurpose, post: EventSender) {
    let dialog = AsyncFileDialog::new().set_title(purpose.title());
    let begun = Instant::now();
    let project = [crate::store::EXTENSION];
    let pick = async move {
        match purpose {
            FilePurpose::OpenFolder | FilePurpose::ImportFolder | FilePurpose::ExportFolder => {
                dialog.pick_folder().await
            }
            FilePurpose::OpenProject => {
                dialog
                    .add_filter("Tsukami projects", &project)
                    .pick_file()
                    .await
            }
            FilePurpose::Model => {
                dialog
                    .add_filter("Models", &["safetensors", "pth"])
                    .pick_file()
                    .await
            }
            FilePurpose::ImportFile => dialog.pick_file().await,
            FilePurpose::ExportFile => dialog.save_file().await,
        }
    };
    thread::spawn(move || {
        let chosen = pollster::block_on(pick);
        let choice = match chosen {
            Some(file) => FileChoice::Path(file.path().to_owned()),
            None if begun.elapsed() < FASTEST => FileChoice::NoDialog,
            None => FileChoice::Cancelled,
        };
        post.send(WorkerEvent::FileChosen(purpose, choice));
    });
}
