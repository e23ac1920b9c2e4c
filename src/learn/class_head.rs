//! Image-level tags -> a class head: the TS-CAM head with the backbone frozen, which is convex.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;

use candle_core::{Device, Tensor};

use super::logistic::{Classifier, Problem, Targets};
use super::pooled::PooledTokens;
use super::tensor_file;

/// The penalties that are tried, for vectors of a mean square length of 1.
const PENALTIES: [f64; 6] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
/// What is taken where nothing can be held out.
const DEFAULT_PENALTY: f64 = 1e-4;
/// Parts that the pictures are dealt into for cross-validation.
const FOLDS: usize = 3;
/// Fewer tagged pictures than this say nothing.
const MIN_PICTURES: usize = 2;

/// A tagged picture.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadExample {
    /// Its tokens, pooled.
    pub pooled: PooledTokens,
    /// The classes that it shows, each once, ascending.
    pub classes: Vec<usize>,
}

/// Why no head can be trained.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeadTrainingError {
    /// Too few pictures.
    #[error(
        "{0} tagged pictures are too few to train on; tag {MIN_PICTURES} at least, better 20 of \
         each class"
    )]
    TooFew(usize),
    /// A class without pictures.
    #[error("no picture that can be read is tagged {0:?}; tag some, or leave the class out")]
    NoPictures(String),
    /// Someone asked to stop.
    #[error("training was cancelled")]
    Cancelled,
}

/// How far training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitProgress {
    /// Fits done, of [`Self::fits`].
    pub fit: usize,
    /// Fits that there are at the most: a penalty that makes things worse ends the search.
    pub fits: usize,
    /// The iteration in this one.
    pub iteration: usize,
    /// The loss.
    pub loss: f64,
}

/// A trained head; C classes, tokens D wide, a kernel of side k.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedHead {
    /// Class names in the order of the logits.
    pub classes: Vec<String>,
    /// The linear classifier of pooled vectors.
    pub classifier: Classifier,
    /// Whether it was trained to tell each class from all else by itself, as where pictures show
    /// several classes, or none.
    pub is_multi_label: bool,
    /// The pictures' own background was taken for pictures without any class.
    pub uses_background: bool,
    /// Pictures that it was trained on.
    pub pictures: usize,
    /// The penalty that was chosen.
    pub l2: f64,
    /// The share of pictures whose likeliest class is theirs, when they were held out; none if every
    /// class has but one picture.
    pub held_out_accuracy: Option<f64>,
}

/// Trains a head on tagged pictures. The same pictures in the same order give the same bytes.
///
/// With one class a picture it is multinomial, otherwise each class against all else. Where a
/// class is on every picture, as when there is only one, nothing would tell it from anything: then
/// the pictures' own background is the bank of what is not it. The penalty is chosen by
/// cross-validation in three parts: the largest whose loss on held-out pictures lies within one
/// standard error of the least (Breiman et al. 1984), since the pictures to come differ more from
/// these than these from one another.
///
/// # Errors
/// If there are too few pictures, or `on_progress` breaks off.
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
    let fold_of = folds_of(examples, folds);
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
        let (mut losses, mut right) = (Vec::with_capacity(held_out_count), 0.0);
        for ((problem, held_out), last) in parts.iter().zip(&mut last) {
            let classifier = solve(problem, l2, last.as_ref())?;
            for example in held_out {
                let logits = classifier.logits(&example.pooled.object);
                losses.push(set.loss(&logits, &example.classes));
                right += is_right(&logits, &example.classes) / held_out_count as f64;
            }
            *last = Some(classifier);
        }
        let tried_now = HeldOutScore::new(l2, &losses, right);
        let is_worse = tried.last().is_some_and(|last| tried_now.loss >= last.loss);
        tried.push(tried_now);
        if is_worse {
            break;
        }
    }
    let chosen = chosen(&tried);
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

/// What a penalty was worth on held-out pictures.
#[derive(Clone, Copy, Debug)]
struct HeldOutScore {
    l2: f64,
    /// The mean.
    loss: f64,
    /// Its standard error.
    error: f64,
    accuracy: f64,
}

impl HeldOutScore {
    fn new(l2: f64, losses: &[f64], accuracy: f64) -> Self {
        let count = losses.len() as f64;
        let loss = losses.iter().sum::<f64>() / count;
        let variance = losses.iter().map(|x| (x - loss) * (x - loss)).sum::<f64>() / count;
        Self {
            l2,
            loss,
            error: (variance / count).sqrt(),
            accuracy,
        }
    }
}

