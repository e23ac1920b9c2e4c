//! Saving the reports of panics.

use std::path::PathBuf;

use super::state::Window;
use crate::app::i18n::tr;
use crate::app::workers::crash::{CrashReport, Worker};
use crate::app::workers::events::WorkerEvent;
use crate::app::workers::file_dialog::CRASH_REPORT_NAME;
use crate::app::workers::spawn::spawn_task;
use crate::files;

impl Window {
    /// Writes the reports of all panics so far to a file; without a file dialog, to one beside the settings.
    pub(super) fn save_crash_reports(&mut self, path: Option<PathBuf>) {
        let beside = || {
            let settings = self.dirs.settings.as_deref()?;
            Some(files::folder_of(settings).join(CRASH_REPORT_NAME))
        };
        let Some(path) = path.or_else(beside) else {
            return self.notifications.problem(tr!("no-data-folder"));
        };
        let reports: Vec<String> = self.crashes.iter().map(CrashReport::text).collect();
        let (text, events) = (reports.join("\n"), self.event_sender.clone());
        let file = path.display().to_string();
        self.notifications
            .notify(tr!("crash-report-saved", path = file));
        let work = move || {
            let written = files::write_whole(&path, |file| file.write_all(text.as_bytes()));
            if let Err(error) = written {
                events.send(WorkerEvent::Failed(error.to_string()));
            }
        };
        spawn_task(Worker::Writer, &self.event_sender, work, |_, _| {});
    }
}
