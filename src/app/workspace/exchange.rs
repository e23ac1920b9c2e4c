//! The imports and exports that are under way.

use crate::app::i18n::tr;
use crate::app::workers::events::ExchangeKind;

/// How many imports and exports are under way. They run side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exchanges {
    imports: usize,
    exports: usize,
}

impl Exchanges {
    /// One has begun.
    pub fn begin(&mut self, kind: ExchangeKind) {
        *self.number(kind) += 1;
    }

    /// One has ended, whether it succeeded or not.
    pub fn end(&mut self, kind: ExchangeKind) {
        let number = self.number(kind);
        *number = number.saturating_sub(1);
    }

    /// Whether nothing is under way.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether boxes of the model wait: written during an import, they would make it be prepared again.
    pub fn defers_writes(&self) -> bool {
        self.imports > 0
    }

    /// What the status line says, if anything is under way.
    pub fn text(&self) -> Option<&'static str> {
        if self.imports > 0 {
            return Some(tr!("importing"));
        }
        (self.exports > 0).then(|| tr!("exporting"))
    }

    fn number(&mut self, kind: ExchangeKind) -> &mut usize {
        match kind {
            ExchangeKind::Import => &mut self.imports,
            ExchangeKind::Export => &mut self.exports,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_wait_for_every_import_and_for_no_export() {
        let mut exchanges = Exchanges::default();
        exchanges.begin(ExchangeKind::Import);
        exchanges.begin(ExchangeKind::Export);
        exchanges.end(ExchangeKind::Export);
        assert!(exchanges.defers_writes() && !exchanges.is_none());
        exchanges.begin(ExchangeKind::Import);
        exchanges.end(ExchangeKind::Import);
        assert!(exchanges.defers_writes());
        exchanges.end(ExchangeKind::Import);
        assert!(exchanges.is_none());
        // One more than has begun changes nothing.
        exchanges.end(ExchangeKind::Import);
        assert!(exchanges.is_none());
    }
}
