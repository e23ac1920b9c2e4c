//! The pictures that were shown, to go back and forward among them as in a web browser, and the one
//! that a person worked on before this one.

use crate::document::{AffectedRows, PictureId};

/// Pictures to go back to before the oldest is forgotten.
const MAX_VISITED: usize = 1000;

/// The pictures that were shown, in order, and where in this history the session is.
#[derive(Debug, Default)]
pub(super) struct Visited {
    pictures: Vec<PictureId>,
    /// The index of the picture that is shown.
    at: usize,
}

impl Visited {
    /// Records that a picture is shown. What was ahead of the former one is forgotten.
    pub(super) fn visit(&mut self, picture: PictureId) {
        if self.pictures.get(self.at) == Some(&picture) {
            return;
        }
        self.pictures.truncate(self.at + 1);
        self.pictures.push(picture);
        if self.pictures.len() > MAX_VISITED {
            self.pictures.remove(0);
        }
        self.at = self.pictures.len() - 1;
    }

    /// Goes to the next picture for which `is_there` holds, forward or back; none if there is none.
    pub(super) fn step(
        &mut self,
        forward: bool,
        is_there: impl Fn(PictureId) -> bool,
    ) -> Option<PictureId> {
        let mut at = self.at;
        loop {
            at = if forward { at + 1 } else { at.checked_sub(1)? };
            let picture = *self.pictures.get(at)?;
            if is_there(picture) {
                self.at = at;
                return Some(picture);
            }
        }
    }
}

/// The two pictures that a person worked on last.
#[derive(Debug, Default)]
pub(super) struct WorkedOn {
    last: Option<PictureId>,
    before: Option<PictureId>,
}

impl WorkedOn {
    /// Records an edit by a person, if it concerns boxes of exactly this picture.
    pub(super) fn record(&mut self, affected: &AffectedRows, shown: Option<PictureId>) {
        let mut boxes = affected.annotations.iter().map(|(picture, _)| *picture);
        if let Some(picture) = shown
            && !affected.annotations.is_empty()
            && boxes.all(|other| other == picture)
            && self.last != Some(picture)
        {
            self.before = self.last.replace(picture);
        }
    }

    /// The one of them that a person worked on last for which `is_wanted` holds.
    pub(super) fn latest(&self, is_wanted: impl Fn(&PictureId) -> bool) -> Option<PictureId> {
        let [last, before] = [self.last, self.before].map(|id| id.filter(&is_wanted));
        last.or(before)
    }
}
