//! Messages of an import or export for a person.

/// Sentences for a person. Only the first thousand are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The first sentences; each names the file, picture or box that it is about.
    pub texts: Vec<String>,
    /// How many further sentences were dropped.
    pub omitted: usize,
}

impl Messages {
    const MAX_KEPT: usize = 1000;

    pub(super) fn add(&mut self, text: impl Into<String>) {
        if self.texts.len() < Self::MAX_KEPT {
            self.texts.push(text.into());
        } else {
            self.omitted += 1;
        }
    }

    /// Adds all messages of another list.
    pub(super) fn append(&mut self, other: Self) {
        other.texts.into_iter().for_each(|text| self.add(text));
        self.omitted += other.omitted;
    }

    /// Whether there is no message.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
