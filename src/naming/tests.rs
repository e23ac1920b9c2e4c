use super::*;

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn naming(pairs: &[(&str, &str)]) -> Naming {
    let mut naming = Naming::default();
    for (class, category) in pairs {
        naming.set(class, Some(MappedClass::named(category)));
    }
    naming
}

#[test]
fn probabilities_of_classes_for_the_same_category_are_added() {
    let names = strings(&["tabby", "Egyptian cat", "toaster", "nail", "screw"]);
    let naming = naming(&[
        ("tabby", "cat"),
        ("Egyptian cat", " cat "),
        ("nail", "object"),
        ("screw", ""),
    ]);
    let name = |classes: &[(usize, f32)]| {
        let name = naming.name(&names, classes)?;
        Some((name.text, (name.probability * 100.0).round() as u32))
    };
    // Each is less probable than the toaster, both together are more probable.
    assert_eq!(name(&[(2, 0.4), (0, 0.3), (1, 0.25)]), Some(("cat", 55)));
    assert_eq!(name(&[(2, 0.6), (0, 0.2), (1, 0.1)]), Some(("toaster", 60)));
    // Classes that stand for any object count as well.
    assert_eq!(
        name(&[(0, 0.4), (3, 0.3), (4, 0.2)]),
        Some((ANY_OBJECT, 50))
    );
    // Of equal sums the one that comes first wins.
    assert_eq!(name(&[(2, 0.3), (0, 0.3)]), Some(("toaster", 30)));
    assert_eq!(name(&[(0, 0.3), (2, 0.3)]), Some(("cat", 30)));
    // There is no name without classes, with too low a sum, or with an unknown class.
    assert_eq!(name(&[]), None);
    assert_eq!(
        name(&[
            (2, MIN_NAME_PROBABILITY * 0.9),
            (0, MIN_NAME_PROBABILITY * 0.5)
        ]),
        None
    );
    assert_eq!(name(&[(2, MIN_NAME_PROBABILITY)]), Some(("toaster", 25)));
    assert_eq!(
        name(&[
            (0, MIN_NAME_PROBABILITY * 0.6),
            (1, MIN_NAME_PROBABILITY * 0.5)
        ]),
        Some(("cat", 28))
    );
    assert_eq!(name(&[(9, 0.9)]), None);
    // Rounding does not lead to a probability above 1.
    assert_eq!(name(&[(0, 0.7), (1, 0.30001)]), Some(("cat", 100)));
}

#[test]
fn a_class_that_stands_for_itself_has_no_entry() {
    let mut mapping = naming(&[("tabby", "tabby"), ("object", "object"), ("cup", "mug")]);
    assert_eq!(mapping.len(), 1);
    mapping.set("cup", None);
    assert!(mapping.is_empty());
    assert_eq!(mapping.name_of("cup"), "cup");
}

#[test]
fn entries_follow_categories_that_are_renamed_or_removed() {
    let mut mapping = naming(&[("tabby", "cat"), ("Siamese cat", "cat"), ("cup", "mug")]);
    mapping.rename_category("cat", "kitty");
    assert_eq!(
        mapping,
        naming(&[("tabby", "kitty"), ("Siamese cat", "kitty"), ("cup", "mug")])
    );
    mapping.rename_category("kitty", "tabby");
    assert_eq!(mapping, naming(&[("Siamese cat", "tabby"), ("cup", "mug")]));
    mapping.remove_category("mug");
    assert_eq!(mapping, naming(&[("Siamese cat", "tabby")]));
}

