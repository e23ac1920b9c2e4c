//! One list of the classes of ImageNet and of COCO.
//!
//! The companion knows the 1000 classes of ILSVRC 2012 (ImageNet), a detector trained on COCO 80. Both have
//! bananas; COCO's dogs are 118 breeds in ImageNet; and persons are in COCO alone, apart from three kinds. The
//! list consists of ImageNet's classes at their own places, followed by those classes of COCO that ImageNet
//! does not have. So a class of ImageNet has the same place and name with and without a detector.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::groups::{self, Group};
use super::places::ranges;

/// The table: place in COCO, COCO's class, relation, places in ImageNet, their names.
const TABLE: &str = include_str!("../../assets/coco-imagenet.tsv");

struct Table {
    /// The place of each of COCO's classes in the list.
    places: Vec<usize>,
    /// The names of those that follow ImageNet's.
    added: Vec<&'static str>,
    /// By a class of ImageNet, the class that it is a kind of. Both are places in the list.
    containers: HashMap<usize, usize>,
}

static COCO: LazyLock<Table> = LazyLock::new(|| {
    let rows: Vec<Row> = TABLE.lines().filter_map(read).collect();
    let mut table = Table {
        places: Vec::new(),
        added: Vec::new(),
        containers: HashMap::new(),
    };
    // A class can have two rows: one for the same thing, one for its kinds.
    for row in &rows {
        if row.class < table.places.len() {
            continue;
        }
        let of_class = || rows.iter().filter(|other| other.class == row.class);
        let same = of_class().find(|row| row.is_same);
        let same = same.and_then(|row| row.imagenet.first().map(|range| *range.start()));
        let place = same.unwrap_or_else(|| {
            table.added.push(row.name);
            groups::CLASS_COUNT + table.added.len() - 1
        });
        table.places.push(place);
        let kinds = of_class().filter(|row| !row.is_same);
        let kinds = kinds.flat_map(|row| row.imagenet.iter().cloned().flatten());
        table.containers.extend(kinds.map(|kind| (kind, place)));
    }
    table
});

/// The names of the list. `imagenet` are the names of ImageNet's classes, which differ from model to model.
pub fn listed_class_names(imagenet: &[String]) -> Vec<String> {
    let added = COCO.added.iter().map(|name| (*name).to_owned());
    imagenet.iter().cloned().chain(added).collect()
}

/// Whether these are the names of the list.
pub(super) fn is_list(class_names: &[String]) -> bool {
    let Some((imagenet, added)) = class_names.split_at_checked(groups::CLASS_COUNT) else {
        return false;
    };
    added.iter().eq(COCO.added.iter()) && groups::is_imagenet(imagenet)
}

/// The place in the list of one of COCO's classes, given by its place there; `None` if it has no such class.
pub(super) fn place_of_coco(class: usize) -> Option<usize> {
    COCO.places.get(class).copied()
}

/// The class of the list that a class of the list is a kind of.
pub(super) fn container(class: usize) -> Option<usize> {
    COCO.containers.get(&class).copied()
}

/// The classes, given with their probabilities, that others of them contain. None if `class_names` is not the
/// list.
pub fn kinds_alone(class_names: &[String], classes: &[(usize, f32)]) -> Vec<(usize, f32)> {
    if !is_list(class_names) {
        return Vec::new();
    }
    let is_kind = |class| {
        let whole = container(class);
        classes.iter().any(|(other, _)| whole == Some(*other))
    };
    let kinds = classes.iter().filter(|(class, _)| is_kind(*class));
    kinds.copied().collect()
}

/// Whether a class that follows ImageNet's in the list belongs to a group of ImageNet's classes: it has one
/// of the group's names, or all its kinds are in the group.
pub(super) fn is_in_group(class: usize, group: &Group) -> bool {
    let name = class
        .checked_sub(groups::CLASS_COUNT)
        .and_then(|at| COCO.added.get(at));
    let Some(name) = name else {
        return false;
    };
    let is_named = group.name == *name || group.synonyms.contains(name);
    let kinds = COCO.containers.iter().filter(|(_, of)| **of == class);
    let mut kinds = kinds.map(|(kind, _)| group.contains(*kind)).peekable();
    is_named || (kinds.peek().is_some() && kinds.all(|is_in| is_in))
}

