//! Which pictures the list shows, and in what order: search, filters, sorting. Also the review
//! queue, which is the list in an order that suits it.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::document::{BoxState, CategoryId, Document, Picture, PictureId, ReviewState};

/// How unsure a picture is for which nothing was proposed.
const UNSURE_OF_NOTHING: f32 = 0.5;
/// Comes after all that can be asked about.
const NOT_ASKED: f32 = f32::NEG_INFINITY;

/// What a person asks of the list. It is remembered with the project, and so is the place in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PictureQuery {
    /// A part of the path, in any case.
    pub search: String,
    /// How far the review has come; any if none.
    pub state: Option<ReviewFilter>,
    /// Pictures with a box or tag of this class.
    pub category: Option<CategoryId>,
    /// Pictures with proposals that nobody has judged.
    pub has_proposals: bool,
    /// Pictures with a box whose score is in this range.
    pub scores: Option<[f32; 2]>,
    /// Pictures whose file is missing or cannot be read.
    pub is_bad: bool,
    /// The order.
    pub sort: SortOrder,
    /// Whether the order is turned round.
    pub reversed: bool,
}

/// A kind of picture by its review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewFilter {
    /// Not done.
    ToReview,
    /// Nobody has worked on it.
    New,
    /// The model has proposed boxes.
    Proposed,
    /// A person has begun.
    InReview,
    /// Done, with or without boxes.
    Done,
    /// Done, without any box.
    VerifiedEmpty,
}

impl ReviewFilter {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 6] = [
        Self::ToReview,
        Self::New,
        Self::Proposed,
        Self::InReview,
        Self::Done,
        Self::VerifiedEmpty,
    ];

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::ToReview => "To review",
            Self::New => "New",
            Self::Proposed => "Proposed",
            Self::InReview => "In review",
            Self::Done => "Done",
            Self::VerifiedEmpty => "Verified empty",
        }
    }

    fn holds(self, document: &Document, picture: &Picture) -> bool {
        match self {
            Self::ToReview => picture.review != ReviewState::Done,
            Self::New => picture.review == ReviewState::New,
            Self::Proposed => picture.review == ReviewState::Proposed,
            Self::InReview => picture.review == ReviewState::InReview,
            Self::Done => picture.review == ReviewState::Done,
            Self::VerifiedEmpty => document.is_verified_empty(picture.id),
        }
    }
}

/// An order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// By path, numbers as numbers.
    #[default]
    Name,
    /// Pictures whose proposals are least sure first.
    Uncertainty,
    /// Pictures whose proposals are surest first.
    Sureness,
    /// Highest score first.
    Score,
    /// Most boxes first.
    Boxes,
    /// Class by class.
    Class,
}

impl SortOrder {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::Uncertainty,
        Self::Sureness,
        Self::Score,
        Self::Boxes,
        Self::Class,
    ];

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Uncertainty => "Least sure first",
            Self::Sureness => "Surest first",
            Self::Score => "Score",
            Self::Boxes => "Number of boxes",
            Self::Class => "Class",
        }
    }
}

impl PictureQuery {
    /// Whether an edit of boxes can change what is shown, or where.
    pub fn depends_on_boxes(&self) -> bool {
        self.is_filtered() || self.sort != SortOrder::Name
    }

    /// Whether anything is left out.
    pub fn is_filtered(&self) -> bool {
        let Self {
            sort: _,
            reversed: _,
            ..
        } = self;
        !self.search.trim().is_empty()
            || self.state.is_some()
            || self.category.is_some()
            || self.has_proposals
            || self.scores.is_some()
            || self.is_bad
    }

    /// The pictures that are asked for, in order. `by_name` are all pictures in the order of their
    /// names (see [`by_name`]); `is_unreadable` tells of files that exist and could not be decoded.
    pub fn run(
        &self,
        document: &Document,
        by_name: &[PictureId],
        is_unreadable: impl Fn(PictureId) -> bool,
    ) -> Vec<PictureId> {
        let search = self.search.trim().to_lowercase();
        let pictures = by_name.iter().filter_map(|id| document.picture(*id));
        let pictures = pictures.filter(|picture| {
            (search.is_empty() || picture.path.to_lowercase().contains(&search))
                && self
                    .state
                    .is_none_or(|state| state.holds(document, picture))
                && self
                    .category
                    .is_none_or(|category| shows(document, picture, category))
                && (!self.is_bad || picture.missing || is_unreadable(picture.id))
                && (!self.has_proposals || has_proposals(document, picture.id))
                && self
                    .scores
                    .is_none_or(|range| has_score_in(document, picture.id, range))
        });
        let mut rows: Vec<(f32, PictureId)> = pictures
            .map(|picture| (self.sort.rank(document, picture), picture.id))
            .collect();
        if self.sort != SortOrder::Name {
            // Equals stay in the order of their names.
            rows.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        }
        if self.reversed {
            rows.reverse();
        }
        rows.into_iter().map(|(_, id)| id).collect()
    }
}

