//! What is done about actions and commands.

use egui::{Context, ViewportCommand};

use super::keys::focus_next_panel;
use super::{Window, counted};
use crate::app::action::{Action, ClassAction};
use crate::app::canvas::CanvasCommand;
use crate::app::command::Command;
use crate::app::dialogs::{Dialog, exchange};
use crate::app::keymap::Keymap;
use crate::app::preferences::{CanvasOptions, Theme};
use crate::app::session::SelectionChange;
use crate::app::workers::events::{EventSender, FilePurpose};
use crate::app::workers::{exchanger, file_dialog, opener};
use crate::app::workspace::{ModelState, Workspace};
use crate::document::{Edit, EditError, ops};
use crate::store::StoreError;

/// Gestures of colours, apart from those of keys.
const RECOLOUR_GESTURE: u64 = 1 << 63;
/// How much the keys move the threshold.
const THRESHOLD_STEP: f32 = 0.02;

impl Window {
    pub(super) fn perform(&mut self, context: &Context, action: Action) {
        if let Err(error) = self.try_perform(context, action) {
            self.notifications.problem(error.to_string());
        }
    }

    fn try_perform(&mut self, context: &Context, action: Action) -> Result<(), StoreError> {
        match action {
            Action::Command(command) => return self.command(context, command),
            Action::Open(path) => self.open(path),
            Action::Ask(purpose) => file_dialog::show(purpose, self.event_sender.clone()),
            Action::CloseDialog => self.dialog = None,
            Action::ClearProblems => self.notifications.clear_problems(),
            Action::UseModel(model) => self.use_model(model),
            Action::UseQuality(quality) => {
                self.change_model_settings(|model_settings| model_settings.quality = quality);
            }
            Action::Look(_)
            | Action::Theme(_)
            | Action::Scale(_)
            | Action::Keys(..)
            | Action::ResetShortcuts
            | Action::SetAdvanceWhenDone(_)
            | Action::SetProposeOnOpen(_)
            | Action::ForgetRecent(_) => self.set_preference(context, action),
            Action::UseLearned(choice) => {
                if let Some(workspace) = &mut self.workspace
                    && let Some(text) = workspace.choose_proposal_source(choice)?
                {
                    self.notifications.notify_about("learning", text);
                }
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

    /// A preference is another one.
    fn set_preference(&mut self, context: &Context, action: Action) {
        let preferences = &mut self.preferences;
        match action {
            Action::Look(look) => preferences.canvas = look,
            Action::Theme(theme) => {
                preferences.theme = theme;
                context.set_theme(theme);
            }
            Action::Scale(scale) => {
                preferences.scale = scale;
                context.set_zoom_factor(scale);
            }
            Action::Keys(command, keys) => preferences.keymap.set(command, keys),
            Action::ResetShortcuts => preferences.keymap = Keymap::default(),
            Action::SetAdvanceWhenDone(goes_on) => preferences.goes_on_when_done = goes_on,
            Action::SetProposeOnOpen(at_once) => preferences.proposes_at_once = at_once,
            Action::ForgetRecent(path) => preferences.recent.retain(|other| *other != path),
            _ => {}
        }
        self.has_unsaved_preferences = true;
    }

    fn look(&mut self, context: &Context, change: impl FnOnce(&mut CanvasOptions)) {
        let mut look = self.preferences.canvas;
        change(&mut look);
        self.set_preference(context, Action::Look(look));
    }

    fn command(&mut self, context: &Context, command: Command) -> Result<(), StoreError> {
        use Command as C;
        if !self.offer().is_enabled(command) {
            return Ok(());
        }
        match command {
            C::OpenFolder => file_dialog::show(FilePurpose::OpenFolder, self.event_sender.clone()),
            C::OpenProject => {
                file_dialog::show(FilePurpose::OpenProject, self.event_sender.clone())
            }
            C::ChooseModel => file_dialog::show(FilePurpose::Model, self.event_sender.clone()),
            C::EmbeddedModel => self.use_model(None),
            C::OpenSample => self.open_sample(),
            C::CloseProject => self.close_project(),
            C::Quit => context.send_viewport_cmd(ViewportCommand::Close),
            C::Save => self
                .notifications
                .notify("Everything is saved, and was as it happened"),
            C::LightTheme => self.set_preference(context, Action::Theme(Theme::Light)),
            C::DarkTheme => self.set_preference(context, Action::Theme(Theme::Dark)),
            C::SystemTheme => self.set_preference(context, Action::Theme(Theme::System)),
            C::Labels => self.look(context, |look| look.labels = !look.labels),
            C::Crosshair => self.look(context, |look| look.crosshair = !look.crosshair),
            C::Rulers => self.look(context, |look| look.rulers = !look.rulers),
            C::KeepView => self.look(context, |look| look.keep_view = !look.keep_view),
            C::Grid => self.look(context, |look| look.thumbnails = !look.thumbnails),
            C::PictureSettings => self.shows_adjustment = !self.shows_adjustment,
            C::Palette => self.dialog = Some(Dialog::Palette(Default::default())),
            C::Help => self.dialog = Some(Dialog::Help(Default::default())),
            C::Settings => self.dialog = Some(Dialog::Settings(Default::default())),
            C::Problems => self.dialog = Some(Dialog::Problems),
            C::NextPanel => focus_next_panel(context),
            C::Import => self.dialog = Some(Dialog::Import(Default::default())),
            C::Tags => self.dialog = Some(Dialog::Tags(Default::default())),
            C::ChangeClass => self.dialog = Some(Dialog::ClassPicker(Default::default())),
            C::ClassNames => {
                if let Some(workspace) = &mut self.workspace {
                    workspace.request_class_tally();
                    self.dialog = Some(Dialog::ClassNames(Default::default()));
                }
            }
            C::Export => {
                let session = self.workspace.as_ref().map(|workspace| &workspace.session);
                self.dialog = session.map(|session| Dialog::Export(exchange::Export::new(session)));
            }
            C::Refresh => {
                if let Some(workspace) = self
                    .workspace
                    .as_mut()
                    .filter(|workspace| !workspace.is_scanning)
                {
                    workspace.is_scanning = true;
                    workspace.session.clear_unreadable();
                    let project = workspace.session.project().path().to_owned();
                    opener::rescan(project, self.event_sender.about(workspace.id));
                }
            }
            C::LearnClasses => self.learn_classes(),
            C::Done | C::AcceptAll => self.finish_picture(command)?,
            command => {
                if let Some(workspace) = &mut self.workspace
                    && let Some(text) = run_workspace_command(workspace, command, context)?
                {
                    let topic = match command {
                        C::Undo | C::Redo => "history",
                        C::RaiseThreshold | C::LowerThreshold => "threshold",
                        C::LearnNow | C::MoreLikeThis => "learning",
                        _ => "",
                    };
                    self.notifications.notify_about(topic, text);
                }
            }
        }
        Ok(())
    }

    /// Marks the picture as done, perhaps with all its proposals, and goes on.
    fn finish_picture(&mut self, command: Command) -> Result<(), StoreError> {
        let goes_on = self.preferences.goes_on_when_done;
        let Some(workspace) = &mut self.workspace else {
            return Ok(());
        };
        let hidden = workspace.session.hidden_proposals();
        if hidden > 0 {
            // They would be judged unseen.
            self.notifications.notify(format!(
                "{hidden} proposals of hidden classes wait: show all classes before you finish this picture"
            ));
            if command == Command::AcceptAll {
                workspace.session.accept_all_and_finish()?;
            }
            return Ok(());
        }
        let is_unseen =
            workspace.session.is_current_new() && workspace.session.visible().next().is_none();
        if command == Command::AcceptAll && is_unseen {
            let text = "There is nothing to accept: the model has not looked at this picture yet";
            self.notifications.notify_about("unseen", text);
            return Ok(());
        }
        let current = workspace.session.current();
        if is_unseen && workspace.is_current_pending() && self.warned_about != current {
            self.warned_about = current;
            let text =
                "The model has not looked at this picture yet: do it again to mark it as empty";
            self.notifications.notify_about("unseen", text);
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
            let text = format!("Verified empty: {}", row.path);
            self.notifications.notify_about("verified empty", text);
        }
        match next {
            Some(next) if goes_on => workspace.session.show(next),
            Some(_) => {}
            None => self
                .notifications
                .notify("All pictures of this list are done: export them from the File menu"),
        }
        Ok(())
    }
}

/// Does what concerns the open project.
fn perform_on_workspace(
    workspace: &mut Workspace,
    event_sender: &EventSender,
    action: Action,
) -> Result<(), StoreError> {
    let session = &mut workspace.session;
    match action {
        Action::Show(picture) => session.show(picture),
        Action::List(query) => session.set_query(query),
        Action::SelectionChange(pick) => session.change_list_selection(pick),
        Action::Tag(category, is_present) => {
            session.tag(category, is_present)?;
        }
        Action::TagByName(name) => {
            session.tag_named(&name)?;
        }
        Action::Select(_) | Action::AddToSelection(_) if workspace.view.are_boxes_hidden => {}
        Action::Select(ids) => session.select(ids),
        Action::AddToSelection(ids) => session.extend_selection(&ids),
        Action::ToggleInSelection(ids) => session.toggle_selected(&ids),
        Action::Draw(picture, bbox) => session.draw(picture, bbox)?,
        Action::MoveEdges {
            by,
            moves_upper_left,
            is_held,
        } => session.nudge_edges(by, moves_upper_left, is_held)?,
        Action::Reshape(rects) => session.reshape(&rects)?,
        Action::Nudge([dx, dy], is_held) => session.nudge(dx, dy, is_held)?,
        Action::ChooseClass(category) => session.assign_class(category)?,
        Action::ChooseClassByName(name) => session.assign_class_named(&name)?,
        Action::Class(change) => change_class(workspace, change)?,
        Action::MapClassNames(changes) => workspace.map_classes(&changes)?,
        Action::RemoveEmptyRenamedClasses => {
            session.commit("remove classes", |document| {
                Ok(ops::remove_unused_model_categories(document))
            })?;
        }
        Action::Propose(proposing, is_final) => {
            workspace.change_proposal_settings(proposing, is_final)?
        }
        Action::CancelLearning => workspace.cancel_learning(),
        Action::CancelTraining => workspace.tag_training = None,
        Action::SetAutomaticLearning(is_automatic) => workspace.set_automatic(is_automatic)?,
        Action::Adjust(adjustment) => workspace.view.adjustment = adjustment,
        Action::Import(path, mode) => {
            workspace.exchange = Some("Importing…");
            workspace.defers_writes = true;
            let project = session.project().path().to_owned();
            exchanger::import(project, path, mode, event_sender.clone());
        }
        Action::Export(options, path) => {
            workspace.exchange = Some("Exporting…");
            let project = session.project().path().to_owned();
            exchanger::export(project, *options, path, event_sender.clone());
        }
        _ => {}
    }
    Ok(())
}

fn change_class(workspace: &mut Workspace, change: ClassAction) -> Result<(), StoreError> {
    let session = &mut workspace.session;
    match change {
        ClassAction::Add(name) => {
            session.ensure_class(&name)?;
        }
        ClassAction::Rename(id, name) => {
            session.commit("rename a class", |document| {
                ops::rename_category(document, id, &name)
            })?;
        }
        ClassAction::Merge { from, into } => {
            session.commit("merge classes", |document| {
                ops::merge_categories(document, from, into)
            })?;
        }
        ClassAction::Recolour(id, colour) => {
            // While the colour is being looked for, that is one step.
            let gesture = RECOLOUR_GESTURE | u64::from(id.0);
            session.commit_in_gesture("recolour a class", Some(gesture), |document| {
                ops::recolour_category(document, id, colour)
            })?;
        }
        ClassAction::Hotkey(id, key) => {
            session.commit("change the key of a class", |document| {
                ops::set_hotkey(document, id, key)
            })?;
        }
        ClassAction::Move(id, by) => {
            session.commit("reorder classes", |document| {
                let mut order: Vec<_> = document.categories().map(|row| row.id).collect();
                let at = order.iter().position(|other| *other == id);
                let at = at.ok_or(EditError::UnknownCategory(id))?;
                let to = at.saturating_add_signed(by).min(order.len() - 1);
                let moved = order.remove(at);
                order.insert(to, moved);
                Ok(Edit::CategoryOrder(order))
            })?;
        }
        ClassAction::Delete(id) => {
            session.commit("delete a class", |document| {
                ops::delete_category(document, id)
            })?;
        }
        ClassAction::ToggleHidden(id) => session.toggle_hidden(id),
        ClassAction::Solo(id) => session.solo(id),
    }
    Ok(())
}

/// Does a command that concerns the open project alone; what is to be said about it.
fn run_workspace_command(
    workspace: &mut Workspace,
    command: Command,
    context: &Context,
) -> Result<Option<String>, StoreError> {
    use Command as C;
    let wish = match command {
        C::Fit => Some(CanvasCommand::Fit),
        C::FitWidth => Some(CanvasCommand::FitWidth),
        C::ActualSize => Some(CanvasCommand::ActualSize),
        C::ZoomIn => Some(CanvasCommand::ZoomIn),
        C::ZoomOut => Some(CanvasCommand::ZoomOut),
        C::ZoomToBox => Some(CanvasCommand::ZoomToBox),
        _ => None,
    };
    if let Some(wish) = wish {
        workspace
            .view
            .canvas
            .wish(wish, &workspace.session, context.pixels_per_point());
        return Ok(None);
    }
    if workspace.view.are_boxes_hidden
        && matches!(command, C::SelectAll | C::NextBox | C::PreviousBox)
    {
        return Ok(Some("Boxes are hidden".to_owned()));
    }
    if matches!(command, C::Undo | C::Redo) {
        workspace.end_search();
    }
    let session = &mut workspace.session;
    match command {
        C::Undo => return Ok(session.undo()?.map(|label| format!("Undone: {label}"))),
        C::Redo => return Ok(session.redo()?.map(|label| format!("Redone: {label}"))),
        C::Copy => {
            let number = session.copy();
            // Systems tell of a paste only where there is something to paste.
            context.copy_text(format!("{number} boxes of Tsukami"));
            return Ok(Some(format!("Copied {}", counted(number, "box", "boxes"))));
        }
        C::Paste => {
            session.paste()?;
        }
        C::Duplicate => {
            session.duplicate()?;
        }
        C::CopyFromPrevious => {
            let number = session.copy_from_previous()?;
            let text = "The picture before this one has no boxes that are not here already";
            return Ok((number == 0).then(|| text.to_owned()));
        }
        C::SelectAll => {
            let all = session.visible().map(|row| row.id).collect();
            session.select(all);
        }
        C::Delete => {
            session.delete()?;
        }
        C::Lock => session.toggle_locked(),
        C::NextPicture | C::PreviousPicture | C::FirstPicture | C::LastPicture => {
            let step = match command {
                C::NextPicture => 1,
                C::PreviousPicture => -1,
                C::FirstPicture => isize::MIN,
                _ => isize::MAX,
            };
            if let Some(picture) = session.neighbour(step) {
                session.show(picture);
            }
        }
        C::NextToReview => match session.next_to_review() {
            Some(picture) => session.show(picture),
            None => return Ok(Some("All pictures of this list are done".to_owned())),
        },
        C::Reopen => session.set_done(false)?,
        C::PickAll => session.change_list_selection(SelectionChange::All),
        C::Draw => workspace
            .view
            .view
            .canvas
            .set_draw_mode(!workspace.view.canvas.draws()),
        C::NextBox => session.select_next(1),
        C::PreviousBox => session.select_next(-1),
        C::Accept => {
            let is_left = session.accept()?;
            return Ok((!is_left).then(|| "No proposal is left to accept".to_owned()));
        }
        C::Reject => {
            let number = session.reject()?;
            return Ok((number == 0).then(|| "No proposal is left to reject".to_owned()));
        }
        C::Crowd => session.toggle_flag("crowd", |flags| &mut flags.crowd)?,
        C::Difficult => session.toggle_flag("difficult", |flags| &mut flags.difficult)?,
        C::Occluded => session.toggle_flag("occluded", |flags| &mut flags.occluded)?,
        C::Truncated => session.toggle_flag("truncated", |flags| &mut flags.truncated)?,
        C::ProposePicture => {
            if session.is_current_done() {
                let text = "This picture is done: reopen it for new proposals";
                return Ok(Some(text.to_owned()));
            }
            if let ModelState::Failed(reason) = &workspace.proposing.model {
                return Ok(Some(reason.clone()));
            }
            workspace.propose_current();
        }
        C::ProposeAll => {
            if let ModelState::Failed(reason) = &workspace.proposing.model {
                return Ok(Some(reason.clone()));
            }
            if workspace.propose_all(false) == 0 {
                return Ok(Some("Every picture is done".to_owned()));
            }
        }
        C::PauseProposing => workspace.toggle_pause(),
        C::CancelProposing => {
            let left = workspace.cancel_proposing();
            return Ok(Some(format!(
                "Stopped; {} have no new proposals",
                counted(left, "picture", "pictures")
            )));
        }
        C::LearnNow => return Ok(workspace.learn_now()),
        C::MoreLikeThis => return Ok(workspace.more_like_selected()),
        C::RaiseThreshold | C::LowerThreshold if workspace.learning.active_state().is_some() => {
            let text = "Learned boxes are in use: they know no threshold";
            return Ok(Some(text.to_owned()));
        }
        C::RaiseThreshold | C::LowerThreshold => {
            let mut proposing = session.proposal_settings().clone();
            let step = if command == C::RaiseThreshold {
                THRESHOLD_STEP
            } else {
                -THRESHOLD_STEP
            };
            let threshold = (proposing.effective_threshold() + step).clamp(0.05, 0.95);
            proposing.threshold = Some((threshold * 100.0).round() / 100.0);
            workspace.change_proposal_settings(proposing, true)?;
            return Ok(Some(format!("Threshold {:.0} %", threshold * 100.0)));
        }
        C::HideBoxes => {
            workspace.view.are_boxes_hidden = !workspace.view.are_boxes_hidden;
            // What cannot be seen cannot be changed by accident.
            workspace.session.select(Vec::new());
        }
        C::HeatMap => {
            workspace.view.shows_heat_map = !workspace.view.shows_heat_map;
            let picture = workspace.session.current();
            let has_maps = picture.is_some_and(|picture| workspace.maps_of(picture).is_some());
            if workspace.view.shows_heat_map && !has_maps {
                return Ok(Some(
                    "The model has not looked at this picture yet: let it propose first".to_owned(),
                ));
            }
        }
        C::Dashboard => workspace.view.shows_dashboard = !workspace.view.shows_dashboard,
        _ => {}
    }
    Ok(None)
}
