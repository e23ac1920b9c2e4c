//! The fused operations of [`super::autograd`] for contiguous f32 tensors on the CPU, with their
//! derivatives.
//!
//! An incoming gradient is shared with other operations, so each derivative overwrites a copy. Sums
//! over rows are products with a row of ones, because candle's own sum adds one number at a time.

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, InplaceOp2, InplaceOp3, Layout, Result, Shape,
    Tensor,
};

use super::kernels::{
    contiguous, exp, for_each_row, for_each_row_pair, gelu, layer_norm_row, norm_statistics,
    normal_cdf, softmax_row, sum_of,
};

/// A copy of an operand to work on in place.
fn copy(storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Layout)> {
    let numbers = contiguous(storage, layout)?.to_vec();
    Ok((CpuStorage::F32(numbers), Layout::contiguous(layout.shape())))
}

/// A copy of a tensor, detached from its graph, which would stay in memory with it otherwise.
fn copy_of(xs: &Tensor) -> Result<Tensor> {
    xs.detach().force_contiguous()
}

/// The sum over the rows of `xs [R, D]`, `[D]`.
fn sum_of_rows(xs: &Tensor) -> Result<Tensor> {
    let ones = Tensor::ones((1, xs.dim(0)?), xs.dtype(), xs.device())?;
    ones.matmul(xs)?.squeeze(0)
}

/// `softmax(scale * xs)` over the last dimension, `[.., D]` -> `[.., D]`.
pub struct SoftmaxOp {
    /// The factor.
    pub scale: f32,
}

impl CustomOp1 for SoftmaxOp {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, xs: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (mut xs, layout) = copy(xs, layout)?;
        let scale = self.scale;
        for_each_row(
            &mut xs,
            &layout,
            #[inline(always)]
            |row| softmax_row(row, scale),
        )?;
        Ok((xs, layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, softmax: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = copy_of(gradient)?;
        gradient.inplace_op2(softmax, &SoftmaxBackward { scale: self.scale })?;
        Ok(Some(gradient))
    }
}

/// Gradient `g` and softmax `y` -> `scale * y * (g - sum(g * y))`.
struct SoftmaxBackward {
    scale: f32,
}

impl InplaceOp2 for SoftmaxBackward {
    fn name(&self) -> &'static str {
        "softmax-backward"
    }

    fn cpu_fwd(
        &self,
        gradient: &mut CpuStorage,
        layout: &Layout,
        softmax: &CpuStorage,
        softmax_layout: &Layout,
    ) -> Result<()> {
        let scale = self.scale;
        let softmax = contiguous(softmax, softmax_layout)?;
        for_each_row_pair(
            gradient,
            layout,
            softmax,
            #[inline(always)]
            |gradient, softmax| {
                for (g, y) in gradient.iter_mut().zip(softmax) {
                    *g *= y;
                }
                let sum = sum_of(gradient, |x| x);
                for (g, y) in gradient.iter_mut().zip(softmax) {
                    *g = scale * (*g - y * sum);
                }
            },
        )
    }
}

/// Layer norm over the last dimension, for `xs [R, D]`, `weight [D]` and `bias [D]`.
pub struct LayerNormOp {
    /// Added to the variance, to keep the quotient finite.
    pub eps: f32,
}

impl CustomOp3 for LayerNormOp {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        xs: &CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (mut xs, layout) = copy(xs, layout)?;
        let weight = contiguous(weight, weight_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        let eps = self.eps;
        for_each_row(
            &mut xs,
            &layout,
            #[inline(always)]
            |row| layer_norm_row(row, weight, bias, eps),
        )?;
        Ok((xs, layout.shape().clone()))
    }

    fn bwd(
        &self,
        xs: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let eps = self.eps;
        let gradient = gradient.contiguous()?;
        let of_xs = copy_of(xs)?;
        of_xs.inplace_op3(&gradient, weight, &LayerNormBackward { eps })?;
        let of_weight = copy_of(xs)?;
        of_weight.inplace_op2(&gradient, &NormalisedTimes { eps })?;
        Ok((
            Some(of_xs),
            Some(sum_of_rows(&of_weight)?),
            Some(sum_of_rows(&gradient)?),
        ))
    }
}

/// Input, gradient and weight -> the gradient of the input.
struct LayerNormBackward {
    eps: f32,
}

