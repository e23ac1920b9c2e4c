//! The networks that the program comes with: what each one is, and where its weights come from.
//!
//! `models/README.md` gives their sources. With the feature `embedded-models` most of them are
//! compiled into the program; the others, and without the feature all of them, are files in a folder.
//! A file is used only if its SHA-256 is the one stated here, so a network is the same everywhere.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::ModelError;
use super::weights::Weights;
use crate::files::sha256_hex;

/// The folder next to the executable in which files are looked for.
const FOLDER: &str = "models";

/// Where the weights of the shipped networks come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelSource {
    /// The program itself. What is not compiled into it lies in a folder `models` next to the
    /// executable.
    #[default]
    Program,
    /// The files in this folder.
    Folder(PathBuf),
}

impl From<Option<PathBuf>> for ModelSource {
    fn from(folder: Option<PathBuf>) -> Self {
        folder.map_or(Self::Program, Self::Folder)
    }
}

/// A network that the program comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShippedNetwork {
    /// The transformer: patch tokens and attention.
    Backbone,
    /// The network that suggests names.
    Companion,
    /// Boxes with names.
    Detector,
    /// Points and rough boxes to masks.
    Segmenter,
}

/// What a person gave a network to learn from: the kind of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervision {
    /// One or more classes for each picture.
    ImageLabels,
    /// Boxes with classes.
    Boxes,
    /// Outlines of objects, exact to the pixel.
    Masks,
}

impl fmt::Display for Supervision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ImageLabels => "image labels",
            Self::Boxes => "boxes",
            Self::Masks => "masks",
        })
    }
}

impl ShippedNetwork {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Backbone,
        Self::Companion,
        Self::Detector,
        Self::Segmenter,
    ];

    /// Its name, which is that of its file without the extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backbone => "dinov2-vits14",
            Self::Companion => "efficientnet-lite2",
            Self::Detector => "nanodet-g",
            Self::Segmenter => "mobile_sam",
        }
    }

    /// What it does, in a word or two.
    pub fn role(self) -> &'static str {
        match self {
            Self::Backbone => "backbone",
            Self::Companion => "companion",
            Self::Detector => "detector",
            Self::Segmenter => "segmenter",
        }
    }

    /// The name of its file.
    pub fn file_name(self) -> String {
        format!("{}.safetensors", self.name())
    }

    /// The SHA-256 of its file in hexadecimal.
    pub fn sha256(self) -> &'static str {
        match self {
            Self::Backbone => "221e37886a44af07d50c12d62eef73001a9def46422a5bc16b4eac03f733e4bd",
            Self::Companion => "b2a190a0b65492a0e9ef963eea14697328391f8545e31953228f3f45da68fd6f",
            Self::Detector => "a2b98257a860d9adc9d779b1dfa738e4d35cb30d0cc7d483563355f4c35dc648",
            Self::Segmenter => "b0d5b42b91bdecc10a47051a33f54107cae667574716d14236e726cb41e5da30",
        }
    }

    /// The licence of its weights.
    pub fn licence(self) -> &'static str {
        match self {
            Self::Backbone | Self::Companion | Self::Detector => "Apache-2.0",
            Self::Segmenter => "MIT, Apache-2.0",
        }
    }

    /// The most detailed labels that it was trained with.
    pub fn supervision(self) -> Supervision {
        match self {
            Self::Companion => Supervision::ImageLabels,
            Self::Detector => Supervision::Boxes,
            Self::Backbone | Self::Segmenter => Supervision::Masks,
        }
    }

    /// The data that it was trained on.
    pub fn training_data(self) -> &'static str {
        match self {
            Self::Backbone => {
                "no labels (DINOv2), then probably masks; the publisher names no data"
            }
            Self::Companion => "ImageNet",
            Self::Detector => "COCO",
            Self::Segmenter => "SA-1B; the encoder learned from SAM's",
        }
    }

    /// Where it is looked for; `None` if it is compiled into the program and taken from there.
    pub fn path(self, models: &ModelSource) -> Option<PathBuf> {
        match models {
            ModelSource::Folder(folder) => Some(folder.join(self.file_name())),
            ModelSource::Program if embedded::bytes(self).is_some() => None,
            ModelSource::Program => {
                let program = std::env::current_exe().ok();
                let folder = program.as_deref().and_then(Path::parent);
                let folder = folder.unwrap_or(Path::new("")).join(FOLDER);
                Some(folder.join(self.file_name()))
            }
        }
    }

    /// Its weights.
    ///
    /// # Errors
    /// [`ModelError::Missing`] or [`ModelError::Unreadable`], and [`ModelError::BadFile`] if the file
    /// has another SHA-256.
    pub fn weights(self, models: &ModelSource) -> Result<Weights, ModelError> {
        if let (None, Some(bytes)) = (self.path(models), embedded::bytes(self)) {
            // A test compares the SHA-256, which would take a third of the time to start.
            return Ok(Weights::with_fingerprint(bytes, self.sha256().to_owned())?);
        }
        let path = self.path(models).unwrap_or_default();
        if !path.exists() {
            let role = self.role();
            return Err(ModelError::Missing { path, role });
        }
        let bytes = Weights::read(&path)?;
        let found = sha256_hex(&bytes);
        if found != self.sha256() {
            let reason = format!(
                "it is not the {} of this version of the program (its SHA-256 is {found} and not \
                 {}); replace it by the file that came with this version, or give the folder of \
                 that file with --models",
                self.role(),
                self.sha256(),
            );
            return Err(ModelError::bad_file(&path, reason));
        }
        Ok(Weights::with_fingerprint(&bytes, found)?)
    }
}

