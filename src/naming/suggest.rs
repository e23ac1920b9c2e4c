//! What a class of a model might stand for, and why that is likely.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::Naming;
use super::groups::{self, Group};

/// A person does the same thing so often before it counts.
const MIN_CORRECTIONS: usize = 2;
/// So many kinds of the same thing are worth a category of their own.
const MIN_KINDS: usize = 2;

/// What suggestions are made from.
#[derive(Clone, Copy, Debug)]
pub struct SuggestionInput<'a> {
    /// All classes of the model, in its order.
    pub class_names: &'a [String],
    /// Those of them that were seen in the project.
    pub seen: &'a [usize],
    /// The person's own categories: those that are not there merely because the model named them.
    pub categories: &'a [&'a str],
    /// What a person did with boxes that the model had named.
    pub corrections: &'a [Correction<'a>],
}

/// What a person did with boxes of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction<'a> {
    /// What the model had called them.
    pub class: &'a str,
    /// What the person calls them; the same where they agree.
    pub category: &'a str,
    /// How many boxes.
    pub times: usize,
}

/// What a class might stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The name of the class.
    pub class: String,
    /// The name of the category, which is there unless the reason is [`SuggestionReason::Kinds`].
    pub category: String,
    /// Why.
    pub reason: SuggestionReason,
}

/// Why a class might stand for a category. Its text says so to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuggestionReason {
    /// A person has changed boxes of the class so often, and mostly so.
    Corrected(usize),
    /// Both have the same name, but for case or number.
    SameName,
    /// The category is a word of the name.
    Word,
    /// The class is in the group of ImageNet that the category means.
    InGroup(&'static str),
    /// So many classes of a group were seen, which has no category yet.
    Kinds(usize, &'static str),
}

impl fmt::Display for SuggestionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrected(times) => write!(f, "you changed {times} boxes so"),
            Self::SameName => f.write_str("the same name"),
            Self::Word => f.write_str("a word of its name"),
            Self::InGroup(group) => write!(f, "ImageNet: {group}"),
            Self::Kinds(kinds, group) => write!(f, "{kinds} kinds of {group} seen"),
        }
    }
}

/// What the classes might stand for of which nobody has said anything yet: for each the likeliest
/// category, in the order of the classes.
///
/// In this order: what a person did with most of its boxes; a category of the same name; the
/// narrowest group of ImageNet that a category means and that has the class; a category that is a
/// word of its name; a new category for a group of which several classes were seen. Where a
/// category means a group, only the group counts: a "hot dog" is no "dog". In ImageNet's names it
/// is the last words that count: a "tiger cat" is no "tiger".
pub fn suggest(naming: &Naming, known: &SuggestionInput<'_>) -> Vec<Suggestion> {
    let finder = Suggester::new(naming, known);
    let mut places: BTreeMap<usize, &str> = BTreeMap::new();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, class) in known.class_names.iter().enumerate() {
        if *first.entry(class).or_insert(at) == at && naming.target(class).is_none() {
            places.insert(at, class);
        }
    }
    let suggestion = |(_, class): (usize, &str)| {
        let (category, reason) = finder.find(class)?;
        Some(Suggestion {
            class: class.to_owned(),
            category: category.to_owned(),
            reason,
        })
    };
    places.into_iter().filter_map(suggestion).collect()
}

/// A category in the forms in which it is compared.
struct OwnCategory<'a> {
    name: &'a str,
    words: Vec<String>,
    /// The group that it means, where the classes are ImageNet's.
    group: Option<&'static Group>,
}

struct Suggester<'a> {
    is_imagenet: bool,
    own: Vec<OwnCategory<'a>>,
    /// All places of each name.
    places: HashMap<&'a str, Vec<usize>>,
    /// By class: what it was changed to, and how often.
    corrected: HashMap<&'a str, (&'a str, usize)>,
    /// Groups without a category of which several classes were seen, and how many, the narrowest
    /// first.
    wanted: Vec<(&'static Group, usize)>,
}

