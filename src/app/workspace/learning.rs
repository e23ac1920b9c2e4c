//! What the workspace does about learning: it tells the learner what people made of proposals, keeps
//! what was learnt, and lets untouched proposals follow.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::core::{ModelState, Workspace, cut_options_of};
use super::learned_states::{self, LEARNING, LearnedState, LearnedStates, ProposalSource};
use crate::app::workers::events::LearningEvent;
use crate::app::workers::learned_text;
use crate::app::workers::learner::{ReviewedPicture, SimilarRequest};
use crate::app::workers::terms::{ActiveState, LearnedBoxes, ModelInfo, PictureRequest};
use crate::document::ops::{Candidate, NamedCandidate};
use crate::document::{BoxState, CategoryId, Origin, PictureId, ReviewState};
use crate::geometry::BBox;
use crate::learn::boxes::{LearnedBox, LearnedProposer};
use crate::store::StoreError;

/// Pictures after the one that is shown that are held ready for learning.
const NEAR: usize = 200;
/// Of these, so many get learned proposals at once.
const NEXT: usize = 40;
/// Up to this many pictures, all are held ready.
const SMALL: usize = 1000;
/// So many reviewed pictures are looked at for learning at a time; where thousands were imported, the
/// others come with the next times.
const MOST_UNSEEN: usize = 200;
/// Learning by itself takes no more than one part in so many of the time.
const PARTS_OF_REST: u32 = 4;
/// Pictures whose learned boxes are written together, about.
const WRITTEN_TOGETHER: usize = 64;
/// Pictures in which boxes like one are looked for.
const ALIKE: usize = 40;
/// Gestures of searches, apart from those of keys.
const SEARCHING: u64 = 1 << 62;
/// The methods that boxes by what was learnt, and by an example, are said to come of.
const LEARNED: &str = "learned";
const MORE_LIKE: &str = "more like this";

/// How learning stands.
#[derive(Default)]
pub struct Learning {
    /// The learned states, and what a person wants.
    pub kept: LearnedStates,
    /// Why nothing was learnt, in a sentence.
    pub trouble: Option<String>,
    /// Pictures that are still to get learned proposals.
    pub following: usize,
    /// What the learner was told of each reviewed picture.
    told: HashMap<PictureId, Vec<(BBox, u32)>>,
    /// The number of the model that the learner learns with, and how many pictures it was told of
    /// and has not taken in yet.
    epoch: u64,
    pending: usize,
    /// Of these, the pictures that the model has to look at first.
    unseen: HashSet<PictureId>,
    /// Reviewed pictures that nothing is learnt from yet: there were too many to look at.
    left_out: HashSet<PictureId>,
    /// Pictures that it was asked to look at, and those that it has looked at since.
    asked: HashSet<PictureId>,
    looked: HashSet<PictureId>,
    /// Whether learning waits for pictures that are being looked at, and was asked for by a person.
    waits: Option<bool>,
    /// Until then it learns only if it is asked to, so that most of the time is left for others.
    rests_until: Option<Instant>,
    /// Whether the learner knows what was reviewed before.
    has_begun: bool,
    active_state: Option<(u32, ActiveState)>,
    generation: u64,
    /// Whether the picture that is shown is left as it is: nobody had asked for other boxes.
    spares_shown: bool,
    /// Pictures whose proposals are of what is in use.
    followed: HashSet<PictureId>,
    boxes: VecDeque<(u64, LearnedBoxes)>,
    /// A search for more of the same.
    search: Option<SimilarSearch>,
    searches: u64,
}

/// A search for objects that are like one.
struct SimilarSearch {
    example: SimilarRequest,
    category: CategoryId,
    /// Pictures that the model has to look at first.
    unseen: HashSet<PictureId>,
    /// Pictures that were searched, and boxes that were found.
    pictures: usize,
    found: usize,
}

impl Learning {
    /// As it was kept.
    pub fn new(kept: LearnedStates) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

    /// Reviewed pictures that are being looked at for learning.
    pub fn unseen(&self) -> usize {
        self.unseen.len()
    }

