//! Files that are dropped on the window, or hover over it.

use std::path::{Path, PathBuf};

use egui::{Context, Key, Modifiers};

use super::state::Window;
use crate::app::action::Action;
use crate::app::dialogs::Dialog;
use crate::app::dialogs::import::ImportDialog;
use crate::app::drop::{DropPlan, DropTarget, overlay};
use crate::app::i18n::tr;
use crate::app::workers::drop_reader;
use crate::app::workspace::Workspace;
use crate::document::PictureId;

impl Window {
    /// Follows what hovers over the window, and does what is to be done with dropped files.
    pub(super) fn on_drop(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let (hovering, dropped) = context.input(|input| {
            let hovering = input.raw.hovered_files.iter();
            let hovering: Vec<PathBuf> = hovering.filter_map(|file| file.path.clone()).collect();
            let dropped = input.raw.dropped_files.iter();
            let dropped = dropped.map(|file| file.path().to_path_buf());
            (hovering, dropped.collect::<Vec<PathBuf>>())
        });
        if !dropped.is_empty() {
            self.look_at(dropped);
            self.drop.is_dropped = true;
        } else if !hovering.is_empty() {
            self.look_at(hovering);
        } else if !self.drop.is_dropped {
            self.drop.clear();
        }
        if !self.drop.is_dropped {
            return;
        }
        if self.drop.items.is_none() {
            let escapes =
                context.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
            if escapes {
                self.drop.clear();
            }
        }
        let Some((plan, sentence)) = self.drop_plan() else {
            return;
        };
        self.drop.clear();
        match plan {
            DropPlan::Open(path) | DropPlan::ShowPicture(path) => actions.push(Action::Open(path)),
            DropPlan::UseModel(path) => actions.push(Action::UseModel(Some(path))),
            DropPlan::Import(paths) => {
                self.dialog = Some(Dialog::Import(ImportDialog::of(paths)));
            }
            DropPlan::Refuse => self.notifications.problem_again(sentence),
        }
    }

    /// Says over the window what a drop would do.
    pub(super) fn drop_ui(&self, context: &Context) {
        if self.drop.paths.is_empty() {
            return;
        }
        match self.drop_plan() {
            Some((plan, sentence)) => overlay::ui(context, Some(&plan), &sentence),
            None => overlay::ui(context, None, tr!("drop-looking")),
        }
    }

    /// What is done with the files, once it is known what they are.
    fn drop_plan(&self) -> Option<(DropPlan, String)> {
        let items = self.drop.items.as_ref()?;
        let Some(workspace) = &self.workspace else {
            return Some(DropPlan::of(items, None));
        };
        let target = DropTarget {
            is_editable: workspace.session.is_editable(),
            has_picture: &|path| picture_at(workspace, path).is_some(),
        };
        Some(DropPlan::of(items, Some(&target)))
    }

    /// Finds out what these files are, unless that is under way.
    fn look_at(&mut self, paths: Vec<PathBuf>) {
        if self.drop.paths != paths {
            self.drop.clear();
            self.drop.number += 1;
            self.drop.paths.clone_from(&paths);
            drop_reader::read(self.drop.number, paths, self.event_sender.clone());
        }
    }
}

/// The picture of a project at a path.
pub(super) fn picture_at(workspace: &Workspace, path: &Path) -> Option<PictureId> {
    let project = workspace.session.project();
    let below = path.strip_prefix(project.root()).ok()?;
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    let row = workspace.session.document().picture_at(&parts?.join("/"))?;
    Some(row.id)
}
