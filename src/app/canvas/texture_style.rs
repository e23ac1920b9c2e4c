//! How a texture is made, and where it is painted.

use egui::{Rect, TextureFilter, TextureOptions};

use super::adjustment::Adjustment;

/// How a texture was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TextureStyle {
    pub adjustment: Adjustment,
    /// Whether pixels are shown as squares.
    pub is_nearest: bool,
}

impl TextureStyle {
    pub(super) fn options(self) -> TextureOptions {
        let magnification = if self.is_nearest {
            TextureFilter::Nearest
        } else {
            TextureFilter::Linear
        };
        TextureOptions {
            magnification,
            mipmap_mode: Some(TextureFilter::Linear),
            ..TextureOptions::LINEAR
        }
    }
}

/// A part of a picture to paint.
pub struct TextureQuad {
    /// The texture.
    pub texture: egui::TextureId,
    /// Its place, in pixels of the picture.
    pub place: Rect,
    /// The part of the texture, in 0..=1.
    pub uv: Rect,
}
