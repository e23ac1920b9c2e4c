//! The list of recent projects: their names, how much of each is done, and when it was last open.

use std::path::Path;

use egui::containers::menu::{MenuConfig, SubMenuButton};
use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Atom, Button, Color32, FontId, Layout, PopupCloseBehavior, RichText, ScrollArea,
    TextStyle, Ui, WidgetText, vec2,
};

use crate::app::action::Action;
use crate::app::elide;
use crate::app::i18n::tr;
use crate::app::recent_project::RecentProject;
use crate::app::theme::ThemePalette;
use crate::app::time_text::time_ago;
use crate::app::workers::path_probe::PathProbe;

/// The widths of the list in the menu and on the welcome screen in points.
const MENU_WIDTH: f32 = 380.0;
const WELCOME_WIDTH: f32 = 480.0;
/// The heights of an entry on the welcome screen and in the menu, and of the list on the welcome screen before
/// it scrolls, in points.
const WELCOME_ROW_HEIGHT: f32 = 40.0;
const MENU_ROW_HEIGHT: f32 = 24.0;
const MAX_WELCOME_HEIGHT: f32 = 240.0;
/// The sizes of the texts that tell date and progress, and the folder, in points.
const FACTS_SIZE: f32 = 11.5;
const FOLDER_SIZE: f32 = 10.5;
/// Room for the button that removes an entry in points.
const REMOVE_WIDTH: f32 = 26.0;
/// The longest name and the longest folder of an entry, in characters.
const MAX_NAME_CHARS: usize = 28;
const MAX_FOLDER_CHARS: usize = 52;

/// The recent projects as they are shown.
pub struct RecentList<'a> {
    /// The projects, the latest first.
    pub projects: &'a [RecentProject],
    /// The file of the open project, which the menu leaves out.
    pub open: Option<&'a Path>,
    /// Whether the files of the projects exist.
    pub probe: &'a PathProbe,
}

impl RecentList<'_> {
    /// Draws the list as an entry of a menu.
    pub fn menu_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let projects = self.projects.iter();
        let projects: Vec<_> = projects
            .filter(|project| Some(&*project.path) != self.open)
            .collect();
        if projects.is_empty() {
            ui.add_enabled(false, Button::new(tr!("recent-menu")));
            return;
        }
        // Entries can be removed one after another.
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        SubMenuButton::new(tr!("recent-menu"))
            .config(config)
            .ui(ui, |ui| {
                ui.set_width(MENU_WIDTH);
                for project in projects {
                    if self.row_ui(ui, project, false, actions) {
                        ui.close();
                    }
                }
                ui.separator();
                if ui.button(tr!("recent-clear")).clicked() {
                    actions.push(Action::ClearRecent);
                    ui.close();
                }
            });
    }

    /// Draws the list with its title, on the welcome screen; nothing if it is empty.
    pub fn welcome_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        if self.projects.is_empty() {
            return;
        }
        let width = WELCOME_WIDTH.min(ui.available_width());
        ui.add_space(18.0);
        let size = vec2(width, ui.available_height());
        ui.allocate_ui(size, |ui| {
            ui.horizontal(|ui| {
                ui.label(RichText::new(tr!("welcome-recent")).strong());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let quiet = ThemePalette::of(ui.visuals()).quiet;
                    let text = RichText::new(tr!("recent-clear"))
                        .size(FACTS_SIZE)
                        .color(quiet);
                    if ui.add(Button::new(text).frame(false)).clicked() {
                        actions.push(Action::ClearRecent);
                    }
                });
            });
            let height = ui.available_height().min(MAX_WELCOME_HEIGHT);
            let area = ScrollArea::vertical().max_height(height);
            let area = area.min_scrolled_height(height);
            area.auto_shrink([false, true]).show(ui, |ui| {
                for project in self.projects {
                    self.row_ui(ui, project, true, actions);
                }
            });
        });
    }

    /// Draws an entry; on two lines with its folder. Returns whether it was clicked.
    fn row_ui(
        &self,
        ui: &mut Ui,
        project: &RecentProject,
        has_folder: bool,
        actions: &mut Vec<Action>,
    ) -> bool {
        let palette = ThemePalette::of(ui.visuals());
        let path = &project.path;
        let context = ui.ctx().clone();
        let exists = self.probe.exists(path, move || context.request_repaint());
        let is_gone = exists == Some(false);
        let full_name = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = elide::middle(&full_name, MAX_NAME_CHARS);
        let colour = match is_gone {
            true => palette.quiet,
            false => ui.visuals().text_color(),
        };
        let name = match has_folder {
            true => WidgetText::from(name_and_folder(ui, &name, path, colour)),
            false => WidgetText::from(RichText::new(name).color(colour)),
        };
        let (text, colour) = match is_gone {
            true => (tr!("recent-gone").to_owned(), palette.bad),
            false => (facts(project), palette.quiet),
        };
        let facts = RichText::new(&text).size(FACTS_SIZE).color(colour);
        let mut is_clicked = false;
        ui.horizontal(|ui| {
            let spacing = ui.spacing().item_spacing.x;
            let width = ui.available_width() - REMOVE_WIDTH - spacing;
            let button = Button::new((name, Atom::grow(), facts)).frame_when_inactive(false);
            let height = if has_folder {
                WELCOME_ROW_HEIGHT
            } else {
                MENU_ROW_HEIGHT
            };
            let response = ui.add(button.min_size(vec2(width, height)));
            let response = response.on_hover_text(path.display().to_string());
            let response = response.accessible_name(format!("{full_name}: {text}"));
            if response.clicked() {
                actions.push(Action::Open(path.clone()));
                is_clicked = true;
            }
            let cross = RichText::new("✖").small().color(palette.quiet);
            let remove = ui.add(Button::new(cross).frame_when_inactive(false));
            let remove = remove.on_hover_text(tr!("welcome-forget"));
            let text = tr!("recent-forget", name = &*full_name);
            if remove.accessible_name(text).clicked() {
                actions.push(Action::ForgetRecent(path.clone()));
            }
        });
        is_clicked
    }
}

/// The name of a project, with its folder on a second line.
fn name_and_folder(ui: &Ui, name: &str, path: &Path, colour: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    let font = TextStyle::Button.resolve(ui.style());
    job.append(name, 0.0, TextFormat::simple(font, colour));
    let folder = path.parent().unwrap_or(Path::new("")).display();
    let folder = elide::middle(&folder.to_string(), MAX_FOLDER_CHARS);
    let quiet = ThemePalette::of(ui.visuals()).quiet;
    let format = TextFormat::simple(FontId::proportional(FOLDER_SIZE), quiet);
    job.append(&format!("\n{folder}"), 0.0, format);
    job
}

/// How much of a project is done, and when it was last opened.
fn facts(project: &RecentProject) -> String {
    let done = project.progress.map(|progress| {
        tr!(
            "recent-done",
            done = progress.done,
            pictures = progress.pictures
        )
    });
    let opened = project.opened.map(time_ago);
    let parts: Vec<String> = done.into_iter().chain(opened).collect();
    parts.join("  ·  ")
}
