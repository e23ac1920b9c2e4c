//! The door between a document and the files of other programs.
//!
//! **Import** reads files and gives one [`Edit`], which the caller commits and a person can undo,
//! and a [`ImportReport`] of what was taken, what was changed and what could not be read.
//! - A box becomes a person's drawn ground truth, unless it carries a score: then it is a model's
//!   proposal, and nobody has judged it.
//! - [`ImportMode::Merge`] leaves what is there. A box that the picture has already (same category,
//!   IoU of 0.99 or more) is not doubled; a proposal that the file confirms is accepted.
//! - [`ImportMode::Replace`] takes the place of what the named pictures had; boxes that are the same
//!   stay with their history, and pictures that the file does not name stay as they are.
//! - A picture with imported ground truth is done, unless a person is at work on it. A picture
//!   without a box is verified empty where the format can say so: an empty label file, an XML or
//!   JSON file of its own. COCO only lists it, which other programs do for unlabelled pictures as
//!   well, so it stays unreviewed and is counted in the report; our own files say which it is.
//! - Ids of COCO files are kept where they are free, and below 2^31; others are renumbered.
//! - Names of pictures that could lead out of the folder are refused.
//!
//! **Export** writes what was reviewed, and never a proposal as ground truth. What it writes
//! appears whole or not at all: a new folder is made beside its place and then renamed; into a
//! folder that exists, files are written whole one by one, and nothing is deleted from it. The
//! project, what lies beside it and its pictures are never written over.
//!
//! | format | holds | leaves out |
//! |---|---|---|
//! | COCO | ids, order, boxes exactly, flags, tags, review, unknown fields; with provenance everything | |
//! | results | proposals and scores | |
//! | YOLO | boxes to 8 decimals of the side | flags, tags, crowds (reported) |
//! | VOC | boxes in whole pixels, difficult, truncated, occluded | crowds become difficult (reported), tags |
//! | labelme | boxes exactly, flags | tags |
//! | CreateML | boxes exactly | flags, tags, crowds (reported) |
//! | CSV | image tags | boxes |

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::de::StrRead;

pub use super::FormatError;
use super::layout::{self, ExportWriter};
pub use super::layout::{Split, Subset};
use super::{coco_project, createml, intake, labelme, tags, text, voc, yolo};
use crate::document::{Annotation, Document, Edit, ReviewState};

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// COCO instances: pictures, boxes, categories.
    Coco,
    /// COCO results: a plain list of scored boxes, with the ids of the project.
    CocoResults,
    /// YOLO: a text file a picture, and `data.yaml`.
    Yolo,
    /// Pascal VOC: an XML file a picture.
    Voc,
    /// labelme: a JSON file a picture.
    LabelMe,
    /// CreateML: a JSON list of pictures.
    CreateMl,
    /// Image tags: CSV lines of a path and its tags.
    Tags,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Coco,
        Self::CocoResults,
        Self::Yolo,
        Self::Voc,
        Self::LabelMe,
        Self::CreateMl,
        Self::Tags,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coco => "coco",
            Self::CocoResults => "coco-results",
            Self::Yolo => "yolo",
            Self::Voc => "voc",
            Self::LabelMe => "labelme",
            Self::CreateMl => "createml",
            Self::Tags => "tags",
        }
    }
}

/// What becomes of what the document has on the pictures that a file names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// It stays; the file adds to it.
    #[default]
    Merge,
    /// The file takes its place.
    Replace,
}

/// Sentences for a person, of which only the first thousand are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The first ones, each naming the file, picture or box concerned.
    pub sentences: Vec<String>,
    /// How many there were beyond those.
    pub more: usize,
}

impl Messages {
    const MOST: usize = 1000;

    pub(super) fn add(&mut self, sentence: impl Into<String>) {
        if self.sentences.len() < Self::MOST {
            self.sentences.push(sentence.into());
        } else {
            self.more += 1;
        }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }
}

