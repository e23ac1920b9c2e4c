//! What to propose, and how.

use crate::localize::{BoxOptions, Method, Quality};
use crate::tscam::{InputOptions, Model};

/// How to propose boxes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PipelineSettings {
    /// How maps are made.
    pub method: Method,
    /// How a picture is prepared for the model.
    pub input_options: InputOptions,
    /// How maps become boxes.
    pub boxes: BoxOptions,
}

impl PipelineSettings {
    /// Checks that `model` supports these settings.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn check(&self, model: &Model) -> Result<(), String> {
        let is_judged = self.method.needs_detector(self.input_options.quality);
        if is_judged && self.boxes.threshold.is_some() {
            return Err(
                "the method pool cuts no map, so it has no threshold: use --min-score, or --method \
                 affinity with --threshold"
                    .to_owned(),
            );
        }
        let has_companion =
            self.input_options.quality > Quality::Fast && model.companion().is_some();
        if self.method.needs_classes() && model.head().is_none() && !has_companion {
            return Err(format!(
                "the method {} needs class maps: use a --head, or a --model that has one, or a \
                 --quality above fast",
                self.method
            ));
        }
        Ok(())
    }
}

/// What to propose in a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The most probable classes of the head. Without a head, any object, with the classes that the
    /// companion, and the detector if there is one, suggest.
    #[default]
    Automatic,
    /// Any object, without a class.
    AnyObject,
    /// Objects of these [classes of the model](Model::classes): the tags of the picture.
    Classes(Vec<usize>),
}
