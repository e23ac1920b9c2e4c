//! Everything that a person can ask the window to do, each with its one description.
//!
//! Menus, toolbar, palette, help sheet and key handling all read from here, so none can disagree
//! with another. What a command needs in order to make sense is its [`Requirement`]; where its keys
//! count is its [`ShortcutScope`].

use egui::{Key, KeyboardShortcut, Modifiers};

use super::i18n;

/// A thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The labels and tooltips below say it.
pub enum Command {
    // File
    OpenFolder,
    OpenProject,
    OpenSample,
    Refresh,
    Save,
    Import,
    Export,
    CloseProject,
    Quit,
    // Edit
    Undo,
    Redo,
    Copy,
    Paste,
    Duplicate,
    CopyFromPrevious,
    SelectAll,
    Delete,
    Lock,
    ChangeClass,
    // Pictures
    NextPicture,
    PreviousPicture,
    FirstPicture,
    LastPicture,
    NextToReview,
    Done,
    Reopen,
    PickAll,
    Tags,
    // Boxes
    Draw,
    NextBox,
    PreviousBox,
    Accept,
    Reject,
    AcceptAll,
    Crowd,
    Difficult,
    Occluded,
    Truncated,
    // Proposals
    ProposePicture,
    ProposeAll,
    PauseProposing,
    CancelProposing,
    MoreLikeThis,
    LearnNow,
    LearnClasses,
    RaiseThreshold,
    LowerThreshold,
    ClassNames,
    ChooseModel,
    EmbeddedModel,
    // View
    ZoomIn,
    ZoomOut,
    Fit,
    FitWidth,
    ActualSize,
    ZoomToBox,
    KeepView,
    HideBoxes,
    HeatMap,
    Labels,
    Crosshair,
    Rulers,
    Grid,
    PictureSettings,
    Dashboard,
    LightTheme,
    DarkTheme,
    SystemTheme,
    // Help
    Palette,
    Help,
    Settings,
    Problems,
    NextPanel,
}

/// The menus, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Menu {
    /// Projects and their files.
    File,
    /// Changes of boxes.
    Edit,
    /// From picture to picture.
    Pictures,
    /// Judging boxes.
    Boxes,
    /// What the model does.
    Proposals,
    /// How it looks.
    View,
    /// Finding one's way.
    Help,
}

impl Menu {
    /// All of them, in the order of the menu bar.
    pub const ALL: [Self; 7] = [
        Self::File,
        Self::Edit,
        Self::Pictures,
        Self::Boxes,
        Self::Proposals,
        Self::View,
        Self::Help,
    ];

    /// What the menu is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::Pictures => "Pictures",
            Self::Boxes => "Boxes",
            Self::Proposals => "Proposals",
            Self::View => "View",
            Self::Help => "Help",
        }
    }
}

/// Where a command's keys count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortcutScope {
    /// Wherever no text is being typed.
    Window,
    /// Only while the canvas has the focus: keys that widgets use too, such as Enter and Tab.
    Canvas,
}

/// What must be there for a command to make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// Nothing.
    Nothing,
    /// An open project.
    Project,
    /// A picture on the canvas.
    Picture,
    /// A picture in a project that can be edited.
    Editable,
    /// A selected box in a project that can be edited.
    Selection,
    /// A picture whose boxes can be seen, in a project that can be edited: what judges needs it.
    VisibleBoxes,
    /// Boxes that were copied.
    Clipboard,
    /// Something to undo.
    Undo,
    /// Something to redo.
    Redo,
    /// ProposalSettings that is under way.
    Job,
}

/// The description of a command.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// What it is called in menus; an ellipsis where more is asked before anything happens.
    pub label: &'static str,
    /// What it does, in a sentence without a full stop.
    pub tooltip: &'static str,
    /// Its sign on the toolbar, if it is there.
    pub icon: Option<&'static str>,
    /// The menu that it is in.
    pub group: Menu,
    /// Where its keys count.
    pub scope: ShortcutScope,
    /// What it needs.
    pub needs: Requirement,
}

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

