//! Which pictures go where: parts of a split, names that do not clash, folders that appear whole.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::exchange::{ExportOptions, ExportReport, Files, FolderLayout, Format};
use super::originals::OriginalPictures;
use super::{FormatError, coco, text};
use crate::document::{Annotation, CategoryId, Document, Picture};
use crate::files::{refuse_projects, same_file, write_whole};

/// A part of a split data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subset {
    /// To learn from.
    Train,
    /// To choose by while learning.
    Val,
    /// To measure by in the end.
    Test,
}

impl Subset {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// The folder's name.
    pub(super) fn name(self, layout: FolderLayout) -> &'static str {
        match (self, layout) {
            (Self::Train, _) => "train",
            (Self::Val, FolderLayout::Standard) => "val",
            (Self::Val, FolderLayout::Roboflow) => "valid",
            (Self::Test, _) => "test",
        }
    }
}

/// Shares of the parts, in any unit, and the seed.
///
/// The part of a picture depends on its path and the seed alone, so it never changes when others
/// come or go; only a picture that is renamed may change sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Share of train.
    pub train: u32,
    /// Share of val.
    pub val: u32,
    /// Share of test.
    pub test: u32,
    /// Another seed gives another split.
    pub seed: u64,
}

impl Split {
    /// The part that a picture belongs to; train if all shares are zero.
    pub fn part(&self, path: &str) -> Subset {
        let digest = Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(path.as_bytes())
            .finalize();
        let hash = digest
            .iter()
            .take(8)
            .fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        let [train, val, test] = [self.train, self.val, self.test].map(u128::from);
        // In 0..total, evenly, without the bias of a remainder.
        let point = (u128::from(hash) * (train + val + test)) >> 64;
        if point < train || train + val + test == 0 {
            Subset::Train
        } else if point < train + val {
            Subset::Val
        } else {
            Subset::Test
        }
    }
}

/// A picture that is exported.
#[derive(Clone, Debug)]
pub(super) struct ExportedPicture<'a> {
    pub picture: &'a Picture,
    pub part: Subset,
    /// Its path in the export, below the folder of its part.
    pub name: String,
}

/// Gives pictures their parts, and names under which neither pictures nor label files clash, on
/// systems that do not tell capitals apart either. Folders are kept.
pub(super) fn choose<'a>(
    pictures: impl Iterator<Item = &'a Picture>,
    options: &ExportOptions,
) -> Vec<ExportedPicture<'a>> {
    let has_label_files = matches!(options.format, Format::Yolo | Format::Voc | Format::LabelMe);
    let mut taken = HashSet::new();
    pictures
        .map(|picture| {
            let part = options
                .split
                .map_or(Subset::Train, |split| split.part(&picture.path));
            let mut name = picture.path.to_string();
            if options.format == Format::Yolo {
                // Readers find labels by putting `labels` for the last `images` of the path.
                let parts = name.split('/');
                name = parts
                    .map(|part| if part == "images" { "images_" } else { part })
                    .collect::<Vec<_>>()
                    .join("/");
            }
            if has_label_files {
                name = free_name(&mut taken, name, |name| text::without_extension(name));
            } else if options.files != Files::Leave {
                name = free_name(&mut taken, name, |name| name);
            }
            ExportedPicture {
                picture,
                part,
                name,
            }
        })
        .collect()
}

fn free_name(taken: &mut HashSet<String>, name: String, key: fn(&str) -> &str) -> String {
    if taken.insert(key(&name).to_lowercase()) {
        return name;
    }
    let stem = text::without_extension(&name);
    let extension = &name[stem.len()..];
    let mut free = (2_u32..).map(|number| format!("{stem}_{number}{extension}"));
    free.find(|name| taken.insert(key(name).to_lowercase()))
        .unwrap_or_default()
}

/// An export at work.
pub(super) struct ExportWriter<'a> {
    pub document: &'a Document,
    pub options: &'a ExportOptions,
    pub chosen: Vec<ExportedPicture<'a>>,
    pub report: ExportReport,
    root: &'a Path,
    out: &'a Path,
    originals: OriginalPictures<'a>,
    /// A folder beside `out` that becomes `out`, if there is none yet.
    staging: Option<TempDir>,
    /// Folders of an existing `out` that are known to lie in it.
    checked: HashSet<PathBuf>,
}

