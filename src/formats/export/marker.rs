//! The marker in the folder of an export: what made it, and which files are its own.
//!
//! The first line is a JSON object about the export. Each further line is one about a file of it, so
//! that the file that is about to be written can be added before it is. Paths are relative to the
//! folder, with `/`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::options::ExportOptions;
use crate::files::{EXPORT_MARKER, replace_whole};
use crate::formats::error::FormatError;
use crate::formats::{input, paths};

/// The shares and the random seed of a split.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MarkedSplit {
    train: u32,
    val: u32,
    test: u32,
    seed: u64,
}

/// What made an export.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    /// The version of the program.
    tsukami: String,
    format: String,
    layout: String,
    split: Option<MarkedSplit>,
}

/// A file of an export.
#[derive(Serialize, Deserialize)]
struct FileLine {
    file: String,
    /// The path in the project of the one picture that the file is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

/// The marker in the folder of an export.
#[derive(Debug)]
pub(in crate::formats) struct ExportMarker {
    header: Header,
    /// The files of the export, each with the picture of the project that it is about, if it is
    /// about one.
    pub files: BTreeMap<String, Option<String>>,
}

impl ExportMarker {
    /// The marker of a new export, without files.
    pub(super) fn new(options: &ExportOptions) -> Self {
        let split = options.split.map(|split| MarkedSplit {
            train: split.train,
            val: split.val,
            test: split.test,
            seed: split.seed,
        });
        let header = Header {
            tsukami: env!("CARGO_PKG_VERSION").to_owned(),
            format: options.format.name().to_owned(),
            layout: options.layout.name().to_owned(),
            split,
        };
        let files = BTreeMap::new();
        Self { header, files }
    }

    /// The name of the export's format.
    pub(in crate::formats) fn format(&self) -> &str {
        &self.header.format
    }

    /// The marker in a folder, or `None` if there is none that can be read. A line that cannot be
    /// read, and a path that could lead out of the folder, are left out.
    pub(in crate::formats) fn read(folder: &Path) -> Option<Self> {
        let path = folder.join(EXPORT_MARKER);
        let text = input::read_text(&path, input::MAX_DATASET_FILE_BYTES).ok()?;
        let mut lines = text.lines();
        let header = serde_json::from_str(lines.next()?).ok()?;
        let lines = lines.filter_map(|line| serde_json::from_str::<FileLine>(line).ok());
        let files = lines.filter(|line| paths::safe_path(&line.file).as_ref() == Some(&line.file));
        let files = files.map(|line| (line.file, line.picture)).collect();
        Some(Self { header, files })
    }

    /// Adds a file to the marker in a folder, before the file itself is written.
    pub(super) fn append(folder: &Path, file: &str, picture: Option<&str>) -> io::Result<()> {
        let mut line = serde_json::to_vec(&FileLine {
            file: file.to_owned(),
            picture: picture.map(str::to_owned),
        })?;
        line.push(b'\n');
        let mut options = OpenOptions::new();
        let mut marker = options.append(true).open(folder.join(EXPORT_MARKER))?;
        marker.write_all(&line)
    }

    /// Writes the marker into a folder, whole.
    pub(super) fn write(&self, folder: &Path) -> Result<(), FormatError> {
        replace_whole(&folder.join(EXPORT_MARKER), |out| {
            serde_json::to_writer(&mut *out, &self.header)?;
            out.write_all(b"\n")?;
            for (file, picture) in &self.files {
                let (file, picture) = (file.clone(), picture.clone());
                serde_json::to_writer(&mut *out, &FileLine { file, picture })?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })?;
        Ok(())
    }
}
