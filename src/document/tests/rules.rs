//! Tests of the rules of a document.

use super::*;

/// Makes a valid row invalid.
type Spoil<'a> = &'a dyn Fn(&mut Annotation);

#[test]
fn rows_that_break_a_rule_are_refused() {
    let paths = [
        "", "/a", "a//b", "a/", "./a", "a/../b", "..", "C:/a", "c:a", "a\\b", "a\0",
    ];
    for path in paths {
        let new = Picture::new(PictureId(9), path, 5, 5);
        let error = sample().apply(Edit::Picture(Change::Insert(new)));
        assert_eq!(error, Err(EditError::BadPath(path.into())));
    }
    for path in ["12:30.jpg", "...", "a b/ü.jpg", ".hidden/c"] {
        let new = Picture::new(PictureId(9), path, 5, 5);
        make(&mut sample(), Edit::Picture(Change::Insert(new)));
    }
    for name in ["", " ", "cat ", "dog"] {
        let new = Category::new(CategoryId(9), name);
        assert!(sample().apply(Edit::Category(Change::Insert(new))).is_err());
    }
    for id in [0, u32::MAX] {
        let new = Picture::new(PictureId(id), "new.jpg", 5, 5);
        let error = sample().apply(Edit::Picture(Change::Insert(new)));
        assert_eq!(error, Err(EditError::BadId(id)));
    }

    let good = Annotation::drawn(AnnotationId(9), rect(1.0, 1.0, 5.0, 5.0), CAT);
    let insert = |row: &Annotation| {
        let change = Change::Insert(row.clone());
        sample().apply(Edit::Annotation { picture: A, change })
    };
    assert!(insert(&good).is_ok());
    let of_model = Origin::Model(model("1"));
    let spoil: [(&str, Spoil<'_>); 10] = [
        ("flat", &|row| row.rect.y1 = row.rect.y0),
        ("inside out", &|row| row.rect.x1 = 0.0),
        ("not a number", &|row| row.rect.x0 = f32::NAN),
        ("endless", &|row| row.rect.x1 = f32::INFINITY),
        ("outside", &|row| row.rect.x1 = 100.5),
        ("no category", &|row| row.category = Some(CategoryId(7))),
        ("score", &|row| row.score = Some(f32::NAN)),
        ("drawn by a model", &|row| row.origin = of_model.clone()),
        ("proposed by a person", &|row| {
            row.state = BoxState::Proposed;
        }),
        ("edited from nothing", &|row| {
            row.origin = of_model.clone();
            row.state = BoxState::Edited;
        }),
    ];
    for (what, spoil) in spoil {
        let mut row = good.clone();
        spoil(&mut row);
        assert!(insert(&row).is_err(), "{what}");
    }
}

#[test]
fn rows_in_use_cannot_be_removed() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let error = document.apply(Edit::Picture(Change::Remove(A)));
    assert_eq!(error, Err(EditError::PictureInUse(A)));
    let error = document.apply(Edit::Category(Change::Remove(CAT)));
    assert_eq!(error, Err(EditError::CategoryInUse("cat".into())));
    let edit = ops::set_tag(&document, &[B], DOG, true).expect("B exists");
    make(&mut document, edit);
    let error = document.apply(Edit::Category(Change::Remove(DOG)));
    assert_eq!(error, Err(EditError::CategoryInUse("dog".into())));
    let edit = ops::remove_pictures(&document, &[A, B]).expect("both exist");
    make(&mut document, edit);
    assert_eq!(
        (document.pictures().len(), document.annotation_count()),
        (0, 0)
    );
}

#[test]
fn a_document_that_breaks_a_rule_cannot_be_read() {
    let good = json(&proposed(&[rect(1.0, 1.0, 20.0, 20.0)]));
    assert!(serde_json::from_str::<Document>(&good).is_ok());
    for (from, to) in [
        ("sub/b.jpg", "../b.jpg"),
        ("sub/b.jpg", "a.jpg"),
        ("\"dog\"", "\"cat\""),
        ("\"category\":1", "\"category\":5"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        assert!(serde_json::from_str::<Document>(&bad).is_err(), "{to}");
    }
}
