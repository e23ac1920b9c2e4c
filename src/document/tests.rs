//! Tests of the document: that edits can be undone whatever they are, and the rules of review.

use std::collections::HashSet;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::{Deserialize, Serialize};

use super::ops::{self, Candidate};
use super::*;
use crate::geometry::BBox;
use crate::naming::MappedClass;

const A: PictureId = PictureId(1);
const B: PictureId = PictureId(2);
const CAT: CategoryId = CategoryId(1);
const DOG: CategoryId = CategoryId(2);

fn rect(x: f32, y: f32, width: f32, height: f32) -> BBox {
    BBox::from_xywh(x, y, width, height)
}

fn model(version: &str) -> Arc<Provenance> {
    Arc::new(Provenance {
        name: "dinov2-vits14".into(),
        version: version.into(),
        method: "affinity".into(),
        threshold: 0.4,
    })
}

fn found(rect: BBox, category: CategoryId) -> Candidate {
    Candidate {
        rect,
        category,
        score: 0.5,
    }
}

/// Makes an edit and checks that it can be undone and redone.
fn make(document: &mut Document, edit: Edit) {
    let before = document.clone();
    let affected = edit.affected();
    let inverse = document.apply(edit).expect("the edit is valid");
    assert_eq!(inverse.affected(), affected);
    let after = document.clone();
    let again = document.apply(inverse).expect("the inverse is valid");
    assert_eq!(*document, before);
    document.apply(again).expect("redo is valid");
    assert_eq!(*document, after);
}

/// Pictures A (100 x 80) and B (50 x 50), categories cat and dog.
fn sample() -> Document {
    let mut document = Document::default();
    for name in ["cat", "dog"] {
        let edit = ops::add_category(&document, name);
        make(&mut document, edit);
    }
    let new = |path: &str, width, height| Picture::new(PictureId(0), path, width, height);
    let pictures = vec![new("a.jpg", 100, 80), new("sub/b.jpg", 50, 50)];
    let edit = ops::add_pictures(&document, pictures);
    make(&mut document, edit);
    document
}

/// The sample with these boxes proposed on picture A.
fn proposed(boxes: &[BBox]) -> Document {
    let mut document = sample();
    propose(&mut document, boxes);
    document
}

fn propose(document: &mut Document, boxes: &[BBox]) {
    let candidates = boxes.iter().map(|rect| found(*rect, CAT)).collect();
    let edit =
        ops::replace_proposals(document, &model("1"), &[(A, candidates)]).expect("A is there");
    make(document, edit);
}

fn states(document: &Document, picture: PictureId) -> Vec<(u32, BoxState)> {
    let rows = document.annotations(picture).iter();
    rows.map(|row| (row.id.0, row.state)).collect()
}

fn review(document: &Document, picture: PictureId) -> ReviewState {
    document.picture(picture).expect("it is there").review
}

