//! Whether files exist, as was last seen: asking the system may take long, on a disk that sleeps or on
//! another machine, so a thread asks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long an answer counts.
const MAX_AGE: Duration = Duration::from_secs(1);

/// What is known of a path.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    exists: Option<bool>,
    at: Option<Instant>,
    is_asked: bool,
}

/// Answers that a thread has found. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct PathProbe {
    answers: Arc<Mutex<HashMap<PathBuf, Answer>>>,
}

impl PathProbe {
    /// Whether there is something at a path, as was last seen; none if that is not known yet. `wake` is
    /// called when there is a new answer.
    pub fn exists(&self, path: &Path, wake: impl FnOnce() + Send + 'static) -> Option<bool> {
        let mut answers = self.lock();
        let answer = answers.entry(path.to_path_buf()).or_default();
        let is_old = answer.at.is_none_or(|at| at.elapsed() > MAX_AGE);
        let known = answer.exists;
        if is_old && !answer.is_asked {
            answer.is_asked = true;
            let (probe, path) = (self.clone(), path.to_path_buf());
            let thread = thread::Builder::new().name("path probe".to_owned());
            let started = thread.spawn(move || {
                let exists = path.exists();
                let answer = Answer {
                    exists: Some(exists),
                    at: Some(Instant::now()),
                    is_asked: false,
                };
                let former = probe.lock().insert(path, answer);
                if former.and_then(|former| former.exists) != Some(exists) {
                    wake();
                }
            });
            // Without a thread it is asked again.
            answer.is_asked = started.is_ok();
        }
        known
    }

    /// Makes an answer known that counts for an hour; for tests.
    #[doc(hidden)]
    pub fn assume(&self, path: &Path, exists: bool) {
        let at = Instant::now() + Duration::from_secs(3600);
        let answer = Answer {
            exists: Some(exists),
            at: Some(at),
            is_asked: false,
        };
        self.lock().insert(path.to_path_buf(), answer);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn an_answer_comes_later_and_follows_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        let probe = PathProbe::default();
        let (sender, woken) = mpsc::channel();
        let ask = || {
            let sender = sender.clone();
            probe.exists(&file, move || {
                let _ = sender.send(());
            })
        };
        assert_eq!(ask(), None);
        woken.recv().unwrap();
        assert_eq!(ask(), Some(false));
        std::fs::write(&file, "").unwrap();
        thread::sleep(MAX_AGE + Duration::from_millis(50));
        assert_eq!(ask(), Some(false), "as was last seen");
        woken.recv().unwrap();
        assert_eq!(ask(), Some(true));
    }
}
