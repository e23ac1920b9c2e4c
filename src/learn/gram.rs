//! Sums of products over rows of numbers, the same on any number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

/// Rows that are processed at once. Sums are added chunk by chunk in order, whichever thread computed
/// them.
const CHUNK_ROWS: usize = 512;

/// Chunks of [`CHUNK_ROWS`] rows of `width` numbers, each with the index of its first row.
pub fn row_chunks(
    rows: &[f32],
    width: usize,
) -> impl IndexedParallelIterator<Item = (usize, MatRef<'_, f32>)> {
    let chunks = rows.par_chunks(CHUNK_ROWS * width).enumerate();
    chunks.map(move |(at, chunk)| {
        let rows = chunk.len() / width;
        (
            at * CHUNK_ROWS,
            MatRef::from_row_major_slice(chunk, rows, width),
        )
    })
}

/// `sum(x x^T) / N` over N rows of `width` numbers, `[width * width]`.
pub fn second_moments(rows: &[f32], width: usize) -> Mat<f64> {
    let count = rows.len() / width;
    gram(rows, width) * faer::Scale((count as f64).recip())
}

/// `sum(x x^T)` over rows of `width` numbers, `[width * width]`: products in f32, sums over chunks in
/// f64.
pub fn gram(rows: &[f32], width: usize) -> Mat<f64> {
    let mut sum = Mat::<f64>::zeros(width, width);
    let chunks: Vec<MatRef<'_, f32>> = row_chunks(rows, width).map(|(_, chunk)| chunk).collect();
    // As many at a time as there are threads, because each product is as large as the sum.
    for some in chunks.chunks(rayon::current_num_threads()) {
        let square = |rows: &MatRef<'_, f32>| {
            let mut product = Mat::<f32>::zeros(width, width);
            let rows = *rows;
            matmul(
                &mut product,
                Accum::Replace,
                rows.transpose(),
                rows,
                1.0,
                Par::Seq,
            );
            product
        };
        let products: Vec<Mat<f32>> = some.par_iter().map(square).collect();
        for product in &products {
            for column in 0..width {
                let pairs = sum
                    .col_mut(column)
                    .iter_mut()
                    .zip(product.col(column).iter());
                pairs.for_each(|(sum, x)| *sum += f64::from(*x));
            }
        }
    }
    sum
}