impl Command {
    /// All of them, in the order of the menus.
    pub const ALL: [Self; 73] = [
        Self::OpenFolder,
        Self::OpenProject,
        Self::OpenSample,
        Self::Refresh,
        Self::Save,
        Self::Import,
        Self::Export,
        Self::CloseProject,
        Self::Quit,
        Self::Undo,
        Self::Redo,
        Self::Copy,
        Self::Paste,
        Self::Duplicate,
        Self::CopyFromPrevious,
        Self::SelectAll,
        Self::Delete,
        Self::Lock,
        Self::ChangeClass,
        Self::NextPicture,
        Self::PreviousPicture,
        Self::FirstPicture,
        Self::LastPicture,
        Self::NextToReview,
        Self::Done,
        Self::Reopen,
        Self::PickAll,
        Self::Tags,
        Self::Draw,
        Self::NextBox,
        Self::PreviousBox,
        Self::Accept,
        Self::Reject,
        Self::AcceptAll,
        Self::Crowd,
        Self::Difficult,
        Self::Occluded,
        Self::Truncated,
        Self::ProposePicture,
        Self::ProposeAll,
        Self::PauseProposing,
        Self::CancelProposing,
        Self::MoreLikeThis,
        Self::LearnNow,
        Self::LearnClasses,
        Self::RaiseThreshold,
        Self::LowerThreshold,
        Self::ClassNames,
        Self::ChooseModel,
        Self::EmbeddedModel,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::Fit,
        Self::FitWidth,
        Self::ActualSize,
        Self::ZoomToBox,
        Self::KeepView,
        Self::HideBoxes,
        Self::HeatMap,
        Self::Labels,
        Self::Crosshair,
        Self::Rulers,
        Self::Grid,
        Self::PictureSettings,
        Self::Dashboard,
        Self::LightTheme,
        Self::DarkTheme,
        Self::SystemTheme,
        Self::Palette,
        Self::Help,
        Self::Settings,
        Self::Problems,
        Self::NextPanel,
    ];

    /// Those on the toolbar, with gaps between groups.
    pub const TOOLBAR: [&'static [Self]; 5] = [
        &[Self::OpenFolder, Self::Export],
        &[Self::Undo, Self::Redo],
        &[Self::ProposePicture, Self::ProposeAll],
        &[
            Self::Draw,
            Self::Accept,
            Self::Reject,
            Self::AcceptAll,
            Self::Done,
        ],
        &[
            Self::Fit,
            Self::HeatMap,
            Self::HideBoxes,
            Self::Dashboard,
            Self::Palette,
        ],
    ];

    /// Those on the toolbar that say in words what they do: the work itself.
    pub const TOOLBAR_WITH_TEXT: [Self; 6] = [
        Self::ProposePicture,
        Self::ProposeAll,
        Self::Accept,
        Self::Reject,
        Self::AcceptAll,
        Self::Done,
    ];

    /// Whether a line sets it off from the command before it in its menu.
    pub fn starts_section(self) -> bool {
        use Command as C;
        matches!(
            self,
            C::Refresh
                | C::Import
                | C::CloseProject
                | C::Copy
                | C::SelectAll
                | C::FirstPicture
                | C::NextToReview
                | C::PickAll
                | C::NextBox
                | C::Crowd
                | C::PauseProposing
                | C::MoreLikeThis
                | C::RaiseThreshold
                | C::ClassNames
                | C::Fit
                | C::HideBoxes
                | C::Grid
                | C::LightTheme
                | C::Settings
        )
    }

