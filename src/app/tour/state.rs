//! Which step of the tour is shown.

use super::step::Step;
use crate::document::PictureId;

/// The picture that is shown, and how many of its boxes were judged.
pub type Judged = (PictureId, usize);

/// The state of the tour.
#[derive(Debug, Default)]
pub struct Tour {
    /// Whether it begins as soon as a picture is shown.
    pub waits: bool,
    /// The step that is shown.
    step: Option<Step>,
    /// Whether the step was not drawn yet.
    is_new: bool,
    /// Whether its button had the focus in the last frame.
    pub had_focus: bool,
    /// The button that goes on: with the focus there, Enter goes on and Esc ends.
    pub button: Option<egui::Id>,
    /// What was judged when the step began, or the picture was shown.
    judged: Option<Judged>,
    /// The size of the card in points, once it was drawn.
    pub size: Option<egui::Vec2>,
}

impl Tour {
    /// A tour that is not shown. If it waits, it begins as soon as a picture is shown.
    pub fn new(waits: bool) -> Self {
        Self {
            waits,
            ..Self::default()
        }
    }

    /// The step that is shown.
    pub fn step(&self) -> Option<Step> {
        self.step
    }

    /// Begins, or begins again.
    pub fn start(&mut self) {
        self.waits = false;
        // The card has the focus, as a dialog has.
        self.had_focus = true;
        self.show(Some(Step::ALL[0]));
    }

    /// Goes to the next step. Returns whether that was the last one.
    pub fn advance(&mut self) -> bool {
        self.show(self.step.and_then(Step::next));
        self.step.is_none()
    }

    /// Ends.
    pub fn end(&mut self) {
        self.waits = false;
        self.show(None);
    }

    /// Whether the step is drawn for the first time.
    pub fn take_new(&mut self) -> bool {
        std::mem::take(&mut self.is_new)
    }

    /// Follows what a person judges: whoever does what the step is about goes on to the next.
    pub fn follow(&mut self, judged: Judged) {
        let former = self.judged.replace(judged);
        let has_judged =
            former.is_some_and(|(picture, count)| picture == judged.0 && count < judged.1);
        if self.step == Some(Step::Judge) && has_judged {
            self.advance();
        }
    }

    fn show(&mut self, step: Option<Step>) {
        self.step = step;
        self.is_new = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_steps_then_it_ends() {
        let mut tour = Tour::default();
        tour.start();
        let mut steps = 1;
        while !tour.advance() {
            steps += 1;
        }
        assert_eq!((steps, tour.step()), (5, None));
    }

    #[test]
    fn only_a_judgement_on_the_same_picture_goes_on_from_its_step() {
        let mut tour = Tour::default();
        tour.start();
        let judged = |picture, count| (PictureId(picture), count);
        tour.follow(judged(1, 0));
        tour.follow(judged(1, 1));
        assert_eq!(tour.step(), Some(Step::Pictures));
        tour.advance();
        tour.advance();
        tour.follow(judged(2, 5));
        tour.follow(judged(2, 4));
        assert_eq!(tour.step(), Some(Step::Judge));
        tour.follow(judged(2, 5));
        assert_eq!(tour.step(), Some(Step::Draw));
    }
}
