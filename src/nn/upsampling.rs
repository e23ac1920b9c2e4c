//! Transposed convolutions whose kernels do not overlap, over maps with the channels last.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

/// A transposed convolution whose stride is the side of its kernel: each pixel of a map becomes a
/// square of `side * side` pixels, by one matrix product.
pub struct Upsampling {
    weight: Tensor, // [inputs, side * side * outputs]
    /// `[outputs]`. It can be left to a fused operation that comes next.
    pub bias: Tensor,
    side: usize,
}

impl Upsampling {
    /// Reads `weight [inputs, outputs, side, side]` and `bias [outputs]`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(inputs: usize, outputs: usize, side: usize, vb: &VarBuilder) -> Result<Self> {
        let kernel = vb.get((inputs, outputs, side, side), "weight")?;
        Ok(Self {
            weight: kernel
                .permute((0, 2, 3, 1))?
                .flatten_from(1)?
                .contiguous()?,
            bias: vb.get(outputs, "bias")?,
            side,
        })
    }

    /// The convolution without its bias, `[N, rows, columns, inputs]` -> `[N, side * rows, side *
    /// columns, outputs]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn product(&self, map: &Tensor) -> Result<Tensor> {
        let (n, rows, columns, _) = map.dims4()?;
        let side = self.side;
        let squares = map.flatten_to(2)?.matmul(&self.weight)?;
        squares
            .reshape(&[n, rows, columns, side, side, self.bias.dim(0)?])?
            .permute([0, 1, 3, 2, 4, 5])?
            .reshape((n, rows * side, columns * side, ()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn agrees_with_a_transposed_convolution() {
        let device = Device::Cpu;
        let xs = Tensor::randn(0f32, 1.0, (2, 3, 4, 5), &device).unwrap();
        let kernel = Tensor::randn(0f32, 1.0, (3, 7, 2, 2), &device).unwrap();
        let expected = xs.conv_transpose2d(&kernel, 0, 0, 2, 1).unwrap();
        let tensors = [
            ("weight".to_owned(), kernel),
            (
                "bias".to_owned(),
                Tensor::zeros(7, DType::F32, &device).unwrap(),
            ),
        ];
        let vb = VarBuilder::from_tensors(tensors.into(), DType::F32, &device);
        let upsampling = Upsampling::new(3, 7, 2, &vb).unwrap();
        let map = xs.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap();
        let found = upsampling.product(&map).unwrap();
        let found = found.permute((0, 3, 1, 2)).unwrap();
        assert_eq!(found.dims(), expected.dims());
        let difference = (found - expected).unwrap().abs().unwrap();
        let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
        assert!(largest < 1e-5, "{largest}");
    }
}
