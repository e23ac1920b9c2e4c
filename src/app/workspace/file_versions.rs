//! Versions of picture files: what the workers have made of an earlier one is dropped.

use std::collections::HashMap;

use crate::app::workers::requests::PictureVersion;
use crate::document::PictureId;

/// How often the file of each picture has changed since the project was opened.
#[derive(Default)]
pub struct FileVersions(HashMap<PictureId, u32>);

impl FileVersions {
    /// The version of a file now.
    pub fn of(&self, picture: PictureId) -> PictureVersion {
        PictureVersion {
            picture,
            version: self.0.get(&picture).copied().unwrap_or(0),
        }
    }

    /// Whether a result is for the file as it is now.
    pub fn is_current(&self, version: PictureVersion) -> bool {
        self.of(version.picture) == version
    }

    pub(super) fn advance(&mut self, picture: PictureId) {
        *self.0.entry(picture).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_for_an_earlier_version_are_not_current() {
        let mut versions = FileVersions::default();
        let before = versions.of(PictureId(1));
        assert!(versions.is_current(before));
        versions.advance(PictureId(1));
        assert!(!versions.is_current(before));
        assert!(versions.is_current(versions.of(PictureId(1))));
        assert!(
            versions.is_current(versions.of(PictureId(2))),
            "others stay"
        );
    }
}
