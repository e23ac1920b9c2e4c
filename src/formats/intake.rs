//! What a file says becomes one edit.
//!
//! An importer fills [`ImportBuilder::categories`] and [`ImportBuilder::pictures`] with what its files say, in
//! their own words. [`ImportBuilder::finish`] then decides, for all formats alike, which picture is
//! meant, which id is free, which box is there already, what is clipped, and what the review
//! state becomes. The rules are in [`exchange`](super::exchange).

use std::collections::{HashMap, HashSet};
use std::mem;
use std::path::Path;
use std::sync::Arc;

use super::exchange::{Import, ImportMode, ImportReport};
use super::text;
use crate::document::{
    Annotation, AnnotationId, BoxState, Category, CategoryId, Change, Document, Edit, Flags,
    FormerProposal, Origin, Picture, PictureId, Provenance, ReviewState,
};
use crate::files::hash_file;
use crate::geometry::BBox;
use crate::pictures;

/// From this overlap on, an imported box is one that is there already.
const SAME_BOX_IOU: f32 = 0.99;

/// From this overlap on, a proposal is one that a person has judged already.
const JUDGED_IOU: f32 = 0.9;

/// IdAllocator from here on are renumbered: to keep them would leave few for new rows.
const MAX_KEPT_ID: u64 = 1 << 31;

/// Less than this beyond the edge of the picture is the rounding of a file.
const ROUNDING_PX: f64 = 0.05;

/// A category as a file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportedCategory {
    pub id: Option<u64>,
    pub name: String,
    pub colour: Option<[u8; 3]>,
    /// Whether to have a key, and which; nothing is for a free digit.
    pub hotkey: Option<Option<char>>,
    pub extra: Option<Box<str>>,
}

/// A picture as a file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportedPicture {
    /// Paths under which it may be known, safe ones, the likeliest first.
    pub names: Vec<String>,
    /// Whether the paths lack the extension.
    pub any_extension: bool,
    pub id: Option<u64>,
    /// Width and height in pixels.
    pub size: Option<[u32; 2]>,
    /// Its state, where the file can say so.
    pub review: Option<ReviewState>,
    pub missing: Option<bool>,
    pub content_hash: Option<Box<str>>,
    /// Whether the boxes are in units of the picture's sides.
    pub is_normalised: bool,
    /// Whether some of its boxes could not be read.
    pub is_partial: bool,
    /// Tags, by their places in [`ImportBuilder::categories`].
    pub tags: Vec<usize>,
    pub boxes: Vec<ImportedBox>,
    pub extra: Option<Box<str>>,
}

/// A box as a file has it.
#[derive(Clone, Debug)]
pub(super) struct ImportedBox {
    pub id: Option<u64>,
    /// Its place in [`ImportBuilder::categories`].
    pub category: usize,
    /// Left, top, right and bottom edge, not checked.
    pub edges: [f64; 4],
    pub flags: Flags,
    /// Who made it, if not a person.
    pub provenance: Option<Box<ImportedProvenance>>,
    pub extra: Option<Box<str>>,
}

/// Who made a box, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct ImportedProvenance {
    pub state: BoxState,
    pub origin: Origin,
    pub score: Option<f32>,
    /// What the model had proposed, with the category's place.
    pub former: Option<(BBox, usize)>,
}

impl ImportedBox {
    /// A person's box from its edges.
    pub(super) fn new(category: usize, edges: [f64; 4]) -> Self {
        Self {
            id: None,
            category,
            edges,
            flags: Flags::default(),
            provenance: None,
            extra: None,
        }
    }

    /// The same box as a model's proposal, if the score is a number.
    pub(super) fn proposed(mut self, model: &Arc<Provenance>, score: f64) -> Option<Self> {
        self.provenance = Some(Box::new(ImportedProvenance {
            state: BoxState::Proposed,
            origin: Origin::Model(Arc::clone(model)),
            score: Some(score as f32),
            former: None,
        }));
        (score as f32).is_finite().then_some(self)
    }

    fn state(&self) -> BoxState {
        self.provenance
            .as_ref()
            .map_or(BoxState::Drawn, |made| made.state)
    }

