//! The steps of the tour.

use egui::Rect;

use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;

/// A step of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The list of pictures.
    Pictures,
    /// A proposal on the canvas.
    Proposal,
    /// Accepting and rejecting by keys.
    Judge,
    /// Drawing a box.
    Draw,
    /// Exporting.
    Export,
}

/// Where in the window things are that steps point at, in points; none if they are not shown.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The list of pictures.
    pub list: Option<Rect>,
    /// The selected box, or else the canvas.
    pub selected: Option<Rect>,
    /// The canvas.
    pub canvas: Option<Rect>,
    /// The buttons of the toolbar.
    pub tools: Vec<(Command, Rect)>,
}

impl Places {
    /// The rectangle around buttons of the toolbar.
    fn tools(&self, commands: &[Command]) -> Option<Rect> {
        let tools = self.tools.iter();
        let rects = tools.filter(|(command, _)| commands.contains(command));
        rects.map(|(_, rect)| *rect).reduce(Rect::union)
    }
}

impl Step {
    /// All steps, in their order.
    pub const ALL: [Self; 5] = [
        Self::Pictures,
        Self::Proposal,
        Self::Judge,
        Self::Draw,
        Self::Export,
    ];

    /// The step after it.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    /// What it points at.
    pub fn place(self, places: &Places) -> Option<Rect> {
        match self {
            Self::Pictures => places.list,
            Self::Proposal => places.selected,
            Self::Judge => places.tools(&[Command::Accept, Command::Reject]),
            Self::Draw => places.tools(&[Command::DrawBox]),
            Self::Export => places.tools(&[Command::Export]),
        }
    }

    /// Its title and its text.
    pub fn texts(self, commands: &CommandState<'_>) -> [String; 2] {
        let keys = |command: Command| {
            let keys = commands.keymap.text(command);
            keys.unwrap_or_else(|| command.label().to_owned())
        };
        match self {
            Self::Pictures => [tr!("tour-pictures"), tr!("tour-pictures.text")].map(str::to_owned),
            Self::Proposal => [tr!("tour-proposal"), tr!("tour-proposal.text")].map(str::to_owned),
            Self::Judge => [
                tr!("tour-judge").to_owned(),
                tr!(
                    "tour-judge.text",
                    accept = keys(Command::Accept),
                    reject = keys(Command::Reject)
                ),
            ],
            Self::Draw => [
                tr!("tour-draw").to_owned(),
                tr!("tour-draw.text", draw = keys(Command::DrawBox)),
            ],
            Self::Export => [
                tr!("tour-export").to_owned(),
                tr!("tour-export.text", export = keys(Command::Export)),
            ],
        }
    }
}
