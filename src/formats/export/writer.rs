//! Writes the files of an export: the only way from a document to a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::destination::Destination;
use super::naming::{ExportedPicture, name_pictures};
use super::options::{BoxSelection, ExportOptions, PictureFiles};
use super::originals::OriginalPictures;
use super::picture_files::{copy_whole, link, same_content, same_size};
use super::plan::{ExportPlan, PlanRecorder, PlannedFile};
use super::report::ExportReport;
use super::selection::Selection;
use super::split::Subset;
use crate::document::{Annotation, Document, Picture};
use crate::files::{self, folder_of, replace_whole, write_whole};
use crate::formats::ascii_json::write_ascii_json;
use crate::formats::error::FormatError;
use crate::formats::format::FolderLayout;

/// An export in progress.
pub(in crate::formats) struct ExportWriter<'a> {
    pub document: &'a Document,
    pub options: &'a ExportOptions,
    pub pictures: Vec<ExportedPicture<'a>>,
    /// The pictures that would be exported if they were not taken out of the project.
    pub excluded: Vec<&'a Picture>,
    pub report: ExportReport,
    root: &'a Path,
    out: &'a Path,
    originals: OriginalPictures<'a>,
    destination: Destination<'a>,
    /// Records what would be written, if the export is only planned.
    plan: Option<PlanRecorder<'a>>,
}

impl<'a> ExportWriter<'a> {
    pub(in crate::formats) fn new(
        document: &'a Document,
        root: &'a Path,
        options: &'a ExportOptions,
        out: &'a Path,
        selection: Selection<'a>,
        plan: Option<PlanRecorder<'a>>,
    ) -> Result<Self, FormatError> {
        let Selection {
            pictures,
            excluded,
            left_out,
        } = selection;
        let pictures = name_pictures(pictures.into_iter(), options);
        let originals = OriginalPictures::new(document, root);
        let destination =
            Destination::new(root, options, out, &originals, &pictures, plan.is_some())?;
        let mut report = ExportReport {
            pictures: pictures.len(),
            excluded: excluded.len(),
            left_out,
            ..ExportReport::default()
        };
        for ExportedPicture {
            picture,
            subset,
            name,
        } in &pictures
        {
            report.subsets[*subset as usize] += usize::from(options.split.is_some());
            if **name != *picture.path {
                let path = &picture.path;
                report
                    .changed
                    .add(format!("{path} is named {name} in the export"));
            }
        }
        Ok(Self {
            document,
            options,
            pictures,
            excluded,
            report,
            root,
            out,
            originals,
            destination,
            plan,
        })
    }

    /// Reports something that is not written unchanged.
    pub(in crate::formats) fn report_change(&mut self, text: impl Into<String>) {
        self.report.changed.add(text);
    }

    /// The ground truth of a picture.
    pub(in crate::formats) fn ground_truth(
        &self,
        picture: &Picture,
    ) -> impl Iterator<Item = &'a Annotation> + use<'a> {
        let rows = self.document.annotations(picture.id).iter();
        rows.filter(|row| BoxSelection::GroundTruth.includes(row))
    }

