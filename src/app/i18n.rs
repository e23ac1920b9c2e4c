//! The texts of the window, in [Fluent](https://projectfluent.org).
//!
//! The texts are in `assets/locales/<language>/*.ftl` and are compiled in. Code names them by their
//! ids through the macro `tr!`, which takes arguments. The tests check that
//! every id exists, that every text is used, and that arguments match.
//!
//! The errors of `store`, `pictures` and `formats` are English texts in those modules, and are not in
//! these files yet.
//!
//! Another language is another folder, with the same ids, and a choice of the bundle below.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// The files of the English texts.
const ENGLISH: [&str; 5] = [
    include_str!("../../assets/locales/en/commands.ftl"),
    include_str!("../../assets/locales/en/dialogs.ftl"),
    include_str!("../../assets/locales/en/messages.ftl"),
    include_str!("../../assets/locales/en/panels.ftl"),
    include_str!("../../assets/locales/en/words.ftl"),
];

/// Shown for a missing text; the tests make sure that none is missing.
const MISSING: &str = "?";

static BUNDLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let language = "en".parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // All languages here are written from left to right, and the marks would show in file names.
    bundle.set_use_isolating(false);
    for source in ENGLISH {
        // Messages that cannot be parsed are left out; the tests make sure that all can.
        let resource = FluentResource::try_new(source.to_owned());
        bundle.add_resource_overriding(resource.unwrap_or_else(|(resource, _)| resource));
    }
    bundle
});

/// A text of the window by its id: `tr!("id")` is a `&'static str`, and
/// `tr!("id", name = value, …)` a `String`. An attribute is named after a dot: `tr!("id.tooltip")`.
macro_rules! tr {
    ($id:literal) => {
        $crate::app::i18n::text($id)
    };
    ($id:literal, $($name:ident = $value:expr),+ $(,)?) => {{
        let mut args = fluent_bundle::FluentArgs::new();
        $(args.set(stringify!($name), $value);)+
        $crate::app::i18n::format($id, &args)
    }};
}
pub(crate) use tr;

/// A text without arguments. Use `tr!`, except where the id is not a literal.
pub fn text(id: &str) -> &'static str {
    // A text without arguments is a part of its file, so nothing is copied.
    match resolve(id, None) {
        Some(Cow::Borrowed(text)) => text,
        _ => MISSING,
    }
}

/// A text with arguments. Use `tr!`.
pub fn format(id: &str, args: &FluentArgs<'_>) -> String {
    resolve(id, Some(args)).map_or_else(|| MISSING.to_owned(), Cow::into_owned)
}

/// A change that can be undone, in words, from its label in the project file. Labels that the
/// window does not use, such as those of the command line, are returned unchanged.
pub fn step(label: &str) -> String {
    if let Some(path) = label.strip_prefix("import ") {
        return tr!("step-import", path = path);
    }
    let id = format!("step-{}", label.replace(' ', "-"));
    resolve(&id, None).map_or_else(|| label.to_owned(), Cow::into_owned)
}

/// A share in 0..=1 as a whole percentage.
pub fn percent(share: impl Into<f64>) -> String {
    tr!("percent", value = format!("{:.0}", share.into() * 100.0))
}

fn resolve(id: &str, args: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
    let bundle: &'static FluentBundle<FluentResource> = &BUNDLE;
    let (message, attribute) = match id.split_once('.') {
        Some((message, attribute)) => (message, Some(attribute)),
        None => (id, None),
    };
    let message = bundle.get_message(message)?;
    let pattern = match attribute {
        Some(attribute) => message.get_attribute(attribute)?.value(),
        None => message.value()?,
    };
    Some(bundle.format_pattern(pattern, args, &mut Vec::new()))
}
