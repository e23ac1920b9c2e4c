//! Imports and exports in the background, on the document as the project file has it.

use std::error::Error;
use std::path::{Path, PathBuf};

use super::crash::Worker;
use super::events::{EventSender, ExchangeEvent, ExchangeKind, WorkerEvent};
use super::spawn::spawn_task;
use crate::app::i18n::tr;
use crate::formats::{self, ExportOptions, ExportReport, Format, ImportOptions, ImportReport};
use crate::store::{Access, Project};

/// Imports annotations of another tool into a project. The window has it open, so this uses a second
/// connection, as the command line does; the window then adopts the import as a step. The edit is made
/// from the newest document, whatever a person draws meanwhile. Several files are of one format.
pub fn import(project: PathBuf, paths: Vec<PathBuf>, options: ImportOptions, events: EventSender) {
    let sender = events.clone();
    let work = move || match read(&project, &paths, options) {
        Ok((report, problem)) => {
            events.send(WorkerEvent::Exchange(ExchangeEvent::Imported(report)));
            if let Some(problem) = problem {
                events.send(WorkerEvent::Failed(problem));
            }
        }
        Err(reason) => fail(&events, ExchangeKind::Import, reason.to_string()),
    };
    spawn_task(Worker::Importer, &sender, work, |events, sentence| {
        fail(events, ExchangeKind::Import, sentence);
    });
}

/// Exports annotations of a project for other tools.
pub fn export(project: PathBuf, options: ExportOptions, out: PathBuf, events: EventSender) {
    let sender = events.clone();
    let work = move || match write(&project, &options, &out) {
        Ok(done) => events.send(WorkerEvent::Exchange(ExchangeEvent::Exported(out, done))),
        Err(reason) => fail(&events, ExchangeKind::Export, reason),
    };
    spawn_task(Worker::Exporter, &sender, work, |events, sentence| {
        fail(events, ExchangeKind::Export, sentence);
    });
}

fn fail(events: &EventSender, kind: ExchangeKind, reason: String) {
    events.send(WorkerEvent::Exchange(ExchangeEvent::Failed(kind, reason)));
}

/// What was imported, and a sentence about what went wrong afterwards, if anything did.
type Imported = (Box<ImportReport>, Option<String>);

fn read(
    project: &Path,
    paths: &[PathBuf],
    options: ImportOptions,
) -> Result<Imported, Box<dyn Error>> {
    let path = paths.first().map_or(Path::new(""), PathBuf::as_path);
    // Of several, some say nothing by themselves: lists of classes and empty files.
    let format = paths.iter().find_map(|path| formats::detect_format(path));
    let format = format.ok_or_else(|| unknown(path))?;
    let (mut project, _) = Project::open(project, Access::Add)?;
    let root = project.root().to_owned();
    let label = label(path, paths.len());
    let report = project.commit_prepared(&label, |document| {
        let import = formats::import_files(document, paths, &root, format, options)?;
        Ok::<_, Box<dyn Error>>((import.edit, import.report))
    })?;
    // The import is on the disk now, whatever becomes of the backup.
    let closed = project.close();
    let problem = closed.err().map(|error| error.to_string());
    Ok((Box::new(report), problem))
}

fn write(project: &Path, options: &ExportOptions, out: &Path) -> Result<ExportReport, String> {
    let (project, _) = Project::open(project, Access::View).map_err(|error| error.to_string())?;
    let report = formats::export(project.document(), project.root(), options, out);
    report.map_err(|error| error.to_string())
}

/// The label of an import in the history.
fn label(path: &Path, count: usize) -> String {
    let path = path.display();
    match count {
        0 | 1 => format!("import {path}"),
        2 => format!("import {path} and 1 other file"),
        _ => format!("import {path} and {} other files", count - 1),
    }
}

fn unknown(path: &Path) -> String {
    let readable = Format::ALL.map(Format::name).join(", ");
    tr!(
        "unknown-format",
        path = path.display().to_string(),
        formats = readable
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::files::side_folder;
    use crate::formats::ImportMode;

    /// The backup at the end fails, but the boxes are in the project.
    #[test]
    fn an_import_that_was_committed_is_reported_whatever_follows() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        fs::create_dir(&root).unwrap();
        image::RgbImage::new(40, 30)
            .save(root.join("a.png"))
            .unwrap();
        let (project, _) = Project::create_for(&root).unwrap();
        let path = project.path().to_path_buf();
        project.close().unwrap();
        let side = side_folder(&path);
        fs::remove_dir_all(&side).unwrap();
        fs::write(&side, "not a folder").unwrap();
        let coco = folder.path().join("a.json");
        let text = r#"{
            "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
            "categories": [{"id": 1, "name": "cat"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 8, 9]}]
        }"#;
        fs::write(&coco, text).unwrap();
        let (report, problem) = read(&path, &[coco], ImportMode::Merge.into()).unwrap();
        assert_eq!(report.boxes, 1);
        let problem = problem.unwrap();
        assert!(problem.contains("could not be created"), "{problem}");
        let (project, _) = Project::open(&path, Access::View).unwrap();
        assert_eq!(project.document().annotation_count(), 1);
    }
}
