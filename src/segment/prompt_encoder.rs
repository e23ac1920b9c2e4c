//! SAM's prompt encoder: positions, points and the corners of a box -> tokens.
//!
//! A position is encoded by the sines and cosines of random projections (Tancik et al., arXiv
//! 2006.10739), and a learned vector says what is there. There are few tokens, so this runs on plain
//! slices.

use std::f32::consts::TAU;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;

use super::frame::INPUT_SIDE_PX;

/// The width of the tokens.
pub const TOKEN_DIM: usize = 256;

/// What is at a position. The discriminant is the index of its learned vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A point outside the object.
    Outside = 0,
    /// A point in the object.
    Inside = 1,
    /// The top left corner of the object's box.
    TopLeft = 2,
    /// The bottom right corner of the object's box.
    BottomRight = 3,
}

/// The prompt encoder.
pub struct PromptEncoder {
    projection: Vec<f32>, // [2 * 128]
    roles: [Vec<f32>; 4], // [256] each
    no_point: Vec<f32>,   // [256]
    /// What stands for a mask where the prompt has none, `[1, 256]`.
    pub no_mask: Tensor,
}

impl PromptEncoder {
    /// Reads the prompt encoder.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(vb: &VarBuilder) -> Result<Self> {
        let vector = |name: &str| -> Result<Vec<f32>> {
            vb.get((1, TOKEN_DIM), &format!("{name}.weight"))?
                .flatten_all()?
                .to_vec1()
        };
        let role = |role: Role| vector(&format!("point_embeddings.{}", role as usize));
        let projection = "pe_layer.positional_encoding_gaussian_matrix";
        Ok(Self {
            projection: vb
                .get((2, TOKEN_DIM / 2), projection)?
                .flatten_all()?
                .to_vec1()?,
            roles: [
                role(Role::Outside)?,
                role(Role::Inside)?,
                role(Role::TopLeft)?,
                role(Role::BottomRight)?,
            ],
            no_point: vector("not_a_point_embed")?,
            no_mask: vb.get((1, TOKEN_DIM), "no_mask_embed.weight")?,
        })
    }

    /// The tokens of positions in pixels of the input, `[tokens, 256]`. Without the corners of a box,
    /// SAM expects one token more, for no point.
    ///
    /// # Errors
    /// If the device has no memory for them.
    pub fn tokens(&self, prompt: &[(f32, f32, Role)], device: &Device) -> Result<Tensor> {
        let side = INPUT_SIDE_PX as f32;
        let mut tokens = Vec::with_capacity((prompt.len() + 1) * TOKEN_DIM);
        for (x, y, role) in prompt {
            let position = self.position(x / side, y / side);
            let learned = &self.roles[*role as usize];
            tokens.extend(position.zip(learned).map(|(a, b)| a + b));
        }
        if prompt.iter().all(|(_, _, role)| *role != Role::TopLeft) {
            tokens.extend(&self.no_point);
        }
        Tensor::from_vec(tokens, ((), TOKEN_DIM), device)
    }

    /// The encoded centres of the `side * side` positions of an embedding, `[side * side, 256]`.
    ///
    /// # Errors
    /// If the device has no memory for them.
    pub fn grid(&self, side: usize, device: &Device) -> Result<Tensor> {
        let centre = |index: usize| (index as f32 + 0.5) / side as f32;
        let positions = (0..side * side)
            .flat_map(|index| self.position(centre(index % side), centre(index / side)));
        Tensor::from_vec(positions.collect(), (side * side, TOKEN_DIM), device)
    }

    /// The encoding of a position from 0 to 1 along both axes, `[256]`: all sines, then all cosines.
    fn position(&self, x: f32, y: f32) -> impl Iterator<Item = f32> {
        let (across, down) = self.projection.split_at(TOKEN_DIM / 2);
        let (x, y) = (2.0 * x - 1.0, 2.0 * y - 1.0);
        let phases = across.iter().zip(down);
        let phases = phases.map(move |(across, down)| TAU * (x * across + y * down));
        phases.clone().map(f32::sin).chain(phases.map(f32::cos))
    }
}
