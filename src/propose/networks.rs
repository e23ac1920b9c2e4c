//! The networks that process a picture.

use crate::detect::Detector;
use crate::learn::judge::Judge;
use crate::localize::{Method, Quality};
use crate::naming;
use crate::nn::ModelError;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::tscam::{Model, NetworkIdentity};

/// The networks that process a picture.
pub struct Networks {
    /// The backbone, with an optional head and an optional companion.
    pub model: Model,
    /// The detector, if the method uses one.
    pub detector: Option<Detector>,
}

/// [`Networks`] that somebody else owns.
#[derive(Clone, Copy)]
pub struct NetworksRef<'a> {
    /// The backbone, with an optional head and an optional companion.
    pub model: &'a Model,
    /// The detector, if the method uses one.
    pub detector: Option<&'a Detector>,
}

impl Networks {
    /// `model` with the networks that come with the program and that this method and quality need.
    ///
    /// # Errors
    /// If a file is missing or wrong, or the device fails, for example for lack of memory.
    pub fn new(
        mut model: Model,
        method: Method,
        quality: Quality,
        models: &ModelSource,
    ) -> Result<Self, ModelError> {
        if quality > Quality::Fast {
            model = model.with_companion(models)?;
        }
        let detector = method.needs_detector(quality);
        let detector = detector.then(|| Detector::shipped(models, model.backbone().device()));
        Ok(Self {
            model,
            detector: detector.transpose()?,
        })
    }

    /// The same networks, borrowed.
    pub fn as_ref(&self) -> NetworksRef<'_> {
        NetworksRef {
            model: &self.model,
            detector: self.detector.as_ref(),
        }
    }
}

impl<'a> From<&'a Model> for NetworksRef<'a> {
    fn from(model: &'a Model) -> Self {
        Self {
            model,
            detector: None,
        }
    }
}

impl NetworksRef<'_> {
    /// The names of the classes that proposals are of: the [model's](Model::classes), and if these are
    /// ImageNet's and there is a detector, the [list](naming::listed_class_names) of its classes, too.
    pub fn class_names(&self) -> Vec<String> {
        let of_model = self.model.classes();
        if self.detector.is_some() && naming::is_imagenet(of_model) && self.model.head().is_none() {
            naming::listed_class_names(of_model)
        } else {
            of_model.to_vec()
        }
    }

    /// Everything whose weights decide on the boxes at a level of quality.
    pub fn identities(&self, quality: Quality) -> Vec<NetworkIdentity> {
        let mut identities = self.model.networks(quality);
        if let Some(detector) = self.detector {
            let role = ShippedNetwork::Detector.role();
            identities.push(NetworkIdentity::new(role, &detector.fingerprint));
            identities.push(NetworkIdentity::new("judge", &Judge::shipped_sha256()));
        }
        identities
    }
}
