//! The layers of the program: which module may use which, as in the table in `src/lib.rs`.
//!
//! The sources are parsed. A module uses another if any of its paths leads there: in a `use` tree, in
//! an expression, a type or a pattern, or in a macro call. Code behind `#[cfg(test)]` may use
//! anything.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};

/// Every module with the modules that it may use. `src/lib.rs` shows the same table.
const LAYERS: &[(&str, &[&str])] = &[
    ("geometry", &[]),
    ("files", &[]),
    ("naming", &[]),
    ("pictures", &["files", "geometry"]),
    ("localize", &["geometry"]),
    ("evaluate", &["geometry"]),
    ("nn", &["files", "geometry"]),
    ("tscam", &["nn", "localize", "pictures", "geometry"]),
    ("detect", &["nn", "pictures", "geometry"]),
    ("segment", &["nn", "pictures", "geometry"]),
    (
        "learn",
        &[
            "nn", "tscam", "localize", "pictures", "evaluate", "files", "geometry",
        ],
    ),
    (
        "propose",
        &[
            "pictures", "tscam", "detect", "localize", "learn", "nn", "naming", "geometry",
        ],
    ),
    ("document", &["geometry", "naming"]),
    (
        "store",
        &["document", "files", "pictures", "geometry", "naming"],
    ),
    (
        "formats",
        &["document", "pictures", "files", "naming", "geometry"],
    ),
    (
        "bulk",
        &[
            "propose", "formats", "pictures", "tscam", "localize", "files", "naming",
        ],
    ),
    (
        "app",
        &[
            "detect", "document", "evaluate", "files", "formats", "geometry", "learn", "localize",
            "naming", "nn", "pictures", "propose", "segment", "store", "tscam",
        ],
    ),
    (
        "cli",
        &[
            "app", "bulk", "detect", "document", "evaluate", "files", "formats", "geometry",
            "learn", "localize", "naming", "nn", "pictures", "propose", "segment", "store",
            "tscam",
        ],
    ),
];

/// Crates that only some modules may use.
const CRATES: &[(&[&str], &[&str])] = &[
    (
        &["candle_core", "candle_nn"],
        &["nn", "tscam", "detect", "segment", "learn"],
    ),
    (
        &["egui", "eframe", "egui_extras", "egui_plot", "rfd"],
        &["app"],
    ),
    (&["rusqlite"], &["store", "app"]),
    (&["clap", "anyhow", "indicatif"], &["cli"]),
];

/// Modules without input and output, clock or threads.
const PURE: &[&str] = &["geometry", "naming", "document", "evaluate", "localize"];
const IO: &[&str] = &["env", "fs", "io", "net", "process", "thread", "time"];

/// No source file may be longer, except tests.
const MAX_LINES: usize = 600;

/// A path of names from the root of the crate, without `crate`.
type Names = Vec<String>;

/// A source file.
struct Source {
    /// Relative to `src`, with `/`.
    name: String,
    lines: usize,
    tree: syn::File,
}

impl Source {
    /// The module that the file is.
    fn module(&self) -> Names {
        let path = self.name.strip_suffix(".rs").unwrap();
        let mut names: Names = path.split('/').map(str::to_owned).collect();
        if matches!(names.last().unwrap().as_str(), "mod" | "lib" | "main") {
            names.pop();
        }
        names
    }
}

/// All files below `src`, in the order of their names.
fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&src).sort_by_file_name().into_iter();
    let files = files.map(Result::unwrap);
    let files = files.filter(|file| file.path().extension().is_some_and(|ext| ext == "rs"));
    let sources: Vec<Source> = files
        .map(|file| {
            let name = file.path().strip_prefix(&src).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            let text = fs::read_to_string(file.path()).unwrap();
            Source {
                lines: text.lines().count(),
                tree: syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}")),
                name,
            }
        })
        .collect();
    assert!(sources.len() > 100, "these are the sources");
    sources
}

/// Whether an item exists only for tests.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute.path().is_ident("cfg");
        condition
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

/// The sources without the files that only tests see.
fn without_tests(sources: Vec<Source>) -> Vec<Source> {
    let mut of_tests: BTreeSet<Names> = BTreeSet::new();
    for source in &sources {
        for item in &source.tree.items {
            if let syn::Item::Mod(item) = item
                && item.content.is_none()
                && is_for_tests(&item.attrs)
            {
                let mut module = source.module();
                module.push(item.ident.to_string());
                of_tests.insert(module);
            }
        }
    }
    let is_kept = |source: &Source| {
        let module = source.module();
        !(0..=module.len()).any(|end| of_tests.contains(&module[..end]))
    };
    sources.into_iter().filter(is_kept).collect()
}

