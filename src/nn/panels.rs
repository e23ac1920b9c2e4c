//! Products of f32 matrices on the CPU, by a matrix that is laid out for them once.
//!
//! candle's product lays its operands out again in every call, which takes a tenth of the time of a
//! forward pass, and allocates its result. Here the matrix on the right is kept in *panels*: a panel holds a
//! few whole vectors of each row, and its rows follow one another, so that a tile of the result stays in
//! registers while the panel is read once from front to back (Goto and van de Geijn, Anatomy of
//! High-Performance Matrix Multiplication, 2008).

use std::array;

use candle_core::{Result, Tensor};
use pulp::{Arch, Simd, WithSimd};

/// The number of rows of a tile. With four vectors a row it fills the 32 vector registers of AVX-512 and NEON.
pub const TILE_ROWS: usize = 6;

/// A matrix `[inputs, outputs]` in panels, for products on the CPU.
pub struct PackedMatrix {
    values: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl PackedMatrix {
    /// Lays out a matrix `[inputs, outputs]` of f32 on the CPU.
    ///
    /// # Errors
    /// If the tensor is no such matrix.
    pub fn new(matrix: &Tensor) -> Result<Self> {
        let (inputs, outputs) = matrix.dims2()?;
        let source = matrix.flatten_all()?.to_vec1::<f32>()?;
        let mut values = vec![0.0; packed_len(inputs, outputs)];
        pack(&source, [outputs, 1], inputs, outputs, &mut values);
        Ok(Self {
            values,
            inputs,
            outputs,
        })
    }

    /// The panels.
    pub fn panels(&self) -> Panels<'_> {
        Panels {
            values: &self.values,
            inputs: self.inputs,
            outputs: self.outputs,
        }
    }
}

/// A matrix `[inputs, outputs]` in panels.
#[derive(Clone, Copy)]
pub struct Panels<'a> {
    values: &'a [f32],
    inputs: usize,
    outputs: usize,
}

impl<'a> Panels<'a> {
    /// Lays out a matrix in `storage`, which has room for [`packed_len`] numbers: number `(i, o)` is
    /// `source[i * strides[0] + o * strides[1]]`.
    ///
    /// # Panics
    /// If `source` or `storage` is too short.
    pub fn pack(
        source: &[f32],
        strides: [usize; 2],
        inputs: usize,
        outputs: usize,
        storage: &'a mut [f32],
    ) -> Self {
        pack(source, strides, inputs, outputs, storage);
        Self {
            values: storage,
            inputs,
            outputs,
        }
    }

    /// The panels of a matrix that [`pack`](Self::pack) has laid out there.
    pub fn packed(values: &'a [f32], inputs: usize, outputs: usize) -> Self {
        Self {
            values,
            inputs,
            outputs,
        }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies `count` rows of `inputs` numbers by the matrix, on this thread. Row `r` begins at
    /// `rows[r * row_stride]`; its product replaces `outputs` numbers from `products[r * product_stride]`.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn multiply(
        self,
        count: usize,
        (rows, row_stride): (&[f32], usize),
        (products, product_stride): (&mut [f32], usize),
    ) {
        Arch::new().dispatch(Product {
            panels: self,
            count,
            rows,
            row_stride,
            products,
            product_stride,
        });
    }
}

/// The number of numbers that the panels of a matrix `[inputs, outputs]` take.
pub fn packed_len(inputs: usize, outputs: usize) -> usize {
    outputs.next_multiple_of(PanelShape::of_processor().lanes) * inputs
}

/// The shape of a panel, which depends on the vectors of the processor.
#[derive(Clone, Copy)]
struct PanelShape {
    /// The number of f32 in a vector.
    lanes: usize,
    /// The number of vectors in a row. The last panel of a matrix may have fewer.
    vectors: usize,
}

impl PanelShape {
    fn of<S: Simd>() -> Self {
        Self {
            lanes: S::F32_LANES,
            vectors: if S::REGISTER_COUNT < 32 { 2 } else { 4 },
        }
    }

    fn of_processor() -> Self {
        struct Ask;
        impl WithSimd for Ask {
            type Output = PanelShape;
            fn with_simd<S: Simd>(self, _: S) -> PanelShape {
                PanelShape::of::<S>()
            }
        }
        Arch::new().dispatch(Ask)
    }

    /// The first output of each panel, and the number of vectors in its rows.
    fn panels(self, outputs: usize) -> impl Iterator<Item = (usize, usize)> {
        let Self { lanes, vectors } = self;
        let firsts = (0..outputs).step_by(vectors * lanes);
        firsts.map(move |first| (first, vectors.min((outputs - first).div_ceil(lanes))))
    }
}

fn pack(
    source: &[f32],
    [row_stride, column_stride]: [usize; 2],
    inputs: usize,
    outputs: usize,
    panels: &mut [f32],
) {
    let shape = PanelShape::of_processor();
    let mut rest = panels;
    for (first, vectors) in shape.panels(outputs) {
        let width = vectors * shape.lanes;
        let used = width.min(outputs - first);
        let panel = rest.split_off_mut(..inputs * width).unwrap_or_default();
        let from = &source[first * column_stride..];
        for (row, values) in panel.chunks_exact_mut(width).enumerate() {
            let from = &from[row * row_stride..];
            match column_stride {
                1 => values[..used].copy_from_slice(&from[..used]),
                _ => {
                    let columns = from.iter().step_by(column_stride);
                    values
                        .iter_mut()
                        .zip(columns)
                        .take(used)
                        .for_each(|(to, from)| *to = *from);
                }
            }
            values[used..].fill(0.0);
        }
    }
}

