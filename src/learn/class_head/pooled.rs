//! The tokens of a picture, pooled to the vector that a class head is trained on.
//!
//! The logit of a class is a pooled zero-padded convolution over the patch tokens. Pooling is
//! linear, so with a frozen backbone the logit is linear in the pooled neighbourhoods of the patches:
//! one vector of `k * k * D` numbers contains all that training needs from a picture.

use crate::geometry::Grid;
use crate::localize::Evidence;

/// The share of the patches, those with the least attention, that are regarded as background.
const BACKGROUND_SHARE: f32 = 0.25;

/// What a head with a kernel of side k is trained on, for tokens of width D.
#[derive(Clone, Debug, PartialEq)]
pub struct PooledTokens {
    /// The mean of the neighbourhoods of the patches, weighted by the class token's attention,
    /// `[k * k * D]`, the neighbours row by row.
    pub object: Vec<f32>,
    /// The mean over the quarter of the patches that the class token attends to least, where there is
    /// presumably no object, `[k * k * D]`.
    pub background: Vec<f32>,
}

impl PooledTokens {
    /// Pools the [tokens](Evidence::tokens) of a picture. `None` if the evidence has none.
    pub fn new(evidence: &Evidence, side: usize) -> Option<Self> {
        let tokens = evidence.tokens.as_ref()?;
        let attention = evidence.attention_last_layers();
        let mut order: Vec<usize> = (0..attention.len()).collect();
        order.sort_by(|a, b| attention[*a].total_cmp(&attention[*b]));
        let count = (BACKGROUND_SHARE * attention.len() as f32).ceil() as usize;
        let mut background = vec![0.0; attention.len()];
        for patch in &order[..count] {
            background[*patch] = 1.0;
        }
        let pool =
            |weights: &[f32]| pooled(&tokens.tokens, tokens.width, evidence.grid, weights, side);
        Some(Self {
            object: pool(&attention),
            background: pool(&background),
        })
    }
}

/// The weighted mean `[k * k * D]` of the neighbourhoods of `tokens [P * D]`, zero beyond the edges.
fn pooled(tokens: &[f32], width: usize, grid: Grid, weights: &[f32], side: usize) -> Vec<f32> {
    let total: f32 = weights.iter().sum();
    let half = (side / 2) as isize;
    let offsets = (-half..=half).flat_map(|y| (-half..=half).map(move |x| (y, x)));
    let mut means = Vec::with_capacity(side * side * width);
    for (y, x) in offsets {
        let mut mean = vec![0.0; width];
        for (patch, weight) in weights.iter().enumerate() {
            let row = (patch / grid.columns).checked_add_signed(y);
            let column = (patch % grid.columns).checked_add_signed(x);
            let row = row.filter(|row| *row < grid.rows);
            let column = column.filter(|column| *column < grid.columns);
            let (Some(row), Some(column)) = (row, column) else {
                continue;
            };
            let token = &tokens[(row * grid.columns + column) * width..][..width];
            for (sum, x) in mean.iter_mut().zip(token) {
                *sum += weight / total * x;
            }
        }
        means.append(&mut mean);
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_beyond_the_edge_counts_as_zero() {
        let grid = Grid {
            rows: 1,
            columns: 2,
        };
        let tokens = [1.0, 10.0, 3.0, 30.0];
        assert_eq!(pooled(&tokens, 2, grid, &[1.0, 3.0], 1), [2.5, 25.0]);
        let all = pooled(&tokens, 2, grid, &[1.0, 3.0], 3);
        let mut expected = vec![0.0; 18];
        // To the left of the second patch, which has three quarters of the weight, is the first.
        expected[6..8].copy_from_slice(&[0.75, 7.5]);
        expected[8..10].copy_from_slice(&[2.5, 25.0]);
        // To the right of the first, which has a quarter, is the second.
        expected[10..12].copy_from_slice(&[0.75, 7.5]);
        assert_eq!(all, expected);
    }
}
