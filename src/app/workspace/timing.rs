//! How long a person works on pictures with and without proposals, for the dashboard.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::app::session::Session;
use crate::document::{Annotation, Origin, PictureId};
use crate::store::{LiveProject, StoreError};

/// Seconds without input after which a person no longer counts as working.
const IDLE_AFTER_SECS: f64 = 10.0;

/// The project setting that stores the [`Activity`].
const ACTIVITY_SETTING: &str = "activity";

/// The measured time, and the stopwatch of the shown picture.
#[derive(Default)]
pub struct Timing {
    /// The time of work so far.
    pub activity: Activity,
    /// The part of it that the project file contains.
    saved: Activity,
    stopwatch: Stopwatch,
}

impl Timing {
    /// Continues from what the project has stored.
    pub fn new(project: &LiveProject) -> Self {
        let activity = project.setting(ACTIVITY_SETTING).ok().flatten();
        let activity: Activity = activity.unwrap_or_default();
        Self {
            activity,
            saved: activity,
            stopwatch: Stopwatch::default(),
        }
    }

    /// It is `now` in seconds, this picture is shown, and there was input or not.
    pub fn tick(&mut self, now: f64, picture: Option<PictureId>, has_input: bool) {
        self.stopwatch.tick(now, picture, has_input);
    }

    /// Records the time of the shown picture, which has these boxes.
    pub fn record(&mut self, boxes: &[Annotation]) {
        self.stopwatch.record(&mut self.activity, boxes);
    }

    /// Writes the activity if it has changed.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn save(&mut self, session: &mut Session) -> Result<(), StoreError> {
        if self.activity != self.saved {
            session.save_setting(ACTIVITY_SETTING, &self.activity)?;
            self.saved = self.activity;
        }
        Ok(())
    }
}

/// Seconds of work on pictures that were marked as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Activity {
    /// On pictures for which a model proposed boxes.
    pub with_proposals: WorkTime,
    /// On the other pictures.
    #[serde(rename = "without")]
    pub without_proposals: WorkTime,
}

/// Pictures and the time that they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkTime {
    /// The number of pictures.
    pub pictures: u32,
    /// Seconds of work on all of them.
    pub seconds: f64,
}

impl WorkTime {
    /// Seconds per picture; none without pictures.
    pub fn mean(&self) -> Option<f64> {
        (self.pictures > 0).then(|| self.seconds / f64::from(self.pictures))
    }
}

/// Measures the work on the shown picture.
#[derive(Clone, Debug, Default)]
struct Stopwatch {
    picture: Option<PictureId>,
    /// Seconds so far of pictures that are not done.
    seconds: HashMap<PictureId, f64>,
    last_input: Option<f64>,
    now: Option<f64>,
}

impl Stopwatch {
    fn tick(&mut self, now: f64, picture: Option<PictureId>, has_input: bool) {
        if let (Some(before), Some(last)) = (self.now, self.last_input) {
            let worked = (now.min(last + IDLE_AFTER_SECS) - before).max(0.0);
            if let Some(picture) = self.picture {
                *self.seconds.entry(picture).or_default() += worked;
            }
        }
        self.picture = picture;
        self.now = Some(now);
        if has_input {
            self.last_input = Some(now);
        }
    }

    /// Adds the time of the shown picture, which is done, to the activity.
    fn record(&mut self, activity: &mut Activity, boxes: &[Annotation]) {
        let is_by_model = |row: &Annotation| matches!(row.origin, Origin::Model(_));
        let work_time = if boxes.iter().any(is_by_model) {
            &mut activity.with_proposals
        } else {
            &mut activity.without_proposals
        };
        work_time.pictures += 1;
        let spent = self
            .picture
            .and_then(|picture| self.seconds.remove(&picture));
        work_time.seconds += spent.unwrap_or(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{AnnotationId, CategoryId};
    use crate::geometry::BBox;

    #[test]
    fn idle_time_does_not_count_and_pictures_count_separately() {
        let mut watch = Stopwatch::default();
        let mut activity = Activity::default();
        let one = Some(PictureId(1));
        watch.tick(100.0, one, true);
        watch.tick(103.0, one, true);
        watch.tick(300.0, one, false);
        watch.tick(300.5, one, true);
        watch.tick(302.5, one, false);
        watch.record(&mut activity, &[]);
        assert_eq!(
            activity.without_proposals,
            WorkTime {
                pictures: 1,
                seconds: 15.0
            }
        );
        watch.tick(304.0, Some(PictureId(2)), true);
        watch.tick(305.0, Some(PictureId(2)), true);
        let drawn = Annotation::drawn(AnnotationId(1), BBox::default(), CategoryId(1));
        watch.record(&mut activity, &[drawn]);
        assert_eq!(activity.without_proposals.pictures, 2);
        assert_eq!(activity.with_proposals.mean(), None);
    }
}
