//! Comparing the boxes of the project with others, which are never written into it by that.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::comparing_state::Comparing;
use super::core::Workspace;
use super::settings::localize_options_of;
use crate::app::i18n::tr;
use crate::app::session::{Difference, OtherBox, OtherBoxes};
use crate::app::workers::comparer::{self, PicturesOfProject};
use crate::app::workers::events::{ComparisonEvent, EventSender};
use crate::document::{Annotation, AnnotationId, BoxState, Flags, Origin, PictureId};
use crate::propose::Proposal;
use crate::store::StoreError;

/// How long a frame looks for a picture that differs; the rest waits for the next frame.
const SEARCH_TIME: Duration = Duration::from_millis(4);

impl Workspace {
    /// Compares with the labels of a file or folder, once they are read.
    pub fn compare_with_file(&mut self, path: PathBuf, events: EventSender) {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy().into_owned();
        let number = self.begin_comparing(name, None);
        let project = self.session.project();
        let pictures = PicturesOfProject::new(project.document(), project.root());
        comparer::read(number, pictures, path, events);
    }

    /// Compares with what would be proposed without learning, on the pictures that the model has
    /// processed. Returns a text if that is not possible.
    pub fn compare_without_learning(&mut self, events: EventSender) -> Option<String> {
        let Some(model) = self.model_info().cloned() else {
            return Some(tr!("compare-no-model").to_owned());
        };
        let rows = self.session.rows();
        let at = self.session.current().and_then(|id| self.session.row(id));
        let (before, after) = rows.split_at(at.unwrap_or(0).min(rows.len()));
        let pictures = after.iter().chain(before);
        let pictures: Vec<_> = pictures.filter_map(|id| self.request(*id)).collect();
        let cut = localize_options_of(self.session.proposal_settings());
        let cache = Arc::clone(&self.workers.cache);
        let name = tr!("compare-without-learning-name").to_owned();
        let number = self.begin_comparing(name, Some(pictures.len()));
        let is_over = self.comparing.as_ref().map(|one| Arc::clone(&one.is_over));
        let is_over = is_over.unwrap_or_default();
        comparer::make(number, (model, cut), pictures, cache, is_over, events);
        None
    }

    fn begin_comparing(&mut self, name: String, left: Option<usize>) -> u64 {
        self.comparisons += 1;
        self.comparing = Some(Comparing::new(self.comparisons, name, left));
        self.comparisons
    }

    /// Boxes to compare with have arrived, or not. Returns sentences about what could not be read of them.
    ///
    /// # Errors
    /// If there are none, which ends the comparison: a sentence that says why.
    pub fn on_comparison(
        &mut self,
        number: u64,
        event: ComparisonEvent,
    ) -> Result<Vec<String>, String> {
        let Some(comparing) = self.comparing.as_mut().filter(|one| one.number == number) else {
            return Ok(Vec::new());
        };
        match event {
            ComparisonEvent::Read(Err(reason)) => {
                self.comparing = None;
                return Err(reason);
            }
            ComparisonEvent::Read(Ok(read)) => {
                comparing.other = read.boxes;
                comparing.left = Some(0);
                let mut sentences = read.skipped.texts;
                let (omitted, missing) = (read.skipped.omitted, read.missing);
                sentences.extend((omitted > 0).then(|| tr!("and-more", count = omitted)));
                let name = comparing.name.as_str();
                sentences.extend(
                    (missing > 0).then(|| tr!("compare-missing", count = missing, name = name)),
                );
                return Ok(sentences);
            }
            ComparisonEvent::Made { boxes, left } => {
                comparing.left = Some(left);
                for (version, boxes) in boxes {
                    if self.versions.is_current(version) {
                        self.add_made_boxes(version.picture, &boxes);
                    }
                }
            }
        }
        Ok(Vec::new())
    }

    /// Adds boxes that were made for a comparison, with the classes that they would get.
    fn add_made_boxes(&mut self, picture: PictureId, boxes: &[Proposal]) {
        let Some(model) = self.model_info().cloned() else {
            return;
        };
        let cut = localize_options_of(self.session.proposal_settings());
        let threshold = cut.boxes.threshold;
        let threshold = threshold.unwrap_or(cut.method.default_threshold());
        let origin = Arc::new(model.provenance(cut.method, threshold));
        let namer = self.class_namer(&model);
        let candidates = self.candidates(&namer, picture, boxes, &model);
        let document = self.session.document();
        let made = candidates.into_iter().map(|(_, candidate)| {
            let row = Annotation {
                id: AnnotationId(0),
                category: candidate.category,
                suggestion: candidate.suggestion,
                rect: candidate.rect,
                state: BoxState::Proposed,
                flags: Flags::default(),
                origin: Origin::Model(Arc::clone(&origin)),
                score: Some(candidate.score),
                former: None,
                extra: None,
            };
            OtherBox {
                class: document.class_name(&row).into(),
                row,
            }
        });
        let made: Vec<OtherBox> = made.collect();
        if let Some(comparing) = &mut self.comparing {
            comparing.other.insert(picture, made);
        }
    }

