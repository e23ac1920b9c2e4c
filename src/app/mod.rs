//! The window: a program for people with many pictures to do.
//!
//! ```text
//! command, keymap, offer   what can be done, by which keys, and whether it can be done now
//! session                  the open project as a person works on it; no widgets
//! workspace                     the session with its workers, textures and maps
//! work/                    what runs beside the frame; results come back as events
//! canvas/, panels/, dialogs/   draw what is, and push actions
//! window                   drains events, takes keys, has everything drawn, performs actions
//! ```
//!
//! Data runs in a circle, in one direction: state -> drawing -> actions -> state; and from the
//! workers by way of events. Nothing that draws changes the project, and nothing that may take
//! long runs on the thread that draws.

pub mod action;
pub mod app_dirs;
pub mod cache;
pub mod canvas;
pub mod command;
pub mod dialogs;
pub mod keymap;
pub mod notifications;
pub mod offer;
pub mod panels;
pub mod preferences;
pub mod sample_pictures;
pub mod session;
pub mod textures;
pub mod theme;
pub mod window;
pub mod workers;
pub mod workspace;

use std::path::PathBuf;

use egui::ViewportBuilder;

use self::app_dirs::AppDirs;
use self::preferences::Preferences;
use self::window::Window;

/// The smallest window that everything fits into, in points.
const MIN_WINDOW_SIZE: [f32; 2] = [820.0, 520.0];
/// The size of the first window.
const DEFAULT_WINDOW_SIZE: [f32; 2] = [1280.0, 800.0];

/// Opens the window, with a folder of pictures, a picture's folder or a project file in it if one
/// is given, and returns when it is closed.
///
/// # Errors
/// If the system gives no window: there is no display, or no OpenGL.
pub fn run(path: Option<PathBuf>) -> eframe::Result {
    let places = AppDirs::for_user();
    let preferences = places.settings.as_deref().map(Preferences::load);
    let preferences = preferences.unwrap_or_default();
    let mut viewport = ViewportBuilder::default()
        .with_title("Tsukami")
        .with_app_id("tsukami")
        .with_min_inner_size(MIN_WINDOW_SIZE)
        .with_inner_size(DEFAULT_WINDOW_SIZE)
        .with_drag_and_drop(true);
    if let Some(place) = preferences.window {
        viewport = viewport
            .with_inner_size(place.size)
            .with_maximized(place.maximised);
        if let Some(position) = place.position {
            viewport = viewport.with_position(position);
        }
    }
    let options = eframe::NativeOptions {
        viewport,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "tsukami",
        options,
        Box::new(|creation| {
            let window = Window::new(&creation.egui_ctx, places, path);
            Ok(Box::new(window))
        }),
    )
}
