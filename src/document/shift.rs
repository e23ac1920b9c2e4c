//! New ids for rows that were added here while another process added rows with the same ids.

use std::collections::HashMap;

use super::annotation::Annotation;
use super::category::Category;
use super::edit::{Change, Edit};
use super::ids::{AnnotationId, CategoryId, NextIds, PictureId};
use super::picture::Picture;

/// How the ids of the newest rows change: all from the first new one on move up by as many as another
/// process has used. Older ids stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdShift {
    from: NextIds,
    by: [u32; 3],
    /// New categories whose name a category has that another process has added. They become that one.
    merged: HashMap<CategoryId, CategoryId>,
}

impl IdShift {
    /// The shift of rows that were added when the next ids were `from`, now that they are `to`, which
    /// are not lower.
    pub fn between(from: NextIds, to: NextIds) -> Self {
        let by = [
            to.picture.0.saturating_sub(from.picture.0),
            to.category.0.saturating_sub(from.category.0),
            to.annotation.0.saturating_sub(from.annotation.0),
        ];
        Self {
            from,
            by,
            merged: HashMap::new(),
        }
    }

    /// Whether no id changes.
    pub fn is_identity(&self) -> bool {
        self.by == [0; 3] && self.merged.is_empty()
    }

    /// Whether ids of categories change.
    pub fn moves_categories(&self) -> bool {
        self.by[1] > 0 || !self.merged.is_empty()
    }

    /// Makes a new category, by its former id, the same as an existing one.
    pub fn merge(&mut self, new: CategoryId, existing: CategoryId) {
        if new >= self.from.category {
            self.merged.insert(new, existing);
        }
    }

    /// The id of a picture afterwards.
    pub fn picture(&self, id: PictureId) -> PictureId {
        if id < self.from.picture {
            return id;
        }
        PictureId(id.0.saturating_add(self.by[0]))
    }

    /// The id of a category afterwards.
    pub fn category(&self, id: CategoryId) -> CategoryId {
        if let Some(existing) = self.merged.get(&id) {
            return *existing;
        }
        if id < self.from.category {
            return id;
        }
        CategoryId(id.0.saturating_add(self.by[1]))
    }

    /// The id of a box afterwards.
    pub fn annotation(&self, id: AnnotationId) -> AnnotationId {
        if id < self.from.annotation {
            return id;
        }
        AnnotationId(id.0.saturating_add(self.by[2]))
    }

    /// The edit with the ids afterwards.
    pub fn edit(&self, edit: Edit) -> Edit {
        match edit {
            Edit::Picture(change) => Edit::Picture(match change {
                Change::Insert(row) => Change::Insert(self.picture_row(row)),
                Change::Update(row) => Change::Update(self.picture_row(row)),
                Change::Remove(id) => Change::Remove(self.picture(id)),
            }),
            Edit::Annotation { picture, change } => Edit::Annotation {
                picture: self.picture(picture),
                change: match change {
                    Change::Insert(row) => Change::Insert(self.annotation_row(row)),
                    Change::Update(row) => Change::Update(self.annotation_row(row)),
                    Change::Remove(id) => Change::Remove(self.annotation(id)),
                },
            },
            Edit::Category(change) => match change {
                // The existing category stays as it is.
                Change::Insert(row) if self.merged.contains_key(&row.id) => Edit::default(),
                Change::Insert(row) => Edit::Category(Change::Insert(self.category_row(row))),
                Change::Update(row) => Edit::Category(Change::Update(self.category_row(row))),
                Change::Remove(id) => Edit::Category(Change::Remove(self.category(id))),
            },
            Edit::CategoryOrder(order) => {
                let order = order.into_iter().map(|id| self.category(id));
                Edit::CategoryOrder(order.collect())
            }
            Edit::Batch(edits) => {
                Edit::Batch(edits.into_iter().map(|edit| self.edit(edit)).collect())
            }
            edit @ (Edit::Extra(_) | Edit::Naming(_) | Edit::Labels(_)) => edit,
        }
    }

    /// A picture with the ids afterwards.
    fn picture_row(&self, mut row: Picture) -> Picture {
        row.id = self.picture(row.id);
        for tag in &mut row.tags {
            *tag = self.category(*tag);
        }
        row.tags.sort_unstable();
        row.tags.dedup();
        row
    }

    /// A box with the ids afterwards.
    pub fn annotation_row(&self, mut row: Annotation) -> Annotation {
        row.id = self.annotation(row.id);
        row.category = row.category.map(|id| self.category(id));
        if let Some(former) = &mut row.former {
            former.category = former.category.map(|id| self.category(id));
        }
        row
    }

    fn category_row(&self, mut row: Category) -> Category {
        row.id = self.category(row.id);
        row
    }
}
