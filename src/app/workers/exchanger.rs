//! Import and export beside the window, on the document as the project file has it.

use std::path::{Path, PathBuf};
use std::thread;

use super::events::{EventSender, ExchangeEvent, WorkerEvent};
use crate::formats::{self, ExportOptions, ExportReport, Format, ImportMode, PreparedImport};
use crate::store::{Access, Project};

/// Reads annotations of another tool for a project.
pub fn import(project: PathBuf, path: PathBuf, mode: ImportMode, post: EventSender) {
    thread::spawn(move || {
        let outcome =
            read(&project, &path, mode).map(|import| ExchangeEvent::Imported(path, import));
        post.send(WorkerEvent::Exchange(
            outcome.unwrap_or_else(ExchangeEvent::Failed),
        ));
    });
}

/// Writes annotations of a project for other tools.
pub fn export(project: PathBuf, options: ExportOptions, out: PathBuf, post: EventSender) {
    thread::spawn(move || {
        let outcome =
            write(&project, &options, &out).map(|done| ExchangeEvent::Exported(out, done));
        post.send(WorkerEvent::Exchange(
            outcome.unwrap_or_else(ExchangeEvent::Failed),
        ));
    });
}

fn read(project: &Path, path: &Path, mode: ImportMode) -> Result<Box<PreparedImport>, String> {
    let format = formats::detect_format(path).ok_or_else(|| unknown(path))?;
    let (project, _) = Project::open(project, Access::View).map_err(|error| error.to_string())?;
    let import = formats::import(project.document(), path, project.root(), format, mode);
    import.map(Box::new).map_err(|error| error.to_string())
}

fn write(project: &Path, options: &ExportOptions, out: &Path) -> Result<ExportReport, String> {
    let (project, _) = Project::open(project, Access::View).map_err(|error| error.to_string())?;
    let report = formats::export(project.document(), project.root(), options, out);
    report.map_err(|error| error.to_string())
}

fn unknown(path: &Path) -> String {
    let readable = Format::ALL.map(Format::name).join(", ");
    format!(
        "{} is in no format that can be read: choose a file or folder of {readable}",
        path.display()
    )
}
