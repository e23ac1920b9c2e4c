//! Every command of the window, one row each.
//!
//! Menus, toolbar, command palette, help sheet, shortcuts and requirements all come from this table.
//! To add a command, add its row here, its texts to `assets/locales/en/commands.ftl`, and what it
//! does to `window/commands.rs`, or to `window/workspace_commands.rs` if it concerns the open
//! project only.

use egui::{Key as K, KeyboardShortcut, Modifiers};

use super::spec::Menu::{self, Boxes, Edit, File, Help, Pictures, Proposals, View};
use super::spec::Requirement::{
    Clipboard, Comparison, Editable, EditableProject, ExcludedPicture, IncludedPicture, Job,
    Picture, Project, Redo, Selection, Undo, VisibleBoxes,
};
use super::spec::{CommandSpec, row};
use crate::app::icons::Icon;

/// Makes the enumeration of the commands and the table of their descriptions from the rows.
macro_rules! commands {
    ($($command:ident => $row:expr,)+) => {
        /// Something that a user can ask the window to do. The order is that of the menus.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "labels and tooltips say it")]
        pub enum Command {
            $($command,)+
        }

        const TABLE: [CommandSpec; Command::ALL.len()] = [
            $($row.or_stored_as(stringify!($command)),)+
        ];

        impl Command {
            /// All commands, in the order of the menus.
            pub const ALL: [Self; [$(stringify!($command)),+].len()] = [$(Self::$command),+];
        }
    };
}

const fn plain(key: K) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn shift(key: K) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const fn ctrl(key: K) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn alt(key: K) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT, key)
}

const fn ctrl_alt(key: K) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::ALT), key)
}

const fn ctrl_shift(key: K) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

