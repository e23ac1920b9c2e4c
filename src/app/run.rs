//! Opens the window with the preferences of the user.

use std::path::PathBuf;

use egui::ViewportBuilder;

use super::app_dirs::AppDirs;
use super::mark;
use super::preferences::Preferences;
use super::window::Window;
use crate::nn::shipped::ModelSource;

/// The minimum size of the window in points.
const MIN_WINDOW_SIZE: [f32; 2] = [820.0, 520.0];
/// The size of the window in points when it is opened for the first time.
const DEFAULT_WINDOW_SIZE: [f32; 2] = [1280.0, 800.0];

/// Opens the window and returns when it is closed. `path` is a folder of pictures, a picture or a
/// project file to open in it.
///
/// # Errors
/// If the system cannot open a window, for example without a display or OpenGL.
pub fn run(path: Option<PathBuf>, models: ModelSource) -> eframe::Result {
    let dirs = AppDirs::for_user(models);
    let preferences = dirs.settings.as_deref().map(Preferences::load);
    let preferences = preferences.unwrap_or_default();
    let mut viewport = ViewportBuilder::default()
        .with_title("Tsukami")
        .with_app_id("tsukami")
        .with_icon(mark::window_icon())
        .with_min_inner_size(MIN_WINDOW_SIZE)
        .with_inner_size(DEFAULT_WINDOW_SIZE)
        .with_drag_and_drop(true);
    if let Some(geometry) = preferences.window {
        viewport = viewport
            .with_inner_size(geometry.size)
            .with_maximized(geometry.maximised);
        if let Some(position) = geometry.position {
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
            let window = Window::new(&creation.egui_ctx, dirs, path);
            Ok(Box::new(window))
        }),
    )
}
