//! Tagged pictures -> a class head: the pictures go through the pipeline, and the head is trained on what
//! the model computed.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::pipeline::{infer_all, path_queue};
use crate::learn::class_head::{
    HeadExample, HeadOrigin, HeadTrainingError, PooledTokens, TrainedHead, train,
};
use crate::learn::tags::TagSet;
use crate::tscam::{InputOptions, Model};

/// Which head to train, and on what.
pub struct HeadTraining<'a> {
    /// The tagged pictures.
    pub set: &'a TagSet,
    /// How pictures are fed to the model.
    pub input_options: InputOptions,
    /// The block whose tokens the head reads, counted from 0.
    pub block: usize,
    /// The kernel size of the head, in patches.
    pub side: usize,
    /// The number of pictures at a time.
    pub in_flight: usize,
}

impl HeadTraining<'_> {
    /// Trains the head for `model`. `on_picture` is called after each picture, with a sentence if it could
    /// not be read.
    ///
    /// # Errors
    /// If too few pictures can be read, or `cancel` is set meanwhile.
    pub fn run(
        &self,
        model: &Model,
        cancel: &AtomicBool,
        on_picture: impl FnMut(Option<String>),
    ) -> Result<(TrainedHead, HeadOrigin), HeadTrainingError> {
        let examples = self.examples(model, cancel, on_picture);
        let is_cancelled = || cancel.load(Ordering::Relaxed);
        // Pictures are missing after a cancellation, so training must not start.
        if is_cancelled() {
            return Err(HeadTrainingError::Cancelled);
        }
        let head = train(&examples, &self.set.classes, |_| match is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })?;
        let origin = HeadOrigin {
            backbone: model.name.clone(),
            fingerprint: model.fingerprint.clone(),
            block: self.block,
            side: self.side,
        };
        Ok((head, origin))
    }

    /// The pooled tokens of the readable pictures, in their order.
    fn examples(
        &self,
        model: &Model,
        cancel: &AtomicBool,
        mut on_picture: impl FnMut(Option<String>),
    ) -> Vec<HeadExample> {
        let pictures = &self.set.pictures;
        let paths: Vec<PathBuf> = pictures.iter().map(|one| one.path.clone()).collect();
        let mut examples: Vec<Option<HeadExample>> = vec![None; paths.len()];
        let input_options = InputOptions {
            tap: Some(self.block),
            ..self.input_options
        };
        infer_all(
            model.into(),
            &path_queue(&paths),
            input_options,
            false,
            self.in_flight,
            cancel,
            |index, inference| {
                let inference = inference.map(|inference| {
                    let pooled = PooledTokens::new(&inference.evidence, self.side);
                    examples[index] = pooled.map(|pooled| HeadExample {
                        pooled,
                        classes: pictures[index].classes.clone(),
                    });
                });
                on_picture(inference.err().map(|error| error.to_string()));
                ControlFlow::Continue(())
            },
        );
        examples.into_iter().flatten().collect()
    }
}
