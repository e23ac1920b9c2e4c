//! Turns the content of the imported files into one edit.
//!
//! The reader of a format adds categories and pictures to an [`ImportBuilder`] as they are in its
//! files. [`ImportBuilder::finish`] then makes all decisions, in the same way for all formats:
//! which picture is meant, which id is free, which box the document already has, what is clipped,
//! and what the review state becomes.

use std::collections::HashMap;
use std::fmt::Display;
use std::mem;
use std::path::Path;

use serde_json::{Map, Value};

use super::boxes::BoxImporter;
use super::categories::{needed_categories, resolve_categories};
use super::ids::IdAllocator;
use super::marked::MarkedFolder;
use super::options::{ImportMode, ImportOptions, ImportedAs};
use super::picture_names::PictureNames;
use super::pictures::{PictureMatch, match_pictures, new_picture, report_excluded};
use super::report::{ImportReport, PreparedImport};
use super::review::update_review;
use super::rows::{ImportedBox, ImportedCategory, ImportedPicture};
use super::sizes::fit_boxes;
use super::unreviewed::make_proposals;
use crate::document::{CategoryId, Change, Document, Edit, Picture, PictureId};
use crate::formats::error::FormatError;
use crate::formats::{input, unknown_fields};

/// An import under construction.
pub(in crate::formats) struct ImportBuilder<'a> {
    pub document: &'a Document,
    /// The folder to which the paths of the document's pictures are relative.
    pub root: &'a Path,
    pub report: ImportReport,
    pub categories: Vec<ImportedCategory>,
    pub pictures: Vec<ImportedPicture>,
    /// Unknown fields of the whole file, by key.
    pub extra: Map<String, Value>,
    options: ImportOptions,
    /// The export that is imported, if it is one from this project.
    marked: Option<MarkedFolder>,
    category_by_name: HashMap<String, usize>,
    /// The number of files that were read.
    files: usize,
}

impl<'a> ImportBuilder<'a> {
    /// An import of a file or folder `source`.
    pub(in crate::formats) fn new(
        document: &'a Document,
        root: &'a Path,
        source: &Path,
        options: ImportOptions,
    ) -> Self {
        Self {
            marked: MarkedFolder::around(source, document, root),
            document,
            root,
            report: ImportReport::default(),
            categories: Vec::new(),
            pictures: Vec::new(),
            extra: Map::new(),
            options,
            category_by_name: HashMap::new(),
            files: 0,
        }
    }

    /// The names of the picture that a file labels: its path in the project if the file is in an
    /// export from there, and otherwise those that are given.
    pub(in crate::formats) fn names_of_labels(
        &self,
        file: &Path,
        names: PictureNames,
    ) -> PictureNames {
        let marked = self.marked.as_ref();
        self.exact_name(marked.and_then(|marked| marked.picture_of(file)))
            .unwrap_or(names)
    }

    /// The name of the picture at a path in the project, if the document has it.
    fn exact_name(&self, path: Option<&str>) -> Option<PictureNames> {
        let path = path.filter(|path| self.document.picture_at(path).is_some())?;
        Some(PictureNames {
            paths: vec![path.to_owned()],
            is_exact: true,
            ..PictureNames::default()
        })
    }

    /// Reports something that is imported in another form.
    pub(in crate::formats) fn report_change(&mut self, text: impl Into<String>) {
        self.report.changed.add(text);
    }

    /// Reports something that could not be read or imported.
    pub(in crate::formats) fn report_skipped(&mut self, text: impl Into<String>) {
        self.report.skipped.add(text);
    }

    /// Reads a file, or those files of a folder that are wanted. In a folder, files that are not of the
    /// `format` are passed over, and a file that cannot be read is reported and adds nothing, while the
    /// others are read. `read` gets the number of the file in the whole import.
    ///
    /// # Errors
    /// If a folder, or the only file, cannot be read.
    pub(in crate::formats) fn read_files(
        &mut self,
        path: &Path,
        format: &str,
        is_wanted: impl Fn(&Path) -> bool,
        is_own: impl Fn(&Path) -> bool,
        mut read: impl FnMut(&Path, usize, &mut Self) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        let is_single = !path.is_dir();
        let first = self.files;
        for (index, file) in (first..).zip(&input::files_below(path, is_wanted)?) {
            self.files = index + 1;
            if !is_single && !is_own(file) {
                self.pass_over(file, format);
                continue;
            }
            let (pictures, categories) = (self.pictures.len(), self.categories.len());
            match read(file, index, self) {
                Ok(()) => {}
                Err(error) if is_single => return Err(error),
                Err(error) => {
                    self.pictures.truncate(pictures);
                    self.categories.truncate(categories);
                    self.category_by_name.retain(|_, index| *index < categories);
                    self.report_skipped(error.to_string());
                }
            }
        }
        Ok(())
    }

