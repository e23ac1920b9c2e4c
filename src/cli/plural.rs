//! Counts with their nouns.

/// A count and its noun, in the plural unless the count is 1: "1 picture", "2 boxes".
pub fn counted(count: usize, noun: &str) -> String {
    let ending = match (count, noun.ends_with(['s', 'x'])) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!(counted(1, "picture"), "1 picture");
        assert_eq!(counted(0, "picture"), "0 pictures");
        assert_eq!(counted(2, "class"), "2 classes");
        assert_eq!(counted(3, "box"), "3 boxes");
    }
}
