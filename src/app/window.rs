//! The window: what is open, what comes back from the workers, and what is done about actions.
//!
//! A frame goes like this: [`logic`](eframe::App::logic) drains the channel and lets time pass;
//! [`ui`](eframe::App::ui) takes the keys, draws everything from what is, collecting actions, and
//! performs those at the end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use egui::{CentralPanel, Context, Id, Key, Panel, Ui, ViewportCommand};

use super::action::{Action, ClassAction};
use super::canvas::{self, Scene, Wish};
use super::command::{Command, Needs};
use super::desk::{Desk, Job, ModelState};
use super::dialogs::{self, Dialog, exchange, welcome};
use super::files::{self, Choice, Purpose};
use super::keymap;
use super::notices::Notices;
use super::offer::Offer;
use super::panels::{boxes, classes, dashboard, list, proposals, status};
use super::places::Places;
use super::preferences::{CanvasLook, Preferences, Theme, WindowPlace};
use super::sample;
use super::theme::{self, Palette};
use super::work::exchanging::{self, Exchanged};
use super::work::opening::{self, Opening};
use super::work::proposing::Proposed;
use super::work::{Event, MOST_WAITING, Post};
use crate::document::ops;
use crate::document::{Edit, EditError, PictureId};
use crate::formats::exchange::{ExportReport, Import, Notes};
use crate::store::{Project, StoreError};

/// How often another process is looked for that has written to the project.
const POLL: Duration = Duration::from_secs(1);
/// How often it is written where the work is.
const KEEP: Duration = Duration::from_secs(5);
/// Gestures of colours, apart from those of keys.
const RECOLOURING: u64 = 1 << 63;
/// How long a frame takes in what the workers have sent.
const DRAIN_TIME: Duration = Duration::from_millis(6);
/// The width of a toast in points: that of the panel that it lies over.
const TOAST_WIDTH: f32 = 236.0;
/// How much the keys move the threshold.
const THRESHOLD_STEP: f32 = 0.02;

/// The program's window.
pub struct Window {
    preferences: Preferences,
    places: Places,
    post: Post,
    events: Receiver<(u64, Event)>,
    /// The number of the last opening: each has its own, and events of others are dropped.
    last_number: u64,
    desk: Option<Desk>,
    /// What is being opened, and the number of that opening. Until it is open, what was stays.
    opening: Option<(u64, PathBuf)>,
    notices: Notices,
    dialog: Option<Dialog>,
    list: list::List,
    classes: classes::Classes,
    dashboard: dashboard::Dashboard,
    shows_adjustment: bool,
    /// The picture that the model had not looked at when it was to be marked as done.
    warned_of: Option<PictureId>,
    /// Whether a menu or a list was open in the last frame: keys are for it.
    had_popup: bool,
    /// Whether preferences have changed since they were written.
    are_preferences_new: bool,
    polled: Instant,
    kept: Instant,
    /// The title that the window has.
    title: String,
}

impl Window {
    /// A window that opens `path` if there is one.
    pub fn new(context: &Context, places: Places, path: Option<PathBuf>) -> Self {
        let preferences = places.settings.as_deref().map(Preferences::load);
        let preferences = preferences.unwrap_or_default();
        let (sender, events) = bounded(MOST_WAITING);
        let waker = context.clone();
        let post = Post::new(sender, move || waker.request_repaint());
        theme::apply(context);
        context.set_theme(preferences.theme);
        context.set_zoom_factor(preferences.scale);
        let mut window = Self {
            preferences,
            places,
            post,
            events,
            last_number: 0,
            desk: None,
            opening: None,
            notices: Notices::default(),
            dialog: None,
            list: list::List::default(),
            classes: classes::Classes::default(),
            dashboard: dashboard::Dashboard::default(),
            shows_adjustment: false,
            warned_of: None,
            had_popup: false,
            are_preferences_new: false,
            polled: Instant::now(),
            kept: Instant::now(),
            title: String::new(),
        };
        if let Some(path) = path {
            window.open(path);
        }
        window
    }

    /// The open project; for tests.
    pub fn desk(&self) -> Option<&Desk> {
        self.desk.as_ref()
    }

    /// What a person is told; for tests.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// Does something, as if it was asked for in the window; for tests.
    pub fn act(&mut self, context: &Context, action: Action) {
        self.perform(context, action);
    }

    // What comes back.

    /// Takes in what has come, but for no longer than a part of a frame.
    fn drain(&mut self, context: &Context) {
        let begun = Instant::now();
        while let Ok((number, event)) = self.events.try_recv() {
            let is_opening = self
                .opening
                .as_ref()
                .is_some_and(|(opening, _)| *opening == number);
            let is_open = self.desk.as_ref().is_some_and(|desk| desk.number == number);
            match event {
                Event::Chosen(purpose, choice) => self.take_choice(purpose, choice),
                Event::Trouble(text) => self.notices.problem(text),
                Event::Opening(Opening::Opened { project, notices }) if is_opening => {
                    self.put_on_desk(*project, number, notices);
                }
                Event::Opening(Opening::Failed(reason)) if is_opening => {
                    self.opening = None;
                    self.notices.problem(reason);
                }
                event if is_open => self.take(context, event),
                // Dropped with what it holds: nobody wants it any more.
                _ => {}
            }
            if begun.elapsed() > DRAIN_TIME {
                context.request_repaint();
                break;
            }
        }
    }

    fn take(&mut self, context: &Context, event: Event) {
        match event {
            Event::Opening(opening) => self.take_opening(opening),
            Event::Exchanged(exchanged) => self.take_exchanged(exchanged),
            event => {
                let Some(desk) = &mut self.desk else { return };
                match event {
                    Event::Decoded(picture, decoded) => {
                        match desk.take_decoded(context, picture, decoded) {
                            Ok(notes) => notes.into_iter().for_each(|note| self.notices.note(note)),
                            Err(reason) => self.notices.problem(reason),
                        }
                    }
                    event => self.notices.problems(take_work(context, desk, event)),
                }
            }
        }
    }

