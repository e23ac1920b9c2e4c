//! Tagged pictures -> a class head: the pictures are shown to a model, and the head is trained on
//! what it made of them.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::class_head::{Example, Place, TrainError, TrainedHead, train};
use super::pooled::Pooled;
use super::tags::TagSet;
use crate::propose;
use crate::tscam::{Model, Viewing};

/// Which head is trained, and on what.
pub struct Lesson<'a> {
    /// The tagged pictures.
    pub set: &'a TagSet,
    /// How they are looked at.
    pub viewing: Viewing,
    /// The block whose tokens the head reads, counted from 0.
    pub block: usize,
    /// Side of its kernel, in patches.
    pub side: usize,
    /// Decoding threads.
    pub decoders: usize,
}

impl Lesson<'_> {
    /// Trains the head for `model`; it and where it belongs. `on_picture` is called after each
    /// picture, with a sentence if it could not be looked at.
    ///
    /// # Errors
    /// If too few pictures are left, or `cancel` is set meanwhile.
    pub fn teach(
        &self,
        model: &Model,
        cancel: &AtomicBool,
        on_picture: impl FnMut(Option<String>),
    ) -> Result<(TrainedHead, Place), TrainError> {
        let examples = self.examples(model, cancel, on_picture);
        let is_cancelled = || cancel.load(Ordering::Relaxed);
        // Pictures are missing then, so it must not come to training.
        if is_cancelled() {
            return Err(TrainError::Cancelled);
        }
        let head = train(&examples, &self.set.classes, |_| match is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })?;
        let place = Place {
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
    ) -> Vec<Example> {
        let pictures = &self.set.pictures;
        let paths: Vec<PathBuf> = pictures.iter().map(|one| one.path.clone()).collect();
        let mut examples: Vec<Option<Example>> = vec![None; paths.len()];
        let viewing = Viewing {
            tap: Some(self.block),
            ..self.viewing
        };
        propose::look_at_all(
            model,
            &propose::in_order(&paths),
            viewing,
            false,
            self.decoders,
            cancel,
            |index, seen| {
                let seen = seen.map(|seen| {
                    let pooled = Pooled::new(&seen.evidence, self.side);
                    examples[index] = pooled.map(|pooled| Example {
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
