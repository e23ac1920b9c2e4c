//! Properties: the file agrees with any document, regardless of the edits that led to it.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::document::{
    Annotation, BoxState, Category, Change, Flags, FormerProposal, Origin, ReviewState,
};

fn some_rect() -> impl Strategy<Value = BBox> {
    let edge = || prop_oneof![0.0..100.0_f32, Just(0.0), Just(100.0), Just(33.3)];
    (edge(), edge(), edge(), edge()).prop_filter_map("it has no area", |(xa, ya, xb, yb)| {
        BBox::from_corners(xa, ya, xb, yb).clipped(100, 100)
    })
}

fn some_text() -> impl Strategy<Value = Box<str>> {
    prop_oneof![
        Just("{\"a\":[1,\"掴み\"]}".into()),
        ".{0,12}".prop_map(Into::into)
    ]
}

/// A box of any kind with a free id, on a picture of 100 x 100 pixels, of one of three categories.
fn some_box() -> impl Strategy<Value = Annotation> {
    let of_model = (0..3_u8, some_text(), -9.0..9.0_f32);
    let former = option::of((some_rect(), any::<u32>()));
    let kind = (
        0..5_u8,
        any::<[bool; 4]>(),
        0..3_u32,
        option::of(-1e30..1e30_f32),
    );
    (some_rect(), kind, of_model, former, option::of(some_text())).prop_map(
        |(rect, (kind, flags, category, score), (name, version, threshold), former, extra)| {
            let mut row = Annotation::drawn(AnnotationId(1), rect, CategoryId(category + 1));
            let [crowd, difficult, occluded, truncated] = flags;
            row.flags = Flags {
                crowd,
                difficult,
                occluded,
                truncated,
            };
            row.extra = extra;
            row.score = score;
            let former = former.map(|(rect, category)| {
                Box::new(FormerProposal {
                    rect,
                    category: Some(CategoryId(category)).filter(|id| id.0 % 3 > 0),
                })
            });
            row.state = match kind {
                0 => BoxState::Proposed,
                1 => BoxState::Accepted,
                2 if former.is_some() => BoxState::Edited,
                3 => BoxState::Rejected,
                _ => BoxState::Drawn,
            };
            if row.state != BoxState::Drawn {
                let name = ["a", "b", "ü"][usize::from(name)].into();
                let method = "affinity".into();
                row.origin = Origin::Model(Arc::new(Provenance {
                    name,
                    version,
                    method,
                    threshold,
                }));
            }
            if matches!(row.state, BoxState::Edited | BoxState::Rejected) {
                row.former = former;
            }
            if row.state != BoxState::Drawn {
                row.suggestion = [None, Some("tabby".into())][usize::from(flags[0])].clone();
            }
            if matches!(row.state, BoxState::Proposed | BoxState::Rejected) && flags[1] {
                row.category = None;
            }
            row
        },
    )
}

/// Edits that make any document of an empty one.
fn some_document() -> impl Strategy<Value = Vec<Edit>> {
    let category = (
        any::<[u8; 3]>(),
        option::of(any::<char>()),
        option::of(some_text()),
    );
    let picture = (
        (
            0..4_usize,
            any::<[bool; 5]>(),
            option::of(some_text()),
            option::of(some_text()),
        ),
        vec(some_box(), 0..4),
    );
    let whole = (
        vec(category, 3),
        vec(picture, 0..6),
        option::of(some_text()),
    );
    (whole, any::<bool>()).prop_map(|((categories, pictures, extra), is_turned)| {
        let mut naming = Naming::default();
        for (at, target) in extra.iter().enumerate() {
            naming.set(&format!("class {at}"), Some(MappedClass::named(target)));
        }
        let mut edits = vec![Edit::Extra(extra), Edit::Naming(naming)];
        let mut keys = std::collections::HashSet::new();
        for (id, (colour, hotkey, extra)) in (1..).zip(categories) {
            let mut row = Category::new(CategoryId(id), format!("category {id} ねこ"));
            row.colour = colour;
            row.hotkey = hotkey.filter(|key| keys.insert(*key));
            row.extra = extra;
            edits.push(Edit::Category(Change::Insert(row)));
        }
        if is_turned {
            edits.push(Edit::CategoryOrder([3, 1, 2].map(CategoryId).to_vec()));
        }
        let mut next = 1;
        for (id, ((review, bits, hash, extra), boxes)) in (1..).zip(pictures) {
            let mut row = Picture::new(PictureId(id * 3), format!("ü/{id}.jpg"), 100, 100);
            row.review = [
                ReviewState::New,
                ReviewState::Proposed,
                ReviewState::InReview,
                ReviewState::Done,
            ][review];
            let tags = (1..4).filter(|at| bits[*at as usize]);
            row.tags = tags.map(CategoryId).collect();
            (row.missing, row.is_excluded) = (bits[0], bits[4]);
            (row.content_hash, row.extra) = (hash, extra);
            let picture = row.id;
            edits.push(Edit::Picture(Change::Insert(row)));
            for mut row in boxes {
                row.id = AnnotationId(next);
                next += 1;
                let change = Change::Insert(row);
                edits.push(Edit::Annotation { picture, change });
            }
        }
        edits
    })
}