/// The paths in a file: those into the crate, counted from its root, and those into other crates.
struct Paths {
    /// The module that the visitor is in.
    module: Names,
    /// What a name at the beginning of a path stands for: an import or a child module.
    aliases: BTreeMap<String, Names>,
    own: BTreeSet<Names>,
    foreign: BTreeSet<Names>,
}

impl Paths {
    fn of(source: &Source) -> Self {
        let mut paths = Self {
            module: source.module(),
            aliases: BTreeMap::new(),
            own: BTreeSet::new(),
            foreign: BTreeSet::new(),
        };
        for item in &source.tree.items {
            if let syn::Item::Mod(item) = item {
                let name = item.ident.to_string();
                let mut child = paths.module.clone();
                child.push(name.clone());
                paths.aliases.insert(name, child);
            }
        }
        // Twice, because an import may stand below a path that begins with it.
        paths.visit_file(&source.tree);
        paths.own.clear();
        paths.foreign.clear();
        paths.visit_file(&source.tree);
        paths
    }

    /// The path from the root of the crate, if it leads there.
    fn resolve(&self, path: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        let (mut base, mut rest) = match first.as_str() {
            "crate" | "tsukami" => (Vec::new(), rest),
            "self" => (self.module.clone(), rest),
            "super" => (self.module.split_last()?.1.to_vec(), rest),
            name => (self.aliases.get(name)?.clone(), rest),
        };
        while let Some(("super", after)) = rest.split_first().map(|(f, a)| (f.as_str(), a)) {
            base.pop();
            rest = after;
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    fn add(&mut self, path: &[String]) {
        match self.resolve(path) {
            Some(path) => drop(self.own.insert(path)),
            None => drop(self.foreign.insert(path.to_vec())),
        }
    }

    /// The paths of a `use` tree.
    fn add_use(&mut self, before: &Names, tree: &syn::UseTree) {
        let mut path = before.clone();
        match tree {
            syn::UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.add_use(&path, &tree.tree);
            }
            syn::UseTree::Group(tree) => {
                for tree in &tree.items {
                    self.add_use(before, tree);
                }
            }
            syn::UseTree::Glob(_) => self.add(&path),
            syn::UseTree::Name(tree) => self.import(path, &tree.ident.to_string(), None),
            syn::UseTree::Rename(tree) => {
                let name = tree.rename.to_string();
                self.import(path, &tree.ident.to_string(), Some(name));
            }
        }
    }

    fn import(&mut self, mut path: Names, last: &str, rename: Option<String>) {
        if last != "self" {
            path.push(last.to_owned());
        }
        self.add(&path);
        if let (Some(resolved), Some(name)) = (self.resolve(&path), path.last()) {
            self.aliases
                .insert(rename.unwrap_or_else(|| name.clone()), resolved);
        }
    }

    /// Adds the paths in the text of a macro call, which the parser leaves as tokens.
    fn add_tokens(&mut self, text: &str) {
        let mut path = Names::new();
        let mut is_open = false;
        // `pub(in crate::app)` uses nothing.
        let text = text.replace("pub (in crate ::", "pub (");
        for word in words(&text) {
            if word == "::" {
                is_open = !path.is_empty();
            } else {
                if !is_open {
                    self.add_tokens_path(&path);
                    path.clear();
                }
                is_open = false;
                if word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                    path.push(word);
                } else {
                    self.add_tokens_path(&path);
                    path.clear();
                }
            }
        }
        self.add_tokens_path(&path);
    }

    fn add_tokens_path(&mut self, path: &[String]) {
        if path.len() > 1 {
            self.add(path);
        }
    }
}