/// The look-up tables say what the rows say, and every rule holds: reading rows checks them.
fn check_consistent(document: &Document) {
    let copy: Document = round_trip(document);
    assert_eq!(copy, *document);
    assert_eq!(copy.next_ids, document.next_ids);
    assert_eq!(copy.by_path, document.by_path);
    assert_eq!(copy.picture_of, document.picture_of);
    for picture in document.pictures() {
        let rows = document.annotations(picture.id);
        assert!(rows.is_sorted_by(|a, b| a.id < b.id));
        assert!(picture.id < document.next_ids.picture);
        assert!(rows.iter().all(|row| row.id < document.next_ids.annotation));
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("it serialises")
}

fn round_trip<T: Serialize + for<'de> Deserialize<'de>>(value: &T) -> T {
    serde_json::from_str(&json(value)).expect("what was written can be read")
}

/// Something to do, whatever the document: the picks choose among what is there.
#[derive(Clone, Debug)]
struct Action {
    kind: usize,
    picks: [Index; 4],
    rects: Vec<BBox>,
    gesture: Option<u64>,
}

type Operation<'a> = &'a dyn Fn(&Document) -> Result<Edit, EditError>;

/// Makes a good row bad.
type Spoil<'a> = &'a dyn Fn(&mut Annotation);

const KINDS: usize = 28;

fn actions(most: usize) -> impl Strategy<Value = Vec<Action>> {
    let edge = || -10.0..120.0_f32;
    let rects = (edge(), edge(), edge(), edge())
        .prop_map(|(xa, ya, xb, yb)| BBox::from_corners(xa, ya, xb, yb));
    let picks = any::<[Index; 4]>();
    let gesture = proptest::option::of(0..2_u64);
    // What takes much away is rare, so that there is something to work on.
    let kind = prop_oneof![8 => 0..14_usize, 4 => 14..24_usize, 1 => 24..KINDS];
    let action = (kind, picks, vec(rects, 1..4), gesture);
    vec(
        action.prop_map(|(kind, picks, rects, gesture)| Action {
            kind,
            picks,
            rects,
            gesture,
        }),
        1..most,
    )
}

impl Action {
    /// The edit that this action means for a document; it may fail, and applying it may too.
    fn edit(&self, document: &Document) -> Result<Edit, EditError> {
        let [one, two, three, four] = &self.picks;
        let pictures: Vec<_> = document.pictures().map(|row| row.id).collect();
        let categories: Vec<_> = document.categories().map(|row| row.id).collect();
        let boxes: Vec<_> = pictures
            .iter()
            .flat_map(|id| document.annotations(*id))
            .map(|row| row.id)
            .collect();
        // An id that is not there is a case too.
        let picture = |at: &Index| *at.get(&[&pictures[..], &[PictureId(99)]].concat());
        let category = |at: &Index| *at.get(&[&categories[..], &[CategoryId(99)]].concat());
        let a_box = |at: &Index| match boxes.as_slice() {
            [] => AnnotationId(99),
            boxes => *at.get(boxes),
        };
        let (p, q, c, d) = (picture(one), picture(two), category(three), category(four));
        let ids = [a_box(one), a_box(two)];
        let is_on = three.index(2) == 1;
        let rect = self.rects[0];
        let paths = ["a.jpg", "b/ü.png", "../up", "b/c.jpg", "/abs", "掴み.webp"];
        let names = ["cat", "dog", "", " bird", "ねこ"];
        let path = |at: &Index| Box::<str>::from(*at.get(&paths));
        let name = *four.get(&names);
        match self.kind {
            0 => ops::draw(document, p, rect, c),
            1 => ops::reshape(document, &[(ids[0], rect), (ids[1], self.rects[0])]),
            2 => ops::set_category(document, &ids, c),
            3 => ops::set_flags(document, &ids, |flags| flags.occluded = is_on),
            4 => ops::accept(document, &ids),
            5 => ops::accept_all(document, p),
            6 => ops::reject(document, &ids),
            7 => ops::delete(document, &ids),
            8 => ops::paste(document, p, document.annotations(q), [rect.x0, 3.0]),
            9 => ops::duplicate(document, &ids, [10.0, rect.y0]),
            10 => ops::copy_from(document, p, q),
            11..=13 => {
                let candidates = self.rects.iter().map(|rect| found(*rect, c)).collect();
                let mut all = vec![(p, candidates)];
                if p != q {
                    all.push((q, vec![found(rect, d)]));
                }
                ops::replace_proposals(document, &model(if is_on { "1" } else { "2" }), &all)
            }
            14 => {
                let picture = |at| Picture::new(PictureId(0), path(at), 100, 90);
                Ok(ops::add_pictures(
                    document,
                    vec![picture(one), picture(two)],
                ))
            }
            26 => ops::remove_pictures(document, &[p]),
            23 => ops::map_classes(
                document,
                &[(
                    name.into(),
                    Some(MappedClass::named(three.get::<&str>(&names))),
                )],
                |picture| is_on || picture == p,
            ),
            16 => ops::rename_pictures(document, &[(p, path(three)), (q, path(four))]),
            17 => ops::set_missing(document, &[p, q], is_on),
            18 => {
                let side = |edge: f32| (edge.max(0.0) as u32).min(100);
                let size = [side(rect.x1), side(rect.y1)];
                ops::set_content(document, p, size, Some("5eed".into()))
            }
            19 => ops::set_tag(document, &[p, q], c, four.index(3) > 0),
            20 => ops::set_done(document, &[p, q], four.index(3) > 0),
            21 => Ok(ops::add_category(document, name)),
            22 => ops::rename_category(document, c, name),
            15 => ops::set_hotkey(
                document,
                c,
                four.get(&[None, Some('1'), Some('q')]).to_owned(),
            ),
            24 => ops::merge_categories(document, c, d),
            25 => ops::delete_category(document, c),
            _ => {
                let mut order = categories;
                let by = one.index(3).min(order.len());
                order.rotate_left(by);
                Ok(Edit::Batch(vec![
                    Edit::CategoryOrder(order),
                    Edit::Extra(Some(format!("[{}]", two.index(9)).into())),
                    ops::recolour_category(document, c, [1, 2, 3])?,
                ]))
            }
        }
    }
}

/// Does what can be done, and tells how many steps that made. What fails must change nothing.
fn perform(actions: &[Action], document: &mut Document, history: &mut History) {
    for action in actions {
        let Ok(edit) = action.edit(document) else {
            continue;
        };
        assert_eq!(round_trip(&edit), edit);
        let before = json(document);
        let position = history.position();
        if let Err(error) = history.commit(document, "step", edit, action.gesture) {
            assert_eq!(json(document), before, "after {error}");
            assert_eq!(history.position(), position);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn undoing_all_gives_the_first_document_and_redoing_all_the_last(
        before in actions(12), after in actions(40),
    ) {
        let mut document = sample();
        perform(&before, &mut document, &mut History::default());
        let first = document.clone();
        let mut history = History::default();
        perform(&after, &mut document, &mut history);
        let last = document.clone();
        check_consistent(&last);

        // Half the way back the program restarts.
        let steps = history.steps().len();
        for _ in 0..steps / 2 {
            prop_assert!(history.undo(&mut document).expect("undo fits").is_some());
            check_consistent(&document);
        }
        let mut history: History = round_trip(&history);
        let mut document: Document = round_trip(&document);
        while history.undo(&mut document).expect("undo fits").is_some() {}
        prop_assert_eq!(&document, &first);
        prop_assert_eq!(history.position(), 0);
        check_consistent(&document);

        while history.redo(&mut document).expect("redo fits").is_some() {}
        prop_assert_eq!(&document, &last);
        prop_assert_eq!(history.position(), steps);
        check_consistent(&document);
    }

    #[test]
    fn undo_and_redo_in_between_lead_nowhere_else(
        before in actions(12), after in actions(12), back in 0..12_usize,
    ) {
        let mut document = sample();
        let mut history = History::default();
        perform(&before, &mut document, &mut history);
        for _ in 0..back {
            history.undo(&mut document).expect("undo fits");
        }
        perform(&after, &mut document, &mut history);
        let (last, position) = (document.clone(), history.position());
        while history.undo(&mut document).expect("undo fits").is_some() {}
        prop_assert_eq!(&document, &sample());
        while history.position() < position {
            history.redo(&mut document).expect("redo fits");
        }
        prop_assert_eq!(&document, &last);
    }

    #[test]
    fn an_edit_that_fails_in_the_end_changes_nothing(all in actions(20), bad in actions(20)) {
        let mut document = sample();
        perform(&all, &mut document, &mut History::default());
        let before = document.clone();
        let mut edits = Vec::new();
        for action in bad {
            if let Ok(edit) = action.edit(&document) && document.apply(edit.clone()).is_ok() {
                edits.push(edit);
            }
        }
        edits.push(Edit::Picture(Change::Remove(PictureId(77))));
        document = before.clone();
        let error = document.apply(Edit::Batch(edits)).expect_err("the last edit is bad");
        prop_assert_eq!(error, EditError::UnknownPicture(PictureId(77)));
        prop_assert_eq!(json(&document), json(&before));
        prop_assert_eq!(&document.by_path, &before.by_path);
        prop_assert_eq!(&document.picture_of, &before.picture_of);
    }

    #[test]
    fn an_id_never_names_a_second_thing(all in actions(40), back in vec(any::<bool>(), 40)) {
        let mut document = sample();
        let mut history = History::default();
        let mut drawn = HashSet::new();
        for (action, back) in all.iter().zip(back) {
            if back {
                history.undo(&mut document).expect("undo fits");
            }
            let Ok(edit) = action.edit(&document) else { continue };
            let before = document.clone();
            if let Ok(Some(step)) = history.commit(&mut document, "step", edit, None) {
                for (_, id) in step.edit.affected().annotations {
                    if before.annotation(id).is_none() {
                        prop_assert!(drawn.insert(id), "{} was used before", id);
                    }
                }
            }
        }
    }
}

#[test]
fn only_what_a_person_confirmed_is_ground_truth() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0), rect(40.0, 1.0, 20.0, 20.0)]);
    let truth = |document: &Document| {
        let rows = document.annotations(A).iter();
        rows.filter(|row| row.is_ground_truth()).count()
    };
    assert_eq!(review(&document, A), ReviewState::Proposed);
    assert_eq!(truth(&document), 0);
    assert!(document.is_unlabelled(A));

    let edit = ops::accept(&document, &[AnnotationId(1)]).expect("1 is there");
    make(&mut document, edit);
    assert_eq!(truth(&document), 1);
    assert_eq!(review(&document, A), ReviewState::InReview);
    assert!(!document.is_unlabelled(A));

    let edit = ops::set_done(&document, &[A], true).expect("A is there");
    make(&mut document, edit);
    let expected = [(1, BoxState::Accepted), (2, BoxState::Rejected)];
    assert_eq!(states(&document, A), expected);
    assert!(!document.is_verified_empty(A));
}

