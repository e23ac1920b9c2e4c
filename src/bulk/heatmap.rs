//! A map drawn over its picture.

use std::fs;
use std::io::{self, Cursor};
use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage};

use crate::files::{FileError, write_whole};
use crate::localize::{LevelMap, PatchMap};
use crate::pictures;

/// Longest side of a heat map. Maps have no finer detail.
const MAX_SIDE_PX: u32 = 1024;
/// Opacity of the colour over the picture.
const OPACITY: f32 = 0.6;

/// The picture in grey under the colours of the map (inferno, which is perceptually uniform; dark
/// is low), reduced to at most 1024 pixels on its longest side.
fn overlay(picture: &RgbImage, map: &PatchMap) -> RgbImage {
    let (width, height) = picture.dimensions();
    let scale = (MAX_SIDE_PX as f32 / width.max(height) as f32).min(1.0);
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

/// Writes the map over its picture as PNG, and makes the folders above it.
///
/// # Errors
/// If the file or a folder cannot be written.
pub(super) fn write(path: &Path, picture: &RgbImage, map: &PatchMap) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FileError::unwritable(path))?;
    }
    let mut bytes = Vec::new();
    overlay(picture, map)
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .map_err(|error| FileError::unwritable(path)(io::Error::other(error)))?;
    write_whole(path, |writer| writer.write_all(&bytes))
}
