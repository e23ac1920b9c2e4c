//! The dialog: what is exported on the left, its classes in the middle, what is written on the right, and
//! the destination below.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::{
    Align, Context, Key, Layout, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder, vec2,
};

use super::choices::Choices;
use super::choices_ui::{files_ui, format_ui, pictures_ui};
use super::classes::ClassChecklist;
use super::planning::Planning;
use super::preview::{Outcome, Preview};
use crate::app::action::Action;
use crate::app::dialogs::modal::modal;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::app::theme::ThemePalette;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::export_planner::ExportPlanner;
use crate::formats::{ExportOptions, ExportPlan};

const WIDTH: f32 = 940.0;
/// The largest height of the columns in points, and what the rest of the window needs.
const MAX_HEIGHT: f32 = 440.0;
const OTHER_HEIGHT: f32 = 240.0;
/// The shares of the width that the first two columns have.
const SHARES: [f32; 2] = [0.35, 0.24];
/// The space between the columns in points.
const GAP: f32 = 22.0;
/// Room for the “Browse…” button in points.
const BROWSE_WIDTH: f32 = 90.0;
/// The height of the row of buttons in points.
const BUTTONS_HEIGHT: f32 = 30.0;

/// From this time on a person notices that the preview is of what was chosen before.
const NOTICED_AFTER: Duration = Duration::from_millis(150);
/// How often an export that was asked for looks whether everything is in the file.
const WAITING_INTERVAL: Duration = Duration::from_millis(50);

/// The options of an export that are being chosen.
pub struct ExportDialog {
    choices: Choices,
    classes: ClassChecklist,
    planning: Planning,
    path: String,
    /// Whether the user has given the path, so that a suggestion does not replace it.
    is_path_edited: bool,
    /// The folder of the pictures: suggested paths are beside it.
    root: PathBuf,
    asked: Option<Asked>,
    /// What was chosen when the dialog was last drawn.
    former: Option<ExportOptions>,
}

/// An export that was asked for. It begins once a new plan says that it does what was shown.
struct Asked {
    options: ExportOptions,
    out: PathBuf,
    /// What was shown; none if nothing was known yet.
    shown: Option<Outcome>,
}

impl ExportDialog {
    /// An export of all reviewed pictures as COCO, beside the folder of the pictures.
    pub fn new(session: &Session, planner: ExportPlanner) -> Self {
        Self {
            choices: Choices::new(session),
            classes: ClassChecklist::default(),
            planning: Planning::new(planner),
            path: String::new(),
            is_path_edited: false,
            root: session.project().root().to_owned(),
            asked: None,
            former: None,
        }
    }

    /// Sets the path that was chosen in the system's file dialog.
    pub fn set_path(&mut self, path: &Path) {
        self.path = path.display().to_string();
        self.is_path_edited = true;
    }

    /// A plan has come, or the reason why the export is refused.
    pub fn set_plan(&mut self, number: u64, plan: Result<ExportPlan, String>) {
        self.planning.receive(number, plan);
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        let room = context.content_rect().height() - OTHER_HEIGHT;
        let height = room.clamp(160.0, MAX_HEIGHT);
        modal(
            context,
            tr!("export-title"),
            WIDTH,
            actions,
            |ui, actions| {
                self.columns_ui(ui, session, height);
                ui.separator();
                let options = self.choices.options(session);
                if !self.is_path_edited {
                    self.path = options.default_path(&self.root).display().to_string();
                }
                let is_entered = self.path_ui(ui, &options, actions);
                let out = PathBuf::from(self.path.trim());
                if !out.as_os_str().is_empty() {
                    self.planning
                        .update(&options, self.choices.source, &out, session);
                }
                ui.add_space(6.0);
                self.buttons_ui(ui, session, &options, &out, is_entered, actions);
            },
        );
    }

    fn columns_ui(&mut self, ui: &mut Ui, session: &Session, height: f32) {
        let width = ui.available_width();
        let shared = width - 2.0 * GAP;
        let [first, second] = SHARES.map(|share| (shared * share).round());
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let column = |from: f32, width: f32| {
            let corner = rect.min + vec2(from, 0.0);
            UiBuilder::new()
                .max_rect(Rect::from_min_size(corner, vec2(width, height)))
                .layout(Layout::top_down(Align::Min))
        };
        let newest = self.planning.newest().and_then(Result::ok);
        let counts = newest.map(Preview::classes);
        let choices = &mut self.choices;
        ui.scope_builder(column(0.0, first), |ui| {
            ScrollArea::vertical()
                .id_salt("choices of the export")
                .auto_shrink(false)
                .show(ui, |ui| {
                    format_ui(ui, choices);
                    ui.add_space(8.0);
                    pictures_ui(ui, choices, session.document());
                    ui.add_space(8.0);
                    files_ui(ui, choices);
                });
        });
        ui.scope_builder(column(first + GAP, second), |ui| {
            self.classes.ui(ui, session, &mut choices.unticked, counts);
        });
        let from = first + second + 2.0 * GAP;
        ui.scope_builder(column(from, width - from), |ui| {
            self.preview_heading_ui(ui);
            ScrollArea::vertical()
                .id_salt("preview of the export")
                .auto_shrink(false)
                .show(ui, |ui| self.preview_ui(ui, session));
        });
    }

