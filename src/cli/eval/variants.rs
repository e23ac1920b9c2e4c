//! The ways in which a model's boxes can be made and judged.

use std::collections::BTreeMap;

use crate::evaluate::Prediction;
use crate::formats::coco::Instances;
use crate::localize::{ClassSource, Evidence, Method};
use crate::naming::{self, Naming};
use crate::propose::{self, Proposal};
use crate::tscam::Model;

/// A category that no object has.
const UNKNOWN_CATEGORY: u32 = u32::MAX;

/// The ground truth's categories of a model's classes.
pub struct ClassNames<'a> {
    classes: Vec<String>,
    naming: &'a Naming,
    by_name: BTreeMap<&'a str, u32>,
    /// The category of each of the model's classes.
    categories: Vec<Option<u32>>,
}

impl<'a> ClassNames<'a> {
    /// `None` if no class of the model has a name that the ground truth uses.
    fn new(instances: &'a Instances, known: Vec<String>, naming: &'a Naming) -> Option<Self> {
        let by_name: BTreeMap<&str, u32> = instances
            .categories
            .iter()
            .map(|category| (category.name.as_str(), category.id as u32))
            .collect();
        let categories: Vec<Option<u32>> = known
            .iter()
            .map(|class| by_name.get(naming.name_of(class)).copied())
            .collect();
        let is_any_known = categories.iter().any(Option::is_some);
        is_any_known.then_some(Self {
            classes: known,
            naming,
            by_name,
            categories,
        })
    }

    /// The category of one of the model's classes, or [`UNKNOWN_CATEGORY`].
    pub fn category(&self, class: usize) -> u32 {
        self.categories[class].unwrap_or(UNKNOWN_CATEGORY)
    }

    /// The most probable of the classes that belong to a category.
    pub fn class(&self, category: u32, evidence: &Evidence) -> Option<usize> {
        let (_, classes) = evidence.classes()?;
        // The detector's own classes, after those of the companion, have no maps.
        let mapped = 0..classes.logits.len().min(self.categories.len());
        let of_category = mapped.filter(|class| self.categories[*class] == Some(category));
        // The first one on ties.
        of_category.rev().max_by(|a, b| {
            let logit = |class: &usize| classes.logits[*class];
            logit(a).total_cmp(&logit(b))
        })
    }

    /// The boxes with their categories.
    pub fn predictions(&self, proposals: &[Proposal]) -> Vec<Prediction> {
        let named =
            propose::name_proposals(proposals, &self.classes, self.naming, |_| true).into_iter();
        let predictions = named.map(|(proposal, name)| Prediction {
            bbox: proposal.bbox,
            category: name
                .and_then(|name| self.by_name.get(name.text).copied())
                .unwrap_or(UNKNOWN_CATEGORY),
            score: proposal.score,
        });
        predictions.collect()
    }
}

/// A way to make boxes from the evidence.
pub struct Variant<'a> {
    /// How maps are computed.
    pub method: Method,
    /// Where classes come from.
    pub source: Option<ClassSource>,
    /// The categories of the model's classes, if any are known.
    pub names: Option<ClassNames<'a>>,
}

impl Variant<'_> {
    /// Its name in tables.
    pub fn name(&self) -> String {
        match self.source {
            Some(source) => format!("{} {}", self.method, source.name()),
            None => self.method.to_string(),
        }
    }
}

/// The ways in which a model's boxes can be made and judged.
pub struct Variants<'a> {
    /// The ground truth.
    pub instances: &'a Instances,
    /// The model.
    pub model: &'a Model,
    /// Whether a detector looks at pictures, too.
    pub has_detector: bool,
    /// Whether class names from a companion are judged.
    pub judges_companion_names: bool,
    /// The mapping of the model's classes to the names of the ground truth.
    pub naming: &'a Naming,
}

impl<'a> Variants<'a> {
    fn variant(&self, method: Method, source: Option<ClassSource>) -> Variant<'a> {
        let companion = self
            .model
            .companion()
            .filter(|_| self.judges_companion_names);
        let classes = match source {
            Some(ClassSource::Head) => self.model.head().map(|head| head.classes.clone()),
            Some(ClassSource::Companion) if self.has_detector && method == Method::Pool => {
                companion.map(|companion| naming::listed_class_names(&companion.classes))
            }
            Some(ClassSource::Companion) => companion.map(|companion| companion.classes.clone()),
            None => None,
        };
        Variant {
            method,
            source,
            names: classes
                .and_then(|classes| ClassNames::new(self.instances, classes, self.naming)),
        }
    }

    /// One method with the head if that has a class of the ground truth, otherwise with the
    /// companion.
    pub fn one(
        &self,
        method: Method,
        head: Option<ClassSource>,
        companion: Option<ClassSource>,
    ) -> Variant<'a> {
        let of_head = head.map(|head| self.variant(method, Some(head)));
        let of_head = of_head.filter(|variant| variant.names.is_some() || companion.is_none());
        of_head.unwrap_or_else(|| self.variant(method, companion))
    }

    /// Every method with each class source that it can use.
    pub fn all(&self, sources: impl Iterator<Item = ClassSource>) -> Vec<Variant<'a>> {
        let mut variants = vec![
            self.variant(Method::Attention, None),
            self.variant(Method::Affinity, None),
        ];
        for source in sources {
            for method in [Method::Cam, Method::TsCam, Method::Affinity] {
                variants.push(self.variant(method, Some(source)));
            }
            if source == ClassSource::Companion && self.has_detector {
                variants.push(self.variant(Method::Pool, Some(source)));
            }
        }
        variants
    }
}