    fn put_on_desk(&mut self, project: Project, number: u64, notices: Vec<String>) {
        self.opening = None;
        if let Some(former) = self.desk.take() {
            close_aside(former, &self.post);
        }
        self.preferences.used(project.path());
        self.are_preferences_new = true;
        let caches = self.places.caches.as_deref();
        let mut desk = Desk::new(project, number, caches, &self.post);
        desk.is_reading = desk.session.is_editable();
        self.desk = Some(desk);
        self.list = list::List::default();
        self.classes = classes::Classes::default();
        self.notices.problems(notices);
    }

    fn take_opening(&mut self, opening: Opening) {
        match opening {
            Opening::Opened { .. } => {}
            Opening::First => self.poll(),
            Opening::Read(survey) => {
                self.poll();
                let Some(desk) = &mut self.desk else { return };
                desk.is_reading = false;
                let changes = &survey.changes;
                for name in changes.changed.iter().chain(&changes.found_again) {
                    let picture = desk.session.document().picture_at(name).map(|row| row.id);
                    if let Some(picture) = picture {
                        desk.reload(picture);
                    }
                }
                self.notices.problems(survey.problems);
                if let Some(text) = said_of_folder(&survey.changes) {
                    self.notices.say(text);
                }
                if self.preferences.proposes_at_once && desk.session.is_editable() {
                    desk.propose_all(true);
                }
            }
            Opening::Failed(reason) => {
                if let Some(desk) = &mut self.desk {
                    desk.is_reading = false;
                }
                self.notices.problem(reason);
            }
        }
    }

    fn take_choice(&mut self, purpose: Purpose, choice: Choice) {
        let path = match choice {
            Choice::Path(path) => path,
            Choice::Nothing => return,
            Choice::NoDialog if self.dialog.is_some() => {
                let text = "This system shows no file dialog to programs: type the path instead";
                return self.notices.say(text);
            }
            Choice::NoDialog => {
                let dialog = dialogs::open_path::OpenPath::new(purpose);
                self.dialog = Some(Dialog::OpenPath(dialog));
                return;
            }
        };
        match (purpose, &mut self.dialog) {
            (Purpose::OpenFolder | Purpose::OpenProject, _) => self.open(path),
            (Purpose::Model, _) => self.use_model(Some(path)),
            (Purpose::ExportFile | Purpose::ExportFolder, Some(Dialog::Export(export))) => {
                export.take_path(&path);
            }
            (Purpose::ImportFile | Purpose::ImportFolder, Some(Dialog::Import(import))) => {
                import.take_path(&path);
            }
            // The dialog that wanted it is closed.
            _ => {}
        }
    }

    fn take_exchanged(&mut self, exchanged: Exchanged) {
        let Some(desk) = &mut self.desk else { return };
        desk.exchange = None;
        desk.holds_back = false;
        match exchanged {
            Exchanged::Read(path, import) => {
                let Import { edit, report } = *import;
                let label = format!("import {}", path.display());
                match desk.session.commit_edit(&label, &edit) {
                    Ok(()) => {
                        self.notices.say(format!(
                            "Imported {} boxes and {} image tags; {} pictures",
                            report.boxes + report.proposals,
                            report.tags,
                            report.pictures
                        ));
                        self.notices.problems(sentences(report.unread));
                    }
                    Err(error) => self.notices.problem(format!(
                        "{} was not imported: {error}; import it again",
                        path.display()
                    )),
                }
            }
            Exchanged::Written(path, report) => {
                let ExportReport {
                    pictures,
                    boxes,
                    changed,
                    ..
                } = report;
                self.notices.say(format!(
                    "Exported {boxes} boxes on {pictures} pictures to {}",
                    path.display()
                ));
                self.notices.problems(sentences(changed));
            }
            Exchanged::Failed(reason) => self.notices.problem(reason),
        }
    }

    // Opening and closing.

    fn open(&mut self, path: PathBuf) {
        if let Some(desk) = &self.desk {
            let project = desk.session.project();
            if path == project.root() || path == project.path() {
                return self.notices.say("This project is open already");
            }
        }
        self.dialog = None;
        self.last_number += 1;
        self.opening = Some((self.last_number, path.clone()));
        opening::open(path, self.post.about(self.last_number));
    }

    fn close_project(&mut self) {
        self.opening = None;
        self.dialog = None;
        if let Some(desk) = self.desk.take()
            && let Err(error) = desk.close()
        {
            self.notices.problem(error.to_string());
        }
    }

    fn poll(&mut self) {
        self.polled = Instant::now();
        if let Some(desk) = &mut self.desk
            && let Err(error) = desk.session.poll()
        {
            self.notices.problem(error.to_string());
        }
    }

    fn use_model(&mut self, model: Option<PathBuf>) {
        if let Some(desk) = &mut self.desk
            && let Err(error) = desk.use_model(model)
        {
            self.notices.problem(error.to_string());
        }
    }

    fn save_preferences(&mut self) {
        if !std::mem::take(&mut self.are_preferences_new) {
            return;
        }
        let Some(path) = &self.places.settings else {
            return;
        };
        if let Err(error) = self.preferences.save(path) {
            let text = format!("Settings cannot be kept in {}: {error}", path.display());
            self.notices.say(text);
        }
    }

    fn open_sample(&mut self) {
        let Some(folder) = self.places.sample.clone() else {
            self.notices
                .problem("This system has no folder for a user's data");
            return;
        };
        match sample::unpack(&folder) {
            Ok(()) => self.open(folder),
            Err(error) => self.notices.problem(format!(
                "The sample pictures cannot be written to {}: {error}",
                folder.display()
            )),
        }
    }