#[test]
fn done_without_boxes_is_verified_empty_and_not_unlabelled() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    assert!(!document.is_verified_empty(B) && document.is_unlabelled(B));
    let edit = ops::set_done(&document, &[A, B], true).expect("both are there");
    make(&mut document, edit);
    for picture in [A, B] {
        assert!(document.is_verified_empty(picture) && !document.is_unlabelled(picture));
    }
    let summary = document.summary();
    assert_eq!(summary.pictures, [(ReviewState::Done, 2)].into());
    assert_eq!(summary.annotations, [(BoxState::Rejected, 1)].into());
    assert_eq!((summary.verified_empty, summary.unlabelled), (2, 0));

    let edit = ops::set_done(&document, &[B], false).expect("B is there");
    make(&mut document, edit);
    assert_eq!(review(&document, B), ReviewState::InReview);
    assert!(document.is_unlabelled(B));
}

#[test]
fn a_moved_proposal_remembers_the_first_one() {
    let first = rect(1.0, 1.0, 20.0, 20.0);
    let mut document = proposed(&[first]);
    let id = AnnotationId(1);
    for (x, accept) in [(2.0, true), (3.0, false)] {
        if accept {
            let edit = ops::accept(&document, &[id]).expect("1 is there");
            make(&mut document, edit);
        }
        let to = rect(x, 1.0, 20.0, 20.0);
        let edit = ops::reshape(&document, &[(id, to)]).expect("1 is there");
        make(&mut document, edit);
    }
    let edit = ops::set_category(&document, &[id], DOG).expect("1 is there");
    make(&mut document, edit);
    let (_, row) = document.annotation(id).expect("1 is there");
    assert_eq!(row.state, BoxState::Edited);
    assert_eq!(row.category, DOG);
    assert_eq!(row.rect, rect(3.0, 1.0, 20.0, 20.0));
    let former = FormerProposal {
        rect: first,
        category: CAT,
    };
    assert_eq!(row.former.as_deref(), Some(&former));
    assert_eq!(row.origin, Origin::Model(model("1")));
}