impl InplaceOp3 for LayerNormBackward {
    fn name(&self) -> &'static str {
        "layer-norm-backward"
    }

    fn cpu_fwd(
        &self,
        xs: &mut CpuStorage,
        layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<()> {
        let eps = self.eps;
        let gradient = contiguous(gradient, gradient_layout)?;
        let weight = contiguous(weight, weight_layout)?;
        for_each_row_pair(
            xs,
            layout,
            gradient,
            #[inline(always)]
            |row, gradient| {
                let (mean, scale) = norm_statistics(row, eps);
                // With n the normalised value and h = g * w: scale * (h - mean(h) - n * mean(h * n)).
                let (mut sum, mut sum_of_products) = ([0f32; 8], [0f32; 8]);
                let lanes = |at: usize| at % 8;
                for (at, ((x, g), w)) in row.iter().zip(gradient).zip(weight).enumerate() {
                    sum[lanes(at)] += g * w;
                    sum_of_products[lanes(at)] += g * w * (x - mean) * scale;
                }
                let count = row.len() as f32;
                let sum = sum.iter().sum::<f32>() / count;
                let sum_of_products = sum_of_products.iter().sum::<f32>() / count;
                for ((x, g), w) in row.iter_mut().zip(gradient).zip(weight) {
                    let normed = (*x - mean) * scale;
                    *x = scale * (g * w - sum - normed * sum_of_products);
                }
            },
        )
    }
}

/// Input and gradient -> the product of the normalised input and the gradient.
struct NormalisedTimes {
    eps: f32,
}

impl InplaceOp2 for NormalisedTimes {
    fn name(&self) -> &'static str {
        "layer-norm-times"
    }

    fn cpu_fwd(
        &self,
        xs: &mut CpuStorage,
        layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<()> {
        let eps = self.eps;
        let gradient = contiguous(gradient, gradient_layout)?;
        for_each_row_pair(
            xs,
            layout,
            gradient,
            #[inline(always)]
            |row, gradient| {
                let (mean, scale) = norm_statistics(row, eps);
                for (x, g) in row.iter_mut().zip(gradient) {
                    *x = (*x - mean) * scale * g;
                }
            },
        )
    }
}

/// GELU in its exact (erf) form, element by element.
pub struct GeluOp;

impl CustomOp1 for GeluOp {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, xs: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (mut xs, layout) = copy(xs, layout)?;
        for_each_row(
            &mut xs,
            &layout,
            #[inline(always)]
            |row| {
                for x in row {
                    *x = gelu(*x);
                }
            },
        )?;
        Ok((xs, layout.shape().clone()))
    }

    fn bwd(&self, xs: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = copy_of(gradient)?;
        gradient.inplace_op2(xs, &GeluBackward)?;
        Ok(Some(gradient))
    }
}

/// Gradient and input `x` -> the gradient of the input: `g * (Phi(x) + x * phi(x))`.
struct GeluBackward;

impl InplaceOp2 for GeluBackward {
    fn name(&self) -> &'static str {
        "gelu-backward"
    }

    fn cpu_fwd(
        &self,
        gradient: &mut CpuStorage,
        layout: &Layout,
        xs: &CpuStorage,
        xs_layout: &Layout,
    ) -> Result<()> {
        /// `1 / sqrt(2 pi)`.
        const PEAK: f32 = 0.398_942_3;
        let xs = contiguous(xs, xs_layout)?;
        for_each_row_pair(
            gradient,
            layout,
            xs,
            #[inline(always)]
            |gradient, row| {
                for (g, x) in gradient.iter_mut().zip(row) {
                    *g *= normal_cdf(*x) + x * PEAK * exp(-0.5 * x * x);
                }
            },
        )
    }
}

/// `xs + bias` for `xs [R, D]` and `bias [D]`.
pub struct BiasAddOp;

impl CustomOp2 for BiasAddOp {
    fn name(&self) -> &'static str {
        "bias-add"
    }

    fn cpu_fwd(
        &self,
        xs: &CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (mut xs, layout) = copy(xs, layout)?;
        let bias = contiguous(bias, bias_layout)?;
        for_each_row(
            &mut xs,
            &layout,
            #[inline(always)]
            |row| {
                for (x, b) in row.iter_mut().zip(bias) {
                    *x += b;
                }
            },
        )?;
        Ok((xs, layout.shape().clone()))
    }

    fn bwd(
        &self,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let of_bias = sum_of_rows(&gradient.contiguous()?)?;
        Ok((Some(gradient.clone()), Some(of_bias)))
    }
}

/// `xs * gamma` for `xs [R, D]` and `gamma [D]`.
pub struct ScaleRowsOp;

impl CustomOp2 for ScaleRowsOp {
    fn name(&self) -> &'static str {
        "scale-rows"
    }

    fn cpu_fwd(
        &self,
        xs: &CpuStorage,
        layout: &Layout,
        gamma: &CpuStorage,
        gamma_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (mut xs, layout) = copy(xs, layout)?;
        let gamma = contiguous(gamma, gamma_layout)?;
        for_each_row(
            &mut xs,
            &layout,
            #[inline(always)]
            |row| {
                for (x, g) in row.iter_mut().zip(gamma) {
                    *x *= g;
                }
            },
        )?;
        Ok((xs, layout.shape().clone()))
    }

    fn bwd(
        &self,
        xs: &Tensor,
        gamma: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let of_gamma = sum_of_rows(&(xs.detach() * &gradient)?)?;
        let of_xs = gradient.apply_op2_no_bwd(&gamma.detach(), &Self)?;
        Ok((Some(of_xs), Some(of_gamma)))
    }
}