    /// Time goes on: others may have written, boxes wait to be written.
    fn pass_time(&mut self, context: &Context) {
        let (now, has_input) = context.input(|input| {
            (
                input.time,
                !input.events.is_empty() || input.pointer.is_moving(),
            )
        });
        let has_focus = context.input(|input| input.focused);
        if self.polled.elapsed() >= POLL {
            self.poll();
        }
        let keeps = self.kept.elapsed() >= KEEP;
        if keeps {
            self.kept = Instant::now();
            self.save_preferences();
        }
        let Some(desk) = &mut self.desk else { return };
        desk.tick(now, has_input && has_focus);
        desk.session.count();
        let outcome = desk.write_some().and_then(|ended| {
            if keeps {
                desk.keep()?;
            }
            Ok(ended)
        });
        desk.tell_workers();
        if desk.has_unwritten() {
            context.request_repaint_after(Duration::from_millis(100));
        }
        if desk.is_awaited() {
            context.request_repaint_after(Duration::from_millis(200));
        }
        context.request_repaint_after(POLL);
        match outcome {
            Ok(Some(job)) => self.notices.say(said_of_job(&job)),
            Ok(None) => {}
            Err(error) => self.notices.problem(error.to_string()),
        }
    }

    // What is shown.

    fn offer(&self) -> Offer<'_> {
        let mut met = vec![Needs::Nothing];
        let mut on = Vec::new();
        let mut history = [None, None];
        match self.preferences.theme {
            Theme::Light => on.push(Command::LightTheme),
            Theme::Dark => on.push(Command::DarkTheme),
            Theme::System => on.push(Command::SystemTheme),
        }
        let look = &self.preferences.canvas;
        for (is_on, command) in [
            (look.labels, Command::Labels),
            (look.crosshair, Command::Crosshair),
            (look.rulers, Command::Rulers),
            (look.keep_view, Command::KeepView),
            (look.thumbnails, Command::Grid),
            (self.shows_adjustment, Command::PictureSettings),
        ] {
            on.extend(is_on.then_some(command));
        }
        if let Some(desk) = &self.desk {
            let session = &desk.session;
            let has_picture = session.current().is_some();
            let can_edit = has_picture && session.is_editable();
            let has_selection = can_edit && !session.selection().is_empty();
            history = session.next_steps().map(|label| label.map(str::to_owned));
            for (is_met, need) in [
                (true, Needs::Project),
                (has_picture, Needs::Picture),
                (can_edit, Needs::Editable),
                (has_selection, Needs::Selection),
                (can_edit && desk.can_judge(), Needs::Sight),
                (can_edit && session.has_clipboard(), Needs::Clipboard),
                (history[0].is_some(), Needs::Undo),
                (history[1].is_some(), Needs::Redo),
                (desk.job.is_some(), Needs::Job),
            ] {
                met.extend(is_met.then_some(need));
            }
            for (is_on, command) in [
                (desk.shows_heat, Command::HeatMap),
                (desk.are_boxes_hidden, Command::HideBoxes),
                (desk.shows_dashboard, Command::Dashboard),
                (desk.canvas.draws(), Command::Draw),
                (
                    desk.job.as_ref().is_some_and(|job| job.paused.is_some()),
                    Command::PauseProposing,
                ),
            ] {
                on.extend(is_on.then_some(command));
            }
        }
        Offer {
            keymap: &self.preferences.keymap,
            met,
            on,
            history,
        }
    }

    /// Takes keys before any widget sees them, one after the other as they were pressed.
    fn take_keys(&mut self, ui: &Ui, actions: &mut Vec<Action>) {
        let has_focus = ui.input(|input| input.focused);
        let has_canvas = ui.memory(|memory| memory.has_focus(canvas::id()));
        if let Some(desk) = &mut self.desk
            && !(has_focus && has_canvas)
        {
            desk.canvas.release_space();
        }
        if self.classes.awaits_key() {
            let key = ui.input_mut(|input| self.classes.take_key(&mut input.events, actions));
            if let Some((key, command)) = key.and_then(|key| {
                let press = Key::from_name(&key.to_uppercase().to_string())?;
                let keymap = &self.preferences.keymap;
                Some((
                    key,
                    keymap.command_of(press, egui::Modifiers::NONE, false, true)?,
                ))
            }) {
                actions.retain(|action| !matches!(action, Action::Class(ClassAction::Hotkey(..))));
                let label = command.spec().label.trim_end_matches('…');
                let text = format!("{key} is the key of “{label}”: choose another for the class");
                self.notices.say(text);
            }
        }
        if self.dialog.is_some() || self.had_popup {
            return;
        }
        let is_typing = ui.ctx().text_edit_focused();
        let events = ui.input_mut(|input| std::mem::take(&mut input.events));
        let mut rest = Vec::with_capacity(events.len());
        // The text that a key types comes right after it, and is not for classes if the key was
        // for a command.
        let mut was_taken = false;
        for event in events {
            let is_text = matches!(event, egui::Event::Text(_));
            let is_taken =
                (is_text && was_taken) || self.take_key(&event, is_typing, has_canvas, actions);
            if matches!(event, egui::Event::Key { pressed: true, .. }) {
                was_taken = is_taken;
            }
            if !is_taken {
                rest.push(event);
            }
        }
        ui.input_mut(|input| input.events = rest);
    }

    /// Takes an event if it is a command, or a key that means something on the canvas; whether it
    /// is.
    fn take_key(
        &mut self,
        event: &egui::Event,
        is_typing: bool,
        has_canvas: bool,
        actions: &mut Vec<Action>,
    ) -> bool {
        let keymap = &self.preferences.keymap;
        if let Some(keys) = keymap::clipboard_keys(event).filter(|_| has_canvas) {
            let command = keymap.command_with(keys);
            actions.extend(command.map(Action::Command));
            return command.is_some();
        }
        match event {
            egui::Event::Text(text) if has_canvas => {
                let (Some(desk), Some(key)) = (&self.desk, text.chars().next()) else {
                    return false;
                };
                let mut classes = desk.session.document().categories();
                let class = classes.find(|row| row.hotkey == Some(key));
                let class = class.filter(|_| desk.session.is_editable());
                actions.extend(class.map(|class| Action::ChooseClass(class.id)));
            }
            egui::Event::Key {
                key: Key::Space,
                pressed,
                modifiers,
                ..
            } if has_canvas && (modifiers.is_none() || !pressed) => {
                let tapped = self
                    .desk
                    .as_mut()
                    .is_some_and(|desk| desk.canvas.take_space(*pressed));
                let space = egui::KeyboardShortcut::new(egui::Modifiers::NONE, Key::Space);
                let command = keymap.command_with(space).filter(|_| tapped);
                actions.extend(command.map(Action::Command));
            }
            egui::Event::Key {
                key,
                pressed: true,
                repeat,
                modifiers,
                ..
            } => {
                if let Some(desk) = self.desk.as_mut().filter(|desk| !desk.shows_dashboard)
                    && has_canvas
                    && desk
                        .canvas
                        .take_key(*key, *modifiers, *repeat, &desk.session, actions)
                {
                    return true;
                }
                let command = keymap.command_of(*key, *modifiers, is_typing, has_canvas);
                let Some(command) = command else { return false };
                if !repeat || command.repeats() {
                    actions.push(Action::Command(command));
                }
            }
            _ => return false,
        }
        true
    }

    fn project_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let offer = Offer {
            keymap: &self.preferences.keymap.clone(),
            ..self.offer()
        };
        let Some(desk) = &mut self.desk else { return };
        let look = self.preferences.canvas;
        Panel::bottom("status").show(ui, |ui| status::ui(ui, desk, &self.notices, actions));
        Panel::left("pictures")
            .resizable(true)
            .default_size(240.0)
            .size_range(180.0..=480.0)
            .show(ui, |ui| {
                if desk.job.is_some() {
                    Panel::bottom("job").show(ui, |ui| status::job_bar(ui, desk, &offer, actions));
                }
                ui.add_space(4.0);
                self.list.ui(ui, desk, look.thumbnails, actions);
            });
        Panel::right("panels")
            .resizable(true)
            .default_size(272.0)
            .size_range(230.0..=460.0)
            .show(ui, |ui| {
                egui::ScrollArea::vertical()
                    .auto_shrink(false)
                    .show(ui, |ui| {
                        ui.add_space(2.0);
                        section(ui, "Proposals", |ui| {
                            proposals::ui(ui, desk, &look, &offer, actions);
                        });
                        section(ui, "Boxes", |ui| boxes::ui(ui, desk, actions));
                        section(ui, "Classes", |ui| self.classes.ui(ui, desk, actions));
                    });
            });
        CentralPanel::no_frame().show(ui, |ui| {
            if desk.shows_dashboard {
                self.dashboard.ui(ui, desk);
                return;
            }
            let heat = desk.heat(ui.ctx());
            let response = desk.canvas.ui(
                ui,
                Scene {
                    session: &desk.session,
                    textures: &mut desk.textures,
                    look: &look,
                    adjustment: desk.adjustment,
                    are_boxes_hidden: desk.are_boxes_hidden,
                    trial: desk.trial.as_ref().map(|trial| &trial.boxes[..]),
                    heat,
                },
                actions,
            );
            response.context_menu(|ui| context_menu(ui, &offer, actions));
            hold_focus(ui, self.dialog.is_some());
        });
        if self.shows_adjustment {
            adjustment(ui.ctx(), desk, actions);
        }
    }

    fn dialog_ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let mut dialog = self.dialog.take();
        if let Some(dialog) = &mut dialog {
            let session = self.desk.as_ref().map(|desk| &desk.session);
            match dialog {
                Dialog::Palette(palette) => palette.ui(context, &self.offer(), actions),
                Dialog::Help(help) => help.ui(context, &self.preferences.keymap, actions),
                Dialog::Settings(settings) => settings.ui(context, &self.preferences, actions),
                Dialog::Problems => dialogs::problems::ui(context, &mut self.notices, actions),
                Dialog::OpenPath(open_path) => open_path.ui(context, actions),
                Dialog::Import(import) => import.ui(context, actions),
                Dialog::ClassPicker(picker) => {
                    if let Some(desk) = &self.desk {
                        let place = desk.canvas.place_of_selected(&desk.session);
                        picker.ui(context, &desk.session, place, actions);
                    }
                }
                Dialog::Export(export) => {
                    if let Some(session) = session {
                        export.ui(context, session, actions);
                    }
                }
            }
        }
        self.dialog = dialog;
    }

    fn toasts_ui(&mut self, context: &Context) {
        let now = context.input(|input| input.time);
        let mut dismissed = None;
        let mut toasts: Vec<_> = self.notices.toasts(now).cloned().collect();
        toasts.reverse();
        if toasts.is_empty() {
            return;
        }
        egui::Area::new(Id::unique("toasts"))
            .anchor(egui::Align2::RIGHT_BOTTOM, egui::vec2(-10.0, -36.0))
            .order(egui::Order::Foreground)
            .show(context, |ui| {
                for toast in &toasts {
                    let palette = Palette::of(ui.visuals());
                    let frame = egui::Frame::popup(ui.style()).inner_margin(9);
                    frame.show(ui, |ui| {
                        ui.set_max_width(TOAST_WIDTH);
                        ui.horizontal_wrapped(|ui| {
                            if toast.is_problem {
                                ui.colored_label(palette.bad, "⚠");
                            }
                            ui.label(&toast.text);
                            let close = ui.small_button("✖").on_hover_text("Dismiss");
                            if close.accessible_name("Dismiss").clicked() {
                                dismissed = Some(toast.text.clone());
                            }
                        });
                    });
                }
            });
        if let Some(text) = dismissed {
            self.notices.dismiss(&text);
        }
        if let Some(seconds) = self.notices.seconds_to_next(now) {
            context.request_repaint_after(Duration::from_secs_f64(seconds + 0.05));
        }
    }

    /// Something was dropped on the window: a folder or project is opened, a model is used, and
    /// annotations are offered for import where a project is open.
    fn take_dropped(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let dropped = context.input(|input| {
            let mut files = input.raw.dropped_files.iter();
            files.next().map(|file| file.path().to_path_buf())
        });
        let Some(path) = dropped else { return };
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("safetensors" | "pth") => actions.push(Action::UseModel(Some(path))),
            Some("json" | "xml" | "yaml" | "yml" | "txt" | "csv") if self.desk.is_some() => {
                let mut import = exchange::Import::default();
                import.take_path(&path);
                self.dialog = Some(Dialog::Import(import));
            }
            _ => actions.push(Action::Open(path)),
        }
    }

    fn name_window(&mut self, context: &Context) {
        let title = match &self.desk {
            Some(desk) => {
                let name = desk.session.project().root().file_name();
                format!("{} – Tsukami", name.unwrap_or_default().to_string_lossy())
            }
            None => "Tsukami".to_owned(),
        };
        if title != self.title {
            context.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    fn remember_place(&mut self, context: &Context) {
        let place = context.input(|input| {
            let viewport = input.viewport();
            // As the system counts, whatever the size of everything is.
            let zoom = self.preferences.scale;
            let size = viewport.inner_rect?.size() * zoom;
            let position = viewport.outer_rect.map(|rect| rect.min * zoom);
            Some(WindowPlace {
                size: [size.x, size.y],
                position: position.map(|at| [at.x, at.y]),
                maximised: viewport.maximized.unwrap_or(false),
            })
        });
        let Some(mut place) = place else { return };
        if place.maximised
            && let Some(former) = self.preferences.window
        {
            // What it goes back to.
            (place.size, place.position) = (former.size, former.position);
        }
        if self.preferences.window != Some(place) {
            self.preferences.window = Some(place);
            self.are_preferences_new = true;
        }
    }

    // What is done.

    fn perform(&mut self, context: &Context, action: Action) {
        if let Err(error) = self.try_perform(context, action) {
            self.notices.problem(error.to_string());
        }
    }

    fn try_perform(&mut self, context: &Context, action: Action) -> Result<(), StoreError> {
        match action {
            Action::Command(command) => return self.command(context, command),
            Action::Open(path) => self.open(path),
            Action::Ask(purpose) => files::ask(purpose, self.post.clone()),
            Action::CloseDialog => self.dialog = None,
            Action::ClearProblems => self.notices.clear_problems(),
            Action::UseModel(model) => self.use_model(model),
            Action::Look(_)
            | Action::Theme(_)
            | Action::Scale(_)
            | Action::Keys(..)
            | Action::ResetKeys
            | Action::GoOnWhenDone(_)
            | Action::ProposeAtOnce(_)
            | Action::ForgetRecent(_) => self.prefer(context, action),
            action => {
                if let Some(desk) = &mut self.desk {
                    let post = self.post.about(desk.number);
                    return on_desk(desk, &post, action);
                }
            }
        }
        Ok(())
    }

    /// A preference is another one.
    fn prefer(&mut self, context: &Context, action: Action) {
        let preferences = &mut self.preferences;
        match action {
            Action::Look(look) => preferences.canvas = look,
            Action::Theme(theme) => {
                preferences.theme = theme;
                context.set_theme(theme);
            }
            Action::Scale(scale) => {
                preferences.scale = scale;
                context.set_zoom_factor(scale);
            }
            Action::Keys(command, keys) => preferences.keymap.set(command, keys),
            Action::ResetKeys => preferences.keymap = keymap::Keymap::default(),
            Action::GoOnWhenDone(goes_on) => preferences.goes_on_when_done = goes_on,
            Action::ProposeAtOnce(at_once) => preferences.proposes_at_once = at_once,
            Action::ForgetRecent(path) => preferences.recent.retain(|other| *other != path),
            _ => {}
        }
        self.are_preferences_new = true;
    }

    fn look(&mut self, context: &Context, change: impl FnOnce(&mut CanvasLook)) {
        let mut look = self.preferences.canvas;
        change(&mut look);
        self.prefer(context, Action::Look(look));
    }

    fn command(&mut self, context: &Context, command: Command) -> Result<(), StoreError> {
        use Command as C;
        if !self.offer().allows(command) {
            return Ok(());
        }
        match command {
            C::OpenFolder => files::ask(Purpose::OpenFolder, self.post.clone()),
            C::OpenProject => files::ask(Purpose::OpenProject, self.post.clone()),
            C::ChooseModel => files::ask(Purpose::Model, self.post.clone()),
            C::EmbeddedModel => self.use_model(None),
            C::OpenSample => self.open_sample(),
            C::CloseProject => self.close_project(),
            C::Quit => context.send_viewport_cmd(ViewportCommand::Close),
            C::Save => self
                .notices
                .say("Everything is saved, and was as it happened"),
            C::LightTheme => self.prefer(context, Action::Theme(Theme::Light)),
            C::DarkTheme => self.prefer(context, Action::Theme(Theme::Dark)),
            C::SystemTheme => self.prefer(context, Action::Theme(Theme::System)),
            C::Labels => self.look(context, |look| look.labels = !look.labels),
            C::Crosshair => self.look(context, |look| look.crosshair = !look.crosshair),
            C::Rulers => self.look(context, |look| look.rulers = !look.rulers),
            C::KeepView => self.look(context, |look| look.keep_view = !look.keep_view),
            C::Grid => self.look(context, |look| look.thumbnails = !look.thumbnails),
            C::PictureSettings => self.shows_adjustment = !self.shows_adjustment,
            C::Palette => self.dialog = Some(Dialog::Palette(Default::default())),
            C::Help => self.dialog = Some(Dialog::Help(Default::default())),
            C::Settings => self.dialog = Some(Dialog::Settings(Default::default())),
            C::Problems => self.dialog = Some(Dialog::Problems),
            C::NextPanel => next_panel(context),
            C::Import => self.dialog = Some(Dialog::Import(Default::default())),
            C::ChangeClass => self.dialog = Some(Dialog::ClassPicker(Default::default())),
            C::Export => {
                let session = self.desk.as_ref().map(|desk| &desk.session);
                self.dialog = session.map(|session| Dialog::Export(exchange::Export::new(session)));
            }
            C::Refresh => {
                if let Some(desk) = self.desk.as_mut().filter(|desk| !desk.is_reading) {
                    desk.is_reading = true;
                    desk.session.forget_unreadable();
                    let project = desk.session.project().path().to_owned();
                    opening::refresh(project, self.post.about(desk.number));
                }
            }
            C::Done | C::AcceptAll => self.finish_picture(command)?,
            command => {
                if let Some(desk) = &mut self.desk
                    && let Some(text) = desk_command(desk, command, context)?
                {
                    let topic = match command {
                        C::Undo | C::Redo => "history",
                        C::RaiseThreshold | C::LowerThreshold => "threshold",
                        _ => "",
                    };
                    self.notices.say_about(topic, text);
                }
            }
        }
        Ok(())
    }

    /// Marks the picture as done, perhaps with all its proposals, and goes on.
    fn finish_picture(&mut self, command: Command) -> Result<(), StoreError> {
        let goes_on = self.preferences.goes_on_when_done;
        let Some(desk) = &mut self.desk else {
            return Ok(());
        };
        let hidden = desk.session.hidden_proposals();
        if hidden > 0 {
            // They would be judged unseen.
            self.notices.say(format!(
                "{hidden} proposals of hidden classes wait: show all classes before you finish this picture"
            ));
            if command == Command::AcceptAll {
                desk.session.accept_all_and_finish()?;
            }
            return Ok(());
        }
        let is_unseen = desk.session.is_current_new() && desk.session.visible().next().is_none();
        if command == Command::AcceptAll && is_unseen {
            let text = "There is nothing to accept: the model has not looked at this picture yet";
            self.notices.say_about("unseen", text);
            return Ok(());
        }
        let current = desk.session.current();
        if is_unseen && desk.is_awaited() && self.warned_of != current {
            self.warned_of = current;
            let text =
                "The model has not looked at this picture yet: do it again to mark it as empty";
            self.notices.say_about("unseen", text);
            return Ok(());
        }
        let next = desk.session.next_to_review();
        desk.book_time();
        if command == Command::AcceptAll {
            desk.session.accept_all_and_finish()?;
        } else {
            desk.session.set_done(true)?;
        }
        let document = desk.session.document();
        let current = desk.session.current().and_then(|id| document.picture(id));
        if let Some(row) = current.filter(|row| document.is_verified_empty(row.id)) {
            let text = format!("Verified empty: {}", row.path);
            self.notices.say_about("verified empty", text);
        }
        match next {
            Some(next) if goes_on => desk.session.show(next),
            Some(_) => {}
            None => self
                .notices
                .say("All pictures of this list are done: Ctrl+Shift+E exports them"),
        }
        Ok(())
    }
}

impl eframe::App for Window {
    fn logic(&mut self, context: &Context, _frame: &mut eframe::Frame) {
        self.advance(context);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.close();
    }
}

impl Window {
    /// Takes in what the workers have done and lets time pass, whether the window shows or not.
    pub fn advance(&mut self, context: &Context) {
        self.drain(context);
        self.pass_time(context);
        self.name_window(context);
        self.remember_place(context);
    }

    /// Draws a frame and does what was asked for in it.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut actions = Vec::new();
        self.take_dropped(ui.ctx(), &mut actions);
        self.take_keys(ui, &mut actions);
        Panel::top("menu").show(ui, |ui| {
            let offer = self.offer();
            offer.menu_bar(ui, &mut actions);
            if self.desk.is_some() {
                ui.add_space(1.0);
                offer.toolbar(ui, &mut actions);
                ui.add_space(3.0);
            }
        });
        if self.desk.is_some() {
            self.project_ui(ui, &mut actions);
        } else {
            CentralPanel::default_margins().show(ui, |ui| {
                let recent = &self.preferences.recent;
                let opening = self.opening.as_ref().map(|(_, path)| path.as_path());
                welcome::ui(ui, recent, opening, &self.offer(), &mut actions);
            });
        }
        let context = ui.ctx().clone();
        self.had_popup = egui::Popup::is_any_open(&context);
        self.dialog_ui(&context, &mut actions);
        self.toasts_ui(&context);
        for action in actions {
            self.perform(&context, action);
        }
    }

    /// Closes the project and keeps the preferences.
    pub fn close(&mut self) {
        self.close_project();
        self.save_preferences();
    }
}

