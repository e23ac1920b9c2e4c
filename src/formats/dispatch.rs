//! Import and export in any format. The rules are the same for all formats and are
//! described in [`formats`](super).

use std::path::{Path, PathBuf};

use super::error::FormatError;
use super::export::options::{BoxSelection, ExportOptions};
use super::export::plan::{ExportPlan, PlanRecorder};
use super::export::report::ExportReport;
use super::export::selection::{Selection, class_counts, with_asked_classes};
use super::export::writer::ExportWriter;
use super::format::Format;
use super::import::builder::ImportBuilder;
use super::import::options::ImportOptions;
use super::import::report::PreparedImport;
use super::limits::Losses;
use super::{coco, createml, cvat, label_studio, labelme, open_images, tags, via, voc, yolo};
use crate::document::Document;

/// Reads a file, or the files of a folder, into an edit. `root` is the project's folder: paths of
/// pictures are relative to it, and picture files are searched only there. `options` may be an
/// [`ImportMode`](super::ImportMode) alone.
///
/// ```
/// use std::path::Path;
/// use tsukami::document::Document;
/// use tsukami::formats::{self, Format, ImportMode};
///
/// let mut document = Document::default();
/// let (file, root) = ("assets/sample/truth.json", "assets/sample/images");
/// let (file, root) = (Path::new(file), Path::new(root));
/// let import = formats::import(&document, file, root, Format::Coco, ImportMode::Merge)?;
/// document.apply(import.edit)?;
/// assert_eq!(document.pictures().len(), import.report.pictures);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a file cannot be read as a whole. Faults in parts of it are in the report.
pub fn import(
    document: &Document,
    path: &Path,
    root: &Path,
    format: Format,
    options: impl Into<ImportOptions>,
) -> Result<PreparedImport, FormatError> {
    import_files(document, &[path.to_owned()], root, format, options)
}

/// As [`import()`], for several files of one format, which become one edit. An export of this program
/// is recognised by the first of them.
///
/// # Errors
/// If one of the files cannot be read as a whole: then none is imported.
pub fn import_files(
    document: &Document,
    paths: &[PathBuf],
    root: &Path,
    format: Format,
    options: impl Into<ImportOptions>,
) -> Result<PreparedImport, FormatError> {
    let first = paths.first().map_or(root, PathBuf::as_path);
    let mut import = ImportBuilder::new(document, root, first, options.into());
    if format == Format::Yolo && paths.len() > 1 {
        yolo::import_files(paths, &mut import)?;
        return Ok(import.finish());
    }
    for path in paths {
        read(path, format, &mut import)?;
    }
    Ok(import.finish())
}

/// Reads a file or folder.
fn read(path: &Path, format: Format, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    match format {
        Format::Coco => coco::import(path, import),
        Format::CocoResults => coco::import_results(path, import),
        Format::Yolo => yolo::import(path, import),
        Format::Voc => voc::import(path, import),
        Format::LabelMe => labelme::import(path, import),
        Format::CreateMl => createml::import(path, import),
        Format::Cvat => cvat::import(path, import),
        Format::LabelStudio => label_studio::import(path, import),
        Format::Via => via::import(path, import),
        Format::OpenImages => open_images::import(path, import),
        Format::Tags => tags::import(path, import),
    }
}

/// Writes the document to `out`, a folder or a file according to [`ExportOptions::makes_folder`].
/// `root` is the project's folder.
///
/// ```
/// use std::path::Path;
/// use tsukami::document::Document;
/// use tsukami::formats::{self, ExportOptions, Format, ImportMode};
///
/// let mut document = Document::default();
/// let (file, root) = ("assets/sample/truth.json", "assets/sample/images");
/// let (file, root) = (Path::new(file), Path::new(root));
/// document.apply(formats::import(&document, file, root, Format::Coco, ImportMode::Merge)?.edit)?;
///
/// let folder = tempfile::tempdir()?;
/// let out = folder.path().join("labels");
/// let report = formats::export(&document, root, &ExportOptions::new(Format::Yolo), &out)?;
/// assert!(report.boxes > 0 && out.join("data.yaml").is_file());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If something cannot be written, or the project or a picture would be overwritten. A folder that
/// did not exist before does not exist then either.
pub fn export(
    document: &Document,
    root: &Path,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, FormatError> {
    refuse_proposals(options, out)?;
    let with_classes = with_asked_classes(document, options);
    let selection = Selection::new(document, &with_classes, options);
    let mut writer = ExportWriter::new(&with_classes, root, options, out, selection, None)?;
    write(&mut writer)?;
    writer.finish()
}

/// What [`export`] would do, without writing anything. None if `is_cancelled`, which is asked often, says
/// that nobody wants to know any more.
///
/// The plan takes a copy of a picture for the same if it has as many bytes. Whether the disk has room and
/// lets the files be written is not asked.
///
/// # Errors
/// As [`export`], but for what happens only while files are written.
pub fn plan_export(
    document: &Document,
    root: &Path,
    options: &ExportOptions,
    out: &Path,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Option<ExportPlan>, FormatError> {
    refuse_proposals(options, out)?;
    let with_classes = with_asked_classes(document, options);
    let selection = Selection::new(document, &with_classes, options);
    let losses = Losses::of(
        options.format,
        &with_classes,
        selection.pictures.iter().copied(),
        |row| options.boxes_of().includes(row),
    );
    let recorder = Some(PlanRecorder::new(is_cancelled));
    let planned = ExportWriter::new(&with_classes, root, options, out, selection, recorder);
    let planned = planned.and_then(|mut writer| {
        write(&mut writer)?;
        Ok(writer.into_plan())
    });
    match planned {
        _ if is_cancelled() => Ok(None),
        Ok(plan) => Ok(Some(ExportPlan {
            classes: class_counts(document, options),
            losses,
            ..plan
        })),
        Err(error) => Err(error),
    }
}

/// Refuses proposals in a format that has no scores.
fn refuse_proposals(options: &ExportOptions, out: &Path) -> Result<(), FormatError> {
    let has_scores = matches!(
        options.format,
        Format::Coco | Format::CocoResults | Format::LabelStudio
    );
    if options.boxes == BoxSelection::Proposals && !has_scores {
        let reason = "only COCO and Label Studio can represent proposals";
        return Err(FormatError::malformed(out, reason));
    }
    Ok(())
}

fn write(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    match writer.options.format {
        Format::Coco => coco::export(writer),
        Format::CocoResults => coco::export_results(writer),
        Format::Yolo => yolo::export(writer),
        Format::Voc => voc::export(writer),
        Format::LabelMe => labelme::export(writer),
        Format::CreateMl => createml::export(writer),
        Format::Cvat => cvat::export(writer),
        Format::LabelStudio => label_studio::export(writer),
        Format::Via => via::export(writer),
        Format::OpenImages => open_images::export(writer),
        Format::Tags => tags::export(writer),
    }
}