#[test]
fn its_json_form_can_be_written_by_hand() {
    let mapping = naming(&[("tabby", "cat"), ("nail", "object")]);
    let json = serde_json::to_string(&mapping).unwrap();
    assert_eq!(json, r#"{"nail":null,"tabby":"cat"}"#);
    assert_eq!(serde_json::from_str::<Naming>(&json).unwrap(), mapping);
    assert!(serde_json::from_str::<Naming>(r#"{"nail":3}"#).is_err());
    assert_eq!(mapping.invalid_name(), None);
    for bad in [r#"{"nail":" x"}"#, r#"{"nail":""}"#, r#"{"":"x"}"#] {
        let read: Naming = serde_json::from_str(bad).unwrap();
        assert!(read.invalid_name().is_some(), "{bad}");
    }
}

/// Suggestions as `class > category: reason`.
fn suggested(naming: &Naming, known: &SuggestionInput<'_>) -> Vec<String> {
    let suggestions = suggest(naming, known).into_iter();
    suggestions
        .map(|it| format!("{} > {}: {}", it.class, it.category, it.reason))
        .collect()
}

#[test]
fn names_are_compared_by_words_without_case_and_plural() {
    let names = strings(&[
        "Cats",
        "garden hose",
        "wine-bottle",
        "hose, tube",
        "hosepipe",
        "box",
    ]);
    let known = SuggestionInput {
        class_names: &names,
        seen: &[0, 1, 2, 3, 4, 5],
        categories: &["cat", "hose", "wine bottle", "box"],
        corrections: &[],
    };
    assert_eq!(
        suggested(&Naming::default(), &known),
        [
            "Cats > cat: the same name",
            "garden hose > hose: a word of the name",
            "wine-bottle > wine bottle: the same name",
            "hose, tube > hose: the same name",
        ]
    );
    // Classes that have an entry get no suggestion, even if the entry is any object.
    let mapped = naming(&[("Cats", "object"), ("garden hose", "pipe")]);
    assert_eq!(suggested(&mapped, &known).len(), 2);
}

#[test]
fn the_most_frequent_correction_is_suggested_first() {
    let names = strings(&["tabby cat", "mug", "rag"]);
    let corrections = [
        ("tabby cat", "Mia", 3),
        ("tabby cat", "tabby cat", 2),
        ("mug", "cup", 2),
        ("mug", "mug", 2),
        ("rag", "debris", 1),
    ]
    .map(|(class, category, times)| Correction {
        class,
        category,
        times,
    });
    let known = SuggestionInput {
        class_names: &names,
        seen: &[],
        categories: &["cat", "Mia", "cup", "debris"],
        corrections: &corrections,
    };
    let expected = ["tabby cat > Mia: you changed 3 boxes to it"];
    assert_eq!(suggested(&Naming::default(), &known), expected);
}

/// A thousand names that pass for ILSVRC's.
fn imagenet(named: &[(usize, &str)]) -> Vec<String> {
    let mut names: Vec<String> = (0..1000).map(|at| format!("thing {at}")).collect();
    let signs = [
        (0, "tench"),
        (207, "golden retriever"),
        (281, "tabby"),
        (817, "sports car"),
        (999, "toilet tissue"),
    ];
    for (at, name) in signs.iter().chain(named) {
        names[*at] = (*name).to_owned();
    }
    names
}

#[test]
fn with_imagenet_classes_groups_count_more_than_words() {
    let names = imagenet(&[
        (134, "crane"),
        (282, "tiger cat"),
        (292, "tiger"),
        (300, "tiger beetle"),
        (479, "car wheel"),
        (517, "crane"),
        (740, "power drill"),
        (934, "hot dog"),
        (948, "Granny Smith"),
        (954, "banana"),
    ]);
    let of = |categories: &[&str], seen: &[usize]| {
        let known = SuggestionInput {
            class_names: &names,
            seen,
            categories,
            corrections: &[],
        };
        let mut all = suggested(&Naming::default(), &known);
        all.retain(|line| !line.starts_with("thing"));
        all
    };
    assert_eq!(
        of(&["cat", "dog", "tiger", "car"], &[]),
        [
            "golden retriever > dog: ImageNet: dog",
            "tabby > cat: ImageNet: cat",
            "tiger cat > cat: ImageNet: cat",
            "sports car > car: ImageNet: car",
        ]
    );
    // The smallest group that fits wins. "Crane" is two classes, of which only one is a bird.
    assert_eq!(
        of(&["fruit", "apple", "bird", "drill"], &[]),
        [
            "power drill > drill: a word of the name",
            "Granny Smith > apple: ImageNet: apple",
            "banana > fruit: ImageNet: fruit",
        ]
    );
    // Several kinds of a group without a category suggest a new one.
    let line = "2 kinds of cat found";
    assert_eq!(
        of(&[], &[281, 282, 954, 948]),
        [
            format!("tabby > cat: {line}"),
            format!("tiger cat > cat: {line}")
        ]
    );
    assert_eq!(of(&[], &[281, 954, 948]), [""; 0]);
}

/// The list of both networks, and the place of a class in it.
fn list() -> (Vec<String>, impl Fn(&str) -> usize) {
    let names = listed_class_names(&imagenet(&[
        (161, "basset"),
        (162, "beagle"),
        (404, "airliner"),
        (895, "warplane"),
        (737, "pop bottle"),
        (948, "Granny Smith"),
    ]));
    let all = names.clone();
    let place = move |name: &str| all.iter().position(|other| other == name).unwrap();
    (names, place)
}

#[test]
fn a_kind_counts_for_the_whole_until_it_has_an_entry() {
    let (names, place) = list();
    let classes = [
        (place("dog"), 0.8),
        (place("beagle"), 0.5),
        (place("basset"), 0.2),
        (place("person"), 0.15),
    ];
    let name = |pairs: &[(&str, &str)]| {
        let naming = naming(pairs);
        let name = naming.name(&names, &classes).unwrap();
        (
            name.text.to_owned(),
            (name.probability * 100.0).round() as u32,
        )
    };
    assert_eq!(name(&[]), ("dog".to_owned(), 80));
    // What it stands for is not counted twice.
    assert_eq!(name(&[("beagle", "dog")]), ("dog".to_owned(), 80));
    let both = [("beagle", "dog"), ("basset", "dog"), ("person", "dog")];
    assert_eq!(name(&both), ("dog".to_owned(), 95));
    assert_eq!(name(&[("beagle", "Rex")]), ("Rex".to_owned(), 50));
    assert_eq!(name(&[("basset", "Rex")]), ("dog".to_owned(), 60));
    assert_eq!(name(&[("dog", "pet")]), ("pet".to_owned(), 80));
    // In another model these places mean nothing.
    let mut other = names.clone();
    other[0] = "other".to_owned();
    let sum = naming(&[("beagle", "dog")]);
    let sum = sum.name(&other, &classes).unwrap();
    assert_eq!((sum.text, sum.probability), ("dog", 1.0));
}

#[test]
fn classes_of_the_detector_get_suggestions_too() {
    let (names, _) = list();
    let known = SuggestionInput {
        class_names: &names,
        seen: &[],
        categories: &["plane", "vehicle", "people", "dogs"],
        corrections: &[],
    };
    let mut found = suggested(&Naming::default(), &known);
    found.retain(|line| {
        let class = line.split(" > ").next().unwrap();
        ["airplane", "airliner", "truck", "person", "dog", "bottle"].contains(&class)
    });
    assert_eq!(
        found,
        [
            "airliner > plane: ImageNet: airplane",
            "person > people: ImageNet: person",
            "airplane > plane: ImageNet: airplane",
            "truck > vehicle: ImageNet: vehicle",
            "dog > dogs: the same name",
        ]
    );
}
