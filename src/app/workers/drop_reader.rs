//! Finds out what is dropped on the window, beside the frames: disks may be slow.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::crash::Worker;
use super::events::{EventSender, WorkerEvent};
use super::spawn::spawn_task;
use crate::app::drop::{DropItem, DropKind};
use crate::formats;
use crate::pictures;
use crate::store;

/// The number of files and folders in which the first picture of a folder is searched for.
const MAX_SEARCHED: usize = 20_000;
/// The extensions of label files, and of what is beside them.
const LABEL_EXTENSIONS: [&str; 8] = ["json", "xml", "txt", "csv", "yaml", "yml", "names", "data"];

/// Looks at the paths. What they are is reported as [`WorkerEvent::DropRead`] with this number.
pub fn read(number: u64, paths: Vec<PathBuf>, events: EventSender) {
    let sender = events.clone();
    let unread = paths.clone();
    let task = move || {
        let item = |path: PathBuf| DropItem {
            kind: kind_of(&path),
            path,
        };
        let items = paths.into_iter().map(item).collect();
        events.send(WorkerEvent::DropRead(number, items));
    };
    spawn_task(Worker::DropReader, &sender, task, move |events, _| {
        let kind = DropKind::Unknown;
        let item = |path: &PathBuf| DropItem {
            path: path.clone(),
            kind,
        };
        let items = unread.iter().map(item).collect();
        events.send(WorkerEvent::DropRead(number, items));
    });
}

/// What is at a path.
fn kind_of(path: &Path) -> DropKind {
    let Ok(metadata) = fs::metadata(path) else {
        return DropKind::Missing;
    };
    if metadata.is_dir() {
        return folder_kind(path);
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.map(str::to_ascii_lowercase).unwrap_or_default();
    match extension.as_str() {
        store::EXTENSION => DropKind::Project,
        "safetensors" | "pth" => DropKind::Model,
        extension if LABEL_EXTENSIONS.contains(&extension) => {
            let is_empty_text = extension == "txt" && metadata.len() == 0;
            if is_empty_text || formats::is_class_list(path) {
                return DropKind::BesideLabels;
            }
            formats::detect_format(path).map_or(DropKind::Unknown, DropKind::Labels)
        }
        _ if pictures::format_of_name(path).is_some() => DropKind::Picture,
        _ => pictures::unreadable_kind_of_name(path)
            .map_or(DropKind::Unknown, DropKind::UnreadablePicture),
    }
}

/// What a folder is: one of labels only if it has neither pictures nor a project.
fn folder_kind(folder: &Path) -> DropKind {
    if store::find_project(folder).is_some() {
        return DropKind::Folder;
    }
    let entries = WalkDir::new(folder).into_iter().take(MAX_SEARCHED);
    let mut files = entries.filter_map(Result::ok);
    if files.any(|entry| pictures::format_of_name(entry.path()).is_some()) {
        return DropKind::Folder;
    }
    formats::detect_format(folder).map_or(DropKind::Folder, DropKind::LabelFolder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;

    #[test]
    fn paths_are_told_apart_by_name_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let voc =
            "<annotation><filename>a.jpg</filename><object><name>x</name></object></annotation>";
        for (name, text, expected) in [
            ("a.jpg", "", DropKind::Picture),
            ("a.heic", "", DropKind::UnreadablePicture("HEIC")),
            ("a.tsukami", "", DropKind::Project),
            ("a.pth", "", DropKind::Model),
            (
                "a.txt",
                "0 0.5 0.5 0.2 0.4\n",
                DropKind::Labels(Format::Yolo),
            ),
            ("empty.txt", "", DropKind::BesideLabels),
            ("classes.txt", "cat\ndog\n", DropKind::BesideLabels),
            ("notes.txt", "Buy milk\n", DropKind::Unknown),
            ("a.xml", voc, DropKind::Labels(Format::Voc)),
            ("other.json", "{\"a\": 1}", DropKind::Unknown),
            ("a.doc", "", DropKind::Unknown),
        ] {
            let path = write(name, text);
            assert_eq!(kind_of(&path), expected, "{name}");
        }
        write("pictures/deep/a.jpg", "");
        write("pictures/deep/a.xml", voc);
        write("labels/a.xml", voc);
        fs::create_dir(folder.path().join("nothing")).unwrap();
        for (name, expected) in [
            ("pictures", DropKind::Folder),
            ("labels", DropKind::LabelFolder(Format::Voc)),
            ("nothing", DropKind::Folder),
            ("gone", DropKind::Missing),
        ] {
            assert_eq!(kind_of(&folder.path().join(name)), expected, "{name}");
        }
    }
}