    fn is_ground_truth(&self) -> bool {
        !matches!(self.state(), BoxState::Proposed | BoxState::Rejected)
    }
}

impl ImportedProvenance {
    /// Whether the document's own rules allow it.
    pub(super) fn is_consistent(&self) -> bool {
        let (is_person, was_changed) = (self.origin == Origin::Person, self.former.is_some());
        let fits = match self.state {
            BoxState::Drawn => is_person && !was_changed,
            BoxState::Proposed | BoxState::Accepted => !is_person && !was_changed,
            BoxState::Edited => !is_person && was_changed,
            BoxState::Rejected => !is_person,
        };
        let numbers = match &self.origin {
            Origin::Person => self.score,
            Origin::Model(model) => Some(model.threshold + self.score.unwrap_or_default()),
        };
        fits && numbers.is_none_or(f32::is_finite)
            && self.former.is_none_or(|(rect, _)| rect.is_valid())
    }
}

/// An import at work.
pub(super) struct ImportBuilder<'a> {
    pub document: &'a Document,
    pub root: &'a Path,
    pub mode: ImportMode,
    pub report: ImportReport,
    pub categories: Vec<ImportedCategory>,
    pub pictures: Vec<ImportedPicture>,
    /// Unknown fields of the whole file, by key.
    pub extra: serde_json::Map<String, serde_json::Value>,
    places: HashMap<String, usize>,
}

/// The picture that a file means.
enum PictureMatch<'a> {
    Known(&'a Picture),
    New { path: String, is_there: bool },
}

/// Gives ids: the wanted one where it is free, else a new one above all of those.
struct IdAllocator {
    first_free: u32,
    next: u32,
    taken: HashSet<u32>,
    /// How many were not kept, and the first of them.
    renumbered: usize,
    example: Option<(u64, u32)>,
}

impl IdAllocator {
    fn new(first_free: u32, wanted: impl Iterator<Item = u64>) -> Self {
        let kept = wanted.filter(|id| *id < MAX_KEPT_ID).max().unwrap_or(0) as u32;
        Self {
            first_free,
            next: first_free.max(kept.saturating_add(1)),
            taken: HashSet::new(),
            renumbered: 0,
            example: None,
        }
    }

    fn take(&mut self, wanted: Option<u64>) -> u32 {
        let kept = wanted.filter(|id| (u64::from(self.first_free)..MAX_KEPT_ID).contains(id));
        if let Some(id) = kept
            && self.taken.insert(id as u32)
        {
            return id as u32;
        }
        let id = self.next;
        self.next = self.next.saturating_add(1);
        if let Some(wanted) = wanted {
            self.renumbered += 1;
            self.example.get_or_insert((wanted, id));
        }
        id
    }

    fn report(self, what: &str, report: &mut ImportReport) {
        if let Some((wanted, given)) = self.example {
            let count = self.renumbered;
            report.changed.add(format!(
                "{count} {what} got new ids, since theirs are in use, repeated or out of range \
                 (the first: {wanted} is now {given})"
            ));
        }
    }
}

impl<'a> ImportBuilder<'a> {
    pub(super) fn new(document: &'a Document, root: &'a Path, mode: ImportMode) -> Self {
        Self {
            document,
            root,
            mode,
            report: ImportReport::default(),
            categories: Vec::new(),
            pictures: Vec::new(),
            extra: serde_json::Map::new(),
            places: HashMap::new(),
        }
    }

    /// The place of a category; one of the same name is the same. Nothing if it has no name.
    pub(super) fn category(&mut self, mut found: ImportedCategory) -> Option<usize> {
        let name = found.name.trim();
        if name.is_empty() {
            return None;
        }
        if name.len() < found.name.len() {
            let sentence = format!("category {:?} is called {name:?} now", found.name);
            self.report.changed.add(sentence);
            found.name = name.to_owned();
        }
        if let Some(place) = self.places.get(&found.name) {
            return Some(*place);
        }
        let place = self.categories.len();
        self.places.insert(found.name.clone(), place);
        self.categories.push(found);
        Some(place)
    }

