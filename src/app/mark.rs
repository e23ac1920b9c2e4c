//! The mark of the program: a hand (掴) that closes on a box.
//!
//! `assets/icon.png` is `assets/icon.svg`, drawn by `resvg -w 256 -h 256 assets/icon.svg
//! assets/icon.png`. Draw it again after a change of the shapes.

use egui::{ColorImage, Context, IconData, Id, Image, TextureHandle, TextureOptions, vec2};

/// The icon as a file.
const PNG: &[u8] = include_bytes!("../../assets/icon.png");

/// The icon of the window; empty if it cannot be read, which a test excludes.
pub fn window_icon() -> IconData {
    eframe::icon_data::from_png_bytes(PNG).unwrap_or_default()
}

/// The mark as a picture of this size in points.
pub fn image(context: &Context, side: f32) -> Image<'static> {
    let id = Id::unique("mark");
    let known = context.data(|data| data.get_temp::<TextureHandle>(id));
    let texture = known.unwrap_or_else(|| {
        let icon = window_icon();
        let size = [icon.width as usize, icon.height as usize];
        let pixels = ColorImage::from_rgba_unmultiplied(size, &icon.rgba);
        let texture = context.load_texture("mark", pixels, TextureOptions::LINEAR);
        context.data_mut(|data| data.insert_temp(id, texture.clone()));
        texture
    });
    Image::new((texture.id(), vec2(side, side))).alt_text("Tsukami")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_is_square_and_round_at_its_corners() {
        let icon = window_icon();
        assert_eq!((icon.width, icon.height), (256, 256));
        let alpha = |x: usize, y: usize| icon.rgba[(y * 256 + x) * 4 + 3];
        assert_eq!(alpha(0, 0), 0);
        assert_eq!(alpha(128, 128), 255);
    }
}
