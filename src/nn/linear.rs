//! The linear layer.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor, bail};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::kernels::contiguous;
use super::ops::bias_add;
use super::panels::{PackedMatrix, Panels, TILE_ROWS};

/// The largest number of rows that a thread takes at a time. With more, their products leave its cache.
const MAX_TASK_ROWS: usize = 16 * TILE_ROWS;

/// `x W^T + b`. The bias can be left to a fused operation that comes next.
pub struct Linear {
    weight: Weight,
    /// `[outputs]`.
    pub bias: Tensor,
}

/// A weight `[inputs, outputs]`.
enum Weight {
    /// For the CPU.
    Packed(PackedMatrix),
    /// For other devices.
    Tensor(Tensor),
}

impl Linear {
    /// Reads `weight [outputs, inputs]` and `bias [outputs]`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(inputs: usize, outputs: usize, vb: &VarBuilder) -> Result<Self> {
        let weight = vb.get((outputs, inputs), "weight")?;
        Self::from_matrix(&weight.t()?, vb.get(outputs, "bias")?)
    }

    /// The layer with this `weight [inputs, outputs]` and `bias [outputs]`.
    ///
    /// # Errors
    /// If the weight is no matrix.
    pub fn from_matrix(weight: &Tensor, bias: Tensor) -> Result<Self> {
        let weight = if weight.device().is_cpu() && weight.dtype() == DType::F32 {
            Weight::Packed(PackedMatrix::new(weight)?)
        } else {
            Weight::Tensor(weight.contiguous()?)
        };
        Ok(Self { weight, bias })
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        match &self.weight {
            Weight::Packed(weight) => weight.panels().inputs(),
            Weight::Tensor(weight) => weight.dims()[0],
        }
    }

    /// The weight as it is laid out for the CPU, if it is there.
    pub fn panels(&self) -> Option<Panels<'_>> {
        match &self.weight {
            Weight::Packed(weight) => Some(weight.panels()),
            Weight::Tensor(_) => None,
        }
    }

    /// Rows `[R, inputs]` -> `[R, outputs]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        bias_add(self.product(xs)?, &self.bias)
    }

    /// As [`forward`](Self::forward), without the bias.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn product(&self, xs: &Tensor) -> Result<Tensor> {
        match &self.weight {
            Weight::Packed(weight) => xs.contiguous()?.apply_op1_no_bwd(&PackedProduct(weight)),
            Weight::Tensor(weight) => xs.matmul(weight),
        }
    }
}

/// The number of rows that a thread takes at a time if there are this many: each thread has the same number of
/// turns.
pub fn task_rows(rows: usize) -> usize {
    let threads = rayon::current_num_threads();
    let tasks = threads * rows.div_ceil(threads * MAX_TASK_ROWS).max(1);
    rows.div_ceil(tasks).max(1).next_multiple_of(TILE_ROWS)
}

/// Rows `[R, inputs]` by a matrix `[inputs, outputs]`.
struct PackedProduct<'a>(&'a PackedMatrix);

impl CustomOp1 for PackedProduct<'_> {
    fn name(&self) -> &'static str {
        "packed-product"
    }

    fn cpu_fwd(&self, xs: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let panels = self.0.panels();
        let (inputs, outputs) = (panels.inputs(), panels.outputs());
        let &[count, width] = layout.dims() else {
            bail!("expected rows, not {:?}", layout.dims())
        };
        if width != inputs {
            bail!("expected rows of {inputs} numbers, not of {width}")
        }
        let xs = contiguous(xs, layout)?;
        let mut products = vec![0f32; count * outputs];
        let size = task_rows(count);
        products
            .par_chunks_mut((size * outputs).max(1))
            .zip(xs.par_chunks((size * inputs).max(1)))
            .for_each(|(products, xs)| {
                let count = products.len() / outputs;
                panels.multiply(count, (xs, inputs), (products, outputs));
            });
        Ok((CpuStorage::F32(products), (count, outputs).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn agrees_with_candle_for_many_rows() {
        let device = Device::Cpu;
        let xs = Tensor::randn(0f32, 1.0, (1001, 37), &device).unwrap();
        let weight = Tensor::randn(0f32, 1.0, (37, 70), &device).unwrap();
        let bias = Tensor::randn(0f32, 1.0, 70, &device).unwrap();
        let expected = xs.matmul(&weight).unwrap().broadcast_add(&bias).unwrap();
        let linear = Linear::from_matrix(&weight, bias).unwrap();
        let found = linear.forward(&xs).unwrap();
        let difference = (found - expected).unwrap().abs().unwrap();
        let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
        assert!(largest < 1e-4, "{largest}");
        assert!(linear.product(&xs.narrow(1, 0, 36).unwrap()).is_err());
    }
}
