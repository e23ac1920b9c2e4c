//! Any sequence of operations can be undone and redone.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::naming::MappedClass;

/// An operation for any document: the picks choose among the existing rows.
#[derive(Clone, Debug)]
struct Action {
    kind: usize,
    picks: [Index; 4],
    rects: Vec<BBox>,
    gesture: Option<u64>,
}

const KINDS: usize = 31;

fn actions(most: usize) -> impl Strategy<Value = Vec<Action>> {
    let edge = || -10.0..120.0_f32;
    let rects = (edge(), edge(), edge(), edge())
        .prop_map(|(xa, ya, xb, yb)| BBox::from_corners(xa, ya, xb, yb));
    let picks = any::<[Index; 4]>();
    let gesture = proptest::option::of(0..2_u64);
    // Operations that remove much are rare, so that rows remain to work on.
    let kind = prop_oneof![8 => 0..14_usize, 4 => 14..25_usize, 1 => 25..KINDS];
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
    /// The edit of this action on a document. Making it may fail, and so may applying it.
    fn edit(&self, document: &Document) -> Result<Edit, EditError> {
        let [one, two, three, four] = &self.picks;
        let pictures: Vec<_> = document.pictures().map(|row| row.id).collect();
        let categories: Vec<_> = document.categories().map(|row| row.id).collect();
        let boxes: Vec<_> = pictures
            .iter()
            .flat_map(|id| document.annotations(*id))
            .map(|row| row.id)
            .collect();
        // An id that does not exist is a case too.
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
        let suggestion = *four.get(&["cat", "bird", "ねこ"]);
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
                    all.push((
                        q,
                        vec![
                            found(rect, d),
                            Candidate::suggested(self.rects[0], suggestion, 0.3),
                        ],
                    ));
                }
                Ok(ops::replace_proposals(
                    document,
                    &model(if is_on { "1" } else { "2" }),
                    &all,
                ))
            }
            14 => {
                let picture = |at| Picture::new(PictureId(0), path(at), 100, 90);
                Ok(ops::add_pictures(
                    document,
                    vec![picture(one), picture(two)],
                ))
            }
            27 => ops::remove_pictures(document, &[p]),
            23 => ops::map_classes(
                document,
                &[(
                    name.into(),
                    Some(MappedClass::named(three.get::<&str>(&names))),
                )],
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
            24 => ops::set_excluded(document, &[p, q], is_on),
            25 => ops::merge_categories(document, c, d),
            26 => ops::delete_categories(document, &[c, d]),
            28 => ops::set_labels(document, Labels::One(name.into()), &[]),
            29 => {
                let labels = [Labels::Any, Labels::Listed][usize::from(is_on)].clone();
                ops::set_labels(document, labels, &[name, suggestion])
            }
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

/// Performs the actions that are possible, and returns the number of steps. A failed action must
/// change nothing.
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
    fn undoing_all_leads_to_the_first_document_and_redoing_all_to_the_last(
        before in actions(12), after in actions(40),
    ) {
        let mut document = sample();
        perform(&before, &mut document, &mut History::default());
        let first = document.clone();
        let mut history = History::default();
        perform(&after, &mut document, &mut history);
        let last = document.clone();
        check_consistent(&last);

        // Half-way back the program restarts.
        let steps = history.steps().len();
        for _ in 0..steps / 2 {
            prop_assert!(history.undo(&mut document).expect("undo is possible").is_some());
            check_consistent(&document);
        }
        let mut history: History = round_trip(&history);
        let mut document: Document = round_trip(&document);
        while history.undo(&mut document).expect("undo is possible").is_some() {}
        prop_assert_eq!(&document, &first);
        prop_assert_eq!(history.position(), 0);
        check_consistent(&document);

        while history.redo(&mut document).expect("redo is possible").is_some() {}
        prop_assert_eq!(&document, &last);
        prop_assert_eq!(history.position(), steps);
        check_consistent(&document);
    }

    #[test]
    fn undo_and_redo_in_between_change_nothing(
        before in actions(12), after in actions(12), back in 0..12_usize,
    ) {
        let mut document = sample();
        let mut history = History::default();
        perform(&before, &mut document, &mut history);
        for _ in 0..back {
            history.undo(&mut document).expect("undo is possible");
        }
        perform(&after, &mut document, &mut history);
        let (last, position) = (document.clone(), history.position());
        while history.undo(&mut document).expect("undo is possible").is_some() {}
        prop_assert_eq!(&document, &sample());
        while history.position() < position {
            history.redo(&mut document).expect("redo is possible");
        }
        prop_assert_eq!(&document, &last);
    }

    #[test]
    fn a_batch_whose_last_edit_fails_changes_nothing(all in actions(20), bad in actions(20)) {
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
    fn an_id_is_never_used_twice(all in actions(40), back in vec(any::<bool>(), 40)) {
        let mut document = sample();
        let mut history = History::default();
        let mut drawn = HashSet::new();
        for (action, back) in all.iter().zip(back) {
            if back {
                history.undo(&mut document).expect("undo is possible");
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
