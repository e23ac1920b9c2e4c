//! What a person chooses about an import.

/// What happens to the annotations that the document already has on the pictures of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// They stay, and those of the file are added.
    #[default]
    Merge,
    /// Those of the file replace them.
    Replace,
}

/// The options of an import. Those of an [`ImportMode`] alone are the defaults with that mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// How the file is combined with the document.
    pub mode: ImportMode,
}

impl From<ImportMode> for ImportOptions {
    fn from(mode: ImportMode) -> Self {
        Self { mode }
    }
}
