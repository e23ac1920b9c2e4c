//! Drawing, moving, copying and deleting boxes.

use super::core::Session;
use crate::document::{
    Annotation, AnnotationId, Document, Edit, EditError, Flag, PictureId, ReviewState, ops,
};
use crate::geometry::BBox;
use crate::store::StoreError;

/// Pixels by which duplicates, and boxes pasted on their own picture, are offset.
const COPY_OFFSET_PX: f32 = 12.0;

impl Session {
    /// Draws a box of the chosen class on a picture and selects it. If there is no class yet, one
    /// for any object is made. Returns the box and the gesture: further edits of this gesture become
    /// part of the step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn draw(
        &mut self,
        picture: PictureId,
        rect: BBox,
    ) -> Result<(AnnotationId, u64), StoreError> {
        let category = self.class_for_new_boxes()?;
        let id = self.document().next_ids().annotation;
        let gesture = self.begin_gesture();
        self.commit_in_gesture("draw a box", Some(gesture), |document| {
            ops::draw(document, picture, rect, category)
        })?;
        self.select(vec![id]);
        Ok((id, gesture))
    }

    /// The number of a new gesture: edits of one gesture that follow each other are one step.
    pub fn begin_gesture(&mut self) -> u64 {
        self.gesture += 1;
        self.gesture
    }

    /// Moves a box to where it fits its object.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn fit_box(
        &mut self,
        id: AnnotationId,
        rect: BBox,
        gesture: u64,
    ) -> Result<(), StoreError> {
        self.name_proposals("fit a box", &[id], gesture)?;
        self.commit_in_gesture("fit a box", Some(gesture), |document| {
            ops::reshape(document, &[(id, rect)])
        })?;
        Ok(())
    }

    /// Puts a box back as it was before it was fitted.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn restore_box(&mut self, before: &Annotation, gesture: u64) -> Result<(), StoreError> {
        self.commit_in_gesture("undo the fit of a box", Some(gesture), |document| {
            ops::restore(document, before)
        })?;
        Ok(())
    }

    /// Moves or resizes the boxes that still exist.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn reshape(&mut self, rects: &[(AnnotationId, BBox)]) -> Result<(), StoreError> {
        let label = if rects.len() == 1 {
            "move a box"
        } else {
            "move boxes"
        };
        let gesture = self.begin_gesture();
        self.name_moved(label, rects, gesture)?;
        self.commit_in_gesture(label, Some(gesture), |document| {
            let existing = rects
                .iter()
                .filter(|(id, _)| document.annotation(*id).is_some());
            ops::reshape(document, &existing.copied().collect::<Vec<_>>())
        })?;
        Ok(())
    }

    /// Moves the selected boxes that are not locked by some pixels. While a key is held, this is
    /// part of the previous step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn nudge(&mut self, dx: f32, dy: f32, is_held: bool) -> Result<(), StoreError> {
        self.gesture += u64::from(!is_held);
        let gesture = self.gesture;
        let rects = self.movable().map(|(id, rect, [width, height])| {
            let dx = dx.clamp(-rect.x0, width - rect.x1);
            let dy = dy.clamp(-rect.y0, height - rect.y1);
            let moved = BBox {
                x0: rect.x0 + dx,
                y0: rect.y0 + dy,
                x1: rect.x1 + dx,
                y1: rect.y1 + dy,
            };
            (id, moved)
        });
        let rects: Vec<_> = rects.collect();
        self.name_moved("move boxes", &rects, gesture)?;
        self.commit_in_gesture("move boxes", Some(gesture), |document| {
            ops::reshape(document, &rects)
        })?;
        Ok(())
    }

    /// Moves the right and lower edges of the selected boxes, or the left and upper ones, by some
    /// pixels. While a key is held, this is part of the previous step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn nudge_edges(
        &mut self,
        [dx, dy]: [f32; 2],
        moves_upper_left: bool,
        is_held: bool,
    ) -> Result<(), StoreError> {
        let rects = self.movable().map(|(id, rect, _)| {
            let mut rect = rect;
            if moves_upper_left {
                rect.x0 = (rect.x0 + dx).min(rect.x1 - 1.0);
                rect.y0 = (rect.y0 + dy).min(rect.y1 - 1.0);
            } else {
                rect.x1 = (rect.x1 + dx).max(rect.x0 + 1.0);
                rect.y1 = (rect.y1 + dy).max(rect.y0 + 1.0);
            }
            (id, rect)
        });
        let rects: Vec<_> = rects.collect();
        self.gesture += u64::from(!is_held);
        let gesture = self.gesture;
        self.name_moved("resize boxes", &rects, gesture)?;
        self.commit_in_gesture("resize boxes", Some(gesture), |document| {
            ops::reshape(document, &rects)
        })?;
        Ok(())
    }

    /// Gives proposals that are about to be moved their class.
    pub(super) fn name_moved(
        &mut self,
        label: &str,
        rects: &[(AnnotationId, BBox)],
        gesture: u64,
    ) -> Result<(), StoreError> {
        let ids: Vec<AnnotationId> = rects.iter().map(|(id, _)| *id).collect();
        self.name_proposals(label, &ids, gesture)
    }

    /// The selected boxes that can be moved, with the size of their picture.
    pub(super) fn movable(&self) -> impl Iterator<Item = (AnnotationId, BBox, [f32; 2])> {
        let ids = self.selection.iter().filter(|id| !self.is_locked(**id));
        ids.filter_map(|id| {
            let (picture, row) = self.document().annotation(*id)?;
            Some((*id, row.rect, [picture.width as f32, picture.height as f32]))
        })
    }

    /// Deletes the selected boxes; proposals are rejected. Returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn delete(&mut self) -> Result<usize, StoreError> {
        let ids = std::mem::take(&mut self.selection);
        let label = if ids.len() == 1 {
            "delete a box"
        } else {
            "delete boxes"
        };
        self.commit(label, |document| ops::reject(document, &ids))?;
        Ok(ids.len())
    }

    /// Sets a flag of the selected boxes, or clears it if all have it.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn toggle_flag(&mut self, flag: Flag) -> Result<(), StoreError> {
        let ids = self.selection.clone();
        let has_flag = |id: &AnnotationId| {
            let row = self.document().annotation(*id);
            row.is_some_and(|(_, row)| row.flags.get(flag))
        };
        let value = !ids.iter().all(has_flag);
        let gesture = self.begin_gesture();
        self.name_proposals(flag.name(), &ids, gesture)?;
        self.commit_in_gesture(flag.name(), Some(gesture), |document| {
            ops::set_flags(document, &ids, |flags| flags.set(flag, value))
        })?;
        Ok(())
    }

    /// Locks the selected boxes, or unlocks them if all are locked.
    pub fn toggle_locked(&mut self) {
        let all = self.selection.iter().all(|id| self.is_locked(*id));
        for id in &self.selection {
            if all {
                self.state.locked_boxes.remove(id);
            } else {
                self.state.locked_boxes.insert(*id);
            }
        }
    }

    /// Copies the selected boxes; returns their number.
    pub fn copy(&mut self) -> usize {
        let document = self.project.document();
        let rows = self
            .selection
            .iter()
            .filter_map(|id| document.annotation(*id));
        self.clipboard = rows.map(|(_, row)| row.clone()).collect();
        self.clipboard.len()
    }

    /// Whether boxes were copied.
    pub fn has_clipboard(&self) -> bool {
        !self.clipboard.is_empty()
    }

    /// Pastes the copied boxes on this picture, with an offset if they were copied from it, and
    /// selects them; returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn paste(&mut self) -> Result<usize, StoreError> {
        let Some(picture) = self.current() else {
            return Ok(0);
        };
        let rows = self.clipboard.clone();
        let document = self.document();
        let is_same = rows.iter().any(|row| {
            let original = document.annotation(row.id);
            original.is_some_and(|(other, _)| other.id == picture)
        });
        let offset = if is_same {
            [COPY_OFFSET_PX, COPY_OFFSET_PX]
        } else {
            [0.0, 0.0]
        };
        let known: Vec<Annotation> = rows
            .into_iter()
            .filter(|row| {
                row.category
                    .is_none_or(|id| document.category(id).is_some())
            })
            .map(|row| self.with_class(row))
            .collect();
        self.add_and_select("paste", |document| {
            ops::paste(document, picture, &known, offset)
        })
    }

    /// Duplicates the selected boxes with an offset and selects the new ones; returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn duplicate(&mut self) -> Result<usize, StoreError> {
        let Some(picture) = self.current() else {
            return Ok(0);
        };
        let rows = self.selection.iter();
        let rows = rows.filter_map(|id| Some(self.document().annotation(*id)?.1.clone()));
        let rows: Vec<Annotation> = rows.map(|row| self.with_class(row)).collect();
        self.add_and_select("duplicate", |document| {
            ops::paste(document, picture, &rows, [COPY_OFFSET_PX, COPY_OFFSET_PX])
        })
    }

    /// Copies the boxes of the picture above this one in the list; returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn copy_from_previous(&mut self) -> Result<usize, StoreError> {
        self.copy_from("copy from the previous picture", self.neighbour(-1))
    }

    /// Copies the boxes of the picture that the person worked on before this one; returns their
    /// number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn copy_from_last_worked_on(&mut self) -> Result<usize, StoreError> {
        self.copy_from("copy from the last picture", self.last_worked_on())
    }

    fn copy_from(&mut self, label: &str, from: Option<PictureId>) -> Result<usize, StoreError> {
        match (self.current(), from) {
            (Some(to), Some(from)) if from != to => {
                self.add_and_select(label, |document| ops::copy_from(document, from, to))
            }
            _ => Ok(0),
        }
    }

    /// Draws copies of the selected boxes on the next `number` pictures of the list that are not done,
    /// except where they have such a box. Returns how many pictures have got boxes.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn propagate(&mut self, number: usize) -> Result<usize, StoreError> {
        let targets = self.propagation_targets(number);
        let ids = self.selection.clone();
        let boxes_on = |session: &Self| {
            let document = session.document();
            let numbers = targets.iter().map(|id| document.annotations(*id).len());
            numbers.collect::<Vec<_>>()
        };
        let before = boxes_on(self);
        self.commit("propagate", |document| {
            ops::propagate(document, &ids, &targets)
        })?;
        let after = boxes_on(self);
        let has_more = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| after > before);
        Ok(has_more.count())
    }

    /// The pictures that [`propagate`](Self::propagate) draws boxes on.
    pub fn propagation_targets(&self, number: usize) -> Vec<PictureId> {
        let row = self.current().and_then(|picture| self.row(picture));
        let followers = self.rows().iter().skip(row.map_or(0, |row| row + 1));
        let is_open = |id: &&PictureId| {
            let picture = self.document().picture(**id);
            picture.is_some_and(|picture| picture.review != ReviewState::Done && !picture.missing)
        };
        followers.filter(is_open).take(number).copied().collect()
    }

    /// Adds boxes and selects them; returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    fn add_and_select(
        &mut self,
        label: &str,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<usize, StoreError> {
        let first = self.document().next_ids().annotation;
        if !self.commit(label, make)? {
            return Ok(0);
        }
        let new = self.boxes().iter().map(|row| row.id);
        let new: Vec<_> = new.filter(|id| *id >= first).collect();
        let number = new.len();
        self.select(new);
        Ok(number)
    }
}
