//! A map drawn over its picture.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage};

use crate::files::write_whole;
use crate::formats::FormatError;
use crate::localize::{LevelMap, Map};
use crate::pictures;

/// Longest side of an overlay; maps have nothing finer to show.
const LONGEST_SIDE: u32 = 1024;
/// Weight of the colour over the picture.
const OPACITY: f32 = 0.6;

/// The picture, at most 1024 pixels long, in greys under the map's colours (inferno: perceptually
/// uniform, dark is low).
pub fn overlay(picture: &RgbImage, map: &Map) -> RgbImage {
    let (width, height) = picture.dimensions();
    let scale = (LONGEST_SIDE as f32 / width.max(height) as f32).min(1.0);
    let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
    let (width, height) = (side(width), side(height));
    let mut blended = pictures::resize(picture, width, height);
    let levels = LevelMap::new(map, width as usize, height as usize);
    for (pixel, level) in blended.pixels_mut().zip(&levels.levels) {
        let colour = colorous::INFERNO.eval_continuous(f64::from(*level) / 255.0);
        let Rgb([r, g, b]) = *pixel;
        let grey = 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
        let mix = |colour: u8| (grey * (1.0 - OPACITY) + f32::from(colour) * OPACITY) as u8;
        *pixel = Rgb([mix(colour.r), mix(colour.g), mix(colour.b)]);
    }
    blended
}

/// Writes the overlay as PNG, making the folders above it.
pub fn write(path: &Path, picture: &RgbImage, map: &Map) -> Result<(), FormatError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FormatError::unwritable(path))?;
    }
    let mut bytes = Vec::new();
    overlay(picture, map)
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .map_err(|error| FormatError::malformed(path, error.to_string()))?;
    Ok(write_whole(path, |writer| writer.write_all(&bytes))?)
}
