//! When the workspace needs a frame although nothing happens: because time has passed. An idle one needs none.

use std::time::{Duration, Instant};

use super::core::Workspace;
use super::fitting::REST;

/// How often a frame is drawn while boxes wait to be written.
const WRITE_INTERVAL: Duration = Duration::from_millis(100);
/// How often a frame is drawn while workers are busy, to show how far they are.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

impl Workspace {
    /// In how long the next frame is needed, if one is. `prepares` is whether pictures are embedded in
    /// advance.
    pub fn next_wake(&self, prepares: bool) -> Option<Duration> {
        let can_write = !self.exchange.defers_writes() && !self.view.canvas.holds_boxes();
        let writes = (can_write && self.has_unwritten()).then_some(WRITE_INTERVAL);
        let shows = self.shows_progress().then_some(PROGRESS_INTERVAL);
        let wakes = [
            writes,
            shows,
            self.learning_wake(),
            self.fitting_wake(prepares),
            self.session.counting_wake(),
        ];
        wakes.into_iter().flatten().min()
    }

    /// Whether something is shown that moves on by itself.
    fn shows_progress(&self) -> bool {
        let is_learning = self.learning_step().is_some() || self.class_head_training.is_some();
        is_learning || self.is_current_pending() || self.fitting.is_waiting()
    }

    /// When automatic learning has rested enough to begin.
    fn learning_wake(&self) -> Option<Duration> {
        let schedule = &self.learning.schedule;
        schedule.due?;
        let rests = schedule.rests_until?;
        rests.checked_duration_since(Instant::now())
    }

    /// When the shown picture has been shown long enough to be prepared for fitting.
    fn fitting_wake(&self, prepares: bool) -> Option<Duration> {
        let (_, since) = self.fitting.shown.filter(|_| prepares)?;
        REST.checked_sub(since.elapsed())
    }
}