    /// Reports a file of a folder that is not one of the format.
    pub(in crate::formats) fn pass_over(&mut self, file: &Path, format: &str) {
        let file = file.display();
        self.report_change(format!(
            "{file}: passed over, because it is no {format} file"
        ));
    }

    /// Adds a box to its picture, or reports why it cannot be read. `name` is that of its picture or
    /// file.
    pub(in crate::formats) fn add_box(
        &mut self,
        picture: &mut ImportedPicture,
        name: impl Display,
        read: Result<ImportedBox, String>,
    ) {
        match read {
            Ok(one) => picture.boxes.push(one),
            Err(reason) => {
                picture.is_partial = true;
                self.report_skipped(format!("{name}: {reason}"));
            }
        }
    }

    /// Puts the edges of boxes right whose order is reversed, and says so.
    pub(in crate::formats) fn order_edges(
        &mut self,
        picture: &mut ImportedPicture,
        name: impl Display,
    ) {
        let reversed = picture.boxes.iter_mut().map(ImportedBox::order_edges);
        let reversed = reversed.filter(|is_reversed| *is_reversed).count();
        if reversed > 0 {
            let boxes = if reversed == 1 { "box" } else { "boxes" };
            self.report_change(format!(
                "{name}: the corners of {reversed} {boxes} were put in order"
            ));
        }
    }

    /// The index of a category, which is added unless one with its name exists. `None` if it has
    /// no name.
    pub(in crate::formats) fn add_category(
        &mut self,
        mut category: ImportedCategory,
    ) -> Option<usize> {
        let name = category.name.trim();
        if name.is_empty() {
            return None;
        }
        if name.len() < category.name.len() {
            let text = format!("the class {:?} was renamed to {name:?}", category.name);
            self.report.changed.add(text);
            category.name = name.to_owned();
        }
        if let Some(index) = self.category_by_name.get(&category.name) {
            return Some(*index);
        }
        let index = self.categories.len();
        self.category_by_name.insert(category.name.clone(), index);
        self.categories.push(category);
        Some(index)
    }

    /// The index of the category with this name, as [`add_category`](Self::add_category) returns it.
    pub(in crate::formats) fn category_by_name(&mut self, name: &str) -> Option<usize> {
        self.add_category(ImportedCategory {
            name: name.to_owned(),
            ..ImportedCategory::default()
        })
    }

    /// The edit that imports everything, and a report of what it does.
    pub(in crate::formats) fn finish(mut self) -> PreparedImport {
        let mut edits = Vec::new();
        self.merge_extra(&mut edits);
        let categories = mem::take(&mut self.categories);
        let mut imported = mem::take(&mut self.pictures);
        if let Some(marked) = &self.marked {
            // The path in the project may also be that of the copy of another picture.
            for one in imported.iter_mut().filter(|one| !one.names.is_exact) {
                let picture = marked.picture_of_copy(&one.names.paths);
                if let Some(names) = self.exact_name(picture) {
                    one.names = names;
                }
            }
        }
        let needed = needed_categories(&categories, &imported);
        let ids = resolve_categories(
            self.document,
            &categories,
            &needed,
            &mut self.report,
            &mut edits,
        );
        let matched = match_pictures(
            self.document,
            self.root,
            imported,
            self.options.missing,
            &mut self.report,
        );

        let next = self.document.next_ids();
        let new = matched
            .iter()
            .filter(|(found, _)| matches!(found, PictureMatch::New { .. }));
        let new_ids = new.filter_map(|(_, imported)| imported.id);
        let mut picture_ids = IdAllocator::new(next.picture.0, new_ids);
        let all_boxes = matched
            .iter()
            .flat_map(|(_, imported)| imported.all_boxes());
        let box_ids = all_boxes.filter_map(|imported| imported.id);
        let mut boxes = BoxImporter {
            document: self.document,
            mode: self.options.mode,
            categories: &categories,
            category_ids: &ids,
            ids: IdAllocator::new(next.annotation.0, box_ids),
        };
        let mut excluded = Vec::new();
        for (found, imported) in matched {
            let (is_new, before) = match found {
                PictureMatch::Known(picture) => (false, picture.clone()),
                PictureMatch::New { path, is_on_disk } => {
                    let report = &mut self.report;
                    let picture = new_picture(self.root, path, is_on_disk, &imported, report);
                    let Some(picture) = picture else { continue };
                    let id = PictureId(picture_ids.allocate(imported.id));
                    (true, Picture { id, ..picture })
                }
            };
            excluded.extend(before.is_excluded.then(|| before.path.clone()));
            self.add_picture(is_new, &before, imported, &mut boxes, &mut edits);
        }
        report_excluded(&excluded, &mut self.report);
        picture_ids.report(["picture", "pictures"], &mut self.report);
        boxes.ids.report(["box", "boxes"], &mut self.report);
        PreparedImport {
            edit: Edit::batch(edits),
            report: self.report,
        }
    }