struct Row {
    class: usize,
    name: &'static str,
    is_same: bool,
    imagenet: Vec<RangeInclusive<usize>>,
}

/// A row of the table; `None` for a comment or if it is not valid.
fn read(line: &'static str) -> Option<Row> {
    let mut cells = line.split('\t');
    let (class, name) = (cells.next()?.parse().ok()?, cells.next()?);
    let (relation, places) = (cells.next()?, cells.next()?);
    let imagenet = match relation {
        "none" => Vec::new(),
        "same" | "kinds" => ranges(places)?,
        _ => return None,
    };
    Some(Row {
        class,
        name,
        is_same: relation == "same",
        imagenet,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> impl Iterator<Item = &'static str> {
        TABLE.lines().filter(|line| !line.starts_with('#'))
    }

    /// The classes that a model file lists.
    fn classes(file: &str) -> Vec<String> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path.join("models").join(file)).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        serde_json::from_str(&header.metadata().as_ref().unwrap()["classes"]).unwrap()
    }

    #[test]
    fn every_row_is_read_and_no_class_of_imagenet_is_in_two() {
        let mut places = Vec::new();
        let mut last = 0;
        for line in rows() {
            let row = read(line).unwrap_or_else(|| panic!("{line:?} is not a row"));
            assert!([last, last + 1].contains(&row.class), "{line:?}: order");
            last = row.class;
            let count = places.len();
            places.extend(row.imagenet.into_iter().flatten());
            assert!(!row.is_same || places.len() == count + 1, "{line:?}");
        }
        assert_eq!(COCO.places.len(), 80);
        let count = places.len();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), count);
        assert!(
            places
                .last()
                .is_some_and(|place| *place < groups::CLASS_COUNT)
        );
    }

    #[test]
    fn the_table_has_the_names_of_both_networks() {
        let coco = classes("nanodet-g.safetensors");
        let imagenet = classes("efficientnet-lite2.safetensors");
        for line in rows() {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells[1], coco[read(line).unwrap().class]);
            let named = read(line).unwrap().imagenet.into_iter().map(|range| {
                let (first, last) = (&imagenet[*range.start()], &imagenet[*range.end()]);
                match range.start() == range.end() {
                    true => first.clone(),
                    false => format!("{first} ... {last}"),
                }
            });
            assert_eq!(cells[4], named.collect::<Vec<_>>().join(", "), "{line}");
        }
        let list = listed_class_names(&imagenet);
        assert!(is_list(&list) && !is_list(&imagenet) && !is_list(&coco) && !is_list(&[]));
        for (class, name) in coco.iter().enumerate() {
            let place = place_of_coco(class).unwrap();
            assert!(
                place < groups::CLASS_COUNT || list[place] == *name,
                "{name}"
            );
        }
        assert_eq!(place_of_coco(80), None);
    }

    #[test]
    fn classes_are_kinds_of_what_both_lists_mean() {
        let names = classes("efficientnet-lite2.safetensors");
        let names = listed_class_names(&names);
        // Places in ILSVRC's order, read off a list of its names.
        for (place, expected) in [
            (207, Some("dog")),
            (948, Some("apple")),
            (817, Some("car")),
            (738, Some("potted plant")),
            (504, Some("cup")),
            (981, Some("person")),
            // The kite of ImageNet is a bird, its crane 517 a machine, and a wolf is no dog.
            (21, Some("bird")),
            (517, None),
            (269, None),
            (954, None),
            (919, None),
        ] {
            let whole = container(place).map(|whole| names[whole].as_str());
            assert_eq!(whole, expected, "{}", names[place]);
        }
        assert_eq!(place_of_coco(46), Some(954), "both have bananas");
    }
}
