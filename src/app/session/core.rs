//! The session itself: the project, the picture that is shown, and what is visible of it.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::attribute_definition::AttributeEdit;
use super::counts::{ClassCount, Counts};
use super::list::PictureList;
use super::proposal_settings::ProposalSettings;
use super::saved_state::SessionState;
use super::visited::{Visited, WorkedOn};
use crate::document::{
    Annotation, AnnotationId, BoxState, CategoryId, Document, Picture, PictureId, ReviewState,
    Summary,
};
use crate::store::{Access, LiveProject, StoreError};

/// The project setting that stores the [`SessionState`].
const STATE_SETTING: &str = "window";

/// An open project.
pub struct Session {
    pub(super) project: LiveProject,
    pub(super) state: SessionState,
    /// The `state` that the project file contains.
    saved_state: SessionState,
    /// The boxes that are selected.
    pub(super) selection: Vec<AnnotationId>,
    pub(super) clipboard: Vec<Annotation>,
    pub(super) list: PictureList,
    counts: Counts,
    /// Rises whenever the document changes.
    pub(super) revision: u64,
    /// The number of the last gesture: edits of one gesture are one step of the history.
    pub(super) gesture: u64,
    /// The attribute that was changed last.
    pub(super) attribute_edit: Option<AttributeEdit>,
    pub(super) visited: Visited,
    pub(super) worked_on: WorkedOn,
    /// Whether the surest proposal is to be selected as soon as there is one: the picture was shown
    /// without any, and nobody has selected a box of it since.
    pub(super) awaits_proposals: bool,
    /// Whether the question what is labelled has been asked in this session, and not been answered.
    pub(super) asks_labels: bool,
    /// Pictures that have changed since [`take_changed_pictures`](Self::take_changed_pictures) was
    /// last called; none if any picture may have.
    pub(super) changed_pictures: Option<HashSet<PictureId>>,
}

impl Session {
    /// Opens a session at the point where the last one ended.
    pub fn new(project: impl Into<LiveProject>) -> Self {
        let project = project.into();
        // State that another version wrote does not prevent the project from opening.
        let state: SessionState = project
            .setting(STATE_SETTING)
            .ok()
            .flatten()
            .unwrap_or_default();
        let mut session = Self {
            asks_labels: !state.has_asked_labels,
            saved_state: state.clone(),
            selection: Vec::new(),
            clipboard: Vec::new(),
            list: PictureList::default(),
            counts: Counts::default(),
            revision: 0,
            gesture: 0,
            attribute_edit: None,
            visited: Visited::default(),
            worked_on: WorkedOn::default(),
            awaits_proposals: false,
            changed_pictures: None,
            project,
            state,
        };
        session.rebuild_list();
        session.count();
        session.leave_taken_out(false);
        session.arrive();
        session
    }

    /// The document.
    pub fn document(&self) -> &Document {
        self.project.document()
    }

    /// The project.
    pub fn project(&self) -> &LiveProject {
        &self.project
    }

    /// Whether boxes can be changed.
    pub fn is_editable(&self) -> bool {
        self.project.access() == Access::Edit
    }

