//! Folders for data of the user rather than of a project, and where the networks are.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::nn::shipped::ModelSource;

/// The files and folders; `None` where the system does not provide one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppDirs {
    /// The settings file.
    pub settings: Option<PathBuf>,
    /// The folder of caches, which can be recreated.
    pub caches: Option<PathBuf>,
    /// The folder of class heads that were trained in the window.
    pub heads: Option<PathBuf>,
    /// The folder of the sample pictures.
    pub sample: Option<PathBuf>,
    /// Where the networks that the program comes with are.
    pub models: ModelSource,
}

impl AppDirs {
    /// The folders of the current user.
    pub fn for_user(models: ModelSource) -> Self {
        let folders = ProjectDirs::from("", "", "tsukami");
        let dirs = folders.map_or_else(Self::default, |folders| Self {
            settings: Some(folders.config_dir().join("settings.json")),
            caches: Some(folders.cache_dir().to_path_buf()),
            heads: Some(folders.data_dir().join("heads")),
            sample: Some(folders.data_dir().join("Sample pictures")),
            ..Self::default()
        });
        Self { models, ..dirs }
    }

    /// All in one folder.
    pub fn inside(folder: &Path) -> Self {
        Self {
            settings: Some(folder.join("settings.json")),
            caches: Some(folder.join("cache")),
            heads: Some(folder.join("heads")),
            sample: Some(folder.join("Sample pictures")),
            models: ModelSource::Program,
        }
    }
}
