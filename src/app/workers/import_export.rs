//! Imports and exports in the background, on the document as the project file has it.

use std::path::{Path, PathBuf};

use super::events::{EventSender, ExchangeEvent, WorkerEvent};
use super::spawn::spawn;
use crate::app::i18n::tr;
use crate::formats::{self, ExportOptions, ExportReport, Format, ImportOptions, PreparedImport};
use crate::store::{Access, Project};

/// Imports annotations of another tool into a project.
pub fn import(project: PathBuf, path: PathBuf, options: ImportOptions, events: EventSender) {
    spawn("exchanger", move || {
        let outcome =
            read(&project, &path, options).map(|import| ExchangeEvent::Imported(path, import));
        events.send(WorkerEvent::Exchange(
            outcome.unwrap_or_else(ExchangeEvent::Failed),
        ));
    });
}

/// Exports annotations of a project for other tools.
pub fn export(project: PathBuf, options: ExportOptions, out: PathBuf, events: EventSender) {
    spawn("exchanger", move || {
        let outcome =
            write(&project, &options, &out).map(|done| ExchangeEvent::Exported(out, done));
        events.send(WorkerEvent::Exchange(
            outcome.unwrap_or_else(ExchangeEvent::Failed),
        ));
    });
}

fn read(
    project: &Path,
    path: &Path,
    options: ImportOptions,
) -> Result<Box<PreparedImport>, String> {
    let format = formats::detect_format(path).ok_or_else(|| unknown(path))?;
    let (project, _) = Project::open(project, Access::View).map_err(|error| error.to_string())?;
    let import = formats::import(project.document(), path, project.root(), format, options);
    import.map(Box::new).map_err(|error| error.to_string())
}

fn write(project: &Path, options: &ExportOptions, out: &Path) -> Result<ExportReport, String> {
    let (project, _) = Project::open(project, Access::View).map_err(|error| error.to_string())?;
    let report = formats::export(project.document(), project.root(), options, out);
    report.map_err(|error| error.to_string())
}

fn unknown(path: &Path) -> String {
    let readable = Format::ALL.map(Format::name).join(", ");
    tr!(
        "unknown-format",
        path = path.display().to_string(),
        formats = readable
    )
}