/// Closes a project beside the frame, when another one takes its place.
fn close_aside(desk: Desk, post: &Post) {
    let post = post.clone();
    std::thread::spawn(move || {
        if let Err(error) = desk.close() {
            post.send(Event::Trouble(error.to_string()));
        }
    });
}

/// Takes what a worker of the open project has done; what went wrong with pictures.
fn take_work(context: &Context, desk: &mut Desk, event: Event) -> Vec<String> {
    match event {
        Event::Thumbnail(picture, image) => desk.textures.insert_thumbnail(context, picture, image),
        Event::Derived(derived) => desk.take_derived(derived),
        Event::Proposed(Proposed::Model(model)) => {
            return desk.take_model(model).into_iter().collect();
        }
        Event::Proposed(Proposed::Seen {
            picture,
            maps,
            model,
        }) => {
            desk.take_seen(picture, maps, &model);
        }
        Event::Proposed(Proposed::Failed(picture, reason)) => {
            desk.take_unseen(picture, &reason);
            return vec![reason];
        }
        Event::Decoded(..)
        | Event::Opening(_)
        | Event::Exchanged(_)
        | Event::Chosen(..)
        | Event::Trouble(_) => {}
    }
    Vec::new()
}

/// Does what concerns the open project.
fn on_desk(desk: &mut Desk, post: &Post, action: Action) -> Result<(), StoreError> {
    let session = &mut desk.session;
    match action {
        Action::Show(picture) => session.show(picture),
        Action::List(query) => session.set_query(query),
        Action::Select(_) | Action::SelectToo(_) if desk.are_boxes_hidden => {}
        Action::Select(ids) => session.select(ids),
        Action::SelectToo(ids) => session.select_too(&ids),
        Action::ToggleSelected(ids) => session.toggle_selected(&ids),
        Action::Draw(picture, bbox) => session.draw(picture, bbox)?,
        Action::Stretch {
            by,
            is_upper,
            is_held,
        } => session.stretch(by, is_upper, is_held)?,
        Action::Reshape(rects) => session.reshape(&rects)?,
        Action::Nudge([dx, dy], is_held) => session.nudge(dx, dy, is_held)?,
        Action::ChooseClass(category) => session.choose_class(category)?,
        Action::ChooseClassNamed(name) => session.choose_class_named(&name)?,
        Action::Class(change) => change_class(desk, change)?,
        Action::Propose(proposing, is_final) => desk.propose_otherwise(proposing, is_final)?,
        Action::Adjust(adjustment) => desk.adjustment = adjustment,
        Action::Import(path, mode) => {
            desk.exchange = Some("Importing…");
            desk.holds_back = true;
            let project = session.project().path().to_owned();
            exchanging::import(project, path, mode, post.clone());
        }
        Action::Export(options, path) => {
            desk.exchange = Some("Exporting…");
            let project = session.project().path().to_owned();
            exchanging::export(project, *options, path, post.clone());
        }
        _ => {}
    }
    Ok(())
}