#[test]
fn a_rejection_can_be_taken_back() {
    let boxes = [rect(1.0, 1.0, 20.0, 20.0), rect(40.0, 1.0, 20.0, 20.0)];
    let mut document = proposed(&boxes);
    let ids = [AnnotationId(1), AnnotationId(2)];
    let to = rect(41.0, 2.0, 20.0, 20.0);
    let edit = ops::reshape(&document, &[(ids[1], to)]).expect("2 is there");
    make(&mut document, edit);
    let edit = ops::reject(&document, &ids).expect("both are there");
    make(&mut document, edit);
    let expected = [(1, BoxState::Rejected), (2, BoxState::Rejected)];
    assert_eq!(states(&document, A), expected);
    let edit = ops::accept(&document, &ids).expect("both are there");
    make(&mut document, edit);
    let expected = [(1, BoxState::Accepted), (2, BoxState::Edited)];
    assert_eq!(states(&document, A), expected);
    let again = ops::accept(&document, &ids).expect("both are there");
    assert!(again.is_empty());
}

#[test]
fn flags_accept_a_proposal_and_leave_other_states_alone() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0), rect(40.0, 1.0, 20.0, 20.0)]);
    let edit = ops::reject(&document, &[AnnotationId(2)]).expect("2 is there");
    make(&mut document, edit);
    let ids = [AnnotationId(1), AnnotationId(2)];
    let same = ops::set_flags(&document, &ids, |flags| flags.crowd = false);
    assert!(same.expect("both are there").is_empty());
    let edit = ops::set_flags(&document, &ids, |flags| flags.crowd = true);
    make(&mut document, edit.expect("both are there"));
    let expected = [(1, BoxState::Accepted), (2, BoxState::Rejected)];
    assert_eq!(states(&document, A), expected);
    assert!(document.annotations(A).iter().all(|row| row.flags.crowd));
}

#[test]
fn what_is_pasted_is_the_persons_own() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let mut rows = document.annotations(A).to_vec();
    rows[0].flags.difficult = true;
    rows[0].extra = Some(r#"{"segmentation":[[1,1,2,1,2,2]]}"#.into());
    let edit = ops::paste(&document, B, &rows, [35.0, 0.0]).expect("B is there");
    make(&mut document, edit);
    let clipped = rect(36.0, 1.0, 14.0, 20.0);
    let mut expected = Annotation::drawn(AnnotationId(2), clipped, CAT);
    expected.flags.difficult = true;
    assert_eq!(document.annotations(B), [expected]);
    assert_eq!(review(&document, B), ReviewState::InReview);
    let edit = ops::paste(&document, B, &rows, [50.0, 0.0]).expect("B is there");
    assert!(edit.is_empty(), "all of it is outside");

    let edit = ops::duplicate(&document, &[AnnotationId(1)], [10.0, 10.0]).expect("1 is there");
    make(&mut document, edit);
    let expected = [(1, BoxState::Proposed), (3, BoxState::Drawn)];
    assert_eq!(states(&document, A), expected);
}

#[test]
fn a_persons_box_stays_drawn_and_rejecting_deletes_it() {
    let mut document = sample();
    let edit = ops::draw(&document, A, rect(90.0, -5.0, 20.0, 20.0), CAT).expect("A is there");
    make(&mut document, edit);
    let id = AnnotationId(1);
    let (_, row) = document.annotation(id).expect("1 is there");
    assert_eq!(row.rect, rect(90.0, 0.0, 10.0, 15.0), "clipped");
    let edit = ops::reshape(&document, &[(id, rect(0.0, 0.0, 9.0, 9.0))]).expect("1 is there");
    make(&mut document, edit);
    let (_, row) = document.annotation(id).expect("1 is there");
    assert_eq!((row.state, &row.former), (BoxState::Drawn, &None));
    let edit = ops::reject(&document, &[id, id]).expect("1 is there");
    make(&mut document, edit);
    assert_eq!(states(&document, A), []);
}

#[test]
fn proposing_again_replaces_untouched_proposals_only() {
    let at = |x: f32| rect(x, 10.0, 10.0, 10.0);
    let mut document = proposed(&[at(0.0), at(20.0), at(40.0), at(60.0)]);
    for edit in [
        ops::accept(&document, &[AnnotationId(1)]),
        ops::reshape(
            &document,
            &[(AnnotationId(2), rect(20.0, 40.0, 20.0, 20.0))],
        ),
        ops::reject(&document, &[AnnotationId(3)]),
        ops::draw(&document, A, at(80.0), CAT),
    ] {
        document.apply(edit.expect("it is there")).expect("it fits");
    }
    let judged = [
        (1, BoxState::Accepted),
        (2, BoxState::Edited),
        (3, BoxState::Rejected),
        (5, BoxState::Drawn),
    ];
    let kept: Vec<_> = document.annotations(A).to_vec();

    // All of the same boxes again: nothing is new, and the one that nobody judged stays. The edited
    // one is known by what it was as well as by what it is.
    let again = [
        at(0.0),
        at(20.0),
        at(40.4),
        at(60.0),
        at(80.0),
        rect(20.0, 40.0, 20.0, 20.0),
    ];
    propose(&mut document, &again);
    let mut expected = judged.to_vec();
    expected.insert(3, (4, BoxState::Proposed));
    assert_eq!(states(&document, A), expected);
    assert_eq!(document.annotations(A), kept);

    // Elsewhere, or of another category, it is another box.
    let other = vec![
        found(at(47.0), CAT),
        found(at(40.0), DOG),
        found(at(200.0), CAT),
    ];
    let edit = ops::replace_proposals(&document, &model("2"), &[(A, other)]).expect("A is there");
    make(&mut document, edit);
    expected = judged.to_vec();
    expected.extend([(6, BoxState::Proposed), (7, BoxState::Proposed)]);
    assert_eq!(states(&document, A), expected);
    assert_eq!(review(&document, A), ReviewState::InReview);
}

