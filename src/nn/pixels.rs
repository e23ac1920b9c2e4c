//! Pictures as normalised tensors.

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor};
use image::RgbImage;

/// Mean and standard deviation of ImageNet's channels (0..1), with which DeiT and DINOv2 were
/// trained.
const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];

/// Mean and standard deviation of the channels (0..1) with which a network was trained.
pub struct ChannelStats {
    mean: [f32; 3],
    std: [f32; 3],
}

impl ChannelStats {
    /// Reads `pixel_mean` and `pixel_std` from a checkpoint's metadata. ImageNet's values are the
    /// default.
    ///
    /// # Errors
    /// A sentence that names the key whose value is not three numbers.
    pub fn from_metadata(metadata: &HashMap<String, String>) -> std::result::Result<Self, String> {
        let channels = |key: &str, default| match metadata.get(key) {
            None => Ok(default),
            Some(text) => three_numbers(text)
                .ok_or_else(|| format!("its metadata's {key} is not three numbers")),
        };
        Ok(Self {
            mean: channels("pixel_mean", IMAGENET_MEAN)?,
            std: channels("pixel_std", IMAGENET_STD)?,
        })
    }

    /// Pictures of one size as the network takes them, `[N, 3, height, width]`.
    ///
    /// # Errors
    /// If the device has no memory for them.
    pub fn normalise(&self, pictures: &[RgbImage], device: &Device) -> Result<Tensor> {
        let (width, height) = pictures.first().map_or((0, 0), RgbImage::dimensions);
        let area = width as usize * height as usize;
        let mut planes = vec![0f32; pictures.len() * 3 * area];
        for (picture, planes) in pictures.iter().zip(planes.chunks_exact_mut(3 * area)) {
            for (index, pixel) in picture.pixels().enumerate() {
                for channel in 0..3 {
                    let value = f32::from(pixel[channel]) / 255.0;
                    planes[channel * area + index] =
                        (value - self.mean[channel]) / self.std[channel];
                }
            }
        }
        let shape = (pictures.len(), 3, height as usize, width as usize);
        Tensor::from_vec(planes, shape, device)
    }

    /// A picture for a network that takes channels last and values relative to `largest` instead of
    /// 255: `[1, height, width, 3]`.
    ///
    /// # Errors
    /// If the device has no memory for it.
    pub fn normalise_relative_to(
        &self,
        largest: u8,
        picture: &RgbImage,
        device: &Device,
    ) -> Result<Tensor> {
        let normalised = |(index, value): (usize, &u8)| {
            let channel = index % 3;
            (f32::from(*value) / f32::from(largest) - self.mean[channel]) / self.std[channel]
        };
        let values = picture.as_raw().iter().enumerate().map(normalised);
        let (width, height) = picture.dimensions();
        let shape = (1, height as usize, width as usize, 3);
        Tensor::from_vec(values.collect(), shape, device)
    }
}

fn three_numbers(text: &str) -> Option<[f32; 3]> {
    let numbers: Vec<f32> = text
        .split(',')
        .map(|number| number.trim().parse().ok())
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}
