//! What comes between the products of a layer that runs on the CPU as one operation: loops over the rows of a
//! slice, vectorised, on this thread. [`super::ops`] has the same for tensors.

use super::kernels::{gelu, layer_norm_row, softmax_row, vectorised};

/// Replaces each row of `columns` numbers by `softmax(scale * row)`.
pub fn softmax(rows: &mut [f32], columns: usize, scale: f32) {
    vectorised(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(columns) {
                softmax_row(row, scale);
            }
        },
    );
}

/// Writes the layer norm of each row of `xs` to `normed`. A row has the length of `weight` and `bias`.
pub fn layer_norm(xs: &[f32], normed: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
    let columns = weight.len();
    vectorised(
        #[inline(always)]
        || {
            let rows = xs.chunks_exact(columns);
            for (normed, row) in normed.chunks_exact_mut(columns).zip(rows) {
                normed.copy_from_slice(row);
                layer_norm_row(normed, weight, bias, eps);
            }
        },
    );
}

/// Adds a bias to each row.
pub fn bias_add(rows: &mut [f32], bias: &[f32]) {
    for_each_row(
        rows,
        bias,
        #[inline(always)]
        |x, b| x + b,
    );
}

/// Replaces each row by `gelu(row + bias)`.
pub fn bias_gelu(rows: &mut [f32], bias: &[f32]) {
    for_each_row(
        rows,
        bias,
        #[inline(always)]
        |x, b| gelu(x + b),
    );
}

#[inline(always)]
fn for_each_row(rows: &mut [f32], bias: &[f32], function: impl Fn(f32, f32) -> f32) {
    vectorised(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(bias.len()) {
                for (x, b) in row.iter_mut().zip(bias) {
                    *x = function(*x, *b);
                }
            }
        },
    );
}

/// Adds `gamma * (branch + bias)` to each row; `gamma` is 1 if there is none.
pub fn add_branch(xs: &mut [f32], branch: &[f32], bias: &[f32], gamma: Option<&[f32]>) {
    let columns = bias.len();
    vectorised(
        #[inline(always)]
        || {
            let branches = branch.chunks_exact(columns);
            for (row, branch) in xs.chunks_exact_mut(columns).zip(branches) {
                let sums = branch.iter().zip(bias).map(|(x, b)| x + b);
                match gamma {
                    Some(gamma) => {
                        for ((x, sum), g) in row.iter_mut().zip(sums).zip(gamma) {
                            *x += g * sum;
                        }
                    }
                    None => row.iter_mut().zip(sums).for_each(|(x, sum)| *x += sum),
                }
            }
        },
    );
}
