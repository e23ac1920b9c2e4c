//! What is different in the folder, as a report.

/// The differences between the folder and the project, by name. A picture that is taken out of the
/// project is never missing, found again or unreadable here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderChanges {
    /// New pictures.
    pub added: Vec<String>,
    /// Pictures whose file was not found. They keep their boxes.
    pub missing: Vec<String>,
    /// Pictures that were missing and are found again.
    pub found_again: Vec<String>,
    /// Pictures that were renamed or moved, from and to. They keep their boxes.
    pub renamed: Vec<(String, String)>,
    /// Pictures whose content has changed.
    pub changed: Vec<String>,
    /// Those of them whose size in pixels has changed, so that boxes may have been clipped.
    pub resized: Vec<String>,
    /// Missing pictures whose path now belongs to another picture, and their new path.
    pub displaced: Vec<(String, String)>,
    /// Files that could not be read and were skipped, and why.
    pub unreadable: Vec<(String, String)>,
}
