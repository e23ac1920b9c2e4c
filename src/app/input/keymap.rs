//! Which keys run which commands: the defaults, and what the user has changed.

use std::collections::BTreeMap;

use egui::{Key, KeyboardShortcut, Modifiers};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::shortcut::{parse, shortcut_text, stored};
use crate::app::command::{Command, ShortcutScope};

/// The keys of every command.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    keys: BTreeMap<Command, Vec<KeyboardShortcut>>,
    /// All bindings, those with more modifiers first, since Ctrl+Shift+Z also matches Ctrl+Z.
    by_modifier_count: Vec<(KeyboardShortcut, Command)>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

impl Keymap {
    /// The default keys with some of them changed.
    fn new(changed: BTreeMap<Command, Vec<KeyboardShortcut>>) -> Self {
        let default = |command: Command| (command, command.default_keys().to_vec());
        let mut keys: BTreeMap<_, _> = Command::ALL.into_iter().map(default).collect();
        keys.extend(changed);
        let mut keymap = Self {
            keys,
            by_modifier_count: Vec::new(),
        };
        keymap.sort_bindings();
        keymap
    }

    /// Sorts the bindings by their number of modifiers.
    fn sort_bindings(&mut self) {
        let bindings = self.keys.iter();
        self.by_modifier_count = bindings
            .flat_map(|(command, keys)| keys.iter().map(|keys| (*keys, *command)))
            .collect();
        self.by_modifier_count.sort_by_key(|(keys, command)| {
            (std::cmp::Reverse(modifier_count(keys.modifiers)), *command)
        });
    }

    /// The keys of a command. Menus show the first.
    pub fn keys(&self, command: Command) -> &[KeyboardShortcut] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }

    /// The first keys of a command as text, such as `Ctrl+Z`.
    pub fn text(&self, command: Command) -> Option<String> {
        self.keys(command).first().map(shortcut_text)
    }

    /// Sets the keys of a command. Other commands that have any of them lose them.
    pub fn set(&mut self, command: Command, keys: Vec<KeyboardShortcut>) {
        for (other, theirs) in &mut self.keys {
            if *other != command {
                theirs.retain(|shortcut| !keys.contains(shortcut));
            }
        }
        self.keys.insert(command, keys);
        self.sort_bindings();
    }

    /// The command that has these keys.
    pub fn command_for(&self, keys: KeyboardShortcut) -> Option<Command> {
        let found = self
            .by_modifier_count
            .iter()
            .find(|(other, _)| *other == keys);
        found.map(|(_, command)| *command)
    }

    /// The command that a key press runs. While text is typed, keys that text fields use run none.
    /// Keys with the scope of the canvas, and Enter, Space and Tab, which widgets use, run commands
    /// only while the canvas has the focus.
    pub fn command_for_press(
        &self,
        key: Key,
        modifiers: Modifiers,
        is_typing: bool,
        has_canvas_focus: bool,
    ) -> Option<Command> {
        let applies = |keys: &KeyboardShortcut, command: Command| {
            let is_for_widgets = matches!(keys.logical_key, Key::Enter | Key::Space | Key::Tab);
            let is_in_scope = command.spec().scope == ShortcutScope::Window && !is_for_widgets;
            (is_in_scope || has_canvas_focus) && !(is_typing && is_used_by_text_fields(keys))
        };
        let found = self.by_modifier_count.iter().find(|(keys, command)| {
            keys.logical_key == key
                && modifiers.matches_logically(keys.modifiers)
                && applies(keys, *command)
        });
        found.map(|(_, command)| *command)
    }
}

/// Whether text fields use these keys.
fn is_used_by_text_fields(keys: &KeyboardShortcut) -> bool {
    let edits_text = [
        Key::A,
        Key::C,
        Key::V,
        Key::X,
        Key::Y,
        Key::Z,
        Key::Backspace,
        Key::Delete,
    ];
    let is_function_key =
        keys.logical_key.name().starts_with('F') && keys.logical_key.name().len() > 1;
    if is_function_key {
        return false;
    }
    keys.conflicts_with_text_editing()
        || keys.modifiers == Modifiers::SHIFT
        || edits_text.contains(&keys.logical_key)
}

