//! Settings: values that a project stores by key, outside the document.

use std::collections::HashMap;

use rusqlite::OptionalExtension as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::backup;
use super::error::{Fault, StoreError};
use super::project::Project;
use super::rows::{SETTINGS, text};

impl Project {
    /// A setting, such as the picture that was shown last. `None` if it was never set.
    ///
    /// # Errors
    /// If the file cannot be read, or the setting is not a valid `T`.
    pub fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let select = "SELECT value FROM settings WHERE key = ?";
        let value: Option<String> = self
            .connection
            .prepare_cached(select)
            .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
            .map_err(|error| backup::error_at(&self.path, Fault::from(error)))?;
        let value = value.map(|value| serde_json::from_str(&value));
        value
            .transpose()
            .map_err(|source| self.bad_setting(key, source))
    }

    /// Stores a setting in the project. This is not an edit and cannot be undone.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_setting<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        let value = serde_json::to_string(value);
        let value = value.map_err(|source| self.bad_setting(key, source))?;
        self.write_setting(key, Some(&value))
    }

    /// Removes a setting.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove_setting(&mut self, key: &str) -> Result<(), StoreError> {
        self.write_setting(key, None)
    }

    /// Writes a setting as JSON text, or removes it.
    pub(super) fn write_setting(
        &mut self,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), StoreError> {
        self.write(|writer| match value {
            Some(value) => writer.put(&SETTINGS, &[text(key), text(value)]),
            None => writer.delete(&SETTINGS, &text(key)),
        })
    }

    /// All settings as JSON text.
    pub(super) fn all_settings(&self) -> Result<HashMap<String, String>, StoreError> {
        let read = || -> rusqlite::Result<HashMap<String, String>> {
            let mut statement = self
                .connection
                .prepare_cached("SELECT key, value FROM settings")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        };
        read().map_err(|error| backup::error_at(&self.path, Fault::from(error)))
    }

    fn bad_setting(&self, key: &str, source: serde_json::Error) -> StoreError {
        StoreError::Setting {
            path: self.path.clone(),
            key: key.to_owned(),
            source,
        }
    }
}
