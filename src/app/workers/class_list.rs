//! Reads a list of class names that a person has chosen.

use std::path::PathBuf;

use super::crash::Worker;
use super::events::{EventSender, WorkerEvent};
use super::spawn::spawn_task;
use crate::formats::class_list;

/// Reads the file. The names are reported as [`WorkerEvent::ClassList`].
pub fn read(path: PathBuf, events: EventSender) {
    let sender = events.clone();
    let task = move || {
        let names = class_list::read(&path).map_err(|error| error.to_string());
        events.send(WorkerEvent::ClassList(names));
    };
    spawn_task(
        Worker::ClassListReader,
        &sender,
        task,
        |events, sentence| {
            events.send(WorkerEvent::ClassList(Err(sentence)));
        },
    );
}
