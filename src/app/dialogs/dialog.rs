//! All dialogs as one type.

use super::accept_above::AcceptAboveDialog;
use super::attributes::AttributesDialog;
use super::change_boxes::ChangeBoxesDialog;
use super::class_names::ClassNamesDialog;
use super::class_picker::ClassPicker;
use super::command_palette::CommandPalette;
use super::compare::CompareDialog;
use super::delete_classes::DeleteClassesDialog;
use super::export::ExportDialog;
use super::go_to::GoToDialog;
use super::help::HelpSheet;
use super::import::ImportDialog;
use super::open_path::OpenPathDialog;
use super::propagate::PropagateDialog;
use super::propose_next::ProposeNextDialog;
use super::settings::SettingsDialog;
use super::tags::TagsDialog;
use super::undecided::UndecidedDialog;

/// What is open over the window.
pub enum Dialog {
    /// Any command by part of its name.
    CommandPalette(CommandPalette),
    /// A class for the selected boxes by part of its name.
    ClassPicker(ClassPicker),
    /// Which classes the selected pictures show.
    Tags(TagsDialog),
    /// What the model's classes are called in this project.
    ClassNames(ClassNamesDialog),
    /// Accepting proposals above a score in several pictures.
    AcceptAbove(AcceptAboveDialog),
    /// Which attributes boxes can have.
    Attributes(AttributesDialog),
    /// Changing the boxes of a class in several pictures.
    ChangeBoxes(ChangeBoxesDialog),
    /// For how many pictures to propose boxes.
    ProposeNext(ProposeNextDialog),
    /// Whether to delete classes with their boxes.
    DeleteClasses(DeleteClassesDialog),
    /// A picture by its number or name.
    GoTo(GoToDialog),
    /// To how many pictures the selected boxes are copied.
    Propagate(PropagateDialog),
    /// What marking a picture as done does with undecided proposals.
    Undecided(UndecidedDialog),
    /// Every shortcut and mouse gesture.
    Help(HelpSheet),
    /// Theme, size and shortcuts.
    Settings(SettingsDialog),
    /// What the program is.
    About,
    /// What went wrong.
    Problems,
    /// Reading annotations of other tools.
    Import(ImportDialog),
    /// With what boxes are compared.
    Compare(CompareDialog),
    /// Writing annotations for other tools.
    Export(Box<ExportDialog>),
    /// Typing a path where the system has no file dialog.
    OpenPath(OpenPathDialog),
}
