//! A window on its own folder of pictures, and functions to operate it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;
use tsukami::app::action::Action;
use tsukami::app::app_dirs::AppDirs;
use tsukami::app::preferences::{PanelOptions, Preferences, Theme};
use tsukami::app::session::Session;
use tsukami::app::window::Window;
use tsukami::app::workspace::Workspace;
use tsukami::document::{Annotation, BoxState, Document, Provenance, ReviewState, ops};
use tsukami::geometry::BBox;
use tsukami::store::{self, Project};

/// How long a worker may take. It only detects a hang: a machine may be slow.
const PATIENCE: Duration = Duration::from_secs(240);

/// A window and the folders that it uses.
pub struct Bench {
    /// The window.
    pub harness: Harness<'static, Window>,
    /// Contains the pictures in `pictures` and the user's files in `user`.
    pub folder: TempDir,
}

/// A sample picture.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets/sample/images")
        .join(name)
}

/// A project of the pictures in the folder `pictures` of a folder, with these classes.
pub fn project_with(folder: &TempDir, classes: &[&str]) -> Project {
    let (mut project, _) = Project::create_for(&folder.path().join("pictures")).unwrap();
    store::rescan(&mut project).unwrap();
    for name in classes {
        let add = |document: &Document| Ok(ops::add_category(document, name));
        project.commit_with("add a class", None, add).unwrap();
    }
    project
}

/// The model that proposals of the tests are of.
pub fn model() -> Arc<Provenance> {
    Arc::new(Provenance {
        name: "dinov2-vits14".into(),
        version: "1".into(),
        method: "affinity".into(),
        threshold: 0.52,
    })
}

