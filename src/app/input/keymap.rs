//! Which keys do what: the commands' own, unless the person has chosen others.

use std::collections::BTreeMap;

use egui::{Key, KeyboardShortcut, Modifiers};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::shortcut::{parse, shortcut_text, stored};
use crate::app::command::{Command, ShortcutScope};

/// The keys of every command.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    keys: BTreeMap<Command, Vec<KeyboardShortcut>>,
    /// Every binding, those with more modifiers first: Ctrl+Shift+Z would pass for Ctrl+Z.
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
        let own = |command: Command| (command, command.default_keys().to_vec());
        let mut keys: BTreeMap<_, _> = Command::ALL.into_iter().map(own).collect();
        keys.extend(changed);
        let mut keymap = Self {
            keys,
            by_modifier_count: Vec::new(),
        };
        keymap.sort_bindings();
        keymap
    }

    fn sort_bindings(&mut self) {
        let bindings = self.keys.iter();
        self.by_modifier_count = bindings
            .flat_map(|(command, keys)| keys.iter().map(|keys| (*keys, *command)))
            .collect();
        self.by_modifier_count.sort_by_key(|(keys, command)| {
            (std::cmp::Reverse(modifier_count(keys.modifiers)), *command)
        });
    }

    /// The keys of a command; the first is shown in menus.
    pub fn keys(&self, command: Command) -> &[KeyboardShortcut] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }

    /// The first keys of a command as text, such as `Ctrl+Z`.
    pub fn text(&self, command: Command) -> Option<String> {
        self.keys(command).first().map(shortcut_text)
    }

    /// Gives a command these keys, and takes them from whichever commands had them.
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

    /// The command that a press means. While text is typed only keys count that no text field
    /// wants; canvas keys, and keys that move between widgets and press them, count while the
    /// canvas has the focus.
    pub fn command_for_press(
        &self,
        key: Key,
        modifiers: Modifiers,
        is_typing: bool,
        has_canvas_focus: bool,
    ) -> Option<Command> {
        let counts = |keys: &KeyboardShortcut, command: Command| {
            let is_for_widgets = matches!(keys.logical_key, Key::Enter | Key::Space | Key::Tab);
            let is_in_scope = command.spec().scope == ShortcutScope::Window && !is_for_widgets;
            (is_in_scope || has_canvas_focus) && !(is_typing && is_used_by_text_fields(keys))
        };
        let found = self.by_modifier_count.iter().find(|(keys, command)| {
            keys.logical_key == key
                && modifiers.matches_logically(keys.modifiers)
                && counts(keys, *command)
        });
        found.map(|(_, command)| *command)
    }
}

/// Whether a text field would take these keys for itself.
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
    /// Only what differs from the defaults, so that later defaults reach those who changed others.
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
    /// What is not understood, such as a command of another version, keeps its default.
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
    fn new_keys_are_taken_from_whoever_had_them_and_kept() {
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
    fn settings_of_another_version_do_no_harm() {
        let json = r#"{"Levitate":["Ctrl+L"],"Done":["Hyper+D"],"Fit":["F9"]}"#;
        let keymap: Keymap = serde_json::from_str(json).unwrap();
        assert_eq!(keymap.text(Command::FitPicture).as_deref(), Some("F9"));
        assert_eq!(
            keymap.keys(Command::MarkDone),
            Command::MarkDone.default_keys()
        );
    }

    #[test]
    fn chords_with_more_modifiers_come_first_and_typing_keeps_letters() {
        let keymap = Keymap::default();
        let shifted = Modifiers::COMMAND.plus(Modifiers::SHIFT);
        let take = |modifiers, key, is_typing, on_canvas| {
            keymap.command_for_press(key, modifiers, is_typing, on_canvas)
        };
        assert_eq!(take(shifted, Key::Z, false, false), Some(Command::Redo));
        assert_eq!(
            take(Modifiers::COMMAND, Key::Z, false, false),
            Some(Command::Undo)
        );
        assert_eq!(take(Modifiers::COMMAND, Key::Z, true, false), None);
        assert_eq!(
            take(Modifiers::NONE, Key::D, false, false),
            Some(Command::NextPicture)
        );
        assert_eq!(take(Modifiers::NONE, Key::D, true, false), None);
        assert_eq!(
            take(Modifiers::NONE, Key::F1, true, false),
            Some(Command::Help)
        );
        assert_eq!(take(Modifiers::NONE, Key::Enter, false, false), None);
        assert_eq!(
            take(Modifiers::NONE, Key::Enter, false, true),
            Some(Command::Accept)
        );
        assert_eq!(
            take(Modifiers::SHIFT, Key::Enter, false, true),
            Some(Command::AcceptAll)
        );
    }
}
