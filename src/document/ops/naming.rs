//! What happens when models' classes get other names.

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use super::categories::new_categories;
use crate::document::{
    Annotation, BoxState, Category, CategoryId, Change, Document, Edit, EditError, Origin,
    PictureId, ReviewState,
};
use crate::naming::{ANY_OBJECT, MappedClass, Naming, ONE_OBJECT_IOU};

/// Says what some classes stand for, each by its name, or that it keeps its own name.
///
/// Proposals that nobody has judged, on pictures `by_name`, follow at once where their category
/// tells their class, which is so while the class keeps its own name; of those that come to lie on
/// one another the surest stays. For other pictures the caller proposes anew, which can also bring
/// back what several classes were called together.
///
/// # Errors
/// If a name cannot be that of a category.
pub fn map_classes(
    document: &Document,
    changes: &[(String, Option<MappedClass>)],
    by_name: impl Fn(PictureId) -> bool,
) -> Result<Edit, EditError> {
    let mut naming = document.naming().clone();
    for (class, target) in changes {
        naming.set(class, target.clone());
    }
    if naming == *document.naming() {
        return Ok(Edit::default());
    }
    if let Some(name) = naming.invalid_name() {
        return Err(EditError::BadName(name.into()));
    }
    let renamed = renamed(document, &naming);
    let moves = |picture| {
        let rows = document.annotations(picture).iter();
        rows.filter(|row| row.state == BoxState::Proposed && renamed.contains_key(&row.category))
    };
    let open = document.pictures().filter(|row| {
        row.review != ReviewState::Done && by_name(row.id) && moves(row.id).next().is_some()
    });
    let open: Vec<PictureId> = open.map(|row| row.id).collect();
    let wanted: BTreeSet<&str> = open
        .iter()
        .flat_map(|picture| moves(*picture))
        .map(|row| renamed[&row.category])
        .collect();
    let added = wanted
        .into_iter()
        .filter(|name| document.category_named(name).is_none());
    let added = new_categories(document, added);
    let id_of = |name: &str| {
        let known = document.category_named(name);
        let known = known.or_else(|| added.iter().find(|row| &*row.name == name));
        known.map(|row| row.id)
    };
    let target = |row: &Annotation| renamed.get(&row.category).and_then(|name| id_of(name));

    let mut draft = Draft::new(document);
    let insert = |row: &Category| Edit::Category(Change::Insert(row.clone()));
    draft.edits.extend(added.iter().map(insert));
    draft.edits.push(Edit::Naming(naming.clone()));
    for picture in open {
        let rows = document.annotations(picture).iter();
        let mut rows: Vec<&Annotation> =
            rows.filter(|row| row.state == BoxState::Proposed).collect();
        rows.sort_by(|a, b| b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0)));
        let mut kept: Vec<(&Annotation, CategoryId)> = Vec::new();
        for row in rows {
            let category = target(row).unwrap_or(row.category);
            let is_double = kept.iter().any(|(other, of)| {
                *of == category
                    && other.category != row.category
                    && other.rect.iou(&row.rect) >= ONE_OBJECT_IOU
            });
            if is_double {
                draft.remove(picture, row.id);
            } else {
                draft.update(picture, row, |after| after.category = category);
                kept.push((row, category));
            }
        }
    }
    Ok(draft.finish())
}

/// Calls the boxes that a model proposes by the project's names.
pub struct ClassNamer<'a> {
    document: &'a Document,
    /// The model was trained for other people's classes, as a companion is.
    is_foreign: bool,
    /// Whether there is a class that a person made.
    has_own: bool,
    /// The project's one class, if a person made it.
    only: Option<&'a Category>,
}

impl<'a> ClassNamer<'a> {
    /// For boxes of these classes; `is_foreign` if they are a companion's and not of a head that
    /// was trained for somebody's project. A class with a foreign name is a person's as long as
    /// the model has called no box so.
    pub fn new(document: &'a Document, class_names: &[String], is_foreign: bool) -> Self {
        let classes = document.categories();
        let classes: Vec<&Category> = classes
            .filter(|row| !is_foreign || &*row.name != ANY_OBJECT)
            .collect();
        let is_known =
            |category: &Category| class_names.iter().any(|name| **name == *category.name);
        let mut models: BTreeSet<CategoryId> = BTreeSet::new();
        if is_foreign && classes.iter().any(|category| is_known(category)) {
            let pictures = document.pictures();
            let rows = pictures.flat_map(|picture| document.annotations(picture.id));
            for row in rows.filter(|row| row.origin != Origin::Person) {
                let proposed = row.proposal.as_ref();
                models.insert(proposed.map_or(row.category, |was| was.category));
            }
        }
        let is_own = |category: &&Category| !(models.contains(&category.id) && is_known(category));
        Self {
            document,
            is_foreign,
            has_own: classes.iter().any(is_own),
            only: match classes[..] {
                [only] if is_own(&only) => Some(only),
                _ => None,
            },
        }
    }

    /// Whether a box of a picture may be called by this name of the model's. A foreign one names
    /// what a person gave it a name for, and else only where nobody has said what the project's
    /// classes are, so that it adds none to them.
    pub fn accepts(&self, picture: PictureId, name: &str) -> bool {
        let naming = self.document.naming();
        !self.is_foreign
            || naming.iter().any(|(_, target)| target.name() == name)
            || self.tag(picture).is_none()
                && (!self.has_own || self.document.category_named(name).is_some())
    }

    /// What a box is called that the model has no name for: the picture's one tag, else the
    /// project's one class, else any object.
    pub fn unnamed(&self, picture: PictureId) -> String {
        self.tag(picture).or(self.only).map_or_else(
            || ANY_OBJECT.to_owned(),
            |category| category.name.to_string(),
        )
    }

    fn tag(&self, picture: PictureId) -> Option<&'a Category> {
        match &self.document.picture(picture)?.tags[..] {
            [only] => self.document.category(*only),
            _ => None,
        }
    }
}

/// The categories whose boxes are of one class that gets another name, and that name.
fn renamed<'a>(document: &Document, naming: &'a Naming) -> BTreeMap<CategoryId, &'a str> {
    let changed = naming
        .iter()
        .filter(|(class, target)| document.naming().target(class) != Some(target));
    changed
        .filter(|(class, _)| document.naming().target(class).is_none() && &***class != ANY_OBJECT)
        .filter_map(|(class, target)| Some((document.category_named(class)?.id, target.name())))
        .collect()
}

/// Removes the categories that are there merely because a model named them and of which nothing is
/// left since their class stands for another one: no box, no tag, and no record of what a box was
/// before it was edited.
pub fn remove_unused_model_categories(document: &Document) -> Edit {
    let naming = document.naming();
    let is_renamed = |name: &str| naming.target(name).is_some();
    let mut left: BTreeSet<CategoryId> = document
        .categories()
        .filter(|row| is_renamed(&row.name) && naming.iter().all(|(_, to)| to.name() != &*row.name))
        .map(|row| row.id)
        .collect();
    for picture in document.pictures() {
        for tag in &picture.tags {
            left.remove(tag);
        }
        for row in document.annotations(picture.id) {
            left.remove(&row.category);
            if let Some(former) = &row.proposal {
                left.remove(&former.category);
            }
        }
    }
    let removed = left
        .into_iter()
        .map(|id| Edit::Category(Change::Remove(id)));
    Edit::batch(removed.collect())
}
