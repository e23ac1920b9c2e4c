//! An object detector: a picture -> boxes with class scores.
//!
//! The network is NanoDet-g (`models/README.md` gives its source), a small relative of FCOS (Tian et
//! al., arXiv 1904.01355) that was trained with the boxes of COCO. At every position of three maps it
//! scores 80 classes and predicts how far away the four sides of the object are.
//!
//! | file | its one idea |
//! |---|---|
//! | `detector` | a file -> a [`Detector`]; a picture -> [`Candidate`]s |
//! | `letterbox` | a picture inside the square that the network takes, and the way back for boxes |
//! | `backbone` | pixels -> maps at strides 8, 16 and 32 |
//! | `neck` | exchanges information between these maps |
//! | `head` | maps -> class scores and distances to the sides |
//! | `candidate` | [`Candidate`]s, and which of them overlap too much |
//!
//! Names of tensors are those of `NanoDet`'s PyTorch code, without its inner `conv`.

mod backbone;
mod candidate;
mod detector;
mod head;
mod letterbox;
mod neck;

pub use candidate::{Candidate, ClassScore, suppress};
pub use detector::{Detector, DetectorInput};
pub use head::LevelOutput;
