//! A learned state as the text that a setting of the project stores.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::learn::boxes::LearnedProposer;

/// The text of a learned state. `kind` is what it is bound to, see
/// [`ModelInfo::model_key`](super::requests::ModelInfo::model_key).
pub fn encode(learned: &LearnedProposer, kind: &str) -> String {
    STANDARD.encode(learned.to_bytes(kind))
}

/// The learned state of a text; nothing if the text is damaged or of another kind.
pub fn decode(text: &str, kind: &str) -> Option<LearnedProposer> {
    LearnedProposer::from_bytes(&STANDARD.decode(text).ok()?, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_text_is_rejected() {
        assert_eq!(decode("not base64!", "model/fast"), None);
        assert_eq!(decode("AAAA", "model/fast"), None);
    }
}
