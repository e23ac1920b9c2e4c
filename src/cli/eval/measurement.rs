//! What a model's boxes are worth, for each way of making them.

use std::collections::BTreeMap;

use anyhow::bail;
use rayon::prelude::*;

use super::report::{EvaluationReport, Localization};
use super::{Arguments, GroundTruth};
use crate::cli::measuring::{self, EvaluatedPicture};
use crate::evaluate::{
    ClassLocalization, Classes, EvaluationCase, IouConvention, LocalizationCurve, Prediction,
    RankedClass, annotation_effort, best_iou, coco_metrics,
};
use crate::formats::coco::Instances;
use crate::geometry::BBox;
use crate::localize::{BoxOptions, ClassSource, Evidence, Localizer, Maps, Method};
use crate::naming::Naming;
use crate::propose::{self, Proposal, ProposeSettings, Target};
use crate::tscam::Model;

/// Thresholds of the curve: 0.00, 0.01, ..., 0.99.
const CURVE_STEPS: usize = 100;
/// Classes that Top-5 looks at.
const TOP_CLASSES: usize = 5;

/// A category that no object has.
const UNKNOWN_CATEGORY: u32 = u32::MAX;

/// What the model's classes are called in the truth.
struct Names<'a> {
    known: &'a [String],
    naming: &'a Naming,
    by_name: BTreeMap<&'a str, u32>,
    /// The truth's category of each of the model's classes.
    categories: Vec<Option<u32>>,
}

impl<'a> Names<'a> {
    /// Nothing if the model knows none of the truth's names.
    fn new(instances: &'a Instances, known: &'a [String], naming: &'a Naming) -> Option<Self> {
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
            known,
            naming,
            by_name,
            categories,
        })
    }

    /// The truth's category of one of the model's classes; one that no object has if unknown.
    fn category(&self, class: usize) -> u32 {
        self.categories[class].unwrap_or(UNKNOWN_CATEGORY)
    }

    /// The likeliest of the classes that are of a category.
    fn class(&self, category: u32, evidence: &Evidence) -> Option<usize> {
        let (_, classes) = evidence.classes()?;
        let of_category =
            (0..self.categories.len()).filter(|class| self.categories[*class] == Some(category));
        // The first of equals.
        of_category.rev().max_by(|a, b| {
            let logit = |class: &usize| classes.logits[*class];
            logit(a).total_cmp(&logit(b))
        })
    }

    /// The boxes with their categories.
    fn predictions(&self, proposals: &[Proposal]) -> Vec<Prediction> {
        let named = propose::named(proposals, self.known, self.naming, |_| true).into_iter();
        let predictions = named.map(|(proposal, name)| Prediction {
            bbox: proposal.bbox,
            category: name
                .and_then(|name| self.by_name.get(name).copied())
                .unwrap_or(UNKNOWN_CATEGORY),
            score: proposal.score,
        });
        predictions.collect()
    }
}

/// A way to make boxes of what was seen.
pub struct Variant<'a> {
    method: Method,
    /// What it lets know classes.
    source: Option<ClassSource>,
    names: Option<Names<'a>>,
}

impl Variant<'_> {
    /// What it is called in tables.
    pub fn name(&self) -> String {
        match self.source {
            Some(source) => format!("{} {}", self.method, source.name()),
            None => self.method.to_string(),
        }
    }
}

/// The ways in which a model's boxes can be made and judged.
pub struct Variants<'a> {
    /// The truth.
    pub instances: &'a Instances,
    /// The model.
    pub model: &'a Model,
    /// Whether a companion's names are judged.
    pub companion_names: bool,
    /// What classes are called in the truth.
    pub naming: &'a Naming,
}

impl<'a> Variants<'a> {
    fn variant(&self, method: Method, source: Option<ClassSource>) -> Variant<'a> {
        let companion = self.model.companion().filter(|_| self.companion_names);
        let known = match source {
            Some(ClassSource::Head) => self.model.head().map(|head| &head.classes),
            Some(ClassSource::Companion) => companion.map(|companion| &companion.classes),
            None => None,
        };
        Variant {
            method,
            source,
            names: known.and_then(|known| Names::new(self.instances, known, self.naming)),
        }
    }

    /// One method with the head, if that knows any of the truth's classes, else with the companion.
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

    /// Every method with each of the sources that it makes sense with.
    pub fn all(&self, sources: impl Iterator<Item = ClassSource>) -> Vec<Variant<'a>> {
        let mut variants = vec![
            self.variant(Method::Attention, None),
            self.variant(Method::Affinity, None),
        ];
        for source in sources {
            for method in [Method::Cam, Method::TsCam, Method::Affinity] {
                variants.push(self.variant(method, Some(source)));
            }
        }
        variants
    }
}