impl<'a> ExportWriter<'a> {
    pub(super) fn new(
        document: &'a Document,
        root: &'a Path,
        options: &'a ExportOptions,
        out: &'a Path,
        chosen: Vec<ExportedPicture<'a>>,
    ) -> Result<Self, FormatError> {
        let exists = out.symlink_metadata().is_ok();
        if exists && options.makes_folder() != out.is_dir() {
            let kind = if options.makes_folder() {
                "folder"
            } else {
                "file"
            };
            let reason = format!("it exists, and this export makes a {kind}; choose another name");
            return Err(FormatError::malformed(out, reason));
        }
        refuse_projects(out)?;
        let originals = OriginalPictures::new(document, root);
        if options.makes_folder() {
            if options.files != Files::Leave && same_file(out, root) {
                let reason = "the pictures lie there, and copies would mix with them; choose \
                              another folder";
                return Err(FormatError::malformed(out, reason));
            }
        } else {
            originals.spare(out)?;
            // Who gives a link means what it leads to.
            let target = out.canonicalize();
            target.map_or(Ok(()), |target| originals.spare(&target))?;
        }
        let staging = (options.makes_folder() && !exists)
            .then(|| stage(out).map_err(FormatError::unwritable(out)))
            .transpose()?;
        let mut report = ExportReport {
            pictures: chosen.len(),
            ..ExportReport::default()
        };
        for ExportedPicture {
            picture,
            part,
            name,
        } in &chosen
        {
            report.parts[*part as usize] += usize::from(options.split.is_some());
            if **name != *picture.path {
                let path = &picture.path;
                report
                    .changed
                    .add(format!("{path} is called {name} in the export"));
            }
        }
        Ok(Self {
            document,
            options,
            chosen,
            report,
            root,
            out,
            originals,
            staging,
            checked: HashSet::new(),
        })
    }

    /// The boxes of a picture that are ground truth.
    pub(super) fn truth(
        &self,
        picture: &Picture,
    ) -> impl Iterator<Item = &'a Annotation> + use<'a> {
        let rows = self.document.annotations(picture.id).iter();
        rows.filter(|row| row.is_ground_truth())
    }