    /// In a merge the document's own fields win, otherwise the file's.
    fn merge_extra(&mut self, edits: &mut Vec<Edit>) {
        let before = unknown_fields::from_text(self.document.extra());
        let mut extra = before.clone();
        for (key, value) in mem::take(&mut self.extra) {
            if self.options.mode == ImportMode::Replace || !extra.contains_key(&key) {
                extra.insert(key, value);
            }
        }
        if extra != before {
            edits.push(Edit::Extra(unknown_fields::to_text(&extra)));
        }
    }

    /// Adds the edits of one picture and its boxes.
    fn add_picture(
        &mut self,
        is_new: bool,
        before: &Picture,
        mut imported: ImportedPicture,
        boxes: &mut BoxImporter<'_>,
        edits: &mut Vec<Edit>,
    ) {
        self.report.pictures += 1;
        self.report.pictures_added += usize::from(is_new);
        let mut after = before.clone();
        let others = mem::take(&mut imported.others);
        self.prepare(&after, &mut imported);
        for mut other in others {
            self.prepare(&after, &mut other);
            imported.absorb(other);
        }
        let tags = imported.tags.iter();
        let tags = tags.filter_map(|index| boxes.category_ids[*index]);
        self.add_tags(&mut after, tags.collect());
        if after.missing && imported.missing.is_none() {
            // Nobody can have looked at it here, so it is not done.
            imported.is_partial = true;
        }
        let report = &mut self.report;
        let mut box_edits = Vec::new();
        let outcome = boxes.add_boxes(&after, is_new, &mut imported, report, &mut box_edits);
        update_review(
            self.document,
            self.options.mode,
            &mut after,
            is_new,
            &imported,
            &outcome,
            &mut box_edits,
        );
        if imported.extra.is_some()
            && (after.extra.is_none() || self.options.mode == ImportMode::Replace)
        {
            after.extra = imported.extra;
        }
        if is_new {
            edits.push(Edit::Picture(Change::Insert(after)));
        } else if after != *before {
            edits.push(Edit::Picture(Change::Update(after)));
        }
        edits.append(&mut box_edits);
    }

    /// Puts the boxes of an entry right, and decides what they are.
    fn prepare(&mut self, picture: &Picture, imported: &mut ImportedPicture) {
        self.order_edges(imported, &picture.path);
        if self.options.boxes == ImportedAs::Proposals {
            make_proposals(imported);
        }
        let (sizes, report) = (self.options.sizes, &mut self.report);
        fit_boxes(self.root, sizes, picture, imported, report);
    }

    fn add_tags(&mut self, picture: &mut Picture, mut tags: Vec<CategoryId>) {
        if self.options.mode == ImportMode::Merge || tags.is_empty() {
            tags.extend(&picture.tags);
        }
        tags.sort_unstable();
        tags.dedup();
        let new = tags.iter().filter(|tag| !picture.tags.contains(tag));
        self.report.tags += new.count();
        picture.tags = tags;
    }
}
