//! The work that proposals leave for a person who has boxes fitted to objects.

use std::iter::Sum;
use std::ops::AddAssign;

use serde::{Serialize, Serializer};

use super::case::{ClassMatching, EvaluationCase};
use super::iou::IouConvention;
use super::matching::{ACCEPT_IOU, Action, PictureActions};
use super::ratio::ratio;
use super::rough::rough_box;
use crate::geometry::BBox;

/// The actions of a person who has every box fitted that is not right: what a key or a snap does to an
/// edited proposal and to a box that is drawn in a hurry ([`rough_box`]).
///
/// Objects and proposals are matched as by [`annotation_effort`](super::annotation_effort), regardless
/// of classes, so [`without_fit`](Self::without_fit) is the effort to compare [`effort`](Self::effort)
/// with. The person does not know where fitting fails, so it may cost more than it saves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FitEffort {
    /// Objects whose proposal is accepted without changes.
    pub accepts: usize,
    /// Objects whose proposal needs another position.
    pub edits: usize,
    /// Those of the edits that reach IoU 0.75 by being fitted.
    pub fitted_edits: usize,
    /// Objects that are drawn.
    pub draws: usize,
    /// Those of the draws of which a rough box reaches IoU 0.75 once it is fitted.
    pub fitted_draws: usize,
    /// Those of the draws of which the rough box has IoU 0.75 before it is fitted.
    pub rough_draws: usize,
    /// Proposals that are rejected.
    pub rejects: usize,
}

impl FitEffort {
    /// The actions in one picture of `size` pixels (width and height). `fit` returns the box that fits
    /// the object in a box, or `None` if it leaves the box as it is. It is asked only about the proposals
    /// that are edited, and about a rough box of each object that is drawn, which is always the same.
    ///
    /// # Errors
    /// Those of `fit`.
    pub fn of_picture<E>(
        case: &EvaluationCase,
        size: (u32, u32),
        mut fit: impl FnMut(&BBox) -> Result<Option<BBox>, E>,
    ) -> Result<Self, E> {
        let actions = PictureActions::new(case, ClassMatching::Agnostic);
        let mut counts = Self {
            rejects: actions.rejects,
            ..Self::default()
        };
        let is_right =
            |object: &BBox, bbox: &BBox| IouConvention::Continuous.iou(bbox, object) >= ACCEPT_IOU;
        let mut is_fitted =
            |object: &BBox, bbox: &BBox| Ok(is_right(object, &fit(bbox)?.unwrap_or(*bbox)));
        for (object, action) in &actions.objects {
            match action {
                Action::Accept => counts.accepts += 1,
                Action::Edit(proposal) => {
                    counts.edits += 1;
                    counts.fitted_edits += usize::from(is_fitted(object, proposal)?);
                }
                Action::Draw => {
                    counts.draws += 1;
                    if let Some(rough) = rough_box(object, size, seed(object)) {
                        counts.rough_draws += usize::from(is_right(object, &rough));
                        counts.fitted_draws += usize::from(is_fitted(object, &rough)?);
                    }
                }
            }
        }
        Ok(counts)
    }

    /// `(accepts + 1.5 fitted edits + 2 other edits + 2 fitted draws + 3.5 other draws + rejects) /
    /// (3 objects)`. `None` if there is no object.
    ///
    /// A rough box takes less care than an exact one, so a fitted draw costs less than a plain one; a box
    /// that is fitted in vain is put right by hand. Part of what is saved is the rough drawing's own: where
    /// [`rough_draws`](Self::rough_draws) exceed the fitted ones, fitting harms.
    pub fn effort(&self) -> Option<f64> {
        let half_actions = 2 * (self.accepts + self.rejects)
            + 3 * self.fitted_edits
            + 4 * (self.edits - self.fitted_edits)
            + 4 * self.fitted_draws
            + 7 * (self.draws - self.fitted_draws);
        ratio(half_actions, 6 * self.objects())
    }

