//! Finishes the review of a picture.

use super::state::Window;
use crate::app::command::Command;
use crate::app::dialogs::Dialog;
use crate::app::dialogs::undecided::UndecidedDialog;
use crate::app::i18n::tr;
use crate::app::session::UndecidedRule;
use crate::store::StoreError;

impl Window {
    /// Accepts boxes. If none is left to judge, marks the picture as done and shows the next one; a
    /// picture without any box is not done by this, because nobody says by it that it is empty.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub(super) fn accept(&mut self) -> Result<(), StoreError> {
        let Some(workspace) = &mut self.workspace else {
            return Ok(());
        };
        if workspace.session.accept()? {
            return Ok(());
        }
        if workspace.session.is_current_done() {
            self.show_next();
            return Ok(());
        }
        if workspace.session.has_ground_truth() {
            return self.finish_picture(Command::MarkDone);
        }
        let text = if workspace.session.is_current_new() {
            tr!("not-processed-nothing-to-accept")
        } else {
            tr!("nothing-to-accept")
        };
        self.notifications.notify_about("nothing to accept", text);
        Ok(())
    }

    /// Marks the picture as done, with its proposals accepted or not, and shows the next one.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub(super) fn finish_picture(&mut self, command: Command) -> Result<(), StoreError> {
        let Some(workspace) = &mut self.workspace else {
            return Ok(());
        };
        let session = &mut workspace.session;
        let accepts_all = command == Command::AcceptAll;
        let hidden = session.hidden_proposals();
        if hidden > 0 {
            // Nobody can judge them without seeing them.
            self.notifications
                .notify(tr!("hidden-proposals", count = hidden));
            if accepts_all {
                session.accept_all_and_finish()?;
            }
            return Ok(());
        }
        if accepts_all && !session.proposals_without_class().is_empty() {
            // The others are accepted, and these wait for their class.
            session.accept_all_and_finish()?;
            let left = session.proposals_without_class();
            if !left.is_empty() {
                let text = tr!("proposals-without-class", count = left.len());
                self.notifications.notify_about("without class", text);
                session.select(vec![left[0]]);
            }
            return Ok(());
        }
        let undecided = session.undecided();
        if undecided > 0 && workspace.view.are_boxes_hidden {
            self.notifications.notify(tr!("boxes-hidden"));
            return Ok(());
        }
        if undecided > 0 && !accepts_all {
            match session.undecided_rule() {
                None => {
                    self.dialog = Some(Dialog::Undecided(UndecidedDialog::before_finishing()));
                    return Ok(());
                }
                Some(UndecidedRule::Leave) => {
                    session.leave_in_review()?;
                    workspace.record_time();
                    self.show_next();
                    return Ok(());
                }
                Some(UndecidedRule::Reject) => {}
            }
        }
        let is_unprocessed = session.is_current_new() && session.visible().next().is_none();
        if accepts_all && is_unprocessed {
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
        workspace.record_time();
        if accepts_all {
            workspace.session.accept_all_and_finish()?;
        } else {
            workspace.session.set_done(true)?;
        }
        let document = workspace.session.document();
        let current = current.and_then(|id| document.picture(id));
        if let Some(row) = current.filter(|row| document.is_verified_empty(row.id)) {
            let text = tr!("verified-empty", picture = &*row.path);
            self.notifications.notify_about("verified empty", text);
        }
        if self.preferences.advance_when_done || workspace.session.next_to_review().is_none() {
            self.show_next();
        }
        Ok(())
    }

    /// Shows the next picture to review, or says that there is none.
    fn show_next(&mut self) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        match workspace.session.next_to_review() {
            Some(next) => workspace.session.show(next),
            None => self.notifications.notify(tr!("all-done-export")),
        }
    }
}
