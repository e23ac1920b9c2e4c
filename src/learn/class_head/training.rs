//! Trains a class head: chooses the penalty by cross-validation, then fits all pictures.

use std::ops::ControlFlow;

use super::cross_validation::{HeldOutScore, choose, is_correct, split_into_folds};
use super::example::HeadExample;
use super::training_set::TrainingSet;
use crate::learn::logistic::{Classifier, Problem};

/// The penalties to try, for vectors with a mean square length of 1.
const PENALTIES: [f64; 6] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
/// The penalty if no pictures can be held out.
const DEFAULT_PENALTY: f64 = 1e-4;
/// Folds for cross-validation.
const FOLDS: usize = 3;
/// Minimum number of tagged pictures.
const MIN_PICTURES: usize = 2;

/// Why a head cannot be trained.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeadTrainingError {
    /// There are too few pictures.
    #[error(
        "too few tagged pictures to train on ({0}): tag at least {MIN_PICTURES}, preferably 20 of \
         each class"
    )]
    TooFew(usize),
    /// A class has no pictures.
    #[error("no readable picture is tagged {0:?}: tag some, or remove the class")]
    NoPictures(String),
    /// Training was cancelled.
    #[error("training was cancelled")]
    Cancelled,
}

/// The progress of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitProgress {
    /// The number of fits done, out of [`Self::fits`].
    pub fit: usize,
    /// The maximum number of fits. A penalty that makes things worse ends the search.
    pub fits: usize,
    /// The iteration in the current fit.
    pub iteration: usize,
    /// The current loss.
    pub loss: f64,
}

/// A trained head with C classes and a kernel of side k, for tokens of width D.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedHead {
    /// Class names in the order of the logits.
    pub classes: Vec<String>,
    /// The linear classifier of pooled vectors.
    pub classifier: Classifier,
    /// Whether each class was trained independently against all else, as is necessary if pictures show
    /// several classes or none.
    pub is_multi_label: bool,
    /// Whether the background of the pictures was used as examples without any class.
    pub uses_background: bool,
    /// The number of pictures that it was trained on.
    pub pictures: usize,
    /// The penalty that was chosen.
    pub l2: f64,
    /// The share of held-out pictures whose most probable class is correct. `None` if every class has
    /// only one picture.
    pub held_out_accuracy: Option<f64>,
}

/// Trains a head on tagged pictures. The same pictures in the same order lead to the same bytes.
///
/// With one class per picture the problem is multinomial, otherwise each class is trained against all
/// else. If a class is on every picture, for instance because there is only one class, there are no
/// examples without it; the background of the pictures is used instead. The penalty is chosen by
/// threefold cross-validation: the largest one whose loss on held-out pictures is within one standard
/// error of the minimum (Breiman et al. 1984), because future pictures differ more from these than
/// these differ from one another.
///
/// # Errors
/// If there are too few pictures or a class has none, or if `on_progress` breaks.
pub fn train(
    examples: &[HeadExample],
    classes: &[String],
    mut on_progress: impl FnMut(FitProgress) -> ControlFlow<()>,
) -> Result<TrainedHead, HeadTrainingError> {
    if examples.len() < MIN_PICTURES {
        return Err(HeadTrainingError::TooFew(examples.len()));
    }
    let mut sizes = vec![0; classes.len()];
    for class in examples.iter().flat_map(|example| &example.classes) {
        sizes[*class] += 1;
    }
    if let Some(class) = sizes.iter().position(|size| *size == 0) {
        return Err(HeadTrainingError::NoPictures(classes[class].clone()));
    }
    let uses_background = sizes.contains(&examples.len());
    let is_multi_label =
        uses_background || examples.iter().any(|example| example.classes.len() != 1);
    let set = TrainingSet {
        examples,
        classes: classes.len(),
        is_multi_label,
        uses_background,
    };

    let folds = FOLDS.min(examples.len());
    let fold_of = split_into_folds(examples, folds);
    let fits = folds * PENALTIES.len() + 1;
    let mut fit = 0;
    let mut solve = |problem: &Problem, l2: f64, start: Option<&Classifier>| {
        let solved = problem.solve(l2, start, |iteration, loss| {
            on_progress(FitProgress {
                fit,
                fits,
                iteration,
                loss,
            })
        });
        fit += 1;
        solved.ok_or(HeadTrainingError::Cancelled)
    };
    let held_out_count = fold_of.iter().flatten().count();
    let parts: Vec<(Problem, Vec<&HeadExample>)> = (0..folds)
        .filter(|_| held_out_count > 0)
        .map(|fold| {
            let (held_out, kept): (Vec<usize>, Vec<usize>) =
                (0..examples.len()).partition(|at| fold_of[*at] == Some(fold));
            let held_out = held_out.iter().map(|at| &examples[*at]).collect();
            (set.problem(&kept), held_out)
        })
        .collect();
    let mut last: Vec<Option<Classifier>> = vec![None; folds];
    let mut tried: Vec<HeldOutScore> = Vec::new();
    for l2 in PENALTIES.into_iter().filter(|_| held_out_count > 0) {
        let (mut losses, mut accuracy) = (Vec::with_capacity(held_out_count), 0.0);
        for ((problem, held_out), last) in parts.iter().zip(&mut last) {
            let classifier = solve(problem, l2, last.as_ref())?;
            for example in held_out {
                let logits = classifier.logits(&example.pooled.object);
                losses.push(set.loss(&logits, &example.classes));
                accuracy += is_correct(&logits, &example.classes) / held_out_count as f64;
            }
            *last = Some(classifier);
        }
        let tried_now = HeldOutScore::new(l2, &losses, accuracy);
        let is_worse = tried.last().is_some_and(|last| tried_now.loss >= last.loss);
        tried.push(tried_now);
        if is_worse {
            break;
        }
    }
    let chosen = choose(&tried);
    let l2 = chosen.map_or(DEFAULT_PENALTY, |chosen| chosen.l2);
    let all: Vec<usize> = (0..examples.len()).collect();
    let classifier = solve(&set.problem(&all), l2, None)?;
    Ok(TrainedHead {
        classes: classes.to_vec(),
        classifier,
        is_multi_label,
        uses_background,
        pictures: examples.len(),
        l2,
        held_out_accuracy: chosen.map(|chosen| chosen.accuracy),
    })
}
