//! Writes an instances file, but only one that readers accept.

use std::path::Path;

use super::types::{Detection, Instances};
use crate::files::write_whole;
use crate::formats::ascii_json::to_ascii_json;
use crate::formats::error::FormatError;

impl Instances {
    /// Writes the file whole or not at all, after reading back what would be written.
    ///
    /// # Errors
    /// If the file cannot be written, or would not pass [`check`](Self::check).
    pub fn write(&self, path: &Path) -> Result<(), FormatError> {
        let bytes = self.to_checked_json(path, Self::check)?;
        write_whole(path, |writer| writer.write_all(&bytes))?;
        Ok(())
    }

    fn to_checked_json(
        &self,
        path: &Path,
        check: impl Fn(&Self) -> Result<(), String>,
    ) -> Result<Vec<u8>, FormatError> {
        let bytes = to_ascii_json(self).map_err(FormatError::unwritable(path))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string());
        let reread = text.and_then(Self::parse);
        reread.and_then(|reread| check(&reread)).map_err(|fault| {
            let reason = format!("not written because it would be invalid: {fault}");
            FormatError::malformed(path, reason)
        })?;
        Ok(bytes)
    }
}

/// Writes a results list, whole or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn write_detections(path: &Path, detections: &[Detection]) -> Result<(), FormatError> {
    let bytes = to_ascii_json(&detections).map_err(FormatError::unwritable(path))?;
    write_whole(path, |writer| writer.write_all(&bytes))?;
    Ok(())
}
