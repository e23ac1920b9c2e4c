//! How the folder of an export is recognised.

use std::path::Path;

/// The file in the folder of an export that says that this program made it, and how.
pub const EXPORT_MARKER: &str = ".tsukami-export";

/// Whether a folder is an export of this program. Its pictures are copies.
pub fn is_export_folder(folder: &Path) -> bool {
    folder.join(EXPORT_MARKER).is_file()
}
