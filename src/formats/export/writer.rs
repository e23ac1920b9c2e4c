//! Writes the files of an export. A new folder appears whole or not at all; in a folder that
//! exists each file does, and nothing is deleted.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::TempDir;

use super::naming::ExportedPicture;
use super::options::{BoxSelection, ExportOptions, PictureFiles};
use super::originals::OriginalPictures;
use super::picture_files::{copy_whole, link};
use super::report::ExportReport;
use super::split::Subset;
use crate::document::{Annotation, CategoryId, Document, Picture};
use crate::files::{folder_of, refuse_projects, replace_whole, same_file, write_whole};
use crate::formats::ascii_json::to_ascii_json;
use crate::formats::error::FormatError;
use crate::formats::format::FolderLayout;
use crate::formats::paths;

/// An export in progress.
pub(in crate::formats) struct ExportWriter<'a> {
    pub document: &'a Document,
    pub options: &'a ExportOptions,
    pub pictures: Vec<ExportedPicture<'a>>,
    pub report: ExportReport,
    root: &'a Path,
    out: &'a Path,
    originals: OriginalPictures<'a>,
    /// A temporary folder next to `out` that becomes `out`, if that does not exist yet.
    staging: Option<TempDir>,
    /// Folders of an existing `out` that are known to be inside it.
    checked_folders: HashSet<PathBuf>,
}

impl<'a> ExportWriter<'a> {
    pub(in crate::formats) fn new(
        document: &'a Document,
        root: &'a Path,
        options: &'a ExportOptions,
        out: &'a Path,
        pictures: Vec<ExportedPicture<'a>>,
    ) -> Result<Self, FormatError> {
        let originals = OriginalPictures::new(document, root);
        check_destination(root, options, out, &originals)?;
        let is_new_folder = options.makes_folder() && out.symlink_metadata().is_err();
        let staging = is_new_folder
            .then(|| make_staging_folder(out).map_err(FormatError::unwritable(out)))
            .transpose()?;
        let mut report = ExportReport {
            pictures: pictures.len(),
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
            report,
            root,
            out,
            originals,
            staging,
            checked_folders: HashSet::new(),
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

    /// The name of a category. Every box has a category.
    pub(in crate::formats) fn category_name(&self, id: CategoryId) -> &'a str {
        self.document
            .category(id)
            .map_or("", |category| &category.name)
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

    /// The path of a file of the export, whose folder is made. An export to a single file has
    /// only that file.
    pub(in crate::formats) fn path_for(&mut self, relative: &str) -> Result<PathBuf, FormatError> {
        if !self.options.makes_folder() {
            return Ok(self.out.to_owned());
        }
        let relative = paths::safe_path(relative).ok_or_else(|| {
            FormatError::malformed(self.out, format!("{relative} is outside this folder"))
        })?;
        let base = self.staging.as_ref().map_or(self.out, TempDir::path);
        let path = base.join(relative);
        if let Some(folder) = path.parent()
            && !self.checked_folders.contains(folder)
        {
            // The nearest existing folder shows whether a link leads elsewhere, before any folder
            // is made.
            let existing = folder.ancestors().find(|folder| folder.exists());
            if existing
                .and_then(|existing| paths::relative_to(base, existing))
                .is_none()
            {
                let reason = "a link leads out of the export's folder";
                return Err(FormatError::malformed(folder, reason));
            }
            fs::create_dir_all(folder).map_err(FormatError::unwritable(folder))?;
            self.checked_folders.insert(folder.to_owned());
        }
        self.originals.refuse_overwriting(&path)?;
        Ok(path)
    }

    /// Writes a text file of the export.
    pub(in crate::formats) fn write(
        &mut self,
        relative: &str,
        content: &[u8],
    ) -> Result<(), FormatError> {
        let path = self.path_for(relative)?;
        if self.staging.is_some() {
            // The folder is not visible before it is complete, so this need not be atomic.
            return fs::write(&path, content).map_err(FormatError::unwritable(&path));
        }
        let write = |writer: &mut dyn io::Write| writer.write_all(content);
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
        let json = to_ascii_json(value).map_err(FormatError::unwritable(self.out))?;
        self.write(relative, &json)
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
        let Ok(metadata) = fs::metadata(&from) else {
            self.report_change(format!(
                "{path} is missing, so its file is not in the export"
            ));
            return Ok(());
        };
        let to = self.path_for(to)?;
        if let Ok(present) = to.symlink_metadata() {
            let is_same = present.is_symlink() || present.len() == metadata.len();
            if !is_same {
                self.report_change(format!(
                    "{} exists with other content and was not replaced",
                    to.display()
                ));
            }
            return Ok(());
        }
        let is_linked = self.options.files == PictureFiles::Link && link(&from, &to).is_ok();
        if !is_linked {
            copy_whole(&from, &to).map_err(FormatError::unwritable(&to))?;
        }
        self.report.files += 1;
        Ok(())
    }

    /// Moves a new folder to its final place.
    pub(in crate::formats) fn finish(self) -> Result<ExportReport, FormatError> {
        if let Some(staging) = &self.staging {
            // On an error the folder is deleted with everything in it. After the rename there is
            // nothing left to delete.
            fs::rename(staging.path(), self.out).map_err(FormatError::unwritable(self.out))?;
        }
        Ok(self.report)
    }
}

/// Refuses a destination where the export would overwrite a project, a picture, or something of
/// another kind.
fn check_destination(
    root: &Path,
    options: &ExportOptions,
    out: &Path,
    originals: &OriginalPictures<'_>,
) -> Result<(), FormatError> {
    let exists = out.symlink_metadata().is_ok();
    if exists && options.makes_folder() != out.is_dir() {
        let reason = if options.makes_folder() {
            "this export makes a folder, but a file has that name; choose another name"
        } else {
            "this export makes a file, but a folder has that name; choose another name"
        };
        return Err(FormatError::malformed(out, reason));
    }
    refuse_projects(out)?;
    if !options.makes_folder() {
        originals.refuse_overwriting(out)?;
        // A link is followed when the file is written.
        if let Ok(target) = out.canonicalize() {
            originals.refuse_overwriting(&target)?;
        }
    } else if options.files != PictureFiles::Leave && same_file(out, root) {
        let reason = "this is the folder of the pictures, and copies would mix with them; choose \
                      another folder";
        return Err(FormatError::malformed(out, reason));
    }
    Ok(())
}

fn make_staging_folder(out: &Path) -> io::Result<TempDir> {
    let parent = folder_of(out);
    fs::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's umask decides who may read the folder, as for any other folder.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.prefix(".tsukami-export-").tempdir_in(parent)
}
