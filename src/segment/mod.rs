//! MobileSAM: a picture -> its embedding; points and a box -> masks and their boxes.
//!
//! This is Segment Anything (Kirillov et al., arXiv 2304.02643) with the small image encoder of
//! MobileSAM (Zhang et al., arXiv 2306.14289). The encoder runs once a picture; a prompt then costs only
//! the decoder.
//!
//! | module | its one idea |
//! |---|---|
//! | `segmenter` | [`Segmenter`]: the whole network; [`Embedding`] and [`Prompt`] |
//! | `fit` | the masks of a prompt -> [`fitted_box`], [`NestedBoxes`] |
//! | [`frame`] | where a picture lies in the network's square input |
//! | [`image_encoder`] | TinyViT: pixels -> embedding |
//! | [`prompt_encoder`] | positions, points and boxes -> tokens |
//! | [`mask_decoder`] | embedding and tokens -> four masks and their predicted IoU |
//! | [`mask`] | a mask -> its tight box |
//!
//! Maps have their channels last. Tensor names are those of MobileSAM's checkpoint; its batch norms are
//! folded into the convolutions.

mod fit;
pub mod frame;
pub mod image_encoder;
pub mod mask;
pub mod mask_decoder;
pub mod prompt_encoder;
mod segmenter;

pub use fit::{NestedBoxes, fitted_box};
pub use segmenter::{Embedding, Mask, Prompt, PromptPoint, Segmenter};
