//! Which pictures the list shows, and in what order: search, filters, sorting. The review queue is
//! the same list in a suitable order.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::document::{
    Annotation, BoxState, CategoryId, Document, Picture, PictureId, ReviewState,
};

/// The uncertainty of a picture for which nothing was proposed.
const UNCERTAINTY_WITHOUT_PROPOSALS: f32 = 0.5;
/// Sorts pictures without an uncertainty last.
const NO_UNCERTAINTY: f32 = f32::NEG_INFINITY;

/// Search, filters and order of the list. The project stores them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PictureQuery {
    /// A part of the path; case does not matter.
    pub search: String,
    /// The review state; none for any.
    pub state: Option<ReviewFilter>,
    /// Only pictures with a box or tag of this class.
    pub category: Option<CategoryId>,
    /// Only pictures with proposals to review.
    pub has_proposals: bool,
    /// Only pictures with a box whose score is in this range, in 0..1.
    pub scores: Option<[f32; 2]>,
    /// Only pictures whose file is missing or cannot be read.
    #[serde(rename = "is_bad")]
    pub is_unreadable: bool,
    /// The order.
    pub sort: SortOrder,
    /// Whether the order is reversed.
    #[serde(rename = "reversed")]
    pub is_reversed: bool,
}

/// A filter by review state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewFilter {
    /// Not done.
    ToReview,
    /// Neither a model nor a person has worked on it.
    New,
    /// The model has proposed boxes.
    Proposed,
    /// A person has begun to review it.
    InReview,
    /// Done, with or without boxes.
    Done,
    /// Done, without boxes.
    VerifiedEmpty,
    /// Taken out of the project. No other filter finds these.
    TakenOut,
}

impl ReviewFilter {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 7] = [
        Self::ToReview,
        Self::New,
        Self::Proposed,
        Self::InReview,
        Self::Done,
        Self::VerifiedEmpty,
        Self::TakenOut,
    ];

    fn matches(self, document: &Document, picture: &Picture) -> bool {
        match self {
            Self::ToReview => picture.review != ReviewState::Done,
            Self::New => picture.review == ReviewState::New,
            Self::Proposed => picture.review == ReviewState::Proposed,
            Self::InReview => picture.review == ReviewState::InReview,
            Self::Done => picture.review == ReviewState::Done,
            Self::VerifiedEmpty => document.is_verified_empty(picture.id),
            Self::TakenOut => picture.is_excluded,
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
    /// Least certain proposals first.
    Uncertainty,
    /// Most certain proposals first.
    #[serde(rename = "sureness")]
    Certainty,
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
        Self::Certainty,
        Self::Score,
        Self::Boxes,
        Self::Class,
    ];
}

impl PictureQuery {
    /// Whether an edit of boxes can change the rows or their order.
    pub fn depends_on_boxes(&self) -> bool {
        self.is_filtered() || self.sort != SortOrder::Name
    }

    /// Whether any picture can be left out.
    pub fn is_filtered(&self) -> bool {
        !self.search.trim().is_empty()
            || self.state.is_some()
            || self.category.is_some()
            || self.has_proposals
            || self.scores.is_some()
            || self.is_unreadable
    }

    /// The pictures that match, in order, without those that are taken out of the project unless the filter
    /// asks for them. `by_name` are all pictures in the order of their names (see the
    /// function `by_name`); `is_unreadable` returns whether a file exists but could not be decoded.
    pub fn run(
        &self,
        document: &Document,
        by_name: &[PictureId],
        is_unreadable: impl Fn(PictureId) -> bool,
    ) -> Vec<PictureId> {
        let search = self.search.trim().to_lowercase();
        let lists_excluded = self.state == Some(ReviewFilter::TakenOut);
        let pictures = by_name.iter().filter_map(|id| document.picture(*id));
        let pictures = pictures.filter(|picture| picture.is_excluded == lists_excluded);
        let pictures = pictures.filter(|picture| {
            (search.is_empty() || picture.path.to_lowercase().contains(&search))
                && self
                    .state
                    .is_none_or(|state| state.matches(document, picture))
                && self
                    .category
                    .is_none_or(|category| has_class(document, picture, category))
                && (!self.is_unreadable || picture.missing || is_unreadable(picture.id))
                && (!self.has_proposals || has_proposals(document, picture.id))
                && self
                    .scores
                    .is_none_or(|range| has_score_in(document, picture.id, range))
        });
        let mut rows: Vec<(f32, PictureId)> = pictures
            .map(|picture| (self.sort.rank(document, picture), picture.id))
            .collect();
        if self.sort != SortOrder::Name {
            // The sort is stable: equal pictures stay in the order of their names.
            rows.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        }
        if self.is_reversed {
            rows.reverse();
        }
        rows.into_iter().map(|(_, id)| id).collect()
    }
}

