//! The tour in the window.

use egui::Context;

use super::state::Window;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::tour::{self, CardEvent};
use crate::app::workspace::Workspace;
use crate::document::BoxState;

impl Window {
    /// Starts the tour; where nothing is open, with the sample pictures.
    pub(super) fn start_tour(&mut self) {
        let workspace = self.workspace.as_ref();
        if workspace.is_some_and(has_picture) {
            return self.tour.start();
        }
        self.tour.waits = true;
        match self.workspace {
            Some(_) => self.notifications.notify(tr!("tour-waits")),
            None => self.open_sample(),
        }
    }

    /// Draws the tour, if it is shown. It waits while something else is in front.
    pub(super) fn tour_ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let Some(workspace) = self.workspace.as_ref().filter(|workspace| {
            has_picture(workspace) && !workspace.is_scanning && !workspace.view.shows_dashboard
        }) else {
            return;
        };
        if self.dialog.is_some() || self.opening.is_some() {
            return;
        }
        if self.tour.waits {
            self.tour.start();
        }
        if let Some(picture) = workspace.session.current() {
            let boxes = workspace.session.boxes().iter();
            let judged = boxes.filter(|row| row.state != BoxState::Proposed);
            self.tour.follow((picture, judged.count()));
        }
        let mut state = std::mem::take(&mut self.tour);
        let event = tour::ui(context, &mut state, &self.places, &self.command_state());
        self.tour = state;
        let event = event.map(|event| match event {
            CardEvent::Next => Action::AdvanceTour,
            CardEvent::Skip => Action::EndTour,
        });
        actions.extend(event);
    }

    /// Goes to the next step of the tour.
    pub(super) fn advance_tour(&mut self) {
        if self.tour.advance() {
            self.end_tour();
        }
    }

    /// Ends the tour: it does not begin by itself again.
    pub(super) fn end_tour(&mut self) {
        self.tour.end();
        self.preferences.tour_waits = false;
        self.has_unsaved_preferences = true;
    }
}

fn has_picture(workspace: &Workspace) -> bool {
    workspace.session.current().is_some()
}
