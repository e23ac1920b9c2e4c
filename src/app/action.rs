//! What the parts of the window ask for.
//!
//! Whatever is drawn reads the state and pushes actions; [`Window`](super::window::Window)
//! performs them one after the other when the drawing is done. So no part changes anything behind
//! another's back, and what can fail is answered in one place.

use std::path::PathBuf;

use egui::KeyboardShortcut;

use super::command::Command;
use super::preferences::{CanvasOptions, Theme};
use super::session::PictureQuery;
use super::session::ProposalSettings;
use super::session::SelectionChange;
use super::textures::Adjustment;
use super::workers::events::FilePurpose;
use super::workspace::ProposalSource;
use crate::document::{AnnotationId, CategoryId, PictureId};
use crate::formats::exchange::{ExportOptions, ImportMode};
use crate::geometry::BBox;
use crate::localize::Quality;
use crate::naming::MappedClass;

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A command, from a menu, a button or a key.
    Command(Command),
    /// Open a folder, a picture's folder or a project file.
    Open(PathBuf),
    /// Ask the system for a file or folder.
    Ask(FilePurpose),
    /// Take in annotations.
    Import(PathBuf, ImportMode),
    /// Write annotations.
    Export(Box<ExportOptions>, PathBuf),
    /// Show a picture.
    Show(PictureId),
    /// Ask the list for something else.
    List(PictureQuery),
    /// Change which pictures of the list are selected together.
    SelectionChange(SelectionChange),
    /// Say that these pictures, or the one that is shown, show a class, or take that back.
    Tag(CategoryId, bool),
    /// As [`Tag`](Self::Tag), by a name, which may be a new one.
    TagByName(String),
    /// Select these boxes alone.
    Select(Vec<AnnotationId>),
    /// Add boxes to the selection, or take them out.
    ToggleInSelection(Vec<AnnotationId>),
    /// Add boxes to the selection.
    AddToSelection(Vec<AnnotationId>),
    /// Draw a box on this picture.
    Draw(PictureId, BBox),
    /// Move or resize boxes.
    Reshape(Vec<(AnnotationId, BBox)>),
    /// Move the selected boxes by some pixels; whether the key was held.
    Nudge([f32; 2], bool),
    /// Move edges of the selected boxes by some pixels: the right and lower ones, or else the left
    /// and upper ones; whether the key was held.
    MoveEdges {
        /// Pixels to the right and downwards.
        by: [f32; 2],
        /// Whether it is the left and upper edges that move.
        moves_upper_left: bool,
        /// Whether the key was held.
        is_held: bool,
    },
    /// The class of the selected boxes and of those drawn next.
    ChooseClass(CategoryId),
    /// As [`ChooseClass`](Self::ChooseClass), by a name, which may be a new one.
    ChooseClassByName(String),
    /// A change of a class.
    Class(ClassAction),
    /// What classes of the model stand for, each by its name; its own name if nothing.
    MapClassNames(Vec<(String, Option<MappedClass>)>),
    /// Remove the classes that the model had named, that stand for others now and have no boxes.
    RemoveEmptyRenamedClasses,
    /// Propose in another way; `false` while a slider is still being moved.
    Propose(ProposalSettings, bool),
    /// Stop learning.
    CancelLearning,
    /// Stops the training of classes.
    CancelTraining,
    /// Learn after every picture by itself, or not.
    SetAutomaticLearning(bool),
    /// Propose by something that was learnt, or in the old way.
    UseLearned(ProposalSource),
    /// Use another model; the embedded one if none.
    UseModel(Option<PathBuf>),
    /// Do more or less for each picture.
    UseQuality(Quality),
    /// Show the canvas in another way.
    Look(CanvasOptions),
    /// Show pictures in another way.
    Adjust(Adjustment),
    /// Light, dark or as the system is.
    Theme(Theme),
    /// The size of everything.
    Scale(f32),
    /// Give a command other keys.
    Keys(Command, Vec<KeyboardShortcut>),
    /// Give every command its own keys again.
    ResetShortcuts,
    /// Go on by itself when a picture is done, or not.
    SetAdvanceWhenDone(bool),
    /// Propose for a new project by itself, or not.
    SetProposeOnOpen(bool),
    /// Forget a recent project.
    ForgetRecent(PathBuf),
    /// Forget the problems.
    ClearProblems,
    /// Close what is open over the window.
    CloseDialog,
}

/// A change of a class.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassAction {
    /// Add one of this name.
    Add(String),
    /// Give it another name.
    Rename(CategoryId, String),
    /// Make its boxes those of another one.
    Merge {
        /// The class that goes.
        from: CategoryId,
        /// The class that stays.
        into: CategoryId,
    },
    /// Give it another colour.
    Recolour(CategoryId, [u8; 3]),
    /// Give it a key, or none.
    Hotkey(CategoryId, Option<char>),
    /// Move it so many places down.
    Move(CategoryId, isize),
    /// Delete it with its boxes.
    Delete(CategoryId),
    /// Show or hide its boxes.
    ToggleHidden(CategoryId),
    /// Show its boxes alone, or all.
    Solo(Option<CategoryId>),
}
