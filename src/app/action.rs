//! What panels, dialogs and the canvas ask for.
//!
//! They read the state and push actions. [`Window`](super::window::Window) performs the actions in
//! order when the frame is drawn, so state changes, and errors are handled, in one place.

use std::path::PathBuf;

use egui::KeyboardShortcut;

use super::canvas::Adjustment;
use super::command::Command;
use super::preferences::{CanvasOptions, PanelOptions, Theme};
use super::session::AttributeDefinition;
use super::session::BoxOrder;
use super::session::PictureQuery;
use super::session::ProposalSettings;
use super::session::{SelectionChange, UndecidedRule};
use super::workers::events::FilePurpose;
use super::workspace::{ProposalSource, SnapChoice};
use crate::document::{AnnotationId, AttributeValue, CategoryId, Labels, PictureId};
use crate::formats::{ExportOptions, ImportOptions};
use crate::geometry::BBox;
use crate::localize::Quality;
use crate::naming::MappedClass;
use crate::segment::PromptPoint;

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Run a command, from a menu, a button or a key.
    Command(Command),
    /// Run a command again, because its key is held.
    Repeat(Command),
    /// Open a folder of pictures, the folder of a picture, or a project file.
    Open(PathBuf),
    /// Show the system's dialog for a file or folder.
    ChooseFile(FilePurpose),
    /// Import annotations: a file, a folder, or several files of one format.
    Import(Vec<PathBuf>, ImportOptions),
    /// Compare the boxes with those of a file or folder.
    CompareWithFile(PathBuf),
    /// Compare the boxes with proposals without what was learned.
    CompareWithoutLearning,
    /// Take over what the other set has at this difference of the picture.
    TakeDifference(usize),
    /// Export annotations.
    Export(Box<ExportOptions>, PathBuf),
    /// Try at once to save what could not be saved.
    RetrySaving,
    /// Save a copy of the project with what could not be saved.
    SaveCopy(PathBuf),
    /// Keep the project open that was to be closed.
    CancelClosing,
    /// Close the project although not everything could be saved.
    CloseWithoutSaving,
    /// Show a picture.
    Show(PictureId),
    /// Filter and sort the list of pictures.
    SetQuery(PictureQuery),
    /// Change which pictures of the list are selected.
    SelectPictures(SelectionChange),
    /// The list draws these pictures in this frame: make their thumbnails, or keep them.
    ShowThumbnails(Vec<PictureId>),
    /// Add a class to the tags of the selected pictures, or of the current one, or remove it.
    SetTag(CategoryId, bool),
    /// Add a class to the tags by its name. A new name makes a new class.
    TagByName(String),
    /// Select these boxes and no others.
    Select(Vec<AnnotationId>),
    /// Add boxes to the selection, or remove those that are in it.
    ToggleInSelection(Vec<AnnotationId>),
    /// Add boxes to the selection.
    AddToSelection(Vec<AnnotationId>),
    /// Add a box that was drawn on a picture, in its pixels. It may snap to the object in it.
    AddBox(PictureId, BBox),
    /// Add a box that is yet to be moved to its object.
    PlaceBox(PictureId, BBox),
    /// Offer the boxes that points in and outside an object may mean; without points, none.
    PointAt(Vec<PromptPoint>),
    /// Choose a larger or smaller one of the offered boxes.
    StepOffer {
        /// The number of boxes further on; negative to smaller ones.
        by: isize,
        /// Whether the other end follows after the last.
        wraps: bool,
    },
    /// Draw the chosen one of the offered boxes.
    TakeOffer,
    /// Choose whether drawn boxes snap to objects.
    SetSnap(SnapChoice),
    /// Move or resize boxes, in pixels of the picture.
    Reshape(Vec<(AnnotationId, BBox)>),
    /// Move the selected boxes by some pixels; `true` while the key is held.
    Nudge([f32; 2], bool),
    /// Move edges of the selected boxes.
    MoveEdges {
        /// Pixels to the right and downwards.
        by: [f32; 2],
        /// Whether the left and upper edges move, and not the right and lower ones.
        moves_upper_left: bool,
        /// Whether the key is held.
        is_held: bool,
    },
    /// Accept proposals in any pictures.
    AcceptBoxes(Vec<AnnotationId>),
    /// Give boxes in any pictures another class.
    ReclassBoxes(Vec<AnnotationId>, CategoryId),
    /// Delete boxes in any pictures.
    DeleteBoxes(Vec<AnnotationId>),
    /// Propose boxes for this number of new pictures, from the shown one down the list.
    ProposeNext(usize),
    /// Set an attribute of the selected boxes, or remove it.
    SetAttribute(String, Option<AttributeValue>),
    /// Set which attributes boxes can have.
    DefineAttributes(Vec<AttributeDefinition>),
    /// Choose the order of the list of boxes.
    SetBoxOrder(BoxOrder),
    /// Set the class of the selected boxes and of those drawn next.
    ChooseClass(CategoryId),
    /// As [`ChooseClass`](Self::ChooseClass), by name. A new name makes a new class.
    ChooseClassByName(String),
    /// Change a class.
    Class(ClassAction),
    /// Delete classes, after asking if there are several or they have boxes or tags.
    AskToDeleteClasses(Vec<CategoryId>),
    /// Read a list of class names for the question what is labelled.
    ReadClassList(PathBuf),
    /// Map classes of the model, by name, to classes of the project; `None` keeps the model's name.
    MapClassNames(Vec<(String, Option<MappedClass>)>),
    /// Change the proposal settings; `false` while a slider is being moved.
    SetProposalSettings(ProposalSettings, bool),
    /// Show the heat map of a class of the model; of the one with the highest score if `None`.
    SetHeatMapClass(Option<usize>),
    /// Stop learning.
    CancelLearning,
    /// Stop the training of classes.
    CancelTraining,
    /// Choose whether to learn automatically after each picture.
    SetAutomaticLearning(bool),
    /// Choose whether learned boxes are proposed, and which.
    UseLearned(ProposalSource),
    /// Use another model; the embedded one if `None`.
    UseModel(Option<PathBuf>),
    /// Load the model again, which has failed.
    RetryModel,
    /// Ask the model again for the pictures whose proposals are of a former model or quality.
    ProposeOutdated,
    /// Read the file of a picture again.
    Reload(PictureId),
    /// Use another quality level.
    UseQuality(Quality),
    /// Use the detector and the judge, or TS-CAM alone.
    UseDetector(bool),
    /// Change what the canvas shows.
    SetCanvasOptions(CanvasOptions),
    /// Show or hide panels, and fold their sections.
    SetPanelOptions(PanelOptions),
    /// Change brightness, contrast and gamma of the pictures on the screen.
    SetAdjustment(Adjustment),
    /// Change the theme.
    SetTheme(Theme),
    /// Change the scale of the window.
    SetScale(f32),
    /// Change the keys of a command.
    SetShortcuts(Command, Vec<KeyboardShortcut>),
    /// Reset the keys of all commands.
    ResetShortcuts,
    /// Choose whether the next picture is shown when one is marked as done.
    SetAdvanceWhenDone(bool),
    /// Choose what marking a picture as done does with undecided proposals; `true` to mark the picture
    /// as done after that.
    SetUndecidedRule(UndecidedRule, bool),
    /// Copy the selected boxes to this number of pictures.
    Propagate(usize),
    /// Choose whether boxes are proposed for new pictures when a project is opened.
    SetProposeOnOpen(bool),
    /// Choose whether boxes are proposed for a new picture when it is shown.
    SetProposeOnArrival(bool),
    /// Choose whether pictures are prepared for fitting in the background.
    SetPrepareFitting(bool),
    /// Choose whether the class of each new box is asked for.
    SetAskClass(bool),
    /// Remove a project from the recent ones.
    ForgetRecent(PathBuf),
    /// Remove all projects from the recent ones.
    ClearRecent,
    /// Clear the list of problems.
    ClearProblems,
    /// The problems have been read.
    MarkProblemsRead,
    /// Dismiss the notification with this text.
    DismissToast(String),
    /// Go to the next step of the tour.
    AdvanceTour,
    /// End the tour.
    EndTour,
    /// Close the open dialog.
    CloseDialog,
}

/// A change to a class.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassAction {
    /// Add a class.
    Add(String),
    /// Rename it.
    Rename(CategoryId, String),
    /// Move its boxes to another class and remove it.
    Merge {
        /// The class to remove.
        from: CategoryId,
        /// The class that gets the boxes.
        into: CategoryId,
    },
    /// Change its colour.
    Recolour(CategoryId, [u8; 3]),
    /// Change its key; `None` removes it.
    Hotkey(CategoryId, Option<char>),
    /// Move it down by this number of places.
    Move(CategoryId, isize),
    /// Delete classes and their boxes.
    Delete(Vec<CategoryId>),
    /// Keep a class for new boxes, whatever class is given to others; none if `None`.
    Stick(Option<CategoryId>),
    /// Say what is labelled, and add the classes of these names.
    Label(Labels, Vec<String>),
    /// Do not ask again what is labelled.
    DismissLabels,
    /// Show or hide its boxes.
    ToggleHidden(CategoryId),
    /// Show only its boxes; the boxes of all classes if `None`.
    Solo(Option<CategoryId>),
}