impl Bench {
    /// Copies these sample pictures, flat, into a new folder.
    pub fn folder_of(pictures: &[&str]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("pictures")).unwrap();
        fs::create_dir(folder.path().join("user")).unwrap();
        for name in pictures {
            let file = Path::new(name).file_name().unwrap();
            fs::copy(sample(name), folder.path().join("pictures").join(file)).unwrap();
        }
        folder
    }

    /// A window on these sample pictures, without automatic proposals.
    pub fn open(pictures: &[&str]) -> Self {
        Self::on(Self::folder_of(pictures), Theme::Dark, false)
    }

    /// A window on the folder `pictures` in `folder`, with or without automatic proposals.
    pub fn on(folder: TempDir, theme: Theme, proposes: bool) -> Self {
        let path = folder.path().join("pictures");
        // Every section of the right panel is open, so that a test reaches it.
        let settings = format!(
            r#"{{"proposes_at_once":{proposes},"prepares_fitting":false,"panels":{{"proposals":true,"learning":true}}}}"#
        );
        fs::write(folder.path().join("user/settings.json"), settings).unwrap();
        let mut bench = Self::start(folder, Some(path), theme);
        bench.wait("the pictures", |workspace| {
            let current = workspace.session.current();
            !workspace.is_scanning
                && current.is_some_and(|id| {
                    workspace.view.textures.has(id) || workspace.session.unreadable(id).is_some()
                })
        });
        bench
    }

    /// A window with nothing open, or with this path.
    pub fn start(folder: TempDir, path: Option<PathBuf>, theme: Theme) -> Self {
        Self::start_with(folder, path, theme, |_| {})
    }

    /// As [`start`](Self::start), with something done to the window before its first frame.
    pub fn start_with(
        folder: TempDir,
        path: Option<PathBuf>,
        theme: Theme,
        prepare: impl FnOnce(&mut Window) + 'static,
    ) -> Self {
        let places = AppDirs::inside(&folder.path().join("user"));
        let settings = places.settings.as_deref().unwrap();
        let mut preferences = Preferences::load(settings);
        preferences.theme = theme;
        // A test asks for it.
        preferences.tour_waits = false;
        preferences.save(settings).unwrap();
        let theme = match theme {
            Theme::Light => egui::Theme::Light,
            Theme::Dark | Theme::System => egui::Theme::Dark,
        };
        let harness = Harness::builder()
            .with_theme(theme)
            .with_size(Vec2::new(1280.0, 800.0))
            .wgpu()
            .build_eframe(move |creation| {
                let mut window = Window::new(&creation.egui_ctx, places, path);
                prepare(&mut window);
                window
            });
        Self { harness, folder }
    }

    /// Makes the window this large, in points, and shows each point as `scale` pixels.
    pub fn resize(&mut self, size: [f32; 2], scale: f32) {
        // A change of the scale resizes the window in its own frame, so it comes first.
        self.harness.set_pixels_per_point(scale);
        self.frames(2);
        self.harness.set_size(size.into());
        self.frames(4);
    }

    /// The right panel as it is for a person who starts: what is needed for every picture is open.
    pub fn fold_panels(&mut self) {
        self.act(Action::SetPanelOptions(PanelOptions::default()));
    }

    /// Performs an action as if it came from the window.
    pub fn act(&mut self, action: Action) {
        let context = self.harness.ctx.clone();
        let window = self.harness.state_mut();
        window.perform_for_test(&context, action);
        self.frames(3);
    }

    /// Closes the window and opens another on the same folder.
    pub fn reopen(self) -> Self {
        let Self { harness, folder } = self;
        let mut window = harness.into_state();
        window.close();
        drop(window);
        Self::on(folder, Theme::Dark, false)
    }

    /// The open project.
    pub fn workspace(&self) -> &Workspace {
        self.harness.state().workspace().expect("a project is open")
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.workspace().session
    }

    /// The folder of the pictures.
    pub fn pictures(&self) -> PathBuf {
        self.folder.path().join("pictures")
    }

    /// Draws some frames.
    pub fn frames(&mut self, number: usize) {
        self.harness.run_steps(number);
    }

    /// In how long the window wants its next frame: the longest duration if never.
    pub fn next_frame_in(&self) -> Duration {
        let viewports = &self.harness.output().viewport_output;
        viewports[&egui::ViewportId::ROOT].repaint_delay
    }

    /// Draws frames as long as the window wants the next one at once.
    pub fn settle(&mut self) {
        for _ in 0..60 {
            self.harness.step();
            if !self.next_frame_in().is_zero() {
                return;
            }
        }
        panic!("the window draws frame after frame");
    }

    /// Draws frames until the workspace meets a condition.
    #[track_caller]
    pub fn wait(&mut self, what: &str, is_so: impl Fn(&Workspace) -> bool) {
        self.wait_window(what, |window| window.workspace().is_some_and(&is_so));
    }

    /// Chooses a quality level in the Proposals panel. At `fast` every box is of the class `object`.
    #[track_caller]
    pub fn choose_quality(&mut self, quality: &str) {
        self.click("Quality");
        let (first, rest) = quality.split_at(1);
        self.click(&format!("{}{rest}", first.to_uppercase()));
        let is_ready = |workspace: &Workspace| {
            workspace
                .model_info()
                .is_some_and(|model_info| model_info.quality.name() == quality)
        };
        self.wait("the model", is_ready);
    }

    /// Turns the detector off in the Proposals panel.
    #[track_caller]
    pub fn use_ts_cam_only(&mut self) {
        self.click("TS-CAM only");
        self.wait("the model", |workspace| {
            workspace
                .model_info()
                .is_some_and(|model_info| !model_info.has_detector)
        });
    }

    /// Proposes on all pictures, by the shortcut.
    #[track_caller]
    pub fn propose_all(&mut self) {
        self.keys(Modifiers::COMMAND, Key::B);
        self.wait("proposals on every picture", |workspace| {
            let mut pictures = workspace.session.document().pictures();
            workspace.proposing.job.is_none()
                && pictures.all(|row| row.review == ReviewState::Proposed)
        });
    }

    /// As [`propose_all`](Self::propose_all), for pictures that may have proposals already.
    #[track_caller]
    pub fn propose_again(&mut self) {
        self.keys(Modifiers::COMMAND, Key::B);
        self.wait("the end of the run", |workspace| {
            workspace.proposing.job.is_none() && !workspace.has_unwritten()
        });
    }

    /// Draws frames until everything is in the project file.
    #[track_caller]
    pub fn wait_until_saved(&mut self) {
        self.wait("everything to be saved", |workspace| {
            workspace.session.project().saving_since().is_none()
        });
    }

    /// Draws frames until the window meets a condition.
    #[track_caller]
    pub fn wait_window(&mut self, what: &str, is_so: impl Fn(&Window) -> bool) {
        let begun = Instant::now();
        loop {
            self.harness.step();
            if is_so(self.harness.state()) {
                self.frames(2);
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Draws frames until a widget's name contains `text`.
    #[track_caller]
    pub fn wait_for_words(&mut self, text: &str) {
        let begun = Instant::now();
        while !self.says(text) {
            self.harness.step();
            assert!(begun.elapsed() < PATIENCE, "waited in vain for {text:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Presses a key.
    pub fn key(&mut self, key: Key) {
        self.keys(Modifiers::NONE, key);
    }

    /// Presses a key with modifiers.
    pub fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.frames(3);
        self.see();
    }

    /// Presses several keys within one frame.
    pub fn keys_at_once(&mut self, keys: &[(Modifiers, Key)]) {
        let events = keys.iter().flat_map(|(modifiers, key)| {
            [true, false].map(|pressed| key_event(*modifiers, *key, pressed, false))
        });
        let events = events.collect();
        self.at_once(events);
    }

    /// Sends these events within one frame.
    pub fn at_once(&mut self, events: Vec<Event>) {
        self.harness.input_mut().events.extend(events);
        self.frames(3);
    }

    /// Holds a key down until it repeats.
    pub fn hold(&mut self, modifiers: Modifiers, key: Key, repeats: usize) {
        for repeat in 0..=repeats {
            self.harness
                .event(key_event(modifiers, key, true, repeat > 0));
            self.frames(2);
            self.see();
        }
        self.harness.event(key_event(modifiers, key, false, false));
        self.frames(1);
    }

    /// Waits until the current picture is drawn.
    pub fn see(&mut self) {
        let is_seen = |workspace: &Workspace| {
            workspace.session.current().is_none_or(|id| {
                workspace.view.textures.has(id) || workspace.session.unreadable(id).is_some()
            })
        };
        if self
            .harness
            .state()
            .workspace()
            .is_some_and(|workspace| !is_seen(workspace))
        {
            self.wait("the picture", is_seen);
        }
    }

    /// Types a character, as a keyboard sends it.
    pub fn type_char(&mut self, character: char) {
        self.harness.event(Event::Text(character.to_string()));
        self.frames(3);
    }

    /// Clicks the widget with this name.
    #[track_caller]
    pub fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.frames(3);
    }

    /// Clicks the last widget with this name: the one in the topmost dialog.
    #[track_caller]
    pub fn click_last(&mut self, name: &str) {
        self.harness.get_all_by_label(name).last().unwrap().click();
        self.frames(3);
    }

    /// Scrolls to the widget with this name and clicks it.
    #[track_caller]
    pub fn scroll_and_click(&mut self, name: &str) {
        self.harness.get_by_label(name).scroll_to_me();
        self.frames(20);
        self.click(name);
    }

    /// Performs an action as if a panel had asked for it.
    pub fn perform(&mut self, action: Action) {
        let context = self.harness.ctx.clone();
        let window = self.harness.state_mut();
        window.perform_for_test(&context, action);
        self.frames(2);
    }

    /// Whether a widget has this name.
    pub fn has(&self, name: &str) -> bool {
        self.harness.query_all_by_label(name).next().is_some()
    }

    /// Whether a widget's name contains `text`.
    pub fn says(&self, text: &str) -> bool {
        self.harness
            .query_all_by_label_contains(text)
            .next()
            .is_some()
    }

    /// The position of a point of the picture on the screen.
    pub fn at(&self, x: f32, y: f32) -> Pos2 {
        self.workspace().view.canvas.to_screen(x, y)
    }

    /// Drags from one point of the screen to another, in several steps.
    pub fn drag_with(&mut self, button: PointerButton, from: Pos2, to: Pos2) {
        let press = |harness: &Harness<'_, Window>, pos, pressed| {
            harness.event(Event::PointerButton {
                pos,
                button,
                pressed,
                modifiers: Modifiers::NONE,
            });
        };
        self.harness.event(Event::PointerMoved(from));
        self.frames(1);
        press(&self.harness, from, true);
        self.frames(1);
        for step in 1..=4 {
            let on_the_way = from + (to - from) * (step as f32 / 4.0);
            self.harness.event(Event::PointerMoved(on_the_way));
            self.frames(1);
        }
        press(&self.harness, to, false);
        self.frames(3);
    }

    /// Drags with the primary button.
    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.drag_with(PointerButton::Primary, from, to);
    }

    /// Drags with the primary button while keys are held.
    pub fn drag_holding(&mut self, modifiers: Modifiers, from: Pos2, to: Pos2) {
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.drag(from, to);
        self.harness.event(Event::ModifiersChanged(Modifiers::NONE));
        self.frames(1);
    }

    /// Clicks a point of the screen.
    pub fn click_at(&mut self, at: Pos2) {
        self.harness.event(Event::PointerMoved(at));
        self.frames(1);
        for pressed in [true, false] {
            self.harness.event(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
            self.frames(1);
        }
        self.frames(2);
    }

    /// Draws a box on the current picture.
    pub fn draw(&mut self, bbox: BBox) {
        self.key(Key::W);
        let (from, to) = (self.at(bbox.x0, bbox.y0), self.at(bbox.x1, bbox.y1));
        self.drag(from, to);
        self.harness.event(Event::PointerMoved(
            self.at(bbox.x1, bbox.y1) + vec2(60.0, 0.0),
        ));
        self.frames(1);
    }

    /// The boxes of the current picture, in any state.
    pub fn boxes(&self) -> Vec<Annotation> {
        self.session().boxes().to_vec()
    }

    /// The number of boxes of the current picture in this state.
    pub fn count(&self, state: BoxState) -> usize {
        self.boxes().iter().filter(|row| row.state == state).count()
    }

    /// The path of the current picture.
    pub fn shown(&self) -> String {
        let session = self.session();
        let picture = session
            .current()
            .and_then(|id| session.document().picture(id));
        picture.expect("a picture is shown").path.to_string()
    }

    /// Draws frames until all notifications have disappeared, for a stable snapshot.
    pub fn hush(&mut self) {
        self.harness.event(Event::PointerGone);
        self.frames(60);
    }
}

fn key_event(modifiers: Modifiers, key: Key, pressed: bool, repeat: bool) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat,
        modifiers,
    }
}
