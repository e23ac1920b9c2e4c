use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::*;
use crate::geometry::Grid;
use crate::localize::{Evidence, PatchTokens};
use crate::tscam::head::Head;

const GRID: Grid = Grid {
    rows: 3,
    columns: 4,
};
const WIDTH: usize = 4;

/// A picture whose class shows in the patches that are attended to.
fn evidence(class: usize, seed: usize) -> Evidence {
    let noise = |at: usize| ((at * 7919 + seed * 104_729) % 1000) as f32 / 1000.0;
    let attention: Vec<f32> = (0..GRID.patches())
        .map(|patch| if patch % 5 == seed % 5 { 0.2 } else { 0.01 })
        .collect();
    let token = |patch: usize| {
        let is_object = attention[patch] > 0.1;
        (0..WIDTH).map(move |number| {
            let signal = f32::from(u8::from(is_object && number == class));
            signal + noise(patch * WIDTH + number)
        })
    };
    Evidence {
        grid: GRID,
        patch_size: 14,
        attention: vec![attention.clone()],
        key_similarity: Vec::new(),
        instance_similarity: Vec::new(),
        head: None,
        companion: None,
        zoomed: Vec::new(),
        detections: None,
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

fn origin(side: usize) -> HeadOrigin {
    HeadOrigin {
        backbone: "a backbone".to_owned(),
        fingerprint: "0123".to_owned(),
        block: 8,
        side,
    }
}

#[test]
fn a_head_read_from_its_file_gives_the_logits_of_training() {
    for side in [1, 3] {
        let examples: Vec<HeadExample> = (0..24).map(|at| example(&[at % 3], at, side)).collect();
        let trained = trained(&examples, 3);
        assert!(!trained.is_multi_label && !trained.uses_background);
        let file = trained.to_safetensors(&origin(side)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head.safetensors");
        std::fs::write(&path, file).unwrap();
        let head = Head::open(Path::new(&path), &Device::Cpu).unwrap();
        assert_eq!(head.classes, names(3));
        assert_eq!(head.block, Some(8));
        assert_eq!(head.backbone_fingerprint.as_deref(), Some("0123"));
        let evidence = evidence(1, 77);
        let shape = (1, GRID.patches(), WIDTH);
        let tokens = evidence.tokens.clone().unwrap().tokens;
        let tokens = Tensor::from_vec(tokens, shape, &Device::Cpu).unwrap();
        let attention = evidence.attention_last_layers();
        let attention = Tensor::new(&attention[..], &Device::Cpu).unwrap();
        let maps = head.maps(&tokens, GRID).unwrap();
        let logits = head.logits(&maps, &attention.unsqueeze(0).unwrap(), None);
        let logits: Vec<f32> = logits.unwrap().squeeze(0).unwrap().to_vec1().unwrap();
        let pooled = PooledTokens::new(&evidence, side).unwrap();
        let expected = trained.classifier.logits(&pooled.object);
        for (found, expected) in logits.iter().zip(&expected) {
            // A pooled bias equals the bias, because the attention weights add up to 1.
            assert!((found - expected).abs() < 1e-3, "{logits:?} {expected:?}");
        }
    }
}

#[test]
fn pictures_with_several_tags_train_independent_classes() {
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
fn a_single_class_is_trained_against_the_background() {
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
        trained(&examples, 2).to_safetensors(&origin(1)).unwrap()
    };
    assert_eq!(file(), file());
}

#[test]
fn examples_that_cannot_be_trained_on_are_refused() {
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
    // The only picture of a class cannot be held out, so there is no accuracy.
    let two = [example(&[0], 0, 1), example(&[1], 1, 1)];
    let trained = train(&two, 2).unwrap();
    assert_eq!(trained.held_out_accuracy, None);
    let own = |at: usize| trained.classifier.logits(&two[at].pooled.object);
    assert!(own(0)[0] > own(0)[1] && own(1)[1] > own(1)[0]);
}

#[test]
fn training_can_be_cancelled_at_any_step() {
    let examples: Vec<HeadExample> = (0..12).map(|at| example(&[at % 2], at, 1)).collect();
    let mut steps = 0;
    let _ = train(&examples, &names(2), |_| {
        steps += 1;
        ControlFlow::Continue(())
    });
    assert!(steps > 10);
    for last in 0..steps {
        let mut step = 0;
        let cancelled = train(&examples, &names(2), |_| {
            step += 1;
            match step > last {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        assert_eq!(
            cancelled,
            Err(HeadTrainingError::Cancelled),
            "{last} of {steps}"
        );
    }
}