fn change_class(desk: &mut Desk, change: ClassAction) -> Result<(), StoreError> {
    let session = &mut desk.session;
    match change {
        ClassAction::Add(name) => {
            session.class_named(&name)?;
        }
        ClassAction::Rename(id, name) => {
            session.commit("rename a class", |document| {
                ops::rename_category(document, id, &name)
            })?;
        }
        ClassAction::Merge { from, into } => {
            session.commit("merge classes", |document| {
                ops::merge_categories(document, from, into)
            })?;
        }
        ClassAction::Recolour(id, colour) => {
            // While the colour is being looked for, that is one step.
            let gesture = RECOLOURING | u64::from(id.0);
            session.commit_as("recolour a class", Some(gesture), |document| {
                ops::recolour_category(document, id, colour)
            })?;
        }
        ClassAction::Hotkey(id, key) => {
            session.commit("change the key of a class", |document| {
                ops::set_hotkey(document, id, key)
            })?;
        }
        ClassAction::Move(id, by) => {
            session.commit("reorder classes", |document| {
                let mut order: Vec<_> = document.categories().map(|row| row.id).collect();
                let at = order.iter().position(|other| *other == id);
                let at = at.ok_or(EditError::UnknownCategory(id))?;
                let to = at.saturating_add_signed(by).min(order.len() - 1);
                let moved = order.remove(at);
                order.insert(to, moved);
                Ok(Edit::CategoryOrder(order))
            })?;
        }
        ClassAction::Delete(id) => {
            session.commit("delete a class", |document| {
                ops::delete_category(document, id)
            })?;
        }
        ClassAction::ToggleHidden(id) => session.toggle_hidden(id),
        ClassAction::Solo(id) => session.solo(id),
    }
    Ok(())
}

