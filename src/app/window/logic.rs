//! What the workers have done, what opens and closes, and what time brings.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use egui::{Context, ViewportCommand};

use super::{Window, counted};
use crate::app::desk::{Desk, Job};
use crate::app::dialogs::{self, Dialog};
use crate::app::files::{Choice, Purpose};
use crate::app::notices::Notices;
use crate::app::panels::{classes, list};
use crate::app::preferences::WindowPlace;
use crate::app::sample;
use crate::app::work::exchanging::Exchanged;
use crate::app::work::opening::{self, Opening};
use crate::app::work::proposing::{Looker, Proposed};
use crate::app::work::tagged::{Trained, Training};
use crate::app::work::{Event, Post};
use crate::formats::exchange::{ExportReport, Import, Notes};
use crate::learn::tags::TagSet;
use crate::store::{Project, Reconciled};
use crate::tscam::EMBEDDED_NAME;

/// How often another process is looked for that has written to the project.
const POLL: Duration = Duration::from_secs(1);
/// How often it is written where the work is.
const KEEP: Duration = Duration::from_secs(5);
/// How long a frame takes in what the workers have sent.
const DRAIN_TIME: Duration = Duration::from_millis(6);

impl Window {
    /// Takes in what has come, but for no longer than a part of a frame.
    pub(super) fn drain(&mut self, context: &Context) {
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
            Event::Trained(trained) => self.take_trained(trained),
            event => {
                if let Some(desk) = &mut self.desk {
                    take_work(context, desk, event, &mut self.notices);
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

    pub(super) fn open(&mut self, path: PathBuf) {
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

    pub(super) fn close_project(&mut self) {
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

    /// Trains a class head on the tags.
    pub(super) fn learn_classes(&mut self) {
        let Some(desk) = &mut self.desk else { return };
        let is_embedded = desk.facts().is_none_or(|facts| facts.name == EMBEDDED_NAME);
        let project = desk.session.project();
        let set = TagSet::new(TagSet::said_by(project.document(), project.root()));
        let text = match &self.places.heads {
            _ if !is_embedded => {
                "Here classes are learnt for the embedded model; for another one there is “tsukami \
                 train --model” on the command line"
            }
            _ if set.pictures.len() < 2 => {
                "Tag some pictures first, best 20 of each class: select them in the list, then \
                 choose “Tags…”"
            }
            None => "This system has no folder for what the program keeps",
            Some(folder) => {
                let post = self.post.about(desk.number);
                let training = Training::start(set, folder.clone(), project.id(), post);
                desk.training = Some(training);
                return;
            }
        };
        self.notices.say_about("classes", text.to_owned());
    }

    fn take_trained(&mut self, trained: Result<Option<Trained>, String>) {
        let Some(desk) = &mut self.desk else { return };
        desk.training = None;
        match trained {
            Err(reason) => self.notices.problem(reason),
            Ok(None) => {}
            Ok(Some(trained)) if trained.is_better => {
                self.notices.say_about("classes", trained.text);
                self.use_model(Some(trained.path));
            }
            Ok(Some(trained)) => {
                let text = format!(
                    "{}: no better than always naming the commonest, so nothing changes",
                    trained.text
                );
                self.notices.say_about("classes", text);
            }
        }
    }

    pub(super) fn use_model(&mut self, model: Option<PathBuf>) {
        self.look_otherwise(|looker| looker.model = model);
    }

    pub(super) fn look_otherwise(&mut self, change: impl FnOnce(&mut Looker)) {
        let Some(desk) = &mut self.desk else { return };
        let mut looker = desk.looker();
        change(&mut looker);
        if let Err(error) = desk.use_looker(looker) {
            self.notices.problem(error.to_string());
        }
    }

    pub(super) fn save_preferences(&mut self) {
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

    pub(super) fn open_sample(&mut self) {
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
    pub(super) fn pass_time(&mut self, context: &Context) {
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
        desk.teach();
        let followed = desk.follow_naming();
        let outcome = followed.and_then(|()| desk.write_some()).and_then(|ended| {
            if keeps {
                desk.keep()?;
            }
            Ok(ended)
        });
        desk.tell_workers();
        if desk.has_unwritten() {
            context.request_repaint_after(Duration::from_millis(100));
        }
        let is_busy = desk.learning_step().is_some() || desk.training.is_some();
        if desk.is_awaited() || is_busy {
            context.request_repaint_after(Duration::from_millis(200));
        }
        context.request_repaint_after(POLL);
        match outcome {
            Ok(Some(job)) => self.notices.say(said_of_job(&job)),
            Ok(None) => {}
            Err(error) => self.notices.problem(error.to_string()),
        }
    }

    pub(super) fn name_window(&mut self, context: &Context) {
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

    pub(super) fn remember_place(&mut self, context: &Context) {
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
}

/// Closes a project beside the frame, when another one takes its place.
fn close_aside(desk: Desk, post: &Post) {
    let post = post.clone();
    thread::spawn(move || {
        if let Err(error) = desk.close() {
            post.send(Event::Trouble(error.to_string()));
        }
    });
}

/// Takes what a worker of the open project has done.
fn take_work(context: &Context, desk: &mut Desk, event: Event, notices: &mut Notices) {
    match event {
        Event::Decoded(picture, decoded) => match desk.take_decoded(context, picture, decoded) {
            Ok(notes) => notes.into_iter().for_each(|note| notices.note(note)),
            Err(reason) => notices.problem(reason),
        },
        Event::Thumbnail(picture, image) => desk.textures.insert_thumbnail(context, picture, image),
        Event::Derived(derived) => desk.take_derived(derived),
        Event::Proposed(Proposed::Model(model)) => {
            desk.take_model(model)
                .into_iter()
                .for_each(|reason| notices.problem(reason));
        }
        Event::Proposed(Proposed::Seen {
            picture,
            maps,
            model,
            learned,
        }) => {
            desk.take_seen(picture, maps, learned, &model);
        }
        Event::Proposed(Proposed::Sighted(picture)) => desk.take_sighted(picture),
        Event::Learnt(epoch, learnt) => match desk.take_learnt(epoch, learnt) {
            Ok(said) => said
                .into_iter()
                .for_each(|text| notices.say_about("learning", text)),
            Err(error) => notices.problem(error.to_string()),
        },
        Event::Proposed(Proposed::Failed(picture, reason)) => {
            desk.take_unseen(picture, &reason);
            notices.problem(reason);
        }
        Event::Opening(_)
        | Event::Exchanged(_)
        | Event::Chosen(..)
        | Event::Trained(_)
        | Event::Trouble(_) => {}
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
fn said_of_folder(changes: &Reconciled) -> Option<String> {
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
