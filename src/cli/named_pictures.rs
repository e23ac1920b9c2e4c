//! Pictures of a project by their names or files.

use std::path::Path;

use anyhow::Context as _;

use crate::document::{Document, PictureId};
use crate::files;

/// The pictures with these names: as the project has them, or the paths of their files.
///
/// # Errors
/// If a name is not that of a picture.
pub fn named_pictures<'a>(
    document: &Document,
    root: &Path,
    names: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<Vec<PictureId>> {
    let picture = |name: &str| {
        let of_file = || {
            let file = files::normal(Path::new(name));
            let path = file.strip_prefix(files::normal(root)).ok()?;
            let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
            document.picture_at(&parts?.join("/"))
        };
        let found = document.picture_at(name).or_else(of_file);
        found.map(|picture| picture.id).with_context(|| {
            format!("{name} is not a picture of the project: give its name as the project has it, relative to the project's folder")
        })
    };
    names.into_iter().map(picture).collect()
}
