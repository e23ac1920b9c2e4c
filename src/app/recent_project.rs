//! What is remembered of a project that was open.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How much of a project is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Pictures that are done.
    pub done: usize,
    /// Pictures in the project.
    pub pictures: usize,
}

/// A project that was open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct RecentProject {
    /// Its file.
    pub path: PathBuf,
    /// When it was last opened, in seconds since 1970; unknown in lists of former versions.
    pub opened: Option<u64>,
    /// How much of it was done when it was last seen.
    pub progress: Option<Progress>,
}

/// The form in the settings file. Former versions wrote paths alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Path(PathBuf),
    Row {
        path: PathBuf,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        done: Option<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pictures: Option<usize>,
    },
}

impl From<Stored> for RecentProject {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Path(path) => Self {
                path,
                opened: None,
                progress: None,
            },
            Stored::Row {
                path,
                opened,
                done,
                pictures,
            } => {
                let progress = done.zip(pictures);
                let progress = progress.map(|(done, pictures)| Progress { done, pictures });
                Self {
                    path,
                    opened,
                    progress,
                }
            }
        }
    }
}

impl From<RecentProject> for Stored {
    fn from(project: RecentProject) -> Self {
        if project.opened.is_none() && project.progress.is_none() {
            // As it was read.
            return Self::Path(project.path);
        }
        Self::Row {
            path: project.path,
            opened: project.opened,
            done: project.progress.map(|progress| progress.done),
            pictures: project.progress.map(|progress| progress.pictures),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_former_versions_are_read_and_new_ones_come_back() {
        let text =
            r#"["/a", {"path": "/b", "opened": 5, "done": 1, "pictures": 2}, {"path": "/c"}]"#;
        let list: Vec<RecentProject> = serde_json::from_str(text).unwrap();
        let progress = Progress {
            done: 1,
            pictures: 2,
        };
        let facts = list.iter().map(|row| (row.opened, row.progress));
        let expected = [(None, None), (Some(5), Some(progress)), (None, None)];
        assert_eq!(facts.collect::<Vec<_>>(), expected);
        let text = serde_json::to_string(&list).unwrap();
        assert!(
            text.starts_with(r#"["/a",{"path":"/b","opened":5"#),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<Vec<RecentProject>>(&text).unwrap(),
            list
        );
    }
}
