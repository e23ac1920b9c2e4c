//! Writing the result of a comparison to the project.

use std::collections::HashMap;

use rusqlite::params;

use super::changes::FolderChanges;
use super::inspector::FileInspector;
use super::picture_file::{FileStamp, PictureFile};
use super::plan::plan;
use crate::document::{Edit, EditError, PictureId, ops};
use crate::store::backup;
use crate::store::error::{Fault, StoreError};
use crate::store::project::Project;

impl Project {
    /// Updates the project to the picture files that were found. Added, missing and moved pictures
    /// are committed outside the history. Pictures with changed content are a step that can be
    /// undone, because it may clip boxes.
    ///
    /// # Errors
    /// If the file cannot be written, or another process has changed the same pictures at the same
    /// time.
    pub fn reconcile(
        &mut self,
        found: &[PictureFile],
        inspector: &mut dyn FileInspector,
    ) -> Result<FolderChanges, StoreError> {
        let stamps = self.stamps()?;
        let plan = plan(self.document(), &stamps, found, inspector);
        self.commit_untracked("update the list of pictures", &plan.list_edit)?;
        if !plan.contents.is_empty() {
            self.commit_with("update changed pictures", None, |document| {
                let mut edits = Vec::new();
                for (id, size, hash) in &plan.contents {
                    edits.push(ops::set_content(document, *id, *size, hash.clone())?);
                }
                Ok::<_, EditError>(Edit::batch(edits))
            })?;
        }
        self.save_stamps(&stamps, &plan.stamps)?;
        Ok(plan.report)
    }

    fn stamps(&self) -> Result<HashMap<PictureId, FileStamp>, StoreError> {
        let read = || {
            let select = "SELECT picture, size, modified_ns FROM files";
            let mut statement = self.connection.prepare(select)?;
            let rows = statement.query_map([], |row| {
                let stamp = FileStamp {
                    size: row.get::<_, i64>(1)?.cast_unsigned(),
                    modified_ns: row.get(2)?,
                };
                Ok((PictureId(row.get(0)?), stamp))
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| backup::error_at(&self.path, Fault::from(error)))
    }

    fn save_stamps(
        &mut self,
        former: &HashMap<PictureId, FileStamp>,
        now: &[(String, FileStamp)],
    ) -> Result<(), StoreError> {
        let document = self.document();
        let known = now.iter().filter_map(|(path, stamp)| {
            let id = document.picture_at(path)?.id;
            (former.get(&id) != Some(stamp)).then_some((id, *stamp))
        });
        let changed: Vec<_> = known.collect();
        if changed.is_empty() {
            return Ok(());
        }
        self.write(|writer| {
            let mut statement = writer.connection().prepare(
                "INSERT OR REPLACE INTO files (picture, size, modified_ns) VALUES (?1, ?2, ?3)",
            )?;
            for (id, stamp) in changed {
                statement.execute(params![id.0, stamp.size.cast_signed(), stamp.modified_ns])?;
            }
            Ok(())
        })
    }
}
