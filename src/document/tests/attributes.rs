//! Attributes that people define.

use super::*;

fn text(text: &str) -> AttributeValue {
    AttributeValue::Text(text.to_owned())
}

fn set(document: &mut Document, id: AnnotationId, name: &str, value: Option<&AttributeValue>) {
    let edit = ops::set_attribute(document, &[id], name, value).expect("the box exists");
    make(document, edit);
}

fn only(document: &Document) -> &Annotation {
    document.annotations(A).first().expect("there is a box")
}

#[test]
fn attributes_are_set_and_removed_beside_other_unknown_fields() {
    let mut document = sample();
    let edit = ops::draw(&document, A, rect(1.0, 1.0, 9.0, 9.0), CAT);
    make(&mut document, edit.expect("A exists"));
    let mut row = only(&document).clone();
    let id = row.id;
    row.extra = Some(r#"{"attributes":{"list":[1]},"area":5}"#.into());
    let former = row.extra.clone();
    let change = Change::Update(row);
    make(&mut document, Edit::Annotation { picture: A, change });

    set(&mut document, id, "colour", Some(&text("red")));
    set(&mut document, id, "age", Some(&AttributeValue::Number(3.0)));
    let attributes = only(&document).attributes();
    let names: Vec<&str> = attributes.keys().map(String::as_str).collect();
    assert_eq!(names, ["age", "colour"], "a list is no value");
    let extra = only(&document).extra.as_deref().expect("there are fields");
    assert!(extra.contains(r#""area":5"#) && extra.contains(r#""list":[1]"#));
    assert!(extra.contains(r#""age":3"#), "a whole number: {extra}");
    // The same value again is no change.
    let again = ops::set_attribute(&document, &[id], "colour", Some(&text("red")));
    assert!(again.expect("it exists").is_empty());
    for name in ["colour", "age"] {
        set(&mut document, id, name, None);
    }
    let fields = |extra: &Option<Box<str>>| -> serde_json::Value {
        serde_json::from_str(extra.as_deref().expect("there are fields")).expect("it is JSON")
    };
    assert_eq!(fields(&only(&document).extra), fields(&former));
}

#[test]
fn an_attribute_accepts_a_proposal_and_copies_have_it() {
    let mut document = proposed(&[rect(1.0, 1.0, 9.0, 9.0)]);
    let id = only(&document).id;
    set(&mut document, id, "colour", Some(&text("red")));
    assert_eq!(only(&document).state, BoxState::Accepted);
    let edit = ops::duplicate(&document, &[id], [5.0, 5.0]).expect("it exists");
    make(&mut document, edit);
    let copy = document.annotations(A).last().expect("a copy");
    assert_eq!(copy.state, BoxState::Drawn);
    assert_eq!(copy.attributes().get("colour"), Some(&text("red")));
    set(&mut document, id, "colour", None);
    assert_eq!(only(&document).extra, None, "nothing is left of it");
}

#[test]
fn numbers_are_also_read_from_texts() {
    assert_eq!(text(" 3.5 ").as_number(), Some(3.5));
    assert_eq!(text("inf").as_number(), None);
    assert_eq!(AttributeValue::Number(2.0).to_text(), "2");
}