    /// Reviewed pictures that nothing is learnt from yet, because there were too many to look at.
    pub fn left_out(&self) -> usize {
        self.left_out.len()
    }

    /// Reviewed pictures.
    pub fn reviewed(&self) -> usize {
        self.told.len()
    }

    /// Whether learning waits for pictures that are being looked at.
    pub fn is_waiting(&self) -> bool {
        self.waits == Some(true)
    }

    /// The number of the state that proposals are made by.
    pub fn active_state(&self) -> Option<u32> {
        self.active_state.as_ref().map(|(id, _)| *id)
    }

    /// Whether boxes wait to be written.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.boxes.is_empty()
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }
}

/// What is to be said of something that a person asked for.
pub type Said = Option<String>;

impl Workspace {
    /// The learned state that proposals are made by.
    pub fn active_state(&self) -> Option<&LearnedState> {
        let id = self.learning.active_state()?;
        let mut states = self.learning.kept.states.iter();
        states.find(|state| state.id == id)
    }

    /// How far learning is, of [`STEPS`](crate::app::workers::learner::STEPS), if it is under way.
    pub fn learning_step(&self) -> Option<usize> {
        self.learner.step()
    }

    /// Another model looks at pictures: what the former one had seen teaches nothing.
    pub(super) fn reset_learning(&mut self) {
        let kept = std::mem::take(&mut self.learning.kept);
        let generation = self.learning.generation + 1;
        self.learning = Learning {
            kept,
            generation,
            ..Learning::default()
        };
        self.learning.epoch = self.learner.use_model(None);
    }

    /// The model is ready, and so can learning be.
    pub(super) fn start_learning(&mut self, model_info: &Arc<ModelInfo>) {
        self.learning.epoch = self.learner.use_model(Some(Arc::clone(model_info)));
        self.learning.has_begun = false;
        let state = self
            .learning
            .kept
            .wanted(&model_info.features_kind())
            .cloned();
        if let Some(state) = state {
            let learned = self.read_state(&state, model_info);
            self.activate_state(learned.map(|learned| (state.id, learned)));
        }
        self.prefetch_features();
    }

    fn read_state(
        &self,
        state: &LearnedState,
        model_info: &ModelInfo,
    ) -> Option<Arc<LearnedProposer>> {
        let text = self
            .session
            .project()
            .setting(&learned_states::key_of(state.id));
        let text: String = text.ok().flatten()?;
        learned_text::decode(&text, &model_info.features_kind()).map(Arc::new)
    }

    /// Tells the learner what has changed in reviewed pictures, and lets it learn when it is time.
    pub fn teach(&mut self) {
        if self.model_info().is_none() || !self.session.is_editable() {
            return;
        }
        let touched = match self.session.take_changed_pictures() {
            Some(touched) if self.learning.has_begun => touched,
            _ => {
                let known = self.learning.told.keys().copied();
                let pictures = self.session.document().pictures().map(|row| row.id);
                pictures.chain(known).collect()
            }
        };
        let mut is_new = false;
        for picture in touched {
            is_new |= self.teach_picture(picture);
        }
        if is_new && self.learning.has_begun && !self.learning.kept.is_manual {
            self.learning.waits = self.learning.waits.or(Some(false));
        }
        self.learning.has_begun = true;
        let now = Instant::now();
        let rests = self.learning.rests_until.is_some_and(|until| now < until);
        let is_time = |is_asked: &mut bool| *is_asked || !rests;
        if self.learning.pending == 0
            && self.learning.unseen.is_empty()
            && let Some(is_asked) = self.learning.waits.take_if(is_time)
        {
            self.learner.learn(is_asked);
        }
    }

