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
//! | `words` | the form in which names are compared |

mod groups;
mod mapping;
mod suggest;
#[cfg(test)]
mod tests;
mod words;

pub use mapping::{ANY_OBJECT, BoxName, MIN_NAME_PROBABILITY, MappedClass, Naming, ONE_OBJECT_IOU};
pub use suggest::{Correction, Suggestion, SuggestionInput, SuggestionReason, suggest};
