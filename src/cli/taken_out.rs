//! `tsukami project take-out` and `bring-back`: which pictures belong to the work.

use std::path::PathBuf;

use clap::Args;

use super::named_pictures::named_pictures;
use super::plural::counted;
use super::project_access::open;
use crate::document::ops;
use crate::store::Access;

/// Arguments of `tsukami project take-out` and `bring-back`.
#[derive(Args)]
pub struct Arguments {
    /// The project file, or its folder
    project: PathBuf,
    /// Pictures: their names in the project, or their files
    #[arg(value_name = "PICTURE", required_unless_present = "missing")]
    pictures: Vec<String>,
    /// All pictures whose file is missing
    #[arg(long)]
    missing: bool,
}

/// Takes pictures out of a project, or brings them back, as a step that the window can undo. Returns
/// the exit code.
///
/// # Errors
/// If a name is not that of a picture, or the project cannot be written. Nothing has changed then.
pub fn run(arguments: &Arguments, is_excluded: bool) -> anyhow::Result<u8> {
    let mut project = open(&arguments.project, Access::Add)?;
    let root = project.root().to_owned();
    let label = if is_excluded {
        "take out"
    } else {
        "bring back"
    };
    let changed = project.commit_prepared(label, |document| {
        let mut pictures = named_pictures(
            document,
            &root,
            arguments.pictures.iter().map(String::as_str),
        )?;
        let missing = document.pictures().filter(|picture| picture.missing);
        pictures.extend(missing.filter(|_| arguments.missing).map(|row| row.id));
        pictures.sort_unstable();
        pictures.dedup();
        let edit = ops::set_excluded(document, &pictures, is_excluded)?;
        let changed = edit.affected().pictures.len();
        anyhow::Ok((edit, changed))
    })?;
    let done = if is_excluded {
        "taken out of the project; boxes, tags and review state are kept"
    } else {
        "brought back"
    };
    let left = project.document().included_pictures().count();
    status!(
        "{} {done}; {} in the project",
        counted(changed, "picture"),
        counted(left, "picture")
    );
    // The change is in the file, and has been reported, whatever closing it says.
    project.close()?;
    Ok(0)
}
