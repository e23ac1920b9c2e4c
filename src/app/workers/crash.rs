//! A panic of a worker: the sentence for the person, and the report for whoever mends it.

use std::collections::VecDeque;
use std::env::consts::{ARCH, OS};
use std::fmt::Write as _;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, Once, PoisonError};

use crate::app::i18n::tr;

/// The longest message in a sentence, in characters; the report has all of it.
const MAX_MESSAGE_CHARS: usize = 160;
/// The number of panics whose place is remembered until somebody catches them.
const MAX_PLACES: usize = 16;

/// What works in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worker {
    /// Opens a project and scans its folder.
    Opener,
    /// Decodes pictures for the canvas.
    Decoder,
    /// Makes thumbnails.
    Thumbnailer,
    /// Runs the model.
    Proposer,
    /// Makes boxes again from cached maps.
    Relocalizer,
    /// Learns from reviewed pictures.
    Learner,
    /// Fits boxes to objects.
    Segmenter,
    /// Trains a class head on tags.
    ClassHeadTrainer,
    /// Reads a list of class names.
    ClassListReader,
    /// Finds out what is dropped on the window.
    DropReader,
    /// Imports labels.
    Importer,
    /// Reads or makes the boxes that others are compared with.
    Comparer,
    /// Exports boxes.
    Exporter,
    /// Finds what an export would write.
    ExportPlanner,
    /// Waits for the system's file dialog.
    FileDialog,
    /// Closes a project.
    Closer,
    /// Writes small files of the user.
    Writer,
}

impl Worker {
    /// The name of its thread, which debuggers and panic messages show.
    pub(super) fn thread_name(self) -> &'static str {
        match self {
            Self::Opener => "opener",
            Self::Decoder => "decoder",
            Self::Thumbnailer => "thumbnailer",
            Self::Proposer => "proposer",
            Self::Relocalizer => "relocalizer",
            Self::Learner => "learner",
            Self::Segmenter => "segmenter",
            Self::ClassHeadTrainer => "tag trainer",
            Self::ClassListReader => "class list",
            Self::DropReader => "drop reader",
            Self::Importer => "importer",
            Self::Comparer => "comparer",
            Self::Exporter => "exporter",
            Self::ExportPlanner => "export plan",
            Self::FileDialog => "file dialog",
            Self::Closer => "closing",
            Self::Writer => "writer",
        }
    }

    /// What a person sees of it.
    fn task(self) -> &'static str {
        match self {
            Self::Opener => tr!("worker-opener"),
            Self::Decoder => tr!("worker-decoder"),
            Self::Thumbnailer => tr!("worker-thumbnailer"),
            Self::Proposer => tr!("worker-proposer"),
            Self::Relocalizer => tr!("worker-relocalizer"),
            Self::Learner => tr!("worker-learner"),
            Self::Segmenter => tr!("worker-segmenter"),
            Self::ClassHeadTrainer => tr!("worker-class-head-trainer"),
            Self::ClassListReader => tr!("worker-class-list-reader"),
            Self::DropReader => tr!("worker-drop-reader"),
            Self::Importer => tr!("worker-importer"),
            Self::Comparer => tr!("worker-comparer"),
            Self::Exporter => tr!("worker-exporter"),
            Self::ExportPlanner => tr!("worker-export-planner"),
            Self::FileDialog => tr!("worker-file-dialog"),
            Self::Closer => tr!("worker-closer"),
            Self::Writer => tr!("worker-writer"),
        }
    }
}

/// A panic of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashReport {
    /// Who has panicked.
    pub worker: Worker,
    /// The message of the panic.
    pub message: String,
    /// The place in the source code, if it is known.
    pub place: Option<String>,
}

impl CrashReport {
    /// A panic that was caught just now.
    pub fn new(worker: Worker, message: String) -> Self {
        let place = take_place(&message);
        Self {
            worker,
            message,
            place,
        }
    }

    /// One sentence for the person.
    pub fn sentence(&self) -> String {
        let line = self.message.replace(char::is_control, " ");
        let mut message: String = line.chars().take(MAX_MESSAGE_CHARS).collect();
        if message.len() < line.len() {
            message.push('…');
        }
        tr!(
            "worker-crashed",
            task = self.worker.task(),
            message = message
        )
    }

    /// The report that a person can save and pass on. It has no paths of theirs, except where the message
    /// itself names one.
    pub fn text(&self) -> String {
        let mut text = format!("Tsukami {} on {OS} {ARCH}\n", env!("CARGO_PKG_VERSION"));
        let place = self.place.as_deref().unwrap_or("unknown");
        let name = self.worker.thread_name();
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "Worker: {name}\nPlace: {place}\nMessage: {}\n",
            self.message
        );
        text
    }
}

/// The messages and places of the latest panics.
static PLACES: Mutex<VecDeque<(String, String)>> = Mutex::new(VecDeque::new());

/// Remembers the place of every panic from now on, because whoever catches it sees the message alone.
pub(super) fn remember_places() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            record_place(info);
            former(info);
        }));
    });
}

fn record_place(info: &PanicHookInfo<'_>) {
    let (Some(message), Some(location)) = (info.payload_as_str(), info.location()) else {
        return;
    };
    let place = format!("{}:{}", without_folders(location.file()), location.line());
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    places.push_back((message.to_owned(), place));
    if places.len() > MAX_PLACES {
        places.pop_front();
    }
}

/// The place of the latest panic with this message, which may have been on another thread.
fn take_place(message: &str) -> Option<String> {
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let at = places.iter().rposition(|(other, _)| other == message)?;
    places.remove(at).map(|(_, place)| place)
}

/// A source file without the folders of the machine on which the program was built.
fn without_folders(file: &str) -> String {
    let file = file.replace('\\', "/");
    match file.rsplit_once("/registry/src/") {
        // The first part is the name of the registry.
        Some((_, inside)) => inside
            .split_once('/')
            .map_or(inside, |(_, rest)| rest)
            .to_owned(),
        None if file.starts_with('/') || file.contains(':') => {
            file.rsplit('/').next().unwrap_or_default().to_owned()
        }
        None => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_message_place_version_and_system() {
        let report = CrashReport {
            worker: Worker::Decoder,
            message: "row 7\nof 5".to_owned(),
            place: Some("src/a.rs:3".to_owned()),
        };
        let text = report.text();
        for part in [
            env!("CARGO_PKG_VERSION"),
            OS,
            "decoder",
            "src/a.rs:3",
            "row 7\nof 5",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let sentence = report.sentence();
        assert!(
            sentence.contains("row 7 of 5") && !sentence.contains('\n'),
            "{sentence}"
        );
        let long = CrashReport {
            message: "x".repeat(5000),
            ..report
        };
        assert!(long.sentence().len() < 600);
    }

    #[test]
    fn places_name_no_folders_of_the_machine() {
        for (file, expected) in [
            ("src/app/run.rs", "src/app/run.rs"),
            (
                "/home/me/.cargo/registry/src/a-registry/png-0.1/src/a.rs",
                "png-0.1/src/a.rs",
            ),
            ("C:\\work\\tsukami\\src\\lib.rs", "lib.rs"),
            ("/rustc/0123/library/core/src/option.rs", "option.rs"),
        ] {
            assert_eq!(without_folders(file), expected);
        }
    }
}
