//! Starting a worker's thread, and catching what panics on it.
//!
//! A worker does its tasks one by one through [`attempt`]. If a task panics, the window is told, and the
//! worker answers the request as it answers one that has failed. So whoever waits for the answer gets one,
//! and the next request finds the worker ready.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::crash::{CrashReport, Worker, remember_places};
use super::events::{EventSender, WorkerEvent};
use crate::propose::panic_message;

/// Runs `work`, which does one task after the other, on a new thread. If it panics outside a task, or the
/// system cannot start a thread, the window is told, and `on_crash` is called with the sentence that says
/// so.
pub fn spawn(
    worker: Worker,
    events: &EventSender,
    work: impl FnOnce() + Send + 'static,
    on_crash: impl Fn(&EventSender, String) + Clone + Send + 'static,
) {
    remember_places();
    let thread = thread::Builder::new().name(worker.thread_name().to_owned());
    let (sender, answer) = (events.clone(), on_crash.clone());
    let started = thread.spawn(move || {
        if let Err(sentence) = catch(worker, &sender, work) {
            answer(&sender, sentence);
        }
    });
    if let Err(error) = started {
        on_crash(events, tell(worker, events, error.to_string()));
    }
}

/// Does one task on a new thread, as [`spawn`] and [`attempt`] do.
pub fn spawn_task(
    worker: Worker,
    events: &EventSender,
    task: impl FnOnce() + Send + 'static,
    on_crash: impl Fn(&EventSender, String) + Clone + Send + 'static,
) {
    let sender = events.clone();
    let work = move || {
        sender.panic_if_asked(worker);
        task();
    };
    spawn(worker, events, work, on_crash);
}

/// Does a task of a worker.
///
/// # Errors
/// If it panics: a sentence that says so. The window is told.
pub fn attempt<R>(
    worker: Worker,
    events: &EventSender,
    task: impl FnOnce() -> R,
) -> Result<R, String> {
    catch(worker, events, || {
        events.panic_if_asked(worker);
        task()
    })
}

fn catch<R>(worker: Worker, events: &EventSender, work: impl FnOnce() -> R) -> Result<R, String> {
    // What a task leaves half done is its own: whoever continues after an error starts from new.
    let done = catch_unwind(AssertUnwindSafe(work));
    done.map_err(|payload| tell(worker, events, panic_message(&*payload)))
}

/// Tells the window of a panic; returns the sentence.
pub fn tell(worker: Worker, events: &EventSender, message: String) -> String {
    let report = CrashReport::new(worker, message);
    let sentence = report.sentence();
    events.send(WorkerEvent::Crashed(report));
    sentence
}