/// The words, the `::` and the other signs of Rust tokens. A string is one word, with its quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() || first == '_' {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else if first == '"' {
            let mut is_escaped = false;
            let end = rest[1..].find(|c| {
                let is_end = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            });
            end.map_or(rest.len(), |end| end + 2)
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        if !first.is_whitespace() {
            words.push(word.to_owned());
        }
        rest = after;
    }
    words
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_for_tests(&item.attrs) {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.add_use(&Vec::new(), &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if names.len() > 1 {
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.add_tokens(&call.tokens.to_string());
        visit::visit_macro(self, call);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::app)` uses nothing.
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.add_tokens(&list.tokens.to_string());
        }
    }
}

/// Every file with the files that it uses.
fn file_edges(sources: &[Source]) -> BTreeMap<&str, BTreeSet<&str>> {
    let files: BTreeMap<Names, &str> = sources
        .iter()
        .filter(|source| source.name != "main.rs")
        .map(|source| (source.module(), source.name.as_str()))
        .collect();
    let file_of = |path: &[String]| {
        let mut ends = (0..=path.len()).rev();
        ends.find_map(|end| files.get(&path[..end]).copied())
    };
    let edges = sources.iter().map(|source| {
        let paths = Paths::of(source).own;
        let used = paths.iter().filter_map(|path| file_of(path));
        let used = used.filter(|used| *used != source.name);
        (source.name.as_str(), used.collect())
    });
    edges.collect()
}

/// The groups of files that use each other, directly or through others.
fn circles<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Vec<&'a str>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> = edges
        .keys()
        .map(|from| {
            let mut reached = BTreeSet::new();
            let mut open = vec![*from];
            while let Some(file) = open.pop() {
                for next in edges.get(file).into_iter().flatten() {
                    if reached.insert(*next) {
                        open.push(next);
                    }
                }
            }
            (*from, reached)
        })
        .collect();
    let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (file, reached) in &reach {
        if reached.contains(file) {
            let others = reached.iter().filter(|other| {
                let back = reach.get(*other);
                back.is_some_and(|back| back.contains(file))
            });
            circles.insert(others.copied().collect());
        }
    }
    circles.into_iter().collect()
}

/// The first name of a path within the crate.
fn layer(path: &[String]) -> Option<&str> {
    path.first().map(String::as_str)
}

#[test]
fn paths_are_found_in_all_places() {
    let text = r#"
        //! Docs may name crate::docs::Anything.
        use crate::{grouped::A, nested::{self, B as C}};
        use super::sibling;
        pub use self::child::D;
        mod child;
        fn f(x: crate::typed::E) -> super::super::parent::F {
            use crate::local::G;
            sibling::deep::h(C::new(), nested::i());
            println!("{} crate::string::J", crate::in_macro::K);
            candle_core::Tensor::l()
        }
        pub(in crate::visible) struct M;
        #[cfg(test)]
        mod tests {
            use crate::only_in_tests::N;
        }
    "#;
    let source = Source {
        name: "a/b/c.rs".to_owned(),
        lines: 1,
        tree: syn::parse_file(text).unwrap(),
    };
    let paths = Paths::of(&source);
    let join = |paths: BTreeSet<Names>| -> Vec<String> {
        paths.into_iter().map(|path| path.join("::")).collect()
    };
    assert_eq!(
        join(paths.own),
        [
            "a::b::c::child::D",
            "a::b::sibling",
            "a::b::sibling::deep::h",
            "a::parent::F",
            "grouped::A",
            "in_macro::K",
            "local::G",
            "nested",
            "nested::B",
            "nested::B::new",
            "nested::i",
            "typed::E",
        ]
    );
    assert_eq!(join(paths.foreign), ["candle_core::Tensor::l"]);
}

#[test]
fn a_circle_is_found() {
    let edges = BTreeMap::from([
        ("a", BTreeSet::from(["b"])),
        ("b", BTreeSet::from(["c", "d"])),
        ("c", BTreeSet::from(["a"])),
        ("d", BTreeSet::new()),
    ]);
    assert_eq!(circles(&edges), [["a", "b", "c"]]);
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let sources = without_tests(sources());
    let table: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut found = BTreeSet::new();
    for source in &sources {
        let module = source.module();
        let Some(own) = layer(&module) else {
            continue;
        };
        for path in Paths::of(source).own {
            let Some(used) = layer(&path) else {
                continue;
            };
            let is_allowed = table
                .get(own)
                .is_some_and(|allowed| allowed.contains(&used));
            if used != own && table.contains_key(used) && !is_allowed {
                found.insert(format!("{} uses {}", source.name, path.join("::")));
            }
        }
    }
    assert_none(&found);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = without_tests(sources());
    let edges = file_edges(&sources);
    let found = circles(&edges).into_iter().map(|circle| {
        let mut text = String::new();
        for file in &circle {
            let used = edges[file].iter().filter(|used| circle.contains(used));
            let used: Vec<&str> = used.copied().collect();
            write!(text, "\n    {file} -> {}", used.join(", ")).unwrap();
        }
        format!("circle of {}:{text}", circle.len())
    });
    assert_none(&found.collect());
}

#[test]
fn no_source_file_is_too_long() {
    let sources = without_tests(sources());
    let long = sources.iter().filter(|source| source.lines > MAX_LINES);
    let found = long.map(|source| format!("{} has {} lines", source.name, source.lines));
    assert_none(&found.collect());
}

#[test]
fn crates_stay_in_their_modules() {
    let mut found = BTreeSet::new();
    for source in without_tests(sources()) {
        let module = source.module();
        let Some(own) = layer(&module) else {
            continue;
        };
        for path in Paths::of(&source).foreign {
            let first = path[0].as_str();
            let of_other = CRATES
                .iter()
                .any(|(crates, modules)| crates.contains(&first) && !modules.contains(&own));
            let does_io = PURE.contains(&own)
                && first == "std"
                && path.get(1).is_some_and(|part| IO.contains(&part.as_str()));
            if of_other || does_io {
                found.insert(format!("{} uses {}", source.name, path.join("::")));
            }
        }
    }
    assert_none(&found);
}

/// Panels, dialogs and the canvas return actions. They never receive mutable state.
#[test]
fn what_draws_changes_no_state() {
    struct Changed(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Changed {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            if let (Some(_), syn::Type::Path(path)) = (&reference.mutability, &*reference.elem) {
                let last = path.path.segments.last().unwrap().ident.to_string();
                if ["Document", "Project", "Session", "Window", "Workspace"].contains(&&*last) {
                    self.0.insert(last);
                }
            }
            visit::visit_type_reference(self, reference);
        }
    }
    let mut found = BTreeSet::new();
    for source in without_tests(sources()) {
        let draws = ["app/panels/", "app/dialogs/", "app/canvas/"];
        if draws.iter().any(|folder| source.name.starts_with(folder)) {
            let mut changed = Changed(BTreeSet::new());
            changed.visit_file(&source.tree);
            let texts = changed.0.into_iter();
            found.extend(texts.map(|name| format!("{} takes &mut {name}", source.name)));
        }
    }
    assert_none(&found);
}

/// The text of the documentation of a file.
fn docs(source: &Source) -> String {
    let lines = source.tree.attrs.iter().filter_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) if pair.path.is_ident("doc") => Some(text.value() + "\n"),
            _ => None,
        }
    });
    lines.collect()
}

#[test]
fn the_map_shows_every_module_once_with_what_it_may_use() {
    let sources = sources();
    let lib = sources.iter().find(|source| source.name == "lib.rs");
    let lib = lib.unwrap();
    let modules = lib.tree.items.iter().filter_map(|item| match item {
        syn::Item::Mod(item) => Some(item.ident.to_string()),
        _ => None,
    });
    let modules: BTreeSet<String> = modules.collect();
    let mut found = BTreeSet::new();
    let table: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let tabled: BTreeSet<String> = table.keys().map(|name| (*name).to_owned()).collect();
    for name in modules.symmetric_difference(&tabled) {
        found.insert(format!(
            "{name} is in src/lib.rs or in this table, not in both"
        ));
    }
    let docs = docs(lib);
    let bare = |text: &str| text.trim().trim_matches(['[', ']', '`']).to_owned();
    for name in &modules {
        let rows: Vec<Vec<String>> = docs
            .lines()
            .filter(|line| line.trim_start().starts_with('|'))
            .map(|line| line.trim().trim_matches('|').split('|').map(bare).collect())
            .filter(|cells: &Vec<String>| cells[0] == *name)
            .collect();
        let [cells] = &rows[..] else {
            found.insert(format!("the map has {} rows of {name}", rows.len()));
            continue;
        };
        let allowed = table.get(name.as_str()).copied().unwrap_or_default();
        let mut allowed: Vec<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let uses = cells.get(2).map_or("", String::as_str);
        let mut shown: Vec<String> = uses.split(',').map(bare).collect();
        shown.retain(|name| !name.is_empty() && name != "-" && name != "–");
        let all_but = |others: &[&str]| {
            let all = modules.iter().filter(|other| *other != name);
            let all = all.filter(|other| !others.contains(&other.as_str()));
            all.cloned().collect::<Vec<String>>()
        };
        match uses {
            "all" => shown = all_but(&[]),
            "all but cli and bulk" => shown = all_but(&["cli", "bulk"]),
            _ => {}
        }
        allowed.sort();
        shown.sort();
        if shown != allowed {
            found.insert(format!(
                "the map says that {name} may use {shown:?}, not {allowed:?}"
            ));
        }
    }
    assert_none(&found);
}

#[track_caller]
fn assert_none(found: &BTreeSet<String>) {
    let lines: Vec<&str> = found.iter().map(String::as_str).collect();
    assert!(found.is_empty(), "\n  {}\n", lines.join("\n  "));
}
