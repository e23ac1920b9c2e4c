//! Opens the window with the preferences of the user.

use std::path::PathBuf;

use egui::ViewportBuilder;

use super::app_dirs::AppDirs;
use super::mark;
use super::placement::{DesktopRect, reachable_position};
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
            if let Some(window) = creation.winit_window() {
                let monitors = window.available_monitors().map(|monitor| {
                    let (at, size) = (monitor.position(), monitor.size());
                    desktop_rect(at.x, at.y, size.width, size.height)
                });
                let monitors: Vec<DesktopRect> = monitors.collect();
                // Wayland decides by itself, and tells no position.
                if let Ok(mut at) = window.outer_position() {
                    let size = window.outer_size();
                    let place = desktop_rect(at.x, at.y, size.width, size.height);
                    if let Some([x, y]) = reachable_position(place, &monitors) {
                        (at.x, at.y) = (x, y);
                        window.set_outer_position(at);
                    }
                }
            }
            let window = Window::new(&creation.egui_ctx, dirs, path);
            Ok(Box::new(window))
        }),
    )
}

fn desktop_rect(x: i32, y: i32, width: u32, height: u32) -> DesktopRect {
    let [width, height] = [width, height].map(|side| i32::try_from(side).unwrap_or(i32::MAX / 4));
    DesktopRect {
        x,
        y,
        width,
        height,
    }
}