    /// The place of the category with this name.
    pub(super) fn category_by_name(&mut self, name: &str) -> Option<usize> {
        let name = name.to_owned();
        let found = ImportedCategory {
            name,
            ..ImportedCategory::default()
        };
        self.category(found)
    }

    /// The edit that takes everything in, and what it does.
    pub(super) fn finish(mut self) -> Import {
        let mut edits = Vec::new();
        self.settle_extra(&mut edits);
        let categories = self.settle_categories(&mut edits);
        let pictures = self.settle_pictures();
        let next = self.document.next_ids();
        let of_new = pictures
            .iter()
            .filter(|(meant, _)| matches!(meant, PictureMatch::New { .. }));
        let mut picture_ids =
            IdAllocator::new(next.picture.0, of_new.filter_map(|(_, found)| found.id));
        let boxes = pictures.iter().flat_map(|(_, found)| &found.boxes);
        let mut box_ids = IdAllocator::new(next.annotation.0, boxes.filter_map(|found| found.id));
        for (meant, mut found) in pictures {
            let boxes = mem::take(&mut found.boxes);
            let (is_new, before) = match meant {
                PictureMatch::Known(picture) => (false, picture.clone()),
                PictureMatch::New { path, is_there } => {
                    match self.new_picture(path, is_there, &found) {
                        Some(picture) => (
                            true,
                            Picture {
                                id: PictureId(picture_ids.take(found.id)),
                                ..picture
                            },
                        ),
                        None => continue,
                    }
                }
            };
            self.report.pictures += 1;
            self.report.pictures_added += usize::from(is_new);
            let mut after = before.clone();
            let mut of_boxes = Vec::new();
            let tags = found.tags.iter().map(|place| categories[*place]).collect();
            self.tag(&mut after, tags);
            self.check_size(&after, &found);
            let touched = self.settle_boxes(
                &mut after,
                &found,
                boxes,
                is_new,
                &categories,
                &mut box_ids,
                &mut of_boxes,
            );
            self.review(&mut after, &found, is_new, &touched, &mut of_boxes);
            if found.extra.is_some() && (after.extra.is_none() || self.mode == ImportMode::Replace)
            {
                after.extra = found.extra;
            }
            if is_new {
                edits.push(Edit::Picture(Change::Insert(after)));
            } else if after != before {
                edits.push(Edit::Picture(Change::Update(after)));
            }
            edits.append(&mut of_boxes);
        }
        picture_ids.report("pictures", &mut self.report);
        box_ids.report("boxes", &mut self.report);
        Import {
            edit: Edit::batch(edits),
            report: self.report,
        }
    }

    /// In a merge the document's own fields win, otherwise the file's.
    fn settle_extra(&mut self, edits: &mut Vec<Edit>) {
        let mut extra: serde_json::Map<_, _> = self
            .document
            .extra()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let before = extra.clone();
        for (key, value) in mem::take(&mut self.extra) {
            if self.mode == ImportMode::Replace || !extra.contains_key(&key) {
                extra.insert(key, value);
            }
        }
        if extra != before {
            edits.push(Edit::Extra(to_text(&extra)));
        }
    }

    fn settle_categories(&mut self, edits: &mut Vec<Edit>) -> Vec<CategoryId> {
        let mut ids = IdAllocator::new(
            self.document.next_ids().category.0,
            self.categories.iter().filter_map(|found| found.id),
        );
        let known: HashMap<&str, CategoryId> = self
            .document
            .categories()
            .map(|row| (&*row.name, row.id))
            .collect();
        let mut free_digits: Vec<char> = ('1'..='9').rev().collect();
        let keys = self.document.categories().filter_map(|row| row.hotkey);
        let mut keys: HashSet<char> = keys.collect();
        let mut settled = Vec::with_capacity(self.categories.len());
        for found in mem::take(&mut self.categories) {
            if let Some(id) = known.get(found.name.as_str()) {
                settled.push(*id);
                continue;
            }
            let mut row = Category::new(CategoryId(ids.take(found.id)), found.name);
            let digit = || loop {
                let digit = free_digits.pop()?;
                if !keys.contains(&digit) {
                    return Some(digit);
                }
            };
            row.hotkey = found
                .hotkey
                .unwrap_or_else(digit)
                .filter(|key| !keys.contains(key));
            keys.extend(row.hotkey);
            row.colour = found.colour.unwrap_or(row.colour);
            row.extra = found.extra;
            settled.push(row.id);
            self.report.categories_added.push(row.name.to_string());
            edits.push(Edit::Category(Change::Insert(row)));
        }
        ids.report("categories", &mut self.report);
        settled
    }