/// What an import does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Pictures that the files name and the import takes, old or new.
    pub pictures: usize,
    /// Of these, pictures that are new to the document.
    pub pictures_added: usize,
    /// New categories, by name.
    pub categories_added: Vec<String>,
    /// New boxes that are ground truth, and proposals that the file confirms.
    pub boxes: usize,
    /// New boxes that nobody has judged.
    pub proposals: usize,
    /// New image tags.
    pub tags: usize,
    /// Boxes that were there already, or were judged already.
    pub present: usize,
    /// Boxes that the import removes; only [`ImportMode::Replace`] does.
    pub removed: usize,
    /// What was taken in another form: clipped, renumbered, renamed, matched by a part of its path.
    pub changed: Messages,
    /// What could not be read or taken.
    pub unread: Messages,
}

/// An import, ready to be committed.
#[derive(Clone, Debug)]
pub struct Import {
    /// The whole import as one edit; it fits the document that was given.
    pub edit: Edit,
    /// What it does.
    pub report: ImportReport,
}

/// Which pictures are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureScope {
    /// Those that are done, with and without boxes.
    #[default]
    Reviewed,
    /// All, unfinished ones with the boxes that are ground truth so far. A format that cannot say
    /// 'not reviewed' has no file for an unfinished picture without such boxes.
    All,
}

/// Which boxes are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boxes {
    /// What a person has said is right.
    #[default]
    GroundTruth,
    /// What a model has proposed and nobody has judged, each with its score, on the pictures that
    /// are not done. COCO alone.
    Proposals,
}

/// What becomes of the picture files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// They stay where they are.
    #[default]
    Leave,
    /// They are copied.
    Copy,
    /// They are linked: hard links, else symbolic links, else copies.
    Link,
}

/// Where things lie in an exported folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FolderLayout {
    /// As the format's own tools expect: `images/train` and `labels/train` for YOLO,
    /// `annotations/instances_train.json` and `train` for COCO.
    #[default]
    Standard,
    /// As Roboflow does: everything of a part in one folder, `train/_annotations.coco.json` beside
    /// the pictures, `train/images` and `train/labels` for YOLO; the parts are train, valid, test.
    Roboflow,
}

/// What an export does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// The format.
    pub format: Format,
    /// Which pictures.
    pub scope: PictureScope,
    /// Which boxes.
    pub boxes: Boxes,
    /// Whether a COCO file also holds what only this program understands, under keys `tsukami`
    /// that others pass over: who made a box, what the model had proposed, which boxes were
    /// rejected or wait, colours and keys. Such a file comes back as the same document.
    pub provenance: bool,
    /// Into which parts, if any.
    pub split: Option<Split>,
    /// What becomes of the picture files.
    pub files: Files,
    /// Where things lie.
    pub layout: FolderLayout,
}

impl ExportOptions {
    /// What was reviewed, whole, without the pictures.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            scope: PictureScope::default(),
            boxes: Boxes::default(),
            provenance: false,
            split: None,
            files: Files::default(),
            layout: FolderLayout::default(),
        }
    }

    /// Whether the export is a folder, rather than one file.
    pub fn makes_folder(&self) -> bool {
        match self.format {
            Format::Yolo | Format::Voc | Format::LabelMe => true,
            Format::Coco | Format::CreateMl => self.split.is_some() || self.files != Files::Leave,
            Format::CocoResults | Format::Tags => false,
        }
    }
}

/// What an export did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Pictures, also those without boxes.
    pub pictures: usize,
    /// Boxes.
    pub boxes: usize,
    /// Pictures in train, val and test, if there was a split.
    pub parts: [usize; 3],
    /// Picture files that were copied or linked.
    pub files: usize,
    /// What could not be written as it is: renamed, left out, missing.
    pub changed: Messages,
}

/// Tells the format of a file or folder from its content.
pub fn detect_format(path: &Path) -> Option<Format> {
    if !path.is_dir() {
        return recognise_file(path);
    }
    let is_candidate = |file: &Path| {
        let extensions = ["yaml", "yml", "json", "xml", "csv", "txt"];
        extensions
            .iter()
            .any(|extension| text::has_extension(file, extension))
    };
    let files = text::files_below(path, is_candidate).ok()?;
    if files.iter().any(|file| yolo::is_description(file)) {
        return Some(Format::Yolo);
    }
    // A folder of one format may hold a stray file of another, but not many before the first.
    files.iter().take(100).find_map(|file| recognise_file(file))
}

