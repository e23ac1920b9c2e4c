//! What a run reports during its work and at its end.

/// What happens during a run.
pub enum BulkEvent<'a> {
    /// The pictures are known; `resumed` of `total` were done by an earlier run.
    Started {
        /// Number of pictures of this run.
        total: usize,
        /// Number of pictures that are not processed again.
        resumed: usize,
    },
    /// A picture is done.
    Done {
        /// Its name.
        name: &'a str,
        /// Number of its boxes.
        boxes: usize,
    },
    /// A picture failed.
    Failed {
        /// Why, in one sentence that names it.
        reason: &'a str,
    },
    /// A warning about a picture that is processed all the same, or about folders that were skipped.
    Warning {
        /// One sentence that names it.
        text: &'a str,
    },
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkSummary {
    /// Number of pictures in the file.
    pub pictures: usize,
    /// Number of boxes in the file.
    pub boxes: usize,
    /// One sentence for each picture or path that failed.
    pub failed: Vec<String>,
    /// Whether the run was cancelled before all pictures were done.
    pub interrupted: bool,
}
