//! The class names of proposals.

use super::proposals::Proposal;
use crate::naming::{self, BoxName, Naming, ONE_OBJECT_IOU};

/// Pairs each of a picture's proposals, best first, with the name that the naming gives its classes, if
/// it has one. Where a name such as "dog" is not `preferred`, the kinds of dog are tried as well, and
/// stay if theirs is.
///
/// If two classes of the model have the same name, two overlapping boxes of these classes are of one
/// object, and only the better one stays.
pub fn name_proposals<'p, 'n>(
    proposals: &'p [Proposal],
    class_names: &'n [String],
    naming: &'n Naming,
    preferred: impl Fn(&str) -> bool,
) -> Vec<(&'p Proposal, Option<BoxName<'n>>)> {
    let mut named: Vec<(&Proposal, Option<BoxName<'_>>)> = Vec::new();
    for proposal in proposals {
        let name_of = |classes: &[(usize, f32)]| naming.name(class_names, classes);
        let whole = name_of(&proposal.classes);
        let of_kinds = || name_of(&naming::kinds_alone(class_names, &proposal.classes));
        let name = match whole {
            Some(name) if preferred(name.text) => whole,
            _ => of_kinds().filter(|kind| preferred(kind.text)).or(whole),
        };
        let is_same = |other: &Option<BoxName<'_>>| {
            let texts = name.as_ref().zip(other.as_ref());
            texts.is_some_and(|(name, other)| name.text == other.text)
        };
        let is_duplicate = !naming.is_empty()
            && named.iter().any(|(better, other)| {
                is_same(other)
                    && better.best_class() != proposal.best_class()
                    && better.bbox.iou(&proposal.bbox) >= ONE_OBJECT_IOU
            });
        if !is_duplicate {
            named.push((proposal, name));
        }
    }
    named
}
