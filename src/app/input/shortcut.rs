//! Keys as text: for menus, and in the settings file.

use egui::{Key, KeyboardShortcut, ModifierNames, Modifiers};

/// Keys as menus show them, such as `Ctrl+Shift+P`.
pub fn shortcut_text(keys: &KeyboardShortcut) -> String {
    let mut text = keys.format(&ModifierNames::NAMES, cfg!(target_os = "macos"));
    // Signs are shorter than names.
    for (name, short) in [
        ("OpenBracket", "["),
        ("CloseBracket", "]"),
        ("Questionmark", "?"),
        ("Comma", ","),
        ("Equals", "="),
        ("Minus", "-"),
        ("Slash", "/"),
        ("Plus", "+"),
    ] {
        if let Some(rest) = text.strip_suffix(name) {
            text = format!("{rest}{short}");
        }
    }
    text
}

/// Keys as the settings file stores them: `Ctrl+Shift+P`, with `Ctrl` for the command key of a Mac
/// too.
pub(super) fn stored(keys: &KeyboardShortcut) -> String {
    let KeyboardShortcut {
        modifiers,
        logical_key,
    } = keys;
    let mut text = String::new();
    for (is_held, name) in [
        (modifiers.command || modifiers.ctrl, "Ctrl+"),
        (modifiers.alt, "Alt+"),
        (modifiers.shift, "Shift+"),
    ] {
        if is_held {
            text.push_str(name);
        }
    }
    text + logical_key.name()
}

/// Keys from a settings file.
pub(super) fn parse(text: &str) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('+').filter(|(_, after)| !after.is_empty()) {
        modifiers = modifiers.plus(match name {
            "Ctrl" => Modifiers::COMMAND,
            "Alt" => Modifiers::ALT,
            "Shift" => Modifiers::SHIFT,
            _ => return None,
        });
        rest = after;
    }
    Some(KeyboardShortcut::new(modifiers, Key::from_name(rest)?))
}

/// The keys behind an event of the clipboard, which the system sends in their place.
pub fn clipboard_keys(event: &egui::Event) -> Option<KeyboardShortcut> {
    let key = match event {
        egui::Event::Copy => Key::C,
        egui::Event::Cut => Key::X,
        egui::Event::Paste(_) | egui::Event::PasteImage(_) => Key::V,
        _ => return None,
    };
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::Command;

    #[test]
    fn stored_keys_can_be_read_again() {
        for command in Command::ALL {
            for keys in command.default_keys() {
                assert_eq!(parse(&stored(keys)), Some(*keys), "{}", stored(keys));
            }
        }
        assert_eq!(parse("Hyper+Q"), None);
        assert_eq!(parse(""), None);
    }
}