/// Does a command that concerns the open project alone; what is to be said about it.
fn desk_command(
    desk: &mut Desk,
    command: Command,
    context: &Context,
) -> Result<Option<String>, StoreError> {
    use Command as C;
    let session = &mut desk.session;
    let wish = match command {
        C::Fit => Some(Wish::Fit),
        C::FitWidth => Some(Wish::FitWidth),
        C::ActualSize => Some(Wish::ActualSize),
        C::ZoomIn => Some(Wish::ZoomIn),
        C::ZoomOut => Some(Wish::ZoomOut),
        C::ZoomToBox => Some(Wish::ZoomToBox),
        _ => None,
    };
    if let Some(wish) = wish {
        desk.canvas.wish(wish, session, context.pixels_per_point());
        return Ok(None);
    }
    if desk.are_boxes_hidden && matches!(command, C::SelectAll | C::NextBox | C::PreviousBox) {
        return Ok(Some("Boxes are hidden".to_owned()));
    }
    let session = &mut desk.session;
    match command {
        C::Undo => return Ok(session.undo()?.map(|label| format!("Undone: {label}"))),
        C::Redo => return Ok(session.redo()?.map(|label| format!("Redone: {label}"))),
        C::Copy => {
            let number = session.copy();
            // Systems tell of a paste only where there is something to paste.
            context.copy_text(format!("{number} boxes of Tsukami"));
            return Ok(Some(format!("Copied {}", counted(number, "box", "boxes"))));
        }
        C::Paste => {
            session.paste()?;
        }
        C::Duplicate => {
            session.duplicate()?;
        }
        C::CopyFromPrevious => {
            let number = session.copy_from_previous()?;
            let text = "The picture before this one has no boxes that are not here already";
            return Ok((number == 0).then(|| text.to_owned()));
        }
        C::SelectAll => {
            let all = session.visible().map(|row| row.id).collect();
            session.select(all);
        }
        C::Delete => {
            session.delete()?;
        }
        C::Lock => session.toggle_locked(),
        C::NextPicture | C::PreviousPicture | C::FirstPicture | C::LastPicture => {
            let step = match command {
                C::NextPicture => 1,
                C::PreviousPicture => -1,
                C::FirstPicture => isize::MIN,
                _ => isize::MAX,
            };
            if let Some(picture) = session.neighbour(step) {
                session.show(picture);
            }
        }
        C::NextToReview => match session.next_to_review() {
            Some(picture) => session.show(picture),
            None => return Ok(Some("All pictures of this list are done".to_owned())),
        },
        C::Reopen => session.set_done(false)?,
        C::Draw => desk.canvas.set_draws(!desk.canvas.draws()),
        C::NextBox => session.select_next(1),
        C::PreviousBox => session.select_next(-1),
        C::Accept => {
            let is_left = session.accept()?;
            return Ok((!is_left).then(|| "No proposal is left to accept".to_owned()));
        }
        C::Reject => {
            let number = session.reject()?;
            return Ok((number == 0).then(|| "No proposal is left to reject".to_owned()));
        }
        C::Crowd => session.toggle_flag("crowd", |flags| &mut flags.crowd)?,
        C::Difficult => session.toggle_flag("difficult", |flags| &mut flags.difficult)?,
        C::Occluded => session.toggle_flag("occluded", |flags| &mut flags.occluded)?,
        C::Truncated => session.toggle_flag("truncated", |flags| &mut flags.truncated)?,
        C::ProposePicture => {
            if session.is_current_done() {
                let text = "This picture is done: reopen it (Shift+Space) for new proposals";
                return Ok(Some(text.to_owned()));
            }
            if let ModelState::Failed(reason) = &desk.model {
                return Ok(Some(reason.clone()));
            }
            desk.propose_current();
        }
        C::ProposeAll => {
            if let ModelState::Failed(reason) = &desk.model {
                return Ok(Some(reason.clone()));
            }
            if desk.propose_all(false) == 0 {
                return Ok(Some("Every picture is done".to_owned()));
            }
        }
        C::PauseProposing => desk.toggle_pause(),
        C::CancelProposing => {
            let left = desk.cancel_proposing();
            return Ok(Some(format!(
                "Stopped; {} have no new proposals",
                counted(left, "picture", "pictures")
            )));
        }
        C::RaiseThreshold | C::LowerThreshold => {
            let mut proposing = session.proposing().clone();
            let step = if command == C::RaiseThreshold {
                THRESHOLD_STEP
            } else {
                -THRESHOLD_STEP
            };
            let threshold = (proposing.effective_threshold() + step).clamp(0.05, 0.95);
            proposing.threshold = Some((threshold * 100.0).round() / 100.0);
            desk.propose_otherwise(proposing, true)?;
            return Ok(Some(format!("Threshold {:.0} %", threshold * 100.0)));
        }
        C::HideBoxes => {
            desk.are_boxes_hidden = !desk.are_boxes_hidden;
            // What cannot be seen cannot be changed by accident.
            desk.session.select(Vec::new());
        }
        C::HeatMap => {
            desk.shows_heat = !desk.shows_heat;
            let picture = desk.session.current();
            let has_maps = picture.is_some_and(|picture| desk.maps_of(picture).is_some());
            if desk.shows_heat && !has_maps {
                return Ok(Some(
                    "The model has not looked at this picture yet: let it propose first".to_owned(),
                ));
            }
        }
        C::Dashboard => desk.shows_dashboard = !desk.shows_dashboard,
        _ => {}
    }
    Ok(None)
}

