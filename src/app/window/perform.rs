//! Performs actions.

use egui::Context;

use super::class_actions::change_class;
use super::pending::AfterPoll;
use super::problem_text::problem_text;
use super::state::Window;
use crate::app::action::{Action, ClassAction};
use crate::app::command::Command;
use crate::app::dialogs::Dialog;
use crate::app::dialogs::delete_classes::DeleteClassesDialog;
use crate::app::i18n::tr;
use crate::app::workers::events::{EventSender, ExchangeKind};
use crate::app::workers::{class_list, import_export};
use crate::app::workspace::Workspace;
use crate::document::PictureId;
use crate::store::StoreError;

impl Window {
    /// Performs an action. If it fails, the problem is shown.
    pub(super) fn perform(&mut self, context: &Context, action: Action) {
        let draws = matches!(
            action,
            Action::AddBox(..) | Action::PlaceBox(..) | Action::TakeOffer
        );
        match self.try_perform(context, action) {
            Ok(()) if draws => self.ask_class_of_new_box(),
            Ok(()) => {}
            Err(error) => self.notifications.problem(problem_text(&error)),
        }
        if let Some(workspace) = &mut self.workspace
            && workspace.view.are_boxes_hidden
        {
            // Whatever has selected them: boxes that are not visible cannot be changed by accident.
            workspace.session.select(Vec::new());
        }
    }

    fn try_perform(&mut self, context: &Context, action: Action) -> Result<(), StoreError> {
        match action {
            Action::Command(command) => return self.run_command(context, command),
            Action::Repeat(command) => return self.repeat_command(context, command),
            Action::Open(path) => self.open(path),
            Action::ChooseFile(purpose) => self.choose_file(purpose),
            Action::AdvanceTour => self.advance_tour(),
            Action::EndTour => self.end_tour(),
            Action::CloseDialog => self.dialog = None,
            Action::ClearProblems => self.notifications.clear_problems(),
            Action::MarkProblemsRead => self.notifications.mark_read(),
            Action::DismissToast(text) => self.notifications.dismiss(&text),
            Action::UseModel(model) => self.use_model(model),
            Action::UseQuality(quality) => {
                self.change_model_settings(|settings| settings.quality = quality);
            }
            Action::UseDetector(uses_detector) => {
                self.change_model_settings(|settings| settings.uses_detector = uses_detector);
            }
            Action::SetCanvasOptions(_)
            | Action::SetPanelOptions(_)
            | Action::SetTheme(_)
            | Action::SetScale(_)
            | Action::SetShortcuts(..)
            | Action::ResetShortcuts
            | Action::SetAdvanceWhenDone(_)
            | Action::SetProposeOnOpen(_)
            | Action::SetProposeOnArrival(_)
            | Action::SetPrepareFitting(_)
            | Action::SetAskClass(_)
            | Action::ForgetRecent(_)
            | Action::ClearRecent => self.set_preference(context, action),
            Action::UseLearned(source) => {
                if let Some(workspace) = &mut self.workspace
                    && let Some(text) = workspace.choose_proposal_source(source)?
                {
                    self.notifications.notify_about("learning", text);
                }
            }
            Action::SetUndecidedRule(rule, finishes) => {
                if let Some(workspace) = &mut self.workspace {
                    workspace.session.set_undecided_rule(rule);
                }
                if finishes {
                    return self.finish_picture(Command::MarkDone);
                }
            }
            Action::Propagate(number) => {
                self.propagated = number;
                if let Some(workspace) = &mut self.workspace {
                    let count = workspace.session.propagate(number)?;
                    self.notifications.notify(tr!("propagated", count = count));
                }
            }
            Action::AskToDeleteClasses(ids) => {
                if let Some(workspace) = &mut self.workspace {
                    let is_used = workspace.session.document().usage_of(&ids).pictures > 0;
                    if !is_used && ids.len() == 1 {
                        return change_class(workspace, ClassAction::Delete(ids));
                    }
                    self.dialog = Some(Dialog::DeleteClasses(DeleteClassesDialog::new(ids)));
                }
            }
            Action::ReadClassList(path) => {
                if let Some(workspace) = &self.workspace {
                    class_list::read(path, self.event_sender.about(workspace.id));
                }
            }
            Action::RetrySaving => {
                if let Some(workspace) = &self.workspace {
                    workspace.session.project().retry();
                }
            }
            Action::SaveCopy(path) => self.save_copy(&path),
            Action::CancelClosing => self.closing.then = None,
            Action::CloseWithoutSaving => self.close_without_saving(),
            Action::ProposeNext(count) => {
                self.preferences.propose_next = count;
                self.has_unsaved_preferences = true;
                if let Some(workspace) = &mut self.workspace {
                    workspace.propose_next(count);
                }
            }
            Action::TakeOffer => {
                if let Some(workspace) = &mut self.workspace
                    && let Some(text) = workspace.take_offer()?
                {
                    self.notifications.notify_about("fit", text);
                }
            }
            Action::CompareWithoutLearning => {
                if let Some(workspace) = &mut self.workspace {
                    let events = self.event_sender.about(workspace.id);
                    if let Some(text) = workspace.compare_without_learning(events) {
                        self.notifications.notify_about("comparison", text);
                    }
                }
            }
            Action::TakeDifference(place) => {
                if let Some(workspace) = &mut self.workspace
                    && let Some(text) = workspace.take_difference(Some(place))?
                {
                    self.notifications.notify_about("comparison", text);
                }
            }
            Action::Import(paths, options)
                if self
                    .workspace
                    .as_ref()
                    .is_some_and(|workspace| workspace.session.project().is_draft()) =>
            {
                if let Some(workspace) = &self.workspace {
                    workspace.session.check_writable()?;
                    workspace.session.project().create_file();
                }
                self.after_poll(AfterPoll::Import(paths, options));
            }
            action => {
                if let Some(workspace) = &mut self.workspace {
                    let event_sender = self.event_sender.about(workspace.id);
                    return perform_on_workspace(workspace, &event_sender, action);
                }
            }
        }
        Ok(())
    }
}

