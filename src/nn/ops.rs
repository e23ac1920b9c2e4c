//! Fused operations for inference: what a network does between its matrix products.
//!
//! On the CPU they run the loops of `kernels`. candle's own CPU kernels run GELU on one thread, call
//! libm for each exponential and write every intermediate result to fresh memory. Its additions run
//! on a thread pool of their own, whose threads spin on the cores that the next matrix product
//! needs; without them a forward pass is 1.4 times as fast on 2 cores. candle's CUDA and Metal
//! kernels are good, so on those devices these functions are plain compositions of them.
//!
//! None of these has a backward pass; see [`super::autograd`] for training. Functions that take a
//! tensor by value may overwrite its storage, which its clones and views share.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, InplaceOp3, Layout, Result, Tensor};

use super::kernels::{
    contiguous, for_each_row, for_each_row_pair, gelu, has_kernel, layer_norm_row, softmax_row,
};

/// `softmax(scale * xs)` over the last dimension, `[.., D]` -> `[.., D]`.
///
/// # Errors
/// If candle fails, for example for lack of memory.
pub fn scaled_softmax(xs: Tensor, scale: f64) -> Result<Tensor> {
    if has_kernel(&xs) {
        xs.inplace_op1(&SoftmaxInPlace {
            scale: scale as f32,
        })?;
        Ok(xs)
    } else {
        candle_nn::ops::softmax_last_dim(&(xs * scale)?)
    }
}

/// `gelu(xs + bias)`, the exact (erf) form, for `xs [.., D]` and `bias [D]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn bias_gelu(xs: Tensor, bias: &Tensor) -> Result<Tensor> {
    if has_kernel(&xs) {
        bias_then(&xs, bias, "bias-gelu", gelu)?;
        Ok(xs)
    } else {
        xs.broadcast_add(bias)?.gelu_erf()
    }
}

/// `xs + bias` for `xs [.., D]` and `bias [D]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn bias_add(xs: Tensor, bias: &Tensor) -> Result<Tensor> {
    if has_kernel(&xs) {
        bias_then(
            &xs,
            bias,
            "bias-add",
            #[inline(always)]
            |x| x,
        )?;
        Ok(xs)
    } else {
        xs.broadcast_add(bias)
    }
}

/// `xs + bias`, clipped at 0 and `ceiling`, for `xs [.., D]` and `bias [D]`. The ceiling is infinity
/// for `ReLU` and 6 for `ReLU6`.
///
/// # Errors
/// If the shapes do not fit.
pub fn bias_relu(xs: Tensor, bias: &Tensor, ceiling: f32) -> Result<Tensor> {
    if has_kernel(&xs) {
        // Clipping, unlike taking the maximum, keeps NaN and so reveals damaged weights.
        bias_then(
            &xs,
            bias,
            "bias-relu",
            #[inline(always)]
            |x: f32| x.clamp(0.0, ceiling),
        )?;
        Ok(xs)
    } else {
        xs.broadcast_add(bias)?.clamp(0f32, ceiling)
    }
}

/// `xs + bias` with negative values multiplied by `slope`, which lies between 0 and 1, for `xs [.., D]`
/// and `bias [D]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn bias_leaky_relu(xs: Tensor, bias: &Tensor, slope: f32) -> Result<Tensor> {
    if has_kernel(&xs) {
        bias_then(
            &xs,
            bias,
            "bias-leaky-relu",
            #[inline(always)]
            |x: f32| if x < 0.0 { slope * x } else { x },
        )?;
        Ok(xs)
    } else {
        let sum = xs.broadcast_add(bias)?;
        sum.maximum(&(&sum * f64::from(slope))?)
    }
}

/// `xs + gamma * branch` for `xs` and `branch`, both `[.., D]`, and an optional layer scale
/// `gamma [D]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn add_residual(xs: Tensor, branch: &Tensor, gamma: Option<&Tensor>) -> Result<Tensor> {
    match gamma {
        Some(gamma) if has_kernel(&xs) => {
            xs.inplace_op3(branch, gamma, &ScaledAddInPlace)?;
            Ok(xs)
        }
        None if has_kernel(&xs) => {
            xs.inplace_op2(branch, &AddInPlace)?;
            Ok(xs)
        }
        Some(gamma) => xs + branch.broadcast_mul(gamma)?,
        None => xs + branch,
    }
}