    /// The id of its label; that of its tooltip is `<id>.tooltip`.
    pub fn text_id(self) -> String {
        let mut id = "command".to_owned();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() {
                id.push('-');
            }
            id.push(letter.to_ascii_lowercase());
        }
        id
    }

    /// What it is called in menus; an ellipsis where more is asked before anything happens.
    pub fn label(self) -> &'static str {
        i18n::text(&self.text_id())
    }

    /// What it does, in a sentence without a full stop.
    pub fn tooltip(self) -> &'static str {
        i18n::text(&format!("{}.tooltip", self.text_id()))
    }

    /// The name under which settings remember its keys.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// Whether holding its keys repeats it. What judges does not repeat: nobody can judge as fast
    /// as a key repeats.
    pub fn repeats(self) -> bool {
        use Command as C;
        matches!(
            self,
            C::NextPicture
                | C::PreviousPicture
                | C::NextBox
                | C::PreviousBox
                | C::ZoomIn
                | C::ZoomOut
                | C::Undo
                | C::Redo
                | C::RaiseThreshold
                | C::LowerThreshold
        )
    }

    /// Where its keys count, as [`CommandSpec`] has it.
    pub fn scope(self) -> ShortcutScope {
        self.spec().scope
    }

    /// Its description.
    pub fn spec(self) -> CommandSpec {
        use Menu as G;
        use Requirement as N;
        use ShortcutScope::{Canvas, Window};
        let spec = |group, needs, scope, icon, label, tooltip| CommandSpec {
            label,
            tooltip,
            icon,
            group,
            scope,
            needs,
        };
        match self {
            Self::OpenFolder => spec(
                G::File,
                N::Nothing,
                Window,
                Some("🗁"),
                "Open folder…",
                "Opens a folder of pictures; its project is made or found by itself",
            ),
            Self::OpenProject => spec(
                G::File,
                N::Nothing,
                Window,
                None,
                "Open project…",
                "Opens a project file",
            ),
            Self::OpenSample => spec(
                G::File,
                N::Nothing,
                Window,
                None,
                "Open the sample pictures",
                "Opens a dozen pictures to try things on",
            ),
            Self::Refresh => spec(
                G::File,
                N::Project,
                Window,
                None,
                "Look for new pictures",
                "Reads the folder again for pictures that came, went or changed",
            ),
            Self::Save => spec(
                G::File,
                N::Project,
                Window,
                None,
                "Save",
                "Everything is saved as it happens; this says so",
            ),
            Self::Import => spec(
                G::File,
                N::Project,
                Window,
                None,
                "Import…",
                "Takes in annotations of another tool: COCO, YOLO, Pascal VOC, labelme, CreateML or CSV",
            ),
            Self::Export => spec(
                G::File,
                N::Project,
                Window,
                Some("📤"),
                "Export…",
                "Writes the annotations for other tools",
            ),
            Self::CloseProject => spec(
                G::File,
                N::Project,
                Window,
                None,
                "Close project",
                "Goes back to the welcome screen; everything is saved",
            ),
            Self::Quit => spec(
                G::File,
                N::Nothing,
                Window,
                None,
                "Quit",
                "Closes the program; everything is saved",
            ),
            Self::Undo => spec(
                G::Edit,
                N::Undo,
                Window,
                Some("⟲"),
                "Undo",
                "Takes back the last change and shows where it was",
            ),
            Self::Redo => spec(
                G::Edit,
                N::Redo,
                Window,
                Some("⟳"),
                "Redo",
                "Makes the change again that was taken back",
            ),
            Self::Copy => spec(
                G::Edit,
                N::Selection,
                Window,
                None,
                "Copy",
                "Copies the selected boxes",
            ),
            Self::Paste => spec(
                G::Edit,
                N::Clipboard,
                Window,
                None,
                "Paste",
                "Draws the copied boxes on this picture, at the same place",
            ),
            Self::Duplicate => spec(
                G::Edit,
                N::Selection,
                Window,
                None,
                "Duplicate",
                "Draws the selected boxes again, a little aside",
            ),
            Self::CopyFromPrevious => spec(
                G::Edit,
                N::Editable,
                Window,
                None,
                "Copy from the previous picture",
                "Draws the boxes of the picture before this one here too",
            ),
            Self::SelectAll => spec(
                G::Edit,
                N::Picture,
                Window,
                None,
                "Select all",
                "Selects every box of the picture",
            ),
            Self::Delete => spec(
                G::Edit,
                N::Selection,
                Window,
                None,
                "Delete",
                "Deletes the selected boxes; a proposal is rejected, so that it does not come back",
            ),
            Self::Lock => spec(
                G::Edit,
                N::Selection,
                Window,
                None,
                "Lock or unlock",
                "Keeps the selected boxes from being moved by accident",
            ),
            Self::ChangeClass => spec(
                G::Edit,
                N::Selection,
                Window,
                None,
                "Change class…",
                "Chooses another class for the selected boxes by typing its first letters",
            ),
            Self::NextPicture => spec(
                G::Pictures,
                N::Picture,
                Window,
                None,
                "Next picture",
                "Shows the next picture of the list",
            ),
            Self::PreviousPicture => spec(
                G::Pictures,
                N::Picture,
                Window,
                None,
                "Previous picture",
                "Shows the previous picture of the list",
            ),
            Self::FirstPicture => spec(
                G::Pictures,
                N::Picture,
                Window,
                None,
                "First picture",
                "Shows the first picture of the list",
            ),
            Self::LastPicture => spec(
                G::Pictures,
                N::Picture,
                Window,
                None,
                "Last picture",
                "Shows the last picture of the list",
            ),
            Self::NextToReview => spec(
                G::Pictures,
                N::Picture,
                Window,
                None,
                "Next picture to review",
                "Shows the next picture of the list that is not done",
            ),
            Self::Done => spec(
                G::Pictures,
                N::VisibleBoxes,
                Canvas,
                Some("✔"),
                "Done, go on",
                "Marks the picture as done and shows the next one to review; proposals that are left are rejected, and with no box it is verified empty",
            ),
            Self::Reopen => spec(
                G::Pictures,
                N::Editable,
                Canvas,
                None,
                "Not done after all",
                "Puts a picture that was marked as done back in review",
            ),
            Self::PickAll => spec(
                G::Pictures,
                N::Picture,
                Window,
                None,
                "Select all pictures",
                "Selects every picture of the list, for what is done to many at once",
            ),
            Self::Tags => spec(
                G::Pictures,
                N::Editable,
                Window,
                Some("🏷"),
                "Tags…",
                "Says which classes the selected pictures show, for all of them at once",
            ),
            Self::Draw => spec(
                G::Boxes,
                N::Editable,
                Window,
                Some("◻"),
                "Draw a box",
                "The next drag, or the next two clicks, draw a box",
            ),
            Self::NextBox => spec(
                G::Boxes,
                N::Picture,
                Canvas,
                None,
                "Next box",
                "Selects the next box, proposals first",
            ),
            Self::PreviousBox => spec(
                G::Boxes,
                N::Picture,
                Canvas,
                None,
                "Previous box",
                "Selects the previous box",
            ),
            Self::Accept => spec(
                G::Boxes,
                N::VisibleBoxes,
                Canvas,
                Some("👍"),
                "Accept",
                "Accepts the selected proposal, or the surest one, and selects the next",
            ),
            Self::Reject => spec(
                G::Boxes,
                N::VisibleBoxes,
                Canvas,
                Some("👎"),
                "Reject",
                "Rejects the selected proposal, or the surest one, and selects the next; it does not come back",
            ),
            Self::AcceptAll => spec(
                G::Boxes,
                N::VisibleBoxes,
                Canvas,
                Some("⏭"),
                "Accept all, go on",
                "Accepts every proposal of the picture, marks it as done and shows the next one to review",
            ),
            Self::Crowd => spec(
                G::Boxes,
                N::Selection,
                Window,
                None,
                "Crowd",
                "Says that the box holds a group of objects",
            ),
            Self::Difficult => spec(
                G::Boxes,
                N::Selection,
                Window,
                None,
                "Difficult",
                "Says that the object is hard to recognise",
            ),
            Self::Occluded => spec(
                G::Boxes,
                N::Selection,
                Window,
                None,
                "Occluded",
                "Says that the object is partly behind something else",
            ),
            Self::Truncated => spec(
                G::Boxes,
                N::Selection,
                Window,
                None,
                "Truncated",
                "Says that the object reaches beyond the edge of the picture",
            ),
            Self::ProposePicture => spec(
                G::Proposals,
                N::Editable,
                Window,
                Some("✨"),
                "Propose this picture",
                "Lets the model propose boxes on this picture; what you have judged stays",
            ),
            Self::ProposeAll => spec(
                G::Proposals,
                N::Editable,
                Window,
                Some("🚀"),
                "Propose all pictures",
                "Lets the model propose boxes on every picture that is not done, beginning here; you can go on working",
            ),
            Self::PauseProposing => spec(
                G::Proposals,
                N::Job,
                Window,
                None,
                "Pause or go on proposing",
                "Halts the model, or lets it go on",
            ),
            Self::CancelProposing => spec(
                G::Proposals,
                N::Job,
                Window,
                None,
                "Stop proposing",
                "Stops the model; what it has proposed so far stays",
            ),
            Self::MoreLikeThis => spec(
                G::Proposals,
                N::Selection,
                Window,
                None,
                "More like this",
                "Proposes what looks like the object in the selected box, here and in the next pictures",
            ),
            Self::LearnNow => spec(
                G::Proposals,
                N::Editable,
                Window,
                Some("🎓"),
                "Learn now",
                "Learns better boxes from the pictures that are done",
            ),
            Self::LearnClasses => spec(
                G::Proposals,
                N::Editable,
                Window,
                Some("🏷"),
                "Learn classes from tags",
                "Trains a class head on the pictures' tags, so that proposals bear your classes",
            ),
            Self::RaiseThreshold => spec(
                G::Proposals,
                N::Editable,
                Window,
                None,
                "Raise the threshold",
                "Makes proposals tighter, without running the model again",
            ),
            Self::LowerThreshold => spec(
                G::Proposals,
                N::Editable,
                Window,
                None,
                "Lower the threshold",
                "Makes proposals wider, without running the model again",
            ),
            Self::ClassNames => spec(
                G::Proposals,
                N::Editable,
                Window,
                None,
                "Class names…",
                "Joins the names that the model gives to your own classes",
            ),
            Self::ChooseModel => spec(
                G::Proposals,
                N::Project,
                Window,
                None,
                "Choose a model…",
                "Proposes with another model: TS-CAM, DeiT or DINOv2 weights as .safetensors or .pth",
            ),
            Self::EmbeddedModel => spec(
                G::Proposals,
                N::Project,
                Window,
                None,
                "Use the embedded model",
                "Proposes with the model that comes with the program",
            ),
            Self::ZoomIn => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Zoom in",
                "Shows the picture larger",
            ),
            Self::ZoomOut => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Zoom out",
                "Shows the picture smaller",
            ),
            Self::Fit => spec(
                G::View,
                N::Picture,
                Window,
                Some("⛶"),
                "Fit the picture",
                "Shows the whole picture",
            ),
            Self::FitWidth => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Fit the width",
                "Shows the picture as wide as the canvas",
            ),
            Self::ActualSize => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Actual size",
                "Shows each pixel of the picture as one pixel of the screen",
            ),
            Self::ZoomToBox => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Zoom to the selected box",
                "Shows the selected box large",
            ),
            Self::KeepView => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Keep zoom and place",
                "Shows the next pictures at the zoom and place of this one",
            ),
            Self::HideBoxes => spec(
                G::View,
                N::Picture,
                Window,
                Some("👁"),
                "Hide or show boxes",
                "Shows the picture alone",
            ),
            Self::HeatMap => spec(
                G::View,
                N::Picture,
                Window,
                Some("🔥"),
                "Heat map",
                "Shows what the model looked at",
            ),
            Self::Labels => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Labels at boxes",
                "Shows class and score at each box",
            ),
            Self::Crosshair => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Crosshair",
                "Shows lines through the pointer",
            ),
            Self::Rulers => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Rulers",
                "Shows pixel numbers along the edges",
            ),
            Self::Grid => spec(
                G::View,
                N::Project,
                Window,
                None,
                "Thumbnails",
                "Shows the pictures of the list as thumbnails",
            ),
            Self::PictureSettings => spec(
                G::View,
                N::Picture,
                Window,
                None,
                "Brightness and contrast…",
                "Shows dark or pale pictures better; files are not changed",
            ),
            Self::Dashboard => spec(
                G::View,
                N::Project,
                Window,
                Some("📊"),
                "Dashboard",
                "Shows how far the work is and how good the proposals are",
            ),
            Self::LightTheme => spec(
                G::View,
                N::Nothing,
                Window,
                None,
                "Light theme",
                "Dark text on light",
            ),
            Self::DarkTheme => spec(
                G::View,
                N::Nothing,
                Window,
                None,
                "Dark theme",
                "Light text on dark",
            ),
            Self::SystemTheme => spec(
                G::View,
                N::Nothing,
                Window,
                None,
                "Theme of the system",
                "Light or dark, as the system is set",
            ),
            Self::Palette => spec(
                G::Help,
                N::Nothing,
                Window,
                Some("🔍"),
                "Command palette…",
                "Finds any command by typing a part of its name",
            ),
            Self::Help => spec(
                G::Help,
                N::Nothing,
                Window,
                None,
                "Keys and mouse",
                "Shows every key, and what the mouse does",
            ),
            Self::Settings => spec(
                G::Help,
                N::Nothing,
                Window,
                None,
                "Settings…",
                "Theme, size of everything, keys",
            ),
            Self::Problems => spec(
                G::Help,
                N::Nothing,
                Window,
                None,
                "Problems",
                "Lists what went wrong, with remedies",
            ),
            Self::NextPanel => spec(
                G::Help,
                N::Nothing,
                Window,
                None,
                "Next panel",
                "Moves the keyboard between the list, the canvas and the panels",
            ),
        }
    }

    /// Its keys unless the person has chosen others; the first is shown in menus.
    pub fn default_keys(self) -> Vec<KeyboardShortcut> {
        let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
        let shift = |key| KeyboardShortcut::new(Modifiers::SHIFT, key);
        let ctrl = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
        let ctrl_shift = |key| KeyboardShortcut::new(CTRL_SHIFT, key);
        match self {
            Self::OpenFolder => vec![ctrl(Key::U)],
            Self::OpenProject => vec![ctrl(Key::O)],
            Self::Refresh => vec![plain(Key::F5)],
            Self::Save => vec![ctrl(Key::S)],
            Self::Import => vec![ctrl_shift(Key::I)],
            Self::Export => vec![ctrl_shift(Key::E)],
            Self::CloseProject => vec![ctrl_shift(Key::W)],
            Self::Quit => vec![ctrl(Key::Q)],
            Self::Undo => vec![ctrl(Key::Z)],
            Self::Redo => vec![ctrl_shift(Key::Z), ctrl(Key::Y)],
            Self::Copy => vec![ctrl(Key::C)],
            Self::Paste => vec![ctrl(Key::V)],
            Self::Duplicate => vec![ctrl(Key::D)],
            Self::CopyFromPrevious => vec![ctrl(Key::P)],
            Self::SelectAll => vec![ctrl(Key::A)],
            Self::Delete => vec![plain(Key::Delete), plain(Key::Backspace)],
            Self::Lock => vec![ctrl(Key::L)],
            Self::ChangeClass => vec![ctrl(Key::E), plain(Key::C)],
            Self::NextPicture => vec![plain(Key::D), plain(Key::PageDown)],
            Self::PreviousPicture => vec![plain(Key::A), plain(Key::PageUp)],
            Self::FirstPicture => vec![plain(Key::Home)],
            Self::LastPicture => vec![plain(Key::End)],
            Self::NextToReview => vec![plain(Key::N)],
            Self::Done => vec![plain(Key::Space)],
            Self::Reopen => vec![shift(Key::Space)],
            Self::PickAll => vec![ctrl_shift(Key::A)],
            Self::Tags => vec![ctrl(Key::T)],
            Self::Draw => vec![plain(Key::W), plain(Key::R)],
            Self::NextBox => vec![plain(Key::Tab)],
            Self::PreviousBox => vec![shift(Key::Tab)],
            Self::Accept => vec![plain(Key::Enter)],
            Self::Reject => vec![plain(Key::X)],
            Self::AcceptAll => vec![shift(Key::Enter)],
            Self::ProposePicture => vec![plain(Key::I)],
            Self::ProposeAll => vec![ctrl(Key::B)],
            Self::MoreLikeThis => vec![plain(Key::S)],
            Self::LearnNow => vec![plain(Key::F9)],
            Self::LearnClasses => vec![shift(Key::F9)],
            Self::RaiseThreshold => vec![plain(Key::CloseBracket)],
            Self::LowerThreshold => vec![plain(Key::OpenBracket)],
            Self::ClassNames => vec![plain(Key::M)],
            Self::ZoomIn => vec![ctrl(Key::Plus), ctrl(Key::Equals), plain(Key::Plus)],
            Self::ZoomOut => vec![ctrl(Key::Minus), plain(Key::Minus)],
            Self::Fit => vec![ctrl(Key::F), plain(Key::F)],
            Self::FitWidth => vec![ctrl_shift(Key::F)],
            Self::ActualSize => vec![ctrl(Key::Num0)],
            Self::ZoomToBox => vec![plain(Key::Z)],
            Self::KeepView => vec![plain(Key::K)],
            Self::HideBoxes => vec![ctrl(Key::H)],
            Self::HeatMap => vec![plain(Key::H)],
            Self::Labels => vec![plain(Key::L)],
            Self::Crosshair => vec![plain(Key::G)],
            Self::Grid => vec![plain(Key::T)],
            Self::Dashboard => vec![plain(Key::F8)],
            Self::Palette => vec![ctrl_shift(Key::P)],
            Self::Help => vec![plain(Key::F1), shift(Key::Questionmark)],
            Self::Settings => vec![ctrl(Key::Comma)],
            Self::Problems => vec![plain(Key::F7)],
            Self::NextPanel => vec![plain(Key::F6)],
            Self::OpenSample
            | Self::Crowd
            | Self::Difficult
            | Self::Occluded
            | Self::Truncated
            | Self::PauseProposing
            | Self::CancelProposing
            | Self::ChooseModel
            | Self::EmbeddedModel
            | Self::Rulers
            | Self::PictureSettings
            | Self::LightTheme
            | Self::DarkTheme
            | Self::SystemTheme => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_listed_once_in_the_order_of_the_menus() {
        let groups: Vec<Menu> = Command::ALL
            .iter()
            .map(|command| command.spec().group)
            .collect();
        assert!(groups.is_sorted());
        let mut sorted = Command::ALL.to_vec();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), Command::ALL.len());
        assert_eq!(
            Command::ALL.last(),
            Some(&Command::NextPanel),
            "the last of the enumeration"
        );
        assert_eq!(sorted.len(), Command::NextPanel as usize + 1);
    }

    #[test]
    fn keys_that_widgets_use_count_on_the_canvas_alone() {
        for command in Command::ALL {
            for keys in command.default_keys() {
                let is_widget_key = matches!(keys.logical_key, Key::Enter | Key::Space | Key::Tab);
                assert!(
                    !is_widget_key || command.scope() == ShortcutScope::Canvas,
                    "{command:?} would take {keys:?} from buttons"
                );
            }
        }
    }

    #[test]
    fn nothing_is_bound_to_what_deletes_pictures_elsewhere() {
        let taken = KeyboardShortcut::new(CTRL_SHIFT, Key::D);
        let mut all = Command::ALL
            .iter()
            .flat_map(|command| command.default_keys());
        assert!(!all.any(|keys| keys == taken));
    }

    #[test]
    fn labels_and_tooltips_are_sentence_case_without_full_stops() {
        for command in Command::ALL {
            let CommandSpec { label, tooltip, .. } = command.spec();
            assert!(label.starts_with(char::is_uppercase), "{label}");
            assert!(
                tooltip.starts_with(char::is_uppercase) && !tooltip.ends_with('.'),
                "{tooltip}"
            );
        }
    }
}
