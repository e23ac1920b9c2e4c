//! The transformer block that the backbones share: attention and an MLP, each after a layer norm and added to
//! its input. Tensor names are timm's.

use candle_core::{DType, Result, Tensor};
use candle_nn::VarBuilder;

use super::block_config::{AttentionOutput, BlockConfig};
use super::cpu_block::CpuBlock;
use super::tensor_block::TensorBlock;

/// A transformer block.
pub struct Block(Form);

enum Form {
    /// One operation for the CPU.
    Cpu(CpuBlock),
    /// A composition of candle's operations, for other devices.
    Tensor(TensorBlock),
}

impl Block {
    /// Reads a block; `vb` must contain every tensor of [`BlockConfig::add_shapes`].
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(sizes: &BlockConfig, vb: &VarBuilder) -> Result<Self> {
        Ok(Self(if vb.device().is_cpu() && vb.dtype() == DType::F32 {
            Form::Cpu(CpuBlock::new(sizes, vb)?)
        } else {
            Form::Tensor(TensorBlock::new(sizes, vb)?)
        }))
    }

    /// Tokens `[N, T, D]` -> the tokens after the block, and what its attention layer computed, with the keys if
    /// `keeps_keys`.
    ///
    /// # Errors
    /// If candle fails, for example for lack of memory.
    pub fn forward(&self, tokens: &Tensor, keeps_keys: bool) -> Result<(Tensor, AttentionOutput)> {
        match &self.0 {
            Form::Cpu(block) => block.forward(tokens, keeps_keys),
            Form::Tensor(block) => block.forward(tokens, keeps_keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use candle_nn::VarMap;

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        assert_eq!(a.dims(), b.dims());
        let difference = (a - b).unwrap().abs().unwrap();
        difference.max_all().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn the_block_of_the_cpu_agrees_with_the_composition() {
        let device = Device::Cpu;
        for (layer_scale, n, t) in [(true, 1, 50), (false, 3, 7), (false, 2, 258), (true, 1, 2)] {
            let sizes = BlockConfig::new(192, 300, layer_scale).unwrap();
            let mut shapes = Default::default();
            sizes.add_shapes("block", &mut shapes);
            let map = VarMap::new();
            for (name, shape) in shapes {
                let values = Tensor::randn(0f32, 0.2, shape, &device).unwrap();
                let var = candle_core::Var::from_tensor(&values).unwrap();
                map.data().lock().unwrap().insert(name, var);
            }
            let vb = VarBuilder::from_varmap(&map, DType::F32, &device).pp("block");
            let tokens = Tensor::randn(0f32, 1.0, (n, t, 192), &device).unwrap();
            let plain = TensorBlock::new(&sizes, &vb).unwrap();
            let (expected, attended) = plain.forward(&tokens, true).unwrap();
            let block = Block::new(&sizes, &vb).unwrap();
            let (found, found_attended) = block.forward(&tokens, true).unwrap();
            assert!(largest_difference(&found, &expected) < 2e-4);
            let (a, b) = (&attended.class_row, &found_attended.class_row);
            assert!(largest_difference(a, b) < 2e-5);
            let keys = [attended, found_attended].map(|attended| attended.patch_keys.unwrap());
            assert!(largest_difference(&keys[0], &keys[1]) < 2e-5);
            let (again, without_keys) = block.forward(&tokens, false).unwrap();
            assert!(largest_difference(&found, &again) == 0.0);
            assert!(without_keys.patch_keys.is_none());
        }
    }
}
