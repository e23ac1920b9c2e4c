//! Where an export is written. A new folder appears whole or not at all; in a folder that exists each
//! file does, and of what was there only the files of an earlier export are deleted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::earlier::{is_removable, refuse_other_subsets, remove_files};
use super::marker::ExportMarker;
use super::naming::ExportedPicture;
use super::options::{ExportOptions, PictureFiles};
use super::originals::OriginalPictures;
use super::report::ExportReport;
use crate::files::{folder_of, refuse_projects, same_file};
use crate::formats::error::FormatError;
use crate::formats::{input, paths};
use crate::pictures;

/// The file or folder that an export writes.
pub(super) struct Destination<'a> {
    out: &'a Path,
    is_folder: bool,
    /// Whether nothing is written: neither folders nor markers are made.
    is_planned: bool,
    /// Whether there is nothing at `out` yet.
    is_new: bool,
    /// A temporary folder next to `out` that becomes `out`, if that does not exist yet.
    staging: Option<TempDir>,
    /// The marker of this export, with the files that it has written so far. `None` for a single
    /// file, and for a folder that holds other pictures, which scans must not skip.
    marker: Option<ExportMarker>,
    /// The files of an earlier export to this folder, as in [`ExportMarker::files`].
    earlier: BTreeMap<String, Option<String>>,
    /// The same files by their [folded](paths::folded) names, for file systems that take `A.txt` for `a.txt`.
    earlier_by_folded: HashMap<String, String>,
    /// Folders of an existing `out` that are known to be inside it.
    checked_folders: HashSet<PathBuf>,
}

impl<'a> Destination<'a> {
    /// Checks the destination, and prepares a folder unless the export is only planned.
    ///
    /// # Errors
    /// If the export would overwrite a project, a picture or something of another kind, if the next
    /// scan of the project would take copies for new pictures, or if a picture would be in two
    /// subsets.
    pub(super) fn new(
        root: &Path,
        options: &ExportOptions,
        out: &'a Path,
        originals: &OriginalPictures<'_>,
        pictures: &[ExportedPicture<'_>],
        is_planned: bool,
    ) -> Result<Self, FormatError> {
        check_kind(root, options, out, originals)?;
        let is_new = out.symlink_metadata().is_err();
        let mut destination = Self {
            out,
            is_folder: options.makes_folder(),
            is_planned,
            is_new,
            staging: None,
            marker: None,
            earlier: BTreeMap::new(),
            earlier_by_folded: HashMap::new(),
            checked_folders: HashSet::new(),
        };
        if !destination.is_folder {
            return Ok(destination);
        }
        let is_markable = is_new || !originals.any_below(out);
        let earlier = ExportMarker::read(out).filter(|_| is_markable);
        if let Some(earlier) = &earlier
            && earlier.format() != options.format.name()
            && !options.force
        {
            let reason = format!(
                "this folder holds an export in the format {}, whose files would be removed; choose \
                 another folder, or --force on the command line",
                earlier.format()
            );
            return Err(FormatError::malformed(out, reason));
        }
        let is_marked = is_markable && (is_new || earlier.is_some() || !holds_pictures(out)?);
        destination.earlier = earlier.map(|earlier| earlier.files).unwrap_or_default();
        let files = destination.earlier.keys();
        destination.earlier_by_folded = files
            .map(|file| (paths::folded(file), file.clone()))
            .collect();
        let is_copying = options.files != PictureFiles::Leave;
        if is_copying && is_below(root, out) && !(options.force && is_marked) {
            let reason = if is_marked {
                "this is below the folder of the project's pictures; choose a folder beside it, or \
                 --force on the command line"
            } else {
                "this folder of the project holds other pictures, and the next scan would take the \
                 copies for new ones; choose a new folder"
            };
            return Err(FormatError::malformed(out, reason));
        }
        if !is_new {
            refuse_other_subsets(out, options, pictures, &destination.earlier)?;
        }
        if is_planned {
            // Nothing is to be prepared.
        } else if is_new {
            let staging = make_staging_folder(out).map_err(FormatError::unwritable(out))?;
            destination.staging = Some(staging);
        } else if is_marked && destination.earlier.is_empty() {
            ExportMarker::new(options).write(out)?;
        }
        destination.marker = is_marked.then(|| ExportMarker::new(options));
        Ok(destination)
    }

    /// Whether nobody sees the files before all are written.
    pub(super) fn is_hidden(&self) -> bool {
        self.staging.is_some()
    }

    /// Whether a file was written by an earlier export to this folder.
    pub(super) fn is_of_earlier(&self, relative: &str) -> bool {
        self.earlier.contains_key(relative) || self.respelled(relative).is_some()
    }

    /// The file of an earlier export that is the same file under another spelling of its name.
    fn respelled(&self, relative: &str) -> Option<&String> {
        let other = self.earlier_by_folded.get(&paths::folded(relative))?;
        same_file(&self.path_of(relative), &self.path_of(other)).then_some(other)
    }

    /// Where a file is while the export is written.
    pub(super) fn path_of(&self, relative: &str) -> PathBuf {
        let base = self.staging.as_ref().map_or(self.out, TempDir::path);
        base.join(relative)
    }

    /// The path of a file, whose folder is made. An export to a single file has only that file.
    /// `picture` is the picture in the project that the file is about, if it is about one.
    pub(super) fn add_file(
        &mut self,
        relative: &str,
        picture: Option<&str>,
        originals: &OriginalPictures<'_>,
    ) -> Result<PathBuf, FormatError> {
        if !self.is_folder {
            return Ok(self.out.to_owned());
        }
        let relative = paths::safe_path(relative).ok_or_else(|| {
            FormatError::malformed(self.out, format!("{relative} is outside this folder"))
        })?;
        let base = self.staging.as_ref().map_or(self.out, TempDir::path);
        let path = base.join(&relative);
        if let Some(folder) = path.parent()
            && !(self.is_planned && self.is_new)
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
            if !self.is_planned {
                fs::create_dir_all(folder).map_err(FormatError::unwritable(folder))?;
            }
            self.checked_folders.insert(folder.to_owned());
        }
        originals.refuse_overwriting(&path)?;
        if let Some(marker) = &mut self.marker {
            // A file that is written before it is listed would stay for ever if the export ended here.
            let is_visible = self.staging.is_none() && !self.is_planned;
            if is_visible && !self.earlier.contains_key(&relative) {
                ExportMarker::append(self.out, &relative, picture)
                    .map_err(FormatError::unwritable(self.out))?;
            }
            let picture = picture.map(str::to_owned);
            marker.files.insert(relative, picture);
        }
        Ok(path)
    }

