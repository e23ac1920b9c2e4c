//! The frame of the settings and its tabs.

use egui::{Button, Context, ScrollArea};

use super::keys::KeysTab;
use super::{canvas, general};
use crate::app::action::Action;
use crate::app::dialogs::modal::modal;
use crate::app::i18n::tr;
use crate::app::preferences::Preferences;

const WIDTH: f32 = 600.0;
/// The largest height of a tab before it scrolls, and what is around it in the window, in points.
const MAX_HEIGHT: f32 = 380.0;
const AROUND: f32 = 200.0;

/// What the settings are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    General,
    Canvas,
    Keys,
}

impl Tab {
    const ALL: [Self; 3] = [Self::General, Self::Canvas, Self::Keys];

    fn name(self) -> &'static str {
        match self {
            Self::General => tr!("settings-general"),
            Self::Canvas => tr!("settings-canvas"),
            Self::Keys => tr!("settings-keys"),
        }
    }
}

/// What the dialog remembers from frame to frame.
#[derive(Default)]
pub struct SettingsDialog {
    tab: Tab,
    keys: KeysTab,
    /// The size of the window while its slider is being dragged.
    scale: Option<f32>,
}

impl SettingsDialog {
    /// Whether the next keys become the shortcut of a command.
    pub fn is_recording_keys(&self) -> bool {
        self.keys.is_recording()
    }

    /// Draws the settings.
    pub fn ui(&mut self, context: &Context, preferences: &Preferences, actions: &mut Vec<Action>) {
        // Before the dialog handles its keys: Escape cancels the recording, not the dialog.
        self.keys.record(context, actions);
        let title = tr!("settings-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            ui.horizontal(|ui| {
                for tab in Tab::ALL {
                    let button = Button::selectable(self.tab == tab, tab.name());
                    if ui.add(button).clicked() {
                        self.tab = tab;
                    }
                }
            });
            ui.separator();
            let height = (context.content_rect().height() - AROUND).min(MAX_HEIGHT);
            if self.tab == Tab::Keys {
                self.keys.ui(ui, preferences, height, actions);
                return;
            }
            // All tabs are as high as the longest, so that the buttons above stay in their places.
            ScrollArea::vertical()
                .id_salt("settings")
                .max_height(height)
                .min_scrolled_height(height)
                .auto_shrink(false)
                .show(ui, |ui| match self.tab {
                    Tab::Canvas => canvas::ui(ui, &preferences.canvas, actions),
                    _ => general::ui(ui, preferences, &mut self.scale, actions),
                });
        });
    }
}