/// All pictures in the order of their names, numbers as numbers. It changes only with the pictures
/// themselves, and takes longer than all the rest of a list.
pub fn by_name(document: &Document) -> Vec<PictureId> {
    let mut pictures: Vec<&Picture> = document.pictures().collect();
    pictures.sort_by(|a, b| natural_order(&a.path, &b.path));
    pictures.into_iter().map(|picture| picture.id).collect()
}

impl SortOrder {
    /// What the order goes by, the highest first.
    fn rank(self, document: &Document, picture: &Picture) -> f32 {
        let rows = document.annotations(picture.id);
        match self {
            Self::Name => 0.0,
            Self::Uncertainty => uncertainty(document, picture).unwrap_or(NOT_ASKED),
            Self::Sureness => uncertainty(document, picture).map_or(NOT_ASKED, |unsure| -unsure),
            Self::Score => rows
                .iter()
                .filter_map(|row| row.score)
                .fold(f32::NEG_INFINITY, f32::max),
            Self::Boxes => rows
                .iter()
                .filter(|row| row.state != BoxState::Rejected)
                .count() as f32,
            Self::Class => {
                let first = rows
                    .iter()
                    .filter(|row| row.state != BoxState::Rejected)
                    .map(|row| row.category)
                    .min();
                let place = |id: CategoryId| document.categories().position(|other| other.id == id);
                first
                    .and_then(place)
                    .map_or(f32::NEG_INFINITY, |place| -(place as f32))
            }
        }
    }
}

/// How unsure what was proposed for a picture is, in 0..=1: the mean over its proposals, of which
/// one whose score is one half is as unsure as can be. With learned boxes scores are probabilities
/// that a person accepts a box, so this is the share of doubt that there is. Where nothing was
/// proposed and nobody has looked, it may be that nothing is there or that it was missed. A picture
/// that is done, or that no model has looked at, has nothing to ask.
fn uncertainty(document: &Document, picture: &Picture) -> Option<f32> {
    let rows = document.annotations(picture.id).iter();
    let scores = rows.filter(|row| row.state == BoxState::Proposed);
    let scores = scores.filter_map(|row| row.score);
    let (sum, number) = scores
        .map(|score| 1.0 - (2.0 * score - 1.0).abs())
        .fold((0.0, 0), |(sum, number), unsure| (sum + unsure, number + 1));
    match (picture.review, number) {
        (ReviewState::Done, _) => None,
        (ReviewState::Proposed, 0) => Some(UNSURE_OF_NOTHING),
        (_, 0) => None,
        (_, number) => Some((sum / number as f32).clamp(0.0, 1.0)),
    }
}

fn shows(document: &Document, picture: &Picture, category: CategoryId) -> bool {
    let mut rows = document.annotations(picture.id).iter();
    picture.tags.contains(&category)
        || rows.any(|row| row.category == category && row.state != BoxState::Rejected)
}

fn has_proposals(document: &Document, picture: PictureId) -> bool {
    let mut rows = document.annotations(picture).iter();
    rows.any(|row| row.state == BoxState::Proposed)
}

fn has_score_in(document: &Document, picture: PictureId, [low, high]: [f32; 2]) -> bool {
    let mut scores = document
        .annotations(picture)
        .iter()
        .filter_map(|row| row.score);
    scores.any(|score| (low..=high).contains(&score))
}

/// Orders names as people do: `2.jpg` before `10.jpg`.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(first), Some(second)) = (a.chars().next(), b.chars().next()) else {
            return a.len().cmp(&b.len());
        };
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (number, rest_a) = digits(a);
            let (other, rest_b) = digits(b);
            let by_number = number
                .len()
                .cmp(&other.len())
                .then_with(|| number.cmp(other));
            if by_number != Ordering::Equal {
                return by_number;
            }
            (a, b) = (rest_a, rest_b);
        } else if first != second {
            return first.cmp(&second);
        } else {
            (a, b) = (&a[first.len_utf8()..], &b[second.len_utf8()..]);
        }
    }
}

