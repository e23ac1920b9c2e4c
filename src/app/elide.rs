//! Long names and paths, shortened so that both of their ends stay.

/// The maximum number of characters of a word in a message: more is a path or a name of a file.
const MAX_WORD_CHARS: usize = 36;

/// Shortens a text in the middle to at most this many characters.
pub fn middle(text: &str, max_chars: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= max_chars {
        return text.to_owned();
    }
    // The end is the name of the file, which says more than the first folders.
    let kept = max_chars.saturating_sub(1);
    let end = kept - kept / 3;
    let (start, rest) = (kept / 3, chars.len() - end);
    chars[..start]
        .iter()
        .chain(&['…'])
        .chain(&chars[rest..])
        .collect()
}

/// Shortens the paths in a message in the middle.
pub fn paths_in(message: &str) -> String {
    let words = message.split(' ').map(|word| middle(word, MAX_WORD_CHARS));
    words.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_long_path_stay() {
        let path = "/home/anna/pictures/2026/kangaroos/second-trip/day-3/IMG_20260114_101500.jpg";
        let short = middle(path, 36);
        assert_eq!(short.chars().count(), 36);
        assert!(short.starts_with("/home/"), "{short}");
        assert!(short.ends_with("IMG_20260114_101500.jpg"), "{short}");
        assert_eq!(middle("a.jpg", 36), "a.jpg");
        assert_eq!(middle("äöüäöü", 5), "ä…öüäöü".replace("öüäöü", "äöü"));
        assert_eq!(middle("abcdef", 0), "…");
    }

    #[test]
    fn only_paths_of_a_message_are_shortened() {
        let path = format!("/data/{}/labels.json", "x".repeat(60));
        let text = paths_in(&format!("Exported 12 pictures to {path}"));
        assert!(text.starts_with("Exported 12 pictures to /data/"), "{text}");
        assert!(text.ends_with("labels.json"), "{text}");
        assert!(text.chars().count() < 64, "{text}");
    }
}
