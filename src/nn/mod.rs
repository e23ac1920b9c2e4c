//! What every network needs, on candle: weights, devices, convolutions, fused operations.
//!
//! - [`weights`] reads checkpoints, [`shipped`] lists those that the program comes with, [`device`] opens
//!   the CPU or an accelerator, [`probe`] measures its speed, [`pixels`] turns pictures into normalised tensors;
//! - [`linear`], [`norm`], [`convolution`], [`upsampling`] and [`pooling`] are layers, and [`resample`]
//!   changes the grid of maps;
//! - [`ops`] contains the fused operations for inference, [`autograd`] the same operations with a
//!   backward pass, for training, and `kernels` the CPU loops of both;
//! - [`panels`], [`row_ops`] and [`scratch`] are for layers that run on the CPU as one operation: products by
//!   a matrix that is laid out once, what comes between them, and memory that is used again.
//!
//! Nothing here is specific to a network.

pub mod autograd;
mod autograd_kernels;
pub mod convolution;
pub mod device;
mod error;
mod identity;
pub(crate) mod kernels;
pub mod linear;
pub mod norm;
pub mod ops;
pub mod panels;
pub mod pixels;
pub mod pooling;
pub mod probe;
pub mod resample;
pub mod row_ops;
pub mod scratch;
pub mod shipped;
pub mod upsampling;
pub mod weights;

pub use error::ModelError;
pub use identity::NetworkIdentity;
