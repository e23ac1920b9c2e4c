//! What the classes of a model are called in a project: "tabby" and "Egyptian cat" are both "cat".
//!
//! A model has the class names of its training data, and a person has other classes. A
//! [`Naming`] maps the former to the latter. It is part of the [document](crate::document), so
//! changing it is an edit like any other, and [`suggest()`] proposes entries for it.
//!
//! An entry applies to every class of that name: two of ILSVRC's classes are called "crane".
//!
//! | module | its one idea |
//! |---|---|
//! | `mapping` | the names of classes and boxes in a project |
//! | `suggest` | which category a class might stand for, and why |
//! | `groups` | groups of ImageNet's classes |
//! | `coco` | one list of ImageNet's classes and COCO's |
//! | `ranking` | what companion and detector say about an object -> its classes in that list |
//! | `places` | how tables write places in a list of classes |
//! | `words` | the form in which names are compared |

mod coco;
mod groups;
mod mapping;
mod places;
mod ranking;
mod suggest;
#[cfg(test)]
mod tests;
mod words;

pub use coco::{kinds_alone, listed_class_names};
pub use groups::is_imagenet;
pub use mapping::{ANY_OBJECT, BoxName, MIN_NAME_PROBABILITY, MappedClass, Naming, ONE_OBJECT_IOU};
pub use ranking::rank_classes;
pub use suggest::{Correction, Suggestion, SuggestionInput, SuggestionReason, suggest};
