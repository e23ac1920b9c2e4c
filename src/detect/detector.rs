//! A file -> a detector; a picture -> candidates.

use std::path::Path;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use image::RgbImage;

use super::backbone::Backbone;
use super::candidate::Candidate;
use super::head::{Head, LevelOutput, STRIDES};
use super::letterbox::Letterbox;
use super::neck::Neck;
use crate::geometry::BBox;
use crate::nn::ModelError;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::nn::weights::Weights;

/// NanoDet-g with its weights on one device.
pub struct Detector {
    /// The names of the classes, in the order of the scores.
    pub classes: Vec<String>,
    /// SHA-256 of its file.
    pub fingerprint: String,
    /// The side of the square that the network takes, in pixels.
    input_side_px: u32,
    /// Mean and standard deviation of blue, green and red, 0 to 255.
    mean: [f32; 3],
    std: [f32; 3],
    backbone: Backbone,
    neck: Neck,
    head: Head,
    device: Device,
}

/// A picture, resized for a [`Detector`].
pub struct DetectorInput {
    letterbox: Letterbox,
    square: RgbImage,
}

impl Detector {
    /// The detector that the program comes with.
    ///
    /// # Errors
    /// If its file is missing or another one, or the device fails, for example for lack of memory.
    pub fn shipped(models: &ModelSource, device: &Device) -> std::result::Result<Self, ModelError> {
        let weights = ShippedNetwork::Detector.weights(models)?;
        Ok(Self::new(weights, device)?)
    }

    /// Reads a detector from a file.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] and [`ModelError::BadFile`], which names the tensor or the metadata
    /// that is missing or wrong.
    pub fn open(path: &Path, device: &Device) -> std::result::Result<Self, ModelError> {
        Self::new(Weights::open(path)?, device)
            .map_err(|error| ModelError::bad_file(path, error.to_string()))
    }

    fn new(weights: Weights, device: &Device) -> Result<Self> {
        let fact = |key: &str| {
            let text = weights.metadata.get(key);
            text.ok_or_else(|| candle_core::Error::Msg(format!("its metadata has no {key}")))
        };
        let wrong = |key: &str| candle_core::Error::Msg(format!("its metadata's {key} is wrong"));
        let classes: Vec<String> =
            serde_json::from_str(fact("classes")?).map_err(|_| wrong("classes"))?;
        let coarsest = STRIDES.map(|stride| stride as u32)[STRIDES.len() - 1];
        let side = fact("input_size")?.parse().ok();
        let input_side_px = side
            .filter(|side: &u32| (coarsest..=4096).contains(side) && side.is_multiple_of(coarsest))
            .ok_or_else(|| wrong("input_size"))?;
        let channels = |key: &str| -> Result<[f32; 3]> {
            let numbers = fact(key)?.split(',').map(|number| number.trim().parse());
            let numbers: Vec<f32> = numbers
                .collect::<std::result::Result<_, _>>()
                .map_err(|_| wrong(key))?;
            numbers.try_into().map_err(|_| wrong(key))
        };
        let (mean, std) = (channels("pixel_mean")?, channels("pixel_std")?);
        for (name, tensor) in &weights.tensors {
            // A maximum could hide NaN.
            if !tensor.abs()?.sum_all()?.to_scalar::<f32>()?.is_finite() {
                candle_core::bail!("{name} holds numbers that are not finite; copy the file again");
            }
        }
        let fingerprint = weights.fingerprint;
        let vb =
            VarBuilder::from_tensors(weights.tensors.into_iter().collect(), DType::F32, device);
        Ok(Self {
            backbone: Backbone::new(&vb.pp("backbone"))?,
            neck: Neck::new(STRIDES.len(), &vb.pp("fpn"))?,
            head: Head::new(classes.len(), &vb.pp("head"))?,
            classes,
            fingerprint,
            input_side_px,
            mean,
            std,
            device: device.clone(),
        })
    }

    /// The side of the square that the network takes, in pixels.
    pub fn input_side_px(&self) -> u32 {
        self.input_side_px
    }

    /// Resizes an upright picture for the network.
    pub fn input(&self, picture: &RgbImage) -> DetectorInput {
        let letterbox = Letterbox::new(picture.dimensions(), self.input_side_px);
        DetectorInput {
            square: letterbox.square(picture),
            letterbox,
        }
    }

