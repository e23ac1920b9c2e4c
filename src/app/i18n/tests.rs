//! The texts and the code that uses them agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};
use proc_macro2::{TokenStream, TokenTree};

use super::*;
use crate::app::command::Command;
use crate::document::Flag;

const LOCALE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/locales/en");
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/app");

/// Prefixes of ids that are not literals in the code: they come from the names of commands and the
/// labels of changes.
const DERIVED: [&str; 2] = ["command-", "step-"];

/// Functions whose first argument can be the label of a change.
const MAKES_STEP: [&str; 5] = [
    "add_and_select",
    "commit",
    "commit_in_gesture",
    "commit_with",
    "take",
];

/// The arguments of every text, by its id; attributes are `id.attribute`.
fn texts() -> BTreeMap<String, BTreeSet<String>> {
    let mut texts = BTreeMap::new();
    let mut add = |id: String, pattern: &Pattern<&str>| {
        let mut arguments = BTreeSet::new();
        of_pattern(pattern, &mut arguments);
        assert!(texts.insert(id.clone(), arguments).is_none(), "{id} twice");
    };
    for source in ENGLISH {
        let resource = FluentResource::try_new(source.to_owned());
        let resource = resource.unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
        for entry in resource.entries() {
            let Entry::Message(message) = entry else {
                continue;
            };
            let id = message.id.name;
            if let Some(pattern) = &message.value {
                add(id.to_owned(), pattern);
            }
            for attribute in &message.attributes {
                add(format!("{id}.{}", attribute.id.name), &attribute.value);
            }
        }
    }
    texts
}

fn of_pattern(pattern: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, arguments);
        }
    }
}

fn of_expression(expression: &Expression<&str>, arguments: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => of_inline(inline, arguments),
        Expression::Select { selector, variants } => {
            of_inline(selector, arguments);
            for variant in variants {
                of_pattern(&variant.value, arguments);
            }
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, arguments: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            arguments.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => of_expression(expression, arguments),
        InlineExpression::FunctionReference {
            arguments: CallArguments { positional, .. },
            ..
        } => {
            for inline in positional {
                of_inline(inline, arguments);
            }
        }
        _ => {}
    }
}

/// The texts that the code uses.
#[derive(Default)]
struct Uses {
    /// Each `tr!`: the file, the id and the names of the arguments.
    calls: Vec<(String, String, BTreeSet<String>)>,
    /// All string literals, since tables contain ids too.
    literals: BTreeSet<String>,
    /// The labels of changes.
    steps: BTreeSet<String>,
}

impl Uses {
    fn of_sources() -> Self {
        let mut uses = Self::default();
        for entry in walkdir::WalkDir::new(SOURCES) {
            let path = entry.unwrap().into_path();
            if path.extension().is_none_or(|extension| extension != "rs")
                || path.starts_with(Path::new(SOURCES).join("i18n"))
            {
                continue;
            }
            let tokens: TokenStream = fs::read_to_string(&path).unwrap().parse().unwrap();
            uses.add(&path.display().to_string(), tokens);
        }
        uses
    }

    fn add(&mut self, file: &str, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let before = at.checked_sub(1).map(|at| tokens[at].to_string());
                    let name = match before.as_deref() {
                        Some("!") => at.checked_sub(2).map(|at| tokens[at].to_string()),
                        other => other.map(str::to_owned),
                    };
                    let first = group.stream().into_iter().next();
                    let first = first.as_ref().and_then(literal);
                    match (name.as_deref(), first) {
                        (Some("tr"), Some(id)) => {
                            let arguments = named_arguments(group.stream());
                            self.calls.push((file.to_owned(), id, arguments));
                        }
                        (Some(name), Some(label)) if MAKES_STEP.contains(&name) => {
                            self.steps.insert(label);
                        }
                        _ => {}
                    }
                    self.add(file, group.stream());
                }
                token => self.literals.extend(literal(token)),
            }
        }
    }
}

fn literal(token: &TokenTree) -> Option<String> {
    let text = token.to_string();
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(text.to_owned())
}

/// The names in `"id", name = value, …`.
fn named_arguments(tokens: TokenStream) -> BTreeSet<String> {
    let tokens: Vec<String> = tokens.into_iter().map(|token| token.to_string()).collect();
    let named = tokens.windows(4).filter(|window| {
        let [comma, name, equals, next] = window else {
            return false;
        };
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase());
        comma == "," && is_name && equals == "=" && next != "="
    });
    named.map(|window| window[1].clone()).collect()
}

#[test]
fn every_file_is_compiled_in() {
    let mut names: Vec<_> = fs::read_dir(LOCALE)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let sources: Vec<String> = names
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    assert_eq!(sources, ENGLISH);
}

#[test]
fn every_text_that_the_code_asks_for_exists_with_these_arguments() {
    let texts = texts();
    for (file, id, arguments) in Uses::of_sources().calls {
        let expected = texts.get(&id);
        assert_eq!(expected, Some(&arguments), "{id} in {file}");
    }
}

#[test]
fn every_text_is_used() {
    let uses = Uses::of_sources();
    let unused: Vec<String> = texts()
        .into_keys()
        .filter(|id| !DERIVED.iter().any(|prefix| id.starts_with(prefix)))
        // The effect of a gesture belongs to the id of the gesture.
        .filter(|id| !uses.literals.contains(id.trim_end_matches(".effect")))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_text_without_arguments_is_a_part_of_its_file() {
    for (id, arguments) in texts() {
        assert!(!arguments.is_empty() || text(&id) != MISSING, "{id}");
    }
}

#[test]
fn every_command_has_a_label_and_a_tooltip_and_no_other_has() {
    let mut expected: Vec<String> = Command::ALL
        .iter()
        .flat_map(|command| [command.text_id(), format!("{}.tooltip", command.text_id())])
        .collect();
    expected.sort();
    let found: Vec<String> = texts()
        .into_keys()
        .filter(|id| id.starts_with("command-"))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_change_that_can_be_undone_has_a_text_and_no_other_has() {
    let texts = texts();
    let mut uses = Uses::of_sources();
    let flags = Flag::ALL.map(|flag| flag.name().to_owned());
    uses.steps.extend(flags.clone());
    uses.literals.extend(flags);
    for label in uses.steps {
        let id = format!("step-{}", label.replace(' ', "-"));
        assert!(texts.contains_key(&id), "{id}");
    }
    for id in texts.into_keys() {
        let label = id.strip_prefix("step-").filter(|label| *label != "import");
        let label = label.map(|label| label.replace('-', " "));
        assert!(
            label.is_none_or(|label| uses.literals.contains(&label)),
            "{id}"
        );
    }
}

#[test]
fn labels_of_changes_become_texts() {
    assert_eq!(step("not done"), "reopen");
    assert_eq!(step("import a.json"), "import a.json");
    assert_eq!(step("from another program"), "from another program");
}

#[test]
fn plurals_are_right() {
    assert_eq!(tr!("pictures", count = 1), "1 picture");
    assert_eq!(tr!("pictures", count = 0), "0 pictures");
    assert_eq!(tr!("boxes", count = 2_usize), "2 boxes");
    assert_eq!(percent(0.125), "12 %");
}
