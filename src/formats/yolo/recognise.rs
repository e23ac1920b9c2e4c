//! How label files are recognised.

/// Whether a text begins with a line of a label file.
pub(in crate::formats) fn is_label_text(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| {
            let mut words = words(line).into_iter();
            let has_class = words.next().and_then(class_number).is_some();
            let mut count = 0;
            has_class
                && words.all(|word| {
                    count += 1;
                    word.parse::<f64>().is_ok()
                })
                && count >= 4
        })
}

/// The words of a line, between spaces or between commas. Decimal commas are not taken for commas between
/// numbers, so there has to be a decimal point.
pub(super) fn words(line: &str) -> Vec<&str> {
    let line = line.trim();
    let parts: Vec<&str> = line
        .trim_end_matches(',')
        .split(',')
        .map(str::trim)
        .collect();
    let is_one_word = |part: &&str| !part.is_empty() && !part.contains(char::is_whitespace);
    if parts.len() > 1 && line.contains('.') && parts.iter().all(is_one_word) {
        return parts;
    }
    line.split_whitespace().collect()
}

/// The number of a class, which some programs write as `1.0` or `1.000e+00`.
pub(super) fn class_number(word: &str) -> Option<u64> {
    let number: f64 = word.parse().ok()?;
    let is_usable = number.fract() == 0.0 && (0.0..f64::from(u32::MAX)).contains(&number);
    is_usable.then_some(number as u64)
}