/// Layer norm over the last dimension of `xs [.., D]`, with `weight [D]` and `bias [D]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn layer_norm(xs: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if has_kernel(xs) {
        let normed = xs.copy()?;
        normed.inplace_op3(weight, bias, &LayerNormInPlace { eps: eps as f32 })?;
        Ok(normed)
    } else {
        candle_nn::ops::layer_norm(xs, weight, bias, eps as f32)
    }
}

struct SoftmaxInPlace {
    scale: f32,
}

impl InplaceOp1 for SoftmaxInPlace {
    fn name(&self) -> &'static str {
        "scaled-softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let scale = self.scale;
        for_each_row(
            storage,
            layout,
            #[inline(always)]
            |row| softmax_row(row, scale),
        )
    }
}

fn bias_then(
    xs: &Tensor,
    bias: &Tensor,
    name: &'static str,
    function: impl Fn(f32) -> f32 + Send + Sync,
) -> Result<()> {
    xs.inplace_op2(bias, &BiasThen { name, function })
}

/// `function(x + bias)`, element by element.
struct BiasThen<F> {
    name: &'static str,
    function: F,
}

impl<F: Fn(f32) -> f32 + Send + Sync> InplaceOp2 for BiasThen<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(
        &self,
        xs: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let bias = contiguous(bias, bias_layout)?;
        let function = &self.function;
        for_each_row(
            xs,
            layout,
            #[inline(always)]
            |row| {
                for (x, b) in row.iter_mut().zip(bias) {
                    *x = function(*x + b);
                }
            },
        )
    }
}

struct AddInPlace;

impl InplaceOp2 for AddInPlace {
    fn name(&self) -> &'static str {
        "add"
    }

    fn cpu_fwd(
        &self,
        xs: &mut CpuStorage,
        layout: &Layout,
        branch: &CpuStorage,
        branch_layout: &Layout,
    ) -> Result<()> {
        let branch = contiguous(branch, branch_layout)?;
        for_each_row_pair(
            xs,
            layout,
            branch,
            #[inline(always)]
            |row, branch| {
                for (x, b) in row.iter_mut().zip(branch) {
                    *x += b;
                }
            },
        )
    }
}

struct ScaledAddInPlace;

impl InplaceOp3 for ScaledAddInPlace {
    fn name(&self) -> &'static str {
        "scaled-add"
    }

    fn cpu_fwd(
        &self,
        xs: &mut CpuStorage,
        layout: &Layout,
        branch: &CpuStorage,
        branch_layout: &Layout,
        gamma: &CpuStorage,
        gamma_layout: &Layout,
    ) -> Result<()> {
        let branch = contiguous(branch, branch_layout)?;
        let gamma = contiguous(gamma, gamma_layout)?;
        for_each_row_pair(
            xs,
            layout,
            branch,
            #[inline(always)]
            |row, branch| {
                for ((x, b), g) in row.iter_mut().zip(branch).zip(gamma) {
                    *x += b * g;
                }
            },
        )
    }
}

struct LayerNormInPlace {
    eps: f32,
}

