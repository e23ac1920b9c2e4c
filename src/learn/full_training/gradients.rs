//! The gradients of a batch, summed over its micro-batches.

use candle_core::Tensor;

use super::error::FullTrainingError;
use super::loss::Loss;
use super::network::Network;
use super::optimiser::NamedTensors;

/// The part of a batch that is computed at once.
pub struct MicroBatch {
    /// Normalised pixels, `[N, 3, height, width]`.
    pub pixels: Tensor,
    /// 1 for each class of a picture, `[N, C]`.
    pub truth: Tensor,
    /// See [`Network::logits`].
    pub drop_path_scale: Option<Tensor>,
}

/// The sum of the gradients of the micro-batches of a batch.
#[derive(Default)]
pub struct Gradients {
    /// The gradient of each variable.
    pub gradients: NamedTensors,
    /// The mean loss over the batch.
    pub loss: f32,
}

impl Gradients {
    /// Adds a micro-batch of a batch of `batch` pictures.
    ///
    /// # Errors
    /// If an operation fails or a variable has no gradient.
    pub fn add(
        &mut self,
        network: &Network,
        loss: Loss,
        micro_batch: &MicroBatch,
        batch: usize,
    ) -> Result<(), FullTrainingError> {
        let logits = network.logits(&micro_batch.pixels, micro_batch.drop_path_scale.as_ref())?;
        let mean = (loss.sum(&logits, &micro_batch.truth)? / batch as f64)?;
        self.loss += mean.to_scalar::<f32>()?;
        let mut found = mean.backward()?;
        for (name, variable) in network.variables() {
            let Some(gradient) = found.remove(variable) else {
                return Err(FullTrainingError::NoGradient(name.clone()));
            };
            let sum = match self.gradients.remove(name) {
                Some(before) => (before + gradient)?,
                None => gradient,
            };
            // Without the graph of this micro-batch, which would stay in memory with it.
            self.gradients.insert(name.clone(), sum.detach());
        }
        Ok(())
    }
}
