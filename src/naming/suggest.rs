//! Which category a class of a model might stand for, and why.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::coco;
use super::groups::{self, Group};
use super::mapping::Naming;
use super::words::words;

/// How often a person must have made a correction before it counts.
const MIN_CORRECTIONS: usize = 2;
/// The minimum number of classes of a group for which a new category is suggested.
const MIN_KINDS: usize = 2;

/// What suggestions are made from.
#[derive(Clone, Copy, Debug)]
pub struct SuggestionInput<'a> {
    /// All classes of the model, in its order.
    pub class_names: &'a [String],
    /// The indices of those that occur in the project.
    pub seen: &'a [usize],
    /// The person's own categories, without those that exist only because a model named them.
    pub categories: &'a [&'a str],
    /// What a person did with boxes that a model had named.
    pub corrections: &'a [Correction<'a>],
}

/// What a person did with boxes of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction<'a> {
    /// The class that the model gave them.
    pub class: &'a str,
    /// The category that the person gave them, which is the same if they agree.
    pub category: &'a str,
    /// How many boxes.
    pub times: usize,
}

/// A category that a class might stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The name of the class.
    pub class: String,
    /// The name of the category, which exists unless the reason is [`SuggestionReason::Kinds`].
    pub category: String,
    /// Why.
    pub reason: SuggestionReason,
}

/// Why a class might stand for a category. `Display` writes the text for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuggestionReason {
    /// A person has changed most boxes of the class to this category: how many.
    Corrected(usize),
    /// Both have the same name, apart from case and plural.
    SameName,
    /// The category is a word of the name.
    Word,
    /// The class is in the group of ImageNet classes that the category names.
    InGroup(&'static str),
    /// This many classes of a group occur, and the group has no category yet.
    Kinds(usize, &'static str),
}

impl fmt::Display for SuggestionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrected(times) => write!(f, "you changed {times} boxes to it"),
            Self::SameName => f.write_str("the same name"),
            Self::Word => f.write_str("a word of the name"),
            Self::InGroup(group) => write!(f, "ImageNet: {group}"),
            Self::Kinds(kinds, group) => write!(f, "{kinds} kinds of {group} found"),
        }
    }
}

/// The most likely category for each class without an entry in `naming`, in the order of the
/// classes.
///
/// The first of these rules that applies decides:
///
/// 1. what a person did with most boxes of the class;
/// 2. a category of the same name;
/// 3. the smallest group of ImageNet classes that a category names and that contains the class;
/// 4. a category that is a word of the class's name;
/// 5. a new category for a group if several of its classes occur.
///
/// If a category names a group, only the group counts: a "hot dog" is not a "dog". In ImageNet's
/// names the last words count: a "tiger cat" is not a "tiger".
pub fn suggest(naming: &Naming, known: &SuggestionInput<'_>) -> Vec<Suggestion> {
    let finder = Suggester::new(naming, known);
    let mut open: BTreeMap<usize, &str> = BTreeMap::new();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, class) in known.class_names.iter().enumerate() {
        if *first.entry(class).or_insert(at) == at && naming.mapped(class).is_none() {
            open.insert(at, class);
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
    open.into_iter().filter_map(suggestion).collect()
}

/// A category of the person in the forms in which it is compared.
struct OwnCategory<'a> {
    name: &'a str,
    words: Vec<String>,
    /// The group that it names, if the classes are ImageNet's.
    group: Option<&'static Group>,
}

struct Suggester<'a> {
    is_imagenet: bool,
    own: Vec<OwnCategory<'a>>,
    /// The indices of the classes of each name.
    indices: HashMap<&'a str, Vec<usize>>,
    /// By class: the category that its boxes were changed to, and how often.
    corrected: HashMap<&'a str, (&'a str, usize)>,
    /// Groups without a category of which several classes occur, with their number, the smallest
    /// group first.
    new_groups: Vec<(&'static Group, usize)>,
}

impl<'a> Suggester<'a> {
    fn new(naming: &Naming, known: &SuggestionInput<'a>) -> Self {
        let is_imagenet =
            groups::is_imagenet(known.class_names) || coco::is_list(known.class_names);
        let own = known.categories.iter().map(|name| OwnCategory {
            name,
            words: words(name),
            group: groups::named(name).filter(|_| is_imagenet),
        });
        let own: Vec<OwnCategory<'_>> = own.collect();
        let mut indices: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, class) in known.class_names.iter().enumerate() {
            indices.entry(class).or_default().push(at);
        }
        let is_open = |class: &&usize| {
            let name = known.class_names.get(**class);
            name.is_some_and(|name| naming.mapped(name).is_none())
        };
        let open: Vec<usize> = known.seen.iter().filter(is_open).copied().collect();
        let mut new_groups: Vec<(&Group, usize)> = Vec::new();
        if is_imagenet {
            let is_unmet = |group: &&Group| {
                group.is_kind
                    && own
                        .iter()
                        .all(|own| own.group.is_none_or(|other| other.name != group.name))
            };
            let kinds = |group: &Group| open.iter().filter(|class| group.contains(**class)).count();
            let groups = groups::all().iter().filter(is_unmet);
            let counted = groups.map(|group| (group, kinds(group)));
            new_groups = counted.filter(|(_, kinds)| *kinds >= MIN_KINDS).collect();
            new_groups.sort_by_key(|(group, _)| group.size());
        }
        Self {
            is_imagenet,
            corrected: corrected(known.corrections),
            own,
            indices,
            new_groups,
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
        let indices = &self.indices[class];
        // A name that two classes share is in a group only if both classes are.
        let has = |group: &Group| {
            let is_in = |index: &usize| group.contains(*index) || coco::is_in_group(*index, group);
            indices.iter().all(is_in)
        };
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
        // A longer category is more specific.
        let word = self.own.iter().filter(is_word);
        if let Some(own) = word.max_by_key(|own| own.words.len()) {
            return Some((own.name, SuggestionReason::Word));
        }
        let (group, kinds) = self.new_groups.iter().find(|(group, _)| has(group))?;
        (group.name != class).then_some((group.name, SuggestionReason::Kinds(*kinds, group.name)))
    }
}

/// By class, the category that most of its boxes were changed to, if that is another one.
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