/// All pictures in the order of their names, numbers as numbers. The order depends on the pictures
/// only, and sorting takes longer than the rest of a query.
pub fn by_name(document: &Document) -> Vec<PictureId> {
    let mut pictures: Vec<&Picture> = document.pictures().collect();
    pictures.sort_by(|a, b| natural_order(&a.path, &b.path));
    pictures.into_iter().map(|picture| picture.id).collect()
}

impl SortOrder {
    /// The sort key; the highest comes first.
    fn rank(self, document: &Document, picture: &Picture) -> f32 {
        let rows = document.annotations(picture.id);
        match self {
            Self::Name => 0.0,
            Self::Uncertainty => uncertainty(document, picture).unwrap_or(NO_UNCERTAINTY),
            Self::Certainty => {
                uncertainty(document, picture).map_or(NO_UNCERTAINTY, |uncertainty| -uncertainty)
            }
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
                    .filter_map(|row| Some(document.class_of(row)?.id))
                    .min();
                let place = |id: CategoryId| document.categories().position(|other| other.id == id);
                first
                    .and_then(place)
                    .map_or(f32::NEG_INFINITY, |place| -(place as f32))
            }
        }
    }
}

/// The uncertainty of a picture's proposals in 0..=1: the mean over the proposals, where a score of
/// one half is most uncertain. Scores of learned boxes are probabilities that a person accepts the
/// box. Without proposals the picture may be empty or its objects may have been missed, so it gets
/// a fixed value. A picture that is done or new has no uncertainty.
fn uncertainty(document: &Document, picture: &Picture) -> Option<f32> {
    let rows = document.annotations(picture.id).iter();
    let scores = rows.filter(|row| row.state == BoxState::Proposed);
    let scores = scores.filter_map(|row| row.score);
    let (sum, number) = scores
        .map(|score| 1.0 - (2.0 * score - 1.0).abs())
        .fold((0.0, 0), |(sum, number), value| (sum + value, number + 1));
    match (picture.review, number) {
        (ReviewState::Done, _) => None,
        (ReviewState::Proposed, 0) => Some(UNCERTAINTY_WITHOUT_PROPOSALS),
        (_, 0) => None,
        (_, number) => Some((sum / number as f32).clamp(0.0, 1.0)),
    }
}

fn has_class(document: &Document, picture: &Picture, category: CategoryId) -> bool {
    let mut rows = document.annotations(picture.id).iter();
    let is_of_class = |row: &Annotation| {
        let class = document.class_of(row);
        row.state != BoxState::Rejected && class.is_some_and(|class| class.id == category)
    };
    picture.tags.contains(&category) || rows.any(is_of_class)
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

/// Compares names with numbers as numbers: `2.jpg` before `10.jpg`.
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

/// The leading digits without zeros in front, and the rest.
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
        let rect = BBox::from_xywh(1.0, 1.0, 9.0, 9.0);
        let candidate = |category, score| Candidate::of_class(rect, CategoryId(category), score);
        let found = [
            (PictureId(1), vec![candidate(2, 0.95)]),
            (PictureId(3), vec![candidate(1, 0.6), candidate(2, 0.2)]),
        ];
        document
            .apply(ops::replace_proposals(&document, &model, &found))
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
    fn numbers_in_names_sort_as_numbers() {
        assert_eq!(ids(&PictureQuery::default()), [2, 1, 3]);
        assert_eq!(
            ids(&PictureQuery {
                is_reversed: true,
                ..PictureQuery::default()
            }),
            [3, 1, 2]
        );
        assert_eq!(natural_order("x007", "x7"), Ordering::Equal);
        assert_eq!(natural_order("ü2", "ü10"), Ordering::Less);
        assert_eq!(natural_order("a", "a1"), Ordering::Less);
    }

    #[test]
    fn filters_leave_pictures_out() {
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
                is_unreadable: true,
                ..query()
            }),
            [3]
        );
    }

    #[test]
    fn each_order_sorts_by_what_it_is_named_after() {
        let sorted = |sort| {
            ids(&PictureQuery {
                sort,
                ..PictureQuery::default()
            })
        };
        assert_eq!(
            sorted(SortOrder::Uncertainty),
            [3, 1, 2],
            "0.6 and 0.2, then 0.95, then the one that is done"
        );
        assert_eq!(
            sorted(SortOrder::Certainty),
            [1, 3, 2],
            "the one that is done comes last"
        );
        assert_eq!(sorted(SortOrder::Score), [1, 3, 2]);
        assert_eq!(sorted(SortOrder::Boxes), [3, 1, 2]);
        assert_eq!(sorted(SortOrder::Class), [3, 1, 2], "cat, dog, none");
    }
}
