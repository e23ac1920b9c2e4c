//! Runs commands.

use egui::{Context, ViewportCommand};

use super::keys::focus_next_panel;
use super::pending::AfterClosing;
use super::state::Window;
use super::workspace_commands;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::dialogs::Dialog;
use crate::app::dialogs::attributes::AttributesDialog;
use crate::app::dialogs::change_boxes::ChangeBoxesDialog;
use crate::app::dialogs::export::ExportDialog;
use crate::app::dialogs::go_to::GoToDialog;
use crate::app::dialogs::propagate::PropagateDialog;
use crate::app::dialogs::propose_next::ProposeNextDialog;
use crate::app::dialogs::undecided::UndecidedDialog;
use crate::app::i18n::tr;
use crate::app::panels::picture_list;
use crate::app::preferences::Theme;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::export_planner::ExportPlanner;
use crate::app::workers::opener;
use crate::store::{LiveProject, StoreError};

impl Window {
    /// Runs a command again because its key is held: what changes boxes then belongs to the step that
    /// the key press began.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub(super) fn repeat_command(
        &mut self,
        context: &Context,
        command: Command,
    ) -> Result<(), StoreError> {
        let is_enabled = self.command_state().is_enabled(command);
        if let Some(workspace) = &mut self.workspace
            && let Some(steps) = workspace_commands::growth(command)
            && is_enabled
        {
            return workspace.session.grow(steps, true);
        }
        self.run_command(context, command)
    }

    /// Runs a command, unless it is not enabled.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub(super) fn run_command(
        &mut self,
        context: &Context,
        command: Command,
    ) -> Result<(), StoreError> {
        use Command as C;
        if !self.command_state().is_enabled(command) {
            return Ok(());
        }
        match command {
            C::OpenFolder => self.choose_file(FilePurpose::OpenFolder),
            C::OpenProject => self.choose_file(FilePurpose::OpenProject),
            C::ChooseModel => self.choose_file(FilePurpose::Model),
            C::EmbeddedModel => self.use_model(None),
            C::OpenSample => self.open_sample(),
            C::CloseProject => self.begin_closing(AfterClosing::Welcome),
            C::Quit => context.send_viewport_cmd(ViewportCommand::Close),
            C::Save => {
                let workspace = self.workspace.as_ref();
                let project = workspace.map(|workspace| workspace.session.project());
                let text = match project.and_then(LiveProject::saving_since) {
                    Some(_) => tr!("saving"),
                    None => tr!("saved"),
                };
                self.notifications.notify_about("saving", text);
            }
            C::LightTheme => self.set_preference(context, Action::SetTheme(Theme::Light)),
            C::DarkTheme => self.set_preference(context, Action::SetTheme(Theme::Dark)),
            C::SystemTheme => self.set_preference(context, Action::SetTheme(Theme::System)),
            C::Labels => self.change_canvas_options(|options| options.labels = !options.labels),
            C::Crosshair => {
                self.change_canvas_options(|options| options.crosshair = !options.crosshair);
            }
            C::Rulers => self.change_canvas_options(|options| options.rulers = !options.rulers),
            C::KeepView => {
                self.change_canvas_options(|options| options.keep_view = !options.keep_view);
            }
            C::Thumbnails => {
                self.change_canvas_options(|options| options.thumbnails = !options.thumbnails);
            }
            C::HidePanels => {
                let mut panels = self.preferences.panels;
                panels.are_hidden = !panels.are_hidden;
                self.set_preference(context, Action::SetPanelOptions(panels));
            }
            C::BrightnessAndContrast => self.shows_adjustment = !self.shows_adjustment,
            C::CommandPalette => self.dialog = Some(Dialog::CommandPalette(Default::default())),
            C::Help => self.dialog = Some(Dialog::Help(Default::default())),
            C::Settings => self.dialog = Some(Dialog::Settings(Default::default())),
            C::Tour => self.start_tour(),
            C::About => self.dialog = Some(Dialog::About),
            C::Problems => self.dialog = Some(Dialog::Problems),
            C::NextPanel => {
                let card = self.tour.step().and(self.tour.button);
                focus_next_panel(context, card);
            }
            C::Import => self.dialog = Some(Dialog::Import(Default::default())),
            C::TagPictures => self.dialog = Some(Dialog::Tags(Default::default())),
            C::ChangeClass => self.pick_class(),
            C::ChooseLabels => self.classes.ask_labels(),
            C::Accept if self.must_pick_class() => self.pick_class(),
            C::AcceptAbove => self.dialog = Some(Dialog::AcceptAbove(Default::default())),
            C::ChangeBoxes => {
                let session = self.workspace.as_ref().map(|workspace| &workspace.session);
                let dialog = session.map(ChangeBoxesDialog::new);
                self.dialog = dialog.map(Dialog::ChangeBoxes);
            }
            C::Attributes => {
                let session = self.workspace.as_ref().map(|workspace| &workspace.session);
                let dialog = session.map(AttributesDialog::new);
                self.dialog = dialog.map(Dialog::Attributes);
            }
            C::ProposeNext => {
                let count = self.preferences.propose_next;
                self.dialog = Some(Dialog::ProposeNext(ProposeNextDialog::new(count)));
            }
            C::ClassNames => self.dialog = Some(Dialog::ClassNames(Default::default())),
            C::Export => {
                self.dialog = self.workspace.as_ref().map(|workspace| {
                    let session = &workspace.session;
                    let project = session.project().path().to_owned();
                    let events = self.event_sender.about(workspace.id);
                    let planner = ExportPlanner::new(project, &events);
                    Dialog::Export(Box::new(ExportDialog::new(session, planner)))
                });
            }
            C::RescanFolder => {
                if let Some(workspace) = &mut self.workspace
                    && !workspace.is_scanning
                {
                    workspace.session.check_writable()?;
                    let project = workspace.session.project();
                    if project.is_draft() {
                        // There may be pictures by now.
                        let folder = project.root().to_owned();
                        self.begin_opening(folder, false);
                        return Ok(());
                    }
                    workspace.is_scanning = true;
                    workspace.session.clear_unreadable();
                    let project = workspace.session.project().path().to_owned();
                    opener::rescan(project, self.event_sender.about(workspace.id));
                }
            }
            C::CompareBoxes => match &mut self.workspace {
                Some(workspace) if workspace.comparing.is_some() => workspace.comparing = None,
                _ => self.dialog = Some(Dialog::Compare(Default::default())),
            },
            C::GoTo => {
                let session = self.workspace.as_ref().map(|workspace| &workspace.session);
                self.dialog = session.map(|session| Dialog::GoTo(GoToDialog::new(session)));
            }
            C::SearchPictures => {
                context.memory_mut(|memory| memory.request_focus(picture_list::search_id()));
            }
            C::Propagate => {
                self.dialog = Some(Dialog::Propagate(PropagateDialog::new(self.propagated)));
            }
            C::UndecidedProposals => {
                self.dialog = Some(Dialog::Undecided(UndecidedDialog::to_change()));
            }
            C::KeepDrawing => {
                self.change_canvas_options(|options| options.keep_drawing = !options.keep_drawing);
            }
            C::LearnClasses => self.learn_classes(),
            C::Accept => self.accept()?,
            C::MarkDone | C::AcceptAll => self.finish_picture(command)?,
            command => {
                if let Some(workspace) = &mut self.workspace
                    && let Some(text) = workspace_commands::run(workspace, command, context)?
                {
                    let topic = match command {
                        // What undo says replaces what it undoes.
                        C::Undo
                        | C::Redo
                        | C::TakeOutPictures
                        | C::BringBackPictures
                        | C::TakeOutUnreadable => "history",
                        C::RaiseThreshold | C::LowerThreshold => "threshold",
                        C::LearnNow | C::MoreLikeThis => "learning",
                        C::NextBoxOrder => "box order",
                        C::NextDifference
                        | C::PreviousDifference
                        | C::NextDifferentPicture
                        | C::TakeDifference => "comparison",
                        _ => "",
                    };
                    self.notifications.notify_about(topic, text);
                }
            }
        }
        Ok(())
    }
}