    /// The heading of the preview. It says that the preview is of what was chosen before, once that can
    /// be noticed.
    fn preview_heading_ui(&self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.weak(tr!("export-preview"));
            match self.planning.waits_for() {
                Some(time) if time >= NOTICED_AFTER => drop(ui.weak(tr!("export-counting"))),
                Some(time) => ui.ctx().request_repaint_after(NOTICED_AFTER - time),
                None => {}
            }
        });
    }

    fn preview_ui(&self, ui: &mut Ui, session: &Session) {
        let refusal = |ui: &mut Ui, reason: &str| {
            let colour = ThemePalette::of(ui.visuals()).bad;
            ui.label(RichText::new(reason).color(colour));
        };
        match (session.project().paused(), self.planning.newest()) {
            // There is no file that could be read.
            _ if session.project().is_draft() => drop(ui.label(tr!("export-nothing"))),
            (Some(reason), _) | (None, Some(Err(reason))) => refusal(ui, reason),
            (None, Some(Ok(preview))) => preview.ui(ui),
            (None, None) => {}
        }
    }

    /// Draws the destination. Returns whether Enter was pressed in it.
    fn path_ui(&mut self, ui: &mut Ui, options: &ExportOptions, actions: &mut Vec<Action>) -> bool {
        let (text, purpose) = if options.makes_folder() {
            (tr!("export-to-folder"), FilePurpose::ExportFolder)
        } else {
            (tr!("export-to-file"), FilePurpose::ExportFile)
        };
        ui.horizontal(|ui| {
            let label = ui.weak(text);
            let width = ui.available_width() - BROWSE_WIDTH;
            let field = TextEdit::singleline(&mut self.path).desired_width(width);
            let response = ui.add(field).labelled_by(label.id);
            self.is_path_edited |= response.changed();
            if ui.button(tr!("browse")).clicked() {
                actions.push(Action::ChooseFile(purpose));
            }
            response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
        })
        .inner
    }

    fn buttons_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        options: &ExportOptions,
        out: &Path,
        is_entered: bool,
        actions: &mut Vec<Action>,
    ) {
        let is_current = self.planning.is_current(options, out);
        let newest = self.planning.newest().filter(|_| is_current);
        let shown = newest.and_then(Result::ok);
        let outcome = shown.map(Preview::outcome);
        // What is not known yet may be asked for.
        let is_possible = match newest {
            None => true,
            Some(Ok(preview)) => !preview.is_empty(),
            Some(Err(_)) => false,
        };
        let has_path = !out.as_os_str().is_empty();
        let project = session.project();
        let is_readable = project.paused().is_none() && !project.is_draft();
        let can_export = is_possible && has_path && is_readable;
        let overwrites = outcome.is_some_and(Outcome::overwrites);
        let text = match overwrites {
            true => tr!("export-replace"),
            false => tr!("export-start"),
        };
        let size = vec2(ui.available_width(), BUTTONS_HEIGHT);
        let layout = Layout::right_to_left(Align::Center);
        ui.allocate_ui_with_layout(size, layout, |ui| {
            let button = form::primary_button(ui, can_export, text);
            // Enter exports, also after something was chosen with the mouse.
            let is_by_mouse = ui.input(|input| input.pointer.any_released());
            let is_changed = self.former.as_ref() != Some(options);
            if can_export && is_changed && (self.former.is_none() || is_by_mouse) {
                button.request_focus();
            }
            self.former = Some(options.clone());
            if ui.button(tr!("dialog-cancel")).clicked() {
                actions.push(Action::CloseDialog);
            }
            if can_export && (button.clicked() || is_entered) {
                self.asked = Some(Asked {
                    options: options.clone(),
                    out: out.to_owned(),
                    shown: outcome,
                });
                self.planning.forget();
            }
        });
        self.begin(options, out, actions);
        if self.asked.is_some() {
            // Until everything is in the file, the plan waits.
            ui.ctx().request_repaint_after(WAITING_INTERVAL);
        }
    }

    /// Begins an export that was asked for, if a plan that was made since says that it does what was shown.
    fn begin(&mut self, options: &ExportOptions, out: &Path, actions: &mut Vec<Action>) {
        let is_same = |asked: &Asked| asked.options == *options && asked.out == out;
        self.asked = self.asked.take().filter(is_same);
        if !self.planning.is_current(options, out) {
            return;
        }
        let Some(asked) = self.asked.take() else {
            return;
        };
        let Some(Ok(preview)) = self.planning.newest() else {
            return;
        };
        let outcome = preview.outcome();
        // What the button did not say that it would replace is not replaced.
        let is_as_shown = match asked.shown {
            Some(shown) => outcome == shown,
            None => !outcome.overwrites() && !preview.is_empty(),
        };
        if is_as_shown {
            actions.push(Action::CloseDialog);
            actions.push(Action::Export(Box::new(asked.options), asked.out));
        }
    }
}
