//! How long people work on pictures, with proposals and without: what the dashboard compares.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::document::{Annotation, Origin, PictureId};

/// Seconds after the last key or movement for which a person still counts as working.
const PATIENCE: f64 = 10.0;

/// Seconds of work on pictures that were marked as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Activity {
    /// On pictures for which a model had proposed boxes.
    pub with_proposals: WorkTime,
    /// On the others.
    pub without: WorkTime,
}

/// Pictures, and the seconds that they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkTime {
    /// How many pictures.
    pub pictures: u32,
    /// Seconds of work on them, together.
    pub seconds: f64,
}

impl WorkTime {
    /// Seconds a picture; nothing if there is none.
    pub fn mean(&self) -> Option<f64> {
        (self.pictures > 0).then(|| self.seconds / f64::from(self.pictures))
    }
}

/// Measures the work on the picture that is shown.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch {
    picture: Option<PictureId>,
    /// Seconds so far, of pictures that are not done.
    seconds: HashMap<PictureId, f64>,
    last_input: Option<f64>,
    now: Option<f64>,
}

impl Stopwatch {
    /// Time goes on: it is `now` in seconds, `picture` is shown, and a person did something or not.
    pub fn tick(&mut self, now: f64, picture: Option<PictureId>, has_input: bool) {
        if let (Some(before), Some(last)) = (self.now, self.last_input) {
            let worked = (now.min(last + PATIENCE) - before).max(0.0);
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

    /// The picture is done: its time goes into the activity.
    pub fn book(&mut self, activity: &mut Activity, boxes: &[Annotation]) {
        let is_by_model = |row: &Annotation| matches!(row.origin, Origin::Model(_));
        let tally = if boxes.iter().any(is_by_model) {
            &mut activity.with_proposals
        } else {
            &mut activity.without
        };
        tally.pictures += 1;
        let spent = self
            .picture
            .and_then(|picture| self.seconds.remove(&picture));
        tally.seconds += spent.unwrap_or(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{AnnotationId, CategoryId};
    use crate::geometry::BBox;

    #[test]
    fn only_work_counts_and_each_picture_for_itself() {
        let mut watch = Stopwatch::default();
        let mut activity = Activity::default();
        let one = Some(PictureId(1));
        watch.tick(100.0, one, true);
        watch.tick(103.0, one, true);
        watch.tick(300.0, one, false);
        watch.tick(300.5, one, true);
        watch.tick(302.5, one, false);
        watch.book(&mut activity, &[]);
        assert_eq!(
            activity.without,
            WorkTime {
                pictures: 1,
                seconds: 15.0
            }
        );
        watch.tick(304.0, Some(PictureId(2)), true);
        watch.tick(305.0, Some(PictureId(2)), true);
        let drawn = Annotation::drawn(AnnotationId(1), BBox::default(), CategoryId(1));
        watch.book(&mut activity, &[drawn]);
        assert_eq!(activity.without.pictures, 2);
        assert_eq!(activity.with_proposals.mean(), None);
    }
}