/// The digits at the beginning without leading zeros, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (text[..end].trim_start_matches('0'), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Provenance;
    use crate::document::ops::{self, Candidate};
    use crate::geometry::BBox;
    use std::sync::Arc;

    fn document() -> Document {
        let mut document = Document::default();
        let pictures =
            ["a/10.jpg", "a/2.jpg", "b.jpg"].map(|path| Picture::new(PictureId(1), path, 100, 100));
        document
            .apply(ops::add_pictures(&document, pictures.to_vec()))
            .unwrap();
        for name in ["cat", "dog"] {
            document.apply(ops::add_category(&document, name)).unwrap();
        }
        let model = Arc::new(Provenance {
            name: "m".into(),
            version: "1".into(),
            method: "affinity".into(),
            threshold: 0.5,
        });
        let candidate = |category, score| Candidate {
            rect: BBox::from_xywh(1.0, 1.0, 9.0, 9.0),
            category: CategoryId(category),
            score,
        };
        let found = [
            (PictureId(1), vec![candidate(2, 0.95)]),
            (PictureId(3), vec![candidate(1, 0.6), candidate(2, 0.2)]),
        ];
        document
            .apply(ops::replace_proposals(&document, &model, &found).unwrap())
            .unwrap();
        document
            .apply(ops::set_done(&document, &[PictureId(2)], true).unwrap())
            .unwrap();
        document
    }

    fn ids(query: &PictureQuery) -> Vec<u32> {
        let document = document();
        let rows = query.run(&document, &by_name(&document), |id| id == PictureId(3));
        rows.into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn names_sort_as_people_count() {
        assert_eq!(ids(&PictureQuery::default()), [2, 1, 3]);
        assert_eq!(
            ids(&PictureQuery {
                reversed: true,
                ..PictureQuery::default()
            }),
            [3, 1, 2]
        );
        assert_eq!(natural_order("x007", "x7"), Ordering::Equal);
        assert_eq!(natural_order("ü2", "ü10"), Ordering::Less);
        assert_eq!(natural_order("a", "a1"), Ordering::Less);
    }

    #[test]
    fn filters_narrow() {
        let query = PictureQuery::default;
        assert_eq!(
            ids(&PictureQuery {
                search: " B.J ".into(),
                ..query()
            }),
            [3]
        );
        assert_eq!(
            ids(&PictureQuery {
                state: Some(ReviewFilter::Done),
                ..query()
            }),
            [2]
        );
        assert_eq!(
            ids(&PictureQuery {
                state: Some(ReviewFilter::VerifiedEmpty),
                ..query()
            }),
            [2]
        );
        assert_eq!(
            ids(&PictureQuery {
                state: Some(ReviewFilter::ToReview),
                ..query()
            }),
            [1, 3]
        );
        assert_eq!(
            ids(&PictureQuery {
                category: Some(CategoryId(1)),
                ..query()
            }),
            [3]
        );
        assert_eq!(
            ids(&PictureQuery {
                has_proposals: true,
                ..query()
            }),
            [1, 3]
        );
        assert_eq!(
            ids(&PictureQuery {
                scores: Some([0.1, 0.3]),
                ..query()
            }),
            [3]
        );
        assert_eq!(
            ids(&PictureQuery {
                is_bad: true,
                ..query()
            }),
            [3]
        );
    }

    #[test]
    fn orders_put_first_what_they_are_named_after() {
        let sorted = |sort| {
            ids(&PictureQuery {
                sort,
                ..PictureQuery::default()
            })
        };
        assert_eq!(
            sorted(SortOrder::Uncertainty),
            [3, 1, 2],
            "0.6 and 0.2, then 0.95, then what is done"
        );
        assert_eq!(sorted(SortOrder::Sureness), [1, 3, 2], "what is done comes last");
        assert_eq!(sorted(SortOrder::Score), [1, 3, 2]);
        assert_eq!(sorted(SortOrder::Boxes), [3, 1, 2]);
        assert_eq!(sorted(SortOrder::Class), [3, 1, 2], "cat, dog, none");
    }
}