    /// Which picture each one means; several entries about one picture become one.
    fn settle_pictures(&mut self) -> Vec<(PictureMatch<'a>, ImportedPicture)> {
        let mut by_stem: HashMap<&str, Vec<&Picture>> = HashMap::new();
        for picture in self.document.pictures() {
            let stem = text::without_extension(text::last_part(&picture.path));
            by_stem.entry(stem).or_default().push(picture);
        }
        let mut slots: HashMap<String, usize> = HashMap::new();
        let mut settled: Vec<(PictureMatch<'a>, ImportedPicture)> = Vec::new();
        for mut found in mem::take(&mut self.pictures) {
            let name = found.names.first().cloned().unwrap_or_default();
            let meant = match self.meant(&found, &by_stem) {
                Ok(meant) => meant,
                Err(reason) => {
                    self.report.unread.add(format!("{name}: {reason}"));
                    continue;
                }
            };
            let path = match &meant {
                PictureMatch::Known(picture) => picture.path.to_string(),
                PictureMatch::New { path, .. } => path.clone(),
            };
            let is_renamed = !found.any_extension && !found.names.contains(&path);
            match slots.get(&path) {
                None => {
                    if is_renamed {
                        self.report
                            .changed
                            .add(format!("{name} is taken for {path}"));
                    }
                    slots.insert(path, settled.len());
                    settled.push((meant, found));
                }
                // Two folders may hold pictures of one name: nothing tells whose boxes these are.
                Some(slot) if is_renamed || settled[*slot].1.names.first() != Some(&name) => {
                    let sentence = format!("{name}: another picture of the file is {path} already");
                    self.report.unread.add(sentence);
                }
                Some(slot) => {
                    let first = &mut settled[*slot].1;
                    first.boxes.append(&mut found.boxes);
                    first.tags.append(&mut found.tags);
                    first.is_partial |= found.is_partial;
                    first.review = first.review.min(found.review);
                    self.report
                        .changed
                        .add(format!("{name} is there twice; both are taken as one"));
                }
            }
        }
        settled
    }

    fn meant(
        &self,
        found: &ImportedPicture,
        by_stem: &HashMap<&str, Vec<&'a Picture>>,
    ) -> Result<PictureMatch<'a>, String> {
        let any = found.any_extension;
        let namesakes = |name: &str| {
            let last = text::last_part(name);
            let stem = if any {
                last
            } else {
                text::without_extension(last)
            };
            by_stem.get(stem).map_or(&[][..], Vec::as_slice)
        };
        let only = |mut matching: Vec<&'a Picture>, name: &str| match matching.pop() {
            Some(picture) if matching.is_empty() => Ok(Some(PictureMatch::Known(picture))),
            Some(picture) => Err(format!(
                "{name} may be {} or {}; nothing tells which",
                matching[0].path, picture.path
            )),
            None => Ok(None),
        };
        for name in &found.names {
            let same = namesakes(name)
                .iter()
                .copied()
                .filter(|p| stem_of(&p.path, any) == name);
            if let Some(meant) = only(same.collect(), name)? {
                return Ok(meant);
            }
        }
        if let Some(path) = found
            .names
            .iter()
            .find_map(|name| self.on_disk(name, found))
        {
            let is_there = true;
            return Ok(PictureMatch::New { path, is_there });
        }
        for name in &found.names {
            let agrees = |p: &&Picture| {
                let path = stem_of(&p.path, any);
                is_tail(path, name) || is_tail(name, path)
            };
            let mut matching: Vec<_> = namesakes(name).iter().copied().filter(agrees).collect();
            // The more folders agree, the better; a path longer than the name agrees no more.
            let agreement = |p: &Picture| p.path.len().min(name.len());
            let best = matching.iter().map(|p| agreement(p)).max();
            matching.retain(|p| Some(agreement(p)) == best);
            if let Some(meant) = only(matching, name)? {
                return Ok(meant);
            }
        }
        match found.names.first() {
            Some(path) if found.size.is_some() && !found.any_extension => Ok(PictureMatch::New {
                path: path.clone(),
                is_there: false,
            }),
            _ => Err("no such picture is in the project or in its folder".to_owned()),
        }
    }

    /// The path of a picture file in the project's folder.
    fn on_disk(&self, name: &str, found: &ImportedPicture) -> Option<String> {
        let is_inside = |path: &String| {
            let file = self.root.join(path);
            file.is_file() && text::below(self.root, &file).is_some()
        };
        if !found.any_extension {
            return Some(name.to_owned()).filter(is_inside);
        }
        pictures::extensions()
            .flat_map(|extension| [extension.to_owned(), extension.to_uppercase()])
            .map(|extension| format!("{name}.{extension}"))
            .find(is_inside)
    }

    /// A row for a picture that the document does not have; nothing if its size is unknown.
    fn new_picture(
        &mut self,
        path: String,
        is_there: bool,
        found: &ImportedPicture,
    ) -> Option<Picture> {
        let mut size = found.size;
        if is_there {
            match (pictures::probe(&self.root.join(&path)), found.size) {
                (Ok((width, height)), _) => size = Some([width, height]),
                (Err(error), Some(_)) => self.report.changed.add(format!("{path}: {error}")),
                (Err(error), None) => {
                    self.report.unread.add(format!("{path}: {error}"));
                    return None;
                }
            }
        } else if found.missing != Some(false) {
            let sentence = format!("{path}: the picture is not in the project's folder");
            self.report.changed.add(sentence);
        }
        let [width, height] = size?;
        let mut row = Picture::new(PictureId(0), path, width, height);
        row.missing = found.missing.unwrap_or(!is_there);
        let hash = || hash_file(&self.root.join(&*row.path)).ok();
        row.content_hash = match &found.content_hash {
            None if is_there => hash(),
            told => told.clone(),
        };
        Some(row)
    }

    fn check_size(&mut self, picture: &Picture, found: &ImportedPicture) {
        let own = [picture.width, picture.height];
        if let Some([width, height]) = found.size.filter(|size| *size != own) {
            let Picture {
                path,
                width: own_width,
                height: own_height,
                ..
            } = picture;
            self.report.changed.add(format!(
                "{path}: the file says {width} x {height}, the picture is {own_width} x \
                 {own_height} pixels; its boxes are taken as they are"
            ));
        }
    }

    fn tag(&mut self, picture: &mut Picture, mut tags: Vec<CategoryId>) {
        if self.mode == ImportMode::Merge || tags.is_empty() {
            tags.extend(&picture.tags);
        }
        tags.sort_unstable();
        tags.dedup();
        self.report.tags += tags
            .iter()
            .filter(|tag| !picture.tags.contains(tag))
            .count();
        picture.tags = tags;
    }

    /// The edits of a picture's boxes. Tells whether any ground truth was found.
    #[expect(
        clippy::too_many_arguments,
        reason = "one step of `finish`, apart for reading"
    )]
    fn settle_boxes(
        &mut self,
        picture: &mut Picture,
        found: &ImportedPicture,
        boxes: Vec<ImportedBox>,
        is_new: bool,
        categories: &[CategoryId],
        ids: &mut IdAllocator,
        edits: &mut Vec<Edit>,
    ) -> Affected {
        let rows = if is_new {
            &[]
        } else {
            self.document.annotations(picture.id)
        };
        let mut touched = Affected {
            has_truth: false,
            has_proposals: boxes
                .iter()
                .any(|found| found.state() == BoxState::Proposed),
            is_partial: found.is_partial,
            kept: HashSet::new(),
            removed: HashSet::new(),
        };
        let is_closed = !is_new && picture.review == ReviewState::Done;
        let mut inserted = Vec::new();
        for one in boxes {
            let Some(rect) = self.rect(picture, found.is_normalised, &one) else {
                touched.is_partial = true;
                continue;
            };
            let category = categories[one.category];
            touched.has_truth |= one.is_ground_truth();
            let same = |row: &&Annotation, iou: f32| {
                row.category == category && row.rect.iou(&rect) >= iou
            };
            let truth = rows.iter().filter(|row| row.is_ground_truth());
            let known = match one.state() {
                BoxState::Proposed => rows.iter().find(|row| match row.state {
                    BoxState::Proposed => same(row, SAME_BOX_IOU),
                    _ => is_judged(row, rect, category),
                }),
                BoxState::Rejected => rows.iter().find(|row| same(row, SAME_BOX_IOU)),
                _ => truth.clone().find(|row| same(row, SAME_BOX_IOU)),
            };
            if let Some(row) = known {
                touched.kept.insert(row.id);
                self.report.present += 1;
                continue;
            }
            if is_closed && one.state() == BoxState::Proposed {
                // A person has said that the picture is right as it is.
                self.report.present += 1;
                continue;
            }
            let proposals = rows.iter().filter(|row| row.state == BoxState::Proposed);
            let mut unclaimed = proposals.filter(|row| !touched.kept.contains(&row.id));
            if one.is_ground_truth()
                && let Some(row) = unclaimed.find(|row| same(row, SAME_BOX_IOU))
            {
                touched.kept.insert(row.id);
                self.report.boxes += 1;
                let mut row = row.clone();
                row.state = BoxState::Accepted;
                row.flags = one.flags;
                row.extra = one.extra;
                let change = Change::Update(row);
                edits.push(Edit::Annotation {
                    picture: picture.id,
                    change,
                });
                continue;
            }
            inserted.push((rect, category, one));
        }
        if self.mode == ImportMode::Replace {
            self.remove_others(rows, &mut touched, picture.id, edits);
        }
        for (rect, category, one) in inserted {
            // A box that is replaced under its own id is the same one, changed elsewhere.
            let own = rows.iter().find(|row| {
                Some(u64::from(row.id.0)) == one.id && touched.removed.contains(&row.id)
            });
            let id = own.map_or_else(|| AnnotationId(ids.take(one.id)), |row| row.id);
            match one.state() {
                BoxState::Proposed => self.report.proposals += 1,
                BoxState::Rejected => {}
                _ => self.report.boxes += 1,
            }
            let row = row_of(id, rect, category, one, categories);
            let change = Change::Insert(row);
            edits.push(Edit::Annotation {
                picture: picture.id,
                change,
            });
        }
        touched
    }

    /// Removes what the file's boxes take the place of: proposals where there are proposals,
    /// everything where there is ground truth, or nothing at all.
    fn remove_others(
        &mut self,
        rows: &[Annotation],
        touched: &mut Affected,
        picture: PictureId,
        edits: &mut Vec<Edit>,
    ) {
        let only_proposals = touched.has_proposals && !touched.has_truth;
        for row in rows {
            let is_replaced = !touched.kept.contains(&row.id)
                && (!only_proposals || row.state == BoxState::Proposed);
            if is_replaced {
                self.report.removed += 1;
                touched.removed.insert(row.id);
                let change = Change::Remove(row.id);
                edits.push(Edit::Annotation { picture, change });
            }
        }
    }

    /// The box inside the picture, in pixels.
    fn rect(&mut self, picture: &Picture, is_normalised: bool, one: &ImportedBox) -> Option<BBox> {
        let size = [f64::from(picture.width), f64::from(picture.height)];
        let mut edges = one.edges;
        if is_normalised {
            for (at, edge) in edges.iter_mut().enumerate() {
                *edge *= size[at % 2];
            }
        }
        let path = &picture.path;
        let name = one
            .id
            .map_or_else(|| "a box".to_owned(), |id| format!("box {id}"));
        let [x0, y0, x1, y1] = edges;
        if !edges.iter().all(|edge| edge.is_finite()) || x0 >= x1 || y0 >= y1 {
            let sentence = format!("{path}: {name} from ({x0}, {y0}) to ({x1}, {y1}) has no area");
            self.report.unread.add(sentence);
            return None;
        }
        let mut is_clipped = false;
        for (at, edge) in edges.iter_mut().enumerate() {
            let inside = edge.clamp(0.0, size[at % 2]);
            is_clipped |= (inside - *edge).abs() > ROUNDING_PX;
            *edge = inside;
        }
        let [ax, ay, bx, by] = edges.map(|edge| edge as f32);
        let rect = BBox {
            x0: ax,
            y0: ay,
            x1: bx,
            y1: by,
        };
        let rect = rect.clipped(picture.width, picture.height);
        if rect.is_none() {
            let sentence = format!("{path}: {name} from ({x0}, {y0}) to ({x1}, {y1}) lies outside");
            self.report.unread.add(sentence);
        } else if is_clipped {
            self.report
                .changed
                .add(format!("{path}: {name} was clipped to the picture"));
        }
        rect
    }

    /// What the review state becomes. A picture that becomes done leaves no proposal waiting.
    fn review(
        &mut self,
        picture: &mut Picture,
        found: &ImportedPicture,
        is_new: bool,
        touched: &Affected,
        edits: &mut Vec<Edit>,
    ) {
        let mut after = match found.review {
            Some(review) => review,
            None if touched.has_truth => ReviewState::Done,
            None if touched.has_proposals => ReviewState::Proposed,
            None => return,
        };
        if after == ReviewState::Done && touched.is_partial {
            after = ReviewState::InReview;
        }
        let is_in_hand = picture.review >= ReviewState::InReview && self.mode == ImportMode::Merge;
        if is_in_hand || after <= picture.review {
            return;
        }
        picture.review = after;
        if after != ReviewState::Done || is_new {
            return;
        }
        for row in self.document.annotations(picture.id) {
            let is_settled = touched.kept.contains(&row.id) || touched.removed.contains(&row.id);
            if row.state == BoxState::Proposed && !is_settled {
                let mut row = row.clone();
                row.state = BoxState::Rejected;
                let change = Change::Update(row);
                edits.push(Edit::Annotation {
                    picture: picture.id,
                    change,
                });
            }
        }
    }
}