fn modifier_count(modifiers: Modifiers) -> u8 {
    [
        modifiers.alt,
        modifiers.ctrl || modifiers.command,
        modifiers.shift,
    ]
    .into_iter()
    .map(u8::from)
    .sum()
}

impl Serialize for Keymap {
    /// Writes only the keys that differ from the defaults, so that users get new defaults of the
    /// others.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changed = self
            .keys
            .iter()
            .filter(|(command, keys)| keys.as_slice() != command.default_keys());
        let rows = changed.map(|(command, keys)| {
            let keys: Vec<String> = keys.iter().map(stored).collect();
            (command.spec().stored_name, keys)
        });
        rows.collect::<BTreeMap<_, _>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Keymap {
    /// Ignores unknown commands and keys, for example from another version.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = BTreeMap::<String, Vec<String>>::deserialize(deserializer)?;
        let known = |name: &str| {
            Command::ALL
                .into_iter()
                .find(|command| command.spec().stored_name == name)
        };
        let mut keymap = Self::default();
        for (name, keys) in rows {
            let keys: Option<Vec<_>> = keys.iter().map(|keys| parse(keys)).collect();
            if let (Some(command), Some(keys)) = (known(&name), keys) {
                keymap.set(command, keys);
            }
        }
        Ok(keymap)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_two_commands_share_keys() {
        let mut owner = HashMap::new();
        for command in Command::ALL {
            for keys in command.default_keys() {
                let former = owner.insert(*keys, command);
                assert_eq!(
                    former,
                    None,
                    "{} is {former:?} and {command:?}",
                    shortcut_text(keys)
                );
            }
        }
    }

    #[test]
    fn a_command_takes_keys_from_others_and_the_change_is_saved() {
        let mut keymap = Keymap::default();
        let enter = KeyboardShortcut::new(Modifiers::NONE, Key::Enter);
        keymap.set(Command::MarkDone, vec![enter]);
        assert_eq!(keymap.command_for(enter), Some(Command::MarkDone));
        assert_eq!(keymap.keys(Command::Accept), []);
        let json = serde_json::to_string(&keymap).unwrap();
        assert_eq!(json, r#"{"Accept":[],"Done":["Enter"]}"#);
        assert_eq!(serde_json::from_str::<Keymap>(&json).unwrap(), keymap);
    }

    #[test]
    fn unknown_commands_and_keys_in_the_settings_are_ignored() {
        let json = r#"{"Levitate":["Ctrl+L"],"Done":["Hyper+D"],"Fit":["F9"]}"#;
        let keymap: Keymap = serde_json::from_str(json).unwrap();
        assert_eq!(keymap.text(Command::FitPicture).as_deref(), Some("F9"));
        assert_eq!(
            keymap.keys(Command::MarkDone),
            Command::MarkDone.default_keys()
        );
    }

    #[test]
    fn keys_with_more_modifiers_come_first_and_letters_are_text_while_typing() {
        let keymap = Keymap::default();
        let shifted = Modifiers::COMMAND.plus(Modifiers::SHIFT);
        let press = |modifiers, key, is_typing, on_canvas| {
            keymap.command_for_press(key, modifiers, is_typing, on_canvas)
        };
        assert_eq!(press(shifted, Key::Z, false, false), Some(Command::Redo));
        assert_eq!(
            press(Modifiers::COMMAND, Key::Z, false, false),
            Some(Command::Undo)
        );
        assert_eq!(press(Modifiers::COMMAND, Key::Z, true, false), None);
        assert_eq!(
            press(Modifiers::NONE, Key::D, false, false),
            Some(Command::NextPicture)
        );
        assert_eq!(press(Modifiers::NONE, Key::D, true, false), None);
        assert_eq!(
            press(Modifiers::NONE, Key::F1, true, false),
            Some(Command::Help)
        );
        assert_eq!(press(Modifiers::NONE, Key::Enter, false, false), None);
        assert_eq!(
            press(Modifiers::NONE, Key::Enter, false, true),
            Some(Command::Accept)
        );
        assert_eq!(
            press(Modifiers::SHIFT, Key::Enter, false, true),
            Some(Command::AcceptAll)
        );
    }
}