#[test]
fn what_was_judged_does_not_come_back_tighter_or_wider() {
    for (again, comes_back) in [
        (rect(3.3, 0.0, 10.0, 10.0), false),
        (rect(3.4, 0.0, 10.0, 10.0), true),
        (rect(2.0, 2.0, 5.0, 5.0), false),
        (rect(0.0, 0.0, 30.0, 30.0), false),
        (rect(9.0, 9.0, 5.0, 5.0), true),
    ] {
        let mut document = proposed(&[rect(0.0, 0.0, 10.0, 10.0)]);
        let edit = ops::reject(&document, &[AnnotationId(1)]).expect("1 is there");
        make(&mut document, edit);
        propose(&mut document, &[again]);
        assert_eq!(document.annotations(A).len() == 2, comes_back, "{again:?}");
    }
}

#[test]
fn more_proposals_come_beside_those_that_are_there() {
    let first = rect(0.0, 0.0, 20.0, 20.0);
    let mut document = proposed(&[first]);
    let judged = rect(60.0, 40.0, 20.0, 20.0);
    let edit = ops::draw(&document, A, judged, CAT).unwrap();
    make(&mut document, edit);
    let second = rect(30.0, 0.0, 20.0, 20.0);
    let near = rect(1.0, 0.0, 20.0, 20.0);
    let more = [near, second, judged].map(|rect| found(rect, CAT));
    let all = [(A, more.to_vec()), (B, vec![found(first, CAT)])];
    let edit = ops::add_proposals(&document, &model("2"), &all).unwrap();
    make(&mut document, edit);
    let proposals = |document: &Document, picture| {
        let rows = document.annotations(picture).iter();
        let rows = rows.filter(|row| row.state == BoxState::Proposed);
        rows.map(|row| row.rect).collect::<Vec<_>>()
    };
    assert_eq!(proposals(&document, A), [first, second]);
    assert_eq!(proposals(&document, B), [first]);
    assert_eq!(document.picture(B).unwrap().review, ReviewState::Proposed);
    let done = ops::set_done(&document, &[B], true).unwrap();
    make(&mut document, done);
    let again = ops::add_proposals(&document, &model("3"), &all).unwrap();
    assert!(
        again.is_empty(),
        "what is there, judged or done is left alone"
    );
}

#[test]
fn a_picture_that_is_done_gets_no_proposals() {
    let mut document = sample();
    let edit = ops::set_done(&document, &[A], true).expect("A is there");
    make(&mut document, edit);
    propose(&mut document, &[rect(1.0, 1.0, 20.0, 20.0)]);
    assert!(document.is_verified_empty(A));
}

#[test]
fn a_model_that_finds_nothing_has_proposed_all_the_same() {
    let document = proposed(&[]);
    assert_eq!(review(&document, A), ReviewState::Proposed);
    assert_eq!(review(&document, B), ReviewState::New);
}

#[test]
fn boxes_of_one_model_share_its_description() {
    let mut document = proposed(&[rect(1.0, 1.0, 9.0, 9.0), rect(30.0, 1.0, 9.0, 9.0)]);
    document = round_trip(&document);
    let rows = document.annotations(A);
    match (&rows[0].origin, &rows[1].origin) {
        (Origin::Model(one), Origin::Model(other)) => assert!(Arc::ptr_eq(one, other)),
        other => panic!("not of a model: {other:?}"),
    }
}

#[test]
fn copying_the_previous_pictures_boxes_twice_copies_them_once() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0), rect(60.0, 60.0, 20.0, 20.0)]);
    let edit = ops::draw(&document, A, rect(30.0, 30.0, 40.0, 10.0), DOG).expect("A is there");
    make(&mut document, edit);
    for _ in 0..2 {
        let edit = ops::copy_from(&document, A, B).expect("both are there");
        make(&mut document, edit);
        // A proposal is not copied, and the box is clipped to the smaller picture.
        let [row] = document.annotations(B) else {
            panic!("{:?}", document.annotations(B));
        };
        assert_eq!(row.rect, rect(30.0, 30.0, 20.0, 10.0));
    }
}