    /// As [`truth`](Self::truth), for a format that has no word for a group of objects.
    pub(super) fn ground_truth_without_crowds(&mut self, picture: &Picture) -> Vec<&'a Annotation> {
        let (rows, crowds): (Vec<_>, Vec<_>) =
            self.truth(picture).partition(|row| !row.flags.crowd);
        for row in crowds {
            let (path, id) = (&picture.path, row.id);
            let sentence = format!("{path}: box {id} holds a group, so it is left out");
            self.report.changed.add(sentence);
        }
        rows
    }

    /// The name of a category; every box has one.
    pub(super) fn category_name(&self, id: CategoryId) -> &'a str {
        self.document
            .category(id)
            .map_or("", |category| &category.name)
    }

    /// The folder of a part in formats that keep pictures and labels together; empty if there is
    /// but one part and no layout asks for its name.
    pub(super) fn part_folder(&self, part: Subset) -> &'static str {
        if self.options.split.is_some() || self.options.layout == FolderLayout::Roboflow {
            part.name(self.options.layout)
        } else {
            ""
        }
    }

    /// The parts that are written: all that have a share, or train alone.
    pub(super) fn parts(&self) -> Vec<Subset> {
        match self.options.split {
            None => vec![Subset::Train],
            Some(Split {
                train, val, test, ..
            }) => {
                let shares = Subset::ALL.into_iter().zip([train, val, test]);
                let written = shares.filter(|(_, share)| *share > 0);
                written.map(|(part, _)| part).collect()
            }
        }
    }

    /// Where a file of the export is to be written, with its folder made.
    pub(super) fn place(&mut self, relative: &str) -> Result<PathBuf, FormatError> {
        if !self.options.makes_folder() {
            return Ok(self.out.to_owned());
        }
        let relative = text::safe_path(relative).ok_or_else(|| {
            FormatError::malformed(self.out, format!("{relative} leads out of it"))
        })?;
        let base = self.staging.as_ref().map_or(self.out, TempDir::path);
        let path = base.join(relative);
        if let Some(folder) = path.parent()
            && !self.checked.contains(folder)
        {
            // The nearest folder that exists tells whether a link leads away, before any is made.
            let existing = folder.ancestors().find(|folder| folder.exists());
            if existing
                .and_then(|existing| text::below(base, existing))
                .is_none()
            {
                let reason = "a link there leads out of the export's folder";
                return Err(FormatError::malformed(folder, reason));
            }
            fs::create_dir_all(folder).map_err(FormatError::unwritable(folder))?;
            self.checked.insert(folder.to_owned());
        }
        self.originals.spare(&path)?;
        Ok(path)
    }

    /// Writes a text file of the export.
    pub(super) fn write(&mut self, relative: &str, content: &[u8]) -> Result<(), FormatError> {
        let path = self.place(relative)?;
        if self.staging.is_some() {
            // Nobody sees it before the whole folder is there.
            fs::write(&path, content).map_err(FormatError::unwritable(&path))
        } else {
            self.check_link(relative, &path)?;
            Ok(write_whole(&path, |writer| writer.write_all(content))?)
        }
    }

    /// Refuses a link in the place of a file of the export if writing through it would change a
    /// file outside the export's folder, or a picture of the project.
    fn check_link(&self, relative: &str, path: &Path) -> Result<(), FormatError> {
        // The target of a link that the person names is checked when the export begins.
        if relative.is_empty() || !path.is_symlink() {
            return Ok(());
        }
        if text::below(self.out, path).is_none() {
            let reason = "a link there leads out of the export's folder";
            return Err(FormatError::malformed(path, reason));
        }
        let target = path.canonicalize().map_err(FormatError::unreadable(path))?;
        self.originals.spare(&target)
    }

    /// Writes a JSON file of the export, in ASCII.
    pub(super) fn write_json(
        &mut self,
        relative: &str,
        value: &impl Serialize,
    ) -> Result<(), FormatError> {
        let json = coco::ascii_json(value).map_err(FormatError::unwritable(self.out))?;
        self.write(relative, &json)
    }

    /// Copies or links a picture, if the options ask for it.
    pub(super) fn put_picture(
        &mut self,
        chosen: &ExportedPicture<'_>,
        to: &str,
    ) -> Result<(), FormatError> {
        if self.options.files == Files::Leave {
            return Ok(());
        }
        let path = &chosen.picture.path;
        let from = self.root.join(&**path);
        let Ok(metadata) = fs::metadata(&from) else {
            self.report.changed.add(format!(
                "{path} is missing, so its file is not in the export"
            ));
            return Ok(());
        };
        let to = self.place(to)?;
        if let Ok(present) = to.symlink_metadata() {
            let is_same = present.is_symlink() || present.len() == metadata.len();
            if !is_same {
                let sentence = format!("{} is there with another content and stays", to.display());
                self.report.changed.add(sentence);
            }
            return Ok(());
        }
        let linked = self.options.files == Files::Link && link(&from, &to).is_ok();
        if !linked {
            copy_whole(&from, &to).map_err(FormatError::unwritable(&to))?;
        }
        self.report.files += 1;
        Ok(())
    }

    /// Puts a new folder in its place.
    pub(super) fn finish(self) -> Result<ExportReport, FormatError> {
        if let Some(staging) = &self.staging {
            // On an error the folder is dropped with everything in it. After the renaming there
            // is nothing left at its former path to drop.
            fs::rename(staging.path(), self.out).map_err(FormatError::unwritable(self.out))?;
        }
        Ok(self.report)
    }
}

fn stage(out: &Path) -> io::Result<TempDir> {
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The user's own mask decides who may read it, as for any folder they make.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.prefix(".tsukami-export-").tempdir_in(parent)
}

fn link(from: &Path, to: &Path) -> io::Result<()> {
    // A hard link to a symbolic link would be relative to another folder.
    let from = from.canonicalize()?;
    fs::hard_link(&from, to).or_else(|_| symbolic_link(&from, to))
}

#[cfg(unix)]
fn symbolic_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn symbolic_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(from, to)
}

fn copy_whole(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let aside = tempfile::Builder::new()
        .prefix(".tsukami-")
        .tempfile_in(folder)?
        .into_temp_path();
    fs::copy(from, &aside)?;
    aside.persist(to).map_err(|error| error.error)
}