/// An operation for any document.
#[derive(Clone, Debug)]
struct Action {
    kind: usize,
    picks: [Index; 3],
    rect: BBox,
    gesture: Option<u64>,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let gesture = option::of(0..2_u64);
    let action = (0..26_usize, any::<[Index; 3]>(), some_rect(), gesture);
    vec(
        action.prop_map(|(kind, picks, rect, gesture)| Action {
            kind,
            picks,
            rect,
            gesture,
        }),
        1..25,
    )
}

/// The edit of an action, or `None` if it is not possible.
fn edit_of(action: &Action, document: &Document) -> Option<Edit> {
    let [one, two, three] = &action.picks;
    let pictures: Vec<_> = document.pictures().map(|row| row.id).collect();
    let categories: Vec<_> = document.categories().map(|row| row.id).collect();
    let boxes: Vec<_> = pictures
        .iter()
        .flat_map(|id| document.annotations(*id))
        .map(|row| row.id)
        .collect();
    if pictures.is_empty() || categories.is_empty() {
        return Some(ops::add_category(document, "bird"));
    }
    let (p, q) = (*one.get(&pictures), *two.get(&pictures));
    let (c, d) = (*two.get(&categories), *three.get(&categories));
    let ids = if boxes.is_empty() {
        vec![]
    } else {
        vec![*one.get(&boxes), *three.get(&boxes)]
    };
    let candidate = if three.index(2) > 0 {
        Candidate::of_class(action.rect, c, 0.25)
    } else {
        Candidate::suggested(action.rect, "tabby", 0.25)
    };
    let name = format!("new/{}.jpg", three.index(40));
    match action.kind {
        0..=2 => ops::draw(document, p, action.rect, c),
        3..=5 => Ok(ops::replace_proposals(
            document,
            &model(if one.index(2) > 0 { "1" } else { "2" }),
            &[(p, vec![candidate])],
        )),
        6 => ops::accept(document, &ids),
        7 => ops::reject(document, &ids),
        8 => ops::delete(document, &ids),
        9 => ops::reshape(
            document,
            &ids.iter().map(|id| (*id, action.rect)).collect::<Vec<_>>(),
        ),
        10 => ops::set_category(document, &ids, d),
        11 => ops::set_done(document, &[p, q], three.index(2) > 0),
        12 => ops::set_tag(document, &[p, q], c, three.index(3) > 0),
        13 => ops::remove_pictures(document, &[p]),
        14 => Ok(ops::add_pictures(document, vec![new_picture(name)])),
        15 => ops::merge_categories(document, c, d),
        16 => ops::delete_category(document, c),
        17 => ops::rename_pictures(document, &[(p, name.into())]),
        18 => ops::set_content(document, p, [60, 70], Some("5eed".into())),
        19 => Ok(ops::add_category(document, &name)),
        21 => {
            let target = if two.index(2) > 0 { "dog" } else { "cat" };
            let changes = [(
                name,
                Some(MappedClass::named(target)).filter(|_| one.index(3) > 0),
            )];
            ops::map_classes(document, &changes)
        }
        22 => ops::set_excluded(document, &[p, q], three.index(3) > 0),
        20 => Ok(Edit::CategoryOrder(categories.into_iter().rev().collect())),
        _ => Ok(Edit::Extra(Some(name.into()))),
    }
    .ok()
}