/// The first, and so the largest, penalty that is about as good as the best.
fn chosen(tried: &[HeldOutScore]) -> Option<HeldOutScore> {
    let best = tried.iter().min_by(|a, b| a.loss.total_cmp(&b.loss));
    let enough = best.map_or(f64::INFINITY, |best| best.loss + best.error);
    let chosen = tried.iter().find(|tried| tried.loss <= enough);
    // A loss that is no number, of vectors that are none, is as good as any other.
    chosen.or(tried.first()).copied()
}

/// Cuts the pictures of each class into runs of about equal length, one a fold. Neighbours by name
/// are often frames of one scene, which dealt out in turn would let every part be known from the
/// others. The only picture of a class is in no fold: without it nothing can be known of the class.
fn folds_of(examples: &[HeadExample], folds: usize) -> Vec<Option<usize>> {
    let class = |example: &HeadExample| example.classes.first().copied();
    let mut sizes: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    for example in examples {
        *sizes.entry(class(example)).or_default() += 1;
    }
    let mut dealt: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    let fold = |example: &HeadExample| {
        let class = class(example);
        let before = dealt.entry(class).or_default();
        *before += 1;
        let size = sizes[&class];
        (size > 1).then(|| (*before - 1) * folds / size)
    };
    examples.iter().map(fold).collect()
}

/// 1 if the likeliest class is among the picture's own, else 0.
fn is_right(logits: &[f32], own: &[usize]) -> f64 {
    let best = (0..logits.len()).rev();
    let best = best.max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
    f64::from(u8::from(best.is_some_and(|best| own.contains(&best))))
}

/// The pictures, and how they are learnt from.
struct TrainingSet<'a> {
    examples: &'a [HeadExample],
    classes: usize,
    is_multi_label: bool,
    uses_background: bool,
}

impl TrainingSet<'_> {
    fn problem(&self, kept: &[usize]) -> Problem {
        let kept = kept.iter().map(|at| &self.examples[*at]);
        let width = self.examples[0].pooled.object.len();
        let mut vectors: Vec<f32> = Vec::with_capacity(kept.len() * width);
        vectors.extend(kept.clone().flat_map(|example| &example.pooled.object));
        let targets = if self.is_multi_label {
            let mut are: Vec<bool> = kept
                .clone()
                .flat_map(|example| (0..self.classes).map(|class| example.classes.contains(&class)))
                .collect();
            if self.uses_background {
                vectors.extend(kept.flat_map(|example| &example.pooled.background));
                are.resize(2 * are.len(), false);
            }
            Targets::AnyOf(are)
        } else {
            Targets::OneOf(kept.map(|example| example.classes[0]).collect())
        };
        Problem::new(&vectors, width, targets, self.classes)
    }

    /// The cross-entropy of a held-out picture.
    fn loss(&self, logits: &[f32], own: &[usize]) -> f64 {
        if self.is_multi_label {
            let each = logits.iter().enumerate().map(|(class, x)| {
                let x = f64::from(*x);
                let towards = if own.contains(&class) { -x } else { x };
                towards.max(0.0) + (-x.abs()).exp().ln_1p()
            });
            each.sum()
        } else {
            let max = logits.iter().copied().fold(f32::MIN, f32::max);
            let sum: f32 = logits.iter().map(|x| (x - max).exp()).sum();
            f64::from(sum.ln() + max - logits[own[0]])
        }
    }
}

/// Where a head belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadOrigin {
    /// Name of the backbone.
    pub backbone: String,
    /// SHA-256 of its file.
    pub fingerprint: String,
    /// The block whose tokens it reads, counted from 0.
    pub block: usize,
    /// Side of its kernel, k.
    pub side: usize,
}