/// A part of the right panel that can be folded.
fn section(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    egui::CollapsingHeader::new(egui::RichText::new(title).strong())
        .default_open(true)
        .show_unindented(ui, add);
    ui.add_space(4.0);
}

fn context_menu(ui: &mut Ui, offer: &Offer<'_>, actions: &mut Vec<Action>) {
    use Command as C;
    ui.set_min_width(240.0);
    for (at, commands) in [
        &[C::Accept, C::Reject, C::ChangeClass][..],
        &[C::Crowd, C::Difficult, C::Occluded, C::Truncated],
        &[C::Copy, C::Paste, C::Duplicate, C::Lock, C::Delete],
        &[C::ZoomToBox, C::Fit, C::ProposePicture],
    ]
    .iter()
    .enumerate()
    {
        if at > 0 {
            ui.separator();
        }
        for command in *commands {
            offer.menu_entry(ui, *command, actions);
        }
    }
}

/// Gives the canvas the focus when nothing else has it, and lets it keep the keys that the toolkit
/// would use to go elsewhere.
fn hold_focus(ui: &Ui, has_dialog: bool) {
    let id = canvas::id();
    ui.memory_mut(|memory| {
        if memory.focused().is_none() && !has_dialog {
            memory.request_focus(id);
        }
        if memory.has_focus(id) {
            let filter = egui::EventFilter {
                tab: true,
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: true,
            };
            memory.set_focus_lock_filter(id, filter);
        }
    });
}