/// How pictures are measured.
struct Measurement<'a> {
    settings: ProposeSettings,
    convention: IouConvention,
    names: Option<&'a Names<'a>>,
    /// The one in use, then those of the curve.
    thresholds: Vec<f32>,
}

/// A picture as one variant sees it.
#[derive(Clone, Copy)]
struct View<'a> {
    size: (u32, u32),
    evidence: &'a Evidence,
}

/// What was measured in one picture.
struct Measured {
    case: EvaluationCase,
    /// For each object class: the best IoU of the largest and of any box, a value a threshold.
    localizations: Vec<(Vec<f64>, Vec<f64>)>,
    /// The classes that the head sees, and the true one, if there is one alone.
    ranked: Option<(Vec<RankedClass>, u32)>,
}

impl Measurement<'_> {
    fn of(&self, seen: View<'_>, truth: &GroundTruth) -> Measured {
        let categories = truth.categories();
        let localizations = match self.names {
            None if categories.is_empty() => Vec::new(),
            None => vec![self.localization(seen, None, &truth.objects(None))],
            Some(names) => categories
                .iter()
                .map(|&category| {
                    // A class that the model does not know has no map of its own.
                    let class = names.class(category, seen.evidence);
                    self.localization(seen, class, &truth.objects(Some(category)))
                })
                .collect(),
        };
        let ranked = match (self.names, &categories[..]) {
            (Some(names), &[category]) => self
                .ranked(names, seen, &truth.objects(None))
                .map(|ranked| (ranked, category)),
            _ => None,
        };
        Measured {
            case: self.case(seen, truth),
            localizations,
            ranked,
        }
    }

    fn case(&self, seen: View<'_>, truth: &GroundTruth) -> EvaluationCase {
        let target = if self.names.is_some() {
            Target::Anything
        } else {
            Target::AnyObject
        };
        let proposals = propose::propose(seen.evidence, seen.size, &target, &self.settings);
        let unnamed = |proposal: &Proposal| Prediction {
            bbox: proposal.bbox,
            category: 0,
            score: proposal.score,
        };
        EvaluationCase {
            truth: truth.boxes.clone(),
            predictions: match self.names {
                Some(names) => names.predictions(&proposals),
                None => proposals.iter().map(unnamed).collect(),
            },
        }
    }

    /// GT-known: the box of the true class against that class's objects, at every threshold.
    fn localization(
        &self,
        seen: View<'_>,
        class: Option<usize>,
        objects: &[BBox],
    ) -> (Vec<f64>, Vec<f64>) {
        let localizer = self.localizer(seen, class);
        let thresholds = self.thresholds.par_iter();
        let points: Vec<(f64, f64)> = thresholds
            .map(|&threshold| self.ious_at(localizer.as_ref(), seen, threshold, objects))
            .collect();
        points.into_iter().unzip()
    }

    fn localizer(&self, seen: View<'_>, class: Option<usize>) -> Option<Localizer> {
        let classes: Vec<_> = class.into_iter().map(|class| (class, 1.0)).collect();
        let maps = Maps::new(seen.evidence, &classes, &[]);
        Localizer::new(&maps, self.settings.method, class)
    }

    /// The best IoU of the largest box, and of any box, at one threshold.
    fn ious_at(
        &self,
        localizer: Option<&Localizer>,
        seen: View<'_>,
        threshold: f32,
        objects: &[BBox],
    ) -> (f64, f64) {
        let Some(localizer) = localizer else {
            return (0.0, 0.0);
        };
        let (largest, all) = localizer.largest_and_all(threshold, seen.size);
        (
            best_iou(largest.as_slice(), objects, self.convention),
            best_iou(&all, objects, self.convention),
        )
    }

    /// The most probable classes, each with the IoU of its own box.
    fn ranked(&self, names: &Names, seen: View<'_>, objects: &[BBox]) -> Option<Vec<RankedClass>> {
        let classes = seen.evidence.classes()?.1.ranked();
        let ranked = classes.into_iter().take(TOP_CLASSES).map(|(class, _)| {
            let localizer = self.localizer(seen, Some(class));
            let (iou, _) = self.ious_at(localizer.as_ref(), seen, self.thresholds[0], objects);
            RankedClass {
                category: names.category(class),
                iou,
            }
        });
        Some(ranked.collect())
    }
}