#[test]
fn a_step_that_is_undone_before_later_ones_is_stored_so() {
    let (_folder, root) = folder();
    let mut project = sample(&root, 1);
    let picture = PictureId(1);
    draw(&mut project, picture, 5.0);
    let found = [(picture, vec![found(rect(60.0, 40.0, 20.0, 20.0))])];
    let propose = |document: &Document| Ok(ops::replace_proposals(document, &model("1"), &found));
    project
        .commit_untracked_with("update", propose)
        .expect("the edit is valid");
    assert_eq!(
        project.history().steps().len(),
        2,
        "it concerns the same picture"
    );
    let undone = project.undo_past("update").expect("it is written");
    assert_eq!(undone.map(|step| step.label).as_deref(), Some("draw box"));
    let states = |project: &Project| {
        let rows = project.document().annotations(picture).iter();
        rows.map(|row| row.state).collect::<Vec<_>>()
    };
    assert_eq!(states(&project), [BoxState::Proposed]);
    assert_agrees(&project);
    assert_eq!(project.undo_past("update").expect("it reads"), None);
    let path = project.path().to_owned();
    drop(project);
    let mut project = open(&path, Access::Edit);
    let redone = project.redo().expect("it is written");
    assert_eq!(redone.map(|step| step.label).as_deref(), Some("draw box"));
    assert_eq!(states(&project), [BoxState::Drawn, BoxState::Proposed]);
    assert_agrees(&project);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_document_can_be_stored_and_read_back(edits in some_document()) {
        let (_folder, root) = folder();
        let (mut project, _) = Project::create_for(&root).expect("it can be created");
        project.commit_untracked("import", &Edit::Batch(edits)).expect("the edit is valid");
        assert_agrees(&project);
        let (document, path) = (project.document().clone(), project.path().to_path_buf());
        project.close().expect("it closes");
        let project = open(&path, Access::Edit);
        prop_assert_eq!(project.document(), &document);
        prop_assert_eq!(project.document().next_ids(), document.next_ids());
    }

    #[test]
    fn file_and_memory_agree_after_any_edits_undos_and_redos(
        first in some_document(), actions in actions(),
    ) {
        let (_folder, root) = folder();
        let (mut project, _) = Project::create_for(&root).expect("it can be created");
        project.commit("import", &Edit::Batch(first), None).expect("the edit is valid");
        let (mut document, mut history) = (Document::default(), History::default());
        // The model begins with the document of the project.
        document.apply(rebuild(project.document())).expect("the edit is valid");
        document.raise_next_ids(project.document().next_ids());
        for action in &actions {
            match action.kind {
                21 => {
                    // The project has a step before the first of these, the import.
                    let undone = history.undo(&mut document).expect("it can be undone");
                    if undone.is_none() {
                        continue;
                    }
                    project.undo().expect("it can be undone");
                }
                22 => {
                    history.redo(&mut document).expect("it can be redone");
                    project.redo().expect("it can be redone");
                }
                23 => {
                    let path = project.path().to_path_buf();
                    if action.picks[0].index(2) > 0 {
                        project.close().expect("it closes");
                    } else {
                        drop(project);
                    }
                    project = open(&path, Access::Edit);
                    history = History::new(history.steps().to_vec(), history.position());
                }
                _ => {
                    let Some(edit) = edit_of(action, &document) else { continue };
                    let expected = history.commit(&mut document, "step", edit.clone(), action.gesture);
                    let expected = expected.is_ok();
                    let done = project.commit("step", &edit, action.gesture).is_ok();
                    prop_assert_eq!(done, expected);
                }
            }
            prop_assert_eq!(project.document(), &document);
            // The project's first step is the import.
            prop_assert_eq!(&project.history().steps()[1..], history.steps());
            prop_assert_eq!(project.history().position(), history.position() + 1);
        }
        assert_agrees(&project);
        let before = state(project.document(), project.history());
        let path = project.path().to_path_buf();
        project.close().expect("it closes");
        let mut project = open(&path, Access::Edit);
        prop_assert_eq!(state(project.document(), project.history()), before);
        while project.undo().expect("it can be undone").is_some() {}
        prop_assert_eq!(project.document(), &Document::default());
        assert_agrees(&project);
    }
}

/// A single edit that makes this document of an empty one.
fn rebuild(document: &Document) -> Edit {
    let mut edits = vec![
        Edit::Extra(document.extra().map(Into::into)),
        Edit::Naming(document.naming().clone()),
    ];
    let categories = document.categories().cloned();
    edits.extend(categories.map(|row| Edit::Category(Change::Insert(row))));
    for picture in document.pictures() {
        edits.push(Edit::Picture(Change::Insert(picture.clone())));
        for row in document.annotations(picture.id) {
            let (picture, change) = (picture.id, Change::Insert(row.clone()));
            edits.push(Edit::Annotation { picture, change });
        }
    }
    Edit::Batch(edits)
}