/// Moves the keyboard from the canvas to the list, from there to the boxes, and back.
fn next_panel(context: &Context) {
    context.memory_mut(|memory| {
        let stops = [canvas::id(), list::id(), boxes::id()];
        let at = stops.iter().position(|stop| memory.has_focus(*stop));
        memory.request_focus(stops[at.map_or(0, |at| (at + 1) % stops.len())]);
    });
}

/// Brightness, contrast and gamma of what is shown.
fn adjustment(context: &Context, desk: &Desk, actions: &mut Vec<Action>) {
    let mut adjustment = desk.adjustment;
    egui::Window::new("Brightness and contrast")
        .collapsible(false)
        .resizable(false)
        .anchor(egui::Align2::RIGHT_TOP, egui::vec2(-300.0, 80.0))
        .show(context, |ui| {
            for (value, range, name) in [
                (&mut adjustment.brightness, -0.5..=0.5, "brightness"),
                (&mut adjustment.contrast, 0.5..=3.0, "contrast"),
                (&mut adjustment.gamma, 0.3..=3.0, "gamma"),
            ] {
                ui.add(egui::Slider::new(value, range).text(name));
            }
            ui.horizontal(|ui| {
                if ui.button("As it is").clicked() {
                    adjustment = Default::default();
                }
                if ui.button("Close").clicked() {
                    actions.push(Action::Command(Command::PictureSettings));
                }
            });
            ui.weak("For the eye alone: files are not changed.");
        });
    if adjustment != desk.adjustment {
        actions.push(Action::Adjust(adjustment));
    }
}

fn sentences(notes: Notes) -> Vec<String> {
    let mut sentences = notes.sentences;
    if notes.more > 0 {
        sentences.push(format!("… and {} more of this kind", notes.more));
    }
    sentences
}

/// What has become of the folder, if that is worth a word.
fn said_of_folder(changes: &crate::store::Reconciled) -> Option<String> {
    let parts = [
        (changes.added.len(), "new"),
        (changes.missing.len(), "missing"),
        (changes.found_again.len(), "found again"),
        (changes.renamed.len(), "renamed"),
        (changes.changed.len(), "changed"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    (!parts.is_empty()).then(|| format!("Pictures: {}", parts.join(", ")))
}

fn said_of_job(job: &Job) -> String {
    let seen = counted(job.done() - job.failed, "picture", "pictures");
    match job.failed {
        0 => format!("Proposed boxes on {seen}"),
        failed => {
            format!("Proposed boxes on {seen}; {failed} could not be read: see Help, Problems")
        }
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
