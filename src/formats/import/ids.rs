//! Ids of new rows: those of the file where they are free, others where they are not.

use std::collections::HashSet;

use super::report::ImportReport;

/// Ids of a file of at least this value are not kept, since few would be left for later rows.
const MAX_KEPT_ID: u64 = 1 << 31;

/// Gives each new row the id that the file asks for if it is free, and otherwise one above all of
/// the ids in the file.
pub(super) struct IdAllocator {
    first_free: u32,
    next: u32,
    taken: HashSet<u32>,
    /// Number of ids that were not kept.
    renumbered: usize,
    /// The first id that was not kept, and the one given for it.
    example: Option<(u64, u32)>,
}

impl IdAllocator {
    /// An allocator for ids of at least `first_free`, given all of the ids that the file asks for.
    pub(super) fn new(first_free: u32, requested: impl Iterator<Item = u64>) -> Self {
        let largest = requested.filter(|id| *id < MAX_KEPT_ID).max().unwrap_or(0) as u32;
        Self {
            first_free,
            next: first_free.max(largest.saturating_add(1)),
            taken: HashSet::new(),
            renumbered: 0,
            example: None,
        }
    }

    pub(super) fn allocate(&mut self, requested: Option<u64>) -> u32 {
        let usable = u64::from(self.first_free)..MAX_KEPT_ID;
        if let Some(id) = requested.filter(|id| usable.contains(id))
            && self.taken.insert(id as u32)
        {
            return id as u32;
        }
        let id = self.next;
        self.next = self.next.saturating_add(1);
        if let Some(requested) = requested {
            self.renumbered += 1;
            self.example.get_or_insert((requested, id));
        }
        id
    }

    /// Reports how many ids of rows of a kind, given in the singular and the plural, were not kept.
    pub(super) fn report(self, [one, several]: [&str; 2], report: &mut ImportReport) {
        if let Some((requested, given)) = self.example {
            let count = self.renumbered;
            let rows = if count == 1 { one } else { several };
            report.changed.add(format!(
                "{count} {rows} got a new id, because an id in the file is in use, repeated or out \
                 of range (for example, {requested} is now {given})"
            ));
        }
    }
}