fn recognise_file(path: &Path) -> Option<Format> {
    let head = text::head(path);
    match head.trim_start().chars().next()? {
        '{' | '[' => recognise_json(&head),
        '<' => head.contains("<annotation").then_some(Format::Voc),
        _ if yolo::is_description(path) => Some(Format::Yolo),
        _ if yolo::is_label_text(&head) => Some(Format::Yolo),
        _ => text::has_extension(path, "csv").then_some(Format::Tags),
    }
}

/// By the keys at the top, or those of the first element of a list, as far as they can be read.
fn recognise_json(head: &str) -> Option<Format> {
    let mut keys = Keys::default();
    let mut reader = serde_json::Deserializer::new(StrRead::new(head));
    // The head may end anywhere; the keys before its end are what counts.
    let _cut_short = (&mut keys).deserialize(&mut reader);
    let has = |key: &str| keys.names.iter().any(|name| name == key);
    if keys.in_list {
        if has("image_id") {
            Some(Format::CocoResults)
        } else if has("image") || has("imagefilename") {
            Some(Format::CreateMl)
        } else {
            None
        }
    } else if has("shapes") || has("imagePath") {
        Some(Format::LabelMe)
    } else if has("images") || has("annotations") || has("categories") {
        Some(Format::Coco)
    } else {
        None
    }
}

/// The keys of an object, or of the first object of a list.
#[derive(Default)]
struct Keys {
    names: Vec<String>,
    in_list: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Keys {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key()? {
            self.names.push(name);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.in_list = true;
        list.next_element_seed(self).map(|_| ())
    }
}

/// Reads a file, or the files of a folder, into an edit. `root` is the project's folder, to which
/// the paths of the document's pictures are relative; only there is looked for picture files.
///
/// # Errors
/// A file that cannot be read as a whole. What is wrong with parts of it is in the report.
pub fn import(
    document: &Document,
    path: &Path,
    root: &Path,
    format: Format,
    mode: ImportMode,
) -> Result<Import, FormatError> {
    let mut intake = intake::ImportBuilder::new(document, root, mode);
    match format {
        Format::Coco => coco_project::import(path, &mut intake)?,
        Format::CocoResults => coco_project::import_results(path, &mut intake)?,
        Format::Yolo => yolo::import(path, &mut intake)?,
        Format::Voc => voc::import(path, &mut intake)?,
        Format::LabelMe => labelme::import(path, &mut intake)?,
        Format::CreateMl => createml::import(path, &mut intake)?,
        Format::Tags => tags::import(path, &mut intake)?,
    }
    Ok(intake.finish())
}

/// Writes the document to `out`: a folder or a file, as [`ExportOptions::makes_folder`] says. `root` is
/// the project's folder.
///
/// # Errors
/// If something cannot be written, or lies where the project or a picture of it is. A folder that
/// did not exist before does not exist then either.
pub fn export(
    document: &Document,
    root: &Path,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, FormatError> {
    let has_scores = matches!(options.format, Format::Coco | Format::CocoResults);
    if options.boxes == Boxes::Proposals && !has_scores {
        let reason = "only COCO files tell proposals from ground truth";
        return Err(FormatError::malformed(out, reason));
    }
    let proposals = options.boxes == Boxes::Proposals || options.format == Format::CocoResults;
    let pictures = document.pictures().filter(|picture| {
        let is_done = picture.review == ReviewState::Done;
        match options.format {
            Format::Tags => true,
            _ if proposals => !is_done && picture.review != ReviewState::New,
            Format::Coco => is_done || options.scope == PictureScope::All,
            _ => {
                let mut rows = document.annotations(picture.id).iter();
                is_done
                    || (options.scope == PictureScope::All && rows.any(Annotation::is_ground_truth))
            }
        }
    });
    let mut job = ExportWriter::new(
        document,
        root,
        options,
        out,
        layout::choose(pictures, options),
    )?;
    match options.format {
        Format::Coco => coco_project::export(&mut job)?,
        Format::CocoResults => coco_project::export_results(&mut job)?,
        Format::Yolo => yolo::export(&mut job)?,
        Format::Voc => voc::export(&mut job)?,
        Format::LabelMe => labelme::export(&mut job)?,
        Format::CreateMl => createml::export(&mut job)?,
        Format::Tags => tags::export(&mut job)?,
    }
    job.finish()
}