impl InplaceOp3 for LayerNormInPlace {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        xs: &mut CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let weight = contiguous(weight, weight_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        let eps = self.eps;
        for_each_row(
            xs,
            layout,
            #[inline(always)]
            |row| layer_norm_row(row, weight, bias, eps),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    fn numbers(rows: usize, columns: usize, spread: f32) -> Tensor {
        let values: Vec<f32> = (0..rows * columns)
            .map(|i| ((i * 7919 % 1999) as f32 / 999.5 - 1.0) * spread)
            .collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        let difference = (a - b).unwrap().abs().unwrap().flatten_all().unwrap();
        difference.max(0).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn softmax_agrees_with_candle() {
        let xs = numbers(37, 257, 40.0);
        let expected = candle_nn::ops::softmax_last_dim(&(&xs * 0.125).unwrap()).unwrap();
        let fused = scaled_softmax(xs, 0.125).unwrap();
        assert!(largest_difference(&fused, &expected) < 1e-6);
    }

    #[test]
    fn softmax_survives_extreme_rows() {
        let xs = Tensor::new(&[[-3e38f32, 0.0, 3e38], [5.0, 5.0, 5.0]], &Device::Cpu).unwrap();
        let rows = scaled_softmax(xs, 1.0).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(rows[0], [rows[0][0], rows[0][0], 1.0]);
        assert!(rows[0][0] < 1e-30);
        assert!(rows[1].iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-6));
    }

    #[test]
    fn gelu_agrees_with_candle() {
        let xs = numbers(64, 1536, 9.0);
        let bias = numbers(1, 1536, 0.5).flatten_all().unwrap();
        let expected = xs.broadcast_add(&bias).unwrap().gelu_erf().unwrap();
        let fused = bias_gelu(xs, &bias).unwrap();
        assert!(largest_difference(&fused, &expected) < 2e-6);
    }

    #[test]
    fn relu_agrees_with_candle() {
        let xs = numbers(64, 96, 9.0);
        let bias = numbers(1, 96, 0.5).flatten_all().unwrap();
        let expected = xs.broadcast_add(&bias).unwrap().relu().unwrap();
        let fused = bias_relu(xs, &bias, f32::INFINITY).unwrap();
        assert!(largest_difference(&fused, &expected) == 0.0);
    }

    #[test]
    fn leaky_relu_agrees_with_its_plain_form() {
        let xs = numbers(64, 96, 9.0);
        let bias = numbers(1, 96, 0.5).flatten_all().unwrap();
        let expected = candle_nn::ops::leaky_relu(&xs.broadcast_add(&bias).unwrap(), 0.1).unwrap();
        // A transposed tensor is not contiguous, so it takes the plain path.
        let plain = bias_leaky_relu(
            xs.t().unwrap().contiguous().unwrap().t().unwrap(),
            &bias,
            0.1,
        );
        assert!(largest_difference(&plain.unwrap(), &expected) < 1e-6);
        let fused = bias_leaky_relu(xs, &bias, 0.1).unwrap();
        assert!(largest_difference(&fused, &expected) < 1e-6);
    }

    #[test]
    fn layer_norm_agrees_with_candle() {
        let (xs, weight) = (numbers(33, 384, 7.0), numbers(1, 384, 2.0));
        let (weight, bias) = (
            weight.flatten_all().unwrap(),
            Tensor::ones(384, DType::F32, &Device::Cpu).unwrap(),
        );
        let expected = candle_nn::ops::layer_norm(&xs, &weight, &bias, 1e-6).unwrap();
        let fused = layer_norm(&xs, &weight, &bias, 1e-6).unwrap();
        assert!(largest_difference(&fused, &expected) < 1e-5);
        assert!(largest_difference(&xs, &numbers(33, 384, 7.0)) == 0.0);
    }

    #[test]
    fn residuals_agree_with_candle() {
        let (xs, branch) = (numbers(33, 384, 7.0), numbers(33, 384, 3.0));
        let gamma = numbers(1, 384, 2.0).flatten_all().unwrap();
        let scaled = (&xs + branch.broadcast_mul(&gamma).unwrap()).unwrap();
        let plain = (&xs + &branch).unwrap();
        let fused = add_residual(xs.copy().unwrap(), &branch, Some(&gamma)).unwrap();
        assert!(largest_difference(&fused, &scaled) < 1e-6);
        let fused = add_residual(xs, &branch, None).unwrap();
        assert!(largest_difference(&fused, &plain) == 0.0);
    }

    #[test]
    fn views_of_a_larger_tensor_are_not_overwritten() {
        let xs = numbers(6, 10, 3.0);
        let view = xs.narrow(1, 2, 5).unwrap();
        let bias = numbers(1, 5, 1.0).flatten_all().unwrap();
        let expected = view.broadcast_add(&bias).unwrap();
        let sum = bias_add(view, &bias).unwrap();
        assert!(largest_difference(&sum, &expected) < 1e-6);
        assert!(largest_difference(&xs, &numbers(6, 10, 3.0)) == 0.0);
    }
}
