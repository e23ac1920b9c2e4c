//! What the program remembers of a person between runs: one JSON file in the user's settings
//! folder. It is of no consequence: where it cannot be read the defaults do, where it cannot be
//! written the next run starts with them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::keymap::Keymap;

/// Recent projects that are remembered.
const MAX_RECENT: usize = 12;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Light, dark, or as the system is set.
    pub theme: Theme,
    /// Size of everything, 1.0 as the system has it.
    pub scale: f32,
    /// Keys that were changed.
    pub keymap: Keymap,
    /// Project files, the last one first.
    pub recent: Vec<PathBuf>,
    /// Where the window was.
    pub window: Option<WindowGeometry>,
    /// How the canvas looks.
    pub canvas: CanvasOptions,
    /// Whether 'done' shows the next picture to review.
    pub goes_on_when_done: bool,
    /// Whether a new project is proposed for by itself.
    pub proposes_at_once: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            scale: 1.0,
            keymap: Keymap::default(),
            recent: Vec::new(),
            window: None,
            canvas: CanvasOptions::default(),
            goes_on_when_done: true,
            proposes_at_once: true,
        }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system is set.
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

/// Where the window was, in points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowGeometry {
    /// Width and height of its inside.
    pub size: [f32; 2],
    /// Its upper left corner, where the system tells it.
    pub position: Option<[f32; 2]>,
    /// Whether it filled the screen.
    pub maximised: bool,
}

/// What the canvas shows beside picture and boxes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CanvasOptions {
    /// Class and score at each box.
    pub labels: bool,
    /// Lines through the pointer.
    pub crosshair: bool,
    /// Pixel numbers along the edges.
    pub rulers: bool,
    /// The next picture is shown at the same zoom and place.
    pub keep_view: bool,
    /// How much of the heat map shows, in 0..=1.
    pub heat_opacity: f32,
    /// Thumbnails in place of the list.
    pub thumbnails: bool,
}

impl Default for CanvasOptions {
    fn default() -> Self {
        Self {
            labels: true,
            crosshair: false,
            rulers: false,
            keep_view: false,
            heat_opacity: 0.6,
            thumbnails: false,
        }
    }
}

impl Preferences {
    /// What the file remembers, field by field; the default of a field where there is none or it
    /// makes no sense.
    pub fn load(path: &Path) -> Self {
        let text = fs::read(path).unwrap_or_default();
        let mut preferences = Self::default();
        let fields: serde_json::Map<_, _> = serde_json::from_slice(&text).unwrap_or_default();
        for (name, value) in fields {
            let Ok(mut all) = serde_json::to_value(&preferences) else {
                continue;
            };
            all[name] = value;
            preferences = serde_json::from_value(all).unwrap_or(preferences);
        }
        preferences.scale = preferences.scale.clamp(0.5, 3.0);
        preferences
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.persist(path)?;
        Ok(())
    }

    /// Puts a project at the top of the recent ones.
    pub fn used(&mut self, project: &Path) {
        self.recent.retain(|other| other != project);
        self.recent.insert(0, project.to_path_buf());
        self.recent.truncate(MAX_RECENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new folder").join("settings.json");
        let mut preferences = Preferences {
            theme: Theme::Dark,
            scale: 1.25,
            ..Preferences::default()
        };
        preferences.used(Path::new("/a"));
        preferences.used(Path::new("/b"));
        preferences.used(Path::new("/a"));
        assert_eq!(preferences.recent, [Path::new("/a"), Path::new("/b")]);
        preferences.save(&path).unwrap();
        assert_eq!(Preferences::load(&path), preferences);
    }

    #[test]
    fn nonsense_gives_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        assert_eq!(Preferences::load(&path), Preferences::default());
        for text in ["", "{", "[1,2]", r#"{"scale":"large"}"#] {
            fs::write(&path, text).unwrap();
            assert_eq!(Preferences::load(&path), Preferences::default(), "{text}");
        }
        fs::write(&path, r#"{"theme":5,"scale":1.5,"recent":["/a"]}"#).unwrap();
        let preferences = Preferences::load(&path);
        assert_eq!(
            (preferences.scale, preferences.recent.len()),
            (1.5, 1),
            "the rest holds"
        );
        fs::write(&path, r#"{"scale":1e9}"#).unwrap();
        assert_eq!(Preferences::load(&path).scale, 3.0);
    }
}
