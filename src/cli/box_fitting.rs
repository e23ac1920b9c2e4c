//! The option `--fit`: the network that fits boxes to objects, run on pictures with ground truth.

use std::collections::HashMap;

use anyhow::Context as _;
use clap::Args;

use super::ground_truth::GroundTruth;
use super::options::BackboneOptions;
use super::progress::Progress;
use crate::evaluate::{EvaluationCase, FitEffort};
use crate::geometry::BBox;
use crate::pictures::{self, DecodeLimits};
use crate::segment::{Embedding, Prompt, Segmenter, fitted_box};
use crate::tscam::Model;

/// Whether fitting is measured.
#[derive(Args)]
pub struct FitOption {
    /// Also measure the effort of a person who has boxes fitted to objects, as in the window. This takes
    /// about two seconds a picture
    #[arg(long)]
    fit: bool,
}

impl FitOption {
    /// The network on the device of `model`, if the option is given.
    ///
    /// # Errors
    /// If it is neither compiled into the program nor found in its folder, or the device fails.
    pub fn open(
        &self,
        options: &BackboneOptions,
        model: &Model,
    ) -> anyhow::Result<Option<BoxFitter>> {
        if !self.fit {
            return Ok(None);
        }
        let segmenter = Segmenter::shipped(&options.shipped.source(), model.backbone().device());
        let segmenter = segmenter.context("--fit cannot be used")?;
        Ok(Some(BoxFitter { segmenter }))
    }
}

/// Fits boxes to the objects of pictures.
pub struct BoxFitter {
    segmenter: Segmenter,
}

/// A picture with several lists of proposals, each with the true boxes.
pub struct ProposedPicture<'a> {
    /// The picture.
    pub picture: &'a GroundTruth,
    /// The lists, in any order.
    pub cases: Vec<EvaluationCase>,
}

impl BoxFitter {
    /// The effort that each list of each picture leaves, with the progress on standard error.
    ///
    /// # Errors
    /// If a picture cannot be read, or the network fails.
    pub fn efforts(&self, pictures: &[ProposedPicture<'_>]) -> anyhow::Result<Vec<Vec<FitEffort>>> {
        let mut progress = Progress::new(pictures.len(), 0);
        progress.set_note("fitting boxes".to_owned());
        let efforts = pictures.iter().map(|picture| {
            let efforts = self.of_picture(picture);
            progress.advance();
            efforts
        });
        let efforts = efforts.collect();
        progress.finish();
        efforts
    }

    /// The picture is embedded only if a box needs it, and no box is fitted twice.
    fn of_picture(&self, proposed: &ProposedPicture<'_>) -> anyhow::Result<Vec<FitEffort>> {
        let picture = proposed.picture;
        let size = match picture.size {
            Some(size) => size,
            None => pictures::probe(&picture.path)?,
        };
        let mut embedding: Option<Embedding> = None;
        let mut fitted: HashMap<[u32; 4], Option<BBox>> = HashMap::new();
        let mut fit = |bbox: &BBox| -> anyhow::Result<Option<BBox>> {
            let key = [bbox.x0, bbox.y0, bbox.x1, bbox.y1].map(f32::to_bits);
            if let Some(known) = fitted.get(&key) {
                return Ok(*known);
            }
            let embedding = match &embedding {
                Some(embedding) => embedding,
                None => {
                    let decoded = pictures::decode(&picture.path, &DecodeLimits::default())?;
                    embedding.insert(self.segmenter.embed(&decoded.rgb)?)
                }
            };
            let masks = self.segmenter.masks(embedding, &Prompt::around(*bbox))?;
            let found = fitted_box(&masks, bbox);
            fitted.insert(key, found);
            Ok(found)
        };
        let cases = proposed.cases.iter();
        cases
            .map(|case| FitEffort::of_picture(case, size, &mut fit))
            .collect()
    }
}
