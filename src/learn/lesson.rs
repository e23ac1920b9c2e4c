//! Tagged pictures -> a class head: the pictures are shown to a model, and the head is trained on
//! what it made of them.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::class_head::{
    HeadExample, HeadOrigin, HeadTrainingError, PooledTokens, TrainedHead, train,
};

use super::tags::TagSet;
use crate::propose;
use crate::tscam::{InputOptions, Model};

/// Which head is trained, and on what.
pub struct HeadTraining<'a> {
    /// The tagged pictures.
    pub set: &'a TagSet,
    /// How they are looked at.
    pub input_options: InputOptions,
    /// The block whose tokens the head reads, counted from 0.
    pub block: usize,
    /// Side of its kernel, in patches.
    pub side: usize,
    /// Decoding threads.
    pub decoders: usize,
}

impl HeadTraining<'_> {
    /// Trains the head for `model`; it and where it belongs. `on_picture` is called after each
    /// picture, with a sentence if it could not be looked at.
    ///
    /// # Errors
    /// If too few pictures are left, or `cancel` is set meanwhile.
    pub fn run(
        &self,
        model: &Model,
        cancel: &AtomicBool,
        on_picture: impl FnMut(Option<String>),
    ) -> Result<(TrainedHead, HeadOrigin), HeadTrainingError> {
        let examples = self.examples(model, cancel, on_picture);
        let is_cancelled = || cancel.load(Ordering::Relaxed);
        // Pictures are missing then, so it must not come to training.
        if is_cancelled() {
            return Err(HeadTrainingError::Cancelled);
        }
        let head = train(&examples, &self.set.classes, |_| match is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })?;
        let place = HeadOrigin {
            backbone: model.name.clone(),
            fingerprint: model.fingerprint.clone(),
            block: self.block,
            side: self.side,
        };
        Ok((head, place))
    }

    /// What the model made of the pictures, in their order.
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
        propose::infer_all(
            model,
            &propose::path_queue(&paths),
            input_options,
            false,
            self.decoders,
            cancel,
            |index, seen| {
                let seen = seen.map(|seen| {
                    let pooled = PooledTokens::new(&seen.evidence, self.side);
                    examples[index] = pooled.map(|pooled| HeadExample {
                        pooled,
                        classes: pictures[index].classes.clone(),
                    });
                });
                on_picture(seen.err());
                ControlFlow::Continue(())
            },
        );
        examples.into_iter().flatten().collect()
    }
}