    /// The boxes in an upright picture in which a class has a score of at least `min_score`, the best
    /// first. Every object has many of them; [`suppress`](super::suppress) keeps one each.
    ///
    /// # Errors
    /// [`ModelError::Inference`] if the device fails, for example for lack of memory, and
    /// [`ModelError::NotFinite`] if the weights are damaged.
    pub fn detect(
        &self,
        input: &DetectorInput,
        min_score: f32,
    ) -> std::result::Result<Vec<Candidate>, ModelError> {
        let letterbox = input.letterbox;
        let pixels = self.normalise(&input.square)?;
        let mut candidates = Vec::new();
        for level in self.outputs(&pixels)? {
            let scores: Vec<Vec<f32>> = level.scores.to_vec2()?;
            let distances: Vec<Vec<f32>> = level.distances()?.to_vec2()?;
            let is_finite = |rows: &[Vec<f32>]| rows.iter().flatten().all(|x| x.is_finite());
            if !is_finite(&scores) || !is_finite(&distances) {
                return Err(ModelError::NotFinite);
            }
            let positions = scores.iter().zip(&distances).enumerate();
            candidates.extend(positions.filter_map(|(position, (scores, distances))| {
                let bbox = bbox_at(position, level.columns, level.stride, distances);
                Candidate::new(letterbox.to_picture(bbox)?, scores, min_score)
            }));
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(candidates)
    }

    /// A picture as the network takes it, with the channels blue, green and red: `[1, height, width,
    /// 3]`.
    ///
    /// # Errors
    /// If the device has no memory for it.
    pub fn normalise(&self, picture: &RgbImage) -> Result<Tensor> {
        let mut values = Vec::with_capacity(picture.as_raw().len());
        for pixel in picture.pixels() {
            let [red, green, blue] = pixel.0;
            for (channel, value) in [blue, green, red].into_iter().enumerate() {
                values.push((f32::from(value) - self.mean[channel]) / self.std[channel]);
            }
        }
        let (width, height) = picture.dimensions();
        Tensor::from_vec(
            values,
            (1, height as usize, width as usize, 3),
            &self.device,
        )
    }

    /// What the network computes from normalised pixels `[1, height, width, 3]`, whose sides are
    /// multiples of 32, at strides 8, 16 and 32.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn outputs(&self, pixels: &Tensor) -> Result<Vec<LevelOutput>> {
        let maps = self.backbone.forward(pixels)?;
        self.head.forward(&self.neck.forward(&maps)?)
    }
}

/// The box at a position of a map with so many `columns`, in pixels of the input. `distances` are
/// those from the centre of the position's cell to the left, top, right and bottom side.
fn bbox_at(position: usize, columns: usize, stride: usize, distances: &[f32]) -> BBox {
    let centre = |cell: usize| (cell as f32 + 0.5) * stride as f32;
    let (x, y) = (centre(position % columns), centre(position / columns));
    BBox {
        x0: x - distances[0],
        y0: y - distances[1],
        x1: x + distances[2],
        y1: y + distances[3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_box_is_measured_from_the_centre_of_its_cell() {
        let bbox = bbox_at(15, 13, 32, &[10.0, 20.0, 30.0, 40.0]);
        // Position 15 of 13 columns is column 2 of row 1.
        assert_eq!(bbox, BBox::from_corners(70.0, 28.0, 110.0, 88.0));
    }

    #[test]
    fn a_file_of_another_model_is_refused_with_what_is_missing() {
        let weights = |metadata: &[(&str, &str)]| {
            let pairs = metadata.iter();
            Weights {
                tensors: Default::default(),
                metadata: pairs
                    .map(|(k, v)| ((*k).into(), (*v).into()))
                    .collect::<HashMap<_, _>>(),
                fingerprint: String::new(),
            }
        };
        let error = |metadata: &[(&str, &str)]| {
            let refused = Detector::new(weights(metadata), &Device::Cpu).err();
            refused.map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(error(&[]).contains("no classes"));
        let mut metadata = vec![("classes", r#"["cat"]"#), ("input_size", "100")];
        assert!(error(&metadata).contains("input_size"));
        metadata[1].1 = "416";
        metadata.push(("pixel_mean", "1,2"));
        assert!(error(&metadata).contains("pixel_mean"));
        metadata[2].1 = "1,2,3";
        metadata.push(("pixel_std", "1,2,3"));
        assert!(error(&metadata).contains("stages.0.weight"));
    }
}
