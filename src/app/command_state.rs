//! Which commands are enabled and active now, and what they are called.

use super::command::{Command, Requirement};
use super::input::Keymap;

/// The state of the commands in this frame.
pub struct CommandState<'a> {
    /// The keys of the commands.
    pub keymap: &'a Keymap,
    /// The requirements that are met.
    pub satisfied: Vec<Requirement>,
    /// The commands that are switched on, such as the theme in use.
    pub active: Vec<Command>,
    /// The steps that undo and redo would take, in words.
    pub history: [Option<String>; 2],
}

impl CommandState<'_> {
    /// Whether a command is enabled.
    pub fn is_enabled(&self, command: Command) -> bool {
        self.satisfied.contains(&command.spec().requirement)
    }

    /// Whether a command is switched on.
    pub fn is_active(&self, command: Command) -> bool {
        self.active.contains(&command)
    }

    /// The label of a command; for undo and redo, with the step.
    pub fn label(&self, command: Command) -> String {
        let label = command.label();
        let step = match command {
            Command::Undo => &self.history[0],
            Command::Redo => &self.history[1],
            _ => &None,
        };
        step.as_ref()
            .map_or_else(|| label.to_owned(), |step| format!("{label}: {step}"))
    }

    /// The label, the tooltip and the keys of a command.
    pub fn hint(&self, command: Command) -> String {
        let (label, tooltip) = (command.label(), command.tooltip());
        match self.keymap.text(command) {
            Some(keys) => format!("{label}\n{tooltip} ({keys})"),
            None => format!("{label}\n{tooltip}"),
        }
    }
}