    /// Tells the learner of one picture; whether there is anything new in it.
    fn teach_picture(&mut self, picture: PictureId) -> bool {
        let truth = self.truth_of(picture);
        if self.learning.told.get(&picture) == truth.as_ref() {
            return false;
        }
        match truth.zip(self.request(picture)) {
            Some((truth, request)) => {
                self.learning.told.insert(picture, truth.clone());
                self.learning.pending += 1;
                self.learner.take(ReviewedPicture { request, truth });
            }
            None => {
                self.learning.told.remove(&picture);
                self.learning.unseen.remove(&picture);
                self.learning.left_out.remove(&picture);
                self.learner.drop_lesson(picture);
            }
        }
        true
    }

    /// The true boxes of a picture that is done.
    fn truth_of(&self, picture: PictureId) -> Option<Vec<(BBox, u32)>> {
        let document = self.session.document();
        let row = document.picture(picture)?;
        let is_sound = !row.missing && self.session.unreadable(picture).is_none();
        (row.review == ReviewState::Done && is_sound).then(|| {
            let rows = document.annotations(picture).iter();
            let truth = rows.filter(|row| row.is_ground_truth());
            truth.map(|row| (row.rect, row.category.0)).collect()
        })
    }

    /// Learns now.
    pub fn learn_now(&mut self) -> Said {
        if let ModelState::Failed(reason) = &self.model {
            return Some(reason.clone());
        }
        self.learning.trouble = None;
        self.learning.waits = Some(true);
        // What could not be looked at may be there by now.
        self.learning.looked.clear();
        let left_out = self.learning.left_out.iter().take(MOST_UNSEEN);
        for picture in left_out.copied().collect::<Vec<_>>() {
            self.learning.left_out.remove(&picture);
            self.learning.told.remove(&picture);
            self.teach_picture(picture);
        }
        None
    }

    /// Stops learning.
    pub fn cancel_learning(&mut self) {
        self.learning.waits = None;
        self.learner.cancel();
    }