#[test]
fn merging_categories_moves_boxes_tags_and_records() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    for edit in [
        ops::reshape(&document, &[(AnnotationId(1), rect(2.0, 1.0, 20.0, 20.0))]),
        ops::set_tag(&document, &[B], CAT, true),
    ] {
        document.apply(edit.expect("it is there")).expect("it fits");
    }
    let edit = ops::merge_categories(&document, CAT, DOG).expect("both are there");
    make(&mut document, edit);
    let (_, row) = document.annotation(AnnotationId(1)).expect("1 is there");
    assert_eq!(row.category, DOG);
    assert_eq!(row.former.as_ref().map(|was| was.category), Some(DOG));
    assert_eq!(document.picture(B).expect("B is there").tags, [DOG]);
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
    let edit = ops::rename_category(&document, CAT, " zebra ").expect("1 is there");
    make(&mut document, edit);
    assert_eq!(names(&document), ["zebra", "dog", "ant"]);
    let edit = ops::delete_category(&document, CAT).expect("1 is there");
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
    let edit = ops::set_hotkey(&document, DOG, Some('1')).expect("2 is there");
    make(&mut document, edit);
    assert_eq!(
        (key(&document, CAT), key(&document, DOG)),
        (None, Some('1'))
    );
    let mut row = document.category(CAT).expect("1 is there").clone();
    row.hotkey = Some('1');
    let error = document.apply(Edit::Category(Change::Update(row)));
    assert_eq!(error, Err(EditError::HotkeyTaken('1')));
}

#[test]
fn pictures_trade_paths_and_keep_their_boxes() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let paths = [(A, "sub/b.jpg".into()), (B, "a.jpg".into())];
    let edit = ops::rename_pictures(&document, &paths).expect("both are there");
    make(&mut document, edit);
    assert_eq!(document.picture_at("sub/b.jpg").map(|row| row.id), Some(A));
    assert_eq!(document.picture_at("a.jpg").map(|row| row.id), Some(B));
    assert_eq!(document.annotations(A).len(), 1);
    let edit = ops::rename_pictures(&document, &[(A, "a.jpg".into())]).expect("A is there");
    assert_eq!(
        document.apply(edit),
        Err(EditError::PathTaken("a.jpg".into()))
    );
}

#[test]
fn a_picture_that_shrank_keeps_the_boxes_that_fit() {
    let mut document = proposed(&[rect(0.0, 0.0, 60.0, 60.0), rect(70.0, 0.0, 20.0, 20.0)]);
    let picture = document.picture(A).expect("A is there").clone();
    let smaller = Picture {
        width: 50,
        ..picture
    };
    let refused = document.apply(Edit::Picture(Change::Update(smaller)));
    assert!(matches!(refused, Err(EditError::BadRect { .. })));
    let edit = ops::set_content(&document, A, [50, 80], None).expect("A is there");
    make(&mut document, edit);
    let [row] = document.annotations(A) else {
        panic!("{:?}", document.annotations(A));
    };
    assert_eq!(row.rect, rect(0.0, 0.0, 50.0, 60.0));
}

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
        ("no category", &|row| row.category = CategoryId(7)),
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
fn what_is_in_use_is_not_removed() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let error = document.apply(Edit::Picture(Change::Remove(A)));
    assert_eq!(error, Err(EditError::PictureInUse(A)));
    let error = document.apply(Edit::Category(Change::Remove(CAT)));
    assert_eq!(error, Err(EditError::CategoryInUse("cat".into())));
    let edit = ops::set_tag(&document, &[B], DOG, true).expect("B is there");
    make(&mut document, edit);
    let error = document.apply(Edit::Category(Change::Remove(DOG)));
    assert_eq!(error, Err(EditError::CategoryInUse("dog".into())));
    let edit = ops::remove_pictures(&document, &[A, B]).expect("both are there");
    make(&mut document, edit);
    assert_eq!(
        (document.pictures().len(), document.annotation_count()),
        (0, 0)
    );
}

#[test]
fn a_document_that_breaks_a_rule_is_not_read() {
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

#[test]
fn a_step_has_a_label_and_the_one_picture_it_changes() {
    let mut document = sample();
    let mut history = History::default();
    let edit = ops::draw(&document, B, rect(1.0, 1.0, 9.0, 9.0), CAT).expect("B is there");
    let commit = history.commit(&mut document, "draw box", edit, None);
    assert!(commit.expect("it fits").is_some());
    let edit = ops::set_done(&document, &[A, B], true).expect("both are there");
    let commit = history.commit(&mut document, "mark done", edit, None);
    assert_eq!(commit.expect("it fits").and_then(|step| step.picture), None);
    // What changes nothing is no step, and keeps what can be redone.
    history.undo(&mut document).expect("undo fits");
    let nothing = history.commit(&mut document, "nothing", Edit::default(), None);
    assert_eq!(nothing, Ok(None));

    assert_eq!(
        history.next_undo().map(|step| &*step.label),
        Some("draw box")
    );
    assert_eq!(
        history.next_redo().map(|step| &*step.label),
        Some("mark done")
    );
    let step = history.undo(&mut document).expect("undo fits");
    assert_eq!(step.and_then(|step| step.picture), Some(B));
    assert_eq!(history.undo(&mut document), Ok(None));
    assert_eq!(document, sample());
}

#[test]
fn one_gesture_is_one_step_and_does_not_grow() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let first = document.clone();
    let mut history = History::default();
    let nudge = |document: &mut Document, history: &mut History, x: f32, gesture: u64| {
        let to = [(AnnotationId(1), rect(x, 1.0, 20.0, 20.0))];
        let edit = ops::reshape(document, &to).expect("1 is there");
        let step = history.commit(document, "move box", edit, Some(gesture));
        step.expect("it fits");
    };
    for x in 2..60 {
        nudge(&mut document, &mut history, x as f32, 7);
    }
    assert_eq!(history.steps().len(), 1);
    assert!(json(&history.steps()[0].edit).len() < 2000);
    nudge(&mut document, &mut history, 70.0, 8);
    assert_eq!(history.position(), 2);

    // An undo ends the gesture.
    history.undo(&mut document).expect("undo fits");
    nudge(&mut document, &mut history, 71.0, 8);
    assert_eq!(history.position(), 2);
    while history.undo(&mut document).expect("undo fits").is_some() {}
    assert_eq!(document, first);
}