    /// The files of an earlier export that [`finish`](Self::finish) would remove.
    pub(super) fn removed(mut self, originals: &OriginalPictures<'_>) -> Vec<String> {
        self.forget_rewritten();
        let earlier = std::mem::take(&mut self.earlier).into_keys();
        earlier
            .filter(|file| is_removable(self.out, file, originals))
            .collect()
    }

    /// Whether the export writes a marker into its folder.
    pub(super) fn has_marker(&self) -> bool {
        self.marker.is_some()
    }

    /// Forgets the files of the earlier export that were written again.
    fn forget_rewritten(&mut self) {
        let Some(marker) = &self.marker else {
            self.earlier.clear();
            return;
        };
        let written = marker.files.keys();
        let respelled: HashSet<String> = written
            .filter_map(|file| self.respelled(file))
            .cloned()
            .collect();
        self.earlier
            .retain(|file, _| !marker.files.contains_key(file) && !respelled.contains(file));
    }

    /// Moves a new folder to its final place, and removes what an earlier export left in one that
    /// existed.
    pub(super) fn finish(
        mut self,
        originals: &OriginalPictures<'_>,
        report: &mut ExportReport,
    ) -> Result<(), FormatError> {
        self.forget_rewritten();
        let base = self.staging.as_ref().map_or(self.out, TempDir::path);
        if let Some(marker) = &self.marker {
            let removed = remove_files(self.out, self.earlier.keys(), originals)?;
            if removed > 0 {
                let files = if removed == 1 { "file" } else { "files" };
                let out = self.out.display();
                report.changed.add(format!(
                    "{removed} {files} of the earlier export in {out} were removed"
                ));
            }
            marker.write(base)?;
        }
        if let Some(staging) = &self.staging {
            // On an error the folder is deleted with everything in it. After the rename there is
            // nothing left to delete.
            fs::rename(staging.path(), self.out).map_err(FormatError::unwritable(self.out))?;
        }
        Ok(())
    }
}

/// Refuses a destination where the export would overwrite a project, a picture, or something of
/// another kind.
fn check_kind(
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

/// Whether a folder, which need not exist, is inside another one that does.
fn is_below(folder: &Path, inner: &Path) -> bool {
    let inner = crate::files::normal(inner);
    let existing = inner.ancestors().find(|part| part.exists());
    existing.is_some_and(|existing| paths::relative_to(folder, existing).is_some())
}

/// Whether a folder contains files that are named like pictures.
fn holds_pictures(folder: &Path) -> Result<bool, FormatError> {
    let is_picture = |file: &Path| pictures::format_of_name(file).is_some();
    Ok(!input::files_below(folder, is_picture)?.is_empty())
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
