//! Draws the open dialog.

use egui::Context;

use super::state::Window;
use crate::app::action::Action;
use crate::app::dialogs::{self, Dialog};

impl Window {
    /// Draws the dialog, if one is open.
    pub(super) fn dialog_ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let mut dialog = self.dialog.take();
        if let Some(dialog) = &mut dialog {
            match dialog {
                Dialog::CommandPalette(palette) => {
                    palette.ui(context, &self.command_state(), actions);
                }
                Dialog::Help(help) => help.ui(context, &self.preferences.keymap, actions),
                Dialog::Settings(settings) => settings.ui(context, &self.preferences, actions),
                Dialog::About => dialogs::about::ui(context, actions),
                Dialog::Problems => {
                    let has_crashed = !self.crashes.is_empty();
                    dialogs::problems::ui(context, &self.notifications, has_crashed, actions);
                }
                Dialog::OpenPath(open_path) => open_path.ui(context, actions),
                Dialog::Import(import) => import.ui(context, actions),
                Dialog::Compare(compare) => {
                    if let Some(workspace) = &self.workspace {
                        compare.ui(context, workspace, actions);
                    }
                }
                Dialog::ClassPicker(picker) => {
                    if let Some(workspace) = &self.workspace {
                        let place = workspace.view.canvas.selected_rect(&workspace.session);
                        picker.ui(context, &workspace.session, place, actions);
                    }
                }
                Dialog::Tags(tags) => {
                    if let Some(workspace) = &self.workspace {
                        tags.ui(context, &workspace.session, actions);
                    }
                }
                Dialog::ClassNames(names) => {
                    if let Some(workspace) = &self.workspace {
                        names.ui(context, workspace, actions);
                    }
                }
                Dialog::AcceptAbove(accept_above) => {
                    if let Some(workspace) = &self.workspace {
                        accept_above.ui(context, &workspace.session, actions);
                    }
                }
                Dialog::Attributes(attributes) => attributes.ui(context, actions),
                Dialog::ChangeBoxes(change_boxes) => {
                    if let Some(workspace) = &self.workspace {
                        change_boxes.ui(context, &workspace.session, actions);
                    }
                }
                Dialog::ProposeNext(propose_next) => {
                    if let Some(workspace) = &self.workspace {
                        propose_next.ui(context, workspace, actions);
                    }
                }
                Dialog::DeleteClasses(question) => {
                    if let Some(workspace) = &self.workspace {
                        question.ui(context, &workspace.session, actions);
                    }
                }
                Dialog::GoTo(go_to) => go_to.ui(context, actions),
                Dialog::Propagate(propagate) => {
                    if let Some(workspace) = &self.workspace {
                        propagate.ui(context, &workspace.session, actions);
                    }
                }
                Dialog::Undecided(question) => {
                    if let Some(workspace) = &self.workspace {
                        question.ui(context, &workspace.session, actions);
                    }
                }
                Dialog::Export(export) => {
                    if let Some(workspace) = &self.workspace {
                        export.ui(context, &workspace.session, actions);
                    }
                }
            }
        }
        self.dialog = dialog;
    }
}