#[test]
fn a_gesture_keeps_what_its_other_edits_need() {
    // On the way back the picture can only shrink once the box has left the part that goes.
    let mut document = sample();
    let edit = ops::draw(&document, B, rect(0.0, 0.0, 40.0, 40.0), CAT).expect("B is there");
    make(&mut document, edit);
    let first = document.clone();
    let mut history = History::default();
    let id = AnnotationId(1);
    let steps: [Operation<'_>; 3] = [
        &|document| ops::set_category(document, &[id], DOG),
        &|document| ops::set_content(document, B, [100, 50], None),
        &|document| ops::reshape(document, &[(id, rect(60.0, 0.0, 30.0, 30.0))]),
    ];
    for step in steps {
        let edit = step(&document).expect("all is there");
        let commit = history.commit(&mut document, "change", edit, Some(1));
        assert!(commit.is_ok());
    }
    assert_eq!(history.position(), 1);
    history.undo(&mut document).expect("undo fits");
    assert_eq!(document, first);
}

#[test]
fn a_step_that_another_hand_made_impossible_is_refused_and_kept() {
    let mut document = sample();
    let mut history = History::default();
    let edit = ops::draw(&document, A, rect(1.0, 1.0, 9.0, 9.0), CAT).expect("A is there");
    let commit = history.commit(&mut document, "draw box", edit, None);
    assert!(commit.is_ok());
    let edit = ops::delete(&document, &[AnnotationId(1)]).expect("1 is there");
    document.apply(edit).expect("it fits");
    let before = (document.clone(), history.steps().to_vec());
    let error = EditError::UnknownAnnotation(AnnotationId(1));
    assert_eq!(history.undo(&mut document), Err(error));
    assert_eq!((document, history.steps().to_vec()), before);
    assert_eq!(history.position(), 1);
}

#[test]
fn ten_thousand_pictures_are_proposed_and_undone_in_one_step() {
    let mut document = sample();
    let path = |at: usize| format!("many/{at:05}.jpg");
    let new = |at| Picture::new(PictureId(0), path(at), 640, 480);
    let edit = ops::add_pictures(&document, (0..10_000).map(new).collect());
    document.apply(edit).expect("it fits");
    let first = document.clone();
    let candidates = vec![found(rect(5.0, 5.0, 50.0, 50.0), CAT)];
    let pictures = document.pictures().map(|row| (row.id, candidates.clone()));
    let edit = ops::replace_proposals(&document, &model("1"), &pictures.collect::<Vec<_>>());
    let edit = edit.expect("all are there");
    let mut history = History::default();
    let step = history.commit(&mut document, "propose boxes", edit, None);
    assert_eq!(step.expect("it fits").and_then(|step| step.picture), None);
    assert_eq!(document.annotation_count(), 10_002);
    history.undo(&mut document).expect("undo fits");
    assert_eq!(document, first);
    assert_ne!(
        document.next_ids(),
        first.next_ids(),
        "ids are not used again"
    );
}

/// What is on picture A: category, state and left edge of each box.
fn told(document: &Document) -> Vec<(String, BoxState, f32)> {
    let rows = document.annotations(A).iter();
    let name = |id| document.category(id).expect("it is there").name.to_string();
    rows.map(|row| (name(row.category), row.state, row.rect.x0))
        .collect()
}

/// The sample with a tabby, an Egyptian cat that is about the same box, one elsewhere, and a
/// toaster, all proposed on picture A.
fn named_by_a_model() -> Document {
    let mut document = sample();
    let found = |class: &str, x, score| ops::NamedCandidate {
        rect: BBox::from_xywh(x, 10.0, 20.0, 20.0),
        class: class.to_owned(),
        score,
    };
    let boxes = vec![
        found("tabby", 1.0, 0.5),
        found("Egyptian cat", 3.0, 0.7),
        found("Egyptian cat", 30.0, 0.4),
        found("toaster", 60.0, 0.3),
    ];
    let edit =
        ops::replace_proposals_named(&document, &model("1"), &[(A, boxes)]).expect("A is there");
    make(&mut document, edit);
    document
}

fn to_cat() -> Vec<(String, Option<MappedClass>)> {
    let named = |class: &str| (class.to_owned(), Some(MappedClass::named("cat")));
    vec![named("tabby"), named("Egyptian cat")]
}

