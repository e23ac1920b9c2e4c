//! Tests of operations on categories.

use super::*;

#[test]
fn merging_categories_changes_boxes_tags_and_former_proposals() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    for edit in [
        ops::reshape(&document, &[(AnnotationId(1), rect(2.0, 1.0, 20.0, 20.0))]),
        ops::set_tag(&document, &[B], CAT, true),
    ] {
        document
            .apply(edit.expect("it exists"))
            .expect("the edit is valid");
    }
    let edit = ops::merge_categories(&document, CAT, DOG).expect("both exist");
    make(&mut document, edit);
    let (_, row) = document.annotation(AnnotationId(1)).expect("1 exists");
    assert_eq!(row.category, Some(DOG));
    assert_eq!(row.former.as_ref().and_then(|was| was.category), Some(DOG));
    assert_eq!(document.picture(B).expect("B exists").tags, [DOG]);
    assert!(document.category(CAT).is_none());

    // Its id is not used again.
    let edit = ops::add_category(&document, "cat");
    make(&mut document, edit);
    assert_eq!(document.category_named("cat").map(|row| row.id.0), Some(3));
}

#[test]
fn only_an_explicit_edit_reorders_categories() {
    let mut document = sample();
    let edit = ops::add_category(&document, "ant");
    make(&mut document, edit);
    let names = |document: &Document| -> Vec<String> {
        let names = document.categories().map(|row| row.name.to_string());
        names.collect()
    };
    assert_eq!(names(&document), ["cat", "dog", "ant"]);
    let edit = ops::rename_category(&document, CAT, " zebra ").expect("1 exists");
    make(&mut document, edit);
    assert_eq!(names(&document), ["zebra", "dog", "ant"]);
    let edit = ops::delete_category(&document, CAT).expect("1 exists");
    make(&mut document, edit);
    assert_eq!(names(&document), ["dog", "ant"]);
    make(&mut document, Edit::CategoryOrder(vec![CategoryId(3), DOG]));
    assert_eq!(names(&document), ["ant", "dog"]);
    for bad in [vec![DOG], vec![DOG, DOG], vec![DOG, CAT]] {
        let error = document.apply(Edit::CategoryOrder(bad));
        assert_eq!(error, Err(EditError::BadOrder));
    }
}

#[test]
fn a_hotkey_belongs_to_one_category() {
    let mut document = sample();
    let key = |document: &Document, id| document.category(id).and_then(|row| row.hotkey);
    assert_eq!(
        (key(&document, CAT), key(&document, DOG)),
        (Some('1'), Some('2'))
    );
    let edit = ops::set_hotkey(&document, DOG, Some('1')).expect("2 exists");
    make(&mut document, edit);
    assert_eq!(
        (key(&document, CAT), key(&document, DOG)),
        (None, Some('1'))
    );
    let mut row = document.category(CAT).expect("1 exists").clone();
    row.hotkey = Some('1');
    let error = document.apply(Edit::Category(Change::Update(row)));
    assert_eq!(error, Err(EditError::HotkeyTaken('1')));
}
