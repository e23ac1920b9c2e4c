//! The preferences of a user: one JSON file in the settings folder.
//!
//! A missing or damaged file is not an error; the defaults are used instead.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::input::Keymap;
use super::recent_project::{Progress, RecentProject};
use crate::files::{self, FileError};

/// The maximum number of recent projects.
const MAX_RECENT: usize = 12;

/// The preferences. The names in the file are those given to serde.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The theme.
    pub theme: Theme,
    /// The scale of the window; 1.0 is the scale of the system.
    pub scale: f32,
    /// Keys of commands that differ from the defaults.
    pub keymap: Keymap,
    /// Recent projects, the latest first.
    pub recent: Vec<RecentProject>,
    /// The folders in which files were last chosen, by the stored name of the purpose.
    pub folders: BTreeMap<String, PathBuf>,
    /// Whether the tour begins with the next project: at the first start, until it is finished or skipped.
    pub tour_waits: bool,
    /// Size and position of the window.
    pub window: Option<WindowGeometry>,
    /// What the canvas shows.
    pub canvas: CanvasOptions,
    /// Which panels are shown.
    pub panels: PanelOptions,
    /// Whether marking a picture as done shows the next one to review.
    #[serde(rename = "goes_on_when_done")]
    pub advance_when_done: bool,
    /// Whether the model proposes boxes for new pictures as soon as a project is open.
    #[serde(rename = "proposes_at_once")]
    pub propose_on_open: bool,
    /// Whether the model proposes boxes for a new picture when it is shown.
    #[serde(rename = "proposes_on_arrival")]
    pub propose_on_arrival: bool,
    /// For how many pictures the model was last asked together.
    #[serde(rename = "proposes_next")]
    pub propose_next: usize,
    /// Whether pictures are prepared for fitting boxes before a person asks for it.
    #[serde(rename = "prepares_fitting")]
    pub prepare_fitting: bool,
    /// Whether the class of each new box is asked for as soon as it is drawn.
    #[serde(rename = "asks_class_of_new_box")]
    pub ask_class: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            scale: 1.0,
            keymap: Keymap::default(),
            recent: Vec::new(),
            folders: BTreeMap::new(),
            tour_waits: false,
            window: None,
            canvas: CanvasOptions::default(),
            panels: PanelOptions::default(),
            advance_when_done: true,
            propose_on_open: true,
            propose_on_arrival: false,
            propose_next: 50,
            prepare_fitting: true,
            ask_class: false,
        }
    }
}

/// The theme of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// The theme of the system.
    #[default]
    System,
    /// Dark text on light.
    Light,
    /// Light text on dark.
    Dark,
}

impl From<Theme> for egui::ThemePreference {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::System => Self::System,
            Theme::Light => Self::Light,
            Theme::Dark => Self::Dark,
        }
    }
}

/// Size and position of the window, in points of the system.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowGeometry {
    /// Width and height of its content.
    pub size: [f32; 2],
    /// Its upper left corner, if the system reports it.
    pub position: Option<[f32; 2]>,
    /// Whether it is maximised.
    pub maximised: bool,
}

/// Which panels are shown, and which sections of the right one are open.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PanelOptions {
    /// Whether the panels at both sides of the canvas are hidden.
    pub are_hidden: bool,
    /// Whether the section of the boxes is open.
    pub boxes: bool,
    /// Whether that of the classes is.
    pub classes: bool,
    /// Whether that of the proposals is.
    pub proposals: bool,
    /// Whether that of learning is.
    pub learning: bool,
    /// The width of the list of pictures that a person has chosen in a wide window, in points.
    pub list_width: Option<f32>,
    /// As `list_width`, of the right panel.
    pub right_width: Option<f32>,
}

impl Default for PanelOptions {
    /// What a person needs for every picture is open.
    fn default() -> Self {
        Self {
            are_hidden: false,
            boxes: true,
            classes: true,
            proposals: false,
            learning: false,
            list_width: None,
            right_width: None,
        }
    }
}

/// What the canvas shows in addition to picture and boxes, and how the list shows pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CanvasOptions {
    /// Class and score of each box.
    pub labels: bool,
    /// Lines through the pointer.
    pub crosshair: bool,
    /// Whether a drag on the picture draws a box, rather than selecting the boxes inside a frame.
    pub drag_draws: bool,
    /// Whether the draw tool stays in use after a box.
    pub keep_drawing: bool,
    /// Pixel coordinates along the edges.
    pub rulers: bool,
    /// Whether the next picture keeps zoom and position.
    pub keep_view: bool,
    /// The width of the lines of boxes, in points.
    pub line_width: f32,
    /// The size of the text of labels, in points.
    pub label_size: f32,
    /// What the colour of a box shows.
    pub colour_by: ColourBy,
    /// Whether a draw tool has lines through the pointer even where the crosshair is off.
    pub crosshair_while_drawing: bool,
    /// The colour of these lines, sRGB.
    pub crosshair_colour: [u8; 3],
    /// What the wheel does over the picture.
    pub wheel: WheelUse,
    /// The opacity of the heat map, in 0..=1.
    pub heat_opacity: f32,
    /// Whether the list of pictures shows thumbnails instead of rows.
    pub thumbnails: bool,
}

/// What the colour of a box shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourBy {
    /// Its class.
    #[default]
    Class,
    /// Its review state.
    State,
}

/// What the wheel does over the picture; with Ctrl it zooms in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WheelUse {
    /// It moves the picture.
    #[default]
    Pan,
    /// It zooms at the pointer.
    Zoom,
}

