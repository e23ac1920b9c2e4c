//! Tests of operations on pictures.

use super::*;

#[test]
fn pictures_exchange_paths_and_keep_their_boxes() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let paths = [(A, "sub/b.jpg".into()), (B, "a.jpg".into())];
    let edit = ops::rename_pictures(&document, &paths).expect("both exist");
    make(&mut document, edit);
    assert_eq!(document.picture_at("sub/b.jpg").map(|row| row.id), Some(A));
    assert_eq!(document.picture_at("a.jpg").map(|row| row.id), Some(B));
    assert_eq!(document.annotations(A).len(), 1);
    let edit = ops::rename_pictures(&document, &[(A, "a.jpg".into())]).expect("A exists");
    assert_eq!(
        document.apply(edit),
        Err(EditError::PathTaken("a.jpg".into()))
    );
}

#[test]
fn a_smaller_picture_keeps_the_boxes_that_fit() {
    let mut document = proposed(&[rect(0.0, 0.0, 60.0, 60.0), rect(70.0, 0.0, 20.0, 20.0)]);
    let picture = document.picture(A).expect("A exists").clone();
    let smaller = Picture {
        width: 50,
        ..picture
    };
    let refused = document.apply(Edit::Picture(Change::Update(smaller)));
    assert!(matches!(refused, Err(EditError::BadRect { .. })));
    let edit = ops::set_content(&document, A, [50, 80], None).expect("A exists");
    make(&mut document, edit);
    let [row] = document.annotations(A) else {
        panic!("{:?}", document.annotations(A));
    };
    assert_eq!(row.rect, rect(0.0, 0.0, 50.0, 60.0));
}
