//! Random documents.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::common::{apply, insert_picture, model};
use crate::document::{
    Annotation, AnnotationId, BoxState, Category, CategoryId, Change, Document, Edit, Flags,
    FormerProposal, Origin, Picture, PictureId, ReviewState,
};
use crate::geometry::BBox;

/// Boxes by picture, as far as formats without ids can express them.
pub type Plain = BTreeMap<String, Vec<(String, [f32; 4], Flags)>>;

pub fn plain(document: &Document) -> Plain {
    let mut all = Plain::new();
    for picture in document
        .pictures()
        .filter(|row| row.review == ReviewState::Done && !row.is_excluded)
    {
        let rows = document.annotations(picture.id).iter();
        let rows = rows.filter(|row| row.is_ground_truth()).map(|row| {
            let name = &document.class_of(row).unwrap().name;
            let BBox { x0, y0, x1, y1 } = row.rect;
            (name.to_string(), [x0, y0, x1, y1], row.flags)
        });
        all.insert(picture.path.to_string(), rows.collect());
    }
    all
}

fn rects() -> impl Strategy<Value = BBox> {
    (0.0..1.0_f32, 0.0..1.0_f32, 0.0..1.0_f32, 0.0..1.0_f32)
        .prop_map(|(xa, ya, xb, yb)| BBox::from_corners(xa, ya, xb, yb))
}

fn extras() -> impl Strategy<Value = Option<Box<str>>> {
    let value = prop_oneof![
        Just(json!({"x": [1, null, "ü"]})),
        Just(json!({"ours": {"deep": [[]]}})),
        Just(json!({"supercategory": "beast"})),
    ];
    proptest::option::of(value.prop_map(|value| value.to_string().into()))
}

#[derive(Clone, Debug)]
struct BoxPlan {
    rect: BBox,
    category: usize,
    kind: usize,
    flags: [bool; 4],
    extra: Option<Box<str>>,
}

pub fn documents() -> impl Strategy<Value = Document> {
    let plan = (
        rects(),
        0..9_usize,
        0..7_usize,
        any::<[bool; 4]>(),
        extras(),
    );
    let plan = plan.prop_map(|(rect, category, kind, flags, extra)| BoxPlan {
        rect,
        category,
        kind,
        flags,
        extra,
    });
    let review = prop_oneof![
        1 => Just(ReviewState::New),
        1 => Just(ReviewState::Proposed),
        1 => Just(ReviewState::InReview),
        3 => Just(ReviewState::Done),
    ];
    let picture = (
        1..5000_u32,
        1..5000_u32,
        review,
        vec(plan, 0..5),
        extras(),
        any::<bool>(),
    );
    let gaps = (1..50_u32, 1..50_u32, 1..50_u32);
    (
        vec("[a-z ü\u{1f408}\"&<,:#0-9]{1,8}", 1..4),
        vec(picture, 0..4),
        gaps,
        extras(),
    )
        .prop_map(
            |(names, pictures, (first_category, first_picture, mut id), extra)| {
                let mut document = Document::default();
                for (at, name) in (0..).zip(&names) {
                    // In descending order, so that the order differs from that of the ids.
                    let id = first_category + names.len() as u32 - at;
                    let mut row = Category::new(CategoryId(id), format!("{at}{}x", name.trim()));
                    row.colour = [at as u8, 2, 3];
                    row.hotkey = (at % 2 == 0).then_some(char::from(b'a' + at as u8));
                    apply(&mut document, Edit::Category(Change::Insert(row)));
                }
                let categories: Vec<_> = document.categories().map(|row| row.id).collect();
                let category = |at: usize| categories[at % categories.len()];
                for (at, (width, height, review, plans, extra, flag)) in (0..).zip(pictures) {
                    let picture = PictureId(first_picture + 2 * at);
                    let path = format!("f{at}/ü {at}.jpg");
                    insert_picture(
                        &mut document,
                        Picture {
                            tags: if flag {
                                categories.iter().rev().copied().collect()
                            } else {
                                vec![]
                            },
                            review,
                            missing: flag,
                            is_excluded: width % 4 == 0,
                            content_hash: flag.then(|| "abc".into()),
                            extra,
                            ..Picture::new(picture, path, width, height)
                        },
                    );
                    for plan in plans {
                        let BoxPlan {
                            rect,
                            category: of,
                            kind,
                            flags,
                            extra,
                        } = plan;
                        let (w, h) = (width as f32, height as f32);
                        let rect = BBox {
                            x0: rect.x0 * w,
                            y0: rect.y0 * h,
                            x1: rect.x1 * w,
                            y1: rect.y1 * h,
                        };
                        let Some(rect) = rect.clipped(width, height) else {
                            continue;
                        };
                        let mut row = Annotation::drawn(AnnotationId(id), rect, category(of));
                        id += 3;
                        let [crowd, difficult, occluded, truncated] = flags;
                        row.flags = Flags {
                            crowd,
                            difficult,
                            occluded,
                            truncated,
                        };
                        row.extra = extra;
                        if kind < 4 {
                            row.origin = Origin::Model(model());
                            row.score = Some(rect.x0 / w);
                            let former = FormerProposal {
                                rect,
                                category: (of < 2).then(|| category(of + 1)),
                            };
                            row.suggestion =
                                [None, Some("tabby".into()), Some("dog".into())][of % 3].clone();
                            row.former = (kind == 2 || kind == 1).then(|| Box::new(former));
                            row.state = [
                                BoxState::Proposed,
                                BoxState::Rejected,
                                BoxState::Edited,
                                BoxState::Accepted,
                            ][kind];
                            if kind < 2 && id % 2 == 0 {
                                row.category = None;
                            }
                        }
                        let change = Change::Insert(row);
                        apply(&mut document, Edit::Annotation { picture, change });
                    }
                }
                apply(
                    &mut document,
                    Edit::Extra(extra.filter(|text| !text.contains("super"))),
                );
                document
            },
        )
}
