//! The command palette: any command by part of its name.

use egui::Context;

use super::modal::modal;
use super::search_list::{Choice, ListTexts, SearchList};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;

const WIDTH: f32 = 520.0;

/// The command palette.
#[derive(Default)]
pub struct CommandPalette {
    list: SearchList,
}

impl CommandPalette {
    /// Draws the palette.
    pub fn ui(
        &mut self,
        context: &Context,
        commands: &CommandState<'_>,
        actions: &mut Vec<Action>,
    ) {
        modal(
            context,
            tr!("palette-title"),
            WIDTH,
            actions,
            |ui, actions| {
                let enabled: Vec<Command> = Command::ALL
                    .into_iter()
                    .filter(|command| {
                        commands.is_enabled(*command) && *command != Command::CommandPalette
                    })
                    .collect();
                let names: Vec<String> = enabled
                    .iter()
                    .map(|command| commands.label(*command))
                    .collect();
                let keys = |index: usize| commands.keymap.text(enabled[index]).unwrap_or_default();
                let texts = ListTexts {
                    hint: tr!("palette-hint"),
                    new: &|_| None,
                    note: &keys,
                };
                if let Some(Choice::Name(index)) = self.list.ui(ui, &names, &texts) {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::Command(enabled[index]));
                }
            },
        );
    }
}
