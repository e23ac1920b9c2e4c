//! Finishes the review of a picture.

use super::state::Window;
use crate::app::command::Command;
use crate::app::i18n::tr;
use crate::document::{Annotation, BoxState};
use crate::store::StoreError;

impl Window {
    /// Marks the picture as done, with its proposals accepted or not, and shows the next one.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub(super) fn finish_picture(&mut self, command: Command) -> Result<(), StoreError> {
        let shows_next = self.preferences.advance_when_done;
        let Some(workspace) = &mut self.workspace else {
            return Ok(());
        };
        let hidden = workspace.session.hidden_proposals();
        if hidden > 0 {
            // Nobody can judge them without seeing them.
            self.notifications
                .notify(tr!("hidden-proposals", count = hidden));
            if command == Command::AcceptAll {
                workspace.session.accept_all_and_finish()?;
            }
            return Ok(());
        }
        let without_class = workspace.session.proposals_without_class();
        if command == Command::AcceptAll && !without_class.is_empty() {
            // The others are accepted, and these wait for their class.
            workspace.session.accept_all_and_finish()?;
            let left = workspace.session.proposals_without_class();
            if !left.is_empty() {
                let text = tr!("proposals-without-class", count = left.len());
                self.notifications.notify_about("without class", text);
                workspace.session.select(vec![left[0]]);
            }
            return Ok(());
        }
        let has = |state: fn(&Annotation) -> bool| workspace.session.boxes().iter().any(state);
        let is_undecided = has(|row| row.state == BoxState::Proposed);
        if is_undecided && workspace.view.are_boxes_hidden {
            self.notifications.notify(tr!("boxes-hidden"));
            return Ok(());
        }
        let would_be_empty =
            command != Command::AcceptAll && is_undecided && !has(Annotation::is_ground_truth);
        if would_be_empty && self.warned_about != workspace.session.current() {
            self.warned_about = workspace.session.current();
            let text = tr!("undecided-repeat-to-finish");
            self.notifications.notify_about("undecided", text);
            return Ok(());
        }
        let is_unprocessed =
            workspace.session.is_current_new() && workspace.session.visible().next().is_none();
        if command == Command::AcceptAll && is_unprocessed {
            let text = tr!("not-processed-nothing-to-accept");
            self.notifications.notify_about("unprocessed", text);
            return Ok(());
        }
        let current = workspace.session.current();
        if is_unprocessed && workspace.is_current_pending() && self.warned_about != current {
            self.warned_about = current;
            let text = tr!("not-processed-repeat-to-finish");
            self.notifications.notify_about("unprocessed", text);
            return Ok(());
        }
        let next = workspace.session.next_to_review();
        workspace.record_time();
        if command == Command::AcceptAll {
            workspace.session.accept_all_and_finish()?;
        } else {
            workspace.session.set_done(true)?;
        }
        let document = workspace.session.document();
        let current = workspace
            .session
            .current()
            .and_then(|id| document.picture(id));
        if let Some(row) = current.filter(|row| document.is_verified_empty(row.id)) {
            let text = tr!("verified-empty", picture = &*row.path);
            self.notifications.notify_about("verified empty", text);
        }
        match next {
            Some(next) if shows_next => workspace.session.show(next),
            Some(_) => {}
            None => self.notifications.notify(tr!("all-done-export")),
        }
        Ok(())
    }
}
