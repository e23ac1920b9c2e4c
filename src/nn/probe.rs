//! A matrix product of fixed size, by which the speed of a device is measured.

use candle_core::{DType, Device, Result, Tensor};

use super::linear::Linear;

/// The number of rows, inputs and outputs: a layer's weights with the tokens of some pictures.
const SIDE: usize = 1536;

/// A product of two f32 matrices of 1536 x 1536 numbers on a device.
pub struct ProductProbe {
    linear: Linear,
    rows: Tensor,
}

impl ProductProbe {
    /// The multiplications and additions of a run.
    pub const OPERATIONS: f64 = 2.0 * (SIDE * SIDE * SIDE) as f64;

    /// Fills the matrices with random numbers.
    ///
    /// # Errors
    /// If the device has no memory for them.
    pub fn new(device: &Device) -> Result<Self> {
        let random = || Tensor::randn(0f32, 1.0, (SIDE, SIDE), device);
        let bias = Tensor::zeros(SIDE, DType::F32, device)?;
        Ok(Self {
            linear: Linear::from_matrix(&random()?, bias)?,
            rows: random()?,
        })
    }

    /// Multiplies the matrices, and waits until the device has done so.
    ///
    /// # Errors
    /// If the device fails.
    pub fn run(&self) -> Result<()> {
        self.linear.product(&self.rows)?.device().synchronize()
    }
}
