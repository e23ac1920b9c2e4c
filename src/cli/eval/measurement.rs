//! The measurement of a model's boxes, for several variants in one pass over the pictures.

use anyhow::bail;
use rayon::prelude::*;

use super::arguments::Arguments;
use super::report::{EvaluationReport, Localization};
use super::variants::{ClassNames, Variant};
use crate::cli::box_fitting::{BoxFitter, ProposedPicture};
use crate::cli::evaluation_pass::{EvaluatedPicture, measure_all};
use crate::cli::ground_truth::GroundTruth;
use crate::evaluate::{
    ClassLocalization, ClassMatching, EvaluationCase, IouConvention, LocalizationCurve, Prediction,
    RankedClass, annotation_effort, best_iou, coco_metrics,
};
use crate::geometry::BBox;
use crate::localize::{BoxOptions, ClassSource, Evidence, Localizer, Method, PictureMaps};
use crate::propose::{self, NetworksRef, PipelineSettings, Proposal, Target};

/// Thresholds of the curve: 0.00, 0.01, ..., 0.99.
const CURVE_STEPS: usize = 100;
/// Classes that Top-5 considers.
const TOP_CLASSES: usize = 5;

/// How the pictures are measured for one variant.
struct Measurement<'a> {
    settings: PipelineSettings,
    convention: IouConvention,
    names: Option<&'a ClassNames<'a>>,
    /// The threshold in use, then those of the curve.
    thresholds: Vec<f32>,
}

/// A picture's size and its evidence as one variant uses it.
#[derive(Clone, Copy)]
struct View<'a> {
    size: (u32, u32),
    evidence: &'a Evidence,
}

/// What was measured in one picture.
struct Measured {
    case: EvaluationCase,
    /// For each class of object, the best IoU of the largest box and of any box at each threshold.
    localizations: Vec<(Vec<f64>, Vec<f64>)>,
    /// The most probable classes, and the true one, if the picture shows exactly one.
    ranked: Option<(Vec<RankedClass>, u32)>,
}

impl Measurement<'_> {
    fn of(&self, picture: View<'_>, truth: &GroundTruth) -> Measured {
        let categories = truth.categories();
        let localizations = match self.names {
            None if categories.is_empty() => Vec::new(),
            None => vec![self.localization(picture, None, &truth.objects(None))],
            Some(names) => categories
                .iter()
                .map(|&category| {
                    // A class that the model lacks has no map.
                    let class = names.class(category, picture.evidence);
                    self.localization(picture, class, &truth.objects(Some(category)))
                })
                .collect(),
        };
        let ranked = match (self.names, &categories[..]) {
            (Some(names), &[category]) => self
                .ranked(names, picture, &truth.objects(None))
                .map(|ranked| (ranked, category)),
            _ => None,
        };
        Measured {
            case: self.case(picture, truth),
            localizations,
            ranked,
        }
    }

    fn case(&self, picture: View<'_>, truth: &GroundTruth) -> EvaluationCase {
        let target = if self.names.is_some() {
            Target::Automatic
        } else {
            Target::AnyObject
        };
        let proposals = propose::propose(picture.evidence, picture.size, &target, &self.settings);
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
        picture: View<'_>,
        class: Option<usize>,
        objects: &[BBox],
    ) -> (Vec<f64>, Vec<f64>) {
        let localizer = self.localizer(picture, class);
        let thresholds = self.thresholds.par_iter();
        let points: Vec<(f64, f64)> = thresholds
            .map(|&threshold| self.ious_at(localizer.as_ref(), picture, threshold, objects))
            .collect();
        points.into_iter().unzip()
    }

    fn localizer(&self, picture: View<'_>, class: Option<usize>) -> Option<Localizer> {
        let classes: Vec<_> = class.into_iter().map(|class| (class, 1.0)).collect();
        let maps = PictureMaps::new(picture.evidence, &classes, &[]);
        Localizer::new(&maps, self.settings.method, class)
    }

    /// The best IoU of the largest box, and of any box, at one threshold.
    fn ious_at(
        &self,
        localizer: Option<&Localizer>,
        picture: View<'_>,
        threshold: f32,
        objects: &[BBox],
    ) -> (f64, f64) {
        let Some(localizer) = localizer else {
            return (0.0, 0.0);
        };
        let (largest, all) = localizer.largest_and_all(threshold, picture.size);
        (
            best_iou(largest.as_slice(), objects, self.convention),
            best_iou(&all, objects, self.convention),
        )
    }

    /// The most probable classes, each with the IoU of its own box.
    fn ranked(
        &self,
        names: &ClassNames<'_>,
        picture: View<'_>,
        objects: &[BBox],
    ) -> Option<Vec<RankedClass>> {
        let classes = picture.evidence.classes()?.1.ranked();
        let ranked = classes.into_iter().take(TOP_CLASSES).map(|(class, _)| {
            let localizer = self.localizer(picture, Some(class));
            let (iou, _) = self.ious_at(localizer.as_ref(), picture, self.thresholds[0], objects);
            RankedClass {
                category: names.category(class),
                iou,
            }
        });
        Some(ranked.collect())
    }
}

