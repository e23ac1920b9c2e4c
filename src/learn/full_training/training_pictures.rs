//! The pictures as training sees them: squashed to a square, cropped at random and mirrored half of the
//! time, in the order of the official implementation (vasgaowei/TS-CAM).

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Result, Tensor};
use image::{RgbImage, imageops};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::example::TrainingExample;
use super::random_stream::RandomPurpose;
use crate::files::sha256_hex;
use crate::learn::random::Random;
use crate::pictures::{self, DecodeLimits, PictureError};

/// Decoded pictures are kept in memory up to this many bytes: about 5000 at 256 x 256 pixels.
const MAX_DECODED_BYTES: usize = 1 << 30;
/// Pictures that are read between two checks for cancellation.
const PICTURES_PER_CHUNK: usize = 32;

/// The examples whose pictures can be read.
pub struct TrainingPictures {
    examples: Vec<TrainingExample>,
    /// The squashed pictures. Those that do not fit into memory are decoded each time.
    kept: Vec<RgbImage>,
    side: u32,
    /// The SHA-256 of the pixels and classes of all pictures in their order. It stays the same if the folder
    /// is moved, and changes if a picture changes.
    pub fingerprint: String,
}

impl TrainingPictures {
    /// Reads every picture once. `progress` gets the number of pictures that were read and the errors, a
    /// few pictures at a time. `None` if `cancel` is set meanwhile.
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
        let max_kept = MAX_DECODED_BYTES / (side * side * 3) as usize;
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
                contents.extend([0xff; 8]); // not a class
                loaded.examples.push(example.clone());
                if loaded.kept.len() < max_kept && loaded.kept.len() + 1 == loaded.examples.len() {
                    loaded.kept.push(square);
                }
            }
            progress(chunk.len(), failed);
        }
        loaded.fingerprint = sha256_hex(&contents);
        Some(loaded)
    }

    /// The number of pictures.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// The classes of each picture.
    pub fn classes(&self) -> impl Iterator<Item = &[usize]> {
        self.examples.iter().map(|example| &*example.classes)
    }

    fn square(&self, index: usize) -> std::result::Result<Cow<'_, RgbImage>, PictureError> {
        match self.kept.get(index) {
            Some(square) => Ok(Cow::Borrowed(square)),
            None => square(&self.examples[index], self.side).map(Cow::Owned),
        }
    }

    /// Random crops of `side` x `side` pixels of the pictures with `indices` in an epoch.
    ///
    /// # Errors
    /// If a picture can no longer be read.
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
                RandomPurpose::Augmentation as u64,
                epoch as u64,
                index as u64,
            ]);
            Ok(augment(&*self.square(index)?, side, &mut random))
        };
        indices.par_iter().map(one).collect()
    }

    /// The targets `[N, C]` of the pictures with `indices`: 1 for each of their classes.
    ///
    /// # Errors
    /// If the device runs out of memory.
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

/// A random crop of `side` x `side` pixels, mirrored half of the time.
pub fn augment(square: &RgbImage, side: u32, random: &mut Random) -> RgbImage {
    let mut place = |length: u32| random.below((length - side) as usize + 1) as u32;
    let (x, y) = (place(square.width()), place(square.height()));
    let crop = imageops::crop_imm(square, x, y, side, side).to_image();
    if random.below(2) == 0 {
        imageops::flip_horizontal(&crop)
    } else {
        crop
    }
}