    /// The effort of the same actions without fitting, as in
    /// [`AnnotationEffort`](super::AnnotationEffort), regardless of classes. `None` if there is no
    /// object.
    pub fn without_fit(&self) -> Option<f64> {
        let actions = self.accepts + 2 * self.edits + 3 * self.draws + self.rejects;
        ratio(actions, 3 * self.objects())
    }

    /// True boxes without crowds.
    pub fn objects(&self) -> usize {
        self.accepts + self.edits + self.draws
    }
}

impl AddAssign for FitEffort {
    fn add_assign(&mut self, other: Self) {
        self.accepts += other.accepts;
        self.edits += other.edits;
        self.fitted_edits += other.fitted_edits;
        self.draws += other.draws;
        self.fitted_draws += other.fitted_draws;
        self.rough_draws += other.rough_draws;
        self.rejects += other.rejects;
    }
}

impl Sum for FitEffort {
    fn sum<I: Iterator<Item = Self>>(pictures: I) -> Self {
        pictures.fold(Self::default(), |mut sum, picture| {
            sum += picture;
            sum
        })
    }
}

impl Serialize for FitEffort {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Figures {
            effort: Option<f64>,
            without_fit: Option<f64>,
            accepts: usize,
            edits: usize,
            fitted_edits: usize,
            draws: usize,
            fitted_draws: usize,
            rough_draws: usize,
            rejects: usize,
            objects: usize,
        }
        Figures {
            effort: self.effort(),
            without_fit: self.without_fit(),
            accepts: self.accepts,
            edits: self.edits,
            fitted_edits: self.fitted_edits,
            draws: self.draws,
            fitted_draws: self.fitted_draws,
            rough_draws: self.rough_draws,
            rejects: self.rejects,
            objects: self.objects(),
        }
        .serialize(serializer)
    }
}