    /// As [`ground_truth`](Self::ground_truth), for a format that cannot mark a box as a crowd.
    pub(in crate::formats) fn ground_truth_without_crowds(
        &mut self,
        picture: &Picture,
    ) -> Vec<&'a Annotation> {
        let (rows, crowds): (Vec<_>, Vec<_>) =
            self.ground_truth(picture).partition(|row| !row.flags.crowd);
        for row in crowds {
            let (path, id) = (&picture.path, row.id);
            self.report_change(format!(
                "{path}: box {id} was left out because it marks a crowd"
            ));
        }
        rows
    }

    /// The name of a box's class. Ground truth always has a class.
    pub(in crate::formats) fn class_name(&self, row: &'a Annotation) -> &'a str {
        self.document.class_name(row)
    }

    /// The size of a picture's file in bytes, if there is one.
    pub(in crate::formats) fn file_size(&self, picture: &Picture) -> Option<u64> {
        let file = self.root.join(&*picture.path);
        fs::metadata(file).ok().map(|metadata| metadata.len())
    }

    /// The name by which a file of the export calls a picture: that of the copy, or that of the picture
    /// itself if there is no copy.
    pub(in crate::formats) fn picture_name<'b>(&self, one: &'b ExportedPicture<'_>) -> &'b str {
        match self.options.files {
            PictureFiles::Leave => &one.picture.path,
            PictureFiles::Copy | PictureFiles::Link => &one.name,
        }
    }

    /// The path of a picture that is not copied, relative to the folder of a file of the export.
    pub(in crate::formats) fn path_from(&self, file: &str, picture: &Picture) -> String {
        let file = files::normal(&self.out.join(file));
        let picture_file = files::normal(&self.root.join(&*picture.path));
        let from: Vec<_> = folder_of(&file).components().collect();
        let to: Vec<_> = picture_file.components().collect();
        let pairs = from.iter().zip(&to);
        let common = pairs.take_while(|(one, other)| one == other).count();
        let down = to[common..].iter();
        let down = down.map(|part| part.as_os_str().to_str());
        let up = (common..from.len()).map(|_| Some(".."));
        let parts: Option<Vec<&str>> = up.chain(down).collect();
        // There is no way from one drive to another.
        let parts = parts.filter(|_| common > 0);
        parts.map_or_else(|| picture.path.to_string(), |parts| parts.join("/"))
    }

    /// The folder of a subset in formats that keep pictures and labels together. It is empty if
    /// there is one subset and the layout does not ask for its name.
    pub(in crate::formats) fn subset_folder(&self, subset: Subset) -> &'static str {
        if self.options.split.is_some() || self.options.layout == FolderLayout::Roboflow {
            subset.name(self.options.layout)
        } else {
            ""
        }
    }

    /// The subsets that are written: all that have a share, or only train without a split.
    pub(in crate::formats) fn subsets(&self) -> Vec<Subset> {
        self.options
            .split
            .map_or_else(|| vec![Subset::Train], |split| split.non_empty())
    }

    /// Writes a file of the export.
    pub(in crate::formats) fn write(
        &mut self,
        relative: &str,
        content: &[u8],
    ) -> Result<(), FormatError> {
        self.write_with(relative, None, |out| out.write_all(content))
    }

    /// Writes the file that labels one picture.
    pub(in crate::formats) fn write_labels(
        &mut self,
        picture: &Picture,
        relative: &str,
        content: &[u8],
    ) -> Result<(), FormatError> {
        self.write_with(relative, Some(&picture.path), |out| out.write_all(content))
    }

    /// Writes a file of the export in parts. `picture` is the path of the one picture that it is
    /// about, if it is about one.
    pub(in crate::formats) fn write_with(
        &mut self,
        relative: &str,
        picture: Option<&str>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FormatError> {
        let path = self
            .destination
            .add_file(relative, picture, &self.originals)?;
        if let Some(plan) = &mut self.plan {
            let name = match self.options.makes_folder() {
                true => relative,
                false => "",
            };
            return plan.record(name, &path, write);
        }
        if self.destination.is_hidden() {
            // The folder is not visible before it is complete, so this need not be atomic.
            let file = File::create(&path).map_err(FormatError::unwritable(&path))?;
            let mut out = BufWriter::new(file);
            let written = write(&mut out).and_then(|()| out.flush());
            return written.map_err(FormatError::unwritable(&path));
        }
        if self.options.makes_folder() {
            // A link in the folder is replaced, since it may lead out of the folder.
            replace_whole(&path, write)?;
        } else {
            write_whole(&path, write)?;
        }
        Ok(())
    }

    /// Writes a JSON file of the export, in ASCII.
    pub(in crate::formats) fn write_json(
        &mut self,
        relative: &str,
        value: &impl Serialize,
    ) -> Result<(), FormatError> {
        self.write_with(relative, None, |out| write_ascii_json(out, value))
    }

    /// Copies or links a picture, if the options ask for it.
    pub(in crate::formats) fn add_picture_file(
        &mut self,
        exported: &ExportedPicture<'_>,
        to: &str,
    ) -> Result<(), FormatError> {
        if self.options.files == PictureFiles::Leave {
            return Ok(());
        }
        let path = &exported.picture.path;
        let from = self.root.join(&**path);
        if !from.exists() {
            self.report_change(format!(
                "{path} is missing, so its file is not in the export"
            ));
            return Ok(());
        }
        let there = self.destination.path_of(to);
        self.originals.refuse_overwriting(&there)?;
        let is_present = there.symlink_metadata().is_ok();
        let is_same = is_present
            && match self.plan {
                // Reading all pictures would take too long.
                Some(_) => same_size(&from, &there),
                None => same_content(&from, &there).unwrap_or(false),
            };
        if is_present && !self.destination.is_of_earlier(to) {
            if !is_same {
                let there = there.display();
                self.report_change(format!(
                    "{there} exists with other content and was not replaced"
                ));
            }
            return Ok(());
        }
        let name = to;
        let to = self
            .destination
            .add_file(name, Some(path), &self.originals)?;
        if let Some(plan) = &mut self.plan {
            self.report.files += usize::from(!is_same);
            return plan.record_picture(name, &to, &from, is_same);
        }
        if is_same {
            return Ok(());
        }
        if is_present {
            fs::remove_file(&to).map_err(FormatError::unwritable(&to))?;
        }
        let is_linked = self.options.files == PictureFiles::Link && link(&from, &to).is_ok();
        if !is_linked {
            copy_whole(&from, &to).map_err(FormatError::unwritable(&to))?;
        }
        self.report.files += 1;
        Ok(())
    }

    /// Ends the planning of an export: the plan, without what the dispatcher adds.
    pub(in crate::formats) fn into_plan(self) -> ExportPlan {
        let mut files = self.plan.map(|plan| plan.files).unwrap_or_default();
        if self.destination.has_marker() {
            files.push(PlannedFile::marker(self.out));
        }
        ExportPlan {
            report: self.report,
            files,
            removed: self.destination.removed(&self.originals),
            ..ExportPlan::default()
        }
    }

    /// Completes the export.
    pub(in crate::formats) fn finish(mut self) -> Result<ExportReport, FormatError> {
        self.destination.finish(&self.originals, &mut self.report)?;
        Ok(self.report)
    }
}
