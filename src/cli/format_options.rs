//! What `tsukami import` and `tsukami export` share: names of formats, and the messages of a run.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::formats::{FolderLayout, Format, ImportedAs, Messages, MissingPictures, SizeRule};

/// The number of messages that are shown. The others are counted.
const MAX_SHOWN: usize = 20;

/// Parses the name of a format.
pub fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse())
}

/// Parses the name of a folder layout.
pub fn layout_parser() -> impl TypedValueParser<Value = FolderLayout> {
    PossibleValuesParser::new(FolderLayout::ALL.map(FolderLayout::name))
        .try_map(|name| name.parse())
}

/// Parses what happens to pictures that the folder lacks.
pub fn missing_parser() -> impl TypedValueParser<Value = MissingPictures> {
    PossibleValuesParser::new(MissingPictures::ALL.map(MissingPictures::name))
        .try_map(|name| named(MissingPictures::ALL, MissingPictures::name, &name))
}

/// Parses what the boxes of an import become.
pub fn imported_as_parser() -> impl TypedValueParser<Value = ImportedAs> {
    PossibleValuesParser::new(ImportedAs::ALL.map(ImportedAs::name))
        .try_map(|name| named(ImportedAs::ALL, ImportedAs::name, &name))
}

/// Parses the rule for sizes that do not agree.
pub fn size_rule_parser() -> impl TypedValueParser<Value = SizeRule> {
    PossibleValuesParser::new(SizeRule::ALL.map(SizeRule::name))
        .try_map(|name| named(SizeRule::ALL, SizeRule::name, &name))
}

/// The value with this name.
fn named<T>(
    all: impl IntoIterator<Item = T>,
    name_of: fn(T) -> &'static str,
    name: &str,
) -> Result<T, String>
where
    T: Copy,
{
    let mut all = all.into_iter();
    all.find(|value| name_of(*value) == name)
        .ok_or_else(|| format!("{name:?} is not a choice"))
}

/// Reports what an import or export had to change or leave out.
pub fn print_messages(heading: &str, messages: &Messages) {
    for text in messages.texts.iter().take(MAX_SHOWN) {
        status!("{heading}: {text}");
    }
    let more = messages.texts.len().saturating_sub(MAX_SHOWN) + messages.omitted;
    if more > 0 {
        status!("{heading}: and {more} more");
    }
}
