//! Imports and exports in the background, on the document as the project file has it.

use std::path::{Path, PathBuf};

use super::events::{EventSender, ExchangeEvent, WorkerEvent};
use super::spawn::spawn;
use crate::app::i18n::tr;
use crate::formats::{
    self, ExportOptions, ExportReport, Format, FormatError, ImportOptions, ImportReport,
};
use crate::store::{Access, Project, StoreError};

/// Imports annotations of another tool into a project. The window has it open, so this uses a second
/// connection, as the command line does; the window then adopts the import as a step. The edit is made
/// from the newest document, whatever a person draws meanwhile.
pub fn import(project: PathBuf, path: PathBuf, options: ImportOptions, events: EventSender) {
    spawn("exchanger", move || {
        let outcome = read(&project, &path, options).map(ExchangeEvent::Imported);
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

/// Why something was not imported, as a sentence.
struct Reason(String);

impl From<StoreError> for Reason {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<FormatError> for Reason {
    fn from(error: FormatError) -> Self {
        Self(error.to_string())
    }
}

fn read(project: &Path, path: &Path, options: ImportOptions) -> Result<Box<ImportReport>, String> {
    let format = formats::detect_format(path).ok_or_else(|| unknown(path))?;
    let commit = || -> Result<ImportReport, Reason> {
        let (mut project, _) = Project::open(project, Access::Add)?;
        let root = project.root().to_owned();
        let label = format!("import {}", path.display());
        let report = project.commit_prepared(&label, |document| {
            let import = formats::import(document, path, &root, format, options)?;
            Ok::<_, Reason>((import.edit, import.report))
        })?;
        project.close()?;
        Ok(report)
    };
    commit().map(Box::new).map_err(|Reason(text)| text)
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
