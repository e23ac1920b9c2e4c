//! What the companion and the detector say about an object -> its classes in one list.
//!
//! The companion's probabilities take for granted that there is an object, and sum up to 1 with what it
//! leaves open. A detector's score also says how well the box fits, and low scores mean next to nothing. So
//! the square of its odds is what a class weighs, as a share of what the companion leaves open, and many
//! times more if the companion says the same. Then everything is divided by its sum. `models/README.md` says
//! what the numbers were fitted to.

use std::collections::BTreeMap;

use super::coco;

/// The power of the odds of a detector's score.
const DETECTOR_POWER: i32 = 2;
/// How much more than what the companion leaves open its probability of the detector's class counts.
const AGREEMENT: f32 = 100.0;
/// The largest score; others are cut to it, so that the odds are finite.
const MAX_SCORE: f32 = 0.97;
/// The probability of kinds that ImageNet does not have, beside those of the kinds that it has: not every
/// apple is a "Granny Smith".
const OTHER_KINDS: f32 = 0.1;
/// The minimum probability of a class in the list.
const MIN_PROBABILITY: f32 = 0.01;

/// The classes of an object in the [list of both networks](super::listed_class_names) with their
/// probabilities, most probable first.
///
/// - `detected`: classes of the detector, places in COCO's order, with their scores, 0..=1; each once. Empty if
///   it found nothing there.
/// - `companion`: classes of ImageNet with their probabilities in the box, 0..=1, with a sum of at most 1.
///
/// A class that contains others is more probable than these together, so the sum may exceed 1.
pub fn rank_classes(detected: &[(usize, f32)], companion: &[(usize, f32)]) -> Vec<(usize, f32)> {
    // By class that no other class contains. What the companion says of a kind counts for the whole.
    let mut by_companion: BTreeMap<usize, f32> = BTreeMap::new();
    for (class, probability) in companion {
        let whole = coco::container(*class).unwrap_or(*class);
        *by_companion.entry(whole).or_default() += probability;
    }
    let open = (1.0 - by_companion.values().sum::<f32>()).max(0.0);
    let of_companion = |class: usize| by_companion.get(&class).copied().unwrap_or(0.0);
    let mut weights = by_companion.clone();
    for (class, score) in detected {
        if let Some(class) = coco::place_of_coco(*class) {
            let score = score.clamp(0.0, MAX_SCORE);
            let odds = score / (1.0 - score);
            *weights.entry(class).or_default() +=
                odds.powi(DETECTOR_POWER) * (AGREEMENT * of_companion(class) + open);
        }
    }
    let total = weights.values().sum::<f32>() + open;
    let probability = |whole: usize| weights[&whole] / total;
    let kinds = companion.iter().filter_map(|(class, of_class)| {
        let whole = coco::container(*class)?;
        let share = of_class / (of_companion(whole) + OTHER_KINDS);
        Some((*class, share * probability(whole)))
    });
    let wholes = weights.keys().map(|class| (*class, probability(*class)));
    let mut classes: Vec<(usize, f32)> = wholes.chain(kinds).collect();
    classes.retain(|(_, probability)| *probability >= MIN_PROBABILITY);
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    const COCO_PERSON: usize = 0;
    const COCO_CAT: usize = 15;
    const COCO_DOG: usize = 16;
    const COCO_BANANA: usize = 46;
    const BASSET: usize = 161;
    const BEAGLE: usize = 162;
    const TABBY: usize = 281;
    const BANANA: usize = 954;
    const ACORN: usize = 988;

    fn place(coco: usize) -> usize {
        coco::place_of_coco(coco).unwrap()
    }

    fn probability(ranked: &[(usize, f32)], class: usize) -> f32 {
        let found = ranked.iter().find(|(other, _)| *other == class);
        found.map_or(0.0, |(_, probability)| *probability)
    }

    #[test]
    fn without_a_detected_box_the_companion_has_the_word() {
        let ranked = rank_classes(&[], &[(ACORN, 0.5), (BANANA, 0.25)]);
        assert_eq!(ranked, [(ACORN, 0.5), (BANANA, 0.25)]);
        assert!(rank_classes(&[], &[]).is_empty());
    }

    #[test]
    fn the_same_thing_in_both_lists_is_one_class_and_likelier() {
        let both = rank_classes(&[(COCO_BANANA, 0.4)], &[(BANANA, 0.5)]);
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].0, BANANA);
        // Odds of 2/3, squared, times 50.5, plus a half, of that plus the open half.
        assert!((both[0].1 - 0.9787).abs() < 1e-4, "{both:?}");
        let rival = rank_classes(&[(COCO_BANANA, 0.4)], &[(ACORN, 0.5)]);
        assert!(both[0].1 > probability(&rival, BANANA));
    }

    #[test]
    fn a_class_of_one_list_can_come_first() {
        let unsure = [(ACORN, 0.1), (BEAGLE, 0.05)];
        let first = |score: f32, companion: &[(usize, f32)]| {
            rank_classes(&[(COCO_PERSON, score)], companion)[0].0
        };
        assert_eq!(first(0.7, &unsure), place(COCO_PERSON));
        // Scores this low are found everywhere.
        assert_eq!(first(0.06, &unsure), ACORN);
        assert_eq!(first(0.06, &[(ACORN, 0.9)]), ACORN);
    }

    #[test]
    fn kinds_support_the_whole_which_is_likelier_than_all_of_them() {
        let dog = place(COCO_DOG);
        let companion = [(BEAGLE, 0.5), (BASSET, 0.3), (TABBY, 0.1)];
        let ranked = rank_classes(&[(COCO_DOG, 0.4), (COCO_CAT, 0.35)], &companion);
        assert_eq!([ranked[0].0, ranked[1].0], [dog, BEAGLE]);
        let kinds = probability(&ranked, BEAGLE) + probability(&ranked, BASSET);
        assert!(probability(&ranked, dog) > kinds);
        // Which kind it is, the companion alone says.
        let ratio = probability(&ranked, BEAGLE) / probability(&ranked, BASSET);
        assert!((ratio - 5.0 / 3.0).abs() < 1e-3, "{ratio}");
        // The breeds alone say that it is a dog.
        let alone = rank_classes(&[], &companion);
        assert!((probability(&alone, dog) - 0.8).abs() < 1e-6);
    }

    #[test]
    fn what_contains_nothing_else_sums_up_to_one_at_most() {
        for score in [0.0, 0.02, 0.5, 1.0] {
            for probability in [0.0, 0.01, 0.5, 1.0] {
                let detected = [(COCO_DOG, score), (COCO_PERSON, score)];
                let ranked = rank_classes(&detected, &[(BEAGLE, probability)]);
                let wholes = ranked.iter().filter(|(class, _)| *class != BEAGLE);
                let sum: f32 = wholes.map(|(_, probability)| probability).sum();
                assert!(
                    (0.0..=1.0001).contains(&sum),
                    "{score} {probability}: {sum}"
                );
                assert!(ranked.is_sorted_by(|a, b| a.1 >= b.1));
            }
        }
    }
}
