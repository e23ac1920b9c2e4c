//! TS-CAM (Gao et al., arXiv 2103.14862) up to the evidence: a picture -> the class token's
//! attention, the similarities of the patches, and class maps. [`crate::localize`] turns these into
//! boxes.
//!
//! | module | its one idea |
//! |---|---|
//! | `model` | [`Model`]: a backbone with an optional class head and companion |
//! | `inference` | what a model computes from a picture: [`Evidence`](crate::localize::Evidence) |
//! | `input` | how a picture is prepared for it |
//! | [`backbone_file`] | the embedded backbone and files, under one set of tensor names |
//! | [`backbone`] | the network below the head: [`vit`] or [`conformer`] |
//! | [`transformer`], [`patch_embed`], [`features`] | what both backbones share |
//! | [`block_config`], `cpu_block`, `tensor_block` | the sizes of a transformer block, and its two forms: one operation for the CPU, and a composition for accelerators |
//! | [`head`] | the class head, as in the paper |
//! | [`efficientnet`] | the companion, a convolutional network for ImageNet's classes |

pub mod backbone;
pub mod backbone_file;
pub mod block_config;
pub mod conformer;
mod cpu_block;
pub mod efficientnet;
pub mod features;
pub mod head;
mod inference;
mod input;
pub(crate) mod interpolate;
mod model;
pub mod patch_embed;
mod shapes;
mod tensor_block;
pub mod transformer;
pub mod vit;

pub use crate::nn::{ModelError, NetworkIdentity};
pub use input::{InputOptions, ModelInput};
pub use model::Model;