/// Measures each variant on the same pass over the pictures.
pub fn measure(
    arguments: &Arguments,
    truths: &[GroundTruth],
    model: &Model,
    variants: &[Variant<'_>],
) -> anyhow::Result<Vec<EvaluationReport>> {
    let measurements: Vec<Measurement<'_>> = variants
        .iter()
        .map(|variant| Measurement::new(arguments, variant))
        .collect();
    for (measurement, variant) in measurements.iter().zip(variants) {
        measurement
            .settings
            .check(model)
            .map_err(anyhow::Error::msg)?;
        let method = variant.method;
        // A companion has a map of any object.
        if method.needs_classes()
            && variant.source == Some(ClassSource::Head)
            && variant.names.is_none()
        {
            bail!("the head knows none of the truth's classes, and {method} needs them");
        }
    }
    let subjects: Vec<EvaluatedPicture<'_>> = truths
        .iter()
        .map(|truth| EvaluatedPicture {
            path: &truth.path,
            size: Some(truth.size),
        })
        .collect();
    let pass = measuring::measure_all(
        model,
        &subjects,
        arguments.model.input_options(),
        arguments.model.backbone.decoders(),
        |index, seen| {
            let measured = measurements.iter().zip(variants);
            let measured = measured.map(|(measurement, variant)| {
                let evidence = seen.evidence.with_source(variant.source);
                let view = View {
                    size: seen.size,
                    evidence: &evidence,
                };
                measurement.of(view, &truths[index])
            });
            measured.collect::<Vec<Measured>>()
        },
    );
    let mut by_variant: Vec<Vec<Measured>> = variants.iter().map(|_| Vec::new()).collect();
    for picture in pass.measured {
        for (measured, of_variant) in picture.into_iter().zip(&mut by_variant) {
            of_variant.push(measured);
        }
    }
    let reports = measurements.iter().zip(by_variant);
    Ok(reports
        .map(|(measurement, measured)| measurement.report(measured, &pass.failed))
        .collect())
}

impl<'a> Measurement<'a> {
    fn new(arguments: &Arguments, variant: &'a Variant<'a>) -> Self {
        let method = variant.method;
        let settings = ProposeSettings {
            method,
            input_options: arguments.model.input_options(),
            boxes: BoxOptions {
                threshold: arguments.model.threshold,
                ..BoxOptions::default()
            },
        };
        // The official evaluation counts pixels inside the box, edges included.
        let paper = method == Method::TsCam && settings.input_options.square;
        let threshold = settings
            .boxes
            .threshold
            .unwrap_or(method.default_threshold());
        let curve = (0..CURVE_STEPS).map(|step| step as f32 / CURVE_STEPS as f32);
        Self {
            convention: if paper {
                IouConvention::PixelInclusive
            } else {
                IouConvention::Continuous
            },
            names: variant.names.as_ref(),
            thresholds: std::iter::once(threshold).chain(curve).collect(),
            settings,
        }
    }

    fn report(&self, measured: Vec<Measured>, failed: &[String]) -> EvaluationReport {
        let mut all_thresholds = LocalizationCurve::new(self.thresholds.clone());
        let mut classification = ClassLocalization::default();
        let mut cases = Vec::with_capacity(measured.len());
        for picture in measured {
            for (largest, any) in &picture.localizations {
                all_thresholds.add(largest, any);
            }
            if let Some((ranked, truth)) = &picture.ranked {
                classification.add(ranked, *truth);
            }
            cases.push(picture.case);
        }
        let classes = if self.names.is_some() {
            Classes::Known
        } else {
            Classes::Agnostic
        };
        EvaluationReport {
            pictures: cases.len(),
            failed: failed.to_vec(),
            localization: Localization::new(&all_thresholds),
            classification: classification.metrics(),
            detection: coco_metrics(&cases, classes),
            effort: annotation_effort(&cases, classes),
        }
    }
}
