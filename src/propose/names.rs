//! The class names of proposals.

use super::proposals::Proposal;
use crate::naming::{self, Naming, ONE_OBJECT_IOU};

/// Pairs each of a picture's proposals, best first, with its class name in the project: `None` if the
/// naming has none for its classes, or `accepts` refuses it. Where `accepts` refuses a name such as "dog", it
/// is asked for the kinds of dog.
///
/// If two classes of the model have the same name, two overlapping boxes of these classes are of one
/// object, and only the better one stays.
pub fn name_proposals<'p, 'n>(
    proposals: &'p [Proposal],
    class_names: &'n [String],
    naming: &'n Naming,
    accepts: impl Fn(&str) -> bool,
) -> Vec<(&'p Proposal, Option<&'n str>)> {
    let mut named: Vec<(&Proposal, Option<&str>)> = Vec::new();
    for proposal in proposals {
        let accepted = |classes: &[(usize, f32)]| {
            let name = naming.name(class_names, classes)?.text;
            accepts(name).then_some(name)
        };
        let name = accepted(&proposal.classes)
            .or_else(|| accepted(&naming::kinds_alone(class_names, &proposal.classes)));
        let is_duplicate = !naming.is_empty()
            && named.iter().any(|(better, other)| {
                name.is_some()
                    && *other == name
                    && better.best_class() != proposal.best_class()
                    && better.bbox.iou(&proposal.bbox) >= ONE_OBJECT_IOU
            });
        if !is_duplicate {
            named.push((proposal, name));
        }
    }
    named
}
