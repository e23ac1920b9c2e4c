use std::collections::HashSet;

use egui::{Key, KeyboardShortcut, Modifiers};

use super::spec::{Menu, ShortcutScope};
use super::table::Command;

#[test]
fn the_table_is_in_the_order_of_the_menus() {
    let menus: Vec<Menu> = Command::ALL.map(|command| command.spec().menu).to_vec();
    assert!(menus.is_sorted());
}

#[test]
fn every_row_belongs_to_its_command() {
    for (at, command) in Command::ALL.into_iter().enumerate() {
        assert_eq!(command as usize, at);
        assert!(std::ptr::eq(command.spec(), Command::ALL[at].spec()));
    }
}

#[test]
fn names_on_disk_are_unique() {
    let names: HashSet<&str> = Command::ALL
        .map(|command| command.spec().stored_name)
        .into();
    assert_eq!(names.len(), Command::ALL.len());
}

#[test]
fn keys_that_widgets_use_work_on_the_canvas_only() {
    for command in Command::ALL {
        for keys in command.default_keys() {
            let is_widget_key = matches!(keys.logical_key, Key::Enter | Key::Space | Key::Tab);
            assert!(
                !is_widget_key || command.spec().scope == ShortcutScope::Canvas,
                "{command:?} would take {keys:?} from buttons"
            );
        }
    }
}

/// Other programs delete pictures with these keys.
#[test]
fn no_command_has_ctrl_shift_d() {
    let ctrl_shift = Modifiers::COMMAND.plus(Modifiers::SHIFT);
    let keys = KeyboardShortcut::new(ctrl_shift, Key::D);
    for command in Command::ALL {
        assert!(!command.default_keys().contains(&keys), "{command:?}");
    }
}

#[test]
fn toolbar_slots_are_unique_and_have_icons() {
    let slots: Vec<_> = Command::ALL
        .into_iter()
        .filter(|command| command.spec().icon.is_some())
        .filter_map(|command| command.spec().toolbar)
        .collect();
    let shown = Command::toolbar().concat();
    assert_eq!(slots.len(), shown.len());
    let unique: HashSet<_> = slots
        .iter()
        .map(|slot| (slot.group, slot.position))
        .collect();
    assert_eq!(unique.len(), slots.len());
}

#[test]
fn labels_and_tooltips_are_in_sentence_case_without_full_stops() {
    for command in Command::ALL {
        let (label, tooltip) = (command.label(), command.tooltip());
        assert!(label.starts_with(char::is_uppercase), "{label}");
        assert!(
            tooltip.starts_with(char::is_uppercase) && !tooltip.ends_with('.'),
            "{tooltip}"
        );
    }
}

#[test]
fn commands_that_were_renamed_keep_their_names_on_disk() {
    for (command, name) in [
        (Command::Accept, "Accept"),
        (Command::RescanFolder, "Refresh"),
        (Command::ToggleLock, "Lock"),
        (Command::MarkDone, "Done"),
        (Command::SelectAllPictures, "PickAll"),
        (Command::TagPictures, "Tags"),
        (Command::DrawBox, "Draw"),
        (Command::FitPicture, "Fit"),
        (Command::Thumbnails, "Grid"),
        (Command::BrightnessAndContrast, "PictureSettings"),
        (Command::CommandPalette, "Palette"),
    ] {
        assert_eq!(command.spec().stored_name, name);
    }
}
