//! The boxes of a picture compared with another set, and taking over what that set has.

use super::box_order::in_reading_order;
use super::core::Session;
use super::other_boxes::OtherBox;
use crate::document::{Annotation, AnnotationId, BoxState, PictureId, ops};
use crate::evaluate::compare_boxes;
use crate::geometry::BBox;
use crate::naming::ANY_OBJECT;
use crate::store::StoreError;

/// Something that differs on a picture. Boxes of the other set are counted on that picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Only the project has this box.
    OnlyMine(AnnotationId),
    /// Only the other set has this box.
    OnlyOther(usize),
    /// Both have a box here, of different classes.
    OtherClass(AnnotationId, usize),
}

impl Difference {
    /// The box of the project, if it has one.
    pub fn mine(self) -> Option<AnnotationId> {
        match self {
            Self::OnlyMine(id) | Self::OtherClass(id, _) => Some(id),
            Self::OnlyOther(_) => None,
        }
    }

    /// The box of the other set, if it has one.
    pub fn other(self) -> Option<usize> {
        match self {
            Self::OnlyOther(at) | Self::OtherClass(_, at) => Some(at),
            Self::OnlyMine(_) => None,
        }
    }
}

/// How the boxes of a picture and another set agree. Rejected boxes and hidden classes are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureComparison {
    /// The boxes that both have, of the same class: the project's and the other's.
    pub same: Vec<(AnnotationId, usize)>,
    /// What differs, as it is read.
    pub differences: Vec<Difference>,
    /// The number of boxes that the project has, and that the other set has.
    pub counts: [usize; 2],
}

impl PictureComparison {
    /// The IoU from which two boxes are the same.
    pub const MIN_IOU: f64 = 0.5;

    /// The number of boxes that either has, where a box that both have counts once.
    pub fn total(&self) -> usize {
        self.same.len() + self.differences.len()
    }

    /// Whether anything differs.
    pub fn differs(&self) -> bool {
        !self.differences.is_empty()
    }

    /// The number of differences of a kind.
    pub fn count(&self, is_meant: impl Fn(&Difference) -> bool) -> usize {
        self.differences.iter().filter(|one| is_meant(one)).count()
    }
}

/// What a comparison shows of a picture.
pub struct ShownComparison<'a> {
    /// What the other set is called.
    pub name: &'a str,
    /// The boxes of the other set.
    pub boxes: &'a [OtherBox],
    /// How they agree with those of the project.
    pub found: PictureComparison,
    /// The place of the chosen difference; none if nothing differs.
    pub chosen: Option<usize>,
}

impl ShownComparison<'_> {
    /// The chosen difference.
    pub fn chosen_difference(&self) -> Option<Difference> {
        self.found.differences.get(self.chosen?).copied()
    }

    /// The difference of which a box of the other set is a part.
    pub fn difference_of(&self, other: usize) -> Option<usize> {
        let mut all = self.found.differences.iter();
        all.position(|one| one.other() == Some(other))
    }
}

impl Session {
    /// Compares the boxes of a picture with those of another set.
    pub fn compare(&self, picture: PictureId, other: &[OtherBox]) -> PictureComparison {
        let document = self.document();
        let rows = self.visible_among(document.annotations(picture));
        // None for a proposal of any object: whatever its class is, it does not contradict it.
        let (ids, mine): (Vec<AnnotationId>, Vec<(BBox, Option<&str>)>) = rows
            .map(|row| {
                let name = document.class_name(row);
                let is_any = names_any_object(row, name) && document.class_of(row).is_none();
                (row.id, (row.rect, (!is_any).then_some(name)))
            })
            .unzip();
        let is_hidden = |class: &str| {
            let class = document.category_named(class);
            class.is_some_and(|class| self.is_hidden(class.id))
        };
        let seen = other.iter().enumerate();
        let seen = seen.filter(|(_, one)| !is_hidden(&one.class));
        let (places, theirs): (Vec<usize>, Vec<(BBox, Option<&str>)>) = seen
            .map(|(at, one)| {
                let is_any = names_any_object(&one.row, &one.class);
                (at, (one.row.rect, (!is_any).then_some(&*one.class)))
            })
            .unzip();
        let min_iou = PictureComparison::MIN_IOU;
        let found = compare_boxes(&mine, &theirs, min_iou, |a, b| {
            a.is_none() || b.is_none() || a == b
        });
        let mut compared = PictureComparison {
            counts: [mine.len(), theirs.len()],
            ..PictureComparison::default()
        };
        let mut differences: Vec<(Difference, BBox)> = Vec::new();
        for pair in found.pairs {
            let (id, place) = (ids[pair.first], places[pair.second]);
            if pair.has_same_class {
                compared.same.push((id, place));
            } else {
                differences.push((Difference::OtherClass(id, place), mine[pair.first].0));
            }
        }
        let only_mine = found.only_first.into_iter();
        differences.extend(only_mine.map(|at| (Difference::OnlyMine(ids[at]), mine[at].0)));
        let only_other = found.only_second.into_iter();
        differences.extend(only_other.map(|at| (Difference::OnlyOther(places[at]), theirs[at].0)));
        let read = in_reading_order(&differences, |(_, rect)| rect);
        compared.differences = read.into_iter().map(|(one, _)| one).collect();
        compared
    }

    /// Takes over what the other set has and the project lacks: a box, or the class of a box. One step, in
    /// which the box is accepted. What only the project has stays. Returns whether anything has changed.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn take_over(
        &mut self,
        picture: PictureId,
        difference: Difference,
        other: &[OtherBox],
    ) -> Result<bool, StoreError> {
        let Some(one) = difference.other().and_then(|at| other.get(at)) else {
            return Ok(false);
        };
        let next = self.document().next_ids().annotation;
        let class = self.class_taken_over(one).to_owned();
        let changed = self.commit("take over a box", |document| match difference.mine() {
            Some(id) => ops::adopt_class(document, id, &class),
            None => ops::adopt(document, picture, &one.row, &class),
        })?;
        self.select(vec![difference.mine().unwrap_or(next)]);
        Ok(changed)
    }

    /// The name of the class of a box that is taken over: its own, unless it is a proposal of any object.
    fn class_taken_over<'a>(&'a self, one: &'a OtherBox) -> &'a str {
        let document = self.document();
        let is_any = names_any_object(&one.row, &one.class);
        let sticky = || document.category(self.sticky_class()?);
        let sticky = || sticky().map(|class| &*class.name);
        let given = document.labels().only().or_else(sticky);
        given.filter(|_| is_any).unwrap_or(&one.class)
    }
}

/// Whether a box of this name is a proposal that does not say what it shows.
fn names_any_object(row: &Annotation, name: &str) -> bool {
    row.state == BoxState::Proposed && row.category.is_none() && name == ANY_OBJECT
}
