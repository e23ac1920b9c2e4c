//! The thread that writes the preferences, so that no frame waits for the disk.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};

use super::crash::Worker;
use super::events::{EventSender, WorkerEvent};
use super::monitor::Monitor;
use super::spawn::spawn;
use crate::app::i18n::tr;
use crate::app::preferences::Preferences;

/// What the thread is to do.
#[derive(Default)]
struct Task {
    /// The newest preferences that are not written yet.
    next: Option<Preferences>,
    ends: bool,
}

/// Writes the preferences to their file. Of several that wait only the newest are written.
pub struct PreferencesSaver {
    task: Arc<Monitor<Task>>,
    /// Disconnected once the thread has ended; none without a file.
    ended: Option<Receiver<()>>,
}

impl PreferencesSaver {
    /// Starts it for a file; without one nothing is written. Failures are reported as events.
    pub fn start(path: Option<PathBuf>, events: &EventSender) -> Self {
        let task = Arc::new(Monitor::new(Task::default()));
        let ended = path.map(|path| {
            let (sender, ended) = bounded::<()>(0);
            let (shared, reports) = (Arc::clone(&task), events.clone());
            let work = move || {
                // Its end ends the thread's.
                let _sender = sender;
                while let Some(next) = shared.wait_for(|task| match task.next.take() {
                    Some(next) => Some(Some(next)),
                    None => task.ends.then_some(None),
                }) {
                    if let Err(error) = next.save(&path) {
                        let text = tr!("settings-not-saved", error = error.to_string());
                        reports.send(WorkerEvent::Failed(text));
                    }
                }
            };
            spawn(Worker::Writer, events, work, |_, _| {});
            ended
        });
        Self { task, ended }
    }

    /// Writes these preferences soon.
    pub fn save(&self, preferences: Preferences) {
        if self.ended.is_some() {
            self.task.change(|task| task.next = Some(preferences));
        }
    }

    /// Waits until everything is written. Nothing is written afterwards.
    pub fn finish(&mut self) {
        self.task.change(|task| task.ends = true);
        if let Some(ended) = self.ended.take() {
            let _ = ended.recv();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::preferences::Theme;

    #[test]
    fn the_newest_preferences_are_written_and_failures_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let (sender, events) = bounded(4);
        let sender = EventSender::new(sender, || {});
        let mut saver = PreferencesSaver::start(Some(path.clone()), &sender);
        for scale in [1.25, 1.5] {
            saver.save(Preferences {
                theme: Theme::Dark,
                scale,
                ..Preferences::default()
            });
        }
        saver.finish();
        assert_eq!(Preferences::load(&path).scale, 1.5);
        assert!(events.is_empty());

        // A folder of this name cannot be made, because there is a file.
        let mut saver = PreferencesSaver::start(Some(path.join("settings.json")), &sender);
        saver.save(Preferences::default());
        saver.finish();
        assert!(matches!(events.try_recv(), Ok((_, WorkerEvent::Failed(_)))));
    }
}