#[test]
fn untouched_proposals_follow_their_class_and_judged_boxes_do_not() {
    let mut document = named_by_a_model();
    let toaster = document.annotations(A)[3].id;
    let accept = ops::accept(&document, &[toaster]).expect("it is there");
    make(&mut document, accept);
    let mut changes = to_cat();
    changes.push(("toaster".to_owned(), Some(MappedClass::Object)));
    let before = document.clone();
    let edit = ops::map_classes(&document, &changes, |_| true).expect("the names are good");
    let inverse = document.apply(edit).expect("it fits");
    assert_eq!(
        told(&document),
        [
            ("cat".to_owned(), BoxState::Proposed, 3.0),
            ("cat".to_owned(), BoxState::Proposed, 30.0),
            ("toaster".to_owned(), BoxState::Accepted, 60.0),
        ],
        "of two boxes of one cat the surer one stays"
    );
    // Nothing is left of one of the former names but what the person has said.
    make(&mut document, Edit::default());
    let after = document.clone();
    let tidied = ops::remove_unused_model_categories(&document);
    let untidied = document.apply(tidied).expect("nothing of them is in use");
    let names: Vec<&str> = document.categories().map(|row| &*row.name).collect();
    assert_eq!(names, ["cat", "dog", "toaster"]);
    document.apply(untidied).expect("it is the inverse");
    assert_eq!(document, after);
    document.apply(inverse).expect("it is the inverse");
    assert_eq!(document, before);
    // Where the caller proposes anew nothing but the naming changes, and the same again is nothing.
    let edit = ops::map_classes(&document, &changes, |_| false).expect("the names are good");
    assert!(matches!(edit, Edit::Naming(_)), "{edit:?}");
    make(&mut document, edit);
    let again = ops::map_classes(&document, &changes, |_| true).expect("the names are good");
    assert!(again.is_empty());
    let bad = [("tabby".to_owned(), Some(MappedClass::Category(" ".into())))];
    let refused = ops::map_classes(&document, &bad, |_| true);
    assert_eq!(refused, Err(EditError::BadName(" ".into())));
}

#[test]
fn what_was_judged_does_not_come_back_under_another_name() {
    let mut document = named_by_a_model();
    let ids: Vec<AnnotationId> = document.annotations(A).iter().map(|row| row.id).collect();
    for edit in [
        ops::accept(&document, &ids[1..2]),
        ops::reject(&document, &ids[2..3]),
    ] {
        make(&mut document, edit.expect("they are there"));
    }
    let propose = |document: &mut Document, class: &str| {
        let found = |x| ops::NamedCandidate {
            rect: BBox::from_xywh(x, 10.0, 20.0, 20.0),
            class: class.to_owned(),
            score: 0.5,
        };
        let boxes = vec![found(3.0), found(31.0), found(75.0)];
        let edit = ops::replace_proposals_named(document, &model("1"), &[(A, boxes)]);
        make(document, edit.expect("A is there"));
        let mut rows = told(document);
        rows.retain(|(_, state, _)| *state == BoxState::Proposed);
        rows.iter().map(|(_, _, x)| *x).collect::<Vec<_>>()
    };
    // Another class is another judgement, but for what was accepted at this very place.
    assert_eq!(propose(&mut document, "cat"), [31.0, 75.0]);
    let edit = ops::map_classes(&document, &to_cat(), |_| false).expect("the names are good");
    make(&mut document, edit);
    assert_eq!(propose(&mut document, "cat"), [75.0]);
}

#[test]
fn classes_follow_a_category_that_is_renamed_merged_or_deleted() {
    let mut document = named_by_a_model();
    let edit = ops::map_classes(&document, &to_cat(), |_| false).expect("the names are good");
    make(&mut document, edit);
    let id = |document: &Document, name| document.category_named(name).expect("it is there").id;
    let targets = |document: &Document| {
        let rows = document.naming().iter();
        rows.map(|(class, target)| format!("{class}>{}", target.name()))
            .collect::<Vec<_>>()
    };
    let edit = ops::rename_category(&document, CAT, " kitty ").expect("it is there");
    make(&mut document, edit);
    assert_eq!(targets(&document), ["Egyptian cat>kitty", "tabby>kitty"]);
    // A class that a model had named, and one that it had not.
    let toaster = id(&document, "toaster");
    let edit = ops::rename_category(&document, toaster, "appliance").expect("it is there");
    make(&mut document, edit);
    let edit = ops::rename_category(&document, DOG, "hound").expect("it is there");
    make(&mut document, edit);
    let expected = ["Egyptian cat>kitty", "tabby>kitty", "toaster>appliance"];
    assert_eq!(targets(&document), expected);
    let edit = ops::merge_categories(&document, toaster, CAT).expect("they are there");
    make(&mut document, edit);
    let expected = [
        "Egyptian cat>kitty",
        "appliance>kitty",
        "tabby>kitty",
        "toaster>kitty",
    ];
    assert_eq!(targets(&document), expected);
    let edit = ops::delete_category(&document, CAT).expect("it is there");
    make(&mut document, edit);
    assert_eq!(targets(&document), [""; 0]);
}

#[test]
fn judgements_are_counted_by_what_was_proposed() {
    let mut document = named_by_a_model();
    let ids: Vec<AnnotationId> = document.annotations(A).iter().map(|row| row.id).collect();
    for edit in [
        ops::set_category(&document, &ids[..2], DOG),
        ops::accept(&document, &ids[2..3]),
        ops::draw(&document, A, BBox::from_xywh(1.0, 50.0, 9.0, 9.0), DOG),
    ] {
        make(&mut document, edit.expect("they are there"));
    }
    let id = |name| document.category_named(name).expect("it is there").id;
    let [tabby, egyptian] = ["tabby", "Egyptian cat"].map(id);
    let expected = [
        ((tabby, DOG), 1),
        ((egyptian, DOG), 1),
        ((egyptian, egyptian), 1),
    ];
    assert_eq!(document.judgements(), expected.into_iter().collect());
}
