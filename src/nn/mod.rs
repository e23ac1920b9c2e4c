//! What every network needs, on candle: weights, devices, convolutions, fused operations.
//!
//! - [`weights`] reads checkpoints, [`device`] opens the CPU or an accelerator, [`pixels`] turns
//!   pictures into normalised tensors;
//! - [`linear`], [`norm`] and [`convolution`] are layers;
//! - [`ops`] holds the fused operations for inference, [`autograd`] the same operations with a
//!   backward pass, for training; `kernels` holds the CPU loops of both.
//!
//! Nothing here knows a particular network.

pub mod autograd;
mod autograd_kernels;
pub mod convolution;
pub mod device;
mod error;
mod kernels;
pub mod linear;
pub mod norm;
pub mod ops;
pub mod pixels;
pub mod weights;

pub use error::ModelError;
