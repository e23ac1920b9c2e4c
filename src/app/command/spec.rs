//! The fields of a row of the command table.

use egui::KeyboardShortcut;

use crate::app::icons::Icon;

/// The menus, in the order of the menu bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Menu {
    /// Projects and their files.
    File,
    /// Changes to boxes.
    Edit,
    /// Going from picture to picture.
    Pictures,
    /// Judging boxes.
    Boxes,
    /// What the model does.
    Proposals,
    /// What the window shows.
    View,
    /// Help, settings and problems.
    Help,
}

impl Menu {
    /// All menus, in the order of the menu bar.
    pub const ALL: [Self; 7] = [
        Self::File,
        Self::Edit,
        Self::Pictures,
        Self::Boxes,
        Self::Proposals,
        Self::View,
        Self::Help,
    ];
}

/// Where the keys of a command work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortcutScope {
    /// Everywhere, except while text is being typed.
    Window,
    /// Only while the canvas has the focus: keys that widgets use too, such as Enter and Tab.
    Canvas,
}

/// What a command needs to be enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// Nothing: it is always enabled.
    Nothing,
    /// An open project.
    Project,
    /// An open project that can be edited, perhaps without pictures.
    EditableProject,
    /// A picture on the canvas.
    Picture,
    /// A picture in a project that can be edited.
    Editable,
    /// A picture in a project that can be edited, which is not taken out of it.
    IncludedPicture,
    /// A picture that is taken out of a project that can be edited.
    ExcludedPicture,
    /// A selected box in a project that can be edited.
    Selection,
    /// A picture in a project that can be edited, with its boxes on the screen: nobody can judge
    /// boxes without seeing them.
    VisibleBoxes,
    /// Copied boxes.
    Clipboard,
    /// A step to undo.
    Undo,
    /// A step to redo.
    Redo,
    /// A picture whose boxes are compared with others.
    Comparison,
    /// A run of the model over many pictures.
    Job,
}

/// The place of a command on the toolbar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolbarSlot {
    /// The group, counted from the left. A line separates groups.
    pub group: u8,
    /// The position within the group.
    pub position: u8,
}

/// The description of a command: one row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// The name under which the settings file stores its keys.
    pub stored_name: &'static str,
    /// The menu that lists it.
    pub menu: Menu,
    /// Whether a line separates it from the command above it in the menu.
    pub starts_section: bool,
    /// What it needs to be enabled.
    pub requirement: Requirement,
    /// Its default keys. Menus show the first.
    pub default_keys: &'static [KeyboardShortcut],
    /// Where its keys work.
    pub scope: ShortcutScope,
    /// Whether it repeats while its keys are held. Commands that judge boxes do not: nobody can
    /// judge as fast as a key repeats.
    pub repeats: bool,
    /// Its icon.
    pub icon: Option<Icon>,
    /// Its place on the toolbar.
    pub toolbar: Option<ToolbarSlot>,
    /// The id of the short text that the toolbar shows next to its icon when there is room.
    pub toolbar_text: Option<&'static str>,
    /// Whether the toolbar shows that text in any case.
    pub is_always_labelled: bool,
}

/// A command of a menu that is always enabled and has no keys: where each row starts.
pub(super) const fn row(menu: Menu) -> CommandSpec {
    CommandSpec {
        stored_name: "",
        menu,
        starts_section: false,
        requirement: Requirement::Nothing,
        default_keys: &[],
        scope: ShortcutScope::Window,
        repeats: false,
        icon: None,
        toolbar: None,
        toolbar_text: None,
        is_always_labelled: false,
    }
}

impl CommandSpec {
    /// What it needs to be enabled.
    pub(super) const fn needs(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }

    /// Its keys; menus show the first.
    pub(super) const fn keys(mut self, keys: &'static [KeyboardShortcut]) -> Self {
        self.default_keys = keys;
        self
    }

    /// Its keys work only while the canvas has the focus.
    pub(super) const fn on_canvas(mut self) -> Self {
        self.scope = ShortcutScope::Canvas;
        self
    }

    /// It repeats while its keys are held.
    pub(super) const fn repeating(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// A line separates it from the command above it in the menu.
    pub(super) const fn after_separator(mut self) -> Self {
        self.starts_section = true;
        self
    }

    /// Its icon, where it is not on the toolbar.
    pub(super) const fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Its place on the toolbar, and its icon there.
    pub(super) const fn toolbar(mut self, group: u8, position: u8, icon: Icon) -> Self {
        self.toolbar = Some(ToolbarSlot { group, position });
        self.icon(icon)
    }

    /// The toolbar shows this text too, by its id, when there is room.
    pub(super) const fn with_text(mut self, id: &'static str) -> Self {
        self.toolbar_text = Some(id);
        self
    }

    /// The toolbar shows its text in any case.
    pub(super) const fn always(mut self) -> Self {
        self.is_always_labelled = true;
        self
    }

    /// The name in settings files, where it is not the name in code.
    pub(super) const fn stored_as(mut self, name: &'static str) -> Self {
        self.stored_name = name;
        self
    }

    /// The name in settings files, unless the row has one.
    pub(super) const fn or_stored_as(mut self, name: &'static str) -> Self {
        if self.stored_name.is_empty() {
            self.stored_name = name;
        }
        self
    }
}