#[cfg(feature = "embedded-models")]
mod embedded {
    use super::ShippedNetwork;

    macro_rules! model {
        ($name:literal) => {
            include_bytes!(concat!("../../models/", $name, ".safetensors"))
        };
    }

    static BACKBONE: &[u8] = model!("dinov2-vits14");
    static COMPANION: &[u8] = model!("efficientnet-lite2");
    static DETECTOR: &[u8] = model!("nanodet-g");
    /// Only the window has a use for it.
    #[cfg(feature = "app")]
    static SEGMENTER: &[u8] = model!("mobile_sam");

    /// The file of a network, if it is compiled in.
    pub fn bytes(network: ShippedNetwork) -> Option<&'static [u8]> {
        match network {
            ShippedNetwork::Backbone => Some(BACKBONE),
            ShippedNetwork::Companion => Some(COMPANION),
            ShippedNetwork::Detector => Some(DETECTOR),
            #[cfg(feature = "app")]
            ShippedNetwork::Segmenter => Some(SEGMENTER),
            #[cfg(not(feature = "app"))]
            ShippedNetwork::Segmenter => None,
        }
    }
}

#[cfg(not(feature = "embedded-models"))]
mod embedded {
    use super::ShippedNetwork;

    /// The file of a network, if it is compiled in.
    pub fn bytes(_: ShippedNetwork) -> Option<&'static [u8]> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn repository(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    fn error(network: ShippedNetwork, folder: &Path) -> String {
        let refused = network.weights(&ModelSource::Folder(folder.to_owned()));
        refused.err().map_or_else(String::new, |e| e.to_string())
    }

    #[test]
    fn files_and_readme_have_the_stated_hashes() {
        let readme = fs::read_to_string(repository("models/README.md")).unwrap();
        for network in ShippedNetwork::ALL {
            let file = network.file_name();
            let bytes = fs::read(repository("models").join(&file)).unwrap();
            assert_eq!(sha256_hex(&bytes), network.sha256(), "{file}");
            if let Some(embedded) = embedded::bytes(network) {
                assert!(bytes == embedded, "another file is compiled in for {file}");
            }
            let row = readme
                .lines()
                .find(|line| line.contains(&format!("| `{file}` |")));
            let row = row.unwrap_or_else(|| panic!("models/README.md has no row of {file}"));
            assert!(row.contains(network.sha256()), "{row}");
        }
    }

    #[test]
    fn a_file_in_the_folder_is_as_good_as_the_one_in_the_program() {
        let folder = ModelSource::Folder(repository("models"));
        let weights = ShippedNetwork::Detector.weights(&folder).unwrap();
        assert_eq!(weights.fingerprint, ShippedNetwork::Detector.sha256());
        assert!(!weights.tensors.is_empty());
        // The folder is used even by a program that has the network.
        let path = ShippedNetwork::Detector.path(&folder);
        assert_eq!(path, Some(repository("models/nanodet-g.safetensors")));
    }

    #[test]
    fn a_missing_file_is_named_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let error = error(ShippedNetwork::Detector, folder.path());
        for text in ["detector", "nanodet-g.safetensors", "--models"] {
            assert!(error.contains(text), "no {text:?} in {error:?}");
        }
    }

    #[test]
    fn another_file_under_the_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let other = repository("models").join(ShippedNetwork::Companion.file_name());
        let path = folder.path().join(ShippedNetwork::Detector.file_name());
        fs::copy(other, &path).unwrap();
        let error = error(ShippedNetwork::Detector, folder.path());
        for text in [
            "nanodet-g.safetensors is not a usable model",
            "not the detector of this version",
            &ShippedNetwork::Companion.sha256()[..12],
            "--models",
        ] {
            assert!(error.contains(text), "no {text:?} in {error:?}");
        }
        assert!(!error.contains('\n'));
    }

    #[test]
    fn what_is_not_compiled_in_is_looked_for_next_to_the_program() {
        let program = std::env::current_exe().unwrap();
        let expected = program.parent().unwrap().join("models");
        for network in ShippedNetwork::ALL {
            let path = network.path(&ModelSource::Program);
            let is_compiled_in = embedded::bytes(network).is_some();
            assert_eq!(
                path,
                (!is_compiled_in).then(|| expected.join(network.file_name()))
            );
        }
    }
}
