//! A window without a screen, operated by keys and the pointer.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use egui::{Context, Event, Key, Modifiers, Pos2, RawInput, Rect};
use tempfile::TempDir;
use tsukami::app::app_dirs::AppDirs;
use tsukami::app::window::Window;

const SCREEN: [f32; 2] = [1280.0, 800.0];

/// A window without a screen.
pub struct Bench {
    pub context: Context,
    pub window: Window,
    begun: Instant,
}

impl Bench {
    /// A window on the folder `pictures` in `folder`, without proposals of its own accord.
    pub fn new(folder: &TempDir) -> Self {
        let context = Context::default();
        let user = folder.path().join("user");
        fs::create_dir_all(&user).expect("a folder can be made");
        fs::write(user.join("settings.json"), r#"{"proposes_at_once":false}"#)
            .expect("it is there");
        let begun = Instant::now();
        let path = folder.path().join("pictures");
        let window = Window::new(&context, AppDirs::inside(&user), Some(path));
        Self {
            context,
            window,
            begun,
        }
    }

    /// Draws one frame with these events. Returns the processor time that it took.
    pub fn frame(&mut self, events: Vec<Event>) -> Duration {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SCREEN.into())),
            time: Some(self.begun.elapsed().as_secs_f64()),
            events,
            focused: true,
            ..RawInput::default()
        };
        let begun = ThreadTime::now();
        let context = self.context.clone();
        let mut output = context.run_ui(input, |ui| {
            self.window.advance(&context);
            self.window.show(ui);
        });
        let triangles = context.tessellate(output.shapes, output.pixels_per_point);
        let spent = begun.elapsed();
        std::hint::black_box(triangles);
        // There is no graphics card to send them to.
        output.textures_delta.clear();
        spent
    }

    pub fn key(&mut self, key: Key) -> Duration {
        self.press(Modifiers::NONE, key)
    }

    /// Presses a key. Returns the processor time of the frame that handles it.
    pub fn press(&mut self, modifiers: Modifiers, key: Key) -> Duration {
        let event = |pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        };
        self.frame(vec![event(true), event(false)])
    }

    /// A point of the picture, in its pixels, on the screen.
    pub fn at(&self, x: f32, y: f32) -> Pos2 {
        let workspace = self.window.workspace().expect("a project is open");
        workspace.view.canvas.to_screen(x, y)
    }

    /// Draws frames until no message is shown.
    pub fn wait_for_silence(&mut self) {
        let begun = self.begun;
        self.wait(|window| {
            let now = begun.elapsed().as_secs_f64();
            window.notifications().seconds_to_next_expiry(now).is_none()
        });
    }

    /// Draws frames until a condition holds. Returns the time since the window was created.
    pub fn wait(&mut self, is_so: impl Fn(&Window) -> bool) -> Duration {
        loop {
            self.frame(Vec::new());
            if is_so(&self.window) {
                return self.begun.elapsed();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Whether the picture that is to be shown is on the graphics card.
pub fn is_shown(window: &Window) -> bool {
    let workspace = window.workspace();
    workspace.is_some_and(|workspace| {
        workspace
            .session
            .current()
            .is_some_and(|id| workspace.view.textures.has(id))
    })
}

/// A new folder for pictures.
pub fn pictures(folder: &TempDir) -> PathBuf {
    let pictures = folder.path().join("pictures");
    fs::create_dir_all(&pictures).expect("a folder can be made");
    pictures
}