impl TrainedHead {
    /// The head as a safetensors file, in the form that [`crate::tscam::head::Head::open`] reads:
    /// `head.weight [C, D, k, k]` and `head.bias [C]`, with its origin in the metadata.
    ///
    /// # Errors
    /// None but for want of memory.
    pub fn to_safetensors(&self, place: &HeadOrigin) -> io::Result<Vec<u8>> {
        let classes = self.classes.len();
        let taps = place.side * place.side;
        let width = self.classifier.weight.len() / (classes * taps);
        let tensors = || -> candle_core::Result<BTreeMap<String, Tensor>> {
            let shape = (classes, taps, width);
            let weight = Tensor::from_slice(&self.classifier.weight, shape, &Device::Cpu)?;
            let shape = (classes, width, place.side, place.side);
            let weight = weight.transpose(1, 2)?.reshape(shape)?;
            let bias = Tensor::new(&self.classifier.bias[..], &Device::Cpu)?;
            let named = [("head.weight", weight), ("head.bias", bias)];
            Ok(named.map(|(name, tensor)| (name.to_owned(), tensor)).into())
        };
        let accuracy = self.held_out_accuracy;
        let accuracy = accuracy.map_or("unknown".to_owned(), |share| format!("{share:.4}"));
        let activation = if self.is_multi_label {
            "sigmoid"
        } else {
            "softmax"
        };
        let bank = "the quarter of each picture that the class token attends to least";
        let metadata = [
            ("classes", serde_json::json!(self.classes).to_string()),
            ("head_block", place.block.to_string()),
            ("head_pooling", "attention".to_owned()),
            ("head_activation", activation.to_owned()),
            ("backbone", place.backbone.clone()),
            ("backbone_sha256", place.fingerprint.clone()),
            (
                "trained_on",
                format!("image-level tags of {} pictures", self.pictures),
            ),
            (
                "background",
                if self.uses_background { bank } else { "none" }.to_owned(),
            ),
            ("l2", format!("{:e}", self.l2)),
            ("held_out_accuracy", accuracy),
            (
                "trained_by",
                concat!("tsukami ", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
        ];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value));
        let mut file = Vec::new();
        let tensors = tensors().map_err(io::Error::other)?;
        tensor_file::write(&mut file, &tensors, &metadata.into())?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::geometry::Grid;
    use crate::localize::{Evidence, PatchTokens, Quality};
    use crate::tscam::head::Head;

    const GRID: Grid = Grid {
        rows: 3,
        columns: 4,
    };
    const WIDTH: usize = 4;

    /// A picture whose class speaks from the patches that are attended to.
    fn evidence(class: usize, seed: usize) -> Evidence {
        let noise = |at: usize| ((at * 7919 + seed * 104_729) % 1000) as f32 / 1000.0;
        let attention: Vec<f32> = (0..GRID.patches())
            .map(|patch| if patch % 5 == seed % 5 { 0.2 } else { 0.01 })
            .collect();
        let token = |patch: usize| {
            let is_object = attention[patch] > 0.1;
            (0..WIDTH).map(move |number| {
                let speaks = f32::from(u8::from(is_object && number == class));
                speaks + noise(patch * WIDTH + number)
            })
        };
        Evidence {
            grid: GRID,
            patch_size: 14,
            attention: vec![attention.clone()],
            key_similarity: Vec::new(),
            instance_similarity: Vec::new(),
            quality: Quality::Fast,
            head: None,
            companion: None,
            zoomed: Vec::new(),
            tokens: Some(PatchTokens {
                width: WIDTH,
                tokens: (0..GRID.patches()).flat_map(token).collect(),
                keys: Vec::new(),
            }),
        }
    }

    fn example(classes: &[usize], seed: usize, side: usize) -> HeadExample {
        HeadExample {
            pooled: PooledTokens::new(&evidence(classes[0], seed), side).unwrap(),
            classes: classes.to_vec(),
        }
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|class| format!("class {class}")).collect()
    }

    fn trained(examples: &[HeadExample], classes: usize) -> TrainedHead {
        train(examples, &names(classes), |_| ControlFlow::Continue(())).unwrap()
    }

    fn place(side: usize) -> HeadOrigin {
        HeadOrigin {
            backbone: "a backbone".to_owned(),
            fingerprint: "0123".to_owned(),
            block: 8,
            side,
        }
    }

