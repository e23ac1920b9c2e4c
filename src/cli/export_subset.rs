//! The part of a project that an export is limited to: classes and pictures by name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::named_pictures::named_pictures;
use crate::document::{Document, PictureId};
use crate::formats::class_list;

/// The options that limit an export.
#[derive(Args)]
pub struct SubsetOptions {
    /// Export only boxes and tags of these classes: a name, or several with commas between them; may be
    /// repeated
    #[arg(long, value_name = "A,B")]
    classes: Vec<String>,
    /// Export only the pictures that this text file lists, one on each line
    #[arg(long, value_name = "FILE")]
    pictures: Option<PathBuf>,
}

impl SubsetOptions {
    /// The names of the classes, if any are given.
    ///
    /// # Errors
    /// If a name is neither a class of the project nor what a proposal is called.
    pub fn classes(&self, document: &Document) -> anyhow::Result<Option<BTreeSet<String>>> {
        if self.classes.is_empty() {
            return Ok(None);
        }
        let mut names = BTreeSet::new();
        for text in &self.classes {
            // A name may have a comma.
            match document.category_named(text) {
                Some(class) => drop(names.insert(class.name.to_string())),
                None => names.extend(class_list::parse(text)),
            }
        }
        for name in &names {
            let is_suggested = || {
                let pictures = document.pictures();
                let mut boxes = pictures.flat_map(|picture| document.annotations(picture.id));
                boxes.any(|row| document.class_name(row) == name)
            };
            if document.category_named(name).is_none() && !is_suggested() {
                let classes: Vec<&str> = document.categories().map(|row| &*row.name).collect();
                bail!(
                    "{name:?} is not a class of the project; its classes are: {}",
                    classes.join(", ")
                );
            }
        }
        Ok(Some(names))
    }

    /// The pictures, if a list is given.
    ///
    /// # Errors
    /// If the list cannot be read, or a line is not the name of a picture.
    pub fn pictures(
        &self,
        document: &Document,
        root: &Path,
    ) -> anyhow::Result<Option<BTreeSet<PictureId>>> {
        let Some(list) = &self.pictures else {
            return Ok(None);
        };
        let text = fs::read_to_string(list)
            .with_context(|| format!("{} cannot be read", list.display()))?;
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let names = lines.filter(|line| !line.is_empty());
        Ok(Some(
            named_pictures(document, root, names)?.into_iter().collect(),
        ))
    }
}