impl<'a> Suggester<'a> {
    fn new(naming: &Naming, known: &SuggestionInput<'a>) -> Self {
        let is_imagenet = groups::is_imagenet(known.class_names);
        let own = known.categories.iter().map(|name| OwnCategory {
            name,
            words: words(name),
            group: groups::meant(name).filter(|_| is_imagenet),
        });
        let own: Vec<OwnCategory<'_>> = own.collect();
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, class) in known.class_names.iter().enumerate() {
            places.entry(class).or_default().push(at);
        }
        let is_open = |class: &&usize| {
            let name = known.class_names.get(**class);
            name.is_some_and(|name| naming.target(name).is_none())
        };
        let open: Vec<usize> = known.seen.iter().filter(is_open).copied().collect();
        let mut wanted: Vec<(&Group, usize)> = Vec::new();
        if is_imagenet {
            let is_unmet = |group: &&Group| {
                group.is_kind
                    && own
                        .iter()
                        .all(|own| own.group.is_none_or(|other| other.name != group.name))
            };
            let kinds = |group: &Group| open.iter().filter(|class| group.has(**class)).count();
            let groups = groups::all().iter().filter(is_unmet);
            let counted = groups.map(|group| (group, kinds(group)));
            wanted = counted.filter(|(_, kinds)| *kinds >= MIN_KINDS).collect();
            wanted.sort_by_key(|(group, _)| group.size());
        }
        Self {
            is_imagenet,
            corrected: corrected(known.corrections),
            own,
            places,
            wanted,
        }
    }

    fn find(&self, class: &'a str) -> Option<(&'a str, SuggestionReason)> {
        if let Some((category, times)) = self.corrected.get(class) {
            return Some((category, SuggestionReason::Corrected(*times)));
        }
        let is_itself = self.own.iter().any(|own| own.name == class);
        if is_itself {
            return None;
        }
        let names: Vec<Vec<String>> = class.split(',').map(words).collect();
        if let Some(own) = self.own.iter().find(|own| names.contains(&own.words)) {
            return Some((own.name, SuggestionReason::SameName));
        }
        let places = &self.places[class];
        // A name of two classes means the group only if both are in it.
        let has = |group: &Group| places.iter().all(|place| group.has(*place));
        let in_group = self
            .own
            .iter()
            .filter_map(|own| Some((own.name, own.group.filter(|group| has(group))?)))
            .min_by_key(|(_, group)| group.size());
        if let Some((name, group)) = in_group {
            return Some((name, SuggestionReason::InGroup(group.name)));
        }
        let is_word = |own: &&OwnCategory<'_>| {
            let is_in = |name: &Vec<String>| match self.is_imagenet {
                true => name.ends_with(&own.words),
                false => name
                    .windows(own.words.len())
                    .any(|part| part == own.words.as_slice()),
            };
            !own.words.is_empty() && own.group.is_none() && names.iter().any(is_in)
        };
        // The most words say the most.
        let word = self.own.iter().filter(is_word);
        if let Some(own) = word.max_by_key(|own| own.words.len()) {
            return Some((own.name, SuggestionReason::Word));
        }
        let (group, kinds) = self.wanted.iter().find(|(group, _)| has(group))?;
        (group.name != class).then_some((group.name, SuggestionReason::Kinds(*kinds, group.name)))
    }
}

/// By class, what most of its boxes were changed to, where that is another category.
fn corrected<'a>(corrections: &[Correction<'a>]) -> HashMap<&'a str, (&'a str, usize)> {
    let mut judged: HashMap<&str, usize> = HashMap::new();
    for correction in corrections {
        *judged.entry(correction.class).or_default() += correction.times;
    }
    let is_clear = |correction: &&Correction<'_>| {
        correction.category != correction.class
            && correction.times >= MIN_CORRECTIONS
            && 2 * correction.times > judged[correction.class]
    };
    corrections
        .iter()
        .filter(is_clear)
        .map(|correction| (correction.class, (correction.category, correction.times)))
        .collect()
}

/// The words of a name, lower case and in the singular.
fn words(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    name.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(singular)
        .collect()
}

/// An English word without the ending of the plural, by rule: enough to compare two names of which
/// both go through it.
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