    #[test]
    fn a_head_from_its_file_gives_the_logits_that_it_was_trained_for() {
        for side in [1, 3] {
            let examples: Vec<HeadExample> =
                (0..24).map(|at| example(&[at % 3], at, side)).collect();
            let trained = trained(&examples, 3);
            assert!(!trained.is_multi_label && !trained.uses_background);
            let file = trained.to_safetensors(&place(side)).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("head.safetensors");
            std::fs::write(&path, file).unwrap();
            let head = Head::open(Path::new(&path), &Device::Cpu).unwrap();
            assert_eq!(head.classes, names(3));
            assert_eq!(head.block, Some(8));
            assert_eq!(head.backbone.as_deref(), Some("0123"));
            let evidence = evidence(1, 77);
            let shape = (1, GRID.patches(), WIDTH);
            let tokens = evidence.tokens.clone().unwrap().tokens;
            let tokens = Tensor::from_vec(tokens, shape, &Device::Cpu).unwrap();
            let attention = evidence.summed_attention();
            let attention = Tensor::new(&attention[..], &Device::Cpu).unwrap();
            let maps = head.maps(&tokens, GRID).unwrap();
            let logits = head.logits(&maps, &attention.unsqueeze(0).unwrap(), None);
            let logits: Vec<f32> = logits.unwrap().squeeze(0).unwrap().to_vec1().unwrap();
            let pooled = PooledTokens::new(&evidence, side).unwrap();
            let expected = trained.classifier.logits(&pooled.object);
            for (found, expected) in logits.iter().zip(&expected) {
                // A pooled bias is the bias: the weights of the attention add up to 1.
                assert!((found - expected).abs() < 1e-3, "{logits:?} {expected:?}");
            }
        }
    }

    #[test]
    fn several_tags_a_picture_are_told_each_by_itself() {
        let examples: Vec<HeadExample> = (0..30)
            .map(|at| match at % 3 {
                0 => example(&[0, 2], at, 1),
                1 => example(&[1], at, 1),
                _ => example(&[2], at, 1),
            })
            .collect();
        let trained = trained(&examples, 3);
        assert!(trained.is_multi_label && !trained.uses_background);
        assert!(trained.held_out_accuracy > Some(0.6), "{trained:?}");
    }

    #[test]
    fn one_class_is_told_from_the_background_of_its_pictures() {
        let examples: Vec<HeadExample> = (0..12).map(|at| example(&[0], at, 1)).collect();
        let trained = trained(&examples, 1);
        assert!(trained.is_multi_label && trained.uses_background);
        let pooled = &examples[0].pooled;
        let logit = |vector: &[f32]| trained.classifier.logits(vector)[0];
        assert!(logit(&pooled.object) > logit(&pooled.background) + 1.0);
    }

    #[test]
    fn the_same_pictures_give_the_same_file() {
        let file = || {
            let examples: Vec<HeadExample> = (0..20).map(|at| example(&[at % 2], at, 1)).collect();
            trained(&examples, 2).to_safetensors(&place(1)).unwrap()
        };
        assert_eq!(file(), file());
    }

    #[test]
    fn what_cannot_be_learnt_is_said() {
        let train = |examples: &[HeadExample], classes: usize| {
            train(examples, &names(classes), |_| ControlFlow::Continue(()))
        };
        assert_eq!(train(&[], 2), Err(HeadTrainingError::TooFew(0)));
        assert_eq!(
            train(&[example(&[0], 0, 1)], 1),
            Err(HeadTrainingError::TooFew(1))
        );
        let two = [example(&[0], 0, 1), example(&[0], 1, 1)];
        assert_eq!(
            train(&two, 2),
            Err(HeadTrainingError::NoPictures("class 1".to_owned()))
        );
        // The only picture of its class cannot be held out, so nothing can be judged.
        let two = [example(&[0], 0, 1), example(&[1], 1, 1)];
        let trained = train(&two, 2).unwrap();
        assert_eq!(trained.held_out_accuracy, None);
        let own = |at: usize| trained.classifier.logits(&two[at].pooled.object);
        assert!(own(0)[0] > own(0)[1] && own(1)[1] > own(1)[0]);
    }

    #[test]
    fn training_can_be_cancelled_at_any_moment() {
        let examples: Vec<HeadExample> = (0..12).map(|at| example(&[at % 2], at, 1)).collect();
        let mut steps = 0;
        let _ = train(&examples, &names(2), |_| {
            steps += 1;
            ControlFlow::Continue(())
        });
        assert!(steps > 10);
        for last in 0..steps {
            let mut step = 0;
            let broken_off = train(&examples, &names(2), |_| {
                step += 1;
                match step > last {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            assert_eq!(
                broken_off,
                Err(HeadTrainingError::Cancelled),
                "{last} of {steps}"
            );
        }
    }
}
