//! What is chosen, as the options of an export.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::session::Session;
use crate::document::{CategoryId, PictureId};
use crate::formats::{
    ExportOptions, FolderLayout, Format, PictureFiles, PictureScope, SubsetSplit,
};

/// Percent of the pictures for training, validation and test that a split begins with.
pub const DEFAULT_SHARES: [u32; 3] = [80, 10, 10];

/// Where the exported pictures are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureSource {
    /// The whole project.
    Project,
    /// The list with its filter, as it was when the dialog opened.
    Listed,
    /// The pictures that were selected in the list then.
    Selected,
}

/// What is chosen.
pub struct Choices {
    pub format: Format,
    pub source: PictureSource,
    /// Whether only pictures that are done are exported.
    pub is_done_only: bool,
    /// The classes that are not exported.
    pub unticked: BTreeSet<CategoryId>,
    /// Percent of the pictures for training, validation and test, if the export is split.
    pub shares: Option<[u32; 3]>,
    pub files: PictureFiles,
    pub layout: FolderLayout,
    pub provenance: bool,
    pub listed: Arc<BTreeSet<PictureId>>,
    pub selected: Arc<BTreeSet<PictureId>>,
}

impl Choices {
    /// All pictures that are done, with all classes, as COCO.
    pub fn new(session: &Session) -> Self {
        let listed: BTreeSet<PictureId> = session.rows().iter().copied().collect();
        let chosen = session.list_selection();
        let selected = listed.iter().copied().filter(|id| chosen.contains(*id));
        Self {
            format: Format::Coco,
            source: PictureSource::Project,
            is_done_only: true,
            unticked: BTreeSet::new(),
            shares: None,
            files: PictureFiles::default(),
            layout: FolderLayout::default(),
            provenance: false,
            selected: Arc::new(selected.collect()),
            listed: Arc::new(listed),
        }
    }

    /// The options that this means for the document as it is now. What a format does not have is not asked
    /// of it.
    pub fn options(&self, session: &Session) -> ExportOptions {
        let is_tags = self.format == Format::Tags;
        let split = self.shares.map(|[train, val, test]| SubsetSplit {
            train,
            val,
            test,
            seed: 0,
        });
        ExportOptions {
            scope: match self.is_done_only {
                true => PictureScope::Reviewed,
                false => PictureScope::All,
            },
            pictures: match self.source {
                PictureSource::Project => None,
                PictureSource::Listed => Some(Arc::clone(&self.listed)),
                PictureSource::Selected => Some(Arc::clone(&self.selected)),
            },
            classes: self.classes(session),
            split: split.filter(|_| !is_tags),
            files: match is_tags {
                true => PictureFiles::Leave,
                false => self.files,
            },
            layout: match self.has_layouts() {
                true => self.layout,
                false => FolderLayout::default(),
            },
            provenance: self.provenance && self.format == Format::Coco,
            ..ExportOptions::new(self.format)
        }
    }

    /// Whether the format has more than one layout of its folder.
    pub fn has_layouts(&self) -> bool {
        matches!(self.format, Format::Coco | Format::Yolo)
    }

    /// The names of the classes that are exported, unless all are.
    fn classes(&self, session: &Session) -> Option<BTreeSet<String>> {
        let classes = session.document().categories();
        let is_part = !self.unticked.is_empty();
        let ticked = classes.filter(|row| !self.unticked.contains(&row.id));
        is_part.then(|| ticked.map(|row| row.name.to_string()).collect())
    }
}
