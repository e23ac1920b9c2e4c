//! An open project as the window sees it: the picture that is shown, what is selected, the list,
//! and what a person does to boxes. It knows no widgets, so it is tested without a window.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::listing::{self, PictureQuery};
use super::picks::{SelectionChange, ListSelection};
use crate::document::ops::{self, Candidate, NamedCandidate};
use crate::document::{
    Annotation, AnnotationId, BoxState, CategoryId, Document, Edit, EditError, Flags, Provenance,
    PictureId, ReviewState, Step, Summary, Affected,
};
use crate::geometry::BBox;
use crate::localize::{Method, Quality};
use crate::naming::{ANY_OBJECT, MappedClass};
use crate::store::{Access, Project, StoreError};

/// The setting that remembers where the work was left.
const PLACE: &str = "window";
/// What the model does beside a person's steps. Where it concerns the same pictures the store makes
/// it a step, which is crossed together with the person's own.
const BESIDE: &str = "update proposals";
/// Pixels by which duplicates and pasted boxes on the same picture are set aside.
const ASIDE: f32 = 12.0;

/// From this many pictures on, counting them takes a part of a frame,
const LARGE: usize = 5000;
/// and is done no more often than this.
const COUNT_TIME: Duration = Duration::from_millis(500);

/// Where the work was left, kept with the project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionState {
    /// The picture that was shown.
    pub picture: Option<PictureId>,
    /// What the list was asked for.
    pub query: PictureQuery,
    /// The class of new boxes.
    pub class: Option<CategoryId>,
    /// Classes whose boxes are not shown.
    pub hidden: HashSet<CategoryId>,
    /// Boxes that cannot be moved.
    pub locked: HashSet<AnnotationId>,
    /// How proposals are made.
    pub proposing: ProposalSettings,
}

/// How a person wants proposals to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProposalSettings {
    /// The name of the method.
    pub method: String,
    /// Where maps are cut, in 0..1; the method's own if none.
    pub threshold: Option<f32>,
    /// The smallest region as a share of the picture; four patches if none.
    pub min_area: Option<f32>,
    /// The lowest score.
    pub min_score: f32,
    /// Another model than the embedded one.
    pub model: Option<PathBuf>,
    /// The name of the quality level.
    pub quality: String,
}

impl Default for ProposalSettings {
    fn default() -> Self {
        Self {
            method: Method::default().name().to_owned(),
            threshold: None,
            min_area: None,
            min_score: crate::localize::BoxOptions::default().min_score,
            model: None,
            quality: Quality::default().name().to_owned(),
        }
    }
}

impl ProposalSettings {
    /// How much is done for a picture, the default if the name is of another version.
    pub fn quality(&self) -> Quality {
        self.quality.parse().unwrap_or_default()
    }

    /// The method, the default one if the name is of another version.
    pub fn method(&self) -> Method {
        self.method.parse().unwrap_or_default()
    }

    /// Where maps are cut.
    pub fn effective_threshold(&self) -> f32 {
        self.threshold.unwrap_or(self.method().default_threshold())
    }
}

/// Boxes of a class, by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// Boxes that are ground truth.
    pub ground_truth: usize,
    /// Proposals that nobody has judged.
    pub proposed: usize,
}

/// An open project.
pub struct Session {
    project: Project,
    place: SessionState,
    /// What the project file says the place is.
    saved_state: SessionState,
    selection: Vec<AnnotationId>,
    clipboard: Vec<Annotation>,
    /// All pictures in the order of their names.
    by_name: Vec<PictureId>,
    rows: Vec<PictureId>,
    /// Where each picture is in `rows`.
    row_of: HashMap<PictureId, usize>,
    picks: ListSelection,
    unreadable: HashMap<PictureId, String>,
    /// Rises whenever the document changes.
    revision: u64,
    counts: Counts,
    gesture: u64,
    shown_before: Option<PictureId>,
    /// Pictures that were changed since somebody last asked; all of them if none.
    affected: Option<HashSet<PictureId>>,
}

/// What was counted over the document, and when.
#[derive(Default)]
struct Counts {
    /// The revision that was counted; none before the first time.
    of: Option<u64>,
    at: Option<Instant>,
    classes: BTreeMap<CategoryId, ClassCount>,
    summary: Summary,
    tagged: usize,
}