/// The widths of lines and the sizes of labels that can be chosen, in points.
pub const LINE_WIDTHS: RangeInclusive<f32> = 0.75..=5.0;
/// See [`LINE_WIDTHS`].
pub const LABEL_SIZES: RangeInclusive<f32> = 8.0..=24.0;

impl Default for CanvasOptions {
    fn default() -> Self {
        Self {
            labels: true,
            crosshair: false,
            drag_draws: true,
            keep_drawing: false,
            rulers: false,
            keep_view: false,
            line_width: 1.75,
            label_size: 12.0,
            colour_by: ColourBy::Class,
            crosshair_while_drawing: true,
            crosshair_colour: [255; 3],
            wheel: WheelUse::Pan,
            heat_opacity: 0.6,
            thumbnails: false,
        }
    }
}

impl Preferences {
    /// Reads the file. A field that is missing or invalid gets its default. Without a file this is the first
    /// start.
    pub fn load(path: &Path) -> Self {
        let text = fs::read(path);
        let is_first = matches!(&text, Err(error) if error.kind() == io::ErrorKind::NotFound);
        let text = text.unwrap_or_default();
        let mut preferences = Self {
            tour_waits: is_first,
            ..Self::default()
        };
        let fields: serde_json::Map<_, _> = serde_json::from_slice(&text).unwrap_or_default();
        for (name, value) in fields {
            let Ok(mut all) = serde_json::to_value(&preferences) else {
                continue;
            };
            all[name] = value;
            preferences = serde_json::from_value(all).unwrap_or(preferences);
        }
        preferences.scale = preferences.scale.clamp(0.5, 3.0);
        let clamped =
            |value: f32, range: RangeInclusive<f32>| value.clamp(*range.start(), *range.end());
        let canvas = &mut preferences.canvas;
        canvas.line_width = clamped(canvas.line_width, LINE_WIDTHS);
        canvas.label_size = clamped(canvas.label_size, LABEL_SIZES);
        preferences
    }

    /// Writes the file atomically.
    ///
    /// # Errors
    /// If the file or its folder cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), FileError> {
        fs::create_dir_all(files::folder_of(path)).map_err(FileError::unwritable(path))?;
        files::write_whole(path, |file| Ok(serde_json::to_writer_pretty(file, self)?))
    }

    /// Puts a project that is opened now, in seconds since 1970, at the top of the recent projects.
    pub fn add_recent(&mut self, project: &Path, now: u64) {
        let at = self.recent.iter().position(|row| row.path == project);
        let progress = at.and_then(|at| self.recent.remove(at).progress);
        let row = RecentProject {
            path: project.to_path_buf(),
            opened: Some(now),
            progress,
        };
        self.recent.insert(0, row);
        self.recent.truncate(MAX_RECENT);
    }

    /// Notes how much of a recent project is done. Returns whether that is news.
    pub fn note_progress(&mut self, project: &Path, progress: Progress) -> bool {
        let row = self.recent.iter_mut().find(|row| row.path == project);
        row.is_some_and(|row| row.progress.replace(progress) != Some(progress))
    }

    /// Removes a project from the recent ones.
    pub fn forget_recent(&mut self, project: &Path) {
        self.recent.retain(|row| row.path != project);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_preferences_are_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new folder").join("settings.json");
        let mut preferences = Preferences {
            theme: Theme::Dark,
            scale: 1.25,
            ..Preferences::default()
        };
        preferences.add_recent(Path::new("/a"), 1);
        let progress = Progress {
            done: 1,
            pictures: 2,
        };
        assert!(preferences.note_progress(Path::new("/a"), progress));
        assert!(!preferences.note_progress(Path::new("/a"), progress));
        assert!(!preferences.note_progress(Path::new("/c"), progress));
        preferences.add_recent(Path::new("/b"), 2);
        preferences.add_recent(Path::new("/a"), 3);
        let paths: Vec<&Path> = preferences.recent.iter().map(|row| &*row.path).collect();
        assert_eq!(paths, [Path::new("/a"), Path::new("/b")]);
        let first = &preferences.recent[0];
        assert_eq!((first.opened, first.progress), (Some(3), Some(progress)));
        preferences.save(&path).unwrap();
        assert_eq!(Preferences::load(&path), preferences);
    }

    #[test]
    fn the_names_in_the_file_do_not_change() {
        let json = serde_json::to_value(Preferences::default()).unwrap();
        let names: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let expected = [
            "asks_class_of_new_box",
            "canvas",
            "folders",
            "goes_on_when_done",
            "keymap",
            "panels",
            "prepares_fitting",
            "proposes_at_once",
            "proposes_next",
            "proposes_on_arrival",
            "recent",
            "scale",
            "theme",
            "tour_waits",
            "window",
        ];
        for name in expected {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(names.len(), expected.len());
    }

    #[test]
    fn invalid_fields_get_their_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let first = Preferences::load(&path);
        assert!(first.tour_waits, "the first start");
        let first = Preferences {
            tour_waits: false,
            ..first
        };
        assert_eq!(first, Preferences::default());
        for text in ["", "{", "[1,2]", r#"{"scale":"large"}"#] {
            fs::write(&path, text).unwrap();
            assert_eq!(Preferences::load(&path), Preferences::default(), "{text}");
        }
        fs::write(&path, r#"{"theme":5,"scale":1.5,"recent":["/a"]}"#).unwrap();
        let preferences = Preferences::load(&path);
        assert_eq!(
            (preferences.scale, preferences.recent.len()),
            (1.5, 1),
            "the valid fields are kept"
        );
        fs::write(&path, r#"{"scale":1e9}"#).unwrap();
        assert_eq!(Preferences::load(&path).scale, 3.0);
    }
}
