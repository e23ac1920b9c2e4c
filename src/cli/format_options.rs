//! What `tsukami import` and `tsukami export` share: names of formats, and the messages of a run.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::formats::{FolderLayout, Format, Messages, MissingPictures};

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
    PossibleValuesParser::new(MissingPictures::ALL.map(MissingPictures::name)).map(|name| {
        let mut all = MissingPictures::ALL.into_iter();
        all.find(|one| one.name() == name).unwrap_or_default()
    })
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
