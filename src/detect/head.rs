//! `NanoDet`'s head: generalised focal loss (Li et al., arXiv 2006.04388) in place of FCOS' three
//! branches.
//!
//! One score per class tells both whether an object of the class is there and how well its box fits.
//! Each distance to a side of the object is a distribution over whole multiples of the stride, of
//! which the mean is taken.

use candle_core::{Result, Tensor, bail};
use candle_nn::VarBuilder;

use super::backbone::{NEGATIVE_SLOPE, conv};
use crate::nn::convolution::Conv;
use crate::nn::ops::scaled_softmax;

/// Pixels of the input between two positions of each map, from fine to coarse.
pub const STRIDES: [usize; 3] = [8, 16, 32];
/// A box has four sides.
const SIDES: usize = 4;

/// The head. Every map has its own weights.
pub struct Head {
    cls_convs: Vec<Conv>,
    gfl_cls: Vec<Conv>,
    classes: usize,
}

/// What the head computes on one map of P positions, row by row, for C classes. Only one picture at a
/// time.
pub struct LevelOutput {
    /// Pixels of the input between two positions.
    pub stride: usize,
    /// The number of positions in a row.
    pub columns: usize,
    /// The score of each class, 0 to 1, `[P, C]`.
    pub scores: Tensor,
    /// For the left, top, right and bottom side one logit for each distance of 0, 1, 2 ... strides,
    /// `[P, 4 * bins]`.
    pub bins: Tensor,
}

impl Head {
    /// Reads `cls_convs.*` and `gfl_cls.*`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(classes: usize, vb: &VarBuilder) -> Result<Self> {
        let convs = |name: &str| -> Result<Vec<Conv>> {
            let vb = vb.pp(name);
            (0..STRIDES.len()).map(|map| conv(1, &vb.pp(map))).collect()
        };
        let gfl_cls = convs("gfl_cls")?;
        for conv in &gfl_cls {
            let outputs = conv.linear.bias.dim(0)?;
            let bins = outputs.saturating_sub(classes);
            if bins < 2 * SIDES || !bins.is_multiple_of(SIDES) {
                bail!("head.gfl_cls has {outputs} outputs, which do not fit {classes} classes");
            }
        }
        Ok(Self {
            cls_convs: convs("cls_convs")?,
            gfl_cls,
            classes,
        })
    }

    /// The maps of the neck, `[1, rows, columns, 128]` -> scores and distances.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn forward(&self, maps: &[Tensor]) -> Result<Vec<LevelOutput>> {
        let mut levels = Vec::with_capacity(maps.len());
        for (index, map) in maps.iter().enumerate() {
            let hidden = self.cls_convs[index].leaky_relu(map, NEGATIVE_SLOPE)?;
            let outputs = self.gfl_cls[index].forward(&hidden)?; // [1, rows, columns, C + 4 * bins]
            let (_, _, columns, width) = outputs.dims4()?;
            let outputs = outputs.squeeze(0)?.flatten_to(1)?; // [P, C + 4 * bins]
            let logits = outputs.narrow(1, 0, self.classes)?.contiguous()?;
            levels.push(LevelOutput {
                stride: STRIDES[index],
                columns,
                scores: candle_nn::ops::sigmoid(&logits)?,
                bins: outputs
                    .narrow(1, self.classes, width - self.classes)?
                    .contiguous()?,
            });
        }
        Ok(levels)
    }
}

impl LevelOutput {
    /// The distances from each position to the left, top, right and bottom side of its object, in
    /// pixels of the input, `[P, 4]`.
    ///
    /// # Errors
    /// If candle fails.
    pub fn distances(&self) -> Result<Tensor> {
        let (positions, width) = self.bins.dims2()?;
        let bins = width / SIDES;
        let logits = self.bins.reshape((positions * SIDES, bins))?.copy()?;
        let shares = scaled_softmax(logits, 1.0)?; // [P * 4, bins]
        let multiples: Vec<f32> = (0..bins).map(|bin| (bin * self.stride) as f32).collect();
        let multiples = Tensor::from_vec(multiples, (bins, 1), shares.device())?;
        shares.matmul(&multiples)?.reshape((positions, SIDES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_distance_is_the_mean_of_its_distribution() {
        // Certain of 2 strides, undecided between 0 and 1, certain of 0, undecided among all.
        let bins = [
            [0f32, 0.0, 99.0],
            [50.0, 50.0, -50.0],
            [99.0, 0.0, 0.0],
            [1.0, 1.0, 1.0],
        ];
        let level = LevelOutput {
            stride: 16,
            columns: 1,
            scores: Tensor::zeros((1, 1), candle_core::DType::F32, &Device::Cpu).unwrap(),
            bins: Tensor::new(&bins, &Device::Cpu)
                .and_then(|bins| bins.reshape((1, 12)))
                .unwrap(),
        };
        let distances: Vec<Vec<f32>> = level.distances().unwrap().to_vec2().unwrap();
        for (found, expected) in distances[0].iter().zip([32.0, 8.0, 0.0, 16.0]) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
        // The logits are not overwritten.
        let kept: Vec<Vec<f32>> = level.bins.to_vec2().unwrap();
        assert_eq!(kept[0][2], 99.0);
    }
}
