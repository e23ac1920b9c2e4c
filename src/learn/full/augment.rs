//! The pictures as training sees them: squashed to a square, a random piece of it, mirrored half of
//! the time. This is what the official implementation (vasgaowei/TS-CAM) does, in its order.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Result, Tensor};
use image::{RgbImage, imageops};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::{Purpose, TrainingExample};
use crate::learn::random::Random;
use crate::nn::weights::sha256_hex;
use crate::pictures::{self, DecodeLimits, PictureError};

/// Pictures are kept decoded up to this many bytes: some 5000 at 256 x 256 pixels.
const MAX_DECODED_BYTES: usize = 1 << 30;
/// Pictures read between two looks at whether somebody wants to stop.
const PICTURES_PER_CHUNK: usize = 32;

/// The examples whose pictures can be read.
pub struct TrainingPictures {
    examples: Vec<TrainingExample>,
    /// Squashed to the square; those that there is no room for are decoded each time.
    kept: Vec<RgbImage>,
    side: u32,
    /// SHA-256 of what the pictures show and of their classes, in their order: the same for a
    /// folder that was moved, another one for a picture that was changed.
    pub fingerprint: String,
}

impl TrainingPictures {
    /// Reads every picture once, telling `progress` of a few at a time, and what went wrong with
    /// some of them; nothing if `cancel` is set meanwhile.
    pub fn load(
        given: &[TrainingExample],
        side: u32,
        cancel: &AtomicBool,
        mut progress: impl FnMut(usize, Vec<PictureError>),
    ) -> Option<Self> {
        let mut loaded = Self {
            examples: Vec::new(),
            kept: Vec::new(),
            side,
            fingerprint: String::new(),
        };
        let room = MAX_DECODED_BYTES / (side * side * 3) as usize;
        let mut contents: Vec<u8> = Vec::new();
        for chunk in given.chunks(PICTURES_PER_CHUNK) {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            let squares: Vec<_> = chunk.par_iter().map(|one| square(one, side)).collect();
            let mut failed = Vec::new();
            for (example, square) in chunk.iter().zip(squares) {
                let square = match square {
                    Ok(square) => square,
                    Err(error) => {
                        failed.push(error);
                        continue;
                    }
                };
                contents.extend(xxh3_64(square.as_raw()).to_le_bytes());
                for class in &example.classes {
                    contents.extend((*class as u64).to_le_bytes());
                }
                contents.extend([0xff; 8]); // no class's number
                loaded.examples.push(example.clone());
                if loaded.kept.len() < room && loaded.kept.len() + 1 == loaded.examples.len() {
                    loaded.kept.push(square);
                }
            }
            progress(chunk.len(), failed);
        }
        loaded.fingerprint = sha256_hex(&contents);
        Some(loaded)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// The classes of each.
    pub fn classes(&self) -> impl Iterator<Item = &[usize]> {
        self.examples.iter().map(|example| &*example.classes)
    }

    fn square(&self, index: usize) -> std::result::Result<Cow<'_, RgbImage>, PictureError> {
        match self.kept.get(index) {
            Some(square) => Ok(Cow::Borrowed(square)),
            None => square(&self.examples[index], self.side).map(Cow::Owned),
        }
    }

    /// Those of `indices` as they are seen in an epoch: pieces of `side` x `side` pixels.
    pub fn augmented(
        &self,
        indices: &[usize],
        side: u32,
        seed: u64,
        epoch: usize,
    ) -> std::result::Result<Vec<RgbImage>, PictureError> {
        let one = |&index: &usize| {
            let mut random = Random::from_key(&[
                seed,
                Purpose::Augmentation as u64,
                epoch as u64,
                index as u64,
            ]);
            Ok(augment(&*self.square(index)?, side, &mut random))
        };
        indices.par_iter().map(one).collect()
    }

    /// What is true of those of `indices`, `[N, C]`, 1 for each of its classes.
    pub fn truth(&self, indices: &[usize], classes: usize, device: &Device) -> Result<Tensor> {
        let mut truth = vec![0f32; indices.len() * classes];
        for (row, index) in truth.chunks_exact_mut(classes).zip(indices) {
            for class in &self.examples[*index].classes {
                row[*class] = 1.0;
            }
        }
        Tensor::from_vec(truth, (indices.len(), classes), device)
    }
}

fn square(example: &TrainingExample, side: u32) -> std::result::Result<RgbImage, PictureError> {
    let picture = pictures::decode(&example.path, &DecodeLimits::default())?;
    Ok(pictures::resize(&picture.rgb, side, side))
}

/// A random piece of `side` x `side` pixels, mirrored half of the time.
pub fn augment(square: &RgbImage, side: u32, random: &mut Random) -> RgbImage {
    let mut place = |length: u32| random.below((length - side) as usize + 1) as u32;
    let (x, y) = (place(square.width()), place(square.height()));
    let piece = imageops::crop_imm(square, x, y, side, side).to_image();
    if random.below(2) == 0 {
        imageops::flip_horizontal(&piece)
    } else {
        piece
    }
}