commands! {
    // File
    OpenFolder => row(File).keys(&[ctrl(K::U)]),
    OpenProject => row(File).keys(&[ctrl(K::O)]),
    OpenSample => row(File),
    RescanFolder => row(File).needs(EditableProject).keys(&[plain(K::F5)]).after_separator().stored_as("Refresh"),
    Save => row(File).needs(Project).keys(&[ctrl(K::S)]),
    Import => row(File).needs(EditableProject).keys(&[ctrl_shift(K::I)]).after_separator(),
    Export => row(File).needs(Project).keys(&[ctrl_shift(K::E)]).toolbar(6, 2, Icon::Export).with_text("tool-export"),
    CloseProject => row(File).needs(Project).keys(&[ctrl_shift(K::W)]).after_separator(),
    Quit => row(File).keys(&[ctrl(K::Q)]),
    // Edit
    Undo => row(Edit).needs(Undo).keys(&[ctrl(K::Z)]).repeating().toolbar(4, 1, Icon::Undo),
    Redo => row(Edit).needs(Redo).keys(&[ctrl_shift(K::Z), ctrl(K::Y)]).repeating().toolbar(4, 2, Icon::Redo),
    Copy => row(Edit).needs(Selection).keys(&[ctrl(K::C)]).after_separator(),
    Paste => row(Edit).needs(Clipboard).keys(&[ctrl(K::V)]),
    Duplicate => row(Edit).needs(Selection).keys(&[ctrl(K::D)]),
    CopyFromPrevious => row(Edit).needs(Editable).keys(&[ctrl(K::P)]),
    CopyFromLast => row(Edit).needs(Editable).keys(&[ctrl_alt(K::P)]),
    Propagate => row(Edit).needs(Selection).keys(&[ctrl_shift(K::B)]),
    SelectAll => row(Edit).needs(Picture).keys(&[ctrl(K::A)]).after_separator(),
    Delete => row(Edit).needs(Selection).keys(&[plain(K::Delete), plain(K::Backspace)]),
    ToggleLock => row(Edit).needs(Selection).keys(&[ctrl(K::L)]).stored_as("Lock"),
    ChangeClass => row(Edit).needs(Editable).keys(&[plain(K::Slash), plain(K::C), ctrl(K::E)]),
    StickyClass => row(Edit).needs(Editable).keys(&[shift(K::C)]),
    ChooseLabels => row(Edit).needs(EditableProject),
    // Pictures
    NextPicture => row(Pictures).needs(Picture).keys(&[plain(K::D), plain(K::PageDown)]).repeating(),
    PreviousPicture => row(Pictures).needs(Picture).keys(&[plain(K::A), plain(K::PageUp)]).repeating(),
    FirstPicture => row(Pictures).needs(Picture).keys(&[plain(K::Home)]).after_separator(),
    LastPicture => row(Pictures).needs(Picture).keys(&[plain(K::End)]),
    NextToReview => row(Pictures).needs(Picture).keys(&[plain(K::N)]),
    GoBack => row(Pictures).needs(Picture).keys(&[alt(K::ArrowLeft)]).repeating().after_separator(),
    GoForward => row(Pictures).needs(Picture).keys(&[alt(K::ArrowRight)]).repeating(),
    GoTo => row(Pictures).needs(Picture).keys(&[ctrl(K::G)]),
    SearchPictures => row(Pictures).needs(Project).keys(&[ctrl(K::F)]),
    MarkDone => row(Pictures).needs(VisibleBoxes).keys(&[plain(K::Space)]).on_canvas().toolbar(2, 4, Icon::Done).with_text("tool-done").stored_as("Done").after_separator(),
    Reopen => row(Pictures).needs(Editable).keys(&[shift(K::Space)]).on_canvas(),
    UndecidedProposals => row(Pictures).needs(EditableProject),
    SelectAllPictures => row(Pictures).needs(Picture).keys(&[ctrl_shift(K::A)]).after_separator().stored_as("PickAll"),
    TagPictures => row(Pictures).needs(Editable).keys(&[ctrl(K::T)]).icon(Icon::Tag).stored_as("Tags"),
    TakeOutPictures => row(Pictures).needs(IncludedPicture).keys(&[alt(K::Delete)]).after_separator(),
    BringBackPictures => row(Pictures).needs(ExcludedPicture),
    TakeOutUnreadable => row(Pictures).needs(EditableProject),
    // Boxes
    DrawBox => row(Boxes).needs(Editable).keys(&[plain(K::W), plain(K::R)]).toolbar(1, 1, Icon::Draw).with_text("tool-draw").always().stored_as("Draw"),
    KeepDrawing => row(Boxes).keys(&[shift(K::W)]),
    PointTool => row(Boxes).needs(Editable).keys(&[plain(K::Q)]).toolbar(1, 2, Icon::Point),
    FitToObject => row(Boxes).needs(Selection).keys(&[plain(K::E)]).toolbar(1, 3, Icon::Fit),
    NextBox => row(Boxes).needs(Picture).keys(&[plain(K::Tab)]).on_canvas().repeating().after_separator(),
    PreviousBox => row(Boxes).needs(Picture).keys(&[shift(K::Tab)]).on_canvas().repeating(),
    Accept => row(Boxes).needs(VisibleBoxes).keys(&[plain(K::Enter)]).on_canvas().toolbar(2, 1, Icon::Accept).with_text("tool-accept"),
    Reject => row(Boxes).needs(VisibleBoxes).keys(&[plain(K::X)]).on_canvas().toolbar(2, 2, Icon::Reject).with_text("tool-reject"),
    AcceptAll => row(Boxes).needs(VisibleBoxes).keys(&[shift(K::Enter)]).on_canvas().toolbar(2, 3, Icon::AcceptAll).with_text("tool-accept-all"),
    AcceptAbove => row(Boxes).needs(Editable).keys(&[ctrl_shift(K::Enter)]).on_canvas(),
    GrowBoxes => row(Boxes).needs(Selection).keys(&[plain(K::Period)]).repeating().after_separator(),
    ShrinkBoxes => row(Boxes).needs(Selection).keys(&[plain(K::Comma)]).repeating(),
    ChangeBoxes => row(Boxes).needs(Editable).keys(&[ctrl_shift(K::M)]),
    Attributes => row(Boxes).needs(EditableProject),
    NextBoxOrder => row(Boxes).needs(Picture).after_separator(),
    Crowd => row(Boxes).needs(Selection).after_separator(),
    Difficult => row(Boxes).needs(Selection),
    Occluded => row(Boxes).needs(Selection),
    Truncated => row(Boxes).needs(Selection),
    // Proposals
    ProposePicture => row(Proposals).needs(Editable).keys(&[plain(K::I)]).toolbar(3, 1, Icon::Propose).with_text("tool-propose"),
    ProposeAll => row(Proposals).needs(Editable).keys(&[ctrl(K::B)]).toolbar(3, 2, Icon::ProposeAll).with_text("tool-propose-all"),
    ProposeNext => row(Proposals).needs(Editable).keys(&[ctrl_shift(K::N)]),
    PauseProposing => row(Proposals).needs(Job).after_separator(),
    CancelProposing => row(Proposals).needs(Job),
    MoreLikeThis => row(Proposals).needs(Selection).keys(&[plain(K::S)]).after_separator(),
    LearnNow => row(Proposals).needs(Editable).keys(&[plain(K::F9)]).icon(Icon::Learn),
    LearnClasses => row(Proposals).needs(Editable).keys(&[shift(K::F9)]).icon(Icon::Tag),
    RaiseThreshold => row(Proposals).needs(Editable).keys(&[plain(K::CloseBracket)]).repeating().after_separator(),
    LowerThreshold => row(Proposals).needs(Editable).keys(&[plain(K::OpenBracket)]).repeating(),
    ClassNames => row(Proposals).needs(Editable).keys(&[plain(K::M)]).after_separator(),
    ChooseModel => row(Proposals).needs(Project),
    EmbeddedModel => row(Proposals).needs(Project),
    // View
    ZoomIn => row(View).needs(Picture).keys(&[ctrl(K::Plus), ctrl(K::Equals), plain(K::Plus)]).repeating(),
    ZoomOut => row(View).needs(Picture).keys(&[ctrl(K::Minus), plain(K::Minus)]).repeating(),
    FitPicture => row(View).needs(Picture).keys(&[plain(K::F)]).toolbar(5, 1, Icon::WholePicture).after_separator().stored_as("Fit"),
    FitWidth => row(View).needs(Picture).keys(&[ctrl_shift(K::F)]),
    ActualSize => row(View).needs(Picture).keys(&[ctrl(K::Num0)]),
    ZoomToBox => row(View).needs(Picture).keys(&[plain(K::Z)]),
    TurnRight => row(View).needs(Picture).keys(&[ctrl(K::R)]),
    TurnLeft => row(View).needs(Picture).keys(&[ctrl_shift(K::R)]),
    StepZoomed => row(View).needs(Picture).keys(&[shift(K::Z)]),
    KeepView => row(View).needs(Picture).keys(&[plain(K::K)]),
    HideBoxes => row(View).needs(Picture).keys(&[ctrl(K::H)]).toolbar(5, 2, Icon::Eye).after_separator(),
    RejectedBoxes => row(View).needs(Picture).keys(&[shift(K::G)]),
    HeatMap => row(View).needs(Picture).keys(&[plain(K::H)]).toolbar(5, 3, Icon::HeatMap),
    Labels => row(View).needs(Picture).keys(&[plain(K::L)]),
    Crosshair => row(View).needs(Picture).keys(&[plain(K::G)]),
    Rulers => row(View).needs(Picture),
    Thumbnails => row(View).needs(Project).keys(&[plain(K::T)]).after_separator().stored_as("Grid"),
    HidePanels => row(View).needs(Project).keys(&[plain(K::F10)]),
    BrightnessAndContrast => row(View).needs(Picture).stored_as("PictureSettings"),
    CompareBoxes => row(View).needs(Picture).keys(&[plain(K::V)]).after_separator(),
    NextDifference => row(View).needs(Comparison).keys(&[plain(K::F3)]),
    PreviousDifference => row(View).needs(Comparison).keys(&[shift(K::F3)]),
    NextDifferentPicture => row(View).needs(Comparison).keys(&[plain(K::F4)]),
    TakeDifference => row(View).needs(Comparison).keys(&[plain(K::Y)]),
    Dashboard => row(View).needs(Project).keys(&[plain(K::F8)]).after_separator().toolbar(6, 1, Icon::Dashboard),
    LightTheme => row(View).after_separator(),
    DarkTheme => row(View),
    SystemTheme => row(View),
    // Help
    CommandPalette => row(Help).keys(&[ctrl_shift(K::P)]).toolbar(6, 3, Icon::Search).stored_as("Palette"),
    Help => row(Help).keys(&[plain(K::F1), shift(K::Questionmark)]),
    Tour => row(Help),
    Settings => row(Help).keys(&[ctrl(K::Comma)]).after_separator(),
    Problems => row(Help).keys(&[plain(K::F7)]),
    NextPanel => row(Help).keys(&[plain(K::F6)]),
    About => row(Help).after_separator(),
}

impl Command {
    /// Its row of the table.
    pub const fn spec(self) -> &'static CommandSpec {
        &TABLE[self as usize]
    }

    /// Its default keys; menus show the first.
    pub const fn default_keys(self) -> &'static [KeyboardShortcut] {
        self.spec().default_keys
    }

    /// The commands of a menu, in its order.
    pub fn in_menu(menu: Menu) -> impl Iterator<Item = Self> {
        let all = Self::ALL.into_iter();
        all.filter(move |command| command.spec().menu == menu)
    }

    /// The commands on the toolbar, group by group, from left to right.
    pub fn toolbar() -> Vec<Vec<Self>> {
        let mut slots: Vec<_> = Self::ALL
            .into_iter()
            .filter_map(|command| Some((command.spec().toolbar?, command)))
            .collect();
        slots.sort();
        let groups = slots.chunk_by(|(a, _), (b, _)| a.group == b.group);
        groups
            .map(|group| group.iter().map(|(_, command)| *command).collect())
            .collect()
    }
}
