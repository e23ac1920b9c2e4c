//! What an export would write, for the preview of the export dialog. The newest request wins: what is
//! under way for an older one ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::crash::Worker;
use super::events::{EventSender, WorkerEvent};
use super::monitor::Monitor;
use super::spawn::{attempt, spawn};
use crate::document::Document;
use crate::formats::{self, ExportOptions, ExportPlan};
use crate::store::{Access, Project};

/// What would be exported.
#[derive(Debug)]
pub struct PlanRequest {
    /// The number of the request, higher than those before.
    pub number: u64,
    /// The revision of the document.
    pub revision: u64,
    /// What is exported.
    pub options: ExportOptions,
    /// The file or folder.
    pub out: PathBuf,
}

/// The thread that plans for one dialog; it ends with it. The plans come as
/// [`WorkerEvent::ExportPlanned`].
pub struct ExportPlanner {
    queue: Arc<Monitor<Queue>>,
    newest: Arc<AtomicU64>,
}

#[derive(Default)]
struct Queue {
    waiting: Option<PlanRequest>,
    has_ended: bool,
}

/// A document as its file had it.
struct Opened {
    revision: u64,
    document: Document,
    root: PathBuf,
}

impl ExportPlanner {
    /// Starts the thread, for a project file.
    pub fn new(project: PathBuf, events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let newest = Arc::<AtomicU64>::default();
        let (waiting, wanted, sender) = (Arc::clone(&queue), Arc::clone(&newest), events.clone());
        let work = move || plan_all(&waiting, &wanted, &project, &sender);
        let asked = Arc::clone(&newest);
        spawn(
            Worker::ExportPlanner,
            events,
            work,
            move |events, sentence| {
                // Whoever waits for the newest plan gets no other.
                let number = asked.load(Ordering::Relaxed);
                events.send(WorkerEvent::ExportPlanned(number, Err(sentence)));
            },
        );
        Self { queue, newest }
    }

    /// Asks for a plan. What was asked before is forgotten.
    pub fn request(&self, request: PlanRequest) {
        self.newest.store(request.number, Ordering::Relaxed);
        self.queue.change(|queue| queue.waiting = Some(request));
    }
}

impl Drop for ExportPlanner {
    fn drop(&mut self) {
        self.newest.store(u64::MAX, Ordering::Relaxed);
        self.queue.change(|queue| queue.has_ended = true);
    }
}

fn plan_all(queue: &Monitor<Queue>, newest: &AtomicU64, project: &Path, events: &EventSender) {
    let mut opened = None;
    loop {
        let next = queue.wait_for(|queue| match (queue.has_ended, queue.waiting.take()) {
            (true, _) => Some(None),
            (false, Some(request)) => Some(Some(request)),
            (false, None) => None,
        });
        let Some(request) = next else {
            return;
        };
        let number = request.number;
        let is_cancelled = || newest.load(Ordering::Relaxed) != number;
        let task = || plan(&mut opened, project, &request, &is_cancelled);
        let plan = attempt(Worker::ExportPlanner, events, task);
        // Nobody waits for a plan that was cancelled.
        let Some(plan) = plan.and_then(|plan| plan).transpose() else {
            continue;
        };
        events.send(WorkerEvent::ExportPlanned(number, plan.map(Box::new)));
    }
}

fn plan(
    opened: &mut Option<Opened>,
    project: &Path,
    request: &PlanRequest,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Option<ExportPlan>, String> {
    let known = opened.take();
    let known = known.filter(|known| known.revision == request.revision);
    let known = opened.insert(match known {
        Some(known) => known,
        None => {
            let open = Project::open(project, Access::View);
            let (project, _) = open.map_err(|error| error.to_string())?;
            Opened {
                revision: request.revision,
                document: project.document().clone(),
                root: project.root().to_owned(),
            }
        }
    });
    let PlanRequest { options, out, .. } = request;
    let plan = formats::plan_export(&known.document, &known.root, options, out, is_cancelled);
    plan.map_err(|error| error.to_string())
}