/// The seed of an object's rough box: from the object alone, so that neither the order nor the number of
/// the pictures changes it.
fn seed(object: &BBox) -> u64 {
    let edges = [object.x0, object.y0, object.x1, object.y1];
    // FNV-1a over the edges.
    edges.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, edge| {
        (hash ^ u64::from(edge.to_bits())).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::annotation_effort;
    use super::super::case::{Prediction, TruthBox};
    use super::*;

    const SIZE: (u32, u32) = (1000, 100);

    /// A box of height 10 from `x0` to `x1`, so that IoU is a ratio of lengths.
    fn span(x0: f32, x1: f32) -> BBox {
        BBox::from_corners(x0, 20.0, x1, 30.0)
    }

    fn case(objects: &[BBox], proposals: &[BBox]) -> EvaluationCase {
        let truth = objects.iter().map(|bbox| TruthBox {
            bbox: *bbox,
            category: 1,
            is_crowd: false,
        });
        let predictions = proposals.iter().map(|bbox| Prediction {
            bbox: *bbox,
            // Classes play no part.
            category: 2,
            score: 0.5,
        });
        EvaluationCase {
            truth: truth.collect(),
            predictions: predictions.collect(),
        }
    }

    /// Three objects: one accept, one edit, one draw; and one reject.
    fn one_of_each() -> EvaluationCase {
        let objects = [span(0.0, 40.0), span(100.0, 140.0), span(200.0, 240.0)];
        let proposals = [span(0.0, 38.0), span(100.0, 124.0), span(300.0, 310.0)];
        case(&objects, &proposals)
    }

    fn counted(case: &EvaluationCase, fit: impl Fn(&BBox) -> Option<BBox>) -> FitEffort {
        let fit = |bbox: &BBox| Ok::<_, Infallible>(fit(bbox));
        let Ok(counts) = FitEffort::of_picture(case, SIZE, fit);
        counts
    }

    /// Fits a box to the object that overlaps it.
    fn perfect(case: &EvaluationCase) -> impl Fn(&BBox) -> Option<BBox> {
        let objects: Vec<BBox> = case.truth.iter().map(|truth| truth.bbox).collect();
        move |bbox| objects.iter().copied().find(|o| o.iou(bbox) > 0.1)
    }

    #[test]
    fn a_fit_that_works_saves_half_an_action_of_an_edit_and_one_of_a_draw() {
        let case = one_of_each();
        let counts = counted(&case, perfect(&case));
        let object = span(200.0, 240.0);
        let rough = rough_box(&object, SIZE, seed(&object)).unwrap();
        let expected = FitEffort {
            accepts: 1,
            edits: 1,
            fitted_edits: 1,
            draws: 1,
            fitted_draws: 1,
            rough_draws: usize::from(rough.iou(&object) >= 0.75),
            rejects: 1,
        };
        assert_eq!(counts, expected);
        assert_eq!(counts.effort(), Some((1.0 + 1.5 + 2.0 + 1.0) / 9.0));
        assert_eq!(counts.without_fit(), Some((1.0 + 2.0 + 3.0 + 1.0) / 9.0));
    }

    #[test]
    fn a_fit_that_fails_makes_draws_dearer_and_edits_not_cheaper() {
        let elsewhere = |_: &BBox| Some(span(900.0, 910.0));
        let counts = counted(&one_of_each(), elsewhere);
        assert_eq!((counts.fitted_edits, counts.fitted_draws), (0, 0));
        assert_eq!(counts.effort(), Some((1.0 + 2.0 + 3.5 + 1.0) / 9.0));
    }

    #[test]
    fn a_box_that_nothing_is_found_for_stays_as_it_is() {
        let case = one_of_each();
        let counts = counted(&case, |_| None);
        assert_eq!(counts.fitted_edits, 0, "below IoU 0.75 without a fit");
        // Whether the rough box is good enough depends on its seed alone.
        let object = span(200.0, 240.0);
        let rough = rough_box(&object, SIZE, seed(&object)).unwrap();
        let is_good = rough.iou(&object) >= 0.75;
        assert_eq!(counts.fitted_draws, usize::from(is_good));
        assert_eq!(counts.rough_draws, counts.fitted_draws);
    }

    #[test]
    fn only_edits_and_rough_draws_are_fitted() {
        let case = one_of_each();
        let asked = std::cell::RefCell::new(Vec::new());
        counted(&case, |bbox| {
            asked.borrow_mut().push(*bbox);
            None
        });
        let object = span(200.0, 240.0);
        let rough = rough_box(&object, SIZE, seed(&object)).unwrap();
        assert_eq!(asked.into_inner(), [span(100.0, 124.0), rough]);
        assert_ne!(rough, object);
    }

    #[test]
    fn objects_are_drawn_differently() {
        let shift = |object: BBox| {
            let rough = rough_box(&object, SIZE, seed(&object)).unwrap();
            (rough.x0 - object.x0) / object.width()
        };
        let shifts: Vec<f32> = (1..9)
            .map(|i| shift(span(50.0 * i as f32, 50.0 * i as f32 + 40.0)))
            .collect();
        let spread = shifts
            .iter()
            .fold(0.0f32, |most, s| most.max((s - shifts[0]).abs()));
        assert!(spread > 0.1, "{shifts:?}");
        assert_eq!(shift(span(10.0, 50.0)), shift(span(10.0, 50.0)));
    }

    #[test]
    fn without_fit_it_is_the_annotation_effort() {
        let cases = [one_of_each(), case(&[], &[span(0.0, 9.0)])];
        let total: FitEffort = cases.iter().map(|case| counted(case, |_| None)).sum();
        let effort = annotation_effort(&cases, ClassMatching::Agnostic);
        assert_eq!(total.without_fit(), effort.effort);
        assert_eq!((total.objects(), total.rejects), (3, 2));
        assert_eq!(FitEffort::default().effort(), None);
        let json = serde_json::to_value(total).unwrap();
        assert_eq!(json["objects"], 3);
        assert_eq!(json["effort"].as_f64(), total.effort());
    }

    #[test]
    fn an_error_of_the_fit_is_returned() {
        let fit = |_: &BBox| Err("no memory");
        assert_eq!(
            FitEffort::of_picture(&one_of_each(), SIZE, fit),
            Err("no memory")
        );
    }
}
