//! Learning from what people say of pictures.
//!
//! | module | its one idea |
//! |---|---|
//! | [`lesson`] | tagged pictures shown to a model, and a head trained on them |
//! | [`pooled`] | a picture's tokens, pooled to the vector that a class head is trained on |
//! | [`logistic`] | the convex problem, solved |
//! | [`class_head`] | image-level tags -> a class head |
//! | [`random`] | chance that is the same everywhere |
//! | [`tags`] | which picture shows which classes |
//! | [`boxes`] | corrected boxes -> better boxes |
//! | [`full`] | image-level tags -> backbone and head together, as the paper trains them |

pub mod boxes;
pub mod class_head;
pub mod full;
pub mod lesson;
pub mod logistic;
pub mod pooled;
pub mod random;
pub mod tags;
mod tensor_file;

/// The block whose tokens a class head reads unless told otherwise, counted from 0: two thirds of the
/// way up, where tokens know most of classes. The last ones of the embedded, saliency-pretrained
/// backbone have lost much of that.
pub fn default_block(depth: usize) -> usize {
    (2 * depth / 3).min(depth.saturating_sub(1))
}
