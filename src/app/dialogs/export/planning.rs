//! The newest plan of an export, and whether it is of what is chosen.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::choices::PictureSource;
use super::preview::Preview;
use crate::app::session::Session;
use crate::app::workers::export_planner::{ExportPlanner, PlanRequest};
use crate::formats::{ExportOptions, ExportPlan};

/// Plans, one after the other.
pub struct Planning {
    planner: ExportPlanner,
    /// The number of the newest request.
    number: u64,
    /// What it is about; none if a new one is needed.
    asked: Option<Question>,
    /// The newest answer, with the number of its request.
    answer: Option<(u64, Result<Preview, String>)>,
}

/// What a plan is about.
#[derive(Debug)]
struct Question {
    /// What is exported.
    options: ExportOptions,
    /// The file or folder.
    out: PathBuf,
    source: PictureSource,
    /// The revision of the document.
    revision: u64,
    at: Instant,
}

impl Planning {
    /// No plan yet.
    pub fn new(planner: ExportPlanner) -> Self {
        Self {
            planner,
            number: 0,
            asked: None,
            answer: None,
        }
    }

    /// Asks for a plan unless the newest one is of this, or on the way.
    pub fn update(
        &mut self,
        options: &ExportOptions,
        source: PictureSource,
        out: &Path,
        session: &Session,
    ) {
        // The plan is made from the file.
        if session.project().has_unwritten() || session.project().is_draft() {
            return;
        }
        let revision = session.revision();
        let is_answered = self.is_answered();
        let is_asked = self.asked.as_ref().is_some_and(|asked| {
            // While the model writes proposals, one plan after the other is finished.
            let is_recent = asked.revision == revision || !is_answered;
            asked.options == *options && asked.out == out && is_recent
        });
        if is_asked {
            return;
        }
        self.number += 1;
        self.asked = Some(Question {
            options: options.clone(),
            out: out.to_owned(),
            source,
            revision,
            at: Instant::now(),
        });
        self.planner.request(PlanRequest {
            number: self.number,
            revision,
            options: options.clone(),
            out: out.to_owned(),
        });
    }

    /// Asks again at the next update, since files may have changed.
    pub fn forget(&mut self) {
        self.asked = None;
    }

    /// A plan has come. One that was overtaken is dropped.
    pub fn receive(&mut self, number: u64, plan: Result<ExportPlan, String>) {
        if number != self.number {
            return;
        }
        // Forgotten while it was on the way: another one follows.
        let Some(asked) = &self.asked else {
            return;
        };
        let (options, source) = (asked.options.clone(), asked.source);
        let preview = plan.map(|plan| Preview::new(plan, options, source));
        self.answer = Some((number, preview));
    }

    /// The newest answer: the preview, or why the export is refused. It may be of what was chosen before.
    pub fn newest(&self) -> Option<Result<&Preview, &str>> {
        let (_, answer) = self.answer.as_ref()?;
        Some(answer.as_ref().map_err(String::as_str))
    }

    /// Whether the [newest](Self::newest) answer is of what is chosen.
    pub fn is_current(&self, options: &ExportOptions, out: &Path) -> bool {
        let asked = self.asked.as_ref();
        let is_of_this = asked.is_some_and(|asked| asked.options == *options && asked.out == out);
        is_of_this && self.is_answered()
    }

    /// For how long an answer has been waited for.
    pub fn waits_for(&self) -> Option<Duration> {
        let asked = self.asked.as_ref().filter(|_| !self.is_answered());
        asked.map(|asked| asked.at.elapsed())
    }

    fn is_answered(&self) -> bool {
        let answer = self.answer.as_ref();
        answer.is_some_and(|(number, _)| *number == self.number)
    }
}