/// What an import found on one picture.
struct Affected {
    has_truth: bool,
    has_proposals: bool,
    is_partial: bool,
    /// Boxes of the document that the file has too.
    kept: HashSet<AnnotationId>,
    /// Boxes of the document that go.
    removed: HashSet<AnnotationId>,
}

fn row_of(
    id: AnnotationId,
    rect: BBox,
    category: CategoryId,
    one: ImportedBox,
    categories: &[CategoryId],
) -> Annotation {
    let mut row = Annotation::drawn(id, rect, category);
    row.flags = one.flags;
    row.extra = one.extra;
    if let Some(made) = one.provenance {
        row.state = made.state;
        row.origin = made.origin;
        row.score = made.score;
        row.former = made.former.map(|(rect, place)| {
            let category = categories[place];
            Box::new(FormerProposal { rect, category })
        });
    }
    row
}

/// Whether a person's judgement of `row` covers a proposal, as in `document::ops::replace_proposals`.
fn is_judged(row: &Annotation, rect: BBox, category: CategoryId) -> bool {
    let is_same = |other: &BBox, of| of == category && rect.iou(other) >= JUDGED_IOU;
    is_same(&row.rect, row.category)
        || row
            .former
            .as_ref()
            .is_some_and(|former| is_same(&former.rect, former.category))
}

/// A path as far as a name is to match it.
fn stem_of(path: &str, any_extension: bool) -> &str {
    if any_extension {
        text::without_extension(path)
    } else {
        path
    }
}

/// Whether `short` is the end of `long`, part by part.
fn is_tail(long: &str, short: &str) -> bool {
    long.strip_suffix(short)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// JSON text for a row's unknown fields; nothing if there are none.
pub(super) fn to_text(extra: &serde_json::Map<String, serde_json::Value>) -> Option<Box<str>> {
    let text = (!extra.is_empty())
        .then(|| serde_json::to_string(extra).ok())
        .flatten();
    text.map(String::into_boxed_str)
}

/// The unknown fields of a row; none if the text is no JSON object.
pub(super) fn from_text(extra: Option<&str>) -> serde_json::Map<String, serde_json::Value> {
    extra
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
