//! Convolutions as matrix products, over maps with the channels last, `[N, rows, columns, C]`.

use candle_core::{IndexOp as _, Result, Tensor};

/// Each place's square neighbourhood, row by row, `[N, rows, columns, C]` -> `[N, rows / stride,
/// columns / stride, side * side * C]` (rounded up), zero beyond the edges: a convolution with odd
/// `side` and padding `side / 2` is one product of these with [`kernel_matrix`].
pub fn neighbourhoods(xs: &Tensor, side: usize, stride: usize) -> Result<Tensor> {
    if (side, stride) == (1, 1) {
        return Ok(xs.clone());
    }
    let (n, height, width, channels) = xs.dims4()?;
    let (rows, columns) = (height.div_ceil(stride), width.div_ceil(stride));
    let before = side / 2;
    // Room for whole strides, so that a reshape can pick the first place of each.
    let after = |length: usize, places: usize| places * stride + side - 1 - before - length;
    let padded = xs
        .pad_with_zeros(1, before, after(height, rows))?
        .pad_with_zeros(2, before, after(width, columns))?;
    let mut shifted = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            // Contiguous, as joining anything else goes number by number.
            let window = padded
                .narrow(1, y, rows * stride)?
                .narrow(2, x, columns * stride)?
                .contiguous()?;
            shifted.push(match stride {
                1 => window,
                _ => window
                    .reshape(&[n, rows, stride, columns, stride, channels])?
                    .i((.., .., 0, .., 0))?
                    .contiguous()?,
            });
        }
    }
    Tensor::cat(&shifted, 3)
}

/// A kernel `[outputs, inputs, side, side]` as the matrix `[side * side * inputs, outputs]` that
/// [`neighbourhoods`] are multiplied by.
pub fn kernel_matrix(kernel: &Tensor) -> Result<Tensor> {
    let (outputs, inputs, height, width) = kernel.dims4()?;
    kernel
        .permute((2, 3, 1, 0))?
        .reshape((height * width * inputs, outputs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn products_with_neighbourhoods_are_convolutions() {
        let device = Device::Cpu;
        for (side, stride, height, width) in
            [(1, 2, 5, 4), (3, 1, 4, 5), (3, 2, 4, 5), (5, 2, 1, 1)]
        {
            let xs = Tensor::randn(0f32, 1.0, (2, 3, height, width), &device).unwrap();
            let kernel = Tensor::randn(0f32, 1.0, (4, 3, side, side), &device).unwrap();
            let expected = xs.conv2d(&kernel, side / 2, stride, 1, 1).unwrap();
            let places = xs.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap();
            let around = neighbourhoods(&places, side, stride).unwrap();
            let (n, rows, columns, _) = around.dims4().unwrap();
            let product = around
                .flatten_to(2)
                .and_then(|rows| rows.matmul(&kernel_matrix(&kernel)?))
                .and_then(|product| product.reshape((n, rows, columns, 4)))
                .and_then(|product| product.permute((0, 3, 1, 2)))
                .unwrap();
            assert_eq!(product.dims(), expected.dims());
            let difference = (product - expected).unwrap().abs().unwrap();
            let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
            assert!(largest < 1e-5, "{side} {stride}: {largest}");
        }
    }
}