    /// Chooses a difference of the shown picture by its place, selects its box if the project has one, and
    /// brings it into view.
    pub fn choose_difference(&mut self, place: usize) {
        let picture = self.session.current();
        let Some(comparing) = &mut self.comparing else {
            return;
        };
        comparing.chosen = (picture, place);
        if let Some(difference) = self.view_chosen_difference() {
            self.session.select(difference.mine().into_iter().collect());
        }
    }

    /// Brings the chosen difference into view.
    fn view_chosen_difference(&mut self) -> Option<Difference> {
        let picture = self.session.current()?;
        let shown = self.comparing.as_ref()?.shown(&self.session)?;
        let difference = shown.chosen_difference()?;
        let other = difference.other().map(|at| shown.boxes[at].row.rect);
        let mine = difference.mine();
        let mine = mine.and_then(|id| self.session.document().annotation(id));
        let rect = mine.map(|(_, row)| row.rect).or(other)?;
        self.view.canvas.bring_into_view(picture, &rect);
        Some(difference)
    }

    /// Zooms to the chosen difference, unless a box is selected, which is zoomed to then.
    pub fn zoom_to_difference(&mut self) {
        let Some(comparing) = &self.comparing else {
            return;
        };
        let rect = comparing.shown(&self.session).and_then(|shown| {
            let at = shown.chosen_difference()?.other()?;
            Some(shown.boxes[at].row.rect)
        });
        if let Some(rect) = rect.filter(|_| self.session.selection().is_empty()) {
            self.view.canvas.zoom_to(&rect);
        }
    }

    /// Chooses the difference `by` places further on, from the other end again after the last. Returns a
    /// text if there is none.
    pub fn step_difference(&mut self, by: isize) -> Option<String> {
        let comparing = self.comparing.as_ref()?;
        let is_arrival = comparing.chosen.0 != self.session.current();
        let Some(shown) = comparing.shown(&self.session) else {
            return Some(tr!("compare-not-covered", name = comparing.name()));
        };
        let number = shown.found.differences.len() as isize;
        let Some(at) = shown.chosen else {
            return Some(tr!("compare-no-difference").to_owned());
        };
        // The first one is chosen on arrival, but nobody has asked for it yet.
        let by = if is_arrival && by > 0 { 0 } else { by };
        let next = (at as isize + by).rem_euclid(number);
        self.choose_difference(next as usize);
        None
    }

    /// Begins to look for the next picture of the list on which something differs, to show it. After the
    /// last picture come the first ones. Returns a text if there is none.
    pub fn show_next_difference(&mut self) -> Option<String> {
        let start = self.session.current()?;
        self.comparing.as_mut()?.search = Some((start, 0));
        self.look_for_difference()
    }

    /// Whether such a picture is being looked for.
    pub fn looks_for_difference(&self) -> bool {
        let comparing = self.comparing.as_ref();
        comparing.is_some_and(|comparing| comparing.search.is_some())
    }

    /// Goes on looking for a picture, as long as a frame may take. Returns a text if there is none.
    pub fn look_for_difference(&mut self) -> Option<String> {
        let comparing = self.comparing.as_mut()?;
        let (start, seen) = comparing.search.take()?;
        let current = self.session.current();
        if current != Some(start) {
            // The person has gone to another picture meanwhile.
            return None;
        }
        let begun = Instant::now();
        let rows = self.session.rows();
        let first = self.session.row(start).map_or(0, |at| at + 1);
        for at in seen..rows.len() {
            let picture = rows[(first + at) % rows.len()];
            let other = comparing.other.of(picture);
            let differs = other.is_some_and(|boxes| self.session.compare(picture, boxes).differs());
            if differs && picture != start {
                self.session.show(picture);
                self.choose_difference(0);
                return None;
            }
            if differs {
                return Some(tr!("compare-only-here").to_owned());
            }
            if begun.elapsed() >= SEARCH_TIME {
                comparing.search = Some((start, at + 1));
                return None;
            }
        }
        Some(match comparing.is_incomplete() {
            true => tr!("compare-incomplete").to_owned(),
            false => tr!("compare-nowhere").to_owned(),
        })
    }

    /// Takes over what the other set has at a difference of the shown picture, or at the chosen one. The
    /// difference that follows is chosen then. Returns a text if there is nothing to take.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn take_difference(&mut self, place: Option<usize>) -> Result<Option<String>, StoreError> {
        let Some(picture) = self.session.current() else {
            return Ok(None);
        };
        let Some((place, difference)) = self.comparing.as_ref().and_then(|comparing| {
            let shown = comparing.shown(&self.session)?;
            let place = place.or(shown.chosen)?;
            Some((place, *shown.found.differences.get(place)?))
        }) else {
            return Ok(Some(tr!("compare-no-difference").to_owned()));
        };
        if difference.other().is_none() {
            return Ok(Some(tr!("compare-nothing-to-take").to_owned()));
        }
        if let Some(comparing) = &mut self.comparing {
            let other: &OtherBoxes = &comparing.other;
            let boxes = other.of(picture).unwrap_or_default();
            self.session.take_over(picture, difference, boxes)?;
            comparing.chosen = (Some(picture), place);
        }
        self.view_chosen_difference();
        Ok(None)
    }
}