struct Product<'a> {
    panels: Panels<'a>,
    count: usize,
    rows: &'a [f32],
    row_stride: usize,
    products: &'a mut [f32],
    product_stride: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Panels {
            values,
            inputs,
            outputs,
        } = self.panels;
        let mut panels = values;
        for (first, vectors) in PanelShape::of::<S>().panels(outputs) {
            let (panel, rest) = panels.split_at(inputs * vectors * S::F32_LANES);
            panels = rest;
            match vectors {
                1 => self.column::<S, 1>(simd, panel, first),
                2 => self.column::<S, 2>(simd, panel, first),
                3 => self.column::<S, 3>(simd, panel, first),
                _ => self.column::<S, 4>(simd, panel, first),
            }
        }
    }
}

impl Product<'_> {
    /// The product of all rows by one panel of `VECTORS` vectors, for the outputs from `first`.
    #[inline(always)]
    fn column<S: Simd, const VECTORS: usize>(&mut self, simd: S, panel: &[f32], first: usize) {
        for row in (0..self.count).step_by(TILE_ROWS) {
            match self.count - row {
                1 => self.tile::<S, VECTORS, 1>(simd, panel, row, first),
                2 => self.tile::<S, VECTORS, 2>(simd, panel, row, first),
                3 => self.tile::<S, VECTORS, 3>(simd, panel, row, first),
                4 => self.tile::<S, VECTORS, 4>(simd, panel, row, first),
                5 => self.tile::<S, VECTORS, 5>(simd, panel, row, first),
                _ => self.tile::<S, VECTORS, TILE_ROWS>(simd, panel, row, first),
            }
        }
    }

    /// The product of `ROWS` rows from `row` by one panel. The sums stay in registers.
    #[inline(always)]
    fn tile<S: Simd, const VECTORS: usize, const ROWS: usize>(
        &mut self,
        simd: S,
        panel: &[f32],
        row: usize,
        first: usize,
    ) {
        let inputs = self.panels.inputs;
        let rows: [&[f32]; ROWS] =
            array::from_fn(|index| &self.rows[(row + index) * self.row_stride..][..inputs]);
        let (vectors, _) = S::as_simd_f32s(panel);
        let (vectors, _) = vectors.as_chunks::<VECTORS>();
        let vectors = &vectors[..inputs];
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for (input, vectors) in vectors.iter().enumerate() {
            for (row, sums) in rows.iter().zip(&mut sums) {
                let number = simd.splat_f32s(row[input]);
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = simd.mul_add_f32s(number, *vector, *sum);
                }
            }
        }
        let used = (VECTORS * S::F32_LANES).min(self.panels.outputs - first);
        for (index, sums) in sums.iter().enumerate() {
            let start = (row + index) * self.product_stride + first;
            let products = &mut self.products[start..][..used];
            for (to, sum) in products.chunks_mut(S::F32_LANES).zip(sums) {
                simd.partial_store_f32s(to, *sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<f32> {
        (0..count)
            .map(|i| (i * 7919 % 1999) as f32 / 999.5 - 1.0)
            .collect()
    }

    /// The product in f64.
    fn expected(rows: &[f32], matrix: &[f32], [count, inputs, outputs]: [usize; 3]) -> Vec<f32> {
        let mut products = Vec::new();
        for row in 0..count {
            for output in 0..outputs {
                let terms = (0..inputs).map(|input| {
                    f64::from(rows[row * inputs + input])
                        * f64::from(matrix[input * outputs + output])
                });
                products.push(terms.sum::<f64>() as f32);
            }
        }
        products
    }

    fn assert_near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    #[test]
    fn products_of_all_shapes_are_right() {
        for inputs in [1, 2, 64] {
            for outputs in [1, 3, 15, 16, 17, 33, 48, 63, 64, 65, 130] {
                for count in [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13] {
                    let rows = numbers(count * inputs);
                    let matrix = numbers(inputs * outputs);
                    let mut storage = vec![f32::NAN; packed_len(inputs, outputs)];
                    let strides = [outputs, 1];
                    let panels = Panels::pack(&matrix, strides, inputs, outputs, &mut storage);
                    let mut found = vec![f32::NAN; count * outputs];
                    panels.multiply(count, (&rows, inputs), (&mut found, outputs));
                    assert_near(&found, &expected(&rows, &matrix, [count, inputs, outputs]));
                }
            }
        }
    }

    #[test]
    fn parts_of_wider_rows_are_read_and_written() {
        let [count, inputs, outputs] = [7, 5, 19];
        let (rows, matrix) = (numbers(count * inputs), numbers(inputs * outputs));
        let mut wide = vec![9.0; count * 8];
        for (wide, row) in wide.chunks_exact_mut(8).zip(rows.chunks_exact(inputs)) {
            wide[2..2 + inputs].copy_from_slice(row);
        }
        // The matrix transposed.
        let transposed: Vec<f32> = (0..inputs * outputs)
            .map(|at| matrix[at % inputs * outputs + at / inputs])
            .collect();
        let mut storage = vec![f32::NAN; packed_len(inputs, outputs)];
        let panels = Panels::pack(&transposed, [1, inputs], inputs, outputs, &mut storage);
        let mut found = vec![7.0; count * 32];
        panels.multiply(count, (&wide[2..], 8), (&mut found[4..], 32));
        let expected = expected(&rows, &matrix, [count, inputs, outputs]);
        for (found, expected) in found.chunks_exact(32).zip(expected.chunks_exact(outputs)) {
            assert_near(&found[4..4 + outputs], expected);
            assert!(
                found[..4]
                    .iter()
                    .chain(&found[4 + outputs..])
                    .all(|other| *other == 7.0)
            );
        }
    }
}