/// The pictures to measure on.
#[derive(Clone, Copy)]
pub struct LabelledFolder<'a> {
    /// The pictures with their true boxes.
    pub truths: &'a [GroundTruth],
    /// Fits boxes, if the effort with fitting is measured.
    pub fitter: Option<&'a BoxFitter>,
}

/// Measures all variants in one pass over the pictures.
///
/// # Errors
/// If the model cannot do what a variant needs, or boxes cannot be fitted.
pub fn measure(
    arguments: &Arguments,
    LabelledFolder { truths, fitter }: LabelledFolder<'_>,
    networks: NetworksRef<'_>,
    variants: &[Variant<'_>],
) -> anyhow::Result<Vec<EvaluationReport>> {
    let measurements: Vec<Measurement<'_>> = variants
        .iter()
        .map(|variant| Measurement::new(arguments, variant))
        .collect();
    for (measurement, variant) in measurements.iter().zip(variants) {
        measurement
            .settings
            .check(networks.model)
            .map_err(anyhow::Error::msg)?;
        let method = variant.method;
        // A companion has a map of any object.
        if method.needs_classes()
            && variant.source == Some(ClassSource::Head)
            && variant.names.is_none()
        {
            bail!("the head has none of the classes of the ground truth, which {method} needs");
        }
    }
    let pictures: Vec<EvaluatedPicture<'_>> = truths
        .iter()
        .map(|truth| EvaluatedPicture {
            path: &truth.path,
            size: truth.size,
        })
        .collect();
    let pass = measure_all(
        networks,
        &pictures,
        arguments.model.input_options(),
        arguments.model.backbone.in_flight(),
        |index, inference| {
            let measured = measurements.iter().zip(variants);
            let measured = measured.map(|(measurement, variant)| {
                let evidence = inference.evidence.with_source(variant.source);
                let view = View {
                    size: inference.size,
                    evidence: &evidence,
                };
                measurement.of(view, &truths[index])
            });
            (index, measured.collect::<Vec<Measured>>())
        },
    );
    let with_fit = fitter.map(|fitter| {
        let pictures = pass.measured.iter();
        let pictures = pictures.map(|(index, measured)| ProposedPicture {
            picture: &truths[*index],
            cases: measured.iter().map(|found| found.case.clone()).collect(),
        });
        fitter.efforts(&pictures.collect::<Vec<ProposedPicture<'_>>>())
    });
    let with_fit = with_fit.transpose()?;
    let mut measured_by_variant: Vec<Vec<Measured>> = variants.iter().map(|_| Vec::new()).collect();
    for (_, picture) in pass.measured {
        for (measured, variant) in picture.into_iter().zip(&mut measured_by_variant) {
            variant.push(measured);
        }
    }
    let reports = measurements.iter().zip(measured_by_variant).enumerate();
    Ok(reports
        .map(|(variant, (measurement, measured))| EvaluationReport {
            effort_with_fit: with_fit
                .as_ref()
                .map(|pictures| pictures.iter().map(|efforts| efforts[variant]).sum()),
            ..measurement.report(measured, &pass.failed)
        })
        .collect())
}

impl<'a> Measurement<'a> {
    fn new(arguments: &Arguments, variant: &'a Variant<'a>) -> Self {
        let method = variant.method;
        let settings = PipelineSettings {
            method,
            input_options: arguments.model.input_options(),
            boxes: BoxOptions {
                threshold: arguments.model.threshold,
                ..BoxOptions::default()
            },
        };
        // The official evaluation counts both edge pixels as inside the box.
        let is_paper = method == Method::TsCam && settings.input_options.square;
        let threshold = settings
            .boxes
            .threshold
            .unwrap_or(method.default_threshold());
        let curve = (0..CURVE_STEPS).map(|step| step as f32 / CURVE_STEPS as f32);
        Self {
            convention: if is_paper {
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
            ClassMatching::Required
        } else {
            ClassMatching::Agnostic
        };
        EvaluationReport {
            pictures: cases.len(),
            failed: failed.to_vec(),
            localization: Localization::new(&all_thresholds),
            classification: classification.metrics(),
            detection: coco_metrics(&cases, classes),
            effort: annotation_effort(&cases, classes),
            effort_with_fit: None,
        }
    }
}