    /// Checks that the project can be changed, before a worker writes to its file.
    ///
    /// # Errors
    /// If it is open read-only, its file was deleted or replaced, or changes cannot be written.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        self.project.check_writable()
    }

    /// A number that rises whenever the document changes.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The picture that is shown.
    pub fn current(&self) -> Option<PictureId> {
        self.state.picture
    }

    /// The row of the picture that is shown.
    fn current_picture(&self) -> Option<&Picture> {
        self.current().and_then(|id| self.document().picture(id))
    }

    /// Whether the picture that is shown is new: neither a model nor a person has worked on it.
    pub fn is_current_new(&self) -> bool {
        let picture = self.current_picture();
        picture.is_some_and(|picture| picture.review == ReviewState::New)
    }

    /// Whether the picture that is shown is done.
    pub fn is_current_done(&self) -> bool {
        let picture = self.current_picture();
        picture.is_some_and(|picture| picture.review == ReviewState::Done)
    }

    /// Width and height of the picture that is shown, in upright pixels.
    pub fn current_size(&self) -> Option<[u32; 2]> {
        let picture = self.current_picture();
        picture.map(|picture| [picture.width, picture.height])
    }

    /// The file of a picture.
    pub fn path(&self, picture: PictureId) -> Option<PathBuf> {
        let picture = self.document().picture(picture)?;
        Some(self.project.root().join(&*picture.path))
    }

    /// The boxes of the picture that is shown, in any state.
    pub fn boxes(&self) -> &[Annotation] {
        self.current()
            .map_or(&[], |picture| self.document().annotations(picture))
    }

    /// Whether the boxes of a class are hidden.
    pub fn is_hidden(&self, category: CategoryId) -> bool {
        self.state.hidden_classes.contains(&category)
    }

    pub(super) fn is_class_hidden(&self, row: &Annotation) -> bool {
        let class = self.document().class_of(row);
        class.is_some_and(|class| self.is_hidden(class.id))
    }

    /// Hides or shows the boxes of a class.
    pub fn toggle_hidden(&mut self, category: CategoryId) {
        if !self.state.hidden_classes.remove(&category) {
            self.state.hidden_classes.insert(category);
        }
        self.drop_hidden_from_selection();
    }

    /// Shows the boxes of one class only, or of all classes.
    pub fn solo(&mut self, category: Option<CategoryId>) {
        let others = self.project.document().categories().map(|other| other.id);
        self.state.hidden_classes = others
            .filter(|other| category.is_some_and(|category| category != *other))
            .collect();
        self.drop_hidden_from_selection();
    }

    /// The only class whose boxes are shown, if the others are hidden.
    pub fn soloed_class(&self) -> Option<CategoryId> {
        let mut shown = self
            .document()
            .categories()
            .map(|row| row.id)
            .filter(|id| !self.is_hidden(*id));
        match (
            shown.next(),
            shown.next(),
            self.state.hidden_classes.is_empty(),
        ) {
            (Some(only), None, false) => Some(only),
            _ => None,
        }
    }

    fn drop_hidden_from_selection(&mut self) {
        let (document, hidden) = (self.project.document(), &self.state.hidden_classes);
        self.selection.retain(|id| {
            let row = document.annotation(*id);
            let class = row.map(|(_, row)| document.class_of(row));
            class.is_some_and(|class| class.is_none_or(|class| !hidden.contains(&class.id)))
        });
    }

    /// The boxes that can be seen: neither rejected nor of a hidden class.
    pub fn visible(&self) -> impl Iterator<Item = &Annotation> {
        self.visible_among(self.boxes())
    }

    /// Those of some boxes that can be seen where their picture is shown.
    pub(super) fn visible_among<'a>(
        &'a self,
        rows: &'a [Annotation],
    ) -> impl Iterator<Item = &'a Annotation> {
        rows.iter()
            .filter(|row| row.state != BoxState::Rejected && !self.is_class_hidden(row))
    }

    /// The boxes on the canvas: the [visible](Self::visible) ones, and the rejected ones while
    /// [they are shown](Self::shows_rejected).
    pub fn on_canvas(&self) -> impl Iterator<Item = &Annotation> {
        let rows = self.boxes().iter().filter(|row| !self.is_class_hidden(row));
        let shows_rejected = self.state.shows_rejected;
        rows.filter(move |row| shows_rejected || row.state != BoxState::Rejected)
    }

    /// Whether rejected boxes are drawn, so that they can be taken back.
    pub fn shows_rejected(&self) -> bool {
        self.state.shows_rejected
    }

    /// Shows or hides rejected boxes.
    pub fn toggle_rejected(&mut self) {
        self.state.shows_rejected = !self.state.shows_rejected;
        self.normalize_selection();
    }

    /// The visible proposals of the picture that nobody has judged.
    pub fn undecided(&self) -> usize {
        let rows = self.visible();
        rows.filter(|row| row.state == BoxState::Proposed).count()
    }

    /// Proposals of the picture that cannot be seen because their class is hidden.
    pub fn hidden_proposals(&self) -> usize {
        let rows = self.boxes().iter();
        rows.filter(|row| row.state == BoxState::Proposed && self.is_class_hidden(row))
            .count()
    }

    /// Whether a box cannot be moved.
    pub fn is_locked(&self, id: AnnotationId) -> bool {
        self.state.locked_boxes.contains(&id)
    }

    /// How proposals are made.
    pub fn proposal_settings(&self) -> &ProposalSettings {
        &self.state.proposal_settings
    }

    /// The settings of proposals, to be changed.
    pub fn proposal_settings_mut(&mut self) -> &mut ProposalSettings {
        &mut self.state.proposal_settings
    }

    /// Lists again after pictures were added, removed or renamed.
    pub(super) fn rebuild_list(&mut self) {
        let (document, query) = (self.project.document(), &self.state.query);
        self.list.rebuild(document, query, self.state.picture);
    }

    /// Lists again after the query or boxes have changed.
    pub(super) fn refresh_list(&mut self) {
        let (document, query) = (self.project.document(), &self.state.query);
        self.list.refresh(document, query, self.state.picture);
    }

    /// Shows the picture that followed it in the list if the one that is shown is no longer in the
    /// document.
    pub(super) fn ensure_current_exists(&mut self) {
        let exists = |picture: PictureId| self.document().picture(picture).is_some();
        if !self.state.picture.is_some_and(exists) {
            let follower = self.neighbour(1).or_else(|| self.neighbour(-1));
            self.state.picture = follower.or_else(|| self.list.rows().first().copied());
            self.arrive();
        }
    }

    /// Boxes by class, as of the last [count](Self::count).
    pub fn counts(&self) -> &BTreeMap<CategoryId, ClassCount> {
        &self.counts.classes
    }

    /// Pictures and boxes by state, as of the last [count](Self::count).
    pub fn summary(&self) -> &Summary {
        &self.counts.summary
    }

    /// Pictures with a tag, as of the last [count](Self::count).
    pub fn tagged(&self) -> usize {
        self.counts.tagged
    }

    /// Counts again if the document has changed; a large document is counted at intervals.
    pub fn count(&mut self) {
        self.counts.update(self.project.document(), self.revision);
    }

    /// Whether the picture that is shown is not the one that the project remembers.
    pub fn has_moved(&self) -> bool {
        self.state.picture != self.saved_state.picture
    }

    /// In how long a document that has changed is to be counted.
    pub fn counting_wake(&self) -> Option<Duration> {
        self.counts.due_in(self.revision)
    }

    /// Whether the state of the session has changed and can be saved.
    pub fn has_unsaved_state(&self) -> bool {
        self.state != self.saved_state && self.project.access() != Access::View
    }

    /// Saves the state of the session, if it has changed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save_state(&mut self) -> Result<(), StoreError> {
        // Without pictures there was nothing to ask about.
        let has_pictures = self.document().pictures().len() > 0;
        self.state.has_asked_labels |= has_pictures;
        if self.has_unsaved_state() {
            self.project.set_setting(STATE_SETTING, &self.state)?;
            self.saved_state = self.state.clone();
        }
        Ok(())
    }

    /// Writes a setting of the project, unless the project can only be viewed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save_setting<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        if self.project.access() == Access::View {
            return Ok(());
        }
        self.project.set_setting(key, value)
    }

    /// Removes a setting of the project, unless the project can only be viewed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove_setting(&mut self, key: &str) -> Result<(), StoreError> {
        if self.project.access() == Access::View {
            return Ok(());
        }
        self.project.remove_setting(key)
    }

    /// Asks for a look at the file; see [`LiveProject::request_poll`].
    pub fn request_poll(&mut self) -> u64 {
        self.project.request_poll()
    }

    /// Whether nothing can be changed until what was changed before is written.
    pub fn is_paused(&self) -> bool {
        self.project.paused().is_some()
    }

    /// Waits until everything is on the disk, and closes the project.
    ///
    /// # Errors
    /// If something cannot be written.
    pub fn close(mut self) -> Result<(), StoreError> {
        let saved = self.save_state();
        self.project.close()?;
        saved
    }
}
