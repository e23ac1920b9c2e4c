//! What commands and menus are called.

use super::spec::Menu;
use super::table::Command;

impl Menu {
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

impl Command {
    /// What it is called in menus; an ellipsis where more is asked before anything happens.
    pub fn label(self) -> &'static str {
        self.texts()[0]
    }

    /// What it does, in a sentence without a full stop.
    pub fn tooltip(self) -> &'static str {
        self.texts()[1]
    }

    fn texts(self) -> [&'static str; 2] {
        match self {
            Self::OpenFolder => [
                "Open folder…",
                "Opens a folder of pictures; its project is made or found by itself",
            ],
            Self::OpenProject => ["Open project…", "Opens a project file"],
            Self::OpenSample => [
                "Open the sample pictures",
                "Opens a dozen pictures to try things on",
            ],
            Self::RescanFolder => [
                "Look for new pictures",
                "Reads the folder again for pictures that came, went or changed",
            ],
            Self::Save => ["Save", "Everything is saved as it happens; this says so"],
            Self::Import => [
                "Import…",
                "Takes in annotations of another tool: COCO, YOLO, Pascal VOC, labelme, CreateML or CSV",
            ],
            Self::Export => ["Export…", "Writes the annotations for other tools"],
            Self::CloseProject => [
                "Close project",
                "Goes back to the welcome screen; everything is saved",
            ],
            Self::Quit => ["Quit", "Closes the program; everything is saved"],
            Self::Undo => ["Undo", "Takes back the last change and shows where it was"],
            Self::Redo => ["Redo", "Makes the change again that was taken back"],
            Self::Copy => ["Copy", "Copies the selected boxes"],
            Self::Paste => [
                "Paste",
                "Draws the copied boxes on this picture, at the same place",
            ],
            Self::Duplicate => [
                "Duplicate",
                "Draws the selected boxes again, a little aside",
            ],
            Self::CopyFromPrevious => [
                "Copy from the previous picture",
                "Draws the boxes of the picture before this one here too",
            ],
            Self::SelectAll => ["Select all", "Selects every box of the picture"],
            Self::Delete => [
                "Delete",
                "Deletes the selected boxes; a proposal is rejected, so that it does not come back",
            ],
            Self::ToggleLock => [
                "Lock or unlock",
                "Keeps the selected boxes from being moved by accident",
            ],
            Self::ChangeClass => [
                "Change class…",
                "Chooses another class for the selected boxes by typing its first letters",
            ],
            Self::NextPicture => ["Next picture", "Shows the next picture of the list"],
            Self::PreviousPicture => ["Previous picture", "Shows the previous picture of the list"],
            Self::FirstPicture => ["First picture", "Shows the first picture of the list"],
            Self::LastPicture => ["Last picture", "Shows the last picture of the list"],
            Self::NextToReview => [
                "Next picture to review",
                "Shows the next picture of the list that is not done",
            ],
            Self::MarkDone => [
                "Done, go on",
                "Marks the picture as done and shows the next one to review; proposals that are left are rejected, and with no box it is verified empty",
            ],
            Self::Reopen => [
                "Not done after all",
                "Puts a picture that was marked as done back in review",
            ],
            Self::SelectAllPictures => [
                "Select all pictures",
                "Selects every picture of the list, for what is done to many at once",
            ],
            Self::TagPictures => [
                "Tags…",
                "Says which classes the selected pictures show, for all of them at once",
            ],
            Self::DrawBox => [
                "Draw a box",
                "The next drag, or the next two clicks, draw a box",
            ],
            Self::NextBox => ["Next box", "Selects the next box, proposals first"],
            Self::PreviousBox => ["Previous box", "Selects the previous box"],
            Self::Accept => [
                "Accept",
                "Accepts the selected proposal, or the surest one, and selects the next",
            ],
            Self::Reject => [
                "Reject",
                "Rejects the selected proposal, or the surest one, and selects the next; it does not come back",
            ],
            Self::AcceptAll => [
                "Accept all, go on",
                "Accepts every proposal of the picture, marks it as done and shows the next one to review",
            ],
            Self::Crowd => ["Crowd", "Says that the box holds a group of objects"],
            Self::Difficult => ["Difficult", "Says that the object is hard to recognise"],
            Self::Occluded => [
                "Occluded",
                "Says that the object is partly behind something else",
            ],
            Self::Truncated => [
                "Truncated",
                "Says that the object reaches beyond the edge of the picture",
            ],
            Self::ProposePicture => [
                "Propose this picture",
                "Lets the model propose boxes on this picture; what you have judged stays",
            ],
            Self::ProposeAll => [
                "Propose all pictures",
                "Lets the model propose boxes on every picture that is not done, beginning here; you can go on working",
            ],
            Self::PauseProposing => [
                "Pause or go on proposing",
                "Halts the model, or lets it go on",
            ],
            Self::CancelProposing => [
                "Stop proposing",
                "Stops the model; what it has proposed so far stays",
            ],
            Self::MoreLikeThis => [
                "More like this",
                "Proposes what looks like the object in the selected box, here and in the next pictures",
            ],
            Self::LearnNow => [
                "Learn now",
                "Learns better boxes from the pictures that are done",
            ],
            Self::LearnClasses => [
                "Learn classes from tags",
                "Trains a class head on the pictures' tags, so that proposals bear your classes",
            ],
            Self::RaiseThreshold => [
                "Raise the threshold",
                "Makes proposals tighter, without running the model again",
            ],
            Self::LowerThreshold => [
                "Lower the threshold",
                "Makes proposals wider, without running the model again",
            ],
            Self::ClassNames => [
                "Class names…",
                "Joins the names that the model gives to your own classes",
            ],
            Self::ChooseModel => [
                "Choose a model…",
                "Proposes with another model: TS-CAM, DeiT or DINOv2 weights as .safetensors or .pth",
            ],
            Self::EmbeddedModel => [
                "Use the embedded model",
                "Proposes with the model that comes with the program",
            ],
            Self::ZoomIn => ["Zoom in", "Shows the picture larger"],
            Self::ZoomOut => ["Zoom out", "Shows the picture smaller"],
            Self::FitPicture => ["Fit the picture", "Shows the whole picture"],
            Self::FitWidth => ["Fit the width", "Shows the picture as wide as the canvas"],
            Self::ActualSize => [
                "Actual size",
                "Shows each pixel of the picture as one pixel of the screen",
            ],
            Self::ZoomToBox => ["Zoom to the selected box", "Shows the selected box large"],
            Self::KeepView => [
                "Keep zoom and place",
                "Shows the next pictures at the zoom and place of this one",
            ],
            Self::HideBoxes => ["Hide or show boxes", "Shows the picture alone"],
            Self::HeatMap => ["Heat map", "Shows what the model looked at"],
            Self::Labels => ["Labels at boxes", "Shows class and score at each box"],
            Self::Crosshair => ["Crosshair", "Shows lines through the pointer"],
            Self::Rulers => ["Rulers", "Shows pixel numbers along the edges"],
            Self::Thumbnails => ["Thumbnails", "Shows the pictures of the list as thumbnails"],
            Self::BrightnessAndContrast => [
                "Brightness and contrast…",
                "Shows dark or pale pictures better; files are not changed",
            ],
            Self::Dashboard => [
                "Dashboard",
                "Shows how far the work is and how good the proposals are",
            ],
            Self::LightTheme => ["Light theme", "Dark text on light"],
            Self::DarkTheme => ["Dark theme", "Light text on dark"],
            Self::SystemTheme => ["Theme of the system", "Light or dark, as the system is set"],
            Self::CommandPalette => [
                "Command palette…",
                "Finds any command by typing a part of its name",
            ],
            Self::Help => ["Keys and mouse", "Shows every key, and what the mouse does"],
            Self::Settings => ["Settings…", "Theme, size of everything, keys"],
            Self::Problems => ["Problems", "Lists what went wrong, with remedies"],
            Self::NextPanel => [
                "Next panel",
                "Moves the keyboard between the list, the canvas and the panels",
            ],
        }
    }
}
