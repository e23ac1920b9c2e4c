//! Groups of ImageNet's classes, such as "dog" for the 118 breeds.
//!
//! All models of ILSVRC 2012 share the order of its 1000 classes. It follows WordNet, so similar
//! classes are neighbours and most groups are a few ranges of indices. The names of the classes
//! differ from model to model, their indices do not.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::places::ranges;
use super::words::singular;

/// The table of groups: name, kind or family, synonyms separated by commas, ranges of indices.
const TABLE: &str = include_str!("../../assets/imagenet-groups.tsv");

/// Indices at which every list of ILSVRC's classes has these words.
const LANDMARK_CLASSES: [(usize, &str); 5] = [
    (0, "tench"),
    (207, "golden retriever"),
    (281, "tabby"),
    (817, "sports car"),
    (999, "toilet tissue"),
];
/// The number of ILSVRC's classes.
pub(super) const CLASS_COUNT: usize = 1000;

/// Whether these are ILSVRC's classes in their order.
pub fn is_imagenet(class_names: &[String]) -> bool {
    let has = |(at, words): &(usize, &str)| class_names[*at].to_lowercase().contains(words);
    class_names.len() == CLASS_COUNT && LANDMARK_CLASSES.iter().all(has)
}

/// Classes that share a common name.
#[derive(Debug)]
pub struct Group {
    /// The common name, in the singular.
    pub name: &'static str,
    /// Whether a person would call a single object by this name. Otherwise it is a wider word, such
    /// as "vehicle".
    pub is_kind: bool,
    /// Other names for the group.
    pub synonyms: Vec<&'static str>,
    /// The indices of its classes.
    ranges: Vec<RangeInclusive<usize>>,
}

impl Group {
    /// Whether the class with this index is in the group.
    pub fn contains(&self, class: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&class))
    }

    /// The number of its classes.
    pub fn size(&self) -> usize {
        self.ranges.iter().map(|range| range.clone().count()).sum()
    }
}

/// All groups.
pub fn all() -> &'static [Group] {
    static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        rows.filter_map(read).collect()
    });
    &GROUPS
}

/// The group with this name, as written or otherwise in the singular.
pub fn named(category: &str) -> Option<&'static Group> {
    static BY_NAME: LazyLock<HashMap<&str, &Group>> = LazyLock::new(|| {
        let names = all().iter().flat_map(|group| {
            let names = group.synonyms.iter().chain([&group.name]);
            names.map(move |name| (*name, group))
        });
        names.collect()
    });
    let name = category.trim().to_lowercase();
    let found = BY_NAME.get(&*name).or_else(|| {
        let name = singular(&name);
        BY_NAME.get(&*name)
    });
    found.copied()
}

/// Reads a row of the table; `None` if it is not valid.
fn read(line: &'static str) -> Option<Group> {
    let mut cells = line.split('\t');
    let name = cells.next()?;
    let is_kind = match cells.next()? {
        "kind" => true,
        "family" => false,
        _ => return None,
    };
    let synonyms = cells.next()?.split(',').filter(|name| !name.is_empty());
    Some(Group {
        name,
        is_kind,
        synonyms: synonyms.collect(),
        ranges: ranges(cells.next()?)?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_group_with_unique_names() {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        let rows: Vec<&str> = rows.collect();
        assert_eq!(all().len(), rows.len());
        let mut names = HashSet::new();
        for line in rows {
            let group = read(line).unwrap_or_else(|| panic!("{line:?} is not a group"));
            let all = group.synonyms.iter().chain([&group.name]);
            for name in all {
                assert!(names.insert(*name), "{name} names two groups");
                assert_eq!(*name, name.to_lowercase(), "{name}");
            }
            let ends: Vec<usize> = group
                .ranges
                .iter()
                .flat_map(|range| [*range.start(), *range.end()])
                .collect();
            assert!(
                ends.is_sorted() && ends[ends.len() - 1] < CLASS_COUNT,
                "{line}"
            );
            let inner = ends[1..ends.len() - 1].chunks(2);
            for gap in inner {
                assert!(gap[0] + 1 < gap[1], "{line}: ranges that touch are one");
            }
        }
    }

    #[test]
    fn groups_contain_the_classes_of_their_name() {
        // Indices in ILSVRC's order, read off a list of its names.
        for (category, inside, outside) in [
            ("cat", &[281, 285][..], &[280, 286, 383][..]),
            ("Dogs", &[151, 207, 268], &[150, 269, 275]),
            ("sofa", &[831], &[830]),
            ("bird", &[7, 24, 80, 100, 127, 146], &[25, 101, 448]),
            ("car", &[436, 511, 656, 817], &[475, 479]),
            ("apple", &[948], &[953, 956]),
            ("fruit", &[948, 954, 957], &[947, 958]),
            ("cell phone", &[487, 528], &[527]),
            ("people", &[981, 983], &[984]),
        ] {
            let group = named(category).unwrap_or_else(|| panic!("{category} is a group"));
            assert!(inside.iter().all(|at| group.contains(*at)), "{group:?}");
            assert!(!outside.iter().any(|at| group.contains(*at)), "{group:?}");
        }
        assert!(named("runway debris").is_none());
        assert_eq!(named("cat").map(Group::size), Some(5));
        // "Glasses" are not the plural of the "glass" to drink from.
        assert!(named("glasses").is_some_and(|group| group.contains(837)));
        assert!(named("glass").is_some_and(|group| group.contains(572)));
    }
}