/// Performs an action that concerns the workspace only.
fn perform_on_workspace(
    workspace: &mut Workspace,
    event_sender: &EventSender,
    action: Action,
) -> Result<(), StoreError> {
    let session = &mut workspace.session;
    match action {
        Action::RetryModel => workspace.retry_model(),
        Action::ProposeOutdated => {
            workspace.propose_outdated();
        }
        Action::Reload(picture) => workspace.reload(picture),
        Action::Show(picture) => session.show(picture),
        Action::SetQuery(query) => session.set_query(query),
        Action::SelectPictures(change) => session.change_list_selection(change),
        Action::SetTag(category, is_present) => {
            session.tag(category, is_present)?;
        }
        Action::TagByName(name) => {
            session.tag_named(&name)?;
        }
        Action::Select(ids) => session.select(ids),
        Action::AddToSelection(ids) => session.extend_selection(&ids),
        Action::ToggleInSelection(ids) => session.toggle_selected(&ids),
        Action::AddBox(picture, bbox) => workspace.draw(picture, bbox)?,
        Action::PlaceBox(picture, bbox) => {
            session.draw(picture, bbox)?;
        }
        Action::PointAt(points) => workspace.point_at(points),
        Action::StepOffer { by, wraps } => workspace.step_offer(by, wraps),
        Action::SetSnap(snap) => workspace.set_snap(snap)?,
        Action::MoveEdges {
            by,
            moves_upper_left,
            is_held,
        } => session.nudge_edges(by, moves_upper_left, is_held)?,
        Action::Reshape(rects) => session.reshape(&rects)?,
        Action::Nudge([dx, dy], is_held) => session.nudge(dx, dy, is_held)?,
        Action::AcceptBoxes(ids) => session.accept_boxes(&ids)?,
        Action::ReclassBoxes(ids, class) => session.reclass_boxes(&ids, class)?,
        Action::DeleteBoxes(ids) => session.delete_boxes(&ids)?,
        Action::SetAttribute(name, value) => session.set_attribute(&name, value.as_ref())?,
        Action::DefineAttributes(definitions) => session.define_attributes(definitions)?,
        Action::SetBoxOrder(order) => session.set_box_order(order),
        Action::ChooseClass(category) => session.assign_class(category)?,
        Action::ChooseClassByName(name) => session.assign_class_named(&name)?,
        Action::Class(action) => change_class(workspace, action)?,
        Action::MapClassNames(changes) => workspace.map_classes(&changes)?,
        Action::SetProposalSettings(settings, is_final) => {
            workspace.change_proposal_settings(settings, is_final)?;
        }
        Action::CancelLearning => workspace.cancel_learning(),
        Action::CancelTraining => workspace.class_head_training = None,
        Action::SetAutomaticLearning(is_automatic) => workspace.set_automatic(is_automatic)?,
        Action::SetAdjustment(adjustment) => workspace.view.adjustment = adjustment,
        Action::SetHeatMapClass(class) => workspace.view.heat_map_class = class,
        Action::ShowThumbnails(pictures) => show_thumbnails(workspace, &pictures),
        Action::Import(paths, options) => {
            session.check_writable()?;
            workspace.exchange.begin(ExchangeKind::Import);
            let project = session.project().path().to_owned();
            import_export::import(project, paths, options, event_sender.clone());
        }
        Action::CompareWithFile(path) => workspace.compare_with_file(path, event_sender.clone()),
        Action::Export(options, path) => {
            if let Some(reason) = session.project().paused() {
                let reason = reason.to_owned();
                return Err(StoreError::Paused { reason });
            }
            if session.project().has_unwritten() {
                // It reads the file.
                workspace.waiting_exports.push((options, path));
                return Ok(());
            }
            workspace.exchange.begin(ExchangeKind::Export);
            let project = session.project().path().to_owned();
            import_export::export(project, *options, path, event_sender.clone());
        }
        _ => {}
    }
    Ok(())
}

/// Keeps the thumbnails that the list shows, and requests those that do not exist yet.
fn show_thumbnails(workspace: &mut Workspace, pictures: &[PictureId]) {
    for picture in pictures {
        if !workspace.view.textures.touch_thumbnail(*picture) {
            workspace.request_thumbnail(*picture);
        }
    }
}