    /// Learns after every picture by itself, or not.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn set_automatic(&mut self, is_automatic: bool) -> Result<(), StoreError> {
        self.learning.kept.is_manual = !is_automatic;
        self.session.save_setting(LEARNING, &self.learning.kept)
    }

    /// Makes proposals by another state, or in the old way.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn choose_proposal_source(&mut self, choice: ProposalSource) -> Result<Said, StoreError> {
        self.learning.kept.choice = choice;
        self.session.save_setting(LEARNING, &self.learning.kept)?;
        let Some(model_info) = self.model_info().cloned() else {
            return Ok(None);
        };
        let state = self
            .learning
            .kept
            .wanted(&model_info.features_kind())
            .cloned();
        let Some(state) = state else {
            let is_other_model = matches!(choice, ProposalSource::State(_));
            self.deactivate_state(true)?;
            let text = "This state was learnt with another model or quality: choose that first";
            return Ok(is_other_model.then(|| text.to_owned()));
        };
        let Some(learned) = self.read_state(&state, &model_info) else {
            self.deactivate_state(true)?;
            let text = "This learned state cannot be read any more: learn again";
            return Ok(Some(text.to_owned()));
        };
        self.activate_state(Some((state.id, learned)));
        self.follow(true, true);
        Ok(None)
    }

    /// Proposes by what was learnt from now on, or in the old way.
    fn activate_state(&mut self, state: Option<(u32, Arc<LearnedProposer>)>) {
        self.learning.generation += 1;
        let generation = self.learning.generation;
        self.learning.followed.clear();
        self.learning.boxes.clear();
        self.learning.following = 0;
        self.learning.active_state = state.map(|(id, learned)| {
            let active_state = ActiveState {
                generation,
                learned,
            };
            (id, active_state)
        });
        if self.learning.active_state.is_some() {
            // Boxes from maps that are under way are of the old way.
            self.derived.clear();
            self.deriving = 0;
            self.deriver.cancel();
            self.proposal_preview = None;
        }
        let active_state = self.learning.active_state.as_ref();
        let active_state = active_state.map(|(_, active_state)| active_state.clone());
        self.proposer.set_active_state(active_state.clone());
        self.learner.set_active_state(active_state);
    }

    /// Proposes in the old way again.
    fn deactivate_state(&mut self, with_shown: bool) -> Result<(), StoreError> {
        if self.learning.active_state.is_none() {
            return Ok(());
        }
        self.activate_state(None);
        let shown = self.session.current();
        let shown = shown.filter(|picture| with_shown && self.is_untouched(*picture));
        self.derive_again(shown, cut_options_of(self.session.proposal_settings()))
    }

    /// Whether proposals of a picture may be replaced: nobody has begun with it.
    fn is_untouched(&self, picture: PictureId) -> bool {
        let document = self.session.document();
        let row = document.picture(picture);
        let is_like_this = |origin: &Origin| match origin {
            Origin::Model(model) => &*model.method == MORE_LIKE,
            Origin::Person => false,
        };
        let mut rows = document.annotations(picture).iter();
        row.is_some_and(|row| row.review == ReviewState::Proposed)
            && !rows.any(|row| row.state == BoxState::Proposed && is_like_this(&row.origin))
    }

    /// The pictures that come next in the review, the one that is shown in front.
    fn near(&self) -> Vec<PictureId> {
        let rows = self.session.rows();
        let here = self.session.current().and_then(|id| self.session.row(id));
        let (before, after) = rows.split_at(here.unwrap_or(0).min(rows.len()));
        let document = self.session.document();
        let is_open = |id: &PictureId| {
            let row = document.picture(*id);
            row.is_some_and(|row| row.review != ReviewState::Done && !row.missing)
        };
        let near = after.iter().chain(before).copied().filter(is_open);
        near.take(NEAR).collect()
    }

    /// Lets untouched proposals follow what is in use: those of the next pictures at once, and if
    /// `all` is said the others after them.
    fn follow(&mut self, with_shown: bool, all: bool) {
        if self.learning.active_state.is_none() {
            return;
        }
        self.learning.spares_shown = !with_shown;
        let shown = self.session.current().filter(|_| !with_shown);
        let is_due = |workspace: &Self, picture: PictureId| {
            !workspace.learning.followed.contains(&picture)
                && Some(picture) != shown
                && workspace.is_untouched(picture)
        };
        let near: Vec<PictureId> = self.near().into_iter().take(NEXT).collect();
        let next: Vec<PictureRequest> = near
            .iter()
            .filter(|picture| is_due(self, **picture))
            .filter_map(|picture| self.request(*picture))
            .collect();
        if all {
            let near: HashSet<PictureId> = near.into_iter().collect();
            let document = self.session.document();
            let others = document.pictures().map(|row| row.id);
            let others = others.filter(|id| !near.contains(id) && is_due(self, *id));
            let others: Vec<PictureRequest> = others.filter_map(|id| self.request(id)).collect();
            self.learning.following = next.len() + others.len();
            self.learner.propose(others, false);
        }
        if !next.is_empty() {
            self.learner.propose(next, true);
        }
    }

    /// Another picture is shown, or the list is another one: what comes next is held ready.
    pub(super) fn prefetch_features(&mut self) {
        if self.model_info().is_none() || !self.session.is_editable() {
            return;
        }
        let is_small = self.session.document().pictures().len() <= SMALL;
        let keeps = (!is_small).then(|| {
            let known = self.learning.told.keys().copied();
            self.near().into_iter().chain(known).collect()
        });
        self.proposer.set_feature_scope(keeps);
        self.follow(false, false);
    }

    /// The model is to look at pictures for learning, once.
    fn request_features(&mut self, pictures: &[PictureId]) {
        let mut wanted = Vec::new();
        for picture in pictures {
            if !self.learning.looked.contains(picture) && self.learning.asked.insert(*picture) {
                wanted.extend(self.request(*picture));
            }
        }
        if !wanted.is_empty() {
            self.proposer.request_features(wanted);
        }
    }

    /// What learning needs of a picture is kept now, or cannot be had.
    pub fn on_features_ready(&mut self, picture: PictureId) {
        if self.learning.asked.remove(&picture) {
            self.learning.looked.insert(picture);
        }
        if self.learning.unseen.remove(&picture)
            && let Some(truth) = self.learning.told.get(&picture).cloned()
            && let Some(request) = self.request(picture)
        {
            self.learning.pending += 1;
            self.learner.take(ReviewedPicture { request, truth });
            if !self.learning.kept.is_manual {
                self.learning.waits = self.learning.waits.or(Some(false));
            }
        }
        if let Some(search) = &mut self.learning.search
            && search.unseen.remove(&picture)
        {
            let mut example = search.example.clone();
            if example.request.picture != picture {
                example.pictures.retain(|other| other.picture == picture);
            }
            self.learner.find_similar(example);
        }
        let is_shown = self.session.current() == Some(picture);
        let is_late = self.learning.active_state.is_some()
            && !is_shown
            && !self.learning.followed.contains(&picture)
            && self.is_untouched(picture);
        if is_late && let Some(request) = self.request(picture) {
            self.learner.propose(vec![request], true);
        }
    }

    /// Something has come of learning; what a person is to be told.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn on_learning_event(
        &mut self,
        epoch: u64,
        learnt: LearningEvent,
    ) -> Result<Said, StoreError> {
        if epoch != self.learning.epoch {
            // Of a former model.
            return Ok(None);
        }
        match learnt {
            LearningEvent::Added(picture, is_seen) => {
                self.learning.pending = self.learning.pending.saturating_sub(1);
                if !is_seen && self.learning.told.contains_key(&picture) {
                    if self.learning.looked.contains(&picture) {
                        // It was looked at in vain: a file that is gone, or no room in the cache.
                        self.learning.unseen.remove(&picture);
                    } else if self.learning.unseen.len() >= MOST_UNSEEN {
                        self.learning.left_out.insert(picture);
                    } else {
                        self.learning.unseen.insert(picture);
                        self.request_features(&[picture]);
                    }
                }
            }
            LearningEvent::Cancelled => {}
            LearningEvent::Finished(learned, is_asked, took) => {
                self.learning.rests_until = Some(Instant::now() + PARTS_OF_REST * took);
                if let Some((learned, text)) = learned {
                    return self.keep_learned(learned, &text, is_asked);
                }
                // Who has not asked need not be told.
                if is_asked {
                    let text = self.too_few();
                    self.learning.trouble = Some(text.clone());
                    return Ok(Some(text));
                }
            }
            LearningEvent::Boxes {
                generation,
                boxes,
                unseen,
                left,
            } => {
                if generation != self.learning.generation {
                    return Ok(None);
                }
                self.learning.following = left;
                self.learning.boxes.push_back((generation, boxes));
                let is_small = self.session.document().pictures().len() <= SMALL;
                let near: HashSet<PictureId> = match (unseen.is_empty(), is_small) {
                    (true, _) => return Ok(None),
                    (false, true) => unseen.iter().copied().collect(),
                    (false, false) => self.near().into_iter().collect(),
                };
                let wanted: Vec<_> = unseen.into_iter().filter(|id| near.contains(id)).collect();
                self.request_features(&wanted);
            }
            LearningEvent::SimilarBoxes {
                search,
                boxes,
                unseen,
            } => return self.on_similar_boxes(search, &boxes, &unseen),
        }
        Ok(None)
    }

    /// Why there is nothing to learn yet.
    fn too_few(&self) -> String {
        let with_objects = self
            .learning
            .told
            .values()
            .filter(|truth| !truth.is_empty());
        format!(
            "There is too little to learn from: {} done with boxes so far, and it takes about 8",
            match with_objects.count() {
                1 => "1 picture is".to_owned(),
                number => format!("{number} pictures are"),
            }
        )
    }

    fn keep_learned(
        &mut self,
        learned: Arc<LearnedProposer>,
        text: &str,
        is_asked: bool,
    ) -> Result<Said, StoreError> {
        let Some(model_info) = self.model_info().cloned() else {
            return Ok(None);
        };
        self.learning.trouble = None;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let (id, gone) = self.learning.kept.add(&learned, &model_info, now, is_asked);
        self.session
            .save_setting(&learned_states::key_of(id), text)?;
        self.session.save_setting(LEARNING, &self.learning.kept)?;
        for state in gone {
            self.session
                .remove_setting(&learned_states::key_of(state))?;
        }
        if self.learning.kept.choice != ProposalSource::Best {
            return Ok(
                is_asked.then(|| "Learnt, and kept in the list of learned states".to_owned())
            );
        }
        if learned.is_better {
            // All others follow when there is much that is new: every picture that is done changes
            // them a little.
            let former = self.learning.active_state();
            let all = is_asked || former != Some(id);
            self.activate_state(Some((id, learned)));
            self.follow(is_asked, all);
            let text = "Learnt: learned boxes are in use";
            return Ok((is_asked || former.is_none()).then(|| text.to_owned()));
        }
        self.deactivate_state(is_asked)?;
        Ok(is_asked.then(|| not_better_text(learned.metrics.held_out).to_owned()))
    }

    /// Writes learned boxes that have come.
    pub(super) fn write_learned(&mut self) -> Result<(), StoreError> {
        let mut boxes = Vec::new();
        while boxes.len() < WRITTEN_TOGETHER
            && let Some((generation, batch)) = self.learning.boxes.pop_front()
        {
            if generation == self.learning.generation {
                boxes.extend(batch);
            }
        }
        let spared = self.session.current();
        let spared = spared.filter(|_| self.learning.spares_shown);
        let is_free = |workspace: &Self, picture: PictureId| {
            Some(picture) != spared
                && workspace.is_untouched(picture)
                && !workspace.seen.iter().any(|seen| seen.picture == picture)
        };
        let found: Vec<_> = boxes
            .iter()
            .filter(|(picture, _)| is_free(self, *picture))
            .map(|(picture, boxes)| (*picture, boxes.as_slice()))
            .collect();
        let written = self.write_learned_boxes(&found, false);
        if written.is_err() {
            // They are tried again.
            let generation = self.learning.generation;
            self.learning.boxes.push_front((generation, boxes));
        }
        written
    }

    /// Puts learned boxes in the place of the proposals of pictures.
    pub(super) fn write_learned_boxes(
        &mut self,
        found: &[(PictureId, &[LearnedBox])],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let (Some(model_info), Some(id)) =
            (self.model_info().cloned(), self.learning.active_state())
        else {
            return Ok(());
        };
        if found.is_empty() {
            return Ok(());
        }
        let origin = Arc::new(model_info.origin_with_method(LEARNED, &format!("+{id}")));
        let caller = self.caller(&model_info);
        let document = self.session.document();
        let named: Vec<(PictureId, Vec<NamedCandidate>)> = found
            .iter()
            .map(|(picture, boxes)| {
                let row = document.picture(*picture);
                let tags = row.map_or(&[][..], |row| &row.tags);
                let named = boxes.iter().map(|learned| {
                    // What a person says of the whole picture goes before what a box looks like.
                    let category = match tags {
                        [only] => Some(*only),
                        _ => learned.category.map(CategoryId),
                    };
                    let category = category.and_then(|id| document.category(id));
                    let class = category.map(|row| row.name.to_string());
                    NamedCandidate {
                        rect: learned.bbox,
                        class: class.unwrap_or_else(|| caller.unnamed(*picture)),
                        score: learned.score,
                    }
                });
                (*picture, named.collect())
            })
            .collect();
        self.session.replace_proposals(&origin, &named, is_step)?;
        let pictures = found.iter().map(|(picture, _)| *picture);
        self.learning.followed.extend(pictures);
        Ok(())
    }

    // More like this.

    /// Looks for objects that are like the one in the selected box, here and in the pictures that
    /// come next.
    pub fn more_like_selected(&mut self) -> Said {
        let document = self.session.document();
        let selected = match self.session.selection() {
            [only] => document.annotation(*only),
            _ => None,
        };
        let Some((picture, row)) = selected.filter(|(_, row)| row.is_ground_truth()) else {
            return Some("Select one box that you drew or accepted".to_owned());
        };
        if let ModelState::Failed(reason) = &self.model {
            return Some(reason.clone());
        }
        let (own, bbox, category) = (picture.id, row.rect, row.category);
        let mut pictures = vec![own];
        pictures.extend(self.near().into_iter().filter(|id| *id != own).take(ALIKE));
        let pictures = pictures.into_iter().filter_map(|id| self.request(id));
        let request = self.request(own)?;
        let example = SimilarRequest {
            search: self.learning.searches + 1,
            request,
            bbox,
            pictures: pictures.collect(),
        };
        self.learning.searches += 1;
        self.learning.search = Some(SimilarSearch {
            example: example.clone(),
            category,
            unseen: HashSet::new(),
            pictures: 0,
            found: 0,
        });
        self.learning.looked.clear();
        self.learner.find_similar(example);
        None
    }

    /// Whether more of the same is being searched for.
    pub fn is_searching(&self) -> bool {
        self.learning.search.is_some()
    }

    /// Searches no further: what was found so far was taken back.
    pub fn end_search(&mut self) {
        self.learning.search = None;
    }

    fn on_similar_boxes(
        &mut self,
        number: u64,
        boxes: &LearnedBoxes,
        unseen: &[PictureId],
    ) -> Result<Said, StoreError> {
        let (Some(model_info), Some(search)) =
            (self.model_info().cloned(), &mut self.learning.search)
        else {
            return Ok(None);
        };
        if search.example.search != number {
            return Ok(None);
        }
        // What was looked at in vain is not waited for.
        let looked = &self.learning.looked;
        let unseen: Vec<_> = unseen.iter().filter(|id| !looked.contains(id)).collect();
        let unseen: Vec<PictureId> = unseen.into_iter().copied().collect();
        search.unseen.extend(&unseen);
        search.pictures += boxes.len();
        let category = search.category;
        self.request_features(&unseen);
        let origin = Arc::new(model_info.origin_with_method(MORE_LIKE, ""));
        let found: Vec<(PictureId, Vec<Candidate>)> = boxes
            .iter()
            .map(|(picture, boxes)| {
                let candidates = boxes.iter().map(|alike| Candidate {
                    rect: alike.bbox,
                    category,
                    score: alike.score,
                });
                (*picture, candidates.collect())
            })
            .collect();
        // All of a search is one step, as long as nothing else comes between.
        let gesture = SEARCHING | number;
        let more = self.session.add_proposals(&origin, &found, gesture)?;
        let Some(search) = &mut self.learning.search else {
            return Ok(None);
        };
        search.found += more;
        let said = said_of(search);
        if search.unseen.is_empty() {
            self.learning.search = None;
        }
        Ok(Some(said))
    }
}

/// How far a search is.
fn said_of(search: &SimilarSearch) -> String {
    let found = match search.found {
        0 => "Nothing more like this".to_owned(),
        1 => "1 box more like this".to_owned(),
        number => format!("{number} boxes more like this"),
    };
    let place = match search.pictures {
        0 => "so far".to_owned(),
        1 => "in this picture".to_owned(),
        number => format!("in this picture and the next {}", number - 1),
    };
    match search.unseen.len() {
        0 if search.pictures == 0 => {
            "The model could not look at this picture, so nothing is found like it".to_owned()
        }
        0 => format!("{found} {place}"),
        1 => format!("{found} {place}; the model looks at 1 picture first…"),
        number => format!("{found} {place}; the model looks at {number} pictures first…"),
    }
}

/// Why what was learnt is not in use.
pub fn not_better_text(held_out: usize) -> &'static str {
    if held_out < MIN_HELD_OUT {
        "Learnt, but it is too early to tell whether that is better: mark more pictures as done"
    } else {
        "The old way is still better on your held-out pictures, so it stays"
    }
}

/// Fewer pictures than this prove nothing.
pub const MIN_HELD_OUT: usize = 4;
