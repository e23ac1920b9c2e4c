//! The words of a class name, in the form in which names are compared.

/// The words of a name in lower case and in the singular.
pub(super) fn words(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    name.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(singular)
        .collect()
}

/// An English word without the ending of the plural. The rules are rough, which is enough for
/// comparing two names that both go through them.
pub(super) fn singular(word: &str) -> String {
    let is_sibilant = |stem: &str| {
        let ends = ["s", "x", "z", "ch", "sh"];
        ends.iter().any(|end| stem.ends_with(end))
    };
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    if let Some(stem) = word.strip_suffix("es").filter(|stem| is_sibilant(stem)) {
        return stem.to_owned();
    }
    match word.strip_suffix('s') {
        // Not "glass", "bus", "tennis".
        Some(stem) if stem.len() > 1 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}