impl Session {
    /// Takes a project where it was left.
    pub fn new(project: Project) -> Self {
        // A place that another version wrote is no reason not to open the project.
        let place: SessionState = project.setting(PLACE).ok().flatten().unwrap_or_default();
        let mut session = Self {
            project,
            saved_state: place.clone(),
            place,
            selection: Vec::new(),
            clipboard: Vec::new(),
            by_name: Vec::new(),
            rows: Vec::new(),
            row_of: HashMap::new(),
            picks: ListSelection::default(),
            unreadable: HashMap::new(),
            revision: 0,
            counts: Counts::default(),
            gesture: 0,
            shown_before: None,
            affected: None,
        };
        session.rebuild_list();
        session.count();
        session.ensure_current_exists();
        session
    }

    /// The document.
    pub fn document(&self) -> &Document {
        self.project.document()
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Whether boxes can be changed.
    pub fn is_editable(&self) -> bool {
        self.project.access() == Access::Edit
    }

    /// A number that rises whenever the document changes.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The picture that was shown before this one, else the one above it in the list.
    fn previous(&self) -> Option<PictureId> {
        let is_there = |id: &PictureId| self.document().picture(*id).is_some();
        let above = || {
            self.neighbour(-1)
                .filter(|above| Some(*above) != self.current())
        };
        self.shown_before.filter(is_there).or_else(above)
    }

    /// The picture that is shown.
    pub fn current(&self) -> Option<PictureId> {
        self.place.picture
    }

    /// Whether neither a model nor a person has worked on the picture that is shown.
    pub fn is_current_new(&self) -> bool {
        let picture = self.current().and_then(|id| self.document().picture(id));
        picture.is_some_and(|picture| picture.review == ReviewState::New)
    }

    /// Whether the picture that is shown is done.
    pub fn is_current_done(&self) -> bool {
        let picture = self.current().and_then(|id| self.document().picture(id));
        picture.is_some_and(|picture| picture.review == ReviewState::Done)
    }

    /// Where the file of a picture is.
    pub fn path(&self, picture: PictureId) -> Option<PathBuf> {
        let picture = self.document().picture(picture)?;
        Some(self.project.root().join(&*picture.path))
    }

    /// The boxes of the picture that is shown, in any state.
    pub fn boxes(&self) -> &[Annotation] {
        self.current()
            .map_or(&[], |picture| self.document().annotations(picture))
    }

    /// Whether the boxes of a class are shown.
    pub fn is_hidden(&self, category: CategoryId) -> bool {
        self.place.hidden.contains(&category)
    }

    /// Shows or hides the boxes of a class.
    pub fn toggle_hidden(&mut self, category: CategoryId) {
        if !self.place.hidden.remove(&category) {
            self.place.hidden.insert(category);
        }
        self.drop_hidden_from_selection();
    }

    /// Shows the boxes of one class alone, or of all.
    pub fn solo(&mut self, category: Option<CategoryId>) {
        let others = self.project.document().categories().map(|other| other.id);
        self.place.hidden = others
            .filter(|other| category.is_some_and(|category| category != *other))
            .collect();
        self.drop_hidden_from_selection();
    }

    /// The class whose boxes alone are shown, if it is so.
    pub fn soloed(&self) -> Option<CategoryId> {
        let mut shown = self
            .document()
            .categories()
            .map(|row| row.id)
            .filter(|id| !self.is_hidden(*id));
        match (shown.next(), shown.next(), self.place.hidden.is_empty()) {
            (Some(only), None, false) => Some(only),
            _ => None,
        }
    }

    fn drop_hidden_from_selection(&mut self) {
        let (document, hidden) = (self.project.document(), &self.place.hidden);
        self.selection.retain(|id| {
            let row = document.annotation(*id);
            row.is_some_and(|(_, row)| !hidden.contains(&row.category))
        });
    }

    /// The boxes that a person can see: neither rejected nor of a hidden class.
    pub fn visible(&self) -> impl Iterator<Item = &Annotation> {
        let rows = self.boxes().iter();
        rows.filter(|row| row.state != BoxState::Rejected && !self.is_hidden(row.category))
    }

    /// Whether a box cannot be moved.
    pub fn is_locked(&self, id: AnnotationId) -> bool {
        self.place.locked.contains(&id)
    }

    /// How proposals are made.
    pub fn proposing(&self) -> &ProposalSettings {
        &self.place.proposing
    }

    /// Changes how proposals are made.
    pub fn proposing_mut(&mut self) -> &mut ProposalSettings {
        &mut self.place.proposing
    }

    // The list.

    /// What the list is asked for.
    pub fn query(&self) -> &PictureQuery {
        &self.place.query
    }

    /// Asks the list for something else.
    pub fn set_query(&mut self, query: PictureQuery) {
        if query != self.place.query {
            self.place.query = query;
            self.list();
        }
    }

    /// The pictures of the list, in order.
    pub fn rows(&self) -> &[PictureId] {
        &self.rows
    }

    /// Where a picture is in the list.
    pub fn row(&self, picture: PictureId) -> Option<usize> {
        self.row_of.get(&picture).copied()
    }

    /// Makes the list after pictures came, went or were renamed.
    fn rebuild_list(&mut self) {
        self.by_name = listing::by_name(self.project.document());
        self.list();
    }

    fn list(&mut self) {
        let unreadable = &self.unreadable;
        let is_unreadable = |picture| unreadable.contains_key(&picture);
        let document = self.project.document();
        self.rows = self.place.query.run(document, &self.by_name, is_unreadable);
        self.row_of = self
            .rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        self.picks.keep(&self.row_of);
    }

    /// The pictures of the list that are selected together, if there are several.
    pub fn picks(&self) -> &ListSelection {
        &self.picks
    }

    /// Changes which pictures are selected together.
    pub fn pick(&mut self, pick: SelectionChange) {
        let shown = self.place.picture;
        let left = self.picks.pick(pick, &self.rows, &self.row_of, shown);
        if let Some(picture) = left {
            self.show(picture);
        }
    }

    /// The pictures that a change of several is about: those selected together in the order of the
    /// list, or the one that is shown.
    pub fn picked(&self) -> Vec<PictureId> {
        if self.picks.is_empty() {
            return self.current().into_iter().collect();
        }
        let rows = self.rows.iter().copied();
        rows.filter(|id| self.picks.has(*id)).collect()
    }

    /// Why the file of a picture cannot be read.
    pub fn unreadable(&self, picture: PictureId) -> Option<&str> {
        self.unreadable.get(&picture).map(String::as_str)
    }

    /// Forgets which files could not be read: they are about to be tried again.
    pub fn forget_unreadable(&mut self) {
        self.unreadable.clear();
    }

    /// Takes note that the file of a picture cannot be read, or can be again.
    pub fn set_unreadable(&mut self, picture: PictureId, reason: Option<String>) {
        match reason {
            Some(reason) => drop(self.unreadable.insert(picture, reason)),
            None => drop(self.unreadable.remove(&picture)),
        }
    }

    /// Boxes by class, as they were [counted](Self::count) last.
    pub fn counts(&self) -> &BTreeMap<CategoryId, ClassCount> {
        &self.counts.classes
    }

    /// Pictures and boxes by state, as they were [counted](Self::count) last.
    pub fn summary(&self) -> &Summary {
        &self.counts.summary
    }

    /// Pictures with a tag, as they were [counted](Self::count) last.
    pub fn tagged(&self) -> usize {
        self.counts.tagged
    }

    /// Counts again if anything has changed: a large document no more often than is worth it.
    pub fn count(&mut self) {
        let document = self.project.document();
        let is_large = document.pictures().len() > LARGE;
        let was_just_done = self.counts.at.is_some_and(|at| at.elapsed() < COUNT_TIME);
        if self.counts.of == Some(self.revision) || is_large && was_just_done {
            return;
        }
        let mut classes: BTreeMap<CategoryId, ClassCount> = BTreeMap::new();
        for row in document
            .pictures()
            .flat_map(|picture| document.annotations(picture.id))
        {
            let count = classes.entry(row.category).or_default();
            count.ground_truth += usize::from(row.is_ground_truth());
            count.proposed += usize::from(row.state == BoxState::Proposed);
        }
        self.counts = Counts {
            of: Some(self.revision),
            at: Some(Instant::now()),
            classes,
            summary: document.summary(),
            tagged: document
                .pictures()
                .filter(|row| !row.tags.is_empty())
                .count(),
        };
    }

    // From picture to picture.

    /// Shows a picture, with nothing selected.
    pub fn show(&mut self, picture: PictureId) {
        if self.place.picture != Some(picture) && self.document().picture(picture).is_some() {
            self.shown_before = self.place.picture.replace(picture);
            self.selection.clear();
            self.picks.clear();
            if self.place.query.depends_on_boxes() {
                self.list();
            }
        }
    }

    /// The picture `step` rows further on in the list, as far as it goes. From a picture that is
    /// not in the list, that is its first.
    pub fn neighbour(&self, step: isize) -> Option<PictureId> {
        let row = self.current().and_then(|picture| self.row(picture));
        let last = self.rows.len().checked_sub(1)?;
        let row = row.map_or(0, |row| row.saturating_add_signed(step).min(last));
        self.rows.get(row).copied()
    }

    /// The next picture of the list that is not done and can be seen, from the top again at the end.
    pub fn next_to_review(&self) -> Option<PictureId> {
        let here = self.current().and_then(|picture| self.row(picture));
        let start = here.map_or(0, |row| row + 1);
        let (before, after) = self.rows.split_at(start.min(self.rows.len()));
        let mut onwards = after.iter().chain(before);
        let is_open = |id: &&PictureId| {
            let picture = self.document().picture(**id);
            picture.is_some_and(|picture| picture.review != ReviewState::Done && !picture.missing)
                && self.unreadable(**id).is_none()
                && Some(**id) != self.current()
        };
        onwards.find(is_open).copied()
    }

    /// The pictures that are likely to be looked at next, the current one first.
    pub fn likely(&self) -> Vec<PictureId> {
        let near = [1, 2, -1].map(|step| self.neighbour(step));
        let mut likely: Vec<PictureId> = Vec::new();
        for picture in [self.current(), self.next_to_review()]
            .into_iter()
            .chain(near)
            .flatten()
        {
            if !likely.contains(&picture) {
                likely.push(picture);
            }
        }
        likely
    }

    fn ensure_current_exists(&mut self) {
        let is_there = |picture: PictureId| self.document().picture(picture).is_some();
        if !self.place.picture.is_some_and(is_there) {
            self.place.picture = self.rows.first().copied();
        }
    }

    // The selection.

    /// The boxes that are selected.
    pub fn selection(&self) -> &[AnnotationId] {
        &self.selection
    }

    /// Selects these boxes of the picture that is shown.
    pub fn select(&mut self, ids: Vec<AnnotationId>) {
        self.selection = ids;
        self.normalize_selection();
    }

    /// Adds boxes to the selection.
    pub fn extend_selection(&mut self, ids: &[AnnotationId]) {
        self.selection.extend(ids);
        self.normalize_selection();
    }

    /// Takes boxes out of the selection that are in it, and adds the others.
    pub fn toggle_selected(&mut self, ids: &[AnnotationId]) {
        for id in ids {
            match self.selection.iter().position(|other| other == id) {
                Some(at) => drop(self.selection.remove(at)),
                None => self.selection.push(*id),
            }
        }
        self.normalize_selection();
    }

    /// Keeps only what is there and can be seen, each box once.
    fn normalize_selection(&mut self) {
        let visible: HashSet<_> = self.visible().map(|row| row.id).collect();
        let mut seen = HashSet::new();
        self.selection
            .retain(|id| visible.contains(id) && seen.insert(*id));
    }

    /// Selects the box `step` further on, from the beginning again at the end: proposals first,
    /// the surest in front, then the others from top to bottom.
    pub fn select_next(&mut self, step: isize) {
        let order = self.review_order();
        let Some(last) = order.len().checked_sub(1) else {
            return;
        };
        let at = self
            .selection
            .last()
            .and_then(|id| order.iter().position(|other| other == id));
        let next = match (at, step > 0) {
            (Some(at), true) if at == last => 0,
            (Some(0), false) => last,
            (Some(at), _) => at.saturating_add_signed(step),
            (None, true) => 0,
            (None, false) => last,
        };
        self.selection = vec![order[next.min(last)]];
    }

    /// The boxes that can be seen, proposals first, the surest in front, then the others from top
    /// to bottom.
    pub fn review_order(&self) -> Vec<AnnotationId> {
        let mut rows: Vec<&Annotation> = self.visible().collect();
        rows.sort_by(|a, b| {
            let is_judged = |row: &Annotation| row.state != BoxState::Proposed;
            let by_state = is_judged(a).cmp(&is_judged(b));
            let by_score = || b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0));
            let by_place = || {
                a.rect
                    .y0
                    .total_cmp(&b.rect.y0)
                    .then(a.rect.x0.total_cmp(&b.rect.x0))
            };
            by_state
                .then_with(|| if is_judged(a) { by_place() } else { by_score() })
                .then(a.id.cmp(&b.id))
        });
        rows.into_iter().map(|row| row.id).collect()
    }

    /// The proposals that accepting and rejecting are about: the selected ones, or the surest.
    fn proposals_to_review(&self) -> Vec<AnnotationId> {
        if !self.selection.is_empty() {
            let selected = self.selection.iter().copied();
            return selected.filter(|id| self.is_proposal(*id)).collect();
        }
        let mut order = self.review_order().into_iter();
        order.find(|id| self.is_proposal(*id)).into_iter().collect()
    }

    fn is_proposal(&self, id: AnnotationId) -> bool {
        let row = self.document().annotation(id);
        row.is_some_and(|(_, row)| row.state == BoxState::Proposed)
    }

    fn select_next_proposal(&mut self) {
        let mut order = self.review_order().into_iter();
        let next = order.find(|id| self.is_proposal(*id));
        self.selection = next.into_iter().collect();
    }

    // Changes.

    /// Makes a change as a step that can be undone; whether anything changed.
    ///
    /// # Errors
    /// If the document refuses it or the file cannot be written; nothing has then changed.
    pub fn commit(
        &mut self,
        label: &str,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<bool, StoreError> {
        self.commit_in_gesture(label, None, make)
    }

    /// As [`commit`](Self::commit); changes of the same gesture in a row are one step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn commit_in_gesture(
        &mut self,
        label: &str,
        gesture: Option<u64>,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<bool, StoreError> {
        let affected = self.project.commit_with(label, gesture, make)?;
        let changed = affected != Affected::default();
        if changed {
            self.touch(&affected);
            self.changed(!affected.pictures.is_empty() && self.place.query.is_filtered());
        }
        Ok(changed)
    }

    /// Makes an edit that was prepared elsewhere as a step that can be undone.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit), and if the document has changed so that it does not fit.
    pub fn commit_edit(&mut self, label: &str, edit: &Edit) -> Result<(), StoreError> {
        self.project.commit(label, edit, None)?;
        self.affected = None;
        self.revision += 1;
        self.rebuild_list();
        self.ensure_current_exists();
        self.normalize_selection();
        Ok(())
    }

    /// The document has changed; the list may be another one. A picture that the filters no
    /// longer want stays in the list until another one is shown, so that the hand does not slip.
    fn changed(&mut self, list: bool) {
        self.revision += 1;
        if self.document().pictures().len() != self.by_name.len() {
            self.rebuild_list();
        } else if list && self.rows.is_empty() {
            self.list();
        }
        self.ensure_current_exists();
        self.normalize_selection();
    }

    /// Takes in what other processes or the window's own workers have written; whether anything
    /// was.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn poll(&mut self) -> Result<bool, StoreError> {
        let news = self.project.poll()?;
        if !news.is_empty() {
            self.affected = None;
            self.revision += 1;
            self.rebuild_list();
            self.ensure_current_exists();
            self.normalize_selection();
        }
        Ok(!news.is_empty())
    }

    /// Takes back a person's last step and shows the picture it was on; what it was. What the model
    /// has done on the same pictures since is taken back with it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn undo(&mut self) -> Result<Option<String>, StoreError> {
        let mut crossed = self.project.undo()?;
        while crossed.as_ref().is_some_and(|step| step.label == BESIDE) {
            let Some(before) = self.project.undo()? else {
                break;
            };
            crossed = Some(before);
        }
        Ok(crossed.map(|crossed| self.crossed(crossed)))
    }

    /// Makes the step again that was taken back last, with what the model did after it, and shows
    /// the picture it is on.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn redo(&mut self) -> Result<Option<String>, StoreError> {
        let mut crossed = self.project.redo()?;
        while crossed.as_ref().is_some_and(|step| step.label == BESIDE) {
            let Some(after) = self.project.redo()? else {
                break;
            };
            crossed = Some(after);
        }
        let is_beside = |step: &Step| step.label == BESIDE;
        while crossed.is_some() && self.project.history().next_redo().is_some_and(is_beside) {
            self.project.redo()?;
        }
        Ok(crossed.map(|crossed| self.crossed(crossed)))
    }

    /// What undo and redo would do, in words.
    pub fn undo_redo_labels(&self) -> [Option<&str>; 2] {
        let history = self.project.history();
        let (done, undone) = history.steps().split_at(history.position());
        let is_own = |step: &&Step| step.label != BESIDE;
        let last = done.iter().rev().find(is_own);
        [last, undone.iter().find(is_own)].map(|step| step.map(|step| step.label.as_str()))
    }

    fn crossed(&mut self, crossed: crate::store::UndoneStep) -> String {
        // Steps beside it may have been crossed with it.
        self.affected = None;
        self.changed(false);
        if let Some(picture) = crossed.picture {
            self.show(picture);
            let boxes = crossed.affected.annotations.iter();
            self.select(boxes.map(|(_, id)| *id).collect());
        }
        crossed.label
    }

    /// Draws a box of the chosen class on a picture and selects it. Where there is no class yet, one
    /// for any object is made.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn draw(&mut self, picture: PictureId, rect: BBox) -> Result<(), StoreError> {
        let category = self.class_for_new_boxes()?;
        let id = self.document().next_ids().annotation;
        self.commit("draw a box", |document| {
            ops::draw(document, picture, rect, category)
        })?;
        self.select(vec![id]);
        Ok(())
    }

    /// The class that a new box gets.
    pub fn chosen_class(&self) -> Option<CategoryId> {
        let is_there = |id: &CategoryId| self.document().category(*id).is_some();
        let first = || self.document().categories().next().map(|row| row.id);
        self.place.class.filter(is_there).or_else(first)
    }

    fn class_for_new_boxes(&mut self) -> Result<CategoryId, StoreError> {
        match self.chosen_class() {
            Some(category) => Ok(category),
            None => self.ensure_class(ANY_OBJECT),
        }
    }

    /// The class with this name, which is made if it is not there.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn ensure_class(&mut self, name: &str) -> Result<CategoryId, StoreError> {
        let name = name.trim();
        self.commit("add a class", |document| {
            Ok(ops::ensure_category(document, name))
        })?;
        let found = self.document().category_named(name).map(|row| row.id);
        found.ok_or_else(|| EditError::BadName(name.into()).into())
    }

    /// As [`assign_class`](Self::assign_class), by a name; a class that is not there is added in the
    /// same step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn assign_class_named(&mut self, name: &str) -> Result<(), StoreError> {
        let (name, ids) = (name.trim(), self.selection.clone());
        self.commit("change the class", |document| {
            let known = document.category_named(name).map(|row| row.id);
            let add = ops::ensure_category(document, name);
            let category = known.unwrap_or(document.next_ids().category);
            Ok(Edit::batch(vec![
                add,
                ops::set_category(document, &ids, category)?,
            ]))
        })?;
        let added = self.document().category_named(name).map(|row| row.id);
        self.place.class = added.or(self.place.class);
        Ok(())
    }

    /// Chooses the class of the selected boxes and of those drawn next. Selected proposals are
    /// taken as boxes of it, and the next proposal is selected, as [`accept`](Self::accept) does.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn assign_class(&mut self, category: CategoryId) -> Result<(), StoreError> {
        self.place.class = Some(category);
        let ids = self.selection.clone();
        if ids.is_empty() {
            return Ok(());
        }
        let were_proposals = ids.iter().all(|id| self.is_proposal(*id));
        self.commit("change the class", |document| {
            // A proposal of this class already is accepted as it is.
            let accept = ops::accept(document, &ids)?;
            let change = ops::set_category(document, &ids, category)?;
            Ok(if change.is_empty() { accept } else { change })
        })?;
        if were_proposals {
            self.select_next_proposal();
        }
        Ok(())
    }

    /// Moves or resizes boxes, those of them that are still there.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn reshape(&mut self, rects: &[(AnnotationId, BBox)]) -> Result<(), StoreError> {
        let label = if rects.len() == 1 {
            "move a box"
        } else {
            "move boxes"
        };
        self.commit(label, |document| {
            let there = rects
                .iter()
                .filter(|(id, _)| document.annotation(*id).is_some());
            ops::reshape(document, &there.copied().collect::<Vec<_>>())
        })?;
        Ok(())
    }

    /// Moves the right and lower edges of the selected boxes, or else the left and upper ones, by
    /// some pixels; while a key is held, that is part of the step before.
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
        let gesture = Some(self.gesture);
        self.commit_in_gesture("resize boxes", gesture, |document| {
            ops::reshape(document, &rects)
        })?;
        Ok(())
    }

    /// The selected boxes that can be moved, with the size of their picture.
    fn movable(&self) -> impl Iterator<Item = (AnnotationId, BBox, [f32; 2])> {
        let ids = self.selection.iter().filter(|id| !self.is_locked(**id));
        ids.filter_map(|id| {
            let (picture, row) = self.document().annotation(*id)?;
            Some((*id, row.rect, [picture.width as f32, picture.height as f32]))
        })
    }

    /// Moves the selected boxes that are not locked by some pixels; while a key is held, that is
    /// part of the step before.
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
        self.commit_in_gesture("move boxes", Some(gesture), |document| {
            ops::reshape(document, &rects)
        })?;
        Ok(())
    }

    /// Accepts the selected proposals, or the surest one if nothing is selected, and selects the
    /// next; from a box that is judged already it only goes on to the next. Whether there was
    /// anything to do.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn accept(&mut self) -> Result<bool, StoreError> {
        let ids = self.proposals_to_review();
        if !ids.is_empty() {
            self.commit("accept", |document| ops::accept(document, &ids))?;
        }
        let was_on_judged = ids.is_empty() && !self.selection.is_empty();
        self.select_next_proposal();
        Ok(!ids.is_empty() || was_on_judged && !self.selection.is_empty())
    }

    /// Rejects the selected boxes, or the surest proposal, and selects the next; how many.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn reject(&mut self) -> Result<usize, StoreError> {
        let ids = if self.selection.is_empty() {
            self.proposals_to_review()
        } else {
            self.selection.clone()
        };
        if !ids.is_empty() {
            self.commit("reject", |document| ops::reject(document, &ids))?;
            self.select_next_proposal();
        }
        Ok(ids.len())
    }

    /// Proposals of the picture that cannot be seen because their class is hidden.
    pub fn hidden_proposals(&self) -> usize {
        let rows = self.boxes().iter();
        rows.filter(|row| row.state == BoxState::Proposed && self.is_hidden(row.category))
            .count()
    }

    /// Accepts every proposal of the picture that can be seen and marks it as done, unless
    /// proposals of hidden classes wait: nobody has judged those.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn accept_all_and_finish(&mut self) -> Result<(), StoreError> {
        let Some(picture) = self.current() else {
            return Ok(());
        };
        let proposals = self.visible().filter(|row| row.state == BoxState::Proposed);
        let ids: Vec<_> = proposals.map(|row| row.id).collect();
        let can_finish = self.hidden_proposals() == 0;
        self.commit("accept all", |document| {
            if can_finish {
                ops::accept_and_finish(document, picture, &ids)
            } else {
                ops::accept(document, &ids)
            }
        })?;
        Ok(())
    }

    /// Marks the picture as done, or takes that back.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn set_done(&mut self, is_done: bool) -> Result<(), StoreError> {
        if let Some(picture) = self.current() {
            let label = if is_done { "done" } else { "not done" };
            self.commit(label, |document| {
                ops::set_done(document, &[picture], is_done)
            })?;
        }
        Ok(())
    }

    /// Says that the [picked](Self::picked) pictures show a class, or takes that back; how many
    /// they are.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn tag(&mut self, category: CategoryId, is_present: bool) -> Result<usize, StoreError> {
        let pictures = self.picked();
        let label = if is_present { "tag" } else { "remove a tag" };
        self.commit(label, |document| {
            ops::set_tag(document, &pictures, category, is_present)
        })?;
        Ok(pictures.len())
    }

    /// As [`tag`](Self::tag), by a name; a class that is not there is added in the same step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn tag_named(&mut self, name: &str) -> Result<usize, StoreError> {
        let (name, pictures) = (name.trim(), self.picked());
        self.commit("tag", |document| {
            let known = document.category_named(name).map(|row| row.id);
            let add = ops::ensure_category(document, name);
            let category = known.unwrap_or(document.next_ids().category);
            let tag = ops::set_tag(document, &pictures, category, true)?;
            Ok(Edit::batch(vec![add, tag]))
        })?;
        Ok(pictures.len())
    }

    /// Deletes the selected boxes; proposals are rejected.
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

    /// Sets a flag on the selected boxes, or clears it where all have it.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn toggle_flag(
        &mut self,
        label: &str,
        flag: impl Fn(&mut Flags) -> &mut bool,
    ) -> Result<(), StoreError> {
        let ids = self.selection.clone();
        let has_flag = |id: &AnnotationId| {
            let row = self.document().annotation(*id);
            row.is_some_and(|(_, row)| *flag(&mut row.flags.clone()))
        };
        let value = !ids.iter().all(has_flag);
        self.commit(label, |document| {
            ops::set_flags(document, &ids, |flags| *flag(flags) = value)
        })?;
        Ok(())
    }

    /// Locks the selected boxes, or unlocks them where all are locked.
    pub fn toggle_locked(&mut self) {
        let all = self.selection.iter().all(|id| self.is_locked(*id));
        for id in &self.selection {
            if all {
                self.place.locked.remove(id);
            } else {
                self.place.locked.insert(*id);
            }
        }
    }

    /// Copies the selected boxes; how many.
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

    /// Draws the copied boxes on this picture, aside if they were copied from it, and selects
    /// them; how many.
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
            let there = document.annotation(row.id);
            there.is_some_and(|(other, _)| other.id == picture)
        });
        let offset = if is_same { [ASIDE, ASIDE] } else { [0.0, 0.0] };
        let known: Vec<Annotation> = rows
            .into_iter()
            .filter(|row| document.category(row.category).is_some())
            .collect();
        self.add_and_select("paste", |document| {
            ops::paste(document, picture, &known, offset)
        })
    }

    /// Draws the selected boxes again, aside, and selects the new ones; how many.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn duplicate(&mut self) -> Result<usize, StoreError> {
        let ids = self.selection.clone();
        self.add_and_select("duplicate", |document| {
            ops::duplicate(document, &ids, [ASIDE, ASIDE])
        })
    }

    /// Draws the boxes of the picture that was shown before this one here too; how many.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn copy_from_previous(&mut self) -> Result<usize, StoreError> {
        let (Some(to), Some(from)) = (self.current(), self.previous()) else {
            return Ok(0);
        };
        self.add_and_select("copy from the previous picture", |document| {
            ops::copy_from(document, from, to)
        })
    }

    /// Makes boxes and selects them; how many.
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

    /// Puts what the model found in the place of untouched proposals, beside the history unless
    /// the person asked for it on this very picture.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn replace_proposals(
        &mut self,
        model: &Arc<Provenance>,
        found: &[(PictureId, Vec<NamedCandidate>)],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let make = |document: &Document| ops::replace_proposals_named(document, model, found);
        let affected = if is_step {
            self.project.commit_with("propose", None, make)?
        } else {
            self.project.commit_untracked_with(BESIDE, make)?
        };
        if affected != Affected::default() {
            self.touch(&affected);
            self.changed(false);
        }
        Ok(())
    }

    /// Adds proposals of one class beside those that are there, as a step of the person's, which is
    /// one with those before it of the same gesture; how many there are now more.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn add_proposals(
        &mut self,
        model: &Arc<Provenance>,
        found: &[(PictureId, Vec<Candidate>)],
        gesture: u64,
    ) -> Result<usize, StoreError> {
        let before = self.document().annotation_count();
        self.commit_in_gesture("more like this", Some(gesture), |document| {
            let there = found
                .iter()
                .filter(|(picture, _)| document.picture(*picture).is_some());
            let there: Vec<_> = there.cloned().collect();
            ops::add_proposals(document, model, &there)
        })?;
        Ok(self.document().annotation_count().saturating_sub(before))
    }

    fn touch(&mut self, affected: &Affected) {
        if let Some(pictures) = &mut self.affected {
            pictures.extend(&affected.pictures);
            pictures.extend(affected.annotations.iter().map(|(picture, _)| *picture));
        }
    }

    /// The pictures that were changed since this was asked for last; nothing where it may be any.
    pub fn take_changed_pictures(&mut self) -> Option<HashSet<PictureId>> {
        self.affected.replace(HashSet::new())
    }

    /// Adds the classes that the model's are to stand for. It is done beside the history: by the
    /// time the naming is undone, other pictures have boxes of them.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn add_mapped_classes(&mut self, changes: &[(String, Option<MappedClass>)]) -> Result<(), StoreError> {
        for name in changes
            .iter()
            .filter_map(|(_, target)| Some(target.as_ref()?.name()))
        {
            let affected = self
                .project
                .commit_untracked_with(BESIDE, |document| Ok(ops::ensure_category(document, name)))?;
            if affected != Affected::default() {
                self.changed(false);
            }
        }
        Ok(())
    }

    // Keeping.

    /// Writes where the work is, if that has changed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save_state(&mut self) -> Result<(), StoreError> {
        if self.place != self.saved_state && self.project.access() != Access::View {
            self.project.set_setting(PLACE, &self.place)?;
            self.saved_state = self.place.clone();
        }
        Ok(())
    }

    /// Keeps something else with the project, unless it can only be viewed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), StoreError> {
        if self.project.access() == Access::View {
            return Ok(());
        }
        self.project.set_setting(key, value)
    }

    /// Forgets what was [kept](Self::keep).
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn forget(&mut self, key: &str) -> Result<(), StoreError> {
        if self.project.access() == Access::View {
            return Ok(());
        }
        self.project.remove_setting(key)
    }

    /// Closes the project.
    ///
    /// # Errors
    /// If the file cannot be written; what was done is safe even so.
    pub fn close(mut self) -> Result<(), StoreError> {
        let kept = self.save_state();
        self.project.close()?;
        kept
    }
}
