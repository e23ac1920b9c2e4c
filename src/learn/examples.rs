//! Tagged pictures shown to a model: what a class head is trained on.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use super::class_head::Example;
use super::pooled::Pooled;
use super::tags::TagSet;
use crate::propose;
use crate::tscam::{Model, Viewing};

/// Shows the pictures to the model, which looks at them with a [tap](Viewing::tap), for a head with
/// a kernel of `side` patches; what came of them in their order, and why the others could not be
/// looked at. `on_picture` is called after each. Where `cancel` is set, pictures are missing.
pub fn examples(
    model: &Model,
    set: &TagSet,
    viewing: Viewing,
    side: usize,
    decoders: usize,
    cancel: &AtomicBool,
    mut on_picture: impl FnMut(),
) -> (Vec<Example>, Vec<String>) {
    let paths = set.pictures.iter().map(|picture| picture.path.clone());
    let paths: Vec<PathBuf> = paths.collect();
    let mut examples: Vec<Option<Example>> = vec![None; paths.len()];
    let mut failed = Vec::new();
    propose::look_at_all(
        model,
        &propose::in_order(&paths),
        viewing,
        false,
        decoders,
        cancel,
        |index, seen| {
            on_picture();
            match seen {
                Ok(seen) => {
                    examples[index] = Pooled::new(&seen.evidence, side).map(|pooled| Example {
                        pooled,
                        classes: set.pictures[index].classes.clone(),
                    });
                }
                Err(reason) => failed.push(reason),
            }
            ControlFlow::Continue(())
        },
    );
    failed.sort();
    (examples.into_iter().flatten().collect(), failed)
}
